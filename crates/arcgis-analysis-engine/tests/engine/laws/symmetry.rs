//! Laws of symmetry: the same data elsewhere on the same parallels, or written another way, have the same figures.

use super::{Data, calls, check_same};
use crate::common::drawn_elsewhere;
use arcgis_analysis_engine::ReferenceChange;
use arcgis_analysis_types::SpatialReference;

/// How far figures may be off. Predictions solve systems of equations that are as good as singular where points are near
/// each other, and give the last bits of coordinates their weight.
fn usual(task: &str) -> Option<f64> {
    Some(if task == "InterpolatePoints" {
        1e-3
    } else {
        1e-8
    })
}

/// The ellipsoid is round.
#[test]
fn the_same_data_farther_east_have_the_same_figures() {
    for lat in [0.3, -67.0] {
        let [here, there] = [80.0, 180.0].map(|lon| Data::around(lon, lat));
        let tolerance = |task: &str| match task {
            // Surfaces have cells that begin at Greenwich.
            "CalculateDensity" | "InterpolatePoints" => None,
            _ => usual(task),
        };
        check_same(&calls(&here, &here), &calls(&there, &there), tolerance);
    }
}

/// Features on either side of the antimeridian may be drawn on beyond it from the west or from the east.
#[test]
fn a_turn_around_the_earth_changes_nothing() {
    let here = Data::around(180.0, 10.0);
    let turned = |by: fn(usize) -> f64| {
        here.map(|layer| drawn_elsewhere(layer, |feature, position| position.x -= by(feature)))
    };
    for there in [
        turned(|_| 360.0),
        turned(|feature| if feature % 2 == 0 { 360.0 } else { 0.0 }),
    ] {
        check_same(&calls(&here, &here), &calls(&there, &there), usual);
    }
}

/// Another layer may come in Web Mercator, whose coordinates are those of the same places to a nanometre.
#[test]
fn layers_in_two_references_are_compared_in_one() {
    let here = Data::around(13.0, 50.0);
    let change =
        ReferenceChange::between(&SpatialReference::WGS84, &SpatialReference::WEB_MERCATOR)
            .unwrap();
    let mercator = here.map(|layer| {
        let mut layer = drawn_elsewhere(layer, |_, position| change.apply(position));
        layer.feature_set.spatial_reference = Some(SpatialReference::WEB_MERCATOR);
        layer
    });
    let tolerance = |task: &str| usual(task).map(|tolerance| tolerance.max(1e-7));
    check_same(&calls(&here, &here), &calls(&here, &mercator), tolerance);
}
