//! Distances and a distance field exclude each other; giving both does not compile.

use arcgis_analysis_spatial::create_buffers::{BufferDistance, CreateBuffers};

fn main() {
    let layer = "https://example.com/FeatureServer/0";
    let _ = CreateBuffers::new(layer, BufferDistance::values([20.0]), BufferDistance::field("reach"));
}
