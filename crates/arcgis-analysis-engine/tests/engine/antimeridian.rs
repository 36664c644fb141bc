//! The antimeridian is a place like any other: laws of symmetry, which need no reference.
//!
//! The ellipsoid is round, so the same data farther east give the same figures, whether longitudes are then written on beyond
//! 180 or wrapped to the other side. Bins follow longitudes from Greenwich: they are the same half a turn on, where half a turn
//! is a whole number of their columns. Counts are the same, measures to a relative 1e-9.

use crate::common::{
    areas, assert_close, drawn_elsewhere, ellipsoidal_area, holds, layer, layer_of, line, polygon,
};
use arcgis_analysis_engine::{
    Control, aggregate_points, calculate_density, dissolve_boundaries, find_hot_spots,
    generate_tessellations, interpolate_points, summarize_within,
};
use arcgis_analysis_spatial::aggregate_points::{AggregatePoints, AggregationAreas};
use arcgis_analysis_spatial::calculate_density::CalculateDensity;
use arcgis_analysis_spatial::choices::{BinType, DistanceUnits, PatternAnalysisUnits, ShapeUnits};
use arcgis_analysis_spatial::dissolve_boundaries::DissolveBoundaries;
use arcgis_analysis_spatial::find_hot_spots::{FindHotSpots, PointAggregation, ShapeType};
use arcgis_analysis_spatial::generate_tessellations::{
    BinSizeUnit, GenerateTessellations, TessellationShape,
};
use arcgis_analysis_spatial::interpolate_points::InterpolatePoints;
use arcgis_analysis_spatial::summarize_within::{SummarizeWithin, SummaryAreas};
use arcgis_analysis_types::{
    Context, Extent, Feature, FeatureCollection, Geometry, SpatialReference,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The half of WGS 84's equator in metres.
const HALF: f64 = 6_378_137.0 * std::f64::consts::PI;

/// How longitudes are written that are farther east.
#[derive(Debug, Clone, Copy)]
enum Written {
    /// On beyond 180.
    On,
    /// Each position on its own side.
    Wrapped,
}

/// The same features farther east, in degrees or in Web Mercator.
fn east(collection: &FeatureCollection, degrees: f64, written: Written) -> FeatureCollection {
    let wkid = collection
        .spatial_reference()
        .and_then(SpatialReference::id);
    let half = if wkid == Some(4326) { 180.0 } else { HALF };
    drawn_elsewhere(collection, |_, position| {
        position.x += degrees / 180.0 * half;
        if matches!(written, Written::Wrapped) && position.x > half {
            position.x -= 2.0 * half;
        }
    })
}

/// Web Mercator's place of a longitude and latitude, by its definition.
fn mercator(lon: f64, lat: f64) -> (f64, f64) {
    (
        lon / 180.0 * HALF,
        6_378_137.0 * lat.to_radians().sin().atanh(),
    )
}

/// Points around Greenwich and the equator, symmetric to it so that the standard parallel is the equator, and on no border.
fn around_greenwich(wkid: u32) -> FeatureCollection {
    let places = (0..60).map(|i| {
        let (lon, lat) = (
            f64::from(i * 37 % 60 - 30) * 0.0517 + 0.011,
            f64::from(i * 23 % 30) * 0.0613 + 0.017,
        );
        let lat = if i % 2 == 0 { lat } else { -lat };
        // The northernmost and the southernmost.
        let lat = match i {
            0 => 2.0,
            1 => -2.0,
            _ => lat,
        };
        (lon, lat)
    });
    let features = places.enumerate().map(|(i, (lon, lat))| {
        let (x, y) = if wkid == 4326 { (lon, lat) } else { mercator(lon, lat) };
        let attributes = json!({"number": i, "level": 10.0 + lon + 2.0 * lat + f64::from(u8::try_from(i % 5).unwrap())});
        Feature::new(
            arcgis_analysis_types::Point::new(x, y),
            attributes.as_object().unwrap().clone(),
        )
    });
    layer_of(wkid, features.collect())
}

fn column(collection: &FeatureCollection, name: &str) -> Vec<Value> {
    let value = |feature: &Feature| feature.attributes[name].clone();
    collection.features().iter().map(value).collect()
}

fn sizes(collection: &FeatureCollection) -> Vec<f64> {
    areas(collection).iter().map(ellipsoidal_area).collect()
}

#[track_caller]
fn check_same(name: &str, here: &[f64], there: &[f64]) {
    assert_eq!(here.len(), there.len(), "{name}");
    for (here, there) in here.iter().zip(there) {
        let off = (here - there).abs();
        assert!(
            off <= 1e-9 * here.abs().max(1.0),
            "{name}: {there}, not {here}"
        );
    }
}

fn numbers(collection: &FeatureCollection, name: &str) -> Vec<f64> {
    let column = column(collection, name);
    column.iter().map(|value| value.as_f64().unwrap()).collect()
}

fn box_of([west, south, east, north]: [f64; 4]) -> Geometry {
    polygon(&[json!([
        [west, south],
        [west, north],
        [east, north],
        [east, south],
        [west, south]
    ])])
}

fn point(x: f64, y: f64) -> Geometry {
    crate::common::point(x, y)
}

#[test]
fn points_count_in_polygons_beyond_the_edge() {
    let xs = [-176.0, 184.0, 176.0, -184.0, 190.0, -170.0, -350.0, 0.0];
    let points = || layer(4326, xs.map(|x| point(x, 0.5)));
    for [west, east] in [[175.0, 185.0], [-185.0, -175.0], [350.0, 360.0]] {
        let given = box_of([west, 0.0, east, 1.0]);
        let areas = AggregationAreas::polygons(layer(4326, [given.clone()]));
        let result = aggregate_points(&AggregatePoints::new(points(), areas), &Control::new());
        let result = result.unwrap().areas;
        let expected = if west == 350.0 { 1 } else { 4 };
        assert_eq!(column(&result, "Point_Count"), [json!(expected)], "{west}");
        let Some(Geometry::Polygon(drawn)) = &result.features()[0].geometry else {
            panic!("no polygon")
        };
        let xs = drawn.rings.iter().flatten().map(|p| p.x);
        let bounds = xs.fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(x), b.max(x)));
        assert_eq!(bounds, (west, east), "as it was drawn");
    }
    // In Web Mercator, and from one into the other.
    let places = xs.map(|x| mercator(x, 0.5));
    let areas = AggregationAreas::polygons(layer(4326, [box_of([175.0, 0.0, 185.0, 1.0])]));
    let points = layer(3857, places.map(|(x, y)| point(x, y)));
    let result = aggregate_points(&AggregatePoints::new(points, areas), &Control::new());
    assert_eq!(column(&result.unwrap().areas, "Point_Count"), [json!(4)]);
}

