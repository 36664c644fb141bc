//! FlatGeobuf, whose bytes nobody vouches for: whatever they say of sizes and places is checked before it is used.

mod attributes;
mod geometry;

use super::shape::{distinct, field};
use crate::types::{Feature, FeatureCollection, FeatureSet, GeometryType, SpatialReference};
use ::flatgeobuf::{
    Column, Crs, GeometryType as Kind, Header, size_prefixed_root_as_feature,
    size_prefixed_root_as_header,
};
use attributes::attributes;
use geometry::{Budget, geometry};

/// The bytes before the header.
const MAGIC: usize = 8;
/// How many bytes a header may have, as other readers have it.
const LARGEST_HEADER: usize = 10 << 20;
/// How many bytes an item of the index has.
const INDEX_ITEM: u64 = 40;

const DAMAGED: &str = "it is no whole FlatGeobuf: ";

/// Reads all features.
///
/// # Errors
/// A clause that names the feature by its number.
pub(super) fn read(bytes: &[u8]) -> Result<FeatureCollection, String> {
    let damaged = |problem: &str| format!("{DAMAGED}{problem}; get a complete copy");
    let cut_off = || damaged("it ends within its header");
    let frame = frame(bytes, MAGIC).ok_or_else(cut_off)?;
    if frame.len() > LARGEST_HEADER {
        return Err(damaged("its header is larger than 10 MiB"));
    }
    let header =
        size_prefixed_root_as_header(frame).map_err(|_| damaged("its header is no FlatBuffer"))?;
    let columns: Vec<Column<'_>> = header.columns().into_iter().flatten().collect();
    distinct(columns.iter().map(Column::name))?;
    let types = columns
        .iter()
        .map(attributes::field_type)
        .collect::<Result<Vec<_>, _>>()?;

    let count = header.features_count();
    let index = index_size(count, header.index_node_size())
        .and_then(|size| usize::try_from(size).ok())
        .ok_or_else(|| damaged("its index is larger than any file"))?;
    let mut at = (MAGIC + frame.len()).saturating_add(index);
    let mut budget = Budget::of(bytes.len());
    let mut features = Vec::new();
    let mut longest = vec![0; columns.len()];
    // Zero stands for a count that was not known when the file was begun.
    while at < bytes.len() || (features.len() as u64) < count {
        let number = features.len() + 1;
        if count > 0 && number as u64 > count {
            return Err(damaged(&format!("it goes on after its {count} features")));
        }
        let cut_off = || damaged(&format!("it ends within feature {number}"));
        let frame = self::frame(bytes, at).ok_or_else(cut_off)?;
        at += frame.len();
        let feature = size_prefixed_root_as_feature(frame)
            .map_err(|_| damaged(&format!("feature {number} is no FlatBuffer")))?;
        if feature.columns().is_some_and(|own| !own.is_empty()) {
            return Err(format!(
                "feature {number} has columns of its own, as no feature of a layer has; write the file anew with one set of columns"
            ));
        }
        let refuse = |problem| format!("feature {number} {problem}");
        let properties = feature.properties();
        let properties = properties.as_ref().map_or(&[][..], |bytes| bytes.bytes());
        features.push(Feature {
            geometry: match feature.geometry() {
                Some(from) => {
                    geometry(&from, header.geometry_type(), &mut budget).map_err(refuse)?
                }
                None => None,
            },
            attributes: attributes(properties, &columns, &mut longest, &mut budget)
                .map_err(refuse)?,
        });
    }
    let fields = columns.iter().zip(types).zip(&longest);
    let fields = fields.map(|((column, ty), longest)| field(column.name(), ty, *longest));
    let has_places = features.iter().any(|feature| feature.geometry.is_some());
    Ok(FeatureSet {
        geometry_type: geometry_type(header.geometry_type()),
        spatial_reference: match spatial_reference(&header) {
            None if has_places => return Err(UNKNOWN.to_owned()),
            spatial_reference => spatial_reference,
        },
        fields: fields.collect::<Vec<_>>(),
        features,
        ..FeatureSet::default()
    }
    .into())
}

const UNKNOWN: &str = "it names no coordinate reference system; write it with one, for example by `ogr2ogr -a_srs EPSG:4326`";

/// The bytes at a place with their size before them.
fn frame(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = bytes.get(at..)?;
    let size = u32::from_le_bytes(rest.first_chunk::<4>().copied()?);
    let frame = rest.get(..usize::try_from(size).ok()?.checked_add(4)?)?;
    // Less is no FlatBuffer, and its reader does not look.
    (size >= 8).then_some(frame)
}

/// How many bytes the index takes that follows the header; `None` when more than can be counted.
fn index_size(count: u64, node_size: u16) -> Option<u64> {
    if node_size == 0 || count == 0 {
        return Some(0);
    }
    let node_size = u64::from(node_size.max(2));
    let (mut level, mut items) = (count, count);
    while level > 1 {
        level = level.div_ceil(node_size);
        items = items.checked_add(level)?;
    }
    // A tree of one item has a root, too.
    if count == 1 {
        items += 1;
    }
    items.checked_mul(INDEX_ITEM)
}

/// The geometry type of the layer, where the header tells.
fn geometry_type(kind: Kind) -> Option<GeometryType> {
    Some(match kind {
        Kind::Point => GeometryType::Point,
        Kind::MultiPoint => GeometryType::Multipoint,
        Kind::LineString | Kind::MultiLineString => GeometryType::Polyline,
        Kind::Polygon | Kind::MultiPolygon => GeometryType::Polygon,
        _ => return None,
    })
}

fn spatial_reference(header: &Header<'_>) -> Option<SpatialReference> {
    let crs: Crs<'_> = header.crs()?;
    let org = crs.org().unwrap_or("EPSG").to_ascii_uppercase();
    let name = crs.code_string().unwrap_or_default();
    match (org.as_str(), u32::try_from(crs.code())) {
        ("EPSG" | "ESRI", Ok(code @ 1..)) => Some(SpatialReference::wkid(code)),
        ("OGC", _) if name.eq_ignore_ascii_case("CRS84") => Some(SpatialReference::WGS84),
        _ => crs
            .wkt()
            .filter(|wkt| !wkt.is_empty())
            .map(|wkt| SpatialReference {
                wkt: Some(wkt.to_owned()),
                ..SpatialReference::default()
            }),
    }
}
