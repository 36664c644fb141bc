//! How shapes lie to each other along the antimeridian, against Shapely in a plane that does not end there.
//!
//! Each pair is tried as it is drawn on beyond 180 degrees, a turn farther west, and as files have it: polygons and lines cut,
//! and what lies at 180 degrees written as -180.

use super::{column, numbers, reference};
use crate::common::{cut_at_antimeridian, drawn_elsewhere, layer_of};
use arcgis_analysis_engine::{
    Control, LocatedFeatures, SpatialRelation, aggregate_points, join_features, overlay_layers,
};
use arcgis_analysis_spatial::aggregate_points::{AggregatePoints, AggregationAreas};
use arcgis_analysis_spatial::join_features::{JoinFeatures, JoinOperation, SpatialRelationship};
use arcgis_analysis_spatial::overlay_layers::OverlayLayers;
use arcgis_analysis_types::{Feature, FeatureCollection, Geometry, SpatialReference};
use serde_json::{Value, json};
use std::collections::BTreeSet;

type Pairs = BTreeSet<(i64, i64)>;

/// The pairs of shapes that lie so to each other.
fn pairs(figures: &Value, relation: &str) -> Pairs {
    let pairs = figures["relations"][relation].as_array().unwrap().iter();
    pairs
        .map(|pair| (pair[0].as_i64().unwrap(), pair[1].as_i64().unwrap()))
        .collect()
}

/// The shapes, each with its number, in layers of points, lines, polygons and multipoints.
fn layers(figures: &Value, field: &str) -> [FeatureCollection; 4] {
    let mut features: [Vec<Feature>; 4] = Default::default();
    for (number, shape) in figures["shapes"].as_array().unwrap().iter().enumerate() {
        let feature = json!({"type": "Feature", "properties": {field: number}, "geometry": shape});
        let read = FeatureCollection::from_geojson(&feature.to_string()).unwrap();
        let mut feature = read.features()[0].clone();
        feature.attributes.retain(|name, _| name == field);
        let layer = match feature.geometry {
            Some(Geometry::Point(_)) => 0,
            Some(Geometry::Polyline(_)) => 1,
            Some(Geometry::Polygon(_)) => 2,
            _ => 3,
        };
        features[layer].push(feature);
    }
    features.map(|features| layer_of(4326, features))
}

/// The ways in which a layer around 180 degrees is written.
fn written(layer: &FeatureCollection) -> [FeatureCollection; 3] {
    let mut cut = layer.clone();
    for feature in &mut cut.feature_set.features {
        feature.geometry = feature.geometry.as_ref().map(cut_at_antimeridian);
    }
    let turned = drawn_elsewhere(layer, |_, position| position.x -= 360.0);
    [layer.clone(), turned, cut]
}

/// Those pairs whose shapes are in two layers.
fn between(all: &Pairs, a: &FeatureCollection, b: &FeatureCollection) -> Pairs {
    let numbers = |layer: &FeatureCollection, field: &str| -> BTreeSet<i64> {
        column(layer, field)
            .iter()
            .map(|n| n.as_i64().unwrap())
            .collect()
    };
    let (a, b) = (numbers(a, "i"), numbers(b, "j"));
    let pairs = all.iter().filter(|(i, j)| a.contains(i) && b.contains(j));
    pairs.copied().collect()
}

fn found(result: &FeatureCollection) -> Pairs {
    let [i, j] = ["i", "j"].map(|name| numbers(result, name));
    i.into_iter()
        .zip(j)
        .map(|(i, j)| (i as i64, j as i64))
        .collect()
}

