//! The answer to a query: features, numbers of features, a count, a rectangle, or statistics.

use super::query::{Format, Query, Wanted};
use super::{description, geometry, pbf, statistics};
use crate::error::Fault;
use crate::hosted::Layer;
use arcgis_analysis_types::{
    Extent, Feature, FeatureCollection, FeatureSet, GeometryType, SpatialReference,
};
use axum::body::Bytes;
use serde_json::{Value, json};

/// An answer that is ready to be sent.
#[derive(Debug)]
pub(crate) enum Answer {
    /// JSON, whether Esri's or GeoJSON.
    Json(Value),
    /// Esri's protocol buffers.
    Pbf(Bytes),
}

/// A page of features or rows.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) id_field: String,
    pub(super) geometry_type: Option<GeometryType>,
    pub(super) reference: SpatialReference,
    pub(super) fields: Vec<Value>,
    pub(super) features: Vec<Feature>,
    /// Whether there are more.
    pub(super) more: bool,
}

/// Answers a query whose features are at these places.
///
/// # Errors
/// When the features cannot be brought into the spatial reference or the format that is asked for.
pub(super) fn answer(layer: &Layer, query: &Query, places: Vec<usize>) -> Result<Answer, Fault> {
    let pbf = query.format == Format::Pbf;
    match &query.wanted {
        Wanted::Count if pbf => Ok(Answer::Pbf(pbf::count(places.len()))),
        Wanted::Count => Ok(Answer::Json(json!({ "count": places.len() }))),
        Wanted::Ids => {
            let ids: Vec<i64> = places
                .iter()
                .filter_map(|place| layer.number(*place))
                .collect();
            match pbf {
                true => Ok(Answer::Pbf(pbf::ids(&layer.id_field, &ids))),
                false => Ok(Answer::Json(
                    json!({ "objectIdFieldName": layer.id_field, "objectIds": ids }),
                )),
            }
        }
        Wanted::Extent { count } => {
            let extent = extent(layer, query, &places)?;
            if pbf {
                return Ok(Answer::Pbf(pbf::extent(extent.as_ref(), places.len())));
            }
            // Where there is nothing, ArcGIS writes a rectangle of NaN.
            let mut answer = json!({ "extent": extent.map_or_else(
                || json!({ "xmin": "NaN", "ymin": "NaN", "xmax": "NaN", "ymax": "NaN", "spatialReference": query.reference }),
                |extent| json!(extent),
            ) });
            if *count {
                answer["count"] = places.len().into();
            }
            Ok(Answer::Json(answer))
        }
        Wanted::Statistics { all, groups } => {
            let rows = statistics::rows(layer, query, all, groups, &places);
            let fields = statistics::fields(layer, all, groups);
            write(table(layer, query, rows, fields), query.format)
        }
        Wanted::Distinct => {
            let rows = statistics::distinct(layer, query, &places);
            write(table(layer, query, rows, told(layer, query)), query.format)
        }
        Wanted::Features => write(features(layer, query, &places)?, query.format),
    }
}

fn extent(layer: &Layer, query: &Query, places: &[usize]) -> Result<Option<Extent>, Fault> {
    let Some(extent) = layer.extent(places.iter().copied()) else {
        return Ok(None);
    };
    let change = geometry::change(&layer.reference(), &query.reference)?;
    Ok(Some(geometry::moved_extent(
        extent,
        change,
        &query.reference,
    )))
}

/// The fields that the query asks for, described.
fn told(layer: &Layer, query: &Query) -> Vec<Value> {
    let mut fields = description::fields(layer);
    fields.retain(|field| query.fields.iter().any(|name| field["name"] == **name));
    fields
}

fn table(layer: &Layer, query: &Query, rows: Vec<Feature>, fields: Vec<Value>) -> Page {
    let more = rows.len() > query.offset.saturating_add(query.most);
    Page {
        id_field: layer.id_field.clone(),
        geometry_type: None,
        reference: query.reference.clone(),
        fields,
        features: rows
            .into_iter()
            .skip(query.offset)
            .take(query.most)
            .collect(),
        more,
    }
}

fn features(layer: &Layer, query: &Query, places: &[usize]) -> Result<Page, Fault> {
    let geometry_type = layer.geometry_type().filter(|_| query.with_geometry);
    let change = match geometry_type {
        Some(_) => Some(geometry::change(&layer.reference(), &query.reference)?),
        None => None,
    };
    let all = layer.features.features();
    let page = places
        .iter()
        .skip(query.offset)
        .take(query.most)
        .map(|place| {
            let feature = &all[*place];
            Feature {
                geometry: change
                    .zip(feature.geometry.as_ref())
                    .map(|(change, geometry)| geometry::moved(geometry, change, query.precision)),
                attributes: statistics::picked(&feature.attributes, &query.fields),
            }
        });
    Ok(Page {
        id_field: layer.id_field.clone(),
        geometry_type,
        reference: query.reference.clone(),
        fields: told(layer, query),
        features: page.collect(),
        more: places.len() > query.offset.saturating_add(query.most),
    })
}

fn write(page: Page, format: Format) -> Result<Answer, Fault> {
    match format {
        Format::Pbf => Ok(Answer::Pbf(pbf::features(&page))),
        Format::Json => Ok(Answer::Json(esri_json(&page))),
        Format::GeoJson => geojson(page).map(Answer::Json),
    }
}

fn esri_json(page: &Page) -> Value {
    let mut answer = json!({
        "objectIdFieldName": page.id_field,
        "uniqueIdField": { "name": page.id_field, "isSystemMaintained": true },
        "globalIdFieldName": "",
        "fields": page.fields,
        "features": page.features.iter().map(|feature| json!(feature)).collect::<Vec<_>>(),
    });
    if let Some(geometry_type) = page.geometry_type {
        answer["geometryType"] = json!(geometry_type);
        answer["spatialReference"] = json!(page.reference);
    }
    if page.more {
        answer["exceededTransferLimit"] = true.into();
    }
    answer
}

fn geojson(page: Page) -> Result<Value, Fault> {
    let more = page.more;
    let collection = FeatureCollection {
        feature_set: FeatureSet {
            geometry_type: page.geometry_type,
            spatial_reference: Some(page.reference),
            object_id_field: Some(page.id_field),
            features: page.features,
            ..FeatureSet::default()
        },
        ..FeatureCollection::default()
    };
    let mut answer = collection
        .to_geojson()
        .map_err(|error| Fault::bad_request(error.to_string()))?;
    if more {
        // Older servers say it beside the features, newer ones within properties.
        answer["exceededTransferLimit"] = true.into();
        answer["properties"] = json!({ "exceededTransferLimit": true });
    }
    Ok(answer)
}
