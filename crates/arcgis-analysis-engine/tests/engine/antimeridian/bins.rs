//! Bins and tiles over the antimeridian, and what is counted in them.

use super::{
    HALF, Written, around_greenwich, box_of, check_same, column, east, extent, mercator, numbers,
    point, sizes,
};
use crate::common::{assert_close, layer, line};
use arcgis_analysis_engine::{Control, aggregate_points, generate_tessellations, summarize_within};
use arcgis_analysis_spatial::aggregate_points::{AggregatePoints, AggregationAreas};
use arcgis_analysis_spatial::choices::{BinType, DistanceUnits, ShapeUnits};
use arcgis_analysis_spatial::generate_tessellations::{
    BinSizeUnit, GenerateTessellations, TessellationShape,
};
use arcgis_analysis_spatial::summarize_within::{SummarizeWithin, SummaryAreas};
use arcgis_analysis_types::{FeatureCollection, Geometry};
use serde_json::json;
use std::collections::BTreeSet;

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
