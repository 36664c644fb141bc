//! Areas that meet along the antimeridian, and extents that reach over it.

use super::{box_of, column, extent, mercator, point, sizes};
use crate::common::{assert_close, layer};
use arcgis_analysis_engine::{Control, dissolve_boundaries};
use arcgis_analysis_spatial::dissolve_boundaries::DissolveBoundaries;
use arcgis_analysis_types::{Context, Extent, Geometry, SpatialReference};

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