#[test]
fn bins_go_on_over_the_antimeridian() {
    for wkid in [4326, 3857] {
        let points = around_greenwich(wkid);
        for (shape, size) in [
            (BinType::Square, HALF / 600.0),
            (BinType::Hexagon, HALF / 600.0 * 2.0 / 3f64.sqrt()),
        ] {
            let bins = |points: FeatureCollection| {
                let areas = AggregationAreas::bins(shape.clone(), size, DistanceUnits::Meters);
                let task = AggregatePoints::new(points, areas);
                aggregate_points(&task, &Control::new()).unwrap().areas
            };
            let here = bins(points.clone());
            let total: i64 = column(&here, "Point_Count")
                .iter()
                .map(|n| n.as_i64().unwrap())
                .sum();
            assert_eq!(total, 60);
            for written in [Written::On, Written::Wrapped] {
                let name = format!("{wkid} {shape} {written:?}");
                let there = bins(east(&points, 180.0, written));
                assert_eq!(
                    column(&here, "Point_Count"),
                    column(&there, "Point_Count"),
                    "{name}"
                );
                check_same(&name, &sizes(&here), &sizes(&there));
            }
            // As the western end of the world.
            let turned = bins(east(&points, -180.0, Written::On));
            assert_eq!(column(&here, "Point_Count"), column(&turned, "Point_Count"));
            check_same("a turn", &sizes(&here), &sizes(&turned));
        }
    }
    // On the seam itself, written as either.
    let seam = layer(
        4326,
        [point(180.0, 0.1), point(-180.0, 0.1), point(180.0, 0.1)],
    );
    let areas = AggregationAreas::bins(BinType::Square, HALF / 600.0, DistanceUnits::Meters);
    let result = aggregate_points(&AggregatePoints::new(seam, areas), &Control::new()).unwrap();
    assert_eq!(column(&result.areas, "Point_Count"), [json!(3)]);
}

