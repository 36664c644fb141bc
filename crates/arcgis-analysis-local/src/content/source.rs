//! The features of a file that a client publishes.

use arcgis_analysis::input;
use arcgis_analysis_engine::{ReferenceChange, read_shapefiles};
use arcgis_analysis_types::{
    Feature, FeatureCollection, FeatureInput, Field, FieldType, Point, SpatialReference,
};
use serde_json::Value;

/// How long a text may be that is edited later, where the file says nothing.
const TEXT_LENGTH: u32 = 256;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileType {
    /// Rows of text.
    Csv,
    /// GeoJSON.
    GeoJson,
    /// The portal's own JSON of one layer or several.
    FeatureCollection,
    /// Shapefiles in a zip archive.
    Shapefile,
}

impl FileType {
    /// The type that a client names, or that of an item.
    ///
    /// # Errors
    /// When it is not read here.
    pub(crate) fn of(named: &str) -> Result<Self, String> {
        let plain: String = named.split_whitespace().collect();
        match plain.to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "geojson" => Ok(Self::GeoJson),
            "featurecollection" => Ok(Self::FeatureCollection),
            "shapefile" => Ok(Self::Shapefile),
            "filegeodatabase" | "filegdb" => Err(
                "A file geodatabase is a format of Esri's that the local service does not read; send a zipped shapefile, GeoJSON or a CSV."
                    .to_owned(),
            ),
            _ => Err(format!(
                "The file type {named:?} is not read by the local service; offered are csv, geojson, shapefile and featureCollection."
            )),
        }
    }

    /// Whether the file tells how long its texts may be.
    fn tells_lengths(self) -> bool {
        matches!(self, Self::FeatureCollection | Self::Shapefile)
    }
}

/// The layers of a file, as `publishParameters` want them.
///
/// # Errors
/// A sentence, when the file cannot be read, or something is asked for that is not offered.
pub(crate) fn layers(
    file_type: FileType,
    bytes: &[u8],
    params: &Value,
) -> Result<Vec<FeatureCollection>, String> {
    let mut layers = match file_type {
        FileType::FeatureCollection => collections(bytes)?,
        FileType::Shapefile => {
            read_shapefiles(bytes).map_err(|error| format!("The file cannot be read: {error}."))?
        }
        FileType::Csv => vec![read("data.csv", bytes)?],
        FileType::GeoJson => vec![read("data.json", bytes)?],
    };
    for layer in &mut layers {
        if file_type == FileType::Csv {
            place(layer, params)?;
        }
        if !file_type.tells_lengths() {
            let texts = fields(layer).iter_mut();
            for field in texts.filter(|field| field.field_type == FieldType::String) {
                field.length = Some(field.length.unwrap_or_default().max(TEXT_LENGTH));
            }
        }
        if file_type != FileType::FeatureCollection {
            retype(layer, &params["layerInfo"]["fields"])?;
        }
        move_to(layer, &params["targetSR"])?;
    }
    Ok(layers)
}

/// Reads a file of one layer, whose format its name tells.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<FeatureCollection, String> {
    match input::read_bytes(name, bytes.to_vec()) {
        Ok(FeatureInput::Collection(collection)) => Ok(*collection),
        Ok(_) => Err("The file refers to features instead of holding them.".to_owned()),
        Err(error) => Err(format!("The file cannot be read: {error}.")),
    }
}

/// Reads the layers of a feature collection of the portal; one alone may stand without a list.
fn collections(bytes: &[u8]) -> Result<Vec<FeatureCollection>, String> {
    let unread =
        |error: serde_json::Error| format!("The feature collection cannot be read: {error}.");
    let mut whole: Value = serde_json::from_slice(bytes).map_err(unread)?;
    if !whole["featureCollection"].is_null() {
        whole = whole["featureCollection"].take();
    }
    let layers = match whole.get_mut("layers").map(Value::take) {
        Some(Value::Array(layers)) if !layers.is_empty() => layers,
        Some(_) => return Err("The feature collection has no layers.".to_owned()),
        None => vec![whole],
    };
    let layers = layers.into_iter().map(|layer| {
        let layer: FeatureCollection = serde_json::from_value(layer).map_err(unread)?;
        match layer.features().is_empty() {
            true => Ok(layer),
            false => layer
                .validate()
                .map(|()| layer)
                .map_err(|error| format!("The feature collection cannot be used: {error}.")),
        }
    });
    layers.collect()
}

