//! Extracted files against GeoPandas' figures, read by the crates `shapefile`, `dbase`, `csv` and `kml`; and where
//! extracting goes wrong.
//!
//! Figures agree to a relative 1e-9: both programs compute in the same plane, GeoPandas in floating-point numbers and the
//! engine on a grid of 6e-14 degrees. What is not cut comes back bit for bit.

mod formats;
mod read;

use crate::common::{layer_of, line, multipoint, point, polygon};
use arcgis_analysis_engine::{Control, DataFile, EngineError, Output, extract_data, run};
use arcgis_analysis_spatial::extract_data::{DataFormat, ExtractData};
use arcgis_analysis_types::{
    Context, Extent, Feature, FeatureCollection, Field, FieldType, ItemOutputName,
    SpatialReference, Task,
};
use read::{Found, csv, kml, shapefile, table, unzip};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_extract.json"
    ))
    .unwrap()
}

/// Features that know their place in the layer.
fn numbered(mut features: Vec<Feature>) -> FeatureCollection {
    for (index, feature) in features.iter_mut().enumerate() {
        feature.attributes.insert("INDEX", json!(index));
    }
    layer_of(4326, features)
}

fn real(name: &str, geojson: &str) -> FeatureCollection {
    let read = FeatureCollection::from_geojson(geojson).unwrap();
    let mut layer = numbered(read.feature_set.features);
    layer.layer_definition.name = Some(name.to_owned());
    layer
}

fn countries() -> FeatureCollection {
    let text = include_str!("../../../../tests/data/countries.geojson");
    real("countries", text)
}

fn places() -> FeatureCollection {
    let text = include_str!("../../../../tests/data/populated-places.geojson");
    real("places", text)
}

fn lines(figures: &Value) -> FeatureCollection {
    let lines = figures["lines"].as_array().unwrap();
    let lines = lines.iter().map(|path| {
        Feature::new(
            line(std::slice::from_ref(path)),
            json!({}).as_object().unwrap().clone().into(),
        )
    });
    let mut layer = numbered(lines.collect());
    layer.layer_definition.name = Some("lines".to_owned());
    layer
}

fn area(figures: &Value) -> FeatureCollection {
    FeatureCollection::from_geojson(&figures["geometry"].to_string()).unwrap()
}

fn extract(task: &ExtractData) -> DataFile {
    extract_data(task, &Control::new()).unwrap()
}

fn warned(task: &ExtractData) -> (DataFile, Vec<String>) {
    let messages = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&messages);
    let control =
        Control::new().on_message(move |_, text| sink.lock().unwrap().push(text.to_owned()));
    let file = extract_data(task, &control).unwrap();
    let messages = messages.lock().unwrap().clone();
    (file, messages)
}

fn indices(found: &[Found]) -> Vec<i64> {
    found.iter().map(|found| found.number("INDEX")).collect()
}

fn whole(figures: &Value) -> Vec<i64> {
    let whole = figures["whole"].as_array().unwrap();
    whole.iter().map(|index| index.as_i64().unwrap()).collect()
}

/// Holds what was cut against figures of the form [place, area or length].
fn check_cut(found: &[Found], figures: &Value) {
    let figures = figures["clipped"].as_array().unwrap();
    let found: Vec<&Found> = found
        .iter()
        .filter(|found| found.measure() > 1e-8)
        .collect();
    assert_eq!(found.len(), figures.len());
    for (found, figure) in found.iter().zip(figures) {
        let (index, expected) = (figure[0].as_i64().unwrap(), figure[1].as_f64().unwrap());
        assert_eq!(found.number("INDEX"), index);
        let measured = found.measure();
        assert!(
            (measured / expected - 1.0).abs() < 1e-9,
            "{index}: {measured} is not {expected}"
        );
    }
}