/// Bins lie without gaps, so that what is in them sums up to the whole wherever it is.
#[test]
fn what_lies_in_bins_sums_up_to_the_whole() {
    let route = [[-3, 1], [-1, -2], [2, 2], [3, -1]].map(|[x, y]| [x - 1, y]);
    let field = box_of([-2.0, -1.0, 3.0, 1.0]);
    let whole = |features: FeatureCollection, field: &str| {
        // One area around everything.
        let world = layer(4326, [box_of([-180.0, -90.0, 180.0, 90.0])]);
        let task = SummarizeWithin::new(SummaryAreas::polygons(world), features).shape_units(
            if field.contains("Area") {
                ShapeUnits::SquareMeters
            } else {
                ShapeUnits::Meters
            },
        );
        numbers(
            &summarize_within(&task, &Control::new()).unwrap().areas,
            field,
        )[0]
    };
    for (features, field, units) in [
        (
            layer(4326, [line(&[json!(route)])]),
            "sum_Length_Meters",
            ShapeUnits::Meters,
        ),
        (
            layer(4326, [field]),
            "sum_Area_SquareMeters",
            ShapeUnits::SquareMeters,
        ),
    ] {
        let total = whole(features.clone(), field);
        for shape in [BinType::Square, BinType::Hexagon] {
            for by in [0.0, 100.0, 180.0, -180.0] {
                let areas = SummaryAreas::bins(shape.clone(), 50.0, DistanceUnits::Kilometers);
                let task = SummarizeWithin::new(areas, east(&features, by, Written::On))
                    .shape_units(units.clone());
                let result = summarize_within(&task, &Control::new()).unwrap().areas;
                let name = format!("{field} {shape} {by}");
                assert_close(&name, numbers(&result, field).iter().sum(), total, 1e-9);
                // Not a belt around the Earth, which has 800 bins in a row.
                assert!(
                    result.features().len() < 300,
                    "{name}: {}",
                    result.features().len()
                );
            }
        }
    }
}

#[test]
fn polygons_that_meet_on_earth_dissolve() {
    let parts = [
        box_of([180.0, 0.0, 190.0, 1.0]),
        box_of([-180.0, 0.0, -170.0, 1.0]),
        box_of([175.0, 1.0, 185.0, 2.0]),
    ];
    let dissolved = |parts: &[Geometry]| {
        let task = DissolveBoundaries::new(layer(4326, parts.iter().cloned()));
        let result = dissolve_boundaries(&task, &Control::new()).unwrap();
        assert_eq!(result.features().len(), 1);
        sizes(&result)[0]
    };
    let one = dissolved(&parts[..1]);
    assert_close("twice the same", dissolved(&parts[..2]), one, 1e-12);
    let here = [[80.0, 0.0, 90.0, 1.0], [75.0, 1.0, 85.0, 2.0]].map(box_of);
    assert_close("over the edge", dissolved(&parts), dissolved(&here), 1e-9);
}