#[test]
fn joined_pairs_are_those_of_shapely() {
    let figures = reference();
    let (targets, others) = (layers(&figures, "i"), layers(&figures, "j"));
    let turned = |pairs: Pairs| -> Pairs { pairs.into_iter().map(|(i, j)| (j, i)).collect() };
    let properly = pairs(&figures, "completelycontains");
    for (relationship, expected) in [
        (
            SpatialRelationship::Intersects,
            pairs(&figures, "intersects"),
        ),
        (SpatialRelationship::Contains, pairs(&figures, "contains")),
        (SpatialRelationship::Within, pairs(&figures, "within")),
        (
            SpatialRelationship::IdenticalTo,
            pairs(&figures, "identicalto"),
        ),
        (SpatialRelationship::CompletelyContains, properly.clone()),
        (SpatialRelationship::CompletelyWithin, turned(properly)),
    ] {
        assert!(!expected.is_empty());
        for (target, other) in targets
            .iter()
            .flat_map(|a| others.iter().map(move |b| (a, b)))
        {
            let expected = between(&expected, target, other);
            for (way, target) in written(target).into_iter().enumerate() {
                for (other_way, other) in written(other).into_iter().enumerate() {
                    let task =
                        JoinFeatures::new(target.clone(), other, JoinOperation::JoinOneToMany)
                            .spatial_relationship(relationship.clone());
                    let result = join_features(&task, &Control::new()).unwrap();
                    let name = format!("{relationship} {way} {other_way}");
                    assert_eq!(found(&result), expected, "{name}");
                }
            }
        }
    }
}

#[test]
fn features_that_are_found_are_those_of_shapely() {
    let figures = reference();
    let (asked, others) = (layers(&figures, "i"), layers(&figures, "j"));
    for (relation, name) in [
        (SpatialRelation::Intersects, "intersects"),
        (SpatialRelation::Contains, "contains"),
        (SpatialRelation::Within, "within"),
        (SpatialRelation::Touches, "touches"),
        (SpatialRelation::Crosses, "crosses"),
        (SpatialRelation::Overlaps, "overlaps"),
    ] {
        let expected = pairs(&figures, name);
        assert!(!expected.is_empty());
        for (asked, other) in asked
            .iter()
            .flat_map(|a| others.iter().map(move |b| (a, b)))
        {
            let expected = between(&expected, asked, other);
            let numbers = numbers(other, "j");
            for (way, asked) in written(asked).into_iter().enumerate() {
                for (other_way, other) in written(other).into_iter().enumerate() {
                    let located = LocatedFeatures::new(&other).unwrap();
                    let pairs = asked.features().iter().flat_map(|feature| {
                        let geometry = feature.geometry.as_ref().unwrap();
                        let found = located.find(geometry, &SpatialReference::WGS84, relation);
                        let i = feature.attributes["i"].as_i64().unwrap();
                        let found = found.unwrap().into_iter();
                        found
                            .map(|index| (i, numbers[index] as i64))
                            .collect::<Vec<_>>()
                    });
                    let pairs: Pairs = pairs.collect();
                    assert_eq!(pairs, expected, "{name} {way} {other_way}");
                }
            }
        }
    }
}

/// The single points, which each polygon holds or not.
#[test]
fn points_are_counted_and_cut_as_shapely_has_them() {
    let figures = reference();
    let [points, ..] = layers(&figures, "j");
    let [_, _, polygons, _] = layers(&figures, "i");
    let expected = between(&pairs(&figures, "contains"), &polygons, &points);
    assert!(expected.len() > 5);
    for (way, polygons) in written(&polygons).into_iter().enumerate() {
        for (other_way, points) in written(&points).into_iter().enumerate() {
            let name = format!("{way} {other_way}");
            let areas = AggregationAreas::polygons(polygons.clone());
            let task = AggregatePoints::new(points.clone(), areas);
            let result = aggregate_points(&task, &Control::new()).unwrap().areas;
            let [i, counts] = ["i", "Point_Count"].map(|field| numbers(&result, field));
            for (i, count) in i.into_iter().zip(counts) {
                let held = expected
                    .iter()
                    .filter(|(area, _)| *area == i as i64)
                    .count();
                assert_eq!(count, held as f64, "{name}: {i}");
            }
            let task = OverlayLayers::new(points, polygons.clone());
            let result = overlay_layers(&task, &Control::new()).unwrap();
            let [j, i] = ["j", "i"].map(|field| numbers(&result, field));
            let cut = i.into_iter().zip(j).map(|(i, j)| (i as i64, j as i64));
            assert_eq!(cut.collect::<Pairs>(), expected, "{name}");
        }
    }
}
