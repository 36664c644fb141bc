//! Patterns of points and polygons on both sides of the antimeridian.

use super::{HALF, Written, around_greenwich, check_same, column, east, numbers, sizes};
use crate::common::{layer_of, polygon};
use arcgis_analysis_engine::{Control, find_hot_spots, summarize_center_and_dispersion};
use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
use arcgis_analysis_spatial::find_hot_spots::{FindHotSpots, PointAggregation, ShapeType};
use arcgis_analysis_spatial::summarize_center_and_dispersion::{
    SummarizeCenterAndDispersion, SummarizeType,
};
use arcgis_analysis_types::{Feature, FeatureCollection};
use serde_json::json;

/// Boxes in a row with values, as each is drawn and as files have them: cut at the antimeridian.
fn boxes(from: f64, cut: bool) -> FeatureCollection {
    let features = (0..12)
        .flat_map(|i| (0..3).map(move |j| (i, j)))
        .map(|(i, j)| {
            let (west, south) = (from + 0.7 * f64::from(i), f64::from(j));
            let ends = [west, west + 0.6];
            let ring = |[west, east]: [f64; 2]| {
                json!([
                    [west, south],
                    [west, south + 0.5],
                    [east, south + 0.5],
                    [east, south],
                    [west, south]
                ])
            };
            let rings = match ends {
                [west, east] if cut && west >= 180.0 => vec![ring([west - 360.0, east - 360.0])],
                [west, east] if cut && east > 180.0 => {
                    vec![ring([west, 180.0]), ring([-180.0, east - 360.0])]
                }
                ends => vec![ring(ends)],
            };
            let attributes = json!({"value": (i * 5 + j * 3) % 7 + i / 6 * 8});
            Feature::new(
                polygon(&rings),
                attributes.as_object().unwrap().clone().into(),
            )
        });
    layer_of(4326, features.collect())
}

#[test]
fn hot_spots_are_where_polygons_and_points_are() {
    let spots = |task: FindHotSpots| {
        let task = task
            .distance_band(120.0)
            .distance_band_units(PatternAnalysisUnits::Kilometers);
        find_hot_spots(&task, &Control::new()).unwrap().features
    };
    let valued = |layer: FeatureCollection| spots(FindHotSpots::new(layer).analysis_field("value"));
    let here = valued(boxes(75.9, false));
    for there in [
        boxes(175.9, false),
        boxes(175.9, true),
        boxes(-184.1, false),
    ] {
        let there = valued(there);
        check_same(
            "scores",
            &numbers(&here, "GiZScore"),
            &numbers(&there, "GiZScore"),
        );
        assert_eq!(column(&here, "NNeighbors"), column(&there, "NNeighbors"));
    }
    // Multipoints by their means.
    let pairs = |from: f64| {
        let pairs = (0..12).map(|i| {
            let x = from + 0.7 * f64::from(i);
            let places = crate::common::multipoint(&[(x, 0.0), (x + 0.6, 0.4)]);
            let attributes = json!({"value": (i * 5) % 7 + i / 6 * 8});
            Feature::new(places, attributes.as_object().unwrap().clone().into())
        });
        layer_of(4326, pairs.collect())
    };
    let here = valued(pairs(75.9));
    for written in [Written::On, Written::Wrapped] {
        let there = valued(east(&pairs(75.9), 100.0, written));
        check_same(
            "pairs",
            &numbers(&here, "GiZScore"),
            &numbers(&there, "GiZScore"),
        );
    }
    // Points counted in polygons and in cells.
    let points = around_greenwich(4326);
    let cells = |points: FeatureCollection| {
        let grid = PointAggregation::Grid {
            shape_type: ShapeType::Fishnet,
            cell_size: Some(HALF / 600.0),
            cell_size_units: Some(PatternAnalysisUnits::Meters),
        };
        spots(FindHotSpots::new(points).aggregation(grid))
    };
    let in_polygons = |points: FeatureCollection, areas: FeatureCollection| {
        spots(FindHotSpots::new(points).aggregation(PointAggregation::polygons(areas)))
    };
    let counted = cells(points.clone());
    let polygons = in_polygons(points.clone(), boxes(-4.1, false));
    for written in [Written::On, Written::Wrapped] {
        let there = east(&points, 180.0, written);
        let cells = cells(there.clone());
        assert_eq!(column(&counted, "Join_Count"), column(&cells, "Join_Count"));
        check_same(
            "cells",
            &numbers(&counted, "GiZScore"),
            &numbers(&cells, "GiZScore"),
        );
        let there = in_polygons(there, boxes(175.9, true));
        assert_eq!(
            column(&polygons, "Join_Count"),
            column(&there, "Join_Count")
        );
        check_same(
            "areas",
            &numbers(&polygons, "GiZScore"),
            &numbers(&there, "GiZScore"),
        );
    }
}

