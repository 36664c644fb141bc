//! The values of a column, as the attributes or geometries of features.

use super::{damaged, too_much};
use crate::input::format::LARGEST_FILE;
use crate::input::shape::geometry;
use crate::types::{AttributeValue, FieldType, Geometry};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::schema::types::ColumnDescriptor;

/// How many values are decoded at once.
const BATCH: usize = 8192;
const DAY: i64 = 86_400_000;

/// What is in a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Holds {
    /// The geometries of the features.
    Geometry,
    /// Values of a field.
    Attribute(Kind),
}

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Small,
    Integer,
    /// Of 64 bits, or of 32 without a sign.
    Big {
        signed: bool,
    },
    Single,
    Double,
    /// A number of this many decimal places.
    Decimal(i32),
    Text,
    Uuid,
    Days,
    /// Instants, of which so many are in a millisecond.
    Instant(i64),
}

impl Kind {
    pub(super) fn field_type(self) -> FieldType {
        match self {
            Self::Small => FieldType::SmallInteger,
            Self::Integer => FieldType::Integer,
            Self::Big { .. } => FieldType::BigInteger,
            Self::Single => FieldType::Single,
            Self::Double | Self::Decimal(_) => FieldType::Double,
            Self::Text => FieldType::String,
            Self::Uuid => FieldType::Guid,
            Self::Days | Self::Instant(_) => FieldType::Date,
        }
    }
}

impl Holds {
    /// What a column holds that is no geometry.
    ///
    /// # Errors
    /// When no field holds such values.
    pub(super) fn of(column: &ColumnDescriptor) -> Result<Self, String> {
        let refused = |what: &str| {
            Err(format!(
                "its column `{}` holds {what}, which no field of a layer does; leave the column out",
                column.path().parts().first().map_or("", String::as_str)
            ))
        };
        if column.path().parts().len() > 1 || column.max_rep_level() > 0 {
            return refused("lists or groups");
        }
        let logical = column.logical_type_ref();
        // Older files have the second only.
        let converted = match logical {
            Some(LogicalType::Timestamp(_) | LogicalType::Time(_)) | None => {
                column.converted_type()
            }
            Some(logical) => ConvertedType::from(Some(logical.clone())),
        };
        let kind = match (column.physical_type(), converted) {
            (Type::INT32 | Type::INT64, _) if matches!(logical, Some(LogicalType::Time(_))) => {
                return refused("times of day");
            }
            (_, ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS) => {
                return refused("times of day");
            }
            (_, ConvertedType::DECIMAL) => Kind::Decimal(column.type_scale()),
            (Type::BOOLEAN, _) => Kind::Small,
            (Type::INT32, ConvertedType::INT_8 | ConvertedType::INT_16 | ConvertedType::UINT_8) => {
                Kind::Small
            }
            (Type::INT32, ConvertedType::UINT_32) => Kind::Big { signed: false },
            (Type::INT32, ConvertedType::DATE) => Kind::Days,
            (Type::INT32, _) => Kind::Integer,
            (Type::INT64, converted) => match (logical, converted) {
                (Some(LogicalType::Timestamp(ty)), _) => Kind::Instant(match ty.unit {
                    TimeUnit::MILLIS => 1,
                    TimeUnit::MICROS => 1_000,
                    TimeUnit::NANOS => 1_000_000,
                }),
                (_, ConvertedType::TIMESTAMP_MILLIS) => Kind::Instant(1),
                (_, ConvertedType::TIMESTAMP_MICROS) => Kind::Instant(1_000),
                (_, ConvertedType::UINT_64) => Kind::Big { signed: false },
                _ => Kind::Big { signed: true },
            },
            (Type::INT96, _) => Kind::Instant(1),
            (Type::FLOAT, _) => Kind::Single,
            (Type::DOUBLE, _) => Kind::Double,
            (Type::BYTE_ARRAY, ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON) => {
                Kind::Text
            }
            (Type::FIXED_LEN_BYTE_ARRAY, _) if logical == Some(&LogicalType::Uuid) => Kind::Uuid,
            _ => return refused("bytes"),
        };
        Ok(Self::Attribute(kind))
    }
}

/// How the values of one column in one group of rows are read.
pub(super) struct Values<'a> {
    pub(super) column: &'a str,
    pub(super) optional: bool,
    /// How many rows are in the group, and how many were before it.
    pub(super) rows: usize,
    pub(super) before: usize,
    pub(super) bytes_left: &'a mut u64,
    /// The length of the longest text.
    pub(super) longest: &'a mut usize,
}

