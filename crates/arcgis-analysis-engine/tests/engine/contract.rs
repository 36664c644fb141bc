//! What callers rely on beside the figures: doors, fields, extents, messages, cancellation, sameness.

use crate::common::{
    areas, assert_close, buffer, ellipsoidal_area, holds, layer, line, point, polygon,
};
use arcgis_analysis_engine::{
    Control, EngineError, Severity, Support, aggregate_points, create_buffers, dissolve_boundaries,
    run, support,
};
use arcgis_analysis_spatial::TASKS;
use arcgis_analysis_spatial::aggregate_points::{AggregatePoints, AggregationAreas};
use arcgis_analysis_spatial::choices::{BinType, DistanceUnits};
use arcgis_analysis_spatial::create_buffers::{
    BufferDistance, CreateBuffers, DissolveType, RingType, SideType,
};
use arcgis_analysis_spatial::dissolve_boundaries::DissolveBoundaries;
use arcgis_analysis_types::{
    Attributes, Context, Extent, Feature, FeatureCollection, Field, FieldType, SpatialReference,
    SummaryField, SummaryStatistic, Task,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn towns() -> FeatureCollection {
    let town = |id: i64, name: &str, lon: f64, reach: Value| {
        let attributes = json!({"FID": id, "name": name, "reach": reach, "BUFF_DIST": 1});
        Feature::new(
            point(lon, 52.0),
            attributes.as_object().unwrap().clone().into(),
        )
    };
    let features = vec![
        town(7, "a", 13.0, json!(10)),
        town(8, "b", 13.1, json!(null)),
        town(9, "c", 14.0, json!(-3)),
        town(10, "d", 15.0, json!(20.5)),
    ];
    let mut layer = FeatureCollection::new(SpatialReference::WGS84, features);
    layer.layer_definition.fields = vec![
        Field::new("FID", FieldType::Oid),
        Field::new("name", FieldType::String),
        Field::new("reach", FieldType::Double),
        Field::new("BUFF_DIST", FieldType::Integer),
    ];
    layer.layer_definition.object_id_field = Some("FID".to_owned());
    layer
}

/// What a task said while it ran.
type Heard = Arc<Mutex<Vec<(Severity, String)>>>;

fn heard(control: Control) -> (Control, Heard) {
    let messages = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&messages);
    let control = control
        .on_message(move |severity, text| sink.lock().unwrap().push((severity, text.to_owned())));
    (control, messages)
}

fn column(collection: &FeatureCollection, name: &str) -> Vec<Value> {
    collection
        .features()
        .iter()
        .map(|f| f.attributes.get(name).cloned().unwrap_or_default())
        .map(Value::from)
        .collect()
}

#[test]
fn buffers_carry_attributes_under_names_that_do_not_clash() {
    let task = CreateBuffers::new(towns(), BufferDistance::values([20.0, 10.0, 20.0]));
    let buffers = create_buffers(&task, &Control::new()).unwrap();
    let names: Vec<_> = buffers
        .fields()
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "OBJECTID",
            "name",
            "reach",
            "BUFF_DIST_1",
            "ORIG_FID",
            "BUFF_DIST"
        ]
    );
    assert_eq!(buffers.object_id_field(), Some("OBJECTID"));
    assert_eq!(
        column(&buffers, "OBJECTID"),
        (1..=8).map(Value::from).collect::<Vec<_>>()
    );
    assert_eq!(
        column(&buffers, "ORIG_FID")[..4],
        [7, 7, 8, 8].map(Value::from)
    );
    assert_eq!(
        column(&buffers, "BUFF_DIST")[..4],
        [20.0, 10.0, 20.0, 10.0].map(Value::from)
    );
    assert_eq!(column(&buffers, "BUFF_DIST_1")[0], 1);
}

#[test]
fn distances_from_a_field_skip_what_has_none() {
    let (control, messages) = heard(Control::new());
    let task = CreateBuffers::new(towns(), BufferDistance::field("REACH"));
    let buffers = create_buffers(&task, &control).unwrap();
    assert_eq!(column(&buffers, "name"), ["a", "d"].map(Value::from));
    assert_eq!(column(&buffers, "BUFF_DIST"), [10.0, 20.5].map(Value::from));
    let messages = messages.lock().unwrap();
    assert!(
        matches!(&messages[..], [(Severity::Warning, text)] if text.starts_with("2 features")),
        "{messages:?}"
    );
}

