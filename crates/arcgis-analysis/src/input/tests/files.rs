//! Files that GeoPandas, pandas and GDAL wrote, against what they say is in them.

use super::*;
use crate::types::{FeatureCollection, FieldType, GeometryType, SpatialReference};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One file of `tests/reference/input_files.json`.
#[derive(serde::Deserialize)]
struct Expected {
    epsg: Option<u32>,
    fields: BTreeMap<String, String>,
    geojson: Value,
}

fn expected() -> BTreeMap<String, Expected> {
    let text = include_str!("../../../../../tests/reference/input_files.json");
    serde_json::from_str(text).unwrap()
}

pub(super) fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/data/inputs"
    ))
    .join(name)
}

fn collection(path: &Path) -> FeatureCollection {
    match read_file(path) {
        Ok(FeatureInput::Collection(collection)) => *collection,
        other => panic!("{other:?}"),
    }
}

/// What a CSV file of this text holds.
fn csv(text: &str) -> FeatureCollection {
    collection(file(".csv", text.as_bytes()).path())
}

/// Why a CSV file of this text is refused, after its name.
fn refused(text: &str) -> String {
    let file = file(".csv", text.as_bytes());
    let said = read_file(file.path()).unwrap_err().to_string();
    let name = format!("the file `{}` ", file.path().display());
    said.strip_prefix(&name).unwrap().to_owned()
}

#[test]
fn holds_what_others_wrote() {
    let all = expected();
    assert_eq!(all.len(), 17);
    for (name, expected) in all {
        if name.ends_with(".parquet") && !cfg!(feature = "geoparquet") {
            continue;
        }
        let read = collection(&path(&name));
        let wanted = FeatureCollection::from_geojson(&expected.geojson.to_string()).unwrap();
        assert_eq!(read.features().len(), wanted.features().len(), "{name}");
        for (i, (read, wanted)) in read.features().iter().zip(wanted.features()).enumerate() {
            assert_eq!(read, wanted, "{name}, feature {}", i + 1);
        }
        assert_eq!(
            read.spatial_reference(),
            expected.epsg.map(SpatialReference::wkid).as_ref(),
            "{name}"
        );
        assert_eq!(read.geometry_type(), wanted.geometry_type(), "{name}");
        let fields = read.fields().iter().map(|field| {
            let ty = serde_json::to_value(&field.field_type).unwrap();
            let ty = ty.as_str().unwrap().trim_start_matches("esriFieldType");
            (field.name.clone(), ty.to_owned())
        });
        assert_eq!(
            fields.collect::<BTreeMap<_, _>>(),
            expected.fields,
            "{name}"
        );
    }
}

#[test]
fn a_layer_has_one_type_of_geometry_and_a_spatial_reference() {
    let said = read_file(&path("mixed.fgb")).unwrap_err().to_string();
    assert!(
        said.ends_with("mixed.fgb` has a problem in feature 2: it is a line in a layer of points"),
        "{said}"
    );
    let said = read_file(&path("no-crs.fgb")).unwrap_err().to_string();
    assert!(
        said.contains("it names no coordinate reference system; write it with one"),
        "{said}"
    );
    assert_eq!(
        refused("wkt\n\"POINT (1 2)\"\n\"LINESTRING (1 2, 3 4)\"\n"),
        "has a problem in feature 2: it is a line in a layer of points"
    );
}

#[test]
fn finds_the_coordinates_whatever_their_names_case_and_divider() {
    for text in [
        "Longitude,LATITUDE\n7.5,47.5\n",
        "lat;LON\n47,5;7,5\n",
        "lat\tlng\n47.5\t7.5\n",
        "x|y\n7.5|47.5\n",
        "POINT_X,POINT_Y\r\n7.5,47.5\r\n",
        // Names of degrees win over names that may mean metres.
        "x,y,long,lat\n1e6,2e6,7.5,47.5",
        "\u{feff}name,the_geom\n\"a, b\",POINT (7.5 47.5)\n",
        "name,geom\na,Point Z(7.5 47.5 300)\n",
    ] {
        let read = csv(text);
        let geometry = read.features()[0].geometry.clone().unwrap();
        let position = geometry.positions().next().unwrap();
        assert_eq!((position.x, position.y), (7.5, 47.5), "{text}");
        assert_eq!(position.z(), text.contains('Z').then_some(300.0));
        assert_eq!(read.spatial_reference(), Some(&SpatialReference::WGS84));
    }
}

