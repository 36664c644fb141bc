//! A buffer needs features and a distance; leaving the distance out does not compile.

use arcgis_analysis_spatial::create_buffers::CreateBuffers;

fn main() {
    let _ = CreateBuffers::new("https://example.com/FeatureServer/0");
}
