//! Hot spots against PySAL's, and where they go wrong.
//!
//! Scores agree to 1e-9 and probabilities to a relative 1e-8: the formulas are the same and differ in the order of sums
//! only. The centroids of countries are those of their plane in both.

use crate::common::{assert_close, layer, layer_of, point, polygon};
use arcgis_analysis_engine::{Control, EngineError, HotSpots, find_hot_spots};
use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
use arcgis_analysis_spatial::find_hot_spots::{FindHotSpots, PointAggregation, ShapeType};
use arcgis_analysis_types::{
    Feature, FeatureCollection, FromResult, Geometry, GeometryType, ProcessInfo,
};
use serde_json::{Value, json};

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_hot_spots.json"
    ))
    .unwrap()
}

fn spots(task: FindHotSpots) -> HotSpots {
    find_hot_spots(&task, &Control::new()).unwrap()
}

fn number(feature: &Feature, name: &str) -> f64 {
    feature.attributes[name].as_f64().unwrap()
}

fn check(result: &FeatureCollection, figures: &Value) {
    let list = |name: &str| figures[name].as_array().unwrap();
    assert_eq!(result.features().len(), list("z").len());
    let mut bins = std::collections::BTreeSet::new();
    for (index, feature) in result.features().iter().enumerate() {
        let z = list("z")[index].as_f64().unwrap();
        assert!(
            (number(feature, "GiZScore") - z).abs() < 1e-9,
            "{index}: {z} {:?}",
            feature.attributes
        );
        assert_close(
            &index.to_string(),
            number(feature, "GiPValue"),
            list("p")[index].as_f64().unwrap(),
            1e-8,
        );
        assert_eq!(feature.attributes["Gi_Bin"], list("bin")[index], "{index}");
        assert_eq!(
            feature.attributes["NNeighbors"],
            list("neighbours")[index],
            "{index}"
        );
        bins.insert(feature.attributes["Gi_Bin"].as_i64().unwrap());
    }
    assert!(bins.len() > 1, "all alike");
}

fn countries() -> FeatureCollection {
    let mut countries =
        FeatureCollection::from_geojson(include_str!("../../../../tests/data/countries.geojson"))
            .unwrap();
    countries.layer_definition.fields.clear();
    countries.feature_set.fields.clear();
    for feature in &mut countries.feature_set.features {
        let letters = feature.attributes["name"].as_str().unwrap().chars().count();
        feature.attributes.insert("letters", json!(letters));
    }
    countries
}

fn band(task: FindHotSpots, kilometres: f64) -> FindHotSpots {
    task.distance_band(kilometres)
        .distance_band_units(PatternAnalysisUnits::Kilometers)
}

#[test]
fn countries_cluster_as_in_pysal() {
    let figures = reference();
    for kilometres in [1500.0, 3000.0] {
        let result = spots(band(
            FindHotSpots::new(countries()).analysis_field("pop_est"),
            kilometres,
        ));
        check(
            &result.features,
            &figures["countries"][&format!("{kilometres}")],
        );
        assert_eq!(
            result.features.layer_definition.geometry_type,
            Some(GeometryType::Polygon)
        );
        assert_eq!(result.features.features()[5].attributes["SOURCE_ID"], 6);
    }
    let divided = band(
        FindHotSpots::new(countries())
            .analysis_field("pop_est")
            .divided_by_field("letters"),
        1500.0,
    );
    check(&spots(divided).features, &figures["countries_divided"]);
}

fn measured(figures: &Value) -> FeatureCollection {
    let feature = |row: &Value| {
        let [x, y] = [0, 1].map(|i| row[i].as_f64().unwrap());
        let attributes = json!({"level": row[2], "noise": row[3]});
        Feature::new(point(x, y), attributes.as_object().unwrap().clone().into())
    };
    layer_of(
        32_633,
        figures["points"]
            .as_array()
            .unwrap()
            .iter()
            .map(feature)
            .collect(),
    )
}

