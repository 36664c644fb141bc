//! Surfaces over the antimeridian and around a pole.

use super::{
    HALF, Written, around_greenwich, check_same, column, east, mercator, numbers, point, sizes,
};
use crate::common::{areas, assert_close, holds, layer};
use arcgis_analysis_engine::{Control, calculate_density, interpolate_points};
use arcgis_analysis_spatial::calculate_density::CalculateDensity;
use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
use arcgis_analysis_spatial::interpolate_points::InterpolatePoints;
use arcgis_analysis_types::FeatureCollection;

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
