//! Points are aggregated into polygons or into bins; bins have no polygon layer.

use arcgis_analysis_spatial::aggregate_points::AggregationAreas;
use arcgis_analysis_spatial::choices::{BinType, DistanceUnits};

fn main() {
    let _ = AggregationAreas::Bins {
        polygon_layer: "https://example.com/FeatureServer/0".into(),
        bin_type: BinType::Square,
        bin_size: 5.0,
        bin_size_unit: DistanceUnits::Kilometers,
    };
}
