//! Archives of shapefiles that GDAL and pyshp wrote, against what GeoPandas reads in them
//! (tests/reference/engine_shapefiles.py), and those that are refused.

use arcgis_analysis_engine::{ShapefileError, read_shapefiles};
use arcgis_analysis_types::{FeatureCollection, FieldType, Geometry, SpatialReference};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

type Files = BTreeMap<String, Vec<u8>>;

fn reference(name: &str) -> Value {
    let all = include_str!("../../../../tests/reference/engine_shapefiles.json");
    let mut all: Value = serde_json::from_str(all).unwrap();
    all[name].take()
}

/// The bytes of a text in base64.
fn bytes(text: &Value) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = text.as_str().unwrap().trim_end_matches('=');
    let sixes = text
        .bytes()
        .map(|letter| LETTERS.iter().position(|l| *l == letter).unwrap() as u32);
    let (mut bits, mut held, mut bytes) = (0, 0, Vec::new());
    for six in sixes {
        (bits, held) = (bits << 6 | six, held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    bytes
}

fn unzip(bytes: &[u8]) -> Files {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let files = (0..archive.len()).map(|index| {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        (file.name().unwrap().to_string(), bytes)
    });
    files.collect()
}

fn zip(files: &Files) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive
            .start_file(name.as_str(), SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn read(name: &str) -> FeatureCollection {
    let mut layers = read_shapefiles(&bytes(&reference(name)["archive"])).unwrap();
    assert_eq!(layers.len(), 1);
    layers.pop().unwrap()
}

/// The coordinates of a geometry, as nested lists of rings, paths or points.
fn ours(geometry: &Geometry) -> Vec<Vec<Vec<f64>>> {
    let place = |p: &arcgis_analysis_types::Position| {
        [Some(p.x), Some(p.y), p.z()]
            .into_iter()
            .flatten()
            .collect()
    };
    let path = |path: &Vec<_>| path.iter().map(place).collect();
    let mut parts: Vec<_> = match geometry {
        Geometry::Point(point) => vec![vec![place(&point.position)]],
        Geometry::Multipoint(points) => vec![path(&points.points)],
        Geometry::Polyline(line) => line.paths.iter().map(path).collect(),
        Geometry::Polygon(polygon) => polygon.rings.iter().map(path).collect(),
        other => panic!("{other:?}"),
    };
    parts.sort_by(|a, b| a.partial_cmp(b).unwrap());
    parts
}

fn theirs(geometry: &Value) -> Vec<Vec<Vec<f64>>> {
    fn gather(list: &Value, parts: &mut Vec<Vec<Vec<f64>>>) {
        let is_path = list[0][0].is_number();
        match is_path {
            true => parts.push(serde_json::from_value(list.clone()).unwrap()),
            false => list
                .as_array()
                .unwrap()
                .iter()
                .for_each(|inner| gather(inner, parts)),
        }
    }
    let coordinates = &geometry["coordinates"];
    let mut parts = Vec::new();
    match geometry["type"] == "Point" {
        true => parts.push(vec![serde_json::from_value(coordinates.clone()).unwrap()]),
        false => gather(coordinates, &mut parts),
    }
    parts.sort_by(|a, b| a.partial_cmp(b).unwrap());
    parts
}

#[test]
fn features_are_those_that_another_program_reads() {
    for name in [
        "gdal",
        "gdal_utm",
        "gdal_mercator",
        "gdal_lambert",
        "gdal_latin",
        "gdal_latin_by_mark",
        "lines",
        "points",
        "heights",
        "pyshp",
    ] {
        let layer = read(name);
        let wanted = reference(name);
        let wanted = wanted["features"].as_array().unwrap();
        assert_eq!(layer.features().len(), wanted.len(), "{name}");
        for (found, wanted) in layer.features().iter().zip(wanted) {
            let attributes = wanted["attributes"].as_object().unwrap();
            assert_eq!(found.attributes.len(), attributes.len(), "{name}");
            for (field, value) in attributes {
                let own = &found.attributes[field];
                // GeoPandas makes floats of columns with gaps.
                let is_same = match (own.as_f64(), value.as_f64()) {
                    (Some(own), Some(value)) => own == value,
                    _ => own == value,
                };
                assert!(is_same, "{name} {field}: {own} instead of {value}");
            }
            match &found.geometry {
                None => assert!(wanted["geometry"].is_null(), "{name}"),
                // Both read the same doubles.
                Some(geometry) => assert_eq!(ours(geometry), theirs(&wanted["geometry"]), "{name}"),
            }
        }
    }
}

#[test]
fn fields_have_the_types_of_their_columns() {
    let layer = read("gdal");
    let types: Vec<_> = layer
        .fields()
        .iter()
        .map(|f| (f.name.as_str(), f.field_type.clone()))
        .collect();
    assert_eq!(
        types,
        [
            ("NAME", FieldType::String),
            ("POP", FieldType::Integer),
            ("BIG", FieldType::Double),
            ("SHARE", FieldType::Double),
        ]
    );
    assert_eq!(
        layer.fields()[0].length,
        Some(80),
        "the width that GDAL gives texts"
    );
    let layer = read("pyshp");
    let types: Vec<_> = layer
        .fields()
        .iter()
        .map(|f| f.field_type.clone())
        .collect();
    assert_eq!(
        types,
        [
            FieldType::String,
            FieldType::Double,
            FieldType::Integer,
            FieldType::Date,
            FieldType::SmallInteger,
        ]
    );
}

#[test]
fn references_are_known_by_their_texts() {
    for (name, wkid) in [
        ("gdal", 4326),
        ("gdal_utm", 32_632),
        ("gdal_mercator", 3857),
        ("pyshp", 4326),
    ] {
        let own = read(name).spatial_reference().cloned().unwrap();
        assert_eq!(own.latest_wkid.or(own.wkid), Some(wkid), "{name}");
    }
    // Whatever is not known by its name is kept as it is written.
    let own = read("gdal_lambert").spatial_reference().cloned().unwrap();
    assert_eq!(own.wkid, None);
    assert!(
        own.wkt.unwrap().starts_with("PROJCS[\"RGF"),
        "RGF93 / Lambert-93"
    );
}

#[test]
fn several_shapefiles_are_several_layers_and_other_files_none() {
    let mut files = unzip(&bytes(&reference("gdal")["archive"]));
    for (name, bytes) in files.clone() {
        files.insert(
            format!("more/{}", name.replace("places", "Others")).to_uppercase(),
            bytes,
        );
    }
    files.insert("__MACOSX/._places.shp".to_owned(), b"no shape".to_vec());
    files.insert("readme.txt".to_owned(), b"x".to_vec());
    let layers = read_shapefiles(&zip(&files)).unwrap();
    let names: Vec<_> = layers
        .iter()
        .map(|l| l.layer_definition.name.clone().unwrap())
        .collect();
    assert_eq!(names, ["OTHERS", "places"]);
    assert_eq!(layers[0].features(), layers[1].features());
}

#[test]
fn a_deleted_record_goes_with_its_shape() {
    let mut files = unzip(&bytes(&reference("gdal")["archive"]));
    let dbf = files.get_mut("places.dbf").unwrap();
    let first = usize::from(u16::from_le_bytes([dbf[8], dbf[9]]));
    dbf[first] = b'*';
    let layers = read_shapefiles(&zip(&files)).unwrap();
    let whole = read("gdal");
    assert_eq!(layers[0].features(), &whole.features()[1..]);
}

#[test]
fn a_polygon_that_runs_the_other_way_is_turned() {
    let mut files = unzip(&bytes(&reference("gdal")["archive"]));
    let shp = files.get_mut("places.shp").unwrap();
    // The second record follows the first; its five vertices begin 8 + 44 + 4 bytes into it.
    let words = i32::from_be_bytes(shp[104..108].try_into().unwrap());
    let vertices = 108 + 2 * words as usize + 8 + 48;
    let ring: Vec<u8> = shp[vertices..vertices + 80].to_vec();
    for (place, vertex) in ring.rchunks(16).enumerate() {
        shp[vertices + 16 * place..][..16].copy_from_slice(vertex);
    }
    let layers = read_shapefiles(&zip(&files)).unwrap();
    assert_eq!(layers[0].features(), read("gdal").features());
}

#[test]
fn what_cannot_be_read_is_refused_with_the_file_that_is_wrong() {
    let whole = unzip(&bytes(&reference("gdal_utm")["archive"]));
    let with = |change: &dyn Fn(&mut Files)| {
        let mut files = whole.clone();
        change(&mut files);
        read_shapefiles(&zip(&files)).unwrap_err().to_string()
    };
    let cut = |name: &'static str, length: usize| {
        move |files: &mut Files| files.get_mut(name).unwrap().truncate(length)
    };
    for (said, problem) in [
        (
            with(&|f| drop(f.remove("places.dbf"))),
            "holds no places.dbf",
        ),
        (
            with(&|f| drop(f.remove("places.shp"))),
            "holds no shapefile",
        ),
        (
            with(&|f| drop(f.remove("places.prj"))),
            "holds no places.prj, without which",
        ),
        (with(&cut("places.shp", 300)), "places.shp cannot be read"),
        (with(&cut("places.shp", 0)), "places.shp cannot be read"),
        (with(&cut("places.dbf", 200)), "places.dbf cannot be read"),
        (with(&cut("places.dbf", 5)), "places.dbf is no dBase table"),
        (
            with(&|f| drop(f.insert("places.prj".into(), b"GEOGCS[\"x\"]".to_vec()))),
            "places.prj has a spatial reference whose unit is not known",
        ),
        (
            with(&|f| drop(f.insert("places.cpg".into(), b"OEM 437".to_vec()))),
            "places.cpg names the encoding \"OEM 437\"",
        ),
        // One record less than shapes.
        (
            with(&|f| f.get_mut("places.dbf").unwrap()[4] = 2),
            "pack the files of one shapefile together",
        ),
        // A multipatch, by the type in the header.
        (
            with(&|f| f.get_mut("places.shp").unwrap()[32] = 31),
            "multipatches",
        ),
        // Points by the header, polygons by the records.
        (
            with(&|f| f.get_mut("places.shp").unwrap()[32] = 1),
            "in record 1 a shape of another type",
        ),
    ] {
        assert!(said.contains(problem), "{said}");
    }
    let is_archive =
        |bytes: &[u8]| matches!(read_shapefiles(bytes), Err(ShapefileError::Archive { .. }));
    assert!(is_archive(b"") && is_archive(b"PK\x03\x04 and then nothing"));
}

/// No byte that is changed or missing brings the reader down.
#[test]
fn broken_files_are_never_a_panic() {
    for name in ["gdal", "pyshp", "lines"] {
        let whole = unzip(&bytes(&reference(name)["archive"]));
        for file in whole.keys() {
            for place in (0..whole[file].len()).step_by(43) {
                let mut files = whole.clone();
                for byte in [0xff, 0x80, 0x2a, 0] {
                    files.get_mut(file).unwrap()[place] = byte;
                    let _ = read_shapefiles(&zip_stored(&files));
                }
                files.get_mut(file).unwrap().truncate(place);
                let _ = read_shapefiles(&zip_stored(&files));
            }
        }
    }
}

fn zip_stored(files: &Files) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in files {
        archive.start_file(name.as_str(), stored).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Longitudes and latitudes need not say that they are.
#[test]
fn degrees_need_no_prj() {
    let mut files = unzip(&bytes(&reference("gdal")["archive"]));
    files.remove("places.prj");
    let layers = read_shapefiles(&zip(&files)).unwrap();
    assert_eq!(
        layers[0].spatial_reference(),
        Some(&SpatialReference::WGS84)
    );
}