impl Values<'_> {
    /// The geometries, none where they are null or empty.
    ///
    /// # Errors
    /// A clause that names the row.
    pub(super) fn geometries(
        &mut self,
        reader: ColumnReader,
    ) -> Result<Vec<Option<Geometry>>, String> {
        let each = |this: &mut Self, bytes: &[u8]| {
            this.take(bytes)?;
            let shape = wkb::reader::read_wkb(bytes)
                .map_err(|error| format!("is no well-known binary: {error}"))?;
            geometry(&shape)
        };
        match reader {
            ColumnReader::ByteArrayColumnReader(reader) => {
                self.spread(reader, |this, bytes| each(this, bytes.data()))
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                self.spread(reader, |this, bytes| each(this, bytes.data()))
            }
            _ => Err(format!(
                "its column `{}` is to hold geometries, but holds no bytes; write the file anew",
                self.column
            )),
        }
    }

    /// The values of a field.
    ///
    /// # Errors
    /// A clause that names the row.
    pub(super) fn attributes(
        &mut self,
        reader: ColumnReader,
        kind: Kind,
    ) -> Result<Vec<AttributeValue>, String> {
        let values = match reader {
            ColumnReader::BoolColumnReader(reader) => {
                self.spread(reader, |_, value| Ok(Some(i32::from(value).into())))
            }
            ColumnReader::Int32ColumnReader(reader) => self.spread(reader, |_, value| {
                whole(kind, value.into(), u64::from(value.cast_unsigned()))
            }),
            ColumnReader::Int64ColumnReader(reader) => {
                self.spread(reader, |_, value| whole(kind, value, value.cast_unsigned()))
            }
            ColumnReader::Int96ColumnReader(reader) => {
                self.spread(reader, |_, value| Ok(Some(value.to_millis().into())))
            }
            // What is no number is null.
            ColumnReader::FloatColumnReader(reader) => {
                self.spread(reader, |_, value| Ok(Some(f64::from(value).into())))
            }
            ColumnReader::DoubleColumnReader(reader) => {
                self.spread(reader, |_, value| Ok(Some(value.into())))
            }
            ColumnReader::ByteArrayColumnReader(reader) => {
                self.spread(reader, |this, value| this.bytes(kind, value.data()))
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                self.spread(reader, |this, value| this.bytes(kind, value.data()))
            }
        };
        let values = values?.into_iter();
        Ok(values.map(Option::unwrap_or_default).collect())
    }

    fn bytes(&mut self, kind: Kind, bytes: &[u8]) -> Result<Option<AttributeValue>, String> {
        self.take(bytes)?;
        Ok(Some(match (kind, bytes) {
            (Kind::Decimal(places), [first, ..]) => {
                // Two's complement, the first byte the highest.
                let highest = f64::from(first.cast_signed());
                let rest = bytes[1..].iter();
                let number = rest.fold(highest, |sum, byte| sum.mul_add(256.0, f64::from(*byte)));
                (number / 10f64.powi(places)).into()
            }
            (Kind::Uuid, _) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                match bytes.len() {
                    16 => format!(
                        "{{{}-{}-{}-{}-{}}}",
                        &digits[..8],
                        &digits[8..12],
                        &digits[12..16],
                        &digits[16..20],
                        &digits[20..]
                    )
                    .into(),
                    _ => return Err("is no UUID".to_owned()),
                }
            }
            _ => {
                let text = std::str::from_utf8(bytes);
                let text = text.map_err(|_| "is a text that is not in UTF-8".to_owned())?;
                *self.longest = (*self.longest).max(text.chars().count());
                text.into()
            }
        }))
    }

    /// Counts what was decoded.
    fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        *self.bytes_left = self
            .bytes_left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| too_much(&format!("{} MiB when decoded", LARGEST_FILE >> 20)))?;
        Ok(())
    }

    /// A value for each row, none where it is null.
    fn spread<T: DataType, V>(
        &mut self,
        mut reader: ColumnReaderImpl<T>,
        mut each: impl FnMut(&mut Self, T::T) -> Result<Option<V>, String>,
    ) -> Result<Vec<Option<V>>, String> {
        let mut spread = Vec::new();
        let (mut levels, mut values) = (Vec::new(), Vec::new());
        while spread.len() < self.rows {
            levels.clear();
            values.clear();
            let count = BATCH.min(self.rows - spread.len());
            let nulls = self.optional.then_some(&mut levels);
            let (records, ..) = reader
                .read_records(count, nulls, None, &mut values)
                .map_err(|error| damaged(&error))?;
            let column = self.column;
            let short = || {
                format!(
                    "it is no whole Parquet file: its column `{column}` ends early; get a complete copy"
                )
            };
            if records == 0 {
                return Err(short());
            }
            let mut values = values.drain(..);
            for i in 0..records {
                if levels.get(i).is_some_and(|level| *level == 0) {
                    spread.push(None);
                    continue;
                }
                let value = values.next().ok_or_else(short)?;
                let row = self.before + spread.len() + 1;
                let value = each(self, value)
                    .map_err(|problem| format!("`{column}` of row {row} {problem}"))?;
                spread.push(value);
            }
        }
        Ok(spread)
    }
}

/// A whole number, with its sign and without.
fn whole(kind: Kind, value: i64, unsigned: u64) -> Result<Option<AttributeValue>, String> {
    Ok(Some(match kind {
        Kind::Days => value.saturating_mul(DAY).into(),
        Kind::Instant(count) => value.div_euclid(count).into(),
        #[expect(clippy::cast_precision_loss, reason = "a field holds no more digits")]
        Kind::Decimal(places) => (value as f64 / 10f64.powi(places)).into(),
        Kind::Big { signed: false } => i64::try_from(unsigned)
            .map_err(|_| "needs more than 63 bits".to_owned())?
            .into(),
        _ => value.into(),
    }))
}