/// What a job says of its distance band or cells, in metres.
fn told(result: &HotSpots, name: &str) -> f64 {
    let info = ProcessInfo::from_result("processInfo", Value::Array(result.process_info.clone()))
        .unwrap()
        .unwrap();
    let found = info
        .messages
        .iter()
        .find_map(|message| message.params.get(name));
    let found = found.unwrap().as_str().unwrap();
    // The documented message has the unit behind the number.
    found.trim_end_matches(" Meters").parse().unwrap()
}

#[test]
fn points_with_values_cluster_as_in_pysal() {
    let figures = reference();
    let task = FindHotSpots::new(measured(&figures)).analysis_field("level");
    let result = spots(
        task.clone()
            .distance_band(900.0)
            .distance_band_units(PatternAnalysisUnits::Meters),
    );
    check(&result.features, &figures["given"]);
    assert_eq!(
        result.features.layer_definition.geometry_type,
        Some(GeometryType::Point)
    );
    assert_eq!(
        result.features.features()[7].attributes["level"],
        figures["points"][7][2]
    );
    // Without a band: where PySAL's Moran's I peaks, or else the mean distance of the fifteenth neighbour.
    let peak = figures["peak"].as_f64().unwrap();
    assert!((told(&spots(task), "band") - peak).abs() < 1e-3);
    // Features in one place are not each other's nearest, so that the search begins and steps as without them.
    let mut doubled = measured(&figures);
    let again: Vec<Feature> = doubled.features().iter().step_by(3).cloned().collect();
    doubled.feature_set.features.extend(again);
    let doubled = FindHotSpots::new(doubled).analysis_field("level");
    let peak = figures["doubled"].as_f64().unwrap();
    assert!((told(&spots(doubled), "band") - peak).abs() < 1e-3);
    let noise = FindHotSpots::new(measured(&figures)).analysis_field("noise");
    let noise = spots(noise);
    let fifteenth = figures["fifteenth"].as_f64().unwrap();
    assert!((told(&noise, "DistanceInfo") - fifteenth).abs() < 1e-3);
    assert_eq!(told(&noise, "NumNeighs"), 15.0);
}

/// The four parts that the page "Find Hot Spots" of the ArcGIS REST API names, and the one code that it gives.
#[test]
fn process_info_has_the_documented_parts() {
    let noise = FindHotSpots::new(measured(&reference())).analysis_field("noise");
    let messages = spots(noise).process_info;
    let read = |text: &Value| -> Value { serde_json::from_str(text.as_str().unwrap()).unwrap() };
    let messages: Vec<Value> = messages.iter().map(read).collect();
    for message in &messages {
        let parts: Vec<&String> = message.as_object().unwrap().keys().collect();
        assert_eq!(parts, ["messageCode", "message", "params", "style"]);
        // Every parameter has its place in the text, and every place its parameter.
        let text = message["message"].as_str().unwrap();
        let params = message["params"].as_object().unwrap();
        assert_eq!(text.matches("${").count(), params.len(), "{text}");
        for name in params.keys() {
            assert!(text.contains(&format!("${{{name}}}")), "{text}");
        }
    }
    let codes: Vec<&Value> = messages.iter().map(|m| &m["messageCode"]).collect();
    assert_eq!(codes, ["ENGINE_VALUES", "SS_84464", "ENGINE_HOT_SPOTS"]);
}

fn incidents(figures: &Value) -> FeatureCollection {
    let places = figures["incidents"].as_array().unwrap().iter();
    layer(
        32_633,
        places.map(|p| point(p[0].as_f64().unwrap(), p[1].as_f64().unwrap())),
    )
}

fn square(x: f64, y: f64, side: f64) -> Geometry {
    polygon(&[json!([
        [x, y],
        [x + side, y],
        [x + side, y + side],
        [x, y + side],
        [x, y]
    ])])
}