#[test]
fn dissolved_buffers_are_one_feature_a_distance() {
    let distances = || BufferDistance::values([30e3, 90e3]);
    let task = CreateBuffers::new(towns(), distances()).dissolve_type(DissolveType::Dissolve);
    let disks = create_buffers(&task, &Control::new()).unwrap();
    assert_eq!(column(&disks, "BUFF_DIST"), [30e3, 90e3].map(Value::from));
    assert_eq!(disks.fields().len(), 2);
    let parts = areas(&disks);
    // Two towns are 6.9 km apart, the others 62 and 69 km: three parts by 30 km, one by 90 km.
    assert_eq!([parts[0].0.len(), parts[1].0.len()], [3, 1]);

    let rings = create_buffers(&task.clone().ring_type(RingType::Rings), &Control::new()).unwrap();
    let rings = areas(&rings);
    assert_eq!(rings[1].0[0].interiors().len(), 3);
    assert_close(
        "outer ring",
        ellipsoidal_area(&rings[1]),
        ellipsoidal_area(&parts[1]) - ellipsoidal_area(&parts[0]),
        1e-9,
    );

    let task = CreateBuffers::new(towns(), BufferDistance::field("reach"))
        .dissolve_type(DissolveType::Dissolve);
    let one = create_buffers(&task, &Control::new()).unwrap();
    assert_eq!(column(&one, "BUFF_DIST"), [Value::Null]);
    assert_eq!(areas(&one)[0].0.len(), 2);
}

#[test]
fn the_extent_keeps_what_it_meets() {
    let extent = Extent {
        xmin: 1_450_000.0,
        ymin: 6_700_000.0,
        xmax: 1_560_000.0,
        ymax: 6_900_000.0,
        spatial_reference: Some(SpatialReference::WEB_MERCATOR),
    };
    let context = Context {
        extent: Some(extent),
        ..Context::default()
    };
    // 13° and 13.1° east are 1,447,153 m and 1,458,285 m in Web Mercator, 14° is 1,558,473 m.
    let task = CreateBuffers::new(towns(), BufferDistance::values([5.0])).context(context.clone());
    let buffers = create_buffers(&task, &Control::new()).unwrap();
    assert_eq!(column(&buffers, "name"), ["b", "c"].map(Value::from));

    // A square around the whole extent, a line right through it, a square beside it.
    let extent = Extent {
        xmin: 0.0,
        ymin: 0.0,
        xmax: 1.0,
        ymax: 1.0,
        spatial_reference: None,
    };
    let context = Context {
        extent: Some(extent),
        ..Context::default()
    };
    let square = |x: i32, side: i32| {
        polygon(&[json!([
            [x, x],
            [x, x + side],
            [x + side, x + side],
            [x + side, x],
            [x, x]
        ])])
    };
    let squares = layer(4326, [square(-5, 20), square(2, 1), square(1, 1)]);
    let task = CreateBuffers::new(squares, BufferDistance::values([5.0])).context(context.clone());
    assert_eq!(
        create_buffers(&task, &Control::new())
            .unwrap()
            .features()
            .len(),
        2
    );
    let lines = layer(
        4326,
        [
            line(&[json!([[-1, -1], [3, 3]])]),
            line(&[json!([[-1, 1.5], [0.4, 3]])]),
        ],
    );
    let task = CreateBuffers::new(lines, BufferDistance::values([5.0])).context(context);
    assert_eq!(
        create_buffers(&task, &Control::new())
            .unwrap()
            .features()
            .len(),
        1
    );
}

