//! Merged layers, by the rules of the documentation: there is nothing to measure, so expectations are written out by hand.

use crate::common::{layer, layer_of, line, point};
use arcgis_analysis_engine::{Control, merge_layers};
use arcgis_analysis_spatial::merge_layers::MergeLayers;
use arcgis_analysis_types::{
    Context, Extent, Feature, FeatureCollection, Field, FieldType, Geometry, SpatialReference,
};
use serde_json::{Value, json};

fn trees(wkid: u32, x: f64, fields: &[(&str, FieldType)], rows: &[Value]) -> FeatureCollection {
    let features = rows
        .iter()
        .map(|row| Feature::new(point(x, 52.0), row.as_object().unwrap().clone().into()));
    let mut layer = layer_of(wkid, features.collect());
    layer.layer_definition.fields = fields
        .iter()
        .map(|(name, field_type)| Field::new(*name, field_type.clone()))
        .collect();
    layer
}

fn north() -> FeatureCollection {
    let fields = [
        ("OBJECTID", FieldType::Oid),
        ("Height", FieldType::Integer),
        ("Code", FieldType::String),
    ];
    trees(
        4326,
        13.0,
        &fields,
        &[json!({"OBJECTID": 4, "Height": 11, "Code": "b"})],
    )
}

fn south() -> FeatureCollection {
    let fields = [
        ("FID", FieldType::Oid),
        ("height_m", FieldType::Double),
        ("CODE", FieldType::Integer),
        ("Last Look", FieldType::Date),
    ];
    let rows = [
        json!({"FID": 1, "height_m": 9.75, "CODE": 7, "Last Look": 1e12}),
        json!({"FID": 2, "height_m": null, "CODE": null, "Last Look": null}),
        json!({"FID": 3, "height_m": 1e300, "CODE": 8}),
    ];
    trees(4326, 14.0, &fields, &rows)
}

fn merged(task: &MergeLayers) -> FeatureCollection {
    merge_layers(task, &Control::new()).unwrap()
}

fn rows(collection: &FeatureCollection) -> Vec<Value> {
    let row = |feature: &Feature| Value::from(feature.attributes.clone());
    collection.features().iter().map(row).collect()
}

#[test]
fn fields_are_matched_renamed_and_removed() {
    let task = MergeLayers::new(north(), south())
        .merging_attributes(["height_m match Height", "Last Look RENAME Seen"]);
    assert_eq!(
        rows(&merged(&task)),
        [
            json!({"OBJECTID": 1, "Height": 11, "Code": "b", "Seen": null}),
            json!({"OBJECTID": 2, "Height": 9, "Code": "7", "Seen": 1e12}),
            json!({"OBJECTID": 3, "Height": null, "Code": null, "Seen": null}),
            // A number too great for the field is null.
            json!({"OBJECTID": 4, "Height": null, "Code": "8", "Seen": null}),
        ]
    );
    let result = merged(&task);
    let types: Vec<_> = result
        .fields()
        .iter()
        .map(|f| f.field_type.clone())
        .collect();
    assert_eq!(
        types,
        [
            FieldType::Oid,
            FieldType::Integer,
            FieldType::String,
            FieldType::Date
        ]
    );
    let task = task.merging_attributes(["height_m Remove", "CODE Remove", "Last Look Remove"]);
    assert_eq!(
        rows(&merged(&task))[1],
        json!({"OBJECTID": 2, "Height": null, "Code": null})
    );
    // Without rules the names decide, in any letter case.
    assert_eq!(
        rows(&merged(&MergeLayers::new(north(), south())))[1],
        json!({"OBJECTID": 2, "Height": null, "Code": "7", "height_m": 9.75, "Last Look": 1e12})
    );
}

#[test]
fn rules_that_do_not_fit_are_refused() {
    for (rule, problem) in [
        ("height_m Drop", "cannot be read"),
        ("nowhere Remove", "names the field `nowhere`"),
        ("height_m Match Width", "names the field `Width`"),
        ("height_m Rename code", "taken"),
        ("Last Look Match Height", "of type Date"),
        ("height_m Match OBJECTID", "numbered anew"),
        ("height_m Match Code", "two fields"),
    ] {
        let task = MergeLayers::new(north(), south()).merging_attributes([rule]);
        let error = merge_layers(&task, &Control::new())
            .unwrap_err()
            .to_string();
        assert!(error.contains(problem), "{rule}: {error}");
    }
    // Texts do not become numbers, even where only the names match.
    let task = MergeLayers::new(south(), north());
    let error = merge_layers(&task, &Control::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains("of type String"), "{error}");
    let task = MergeLayers::new(north(), south())
        .merging_attributes(["height_m Remove", "HEIGHT_M Rename x"]);
    let error = merge_layers(&task, &Control::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains("two rules"), "{error}");
}

#[test]
fn geometries_come_as_they_are_in_one_reference() {
    let bow = json!([[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]);
    let crossed = crate::common::polygon(std::slice::from_ref(&bow));
    let task = MergeLayers::new(
        layer(4326, [crossed.clone()]),
        layer(4326, [crossed.clone()]),
    );
    assert_eq!(merged(&task).features()[1].geometry, Some(crossed.clone()));

    let mercator = trees(3857, 1_491_681.176_629_865_8, &[], &[json!({})]);
    let task = MergeLayers::new(north(), mercator);
    let Some(Geometry::Point(there)) = merged(&task).features()[1].geometry.clone() else {
        panic!("no point")
    };
    assert!((there.position.x - 13.4).abs() < 1e-12);

    let error = merge_layers(
        &MergeLayers::new(north(), layer(4326, [line(&[json!([[0, 0], [1, 1]])])])),
        &Control::new(),
    );
    assert!(error.unwrap_err().to_string().contains("AO_100301"));
    let old = trees(4267, 0.0, &[], &[json!({})]);
    let error = merge_layers(&MergeLayers::new(north(), old), &Control::new());
    assert!(error.unwrap_err().to_string().contains("4267"));
}

#[test]
fn empty_layers_and_extents() {
    let nothing = MergeLayers::new(north(), layer(4326, []));
    assert!(merge_layers(&nothing, &Control::new()).is_err());
    let extent = Extent {
        xmin: 13.5,
        ymin: 50.0,
        xmax: 15.0,
        ymax: 60.0,
        spatial_reference: Some(SpatialReference::WGS84),
    };
    let context = Context {
        extent: Some(extent),
        ..Context::default()
    };
    let task = MergeLayers::new(north(), south()).context(context);
    assert_eq!(merged(&task).features().len(), 3);
    // Tables have no geometry.
    let mut table = north();
    table.feature_set.features[0].geometry = None;
    table.feature_set.geometry_type = None;
    table.layer_definition.geometry_type = None;
    let both = merged(&MergeLayers::new(table.clone(), table));
    assert_eq!((both.features().len(), both.geometry_type()), (2, None));
    // A layer of multipoints makes the result one.
    let several = layer(4326, [crate::common::multipoint(&[(1.0, 2.0), (3.0, 4.0)])]);
    let both = merged(&MergeLayers::new(north(), several));
    assert!(
        both.features()
            .iter()
            .all(|f| matches!(f.geometry, Some(Geometry::Multipoint(_))))
    );
}