/// A part goes on over the antimeridian, as it does over any other meridian.
#[test]
fn parts_that_meet_along_the_antimeridian_are_one() {
    for (boxes, counts) in [
        // Drawn on, or cut by whoever made the data.
        (vec![[175.0, 0.0, 185.0, 1.0]], vec![1]),
        (
            vec![[175.0, 0.0, 180.0, 1.0], [-180.0, 0.5, -175.0, 3.0]],
            vec![2],
        ),
        // By way of a third, and one that is apart.
        (
            vec![
                [175.0, 0.0, 180.0, 1.0],
                [170.0, 2.0, 180.0, 3.0],
                [-180.0, 0.5, -175.0, 2.5],
                [-178.0, 5.0, -177.0, 6.0],
            ],
            vec![3, 1],
        ),
        // In a single point.
        (
            vec![[175.0, 0.0, 180.0, 1.0], [-180.0, 1.0, -175.0, 2.0]],
            vec![1, 1],
        ),
    ] {
        let task = DissolveBoundaries::new(layer(4326, boxes.iter().copied().map(box_of)))
            .multi_part_features(false);
        let result = dissolve_boundaries(&task, &Control::new()).unwrap();
        let mut found: Vec<i64> = column(&result, "Count")
            .iter()
            .map(|n| n.as_i64().unwrap())
            .collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(found, counts, "{boxes:?}");
        let whole: f64 = sizes(&result).iter().sum();
        let each = layer(4326, boxes.iter().copied().map(box_of));
        let task = DissolveBoundaries::new(each);
        let together = dissolve_boundaries(&task, &Control::new()).unwrap();
        assert_close("area", whole, sizes(&together)[0], 1e-12);
    }
}

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
            Feature::new(polygon(&rings), attributes.as_object().unwrap().clone())
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
            Feature::new(places, attributes.as_object().unwrap().clone())
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

#[test]
fn a_density_reaches_over_the_antimeridian_and_the_pole() {
    let density = |points: FeatureCollection, radius: f64, cell: f64| {
        let task = CalculateDensity::new(points)
            .radius(radius)
            .radius_units(PatternAnalysisUnits::Meters)
            .cell_size(cell)
            .cell_size_units(PatternAnalysisUnits::Meters);
        calculate_density(&task, &Control::new()).unwrap()
    };
    let (radius, cell) = (60e3, HALF / 9000.0);
    for wkid in [4326, 3857] {
        let (x, y) = mercator(-0.1, 0.0);
        let one = layer(
            wkid,
            [if wkid == 4326 {
                point(-0.1, 0.0)
            } else {
                point(x, y)
            }],
        );
        let here = density(one.clone(), radius, cell);
        for written in [Written::On, Written::Wrapped] {
            let there = density(east(&one, 180.0, written), radius, cell);
            check_same("classes", &sizes(&here), &sizes(&there));
            assert_eq!(column(&here, "Value_Max"), column(&there, "Value_Max"));
        }
        // No more than the disk and a cell around it.
        let disk = std::f64::consts::PI * (radius + cell) * (radius + cell);
        assert!(wkid != 4326 || sizes(&here).iter().sum::<f64>() < disk);
    }
    // pyproj 3.7.2: Geod(ellps="WGS84").inv(0, 89.5, lon, 89.5)[2] is 79 km at 90 and 112 km at 180 degrees.
    let over = areas(&density(layer(4326, [point(0.0, 89.5)]), 150e3, 5e3));
    for lon in [-179.0, -90.0, -45.0, 0.0, 90.0, 135.0, 179.0] {
        assert!(over.iter().any(|area| holds(area, [lon, 89.5])), "{lon}");
    }
}

#[test]
fn tiles_cover_what_lies_over_the_antimeridian() {
    let square = box_of([78.3, 10.0, 81.9, 12.5]);
    let ids = |collection: &FeatureCollection| column(collection, "GRID_ID");
    for shape in [
        TessellationShape::Square,
        TessellationShape::Hexagon,
        TessellationShape::Triangle,
    ] {
        let over = |features: FeatureCollection| {
            let task = GenerateTessellations::new(shape.clone())
                .bin_size(900.0)
                .bin_size_unit(BinSizeUnit::SquareKilometers)
                .extent_layer(features);
            generate_tessellations(&task, &Control::new()).unwrap()
        };
        let features = layer(4326, [square.clone()]);
        let here = over(features.clone());
        let there = over(east(&features, 100.0, Written::On));
        assert_eq!(ids(&here), ids(&there), "{shape}");
        check_same("tiles", &sizes(&here), &sizes(&there));
        let mut task = GenerateTessellations::new(shape.clone())
            .bin_size(900.0)
            .bin_size_unit(BinSizeUnit::SquareKilometers);
        for xmin in [178.3, -181.7] {
            task.context = Some(extent([xmin, 10.0, xmin + 3.6, 12.5]));
            let there = generate_tessellations(&task, &Control::new()).unwrap();
            assert_eq!(ids(&here), ids(&there), "{shape} {xmin}");
            check_same("tiles", &sizes(&here), &sizes(&there));
        }
    }
    // The cells of a rectangle are those of its halves.
    let cells = |[west, east]: [f64; 2]| -> BTreeSet<String> {
        let mut task = GenerateTessellations::new(TessellationShape::H3Hexagon).bin_resolution(3);
        task.context = Some(extent([west, 1.0, east, 3.0]));
        let result = generate_tessellations(&task, &Control::new()).unwrap();
        ids(&result)
            .iter()
            .map(|id| id.as_str().unwrap().to_owned())
            .collect()
    };
    let halves = &cells([177.0, 180.0]) | &cells([-180.0, -178.0]);
    assert_eq!(cells([177.0, 182.0]), halves);
    assert_eq!(cells([-183.0, -178.0]), halves);
}

