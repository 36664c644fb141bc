//! Esri's FeatureCollection as protocol buffers (`f=pbf`).
//!
//! The format is that of Esri's `FeatureCollection.proto` (Esri/arcgis-pbf). Coordinates are whole numbers of steps,
//! each but the first as the difference to the one before; see [`Steps`].

use super::answer::Page;
use super::quantize::{Steps, differences};
use arcgis_analysis_types::{AttributeValue, Extent, Geometry, GeometryType, SpatialReference};
use axum::body::Bytes;
use serde_json::Value;

/// A message being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn number(&mut self, field: u64, number: u64) {
        self.varint(field << 3);
        self.varint(number);
    }

    fn double(&mut self, field: u64, number: f64) {
        self.varint(field << 3 | 1);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, field: u64, text: &str) {
        if !text.is_empty() {
            self.bytes(field, text.as_bytes());
        }
    }

    fn part(&mut self, field: u64, write: impl FnOnce(&mut Self)) {
        let mut part = Self::default();
        write(&mut part);
        self.bytes(field, &part.0);
    }

    fn packed(&mut self, field: u64, numbers: impl Iterator<Item = u64>) {
        let mut packed = Self::default();
        numbers.for_each(|number| packed.varint(number));
        if !packed.0.is_empty() {
            self.bytes(field, &packed.0);
        }
    }
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// A whole answer, whose one result is a field of `QueryResult`.
fn whole(result: u64, write: impl FnOnce(&mut Message)) -> Bytes {
    let mut message = Message::default();
    message.part(2, |query| query.part(result, write));
    message.0.into()
}

/// How many features there are.
pub(super) fn count(count: usize) -> Bytes {
    whole(2, |result| result.number(1, count as u64))
}

/// The numbers of the features.
pub(super) fn ids(field: &str, ids: &[i64]) -> Bytes {
    whole(3, |result| {
        result.text(1, field);
        result.packed(3, ids.iter().map(|id| *id as u64));
    })
}

/// The rectangle around the features, and how many there are.
pub(super) fn extent(extent: Option<&Extent>, count: usize) -> Bytes {
    whole(4, |result| {
        if let Some(extent) = extent {
            result.part(1, |part| {
                part.double(1, extent.xmin);
                part.double(2, extent.ymin);
                part.double(3, extent.xmax);
                part.double(4, extent.ymax);
                if let Some(own) = &extent.spatial_reference {
                    part.part(5, |part| reference(part, own));
                }
            });
        }
        result.number(2, count as u64);
    })
}

/// A page of features.
pub(super) fn features(page: &Page) -> Bytes {
    let steps = page
        .steps
        .unwrap_or_else(|| Steps::lossless(&page.reference));
    whole(1, |result| {
        result.text(1, &page.id_field);
        result.part(2, |unique| {
            unique.text(1, &page.id_field);
            unique.number(2, 1);
        });
        result.number(7, page.geometry_type.map_or(127, geometry_type));
        result.part(8, |part| reference(part, &page.reference));
        if page.more {
            result.number(9, 1);
        }
        if page.geometry_type.is_some() || !page.centres.is_empty() {
            result.part(12, |transform| {
                transform.number(1, (!steps.from_upper_left).into());
                for (field, [x, y]) in [(2, steps.scale), (3, steps.translate)] {
                    transform.part(field, |pair| {
                        pair.double(1, x);
                        pair.double(2, y);
                    });
                }
            });
        }
        let types: Vec<&str> = page.fields.iter().map(|f| text(f, "type")).collect();
        for (field, field_type) in page.fields.iter().zip(&types) {
            result.part(13, |part| {
                part.text(1, text(field, "name"));
                part.number(2, field_type_number(field_type));
                part.text(3, text(field, "alias"));
            });
        }
        for (at, feature) in page.features.iter().enumerate() {
            result.part(15, |part| {
                for (field, field_type) in page.fields.iter().zip(&types) {
                    let value = feature.attributes.get(text(field, "name"));
                    part.part(1, |part| attribute(part, value, field_type));
                }
                if let Some(shape) = &feature.geometry {
                    geometry(part, 2, shape, &steps);
                }
                if let Some(Some(centre)) = page.centres.get(at) {
                    geometry(part, 4, centre, &steps);
                }
            });
        }
    })
}

fn text<'a>(field: &'a Value, name: &str) -> &'a str {
    field[name].as_str().unwrap_or_default()
}

fn reference(part: &mut Message, reference: &SpatialReference) {
    if let Some(id) = reference.wkid {
        part.number(1, id.into());
    }
    if let Some(id) = reference.latest_wkid.or(reference.wkid) {
        part.number(2, id.into());
    }
    part.text(5, reference.wkt.as_deref().unwrap_or_default());
}

fn geometry_type(geometry_type: GeometryType) -> u64 {
    match geometry_type {
        GeometryType::Multipoint => 1,
        GeometryType::Polyline => 2,
        GeometryType::Polygon => 3,
        _ => 0,
    }
}

fn field_type_number(word: &str) -> u64 {
    match word {
        "esriFieldTypeSmallInteger" => 0,
        "esriFieldTypeInteger" => 1,
        "esriFieldTypeSingle" => 2,
        "esriFieldTypeDouble" => 3,
        "esriFieldTypeDate" => 5,
        "esriFieldTypeOID" => 6,
        "esriFieldTypeGUID" => 10,
        "esriFieldTypeGlobalID" => 11,
        "esriFieldTypeBigInteger" => 13,
        _ => 4,
    }
}

/// A value by the type of its field; one that is missing is an empty message.
fn attribute(part: &mut Message, value: Option<&AttributeValue>, field_type: &str) {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return;
    };
    let whole = value.as_i64();
    match (field_type, whole, value.as_f64()) {
        ("esriFieldTypeSmallInteger" | "esriFieldTypeInteger", Some(n), _) => {
            part.number(4, zigzag(n));
        }
        ("esriFieldTypeOID", Some(n), _) if n >= 0 => part.number(7, n as u64),
        ("esriFieldTypeDate", Some(n), _) => part.number(6, n as u64),
        ("esriFieldTypeBigInteger" | "esriFieldTypeOID", Some(n), _) => part.number(8, zigzag(n)),
        (_, _, Some(number)) => part.double(3, number),
        _ => {
            // An empty text is a text still.
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            part.bytes(1, text.as_bytes());
        }
    }
}

/// Writes a geometry as a field of a feature, unless nothing of it is left.
fn geometry(feature: &mut Message, field: u64, shape: &Geometry, steps: &Steps) {
    let parts = steps.places(shape);
    if parts.is_empty() {
        return;
    }
    feature.part(field, |part| {
        part.number(1, geometry_type(shape.geometry_type()));
        if !matches!(shape, Geometry::Point(_)) {
            part.packed(2, parts.iter().map(|part| part.len() as u64));
        }
        let numbers = parts.iter().flat_map(|part| differences(part)).flatten();
        part.packed(3, numbers.map(zigzag));
    });
}