#[test]
fn features_of_an_area_are_those_of_geopandas_whole_and_cut_in_every_format() {
    let figures = reference();
    for name in ["parted", "beyond"] {
        let figures = &figures[name];
        let task =
            ExtractData::new([countries(), places(), lines(&reference())]).extent(area(figures));
        let shp = |task: &ExtractData| {
            let file = extract(&task.clone().data_format(DataFormat::Shapefile));
            let files = unzip(&file.bytes);
            ["countries", "places", "lines"].map(|name| shapefile(&files, name))
        };
        let kml = |task: &ExtractData| {
            let folders = kml(&extract(&task.clone().data_format(DataFormat::Kml)).bytes);
            ["countries", "places", "lines"].map(|name| folders[name].clone())
        };
        for [lands, towns, paths] in [shp(&task), kml(&task)] {
            assert_eq!(indices(&lands), whole(&figures["countries"]));
            assert_eq!(indices(&towns), whole(&figures["places"]));
            assert_eq!(indices(&paths), whole(&figures["lines"]));
        }
        let task = task.clip(true);
        for [lands, towns, paths] in [shp(&task), kml(&task)] {
            check_cut(&lands, &figures["countries"]);
            assert_eq!(indices(&towns), whole(&figures["places"]));
            check_cut(&paths, &figures["lines"]);
        }
    }
}

#[test]
fn an_area_in_another_spatial_reference_is_brought_into_that_of_the_layer() {
    let figures = &reference()["parted"];
    let mut area = area(figures);
    let radius = 6_378_137.0;
    // Snyder 1987, equations 7-1 and 7-2.
    for feature in &mut area.feature_set.features {
        let Some(arcgis_analysis_types::Geometry::Polygon(polygon)) = &mut feature.geometry else {
            panic!("no polygon");
        };
        for position in polygon.rings.iter_mut().flatten() {
            position.x = radius * position.x.to_radians();
            position.y = radius * position.y.to_radians().sin().atanh();
        }
        polygon.spatial_reference = None;
    }
    area.feature_set.spatial_reference = Some(SpatialReference::WEB_MERCATOR);
    let file = extract(&ExtractData::new([places()]).extent(area.clone()));
    let rows = csv(&file.bytes);
    let found: Vec<i64> = rows
        .iter()
        .map(|row| row["INDEX"].parse().unwrap())
        .collect();
    assert_eq!(found, whole(&figures["places"]));
    // Points are written in the reference that is asked for, and otherwise in their own.
    let context = Context {
        out_sr: Some(SpatialReference::WEB_MERCATOR),
        ..Context::default()
    };
    let mercator = csv(&extract(&ExtractData::new([places()]).extent(area).context(context)).bytes);
    for (own, other) in rows.iter().zip(&mercator) {
        let number = |row: &std::collections::BTreeMap<String, String>, name: &str| {
            row[name].parse::<f64>().unwrap()
        };
        assert!((number(other, "x") - radius * number(own, "x").to_radians()).abs() < 1e-6);
        let y = radius * number(own, "y").to_radians().sin().atanh();
        assert!((number(other, "y") - y).abs() < 1e-6);
    }
}

#[test]
fn coordinates_and_attributes_come_back_as_they_were() {
    let towns = places();
    let rows = csv(&extract(&ExtractData::new([towns.clone()])).bytes);
    assert_eq!(rows.len(), towns.features().len());
    for (row, town) in rows.iter().zip(towns.features()) {
        let Some(arcgis_analysis_types::Geometry::Point(place)) = &town.geometry else {
            panic!("no point");
        };
        assert_eq!(row["x"].parse(), Ok(place.position.x));
        assert_eq!(row["y"].parse(), Ok(place.position.y));
        for (name, value) in &town.attributes {
            match (value.as_f64(), value.as_str()) {
                (Some(number), _) => assert_eq!(row[name].parse(), Ok(number)),
                (_, text) => assert_eq!(row[name], text.unwrap_or_default()),
            }
        }
    }
    let file = extract(&ExtractData::new([countries()]).data_format(DataFormat::Shapefile));
    let files = unzip(&file.bytes);
    let total: f64 = shapefile(&files, "countries")
        .iter()
        .map(Found::measure)
        .sum();
    let expected: f64 = crate::common::areas(&countries())
        .iter()
        .map(geo::Area::unsigned_area)
        .sum();
    assert!((total / expected - 1.0).abs() < 1e-12);
    assert!(
        String::from_utf8_lossy(&files["countries.prj"]).starts_with("GEOGCS[\"GCS_WGS_1984\"")
    );
}

#[test]
fn the_same_features_give_the_same_bytes_with_any_number_of_threads() {
    let figures = &reference()["parted"];
    for format in [DataFormat::Csv, DataFormat::Kml, DataFormat::Shapefile] {
        let task = ExtractData::new([countries(), places()])
            .extent(area(figures))
            .clip(true)
            .data_format(format);
        let one = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        assert_eq!(one.install(|| extract(&task)).bytes, extract(&task).bytes);
    }
}