fn extent([xmin, ymin, xmax, ymax]: [f64; 4]) -> Context {
    Context {
        extent: Some(Extent {
            xmin,
            ymin,
            xmax,
            ymax,
            spatial_reference: Some(SpatialReference::WGS84),
        }),
        ..Context::default()
    }
}

/// The mean's longitude is that many degrees farther east, and nothing else changes.
#[test]
fn centres_and_ellipses_lie_among_their_places() {
    use arcgis_analysis_spatial::summarize_center_and_dispersion::{
        SummarizeCenterAndDispersion, SummarizeType,
    };
    let kinds = [
        SummarizeType::MeanCenter,
        SummarizeType::MedianCenter,
        SummarizeType::Ellipse,
    ];
    let found = |points: FeatureCollection| {
        let task = SummarizeCenterAndDispersion::new(points, kinds.clone());
        let found = arcgis_analysis_engine::summarize_center_and_dispersion(&task, &Control::new());
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

#[test]
fn an_extent_may_reach_over_the_antimeridian() {
    let points = layer(
        4326,
        [-176.0, 184.0, 176.0, -184.0, 170.0, -170.0].map(|x| point(x, 0.5)),
    );
    let (west, north) = mercator(175.0, 1.0);
    let east = mercator(185.0, 1.0).0;
    let in_mercator = Extent {
        xmin: west,
        ymin: -north,
        xmax: east,
        ymax: north,
        spatial_reference: Some(SpatialReference::WEB_MERCATOR),
    };
    let mut contexts = vec![Context {
        extent: Some(in_mercator),
        ..Context::default()
    }];
    contexts.extend([[175.0, 0.0, 185.0, 1.0], [-185.0, 0.0, -175.0, 1.0]].map(extent));
    contexts.push(extent([-185.0, 0.0, 175.5, 1.0]));
    for (context, expected) in contexts.into_iter().zip([4, 4, 4, 6]) {
        let text = format!("{context:?}");
        let task = arcgis_analysis_spatial::find_centroids::FindCentroids::new(points.clone())
            .context(context);
        let found = arcgis_analysis_engine::find_centroids(&task, &Control::new()).unwrap();
        assert_eq!(found.features().len(), expected, "{text}");
    }
}

#[test]
fn surfaces_go_on_over_the_antimeridian() {
    let task = |points: FeatureCollection, asked: FeatureCollection| {
        let task = InterpolatePoints::new(points, "level")
            .interpolate_option(1)
            .num_classes(4)
            .predict_at_point_layer(asked);
        interpolate_points(&task, &Control::new()).unwrap()
    };
    let points = around_greenwich(4326);
    let asked = layer(4326, [point(-0.05, 0.3), point(0.4, -0.7), point(0.0, 0.0)]);
    let here = task(points.clone(), asked.clone());
    for written in [Written::On, Written::Wrapped] {
        let there = task(
            east(&points, 180.0, written),
            east(&asked, 180.0, Written::On),
        );
        let predicted =
            |result: &Option<FeatureCollection>| numbers(result.as_ref().unwrap(), "Predicted");
        for (here, there) in predicted(&here.points).iter().zip(predicted(&there.points)) {
            assert_close("predicted", there, *here, 1e-6);
        }
        // Both surround the points by less than a cell, of which there are some hundred in a row.
        let [here, there] = [&here, &there].map(|result| sizes(&result.values).iter().sum::<f64>());
        assert_close("the surface", there, here, 0.03);
    }
}
