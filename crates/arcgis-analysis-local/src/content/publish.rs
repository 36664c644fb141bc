//! Features of files: `publish` hosts them, `analyze` says what they are, and `generate` answers with them.

use super::items::{find, own_content};
use super::source::{FileType, layers, read};
use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use crate::feature_server;
use crate::hosted::{Item, Target};
use arcgis_analysis_types::FeatureCollection;
use axum::body::Bytes;
use serde_json::{Value, json};

/// How many records `analyze` shows.
const SAMPLE: usize = 10;

/// `content/users/{name}/publish`: hosts the features of an item, a file or a text as a service.
///
/// # Errors
/// When it is somebody else's content, the file cannot be read, or the service's name is wrong or taken.
pub(crate) fn publish(
    app: &App,
    call: &Call,
    name: &str,
    folder: Option<&str>,
) -> Result<Value, Fault> {
    let owner = own_content(app, call, name)?;
    let source = Source::of(app, call)?;
    let output = call.params.get("outputType").unwrap_or("Features");
    if !["features", "featureservice"].contains(&output.to_ascii_lowercase().as_str()) {
        return Err(Fault::bad_request(format!(
            "'outputType' {output:?} is not offered; the local service hosts feature services."
        )));
    }
    if call.params.get("itemIdToCreate").is_some() {
        return Err(super::add::no_chosen_id());
    }
    let params = source.params;
    let name = params["name"].as_str().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| {
        Fault::bad_request("'publishParameters' must have a name for the service.")
    })?;
    let mut layers =
        layers(source.file_type, &source.bytes, &params).map_err(Fault::bad_request)?;
    for layer in &mut layers {
        let own = &mut layer.layer_definition.name;
        if own.as_deref().is_none_or(str::is_empty) {
            *own = Some(name.to_owned());
        }
    }
    let existing = app.hosted.service(name).filter(|item| item.owner == owner);
    let target = match existing.filter(|_| yes(call, "overwrite")) {
        Some(item) => Target::Existing {
            item: item.id.clone(),
            overwrite: true,
        },
        None => Target::New {
            name: name.to_owned(),
            folder: folder.map(str::to_owned),
        },
    };
    let item = app
        .hosted
        .publish(
            &target,
            owner,
            layers,
            source.item.as_deref(),
            params.to_string(),
        )
        .map_err(Fault::bad_request)?;
    let url = call.base.url(&item.path());
    Ok(json!({
        "services": [{
            "type": "Feature Service",
            "serviceurl": url,
            "encodedServiceURL": url,
            "size": source.bytes.len(),
            "jobId": item.id,
            "serviceItemId": item.id,
        }],
    }))
}

/// `content/features/analyze`: what a CSV holds, and the parameters with which to publish it.
///
/// # Errors
/// When nobody is signed in, or the file is no CSV or cannot be read.
pub(crate) fn analyze(app: &App, call: &Call) -> Result<Value, Fault> {
    call.require_user()?;
    let source = Source::of(app, call)?;
    if source.file_type != FileType::Csv {
        return Err(Fault::bad_request(
            "Only files of the type csv are analyzed; publish others as they are.",
        ));
    }
    let whole = read("data.csv", &source.bytes).map_err(Fault::bad_request)?;
    let records = whole.features().iter().take(SAMPLE);
    let records: Vec<_> = records.map(|feature| feature.attributes.clone()).collect();
    let column = |names: &[&str]| {
        let mut fields = whole.fields().iter();
        let known = |name: &str| names.iter().any(|known| name.eq_ignore_ascii_case(known));
        fields
            .find(|field| known(&field.name))
            .map(|field| field.name.clone())
    };
    let is_placed = whole.geometry_type().is_some();
    let mut params = json!({
        "type": "csv",
        "name": source.name,
        "sourceUrl": "",
        "locationType": if is_placed { "coordinates" } else { "none" },
        "maxRecordCount": feature_server::MOST_RECORDS,
        "sourceSR": { "wkid": 4326, "latestWkid": 4326 },
        "targetSR": { "wkid": 4326, "latestWkid": 4326 },
        "qualifier": "\"",
        "layerInfo": {
            "id": 0,
            "name": source.name,
            "type": if is_placed { "Feature Layer" } else { "Table" },
            "geometryType": whole.geometry_type(),
            "hasAttachments": false,
            "capabilities": "Query",
            "fields": whole.fields(),
        },
    });
    let latitude = column(&["latitude", "lat", "y", "point_y"]);
    let longitude = column(&["longitude", "long", "lon", "lng", "x", "point_x"]);
    if let Some((latitude, longitude)) = latitude.zip(longitude).filter(|_| is_placed) {
        params["latitudeFieldName"] = latitude.into();
        params["longitudeFieldName"] = longitude.into();
    }
    Ok(json!({ "fileUrl": null, "publishParameters": params, "records": records }))
}

