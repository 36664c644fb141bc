//! What analyses take in memory where every point is near very many others. Alone in its process, because the allocator
//! counts for all threads.
//!
//! `cargo test -p arcgis-analysis-engine --test memory -- --nocapture` prints the figures.
#![allow(clippy::unwrap_used)]

use arcgis_analysis_engine::{Control, find_hot_spots, find_point_clusters};
use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
use arcgis_analysis_spatial::find_hot_spots::FindHotSpots;
use arcgis_analysis_spatial::find_point_clusters::{FindPointClusters, Method, SearchTimeUnit};
use arcgis_analysis_types::{Feature, FeatureCollection, Point, SpatialReference};
use peak_alloc::PeakAlloc;
use serde_json::json;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a point may cost: several times what it takes in a result. The neighbours of one would be more.
const ALLOWED: usize = 6000;

/// Points on a spiral of Fermat, evenly dense; their radius and their value.
fn heap(count: usize, radius: f64) -> Vec<Feature> {
    let point = |index: usize| {
        let (sine, cosine) = (index as f64 * 2.399_963_229_728_653).sin_cos();
        let far = radius * (index as f64 / count as f64).sqrt();
        let attributes = json!({"value": index * index % 1009, "when": index});
        Feature::new(
            Point::new(far * cosine, far * sine),
            attributes.as_object().unwrap().clone().into(),
        )
    };
    (0..count).map(point).collect()
}

fn layer(features: Vec<Feature>) -> FeatureCollection {
    FeatureCollection::new(SpatialReference::wkid(32_633), features)
}

fn check(name: &str, count: usize, analysis: impl FnOnce()) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    analysis();
    let each = (MEMORY.peak_usage() - before) / count;
    println!("{name}: {each} bytes a point");
    assert!(each < ALLOWED, "{name} took {each} bytes a point");
}

#[test]
fn crowds_cost_no_more_than_their_points() {
    let dense = layer(heap(20_000, 1.0));
    let clusters = |dense: &FeatureCollection| {
        FindPointClusters::new(dense.clone(), 5)
            .method(Method::Dbscan)
            .search_distance(2.0)
            .search_distance_unit(PatternAnalysisUnits::Meters)
    };
    let task = clusters(&dense);
    check("DBSCAN", 20_000, || {
        let found = find_point_clusters(&task, &Control::new()).unwrap();
        let last = &found.features()[19_999].attributes;
        assert_eq!(last["CLUSTER_ID"], 1);
    });
    let timed = clusters(&layer(heap(10_000, 1.0)))
        .time_field("when")
        .search_time_interval(1.0)
        .search_time_unit(SearchTimeUnit::Days);
    check("DBSCAN in time", 10_000, || {
        let found = find_point_clusters(&timed, &Control::new()).unwrap();
        assert_eq!(found.features()[9_999].attributes["CLUSTER_ID"], 1);
    });
    // Half of the points crowd where the distance that gives each of the others a neighbour reaches all of them.
    let mut mixed = heap(8_000, 0.4);
    mixed.extend(heap(8_000, 200.0));
    let task = FindHotSpots::new(layer(mixed)).analysis_field("value");
    check("hot spots", 16_000, || {
        let found = find_hot_spots(&task, &Control::new()).unwrap();
        assert_eq!(found.features.features().len(), 16_000);
    });
}
