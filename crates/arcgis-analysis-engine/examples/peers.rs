//! Our half of the comparison with the Python libraries: `tests/peers/engine.py` makes the data, calls this, and does the
//! same with them.
//!
//! `cargo run --release -p arcgis-analysis-engine --example peers -- CASE FOLDER` computes the case on the layers in the
//! folder and prints one JSON object: the seconds that the analysis took, the peak memory, and figures of the result by
//! which the two can be compared.

use arcgis_analysis_engine::{
    Control, EngineError, aggregate_points, create_buffers, find_hot_spots, find_point_clusters,
    overlay_layers,
};
use arcgis_analysis_spatial::aggregate_points::{AggregatePoints, AggregationAreas};
use arcgis_analysis_spatial::choices::{DistanceUnits, PatternAnalysisUnits};
use arcgis_analysis_spatial::create_buffers::{BufferDistance, CreateBuffers, DissolveType};
use arcgis_analysis_spatial::find_hot_spots::FindHotSpots;
use arcgis_analysis_spatial::find_point_clusters::{FindPointClusters, Method};
use arcgis_analysis_spatial::overlay_layers::{OverlayLayers, OverlayType};
use arcgis_analysis_types::{
    AttributeValue, Attributes, Feature, FeatureCollection, Geometry, Point, Polygon,
    SpatialReference, SummaryField, SummaryStatistic,
};
use serde_json::{Value, json};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(case), Some(folder)) = (args.next(), args.next()) else {
        return Err("usage: peers CASE FOLDER".into());
    };
    let folder = Folder(folder.into());
    let control = Control::new();
    let (seconds, figures) = match case.as_str() {
        "points-in-polygons" => {
            let areas = AggregationAreas::polygons(folder.polygons("areas")?);
            let task = AggregatePoints::new(folder.points("points")?, areas)
                .keep_boundaries_with_no_points(true)
                .summary_fields([SummaryField::new("value", SummaryStatistic::Sum)]);
            timed(
                || Ok(aggregate_points(&task, &control)?.areas),
                |areas| json!({ "points": sum(areas, "Point_Count"), "sum": sum(areas, "sum_value") }),
            )?
        }
        "dissolved-buffers" => {
            let task = CreateBuffers::new(folder.points("points")?, BufferDistance::values([1.0]))
                .units(DistanceUnits::Kilometers)
                .dissolve_type(DissolveType::Dissolve);
            timed(
                || create_buffers(&task, &control),
                |buffers| json!({ "area": area(buffers) }),
            )?
        }
        "overlay" => {
            let task = OverlayLayers::new(folder.polygons("areas")?, folder.polygons("others")?)
                .overlay_type(OverlayType::Intersect);
            timed(
                || overlay_layers(&task, &control),
                |pieces| json!({ "pieces": pieces.features().len(), "area": area(pieces) }),
            )?
        }
        "hot-spots" => {
            let task = FindHotSpots::new(folder.points("points")?)
                .analysis_field("value")
                .distance_band(4.0)
                .distance_band_units(PatternAnalysisUnits::Kilometers);
            let square = |feature: &Feature| number(feature, "GiZScore").powi(2);
            timed(
                || Ok(find_hot_spots(&task, &control)?.features),
                |spots| json!({ "squares of z": spots.features().iter().map(square).sum::<f64>() }),
            )?
        }
        "clusters" => {
            let mut task = FindPointClusters::new(folder.points("points")?, 5);
            task.method = Some(Method::Dbscan);
            task.search_distance = Some(0.5);
            task.search_distance_unit = Some(PatternAnalysisUnits::Kilometers);
            timed(|| find_point_clusters(&task, &control), clusters)?
        }
        "hdbscan" => {
            let mut task = FindPointClusters::new(folder.points("points")?, 10);
            task.method = Some(Method::Hdbscan);
            timed(|| find_point_clusters(&task, &control), clusters)?
        }
        "optics" => {
            let mut task = FindPointClusters::new(folder.points("points")?, 10);
            task.method = Some(Method::Optics);
            task.search_distance = Some(3.0);
            task.search_distance_unit = Some(PatternAnalysisUnits::Kilometers);
            timed(
                || find_point_clusters(&task, &control),
                |clustered| {
                    let mut figures = clusters(clustered);
                    figures["reach"] = json!(sum(clustered, "REACHDIST"));
                    figures
                },
            )?
        }
        other => return Err(format!("there is no case `{other}`").into()),
    };
    let peak = peak_memory()?;
    println!(
        "{}",
        json!({ "seconds": seconds, "mebibytes": peak, "figures": figures })
    );
    Ok(())
}