#[test]
fn incidents_are_counted_in_squares() {
    let figures = reference();
    let grid = || PointAggregation::grid(ShapeType::Fishnet, 700.0, PatternAnalysisUnits::Meters);
    let task = || {
        band(
            FindHotSpots::new(incidents(&figures)).aggregation(grid()),
            1.5,
        )
    };
    let result = spots(task());
    check(&result.features, &figures["fishnet"]);
    let cells = figures["fishnet"]["cells"].as_array().unwrap();
    let counts: Vec<_> = result
        .features
        .features()
        .iter()
        .map(|f| &f.attributes["Join_Count"])
        .collect();
    assert_eq!(
        counts,
        cells.iter().map(|cell| &cell[2]).collect::<Vec<_>>()
    );
    assert!(
        !result.features.features()[0]
            .attributes
            .contains_key("SOURCE_ID")
    );
    // The same squares as polygons of a layer.
    let polygons = cells.iter().map(|cell| {
        square(
            cell[0].as_f64().unwrap() * 700.0,
            cell[1].as_f64().unwrap() * 700.0,
            700.0,
        )
    });
    let polygons = PointAggregation::polygons(layer(32_633, polygons));
    let counted = spots(band(
        FindHotSpots::new(incidents(&figures)).aggregation(polygons),
        1.5,
    ));
    check(&counted.features, &figures["fishnet"]);
    // Where points could have occurred there are cells without any; points elsewhere do not count.
    let bounds = layer(32_633, [square(0.0, 0.0, 7000.0)]);
    let bounded = spots(task().bounding_polygon_layer(bounds));
    assert_eq!(bounded.features.features().len(), 11 * 11);
    let inside = |p: &&Value| (0..2).all(|i| (0.0..=7000.0).contains(&p[i].as_f64().unwrap()));
    let inside = figures["incidents"]
        .as_array()
        .unwrap()
        .iter()
        .filter(inside)
        .count() as f64;
    assert_eq!(
        bounded
            .features
            .features()
            .iter()
            .map(|f| number(f, "Join_Count"))
            .sum::<f64>(),
        inside
    );
}

#[test]
fn cells_suit_the_points_where_no_size_is_given() {
    let figures = reference();
    let size = figures["cell_size"].as_f64().unwrap();
    for task in [
        FindHotSpots::new(incidents(&figures)),
        FindHotSpots::new(incidents(&figures)).aggregation(PointAggregation::grid(
            ShapeType::Hexagon,
            None,
            None,
        )),
    ] {
        let result = spots(task);
        assert!((told(&result, "size") - size).abs() < 1e-3);
        assert_eq!(
            result
                .features
                .features()
                .iter()
                .map(|f| number(f, "Join_Count"))
                .sum::<f64>(),
            900.0
        );
    }
}

#[test]
fn cells_grow_with_the_ratio_of_mean_and_median() {
    let figures = reference();
    let places = figures["heaped"].as_array().unwrap().iter();
    let places = places.map(|p| point(p[0].as_f64().unwrap(), p[1].as_f64().unwrap()));
    let size = figures["heaped_cell_size"].as_f64().unwrap();
    let result = spots(FindHotSpots::new(layer(32_633, places)));
    assert!((told(&result, "size") - size).abs() < 1e-3);
}

fn row(values: &[Value], place: impl Fn(usize) -> (f64, f64)) -> FeatureCollection {
    let features = values.iter().enumerate().map(|(index, value)| {
        let (x, y) = place(index);
        let attributes = json!({"value": value, "by": index % 3});
        Feature::new(point(x, y), attributes.as_object().unwrap().clone().into())
    });
    layer_of(4326, features.collect())
}