#[test]
fn nothing_in_the_area_makes_a_file_that_can_be_read() {
    let nowhere = layer_of(
        4326,
        vec![Feature::new(square(-120.0, -60.0, 1.0), Default::default())],
    );
    let task = ExtractData::new([countries()]).extent(nowhere);
    let (file, messages) = warned(&task);
    assert_eq!(file.bytes, b"name,continent,iso_a3,pop_est,INDEX\r\n");
    assert_eq!(messages.len(), 2, "{messages:?}");
    let file = extract(&task.clone().data_format(DataFormat::Shapefile));
    let files = unzip(&file.bytes);
    assert!(shapefile(&files, "countries").is_empty());
    // The type of the shapes is there all the same: 5 are polygons (ESRI Shapefile Technical Description, 1998).
    assert_eq!(files["countries.shp"][32..36], [5, 0, 0, 0]);
    let file = extract(&task.data_format(DataFormat::Kml));
    assert!(kml(&file.bytes)["countries"].is_empty());
}

fn square(x: f64, y: f64, side: f64) -> arcgis_analysis_types::Geometry {
    polygon(&[json!([
        [x, y],
        [x, y + side],
        [x + side, y + side],
        [x + side, y],
        [x, y]
    ])])
}

fn feature(geometry: arcgis_analysis_types::Geometry, attributes: Value) -> Feature {
    Feature::new(geometry, attributes.as_object().unwrap().clone().into())
}

#[test]
fn invalid_areas_points_on_the_border_and_features_without_a_geometry() {
    // A bow tie of two triangles, each of half a square.
    let bow = polygon(&[json!([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]])]);
    let mut layer = numbered(vec![
        feature(bow, json!({})),
        feature(square(3.0, 3.0, 1.0), json!({})),
    ]);
    layer.feature_set.features[1].geometry = None;
    let task = ExtractData::new([layer]);
    let (file, messages) = warned(&task.clone().data_format(DataFormat::Shapefile));
    let found = shapefile(&unzip(&file.bytes), "layer");
    assert_eq!((indices(&found), found[0].measure()), (vec![0], 0.5));
    assert!(
        messages[0].starts_with("1 features of `layer` without a geometry"),
        "{messages:?}"
    );
    let found = &kml(&extract(&task.data_format(DataFormat::Kml)).bytes)["layer"];
    assert_eq!(indices(found), [0, 1]);

    let near = layer_of(4326, vec![feature(square(0.0, 0.0, 1.0), json!({}))]);
    let within = |features: Vec<Feature>| {
        let task = ExtractData::new([numbered(features)])
            .extent(near.clone())
            .clip(true)
            .data_format(DataFormat::Shapefile);
        let found = shapefile(&unzip(&extract(&task).bytes), "layer");
        let points: Vec<_> = found.iter().map(Found::points).collect();
        (indices(&found), points)
    };
    let towns = vec![
        feature(point(1.0, 0.5), json!({})),
        feature(point(1.1, 0.5), json!({})),
    ];
    assert_eq!(within(towns), (vec![0], vec![1]));
    let groups = vec![
        feature(multipoint(&[(9.0, 9.0)]), json!({})),
        feature(multipoint(&[(0.5, 0.5), (9.0, 9.0), (0.0, 1.0)]), json!({})),
    ];
    assert_eq!(within(groups), (vec![1], vec![2]));
    // Areas that lie beside each other or over each other cover as one, and no place twice.
    let wide = feature(square(-1.0, -1.0, 4.0), json!({}));
    let areas = [(0.0, 1.0), (1.0, 1.0), (0.5, 1.0)];
    let areas = areas.map(|(x, side)| feature(square(x, 0.0, side), json!({})));
    let task = ExtractData::new([numbered(vec![wide])])
        .extent(layer_of(4326, areas.to_vec()))
        .clip(true)
        .data_format(DataFormat::Shapefile);
    let found = shapefile(&unzip(&extract(&task).bytes), "layer");
    assert!((found[0].measure() - 2.0).abs() < 1e-12);
}

