//! Features as texts: Esri's JSON and GeoJSON.

use super::support::text;
use arcgis_analysis::FeatureCollection;

/// A text that is read is written as it is read again, in either format, and a problem of its features is told in words.
pub fn features(data: &[u8]) {
    let text = text(data);
    if let Err(error) = FeatureCollection::from_geojson(&text) {
        assert!(!error.to_string().is_empty());
    }
    let collection = match FeatureCollection::from_json_text(&text) {
        Ok(collection) => collection,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    if let Err(problem) = collection.validate() {
        assert!(!problem.to_string().is_empty());
    }
    let written = serde_json::to_string(&collection).unwrap();
    let again = FeatureCollection::from_json_text(&written).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), written);
    let Ok(geojson) = collection.to_geojson() else {
        return;
    };
    let again = FeatureCollection::from_geojson(&geojson.to_string()).unwrap();
    assert_eq!(again.features().len(), collection.features().len());
    assert_eq!(again.to_geojson().unwrap(), geojson);
}