/// An extent that names no reference is in that of the call's first layer, for all layers.
#[test]
fn an_extent_without_a_reference_is_one_for_all_layers() {
    let context = Context {
        extent: Some(Extent {
            xmin: 12.95,
            ymin: 51.9,
            xmax: 13.05,
            ymax: 52.1,
            spatial_reference: None,
        }),
        ..Context::default()
    };
    // Around 13° east, 1,447,153 m in Web Mercator, and around 14.
    let square = |x: f64| {
        let (y, side) = (6_800_143.0, 9e3);
        polygon(&[json!([
            [x - side, y - side],
            [x - side, y + side],
            [x + side, y + side],
            [x + side, y - side],
            [x - side, y - side]
        ])])
    };
    let squares = layer(3857, [square(1_447_153.0), square(1_558_472.0)]);
    let task = AggregatePoints::new(towns(), AggregationAreas::polygons(squares)).context(context);
    let result = aggregate_points(&task, &Control::new()).unwrap().areas;
    assert_eq!(column(&result, "Point_Count"), [json!(1)]);
}

/// What no double tells from its neighbours.
#[test]
fn great_whole_numbers_keep_their_digits() {
    let square = json!([[0, 0], [0, 2], [2, 2], [2, 0], [0, 0]]);
    let numbers = [
        9_007_199_254_740_993_i64,
        9_007_199_254_740_995,
        -9_007_199_254_740_993,
    ];
    let points = numbers.map(|n| {
        let attributes = json!({"n": n});
        Feature::new(
            point(1.0, 1.0),
            attributes.as_object().unwrap().clone().into(),
        )
    });
    let nothing = Feature::new(point(1.0, 1.0), Attributes::new());
    let points = points.into_iter().chain([nothing]).collect();
    let points = FeatureCollection::new(SpatialReference::WGS84, points);
    let areas = AggregationAreas::polygons(layer(4326, [polygon(&[square])]));
    let task = AggregatePoints::new(points, areas).summary_fields(
        [SummaryStatistic::Min, SummaryStatistic::Max]
            .map(|extreme| SummaryField::new("n", extreme)),
    );
    let result = aggregate_points(&task, &Control::new()).unwrap().areas;
    assert_eq!(column(&result, "min_n"), [json!(numbers[2])]);
    assert_eq!(column(&result, "max_n"), [json!(numbers[1])]);
}

/// Features that an extent leaves out do not change the numbers of others.
#[test]
fn features_without_an_object_id_keep_their_numbers() {
    use arcgis_analysis_engine::overlay_layers;
    use arcgis_analysis_spatial::overlay_layers::OverlayLayers;
    let points = || layer(4326, [0.0, 1.0, 2.0].map(|x| point(x, 0.0)));
    let extent = Extent {
        xmin: 0.5,
        ymin: -1.0,
        xmax: 5.0,
        ymax: 1.0,
        spatial_reference: None,
    };
    let task = OverlayLayers::new(points(), points()).context(Context {
        extent: Some(extent),
        ..Context::default()
    });
    let result = overlay_layers(&task, &Control::new()).unwrap();
    assert_eq!(column(&result, "FID_inputLayer"), [json!(2), json!(3)]);
}

#[test]
fn results_come_in_the_reference_that_is_asked_for() {
    let disk = |wkid: u32, x: f64, y: f64, out: Option<u32>| {
        let context = Context {
            out_sr: out.map(SpatialReference::wkid),
            ..Context::default()
        };
        let task = CreateBuffers::new(layer(wkid, [point(x, y)]), BufferDistance::values([250e3]))
            .context(context);
        (create_buffers(&task, &Control::new()).unwrap(), task)
    };
    // pyproj 3.7.2: Transformer.from_crs(4326, 3857, always_xy=True).transform(15.6, 78.2)
    let (x, y) = (1_736_584.056_375_067_7, 14_476_656.962_897_142);
    let (degrees, task) = disk(4326, 15.6, 78.2, None);
    let expected = ellipsoidal_area(&areas(&degrees)[0]);
    let (back, _) = disk(3857, x, y, Some(4326));
    assert_eq!(
        back.spatial_reference(),
        Some(&SpatialReference::wkid(4326))
    );
    assert_close(
        "Web Mercator to degrees",
        ellipsoidal_area(&areas(&back)[0]),
        expected,
        1e-6,
    );
    for mercator in [
        disk(3857, x, y, None).0,
        disk(4326, 15.6, 78.2, Some(102_100)).0,
    ] {
        let area = areas(&mercator).remove(0);
        // In Web Mercator 250 km at 78° north look nearly five times as wide.
        assert!(holds(&area, [x + 240e3 / 78.2_f64.to_radians().cos(), y]));
        assert!(!holds(&area, [x + 280e3 / 78.2_f64.to_radians().cos(), y]));
    }
    assert_close(
        "the same call",
        ellipsoidal_area(&buffer(task)),
        expected,
        0.0,
    );
}