#[test]
fn several_layers_and_tables_are_files_of_an_archive() {
    let mut rows = FeatureCollection::default();
    rows.feature_set.features = vec![Feature {
        geometry: None,
        attributes: json!({"key": 7}).as_object().unwrap().clone().into(),
    }];
    rows.layer_definition.name = Some("countries".to_owned());
    let task = ExtractData::new([countries(), rows])
        .extent(area(&reference()["parted"]))
        .output_name(ItemOutputName::from("my / extract"));
    let (file, messages) = warned(&task);
    assert_eq!(
        (file.name.as_str(), file.item_type),
        ("my _ extract.zip", "CSV Collection")
    );
    assert_eq!(messages.len(), 1, "{messages:?}");
    let files = unzip(&file.bytes);
    assert_eq!(csv(&files["countries_1.csv"])[0]["key"], "7");
    assert_eq!(
        csv(&files["countries.csv"]).len(),
        whole(&reference()["parted"]["countries"]).len()
    );
    let files = unzip(&extract(&task.data_format(DataFormat::Shapefile)).bytes);
    let names: Vec<_> = files
        .keys()
        .filter(|name| name.starts_with("countries_1"))
        .collect();
    assert_eq!(names, ["countries_1.cpg", "countries_1.dbf"]);
    assert_eq!(table(&files, "countries_1")[0].text("key"), "7");
}

#[test]
fn the_extent_of_the_context_selects_and_never_cuts() {
    let extent = Extent {
        xmin: 0.0,
        ymin: 0.0,
        xmax: 0.5,
        ymax: 0.5,
        spatial_reference: None,
    };
    let layer = numbered(vec![
        feature(square(0.0, 0.0, 4.0), json!({})),
        feature(square(9.0, 9.0, 4.0), json!({})),
    ]);
    let task = ExtractData::new([layer])
        .context(Context {
            extent: Some(extent),
            ..Context::default()
        })
        .clip(true)
        .data_format(DataFormat::Shapefile);
    let (file, messages) = warned(&task);
    let found = shapefile(&unzip(&file.bytes), "layer");
    assert_eq!((indices(&found), found[0].measure()), (vec![0], 16.0));
    assert!(messages[0].starts_with("`clip`"), "{messages:?}");
}

#[test]
fn what_is_not_written_is_refused_with_a_reason() {
    let refusal = |task: &ExtractData| extract_data(task, &Control::new()).unwrap_err().to_string();
    let task = ExtractData::new([places()]);
    let said = refusal(&task.clone().data_format(DataFormat::FileGeodatabase));
    assert!(
        said.contains("file geodatabase") && said.contains("SHAPEFILE"),
        "{said}"
    );
    for (word, wanted) in [("LAYERPACKAGE", "layer package"), ("DXF", "DXF")] {
        let said = refusal(&task.clone().data_format(DataFormat::from(word)));
        assert!(said.contains(wanted), "{said}");
    }
    let said = refusal(
        &ExtractData::new([layer_of(26_715, vec![feature(point(5e5, 5e6), json!({}))])])
            .data_format(DataFormat::Kml),
    );
    assert!(
        said.contains("dataFormat") && said.contains("26715"),
        "{said}"
    );
    let none: [FeatureCollection; 0] = [];
    assert!(matches!(
        extract_data(&ExtractData::new(none), &Control::new()),
        Err(EngineError::Input { .. } | EngineError::Parameter(_))
    ));
    let said = refusal(&task.clone().extent(places()));
    assert!(
        said.contains("`extent` takes polygon features, not point features"),
        "{said}"
    );
    let control = Control::new();
    control.cancel();
    assert_eq!(extract_data(&task, &control), Err(EngineError::Cancelled));
}

#[test]
fn the_door_without_types_gives_a_file() {
    let params = json!({ "inputLayers": [serde_json::to_value(places()).unwrap()] });
    let results = run(ExtractData::META, params, &Control::new()).unwrap();
    let [("contentID", Output::File(file))] = results.as_slice() else {
        panic!("{results:?}");
    };
    assert_eq!(
        (file.name.as_str(), file.media_type),
        ("places.csv", "text/csv")
    );
    // A reference that is known by its number only is missing in a shapefile, which is told.
    let layer = layer_of(32_633, vec![feature(point(5e5, 5e6), json!({"a": 1}))]);
    let (file, messages) = warned(&ExtractData::new([layer]).data_format(DataFormat::Shapefile));
    assert!(!unzip(&file.bytes).contains_key("layer.prj"));
    assert!(messages[0].contains("32633"), "{messages:?}");
}
