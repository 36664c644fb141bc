//! Each list of choices is a type of its own.

use arcgis_analysis_spatial::create_buffers::{BufferDistance, CreateBuffers, DissolveType, EndType};

fn main() {
    let task = CreateBuffers::new("https://example.com/FeatureServer/0", BufferDistance::values([20.0]));
    let _ = task.dissolve_type(DissolveType::Dissolve).dissolve_type(EndType::Flat);
}