#[test]
fn projected_feet_are_feet() {
    use geo::Area;
    // Texas Central, in US survey feet of 1200/3937 m.
    let task = CreateBuffers::new(
        layer(2277, [point(3.1e6, 1.0e7)]),
        BufferDistance::values([1200.0]),
    );
    assert_close(
        "a disk in feet",
        buffer(task).unsigned_area(),
        std::f64::consts::PI * 3937.0_f64.powi(2),
        6e-5,
    );
}

#[test]
fn a_hook_keeps_its_sides_apart() {
    // A line that bends back: places by the side of the nearest place on the line, worked out by hand.
    let hook = line(&[json!([[0, 0], [100, 0], [100, 30], [20, 30]])]);
    let task = CreateBuffers::new(layer(32_633, [hook]), BufferDistance::values([20.0]));
    let left = buffer(task.clone().side_type(SideType::Left));
    let right = buffer(task.side_type(SideType::Right));
    for (place, side) in [
        ([50.0, 10.0], "left"),
        ([50.0, 20.0], "left"),
        ([90.0, 15.0], "left"),
        ([50.0, -10.0], "right"),
        ([110.0, 15.0], "right"),
        ([110.0, -10.0], "right"),
        ([50.0, 40.0], "right"),
        ([50.0, 55.0], "neither"),
        ([10.0, 40.0], "neither"),
    ] {
        assert_eq!(
            (holds(&left, place), holds(&right, place)),
            (side == "left", side == "right"),
            "{place:?}"
        );
    }
}

#[test]
fn lines_without_length_are_points_or_nothing() {
    let dot = || layer(4326, [line(&[json!([[3, 4], [3, 4]])])]);
    let round = buffer(CreateBuffers::new(dot(), BufferDistance::values([100.0])));
    assert!(holds(&round, [3.0, 4.0005]));
    let (control, messages) = heard(Control::new());
    let task = CreateBuffers::new(dot(), BufferDistance::values([100.0])).side_type(SideType::Left);
    assert!(
        create_buffers(&task, &control)
            .unwrap()
            .features()
            .is_empty()
    );
    assert_eq!(messages.lock().unwrap().len(), 1);
}

#[test]
fn doors_with_and_without_types_are_the_same() {
    let task = CreateBuffers::new(towns(), BufferDistance::values([5.0]));
    let typed = create_buffers(&task, &Control::new()).unwrap();
    let untyped = run(CreateBuffers::META, task.to_json(), &Control::new()).unwrap();
    assert_eq!(untyped, [("bufferLayer", typed.into())]);
    let square = json!([[12, 51], [12, 53], [16, 53], [16, 51], [12, 51]]);
    let areas = AggregationAreas::polygons(layer(4326, [polygon(&[square])]));
    let task = AggregatePoints::new(towns(), areas).group_by_field("name");
    let names: Vec<_> = run(AggregatePoints::META, task.to_json(), &Control::new())
        .unwrap()
        .into_iter()
        .map(|(n, _)| n)
        .collect();
    assert_eq!(names, ["aggregatedLayer", "groupSummary"]);
    for entry in TASKS {
        if let Support::Unavailable(_) = support(entry.meta) {
            let error = run(entry.meta, json!({}), &Control::new()).unwrap_err();
            assert!(
                matches!(error, EngineError::Unavailable { .. })
                    && error.to_string().contains(entry.meta.name)
            );
        }
    }
    let error = run(
        CreateBuffers::META,
        json!({"distances": [1]}),
        &Control::new(),
    )
    .unwrap_err();
    assert!(matches!(error, EngineError::Parameter(_)), "{error:?}");
}

