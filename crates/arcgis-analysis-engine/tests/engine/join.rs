//! Joined features against pairs by Shapely, pandas and PROJ, and where joins go wrong.

use crate::common::{assert_close, drawn_elsewhere, layer, layer_of, line, point, polygon};
use arcgis_analysis_engine::{Control, EngineError, ReferenceChange, join_features};
use arcgis_analysis_spatial::choices::DistanceUnits;
use arcgis_analysis_spatial::join_features::{
    AttributeOperator, AttributeRelationship, JoinFeatures, JoinOperation, JoinStatistic, JoinType,
    RecordsToMatch, SpatialRelationship, StatisticType,
};
use arcgis_analysis_types::{
    Context, Feature, FeatureCollection, Geometry, GeometryType, SpatialReference,
};
use serde_json::{Value, json};

fn reference() -> Value {
    serde_json::from_str(include_str!("../../../../tests/reference/engine_join.json")).unwrap()
}

/// A layer whose features know their places in it.
fn numbered(mut layer: FeatureCollection, name: &str) -> FeatureCollection {
    layer.layer_definition.fields.clear();
    layer.feature_set.fields.clear();
    for (index, feature) in layer.feature_set.features.iter_mut().enumerate() {
        feature.attributes.insert(name, json!(index));
    }
    layer
}

fn countries() -> FeatureCollection {
    FeatureCollection::from_geojson(include_str!("../../../../tests/data/countries.geojson"))
        .unwrap()
}

fn places() -> FeatureCollection {
    FeatureCollection::from_geojson(include_str!(
        "../../../../tests/data/populated-places.geojson"
    ))
    .unwrap()
}

fn join(task: JoinFeatures) -> FeatureCollection {
    join_features(&task, &Control::new()).unwrap()
}

fn pairs(
    target: FeatureCollection,
    other: FeatureCollection,
    with: impl FnOnce(JoinFeatures) -> JoinFeatures,
) -> Value {
    let task = JoinFeatures::new(
        numbered(target, "i"),
        numbered(other, "j"),
        JoinOperation::JoinOneToMany,
    );
    join(with(task))
        .features()
        .iter()
        .map(|f| json!([f.attributes["i"], f.attributes["j"]]))
        .collect::<Vec<_>>()
        .into()
}

#[test]
fn layers_of_different_references_are_joined_in_the_targets() {
    let drawn = |wkid| {
        let to = ReferenceChange::between(&SpatialReference::WGS84, &SpatialReference::wkid(wkid));
        let to = to.unwrap();
        let mut moved = drawn_elsewhere(&countries(), |_, position| to.apply(position));
        moved.feature_set.spatial_reference = Some(SpatialReference::wkid(wkid));
        moved
    };
    // Mollweide's and Robinson's worlds, where the way back to degrees loses nothing that matters.
    for wkid in [54_009, 54_030] {
        let found = pairs(
            numbered(places(), "i"),
            numbered(drawn(wkid), "j"),
            |task| task.spatial_relationship(SpatialRelationship::CompletelyWithin),
        );
        assert_eq!(found, reference()["places_within_countries"], "{wkid}");
    }
}

#[test]
fn relationships_are_those_of_shapely() {
    let figures = reference();
    let cells = || {
        layer(
            4326,
            figures["cells"]
                .as_array()
                .unwrap()
                .iter()
                .map(|rings| polygon(rings.as_array().unwrap())),
        )
    };
    for (name, target, other, relationship) in [
        (
            "places_within_countries",
            places(),
            countries(),
            SpatialRelationship::CompletelyWithin,
        ),
        (
            "countries_intersect_cells",
            countries(),
            cells(),
            SpatialRelationship::Intersects,
        ),
        (
            "cells_contain_countries",
            cells(),
            countries(),
            SpatialRelationship::Contains,
        ),
        (
            "cells_properly_contain_countries",
            cells(),
            countries(),
            SpatialRelationship::CompletelyContains,
        ),
        (
            "countries_within_cells",
            countries(),
            cells(),
            SpatialRelationship::Within,
        ),
        (
            "countries_intersect_countries",
            countries(),
            countries(),
            SpatialRelationship::Intersects,
        ),
        (
            "countries_equal_countries",
            countries(),
            countries(),
            SpatialRelationship::IdenticalTo,
        ),
    ] {
        assert!(figures[name].as_array().unwrap().len() > 20, "{name}");
        let found = pairs(target, other, |task| {
            task.spatial_relationship(relationship)
        });
        assert_eq!(found, figures[name], "{name}");
    }
}