#[test]
fn nulls_duplicates_and_values_that_are_all_the_same() {
    let values: Vec<Value> = (0..40)
        .map(|i| if i % 10 == 0 { Value::Null } else { json!(i) })
        .collect();
    // All in one place: each is everyone's neighbour, so that nothing stands out.
    let heap = spots(band(
        FindHotSpots::new(row(&values, |_| (5.0, 5.0))).analysis_field("value"),
        1.0,
    ));
    assert_eq!(heap.features.features().len(), 36);
    for feature in heap.features.features() {
        assert_eq!(
            (
                number(feature, "GiZScore"),
                number(feature, "GiPValue"),
                number(feature, "NNeighbors")
            ),
            (0.0, 1.0, 36.0)
        );
    }
    assert_eq!(heap.features.features()[0].attributes["SOURCE_ID"], 2);
    // A third has nothing to be divided by.
    let divided = FindHotSpots::new(row(&values, |i| (i as f64, 5.0)))
        .analysis_field("value")
        .divided_by_field("by");
    assert_eq!(spots(divided).features.features().len(), 24);
    let same = vec![json!(7); 40];
    for (values, says) in [
        (&same[..], "all the same"),
        (&same[..1], "1 features"),
        (&[json!(1), Value::Null][..], "1 features"),
    ] {
        let task = FindHotSpots::new(row(values, |i| (i as f64, 5.0))).analysis_field("value");
        let error = find_hot_spots(&task, &Control::new()).unwrap_err();
        assert!(
            matches!(error, EngineError::Input { .. }) && error.to_string().contains(says),
            "{error}"
        );
    }
}

/// Around the pole and over the antimeridian neighbours are neighbours.
#[test]
fn the_earth_is_round() {
    let values: Vec<Value> = (0..36).map(|i| json!(i % 2 + i / 18)).collect();
    let ring = |lat: f64| {
        spots(band(
            FindHotSpots::new(row(&values, |i| (i as f64 * 10.0 - 180.0, lat)))
                .analysis_field("value"),
            1200.0,
        ))
    };
    assert!(
        ring(0.0)
            .features
            .features()
            .iter()
            .all(|f| number(f, "NNeighbors") == 3.0)
    );
    assert!(
        ring(89.0)
            .features
            .features()
            .iter()
            .all(|f| number(f, "NNeighbors") == 36.0)
    );
}

#[test]
fn what_has_no_meaning_is_refused() {
    let figures = reference();
    let refused = |task: FindHotSpots| {
        find_hot_spots(&task, &Control::new())
            .unwrap_err()
            .to_string()
    };
    let task = FindHotSpots::new(measured(&figures)).analysis_field("level");
    assert!(
        refused(task.clone().divided_by_field("esriPopulation"))
            .contains("only Esri's service knows")
    );
    assert!(
        refused(FindHotSpots::new(measured(&figures)).analysis_field("levels"))
            .contains("`levels`")
    );
    assert!(
        refused(FindHotSpots::new(measured(&figures)).divided_by_field("level"))
            .contains("no meaning for the cells")
    );
    let elsewhere = PointAggregation::polygons(layer(4267, [square(0.0, 0.0, 1.0)]));
    let task = FindHotSpots::new(measured(&figures)).aggregation(elsewhere);
    assert!(matches!(
        find_hot_spots(&task, &Control::new()),
        Err(EngineError::SpatialReference { .. })
    ));
    let one_place = FindHotSpots::new(layer(4326, [point(1.0, 1.0), point(1.0, 1.0)]));
    assert!(refused(one_place).contains("give cellSize"));
    let control = Control::new();
    control.cancel();
    let task = FindHotSpots::new(measured(&figures)).analysis_field("level");
    assert_eq!(find_hot_spots(&task, &control), Err(EngineError::Cancelled));
}

#[test]
fn results_do_not_depend_on_the_number_of_processors() {
    let figures = reference();
    let task = FindHotSpots::new(incidents(&figures));
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| spots(task.clone()))
    };
    assert_eq!(with(1), with(3));
}
