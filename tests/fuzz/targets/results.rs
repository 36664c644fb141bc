//! Results of every kind, whatever shape the server gives them.

use super::support::{json, parts, task};
use arcgis_analysis::report::Report;
use arcgis_analysis::types::{
    DateTime, DecodeError, FileOutput, FromResult, ItemOutput, Outputs, RasterOutput,
};
use arcgis_analysis::{FeatureSet, JobInfo, LayerOutput, ProcessInfo};
use serde_json::{Value, json as object};

/// A document, read as every type of result there is.
///
/// What is refused says of which result. What is read as a layer or as features is written as it is read again, and
/// nothing is made up: there are no more features than the document has objects.
pub fn result(data: &[u8]) {
    let Some(value) = json(data) else { return };
    read::<Value>(&value);
    read::<String>(&value);
    read::<bool>(&value);
    read::<f64>(&value);
    read::<i64>(&value);
    read::<DateTime>(&value);
    read::<Vec<String>>(&value);
    read::<RasterOutput>(&value);
    read::<ItemOutput>(&value);
    read::<Vec<ItemOutput>>(&value);
    read::<FileOutput>(&value);
    read::<Vec<FileOutput>>(&value);
    read::<ProcessInfo>(&value);
    if let Some(layer) = read::<LayerOutput>(&value) {
        let most = objects(&value);
        let count = layer.features().map_or(0, |layer| layer.features().len());
        assert!(count <= most, "{count} features of {most} objects");
        // As JSON, because a coordinate that is not a number is unlike itself.
        let json = layer.to_json();
        let again = read::<LayerOutput>(&json).map(|layer| layer.to_json());
        assert_eq!(again, Some(json));
    }
    if let Ok(set) = serde_json::from_value::<FeatureSet>(value) {
        let json = serde_json::to_value(&set).unwrap();
        let again: FeatureSet = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&again).unwrap(), json);
    }
}

fn read<T: FromResult>(value: &Value) -> Option<T> {
    let outcome: Result<Option<T>, DecodeError> = T::from_result("out", value.clone());
    outcome
        .map_err(|error| assert!(error.to_string().contains("`out`"), "{error}"))
        .unwrap_or_default()
}

/// How many objects there are in a document, those in its texts included.
fn objects(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(objects).sum(),
        Value::Object(all) => 1 + all.values().map(objects).sum::<usize>(),
        Value::String(text) => text.matches('{').count(),
        _ => 0,
    }
}

/// The first part is a task, the second an object of its results by name: the report of them says what there is, or why
/// it cannot be read, and can be written.
pub fn report(data: &[u8]) {
    let parts = parts(data);
    let task = task(parts[0]);
    let Some(Value::Object(results)) = parts.get(1).and_then(|part| json(part)) else {
        return;
    };
    let mut outputs = Outputs::default();
    for (name, value) in &results {
        outputs.push(name, value.clone());
    }
    let job = object!({ "jobId": "j1", "jobStatus": "esriJobSucceeded" });
    let job = JobInfo::from_json(job).unwrap();
    match Report::new(task.meta, "https://example.com/jobs/j1", &job, outputs) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(mut report) => {
            let written = report.to_json();
            assert_eq!(written["jobId"], "j1");
            assert!(report.results.len() <= results.len());
            if let Ok(result) = report.features_mut(None) {
                assert!(result.features().is_some());
            }
        }
    }
}