/// The mean's longitude is that many degrees farther east, and nothing else changes.
#[test]
fn centres_and_ellipses_lie_among_their_places() {
    let kinds = [
        SummarizeType::MeanCenter,
        SummarizeType::MedianCenter,
        SummarizeType::Ellipse,
    ];
    let found = |points: FeatureCollection| {
        let task = SummarizeCenterAndDispersion::new(points, kinds.clone());
        let found = summarize_center_and_dispersion(&task, &Control::new());
        let found = found.unwrap();
        [found.mean_centers, found.median_centers, found.ellipses].map(Option::unwrap)
    };
    let points = around_greenwich(4326);
    let here = found(points.clone());
    for (by, written) in [
        (180.0, Written::On),
        (180.0, Written::Wrapped),
        (-180.0, Written::On),
    ] {
        let there = found(east(&points, by, written));
        for (here, there) in here[..2].iter().zip(&there) {
            let [x, moved] = [here, there].map(|layer| numbers(layer, "XCoord")[0]);
            let wrapped = x + if x > 0.0 { -180.0 } else { 180.0 };
            assert!(
                (moved - wrapped).abs() < 1e-9,
                "{by} {written:?}: {moved}, not {wrapped}"
            );
            check_same("y", &numbers(here, "YCoord"), &numbers(there, "YCoord"));
        }
        for field in ["CenterY", "XStdDist", "YStdDist", "Rotation"] {
            check_same(field, &numbers(&here[2], field), &numbers(&there[2], field));
        }
        check_same("ellipse", &sizes(&here[2]), &sizes(&there[2]));
        // Within the chart.
        assert!(numbers(&there[2], "CenterX")[0].abs() <= 180.0);
    }
}

/// A polygon counts by the centroid of all of it, whoever cut it at the antimeridian; so do lines and multipoints on both sides.
#[test]
fn features_count_by_the_middle_of_all_of_them() {
    use crate::common::{cut_at_antimeridian, layer};
    let shapes = [
        polygon(&[json!([[172, 0], [172, 10], [186, 12], [186, -1], [172, 0]])]),
        polygon(&[json!([
            [179, 20],
            [179, 21],
            [183, 21],
            [183, 20],
            [179, 20]
        ])]),
    ];
    let central = |shapes: Vec<arcgis_analysis_types::Geometry>| {
        let task = SummarizeCenterAndDispersion::new(
            layer(4326, shapes),
            [SummarizeType::MeanCenter, SummarizeType::MedianCenter],
        );
        let found = summarize_center_and_dispersion(&task, &Control::new()).unwrap();
        [found.mean_centers, found.median_centers].map(|layer| {
            let layer = layer.unwrap();
            ["XCoord", "YCoord"].map(|name| numbers(&layer, name)[0])
        })
    };
    let whole = central(shapes.to_vec());
    let cut = central(shapes.iter().map(cut_at_antimeridian).collect());
    for (whole, cut) in whole.into_iter().zip(cut) {
        check_same("centres", &whole, &cut);
        assert!(whole[0].abs() > 178.0, "{whole:?}");
    }
}