/// Puts the rows of a CSV where the parameters say.
fn place(layer: &mut FeatureCollection, params: &Value) -> Result<(), String> {
    let kind = params["locationType"].as_str();
    match kind.map(str::to_ascii_lowercase).as_deref() {
        None | Some("") => Ok(()),
        Some("coordinates") => {
            let named = |name: &str| params[name].as_str().filter(|name| !name.is_empty());
            match (named("latitudeFieldName"), named("longitudeFieldName")) {
                (Some(latitude), Some(longitude)) => points(layer, latitude, longitude),
                _ if layer.geometry_type().is_some() => Ok(()),
                _ => Err("No columns of coordinates were found; name them by `latitudeFieldName` and `longitudeFieldName`.".to_owned()),
            }
        }
        Some("none") => {
            layer.layer_definition.geometry_type = None;
            layer.feature_set.geometry_type = None;
            let features = &mut layer.feature_set.features;
            features.iter_mut().for_each(|row| row.geometry = None);
            Ok(())
        }
        Some(other) => Err(format!(
            "`locationType` {other:?} needs a geocoding service, which the local service has not; offered are coordinates and none."
        )),
    }
}

/// Makes points of two columns, in longitude and latitude.
fn points(layer: &mut FeatureCollection, latitude: &str, longitude: &str) -> Result<(), String> {
    let column = |name: &str| {
        let mut fields = layer.fields().iter();
        let field = fields.find(|field| field.name.eq_ignore_ascii_case(name));
        field
            .map(|field| field.name.clone())
            .ok_or_else(|| format!("The file has no column {name:?}."))
    };
    let (latitude, longitude) = (column(latitude)?, column(longitude)?);
    for (row, feature) in (1_usize..).zip(&mut layer.feature_set.features) {
        let coordinate = |name: &str, most: f64| match &feature.attributes[name] {
            value if value.is_null() => Ok(None),
            value => {
                let number = value.as_f64().filter(|number| number.abs() <= most);
                let refuse = || format!("Row {row} has no coordinate in {name:?}, but {value}.");
                number.map(Some).ok_or_else(refuse)
            }
        };
        let (y, x) = (coordinate(&latitude, 90.0)?, coordinate(&longitude, 180.0)?);
        feature.geometry = x.zip(y).map(|(x, y)| Point::new(x, y).into());
    }
    layer.layer_definition.geometry_type = Some(arcgis_analysis_types::GeometryType::Point);
    layer.feature_set.geometry_type = layer.layer_definition.geometry_type;
    layer.feature_set.spatial_reference = Some(SpatialReference::WGS84);
    Ok(())
}

/// The fields, which the definition then holds.
fn fields(layer: &mut FeatureCollection) -> &mut Vec<Field> {
    if layer.layer_definition.fields.is_empty() {
        layer.layer_definition.fields = std::mem::take(&mut layer.feature_set.fields);
    }
    &mut layer.layer_definition.fields
}

/// Gives fields the types and aliases that the parameters name.
fn retype(layer: &mut FeatureCollection, wanted: &Value) -> Result<(), String> {
    for wanted in wanted.as_array().into_iter().flatten() {
        let Ok(wanted) = serde_json::from_value::<Field>(wanted.clone()) else {
            continue;
        };
        let own = fields(layer).iter_mut();
        let own = own
            .into_iter()
            .find(|own| own.name.eq_ignore_ascii_case(&wanted.name));
        let Some(own) = own.filter(|_| wanted.field_type != FieldType::Oid) else {
            continue;
        };
        own.alias = wanted.alias.clone().or(own.alias.take());
        if own.field_type == wanted.field_type {
            continue;
        }
        own.field_type = wanted.field_type;
        own.length = match own.field_type {
            FieldType::String => Some(wanted.length.unwrap_or(TEXT_LENGTH)),
            _ => None,
        };
        let own = own.clone();
        for (row, feature) in (1_usize..).zip(&mut layer.feature_set.features) {
            if let Some(value) = feature.attributes.get_mut(&own.name) {
                *value = crate::hosted::fitting(&own, value)
                    .map_err(|problem| format!("Row {row}: {problem}"))?;
            }
        }
    }
    Ok(())
}

/// Brings a layer into the spatial reference that the parameters name.
fn move_to(layer: &mut FeatureCollection, wanted: &Value) -> Result<(), String> {
    if wanted.is_null() || layer.geometry_type().is_none() {
        return Ok(());
    }
    let unread = |problem: String| format!("`targetSR` cannot be used: {problem}.");
    let to: SpatialReference =
        serde_json::from_value(wanted.clone()).map_err(|error| unread(error.to_string()))?;
    let own = layer.spatial_reference().cloned();
    let own = own.unwrap_or(SpatialReference::WGS84);
    let change = ReferenceChange::between(&own, &to).map_err(|error| unread(error.to_string()))?;
    for Feature { geometry, .. } in &mut layer.feature_set.features {
        if let Some(drawn) = geometry.take() {
            let moved = change.geometry(drawn).ok_or_else(|| {
                unread("a feature is too far away from where it is used".to_owned())
            })?;
            *geometry = Some(moved);
        }
    }
    layer.feature_set.spatial_reference = Some(to);
    Ok(())
}
