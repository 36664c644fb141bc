//! Reads files back.

use ::csv::Reader;
use ::kml::types::{Element, Geometry, LinearRing};
use ::kml::{Kml, KmlReader};
use dbase::FieldValue;
use geo::{Area, Euclidean, Length, LineString, Polygon};
use shapefile::{Point, PolygonRing, Shape, ShapeReader};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// A feature as it was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    values: BTreeMap<String, String>,
    /// The rings with their signed areas, counterclockwise positive, and whether they are outer ones.
    rings: Vec<(f64, bool)>,
    length: f64,
    points: usize,
}

impl Found {
    /// A value; nothing where it is null.
    pub(super) fn text(&self, name: &str) -> String {
        self.values.get(name).cloned().unwrap_or_default()
    }

    pub(super) fn number(&self, name: &str) -> i64 {
        self.text(name).parse::<f64>().unwrap() as i64
    }

    /// The area or length in the plane, holes taken away.
    pub(super) fn measure(&self) -> f64 {
        let signed = |(area, outer): &(f64, bool)| if *outer { area.abs() } else { -area.abs() };
        self.rings.iter().map(signed).sum::<f64>() + self.length
    }

    /// How many rings are outer ones, and how many are holes.
    pub(super) fn rings(&self) -> (usize, usize) {
        let outer = self.rings.iter().filter(|(_, outer)| *outer).count();
        (outer, self.rings.len() - outer)
    }

    pub(super) fn points(&self) -> usize {
        self.points
    }
}

/// The files of an archive, which are all of the same date.
pub(super) fn unzip(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let date = file.last_modified().unwrap();
            assert_eq!((date.year(), date.month(), date.day()), (1980, 1, 1));
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().to_string(), bytes)
        })
        .collect()
}

/// The rows of a file of comma-separated values.
pub(super) fn csv(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = Reader::from_reader(bytes);
    reader.deserialize().map(Result::unwrap).collect()
}

/// The rows of a table.
pub(super) fn table(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Vec<Found> {
    assert_eq!(files[&format!("{name}.cpg")], b"UTF-8");
    let bytes = &files[&format!("{name}.dbf")];
    // The date of the last change, so that the same features give the same bytes.
    assert_eq!(bytes[1..4], [80, 1, 1]);
    let mut reader = dbase::Reader::new(Cursor::new(bytes)).unwrap();
    let records = reader.read().unwrap();
    records
        .into_iter()
        .map(|record| Found {
            values: record
                .into_iter()
                .map(|(name, value)| (name, text(value)))
                .collect(),
            ..Found::default()
        })
        .collect()
}

fn text(value: FieldValue) -> String {
    match value {
        FieldValue::Character(text) => text.unwrap_or_default(),
        FieldValue::Numeric(number) => number.map_or_else(String::new, |number| number.to_string()),
        FieldValue::Date(date) => date.map_or_else(String::new, |date| {
            format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
        }),
        other => panic!("{other:?}"),
    }
}

/// The features of a shapefile.
pub(super) fn shapefile(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Vec<Found> {
    let file = |extension: &str| Cursor::new(files[&format!("{name}.{extension}")].clone());
    let mut reader = ShapeReader::with_shx(file("shp"), file("shx")).unwrap();
    let shapes: Vec<Shape> = reader.iter_shapes().map(Result::unwrap).collect();
    let mut rows = table(files, name);
    assert_eq!(rows.len(), shapes.len());
    for (row, shape) in rows.iter_mut().zip(shapes) {
        match shape {
            Shape::Point(_) => row.points = 1,
            Shape::Multipoint(points) => row.points = points.points().len(),
            Shape::Polyline(line) => {
                let parts = line
                    .parts()
                    .iter()
                    .map(|part| Euclidean.length(&path(part)));
                row.length = parts.sum();
            }
            Shape::Polygon(polygon) => {
                for ring in polygon.rings() {
                    let signed = area(path(ring.points()));
                    let outer = matches!(ring, PolygonRing::Outer(_));
                    assert_eq!(outer, signed < 0.0, "an outer ring runs clockwise");
                    row.rings.push((signed, outer));
                }
            }
            other => panic!("{other}"),
        }
    }
    rows
}

fn path(points: &[Point]) -> LineString {
    points.iter().map(|point| (point.x, point.y)).collect()
}

fn area(ring: LineString) -> f64 {
    assert!(ring.is_closed());
    Polygon::new(ring, vec![]).signed_area()
}

/// The features of an archive with one document, by the names of their folders.
pub(super) fn kml(bytes: &[u8]) -> BTreeMap<String, Vec<Found>> {
    let files = unzip(bytes);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["doc.kml"]);
    let document = KmlReader::<_, f64>::from_reader(files["doc.kml"].as_slice()).read();
    let mut folders = BTreeMap::new();
    gather(document.unwrap(), &mut folders);
    folders
}

fn gather(kml: Kml, folders: &mut BTreeMap<String, Vec<Found>>) {
    match kml {
        Kml::KmlDocument(document) => document
            .elements
            .into_iter()
            .for_each(|e| gather(e, folders)),
        Kml::Document { elements, .. } => elements.into_iter().for_each(|e| gather(e, folders)),
        Kml::Folder(folder) => {
            let found = folder.elements.into_iter().filter_map(|element| {
                let Kml::Placemark(placemark) = element else {
                    return None;
                };
                let mut found = Found::default();
                placemark
                    .children
                    .iter()
                    .for_each(|child| attributes(child, &mut found));
                if let Some(geometry) = &placemark.geometry {
                    measure(geometry, &mut found);
                }
                Some(found)
            });
            folders.insert(folder.name.unwrap(), found.collect());
        }
        _ => {}
    }
}

fn attributes(element: &Element, found: &mut Found) {
    if element.name == "SimpleData" {
        let text = element.content.clone().unwrap_or_default();
        found.values.insert(element.attrs["name"].clone(), text);
    }
    element
        .children
        .iter()
        .for_each(|child| attributes(child, found));
}

fn measure(geometry: &Geometry, found: &mut Found) {
    let path = |coords: &[::kml::types::Coord]| -> LineString {
        coords.iter().map(|c| (c.x, c.y)).collect()
    };
    match geometry {
        Geometry::Point(_) => found.points += 1,
        Geometry::LineString(line) => found.length += Euclidean.length(&path(&line.coords)),
        Geometry::Polygon(polygon) => {
            let mut add = |ring: &LinearRing, outer: bool| {
                let signed = area(path(&ring.coords));
                assert_eq!(outer, signed > 0.0, "an outer ring runs counterclockwise");
                assert!(ring.coords.iter().all(|c| c.x.abs() <= 180.0));
                found.rings.push((signed, outer));
            };
            add(&polygon.outer, true);
            polygon.inner.iter().for_each(|ring| add(ring, false));
        }
        Geometry::MultiGeometry(several) => several
            .geometries
            .iter()
            .for_each(|one| measure(one, found)),
        other => panic!("{other:?}"),
    }
}
