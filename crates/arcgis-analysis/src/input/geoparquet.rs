//! GeoParquet: a Parquet file whose metadata name the column of geometries.

mod columns;
mod reference;

use super::format::LARGEST_FILE;
use super::shape::{distinct, field};
use crate::types::{Feature, FeatureCollection, FeatureSet, Field, SpatialReference};
use columns::{Holds, Values};
use parquet::basic::{Compression, LogicalType};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many values are read. A few bytes may stand for any number of equal ones.
const MOST_VALUES: usize = 1 << 26;

/// Reads all features.
///
/// # Errors
/// A clause that names the column, and the row by its number.
pub(super) fn read(bytes: Vec<u8>) -> Result<FeatureCollection, String> {
    // The decoder takes some damaged pages for mistakes of its own.
    catch_unwind(AssertUnwindSafe(|| File::open(bytes)?.features()))
        .unwrap_or_else(|_| Err("it is no whole Parquet file; get a complete copy".to_owned()))
}

/// What the reader says of bytes that are no Parquet.
fn damaged(error: &ParquetError) -> String {
    format!("it is no whole Parquet file: {error}; get a complete copy")
}

/// The `geo` metadata, as far as they are needed.
#[derive(Deserialize)]
struct Geo {
    primary_column: String,
    columns: HashMap<String, GeoColumn>,
}

#[derive(Deserialize)]
struct GeoColumn {
    encoding: String,
    // Left out, it is WGS 84; null, it is not known.
    #[serde(default, deserialize_with = "given")]
    crs: Option<Value>,
    #[serde(default)]
    covering: Value,
}

/// Some value, which may be null.
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

struct File {
    reader: SerializedFileReader<bytes::Bytes>,
    metadata: HashMap<String, String>,
    geo: Option<Geo>,
}

impl File {
    fn open(bytes: Vec<u8>) -> Result<Self, String> {
        let reader =
            SerializedFileReader::new(bytes::Bytes::from(bytes)).map_err(|e| damaged(&e))?;
        let groups = reader.metadata().row_groups().iter();
        if groups
            .flat_map(|group| group.columns())
            .any(|chunk| !has_place(chunk))
        {
            return Err(
                "it is no whole Parquet file: a column lies before its beginning; get a complete copy"
                    .to_owned(),
            );
        }
        let pairs = reader.metadata().file_metadata().key_value_metadata();
        let metadata: HashMap<_, _> = pairs
            .into_iter()
            .flatten()
            .filter_map(|pair| Some((pair.key.clone(), pair.value.clone()?)))
            .collect();
        let geo = metadata.get("geo").map(|text| serde_json::from_str(text));
        let geo = geo.transpose().map_err(|error| {
            format!("its metadata `geo` are not those of GeoParquet: {error}; write the file anew")
        })?;
        Ok(Self {
            reader,
            metadata,
            geo,
        })
    }

    fn schema(&self) -> &SchemaDescriptor {
        self.reader.metadata().file_metadata().schema_descr()
    }

    /// What the metadata say of a column.
    fn geo_column(&self, name: &str) -> Option<&GeoColumn> {
        self.geo.as_ref()?.columns.get(name)
    }

    /// What each column holds, and which of them is in the features: the others are geometries beside the first, and
    /// the boxes around them.
    fn columns(&self) -> Result<Vec<Option<Holds>>, String> {
        let schema = self.schema();
        let places = self.places();
        let boxes: Vec<&str> = self.geo.iter().flat_map(boxes).collect();
        let mut holds = Vec::new();
        for column in schema.columns() {
            let parts = column.path().parts();
            let top = parts.first().map_or("", String::as_str);
            let geo = self.geo_column(top);
            holds.push(if places == Some(top) {
                if let Some(geo) = geo
                    && !geo.encoding.eq_ignore_ascii_case("WKB")
                {
                    return Err(format!(
                        "its geometries are encoded as `{}`; write them as WKB, for example by `ogr2ogr -lco GEOMETRY_ENCODING=WKB`",
                        geo.encoding
                    ));
                }
                Some(Holds::Geometry)
            } else if geo.is_some() || is_native(column) || (parts.len() > 1 && boxes.contains(&top)) {
                None
            } else {
                Some(Holds::of(column)?)
            });
        }
        if let Some(name) = places
            && !holds.contains(&Some(Holds::Geometry))
        {
            return Err(format!(
                "its metadata name a column `{name}` of geometries, which is not there; write the file anew"
            ));
        }
        let names = schema.columns().iter().zip(&holds);
        distinct(names.filter_map(|(column, holds)| holds.is_some().then_some(column.name())))?;
        Ok(holds)
    }

    /// The column of the features' geometries; a table has none.
    fn places(&self) -> Option<&str> {
        match &self.geo {
            Some(geo) => Some(geo.primary_column.as_str()),
            None => {
                let mut columns = self.schema().columns().iter();
                let column = columns.find(|column| is_native(column))?;
                Some(column.name())
            }
        }
    }