#[test]
fn cancelling_stops() {
    let control = Control::new();
    control.cancel();
    let buffers = CreateBuffers::new(towns(), BufferDistance::values([5.0]));
    assert_eq!(
        create_buffers(&buffers, &control),
        Err(EngineError::Cancelled)
    );
    let square = || layer(4326, [polygon(&[json!([[0, 0], [0, 1], [1, 1], [0, 0]])])]);
    assert_eq!(
        dissolve_boundaries(&DissolveBoundaries::new(square()), &control),
        Err(EngineError::Cancelled)
    );
    let aggregate = AggregatePoints::new(towns(), AggregationAreas::polygons(square()));
    assert_eq!(
        aggregate_points(&aggregate, &control),
        Err(EngineError::Cancelled)
    );
}

#[test]
fn progress_ends_at_a_hundred() {
    let last = Arc::new(Mutex::new(0.0));
    let sink = Arc::clone(&last);
    let control = Control::new().on_progress(move |percent| *sink.lock().unwrap() = percent);
    create_buffers(
        &CreateBuffers::new(towns(), BufferDistance::values([5.0])),
        &control,
    )
    .unwrap();
    assert_eq!(*last.lock().unwrap(), 100.0);
}

#[test]
fn rows_without_geometry_are_left_out() {
    let mut layer = towns();
    layer.feature_set.features[1].geometry = None;
    layer
        .feature_set
        .features
        .push(Feature::row(Attributes::new()));
    let (control, messages) = heard(Control::new());
    let buffers = create_buffers(
        &CreateBuffers::new(layer, BufferDistance::values([5.0])),
        &control,
    )
    .unwrap();
    assert_eq!(column(&buffers, "name"), ["a", "c", "d"].map(Value::from));
    assert_eq!(messages.lock().unwrap().len(), 1);
}

/// Such coordinates stand for nothing in some files, and would keep a machine busy for ever.
#[test]
fn coordinates_that_are_no_place_are_refused() {
    for (wkid, x, y) in [
        (3857, 1.797e308, 0.0),
        (3857, 0.0, -1e16),
        (32_633, 1e30, 0.0),
    ] {
        let far = layer(wkid, [line(&[json!([[0.0, 0.0], [x, y]])])]);
        let error = create_buffers(
            &CreateBuffers::new(far, BufferDistance::values([1.0])),
            &Control::new(),
        )
        .unwrap_err();
        assert!(error.to_string().contains("no place"), "{error}");
        let far = layer(wkid, [point(0.0, 0.0), point(x, y)]);
        let bins = AggregationAreas::bins(BinType::Square, 1.0, DistanceUnits::Meters);
        let error = aggregate_points(&AggregatePoints::new(far, bins), &Control::new());
        assert!(error.unwrap_err().to_string().contains("no place"));
    }
    let bins = AggregationAreas::bins(BinType::Hexagon, 1e-300, DistanceUnits::Meters);
    let points = layer(32_633, [point(0.0, 0.0), point(1.0, 1.0)]);
    let error = aggregate_points(&AggregatePoints::new(points, bins), &Control::new());
    assert!(error.unwrap_err().to_string().contains("give a micrometre"));
}

#[test]
fn a_layer_has_one_object_id_whatever_is_summed_up() {
    let square = layer(
        4326,
        [polygon(&[json!([
            [12, 51],
            [16, 51],
            [16, 53],
            [12, 53],
            [12, 51]
        ])])],
    );
    let task = AggregatePoints::new(towns(), AggregationAreas::polygons(square))
        .summary_fields([SummaryField::new("FID", SummaryStatistic::Max)]);
    let result = aggregate_points(&task, &Control::new()).unwrap().areas;
    let ids = result
        .fields()
        .iter()
        .filter(|field| field.field_type == FieldType::Oid);
    assert_eq!(ids.count(), 1);
    let max = result
        .fields()
        .iter()
        .find(|field| field.name.contains("FID"))
        .unwrap();
    assert_eq!(max.field_type, FieldType::Integer);
    assert_eq!(result.features()[0].attributes[&max.name], 10);
}