#[test]
fn distances_are_those_of_proj() {
    let figures = reference();
    let near = |metres: f64, other: FeatureCollection| {
        pairs(places(), other, |task| {
            task.spatial_relationship(SpatialRelationship::WithinDistance)
                .spatial_relationship_distance(metres / 1000.0)
                .spatial_relationship_distance_units(DistanceUnits::Kilometers)
        })
    };
    assert_eq!(near(300e3, places()), figures["places_near_places"]);
    let lines = figures["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|path| line(std::slice::from_ref(path)));
    assert_eq!(
        near(400e3, layer(4326, lines)),
        figures["places_near_lines"]
    );
}

fn by(target: &str, other: &str) -> AttributeRelationship {
    AttributeRelationship::new(target, AttributeOperator::Equal, other)
}

#[test]
fn tables_join_by_value_with_the_statistics_of_pandas() {
    let figures = reference();
    let rows = figures["continents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|continent| {
            let attributes = json!({ "part": continent });
            Feature::row(attributes.as_object().unwrap().clone().into())
        });
    let continents = || {
        let mut table = layer_of(4326, rows.clone().collect());
        table.feature_set.spatial_reference = None;
        table
    };
    let found = pairs(countries(), continents(), |task| {
        task.attribute_relationship([by("continent", "part")])
    });
    assert_eq!(found, figures["countries_by_continent"]);
    // A table is nowhere, so that there is nothing to bring to another spatial reference.
    let elsewhere = Context {
        out_sr: Some(SpatialReference::wkid(32_633)),
        ..Context::default()
    };
    let table = pairs(continents(), countries(), |task| {
        task.attribute_relationship([by("part", "continent")])
            .context(elsewhere)
    });
    assert_eq!(table.as_array().map(Vec::len), Some(177));
    let statistic = |kind| JoinStatistic::new(kind).on_statistic_field("pop_est");
    let task = JoinFeatures::new(continents(), countries(), JoinOperation::JoinOneToOne)
        .attribute_relationship([by("part", "continent")])
        .summary_fields([
            statistic(StatisticType::Count),
            statistic(StatisticType::Sum),
            statistic(StatisticType::Mean),
            statistic(StatisticType::Min),
            statistic(StatisticType::Max),
            statistic(StatisticType::Stddev),
            JoinStatistic::new(StatisticType::Count),
        ]);
    let joined = join(task);
    assert_eq!(joined.layer_definition.geometry_type, None);
    for row in joined.features() {
        let name = row.attributes["part"].as_str().unwrap();
        let names = [
            "count_pop_est",
            "sum_pop_est",
            "mean_pop_est",
            "min_pop_est",
            "max_pop_est",
            "stddev_pop_est",
        ];
        for (field, expected) in names
            .iter()
            .zip(figures["statistics"][name].as_array().unwrap())
        {
            match expected.as_f64() {
                None => assert!(row.attributes[*field].is_null(), "{name} {field}"),
                Some(expected) => assert_close(
                    name,
                    row.attributes[*field].as_f64().unwrap(),
                    expected,
                    1e-12,
                ),
            }
        }
        assert_eq!(
            row.attributes["Join_Count"],
            row.attributes["count_pop_est"]
        );
    }
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

fn with(geometry: Geometry, attributes: Value) -> Feature {
    Feature::new(geometry, attributes.as_object().unwrap().clone().into())
}

fn column(layer: &FeatureCollection, name: &str) -> Value {
    layer
        .features()
        .iter()
        .map(|f| f.attributes[name].clone())
        .collect()
}

/// Two squares; in the first lie three shops, in the second none.
fn squares() -> FeatureCollection {
    layer_of(
        32_633,
        vec![
            with(square(0.0, 0.0, 10.0), json!({"id": "full"})),
            with(square(20.0, 0.0, 10.0), json!({"id": "empty"})),
        ],
    )
}

fn shops() -> FeatureCollection {
    let shop = |x: f64, kind: Value, size: Value| {
        with(point(x, 5.0), json!({"id": x, "kind": kind, "size": size}))
    };
    layer_of(
        32_633,
        vec![
            shop(1.0, json!("food"), json!(3)),
            shop(2.0, json!("food"), json!(8)),
            shop(3.0, json!("books"), Value::Null),
            shop(99.0, json!("books"), json!(1)),
        ],
    )
}

#[test]
fn targets_without_matches_stay_if_asked_to() {
    let task = |operation| {
        JoinFeatures::new(squares(), shops(), operation)
            .spatial_relationship(SpatialRelationship::Contains)
    };
    let inner = join(task(JoinOperation::JoinOneToOne));
    assert_eq!(column(&inner, "Join_Count"), json!([3]));
    assert_eq!(
        inner.layer_definition.geometry_type,
        Some(GeometryType::Polygon)
    );
    let left = join(task(JoinOperation::JoinOneToOne).join_type(JoinType::Left));
    assert_eq!(column(&left, "Join_Count"), json!([3, 0]));
    assert_eq!(column(&left, "id_1"), json!([1.0, null]));
    let many = join(task(JoinOperation::JoinOneToMany).join_type(JoinType::Left));
    assert_eq!(
        column(&many, "id"),
        json!(["full", "full", "full", "empty"])
    );
    assert_eq!(
        column(&many, "kind"),
        json!(["food", "food", "books", null])
    );
    assert!(!many.features()[0].attributes.contains_key("Join_Count"));
    let task = task(JoinOperation::JoinOneToOne)
        .join_type(JoinType::Left)
        .summary_fields([JoinStatistic::new(StatisticType::Max).on_statistic_field("size")]);
    assert_eq!(column(&join(task), "max_size"), json!([8, null]));
}

#[test]
fn the_record_to_match_is_chosen_by_order_and_group() {
    let chosen = |records: RecordsToMatch| {
        let task = JoinFeatures::new(squares(), shops(), JoinOperation::JoinOneToOne)
            .spatial_relationship(SpatialRelationship::Contains)
            .records_to_match(records);
        join(task)
    };
    assert_eq!(
        column(&chosen(RecordsToMatch::new("size DESC", 1)), "id_1"),
        json!([2.0])
    );
    assert_eq!(
        column(&chosen(RecordsToMatch::new("size", 1)), "id_1"),
        json!([1.0])
    );
    assert_eq!(
        column(
            &chosen(RecordsToMatch::new("kind ASC, size DESC", 2)),
            "id_1"
        ),
        json!([3.0, 2.0])
    );
    assert_eq!(
        column(
            &chosen(RecordsToMatch::new("size DESC", 1).group_by_fields("kind")),
            "id_1"
        ),
        json!([2.0, 3.0])
    );
    let task = JoinFeatures::new(squares(), shops(), JoinOperation::JoinOneToOne)
        .spatial_relationship(SpatialRelationship::Contains)
        .records_to_match(RecordsToMatch::new("size UPWARDS", 1));
    assert!(
        join_features(&task, &Control::new())
            .unwrap_err()
            .to_string()
            .contains("ASC or DESC")
    );
}

#[test]
fn both_relationships_must_hold_and_null_equals_nothing() {
    let target = || {
        layer_of(
            32_633,
            vec![
                with(square(0.0, 0.0, 10.0), json!({"wants": "books"})),
                with(square(0.0, 0.0, 10.0), json!({"wants": null})),
                with(square(0.0, 0.0, 10.0), json!({"wants": "Books"})),
            ],
        )
    };
    let other = || {
        layer_of(
            32_633,
            vec![
                with(point(1.0, 1.0), json!({"kind": "books", "n": 1})),
                with(point(99.0, 1.0), json!({"kind": "books", "n": 2})),
                with(point(1.0, 1.0), json!({"kind": null, "n": 3})),
            ],
        )
    };
    let task = || {
        JoinFeatures::new(target(), other(), JoinOperation::JoinOneToMany)
            .attribute_relationship([by("wants", "kind")])
    };
    assert_eq!(
        column(
            &join(task().spatial_relationship(SpatialRelationship::Intersects)),
            "n"
        ),
        json!([1])
    );
    assert_eq!(column(&join(task()), "n"), json!([1, 2]));
    let unknown = JoinFeatures::new(target(), other(), JoinOperation::JoinOneToMany)
        .attribute_relationship([by("want", "kind")]);
    assert!(
        join_features(&unknown, &Control::new())
            .unwrap_err()
            .to_string()
            .contains("`want`")
    );
}

#[test]
fn poles_antimeridian_invalid_rings_and_other_references() {
    let near = |target: Geometry, other: Geometry, kilometres: f64| {
        let task = JoinFeatures::new(
            layer(4326, [target]),
            layer(4326, [other]),
            JoinOperation::JoinOneToOne,
        )
        .spatial_relationship(SpatialRelationship::WithinDistance)
        .spatial_relationship_distance(kilometres)
        .spatial_relationship_distance_units(DistanceUnits::Kilometers);
        !join(task).features().is_empty()
    };
    // pyproj 3.7.2: 22,338.80 m over the pole, 22,263.90 m over the antimeridian.
    assert!(
        near(point(0.0, 89.9), point(180.0, 89.9), 22.339)
            && !near(point(0.0, 89.9), point(180.0, 89.9), 22.338)
    );
    assert!(
        near(point(179.9, 0.0), point(-179.9, 0.0), 22.264)
            && !near(point(179.9, 0.0), point(-179.9, 0.0), 22.263)
    );
    // Within an area, however far its border, and from an area to one beside it.
    assert!(near(point(10.0, 10.0), square(0.0, 0.0, 20.0), 0.0));
    assert!(near(square(0.0, 0.0, 20.0), point(10.0, 10.0), 0.0));
    assert!(
        near(square(0.0, 0.0, 1.0), square(2.0, 0.0, 1.0), 111.4)
            && !near(square(0.0, 0.0, 1.0), square(2.0, 0.0, 1.0), 111.2)
    );
    let bow = layer(
        4326,
        [polygon(&[json!([[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]])])],
    );
    let inside = |x: f64, y: f64| {
        let task = JoinFeatures::new(
            layer(4326, [point(x, y)]),
            bow.clone(),
            JoinOperation::JoinOneToOne,
        )
        .spatial_relationship(SpatialRelationship::Within);
        !join(task).features().is_empty()
    };
    assert!(inside(0.2, 1.0) && inside(1.8, 1.0) && !inside(1.0, 1.8));
    let mercator = layer(3857, [point(111_319.49, 111_325.14)]);
    let task = JoinFeatures::new(
        layer(4326, [square(0.0, 0.0, 2.0)]),
        mercator,
        JoinOperation::JoinOneToOne,
    )
    .spatial_relationship(SpatialRelationship::Contains);
    assert_eq!(join(task).features().len(), 1);
    let task = JoinFeatures::new(
        layer(4326, [point(0.0, 0.0)]),
        layer(26_715, [point(0.0, 0.0)]),
        JoinOperation::JoinOneToOne,
    )
    .spatial_relationship(SpatialRelationship::Intersects);
    assert!(matches!(
        join_features(&task, &Control::new()),
        Err(EngineError::SpatialReference { .. })
    ));
}

/// Geometries are repaired to be compared, and come back bit for bit.
#[test]
fn targets_come_back_as_they_were_given() {
    let spike = json!([
        [10, 0],
        [10, 5],
        [12, 5],
        [10, 5],
        [10, 8],
        [14, 0],
        [10, 0]
    ]);
    let targets = layer(
        4326,
        [
            polygon(&[json!([[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]])]),
            polygon(&[spike]),
            polygon(&[json!([[170, 0], [170, 5], [190, 5], [190, 0], [170, 0]])]),
        ],
    );
    let points = layer(
        4326,
        [point(0.2, 1.0), point(11.0, 1.0), point(-175.0, 1.0)],
    );
    let task = JoinFeatures::new(targets.clone(), points, JoinOperation::JoinOneToOne)
        .spatial_relationship(SpatialRelationship::Contains);
    let joined = join(task);
    let given: Vec<_> = targets.features().iter().map(|f| &f.geometry).collect();
    let back: Vec<_> = joined.features().iter().map(|f| &f.geometry).collect();
    assert_eq!(back, given);
}

/// Hardly any place on a slanted edge is a number; the service's own tolerance is a millimetre.
#[test]
fn points_lie_on_lines_up_to_a_millimetre() {
    let road = || line(&[json!([[0.0, 0.0], [30.0, 10.0]])]);
    // The foot is at (15, 5), and its normal is (-1, 3) over the root of 10.
    let beside = |metres: f64| {
        let off = metres / 10f64.sqrt();
        point(15.0 - off, 5.0 + 3.0 * off)
    };
    let meets = |metres: f64, relation: SpatialRelationship| {
        let task = JoinFeatures::new(
            layer(32_633, [beside(metres)]),
            layer(32_633, [road()]),
            JoinOperation::JoinOneToOne,
        )
        .spatial_relationship(relation);
        !join(task).features().is_empty()
    };
    for relation in [
        SpatialRelationship::Intersects,
        SpatialRelationship::Within,
        SpatialRelationship::CompletelyWithin,
    ] {
        assert!(meets(0.0, relation.clone()) && meets(0.000_9, relation.clone()));
        assert!(!meets(0.001_1, relation));
    }
    // Points on each other.
    let task = JoinFeatures::new(
        layer(32_633, [point(1.0, 1.0)]),
        layer(32_633, [point(1.000_5, 1.0), point(1.0, 1.002)]),
        JoinOperation::JoinOneToMany,
    )
    .spatial_relationship(SpatialRelationship::IdenticalTo);
    assert_eq!(join(task).features().len(), 1);
}

#[test]
fn cancelling_stops_a_join() {
    let control = Control::new();
    control.cancel();
    let task = JoinFeatures::new(squares(), shops(), JoinOperation::JoinOneToOne)
        .spatial_relationship(SpatialRelationship::Contains);
    assert_eq!(join_features(&task, &control), Err(EngineError::Cancelled));
}