    fn features(&self) -> Result<FeatureCollection, String> {
        let columns = self.columns()?;
        let schema = self.schema();
        let mut longest = vec![0; columns.len()];
        let mut features: Vec<Feature> = Vec::new();
        let (mut values_left, mut bytes_left) = (MOST_VALUES, LARGEST_FILE);
        for group in 0..self.reader.num_row_groups() {
            let group = self.reader.get_row_group(group).map_err(|e| damaged(&e))?;
            let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(usize::MAX);
            values_left = rows
                .checked_mul(columns.len().max(1))
                .and_then(|values| values_left.checked_sub(values))
                .ok_or_else(|| too_much(&format!("{MOST_VALUES} values")))?;
            let before = features.len();
            features.resize_with(before + rows, Feature::default);
            for (i, holds) in columns.iter().enumerate() {
                let Some(holds) = holds else { continue };
                let column = schema.column(i);
                let chunk = group.metadata().column(i);
                readable(chunk.compression(), column.name())?;
                let reader = group.get_column_reader(i).map_err(|e| damaged(&e))?;
                let mut values = Values {
                    column: column.name(),
                    optional: column.max_def_level() > 0,
                    rows,
                    before,
                    bytes_left: &mut bytes_left,
                    longest: &mut longest[i],
                };
                let features = features[before..].iter_mut();
                match *holds {
                    Holds::Geometry => {
                        for (feature, shape) in features.zip(values.geometries(reader)?) {
                            feature.geometry = shape;
                        }
                    }
                    Holds::Attribute(kind) => {
                        for (feature, value) in features.zip(values.attributes(reader, kind)?) {
                            feature.attributes.insert(column.name(), value);
                        }
                    }
                }
            }
        }
        let fields = columns
            .iter()
            .enumerate()
            .filter_map(|(i, holds)| match holds {
                Some(Holds::Attribute(kind)) => Some(field(
                    schema.column(i).name(),
                    kind.field_type(),
                    longest[i],
                )),
                _ => None,
            });
        let fields: Vec<Field> = fields.collect();
        let has_places = features.iter().any(|feature| feature.geometry.is_some());
        let spatial_reference = match self.spatial_reference()? {
            None if has_places => return Err(reference::UNKNOWN.to_owned()),
            spatial_reference => spatial_reference,
        };
        Ok(FeatureSet {
            spatial_reference,
            fields,
            features,
            ..FeatureSet::default()
        }
        .into())
    }

    fn spatial_reference(&self) -> Result<Option<SpatialReference>, String> {
        let Some(name) = self.places() else {
            return Ok(None);
        };
        match self.geo_column(name) {
            Some(column) => reference::of_geo(column.crs.as_ref()),
            None => {
                let native = self
                    .schema()
                    .columns()
                    .iter()
                    .find(|column| column.name() == name);
                let crs = match native.and_then(|column| column.logical_type_ref()) {
                    Some(LogicalType::Geometry(ty)) => ty.crs.as_deref(),
                    Some(LogicalType::Geography(ty)) => ty.crs.as_deref(),
                    _ => None,
                };
                reference::of_native(crs, &self.metadata)
            }
        }
    }
}

/// Whether a chunk lies somewhere and has a size, which the decoder takes for granted.
fn has_place(chunk: &ColumnChunkMetaData) -> bool {
    let start = chunk.dictionary_page_offset();
    start.unwrap_or(chunk.data_page_offset()) >= 0 && chunk.compressed_size() >= 0
}

/// Whether the column holds geometries by its own type, as Parquet has it since 2024.
fn is_native(column: &ColumnDescriptor) -> bool {
    matches!(
        column.logical_type_ref(),
        Some(LogicalType::Geometry(_) | LogicalType::Geography(_))
    )
}

/// The columns of the boxes around the geometries.
fn boxes(geo: &Geo) -> impl Iterator<Item = &str> {
    let columns = geo.columns.values();
    columns.filter_map(|column| column.covering.pointer("/bbox/xmin/0")?.as_str())
}

/// Refuses what the decoder is built without.
fn readable(compression: Compression, column: &str) -> Result<(), String> {
    match compression {
        Compression::UNCOMPRESSED
        | Compression::SNAPPY
        | Compression::GZIP(_)
        | Compression::LZ4
        | Compression::LZ4_RAW
        | Compression::ZSTD(_) => Ok(()),
        other => Err(format!(
            "its column `{column}` is compressed by {other}; compress it by ZSTD, SNAPPY, GZIP or LZ4"
        )),
    }
}

fn too_much(limit: &str) -> String {
    format!(
        "it has more than {limit}, the most that is read; publish it as a layer and give the layer's URL"
    )
}