type Outcome = Result<(f64, Value), Box<dyn Error>>;

/// The result is freed when the time has been taken, as in the peers' half.
fn timed(
    analysis: impl FnOnce() -> Result<FeatureCollection, EngineError>,
    figures: impl FnOnce(&FeatureCollection) -> Value,
) -> Outcome {
    let start = Instant::now();
    let result = analysis()?;
    let figures = figures(&result);
    Ok((start.elapsed().as_secs_f64(), figures))
}

/// The layers, as `tests/peers/engine.py` writes them: little-endian numbers, one file each.
struct Folder(PathBuf);

impl Folder {
    fn numbers(&self, name: &str) -> Result<Vec<f64>, Box<dyn Error>> {
        let path = self.0.join(name);
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let numbers = bytes.as_chunks().0.iter();
        Ok(numbers.map(|bytes| f64::from_le_bytes(*bytes)).collect())
    }

    /// Points in UTM zone 33, each with a value.
    fn points(&self, name: &str) -> Result<FeatureCollection, Box<dyn Error>> {
        let places = self.numbers(&format!("{name}.xy"))?;
        let values = self.numbers(&format!("{name}.values"))?;
        let features = places.chunks_exact(2).zip(values).map(|(place, value)| {
            let attributes = Attributes::from_iter([("value".to_owned(), json!(value))]);
            Feature::new(Point::new(place[0], place[1]), attributes)
        });
        Ok(layer(features.collect()))
    }

    /// Polygons of one ring each.
    fn polygons(&self, name: &str) -> Result<FeatureCollection, Box<dyn Error>> {
        let places = self.numbers(&format!("{name}.xy"))?;
        let starts = self.numbers(&format!("{name}.starts"))?;
        let features = starts.windows(2).map(|range| {
            let ring = &places[2 * range[0] as usize..2 * range[1] as usize];
            let ring = ring.chunks_exact(2).map(|place| (place[0], place[1]));
            Feature::new(Polygon::from_rings([ring]), Attributes::new())
        });
        Ok(layer(features.collect()))
    }
}

fn layer(features: Vec<Feature>) -> FeatureCollection {
    FeatureCollection::new(SpatialReference::wkid(32633), features)
}

fn number(feature: &Feature, field: &str) -> f64 {
    feature
        .attributes
        .get(field)
        .and_then(AttributeValue::as_f64)
        .unwrap_or(0.0)
}

fn sum(layer: &FeatureCollection, field: &str) -> f64 {
    let features = layer.feature_set.features.iter();
    features.map(|feature| number(feature, field)).sum()
}

/// How many clusters there are, and how many points are in none.
fn clusters(layer: &FeatureCollection) -> Value {
    let features = layer.feature_set.features.iter();
    let clusters = features.map(|feature| number(feature, "CLUSTER_ID"));
    let noise = clusters.clone().filter(|cluster| *cluster < 0.0).count();
    json!({ "clusters": clusters.fold(0.0, f64::max), "noise": noise })
}

/// In square kilometres.
fn area(layer: &FeatureCollection) -> f64 {
    let features = layer.feature_set.features.iter();
    let rings = features.flat_map(|feature| match &feature.geometry {
        Some(Geometry::Polygon(polygon)) => polygon.rings.as_slice(),
        _ => &[],
    });
    let doubled: f64 = rings
        .flat_map(|ring| ring.windows(2))
        .map(|edge| edge[1].x * edge[0].y - edge[0].x * edge[1].y)
        .sum();
    doubled / 2e6
}

/// The most memory that the process has had, in mebibytes.
fn peak_memory() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kilobytes.ok_or("no peak memory")?.parse::<f64>()? / 1024.0)
}