#[test]
fn a_row_without_coordinates_is_a_feature_without_a_place() {
    let read = csv("id,lon,lat\n1,7.5,47.5\n2,,\n");
    assert_eq!(read.features().len(), 2);
    assert_eq!(read.features()[1].geometry, None);
    assert_eq!(read.features()[1].attributes["id"], 2);
    // The columns tell the type, even where no row has a place.
    assert_eq!(
        csv("lon,lat\n,\n").geometry_type(),
        Some(GeometryType::Point)
    );
}

#[test]
fn rows_without_columns_of_coordinates_are_a_table() {
    let read = csv("iso,y\nCHE,1\nLIE,2\n");
    assert_eq!(
        (read.geometry_type(), read.spatial_reference()),
        (None, None)
    );
    assert_eq!(read.fields()[1].field_type, FieldType::Integer);
    // A header alone is a layer without features, which is refused when the task is checked.
    assert_eq!(csv("lon,lat\n").features().len(), 0);
}

#[test]
fn names_the_row_that_is_wrong() {
    for (text, problem) in [
        (
            "name,lon,lat\n\"two\nlines\",1,2\nb,7.5,91.5\n",
            "cannot be used: row 2, on line 4, has the lat 91.5, which is more than 90 degrees; coordinates in CSV are degrees on WGS 84",
        ),
        (
            "x,y\n2600000,1200000\n",
            "cannot be used: row 1, on line 2, has the x 2600000, which is more than 360 degrees; coordinates in CSV are degrees on WGS 84",
        ),
        ("x,y\n1,\n", "cannot be used: row 1, on line 2, has no y"),
        (
            "x,y\nNaN,1\n",
            "cannot be used: row 1, on line 2, has the x \"NaN\", which is no number of degrees",
        ),
        (
            "x,y\n1,2\n3\n",
            "cannot be used: row 2, on line 3, has 1 values where the header has 2 columns; a value that contains ',' must stand in quotes",
        ),
        (
            "x,y,note\n1,2,\"never closed\n3,4,a\n5,6,b\n",
            "cannot be used: a quotation mark that opens in row 1, on line 2, is not closed; is the file complete?",
        ),
        (
            "lat,name\n1,a\n",
            "cannot be used: it has the column `lat` but none of longitudes; call that `longitude` or `long` or `lon` or `lng`",
        ),
        (
            "lon,lat,Name,NAME\n1,2,a,b\n",
            "cannot be used: it has two columns of the name `NAME`; rename one of them",
        ),
        // A terminal would obey the name.
        (
            "lon,lat,a\u{1b}[2J,\"A\u{1b}[2J\"\n1,2,a,b\n",
            "cannot be used: it has two columns of the name `A [2J`; rename one of them",
        ),
        (
            "wkt\nPOINT (1 2\n",
            "cannot be used: row 1, on line 2, has no well-known text in `wkt`: it breaks off, or something follows it",
        ),
        (
            "wkt\nPOINT (1 2) POINT (3 4)\n",
            "cannot be used: row 1, on line 2, has no well-known text in `wkt`: it breaks off, or something follows it",
        ),
        (
            "wkt\nGeometryCollection (POINT (1 2))\n",
            "cannot be used: row 1, on line 2, is a GeometryCollection, which a layer cannot hold; split it by type of geometry",
        ),
        (
            "wkt\n\"POLYGON ((0 0, 0 95, 1 95, 0 0))\"\n",
            "has a problem in feature 1: the latitude 95 is out of range; is it swapped with the longitude?",
        ),
    ] {
        assert_eq!(refused(text), problem, "{text}");
    }
}

#[test]
fn content_counts_more_than_the_extension() {
    let bytes = std::fs::read(path("places.fgb")).unwrap();
    assert_eq!(collection(file(".csv", &bytes).path()).features().len(), 5);
    assert_eq!(
        collection(file(".csv", POINT.as_bytes()).path())
            .features()
            .len(),
        1
    );
    let said = read_file(file(".fgb", b"fgb").path())
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("it is no whole FlatGeobuf: it ends within its header"),
        "{said}"
    );
}