/// `content/features/generate`: the features of a file, which are not kept.
///
/// # Errors
/// When nobody is signed in, or the file cannot be read.
pub(crate) fn generate(app: &App, call: &Call) -> Result<Value, Fault> {
    call.require_user()?;
    let source = Source::of(app, call)?;
    let layers =
        layers(source.file_type, &source.bytes, &source.params).map_err(Fault::bad_request)?;
    let layers: Result<Vec<_>, _> = layers.iter().map(generated).collect();
    let layers = layers.map_err(|error| Fault::internal(error.to_string()))?;
    Ok(json!({ "featureCollection": { "layers": layers, "showLegend": true } }))
}

/// A layer as clients take it over: with all that its definition needs.
fn generated(layer: &FeatureCollection) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(layer)?;
    let kind = match layer.geometry_type() {
        Some(_) => "Feature Layer",
        None => "Table",
    };
    value["layerDefinition"]["type"] = kind.into();
    value["layerDefinition"]["geometryType"] = serde_json::to_value(layer.geometry_type())?;
    value["layerDefinition"]["fields"] = serde_json::to_value(layer.fields())?;
    value["featureSet"]["geometryType"] = serde_json::to_value(layer.geometry_type())?;
    Ok(value)
}

/// What a request says of a file.
struct Source {
    file_type: FileType,
    bytes: Bytes,
    /// A name for what is made of it.
    name: String,
    /// The item that holds it.
    item: Option<String>,
    params: Value,
}

impl Source {
    fn of(app: &App, call: &Call) -> Result<Self, Fault> {
        let get = |name| call.params.get(name);
        let params = match get("publishParameters") {
            None => Value::Null,
            Some(text) => serde_json::from_str(text).map_err(|error| {
                Fault::bad_request(format!("'publishParameters' is not valid JSON: {error}."))
            })?,
        };
        if get("sourceUrl").is_some() || get("dataUrl").is_some() {
            return Err(Fault::bad_request(
                "The local service fetches no files from URLs; send the file itself.",
            ));
        }
        let item = match get("itemid").or_else(|| get("itemId")) {
            Some(id) => Some(find(app, call, id)?),
            None => None,
        };
        let (bytes, name) = match (&item, call.params.file("file"), get("text")) {
            (Some(item), ..) => (data(item)?, item.name.clone()),
            (None, Some(file), _) => (file.bytes.clone(), file.name.clone()),
            (None, None, Some(text)) => (text.to_owned().into(), String::new()),
            (None, None, None) => {
                return Err(Fault::bad_request(
                    "Send an 'itemid', a 'file' or a 'text'.",
                ));
            }
        };
        let named = get("filetype").or(item.as_ref().map(|item| item.item_type.as_str()));
        let named = named.ok_or_else(|| Fault::bad_request("'filetype' must be specified."))?;
        let stem = name
            .rsplit_once('.')
            .map_or(name.as_str(), |(stem, _)| stem);
        Ok(Self {
            file_type: FileType::of(named).map_err(Fault::bad_request)?,
            bytes,
            name: if stem.is_empty() { "data" } else { stem }.to_owned(),
            item: item.map(|item| item.id.clone()),
            params,
        })
    }
}

fn data(item: &Item) -> Result<Bytes, Fault> {
    let data = item.data.clone();
    data.ok_or_else(|| Fault::bad_request(format!("The item {} holds no file.", item.id)))
}

/// Whether a parameter is set.
pub(super) fn yes(call: &Call, name: &str) -> bool {
    let text = call.params.get(name);
    text.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}
