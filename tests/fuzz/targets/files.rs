//! Files of features in the formats that people have them in.

use super::support::line;
use arcgis_analysis::{FeatureCollection, FeatureInput, input};
use std::panic;
use std::sync::Once;

/// A text of a CSV, whatever divides its values.
pub fn csv(data: &[u8]) {
    read("places.csv", data);
}

/// The bytes of a FlatGeobuf.
pub fn flatgeobuf(data: &[u8]) {
    read("places.fgb", data);
}

/// The bytes of a GeoParquet.
pub fn geoparquet(data: &[u8]) {
    read("places.parquet", data);
}

/// What is read holds no more than the file can hold, its features are sound, and it is the same once it is written as
/// Esri's JSON and read again; what is refused is refused in one line that begins with the file.
fn read(name: &str, data: &[u8]) {
    let_its_decoder_panic();
    match input::read_bytes(name, data.to_vec()) {
        Err(error) => line(&error.to_string()),
        Ok(FeatureInput::Collection(read)) => {
            if !read.features().is_empty() {
                read.validate().unwrap();
            }
            let written = serde_json::to_string(&read).unwrap();
            let again = FeatureCollection::from_json_text(&written).unwrap();
            assert_eq!(again.features().len(), read.features().len());
            assert_eq!(serde_json::to_string(&again).unwrap(), written);
        }
        Ok(other) => assert!(data.trim_ascii_start().starts_with(b"{"), "{other:?}"),
    }
}

/// The decoder of Parquet panics at some damaged pages, which whoever calls it catches. A fuzzer ends at any panic, so it must
/// not be told of these; what is not caught still ends it.
fn let_its_decoder_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let file = panic.location().map_or("", |location| location.file());
            if !file.contains("/parquet-") {
                told(panic);
            }
        }));
    });
}
