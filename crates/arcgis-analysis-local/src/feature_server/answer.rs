//! The answer to a query: features, numbers of features, a count, a rectangle, or statistics.

use super::quantize::Steps;
use super::query::{Format, Query, Wanted};
use super::{description, geometry, pbf, statistics};
use crate::error::Fault;
use crate::hosted::Layer;
use arcgis_analysis_types::{
    Extent, Feature, FeatureCollection, FeatureSet, Geometry, GeometryType, SpatialReference,
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
    /// The centre of each feature, where these are asked for.
    pub(super) centres: Vec<Option<Geometry>>,
    /// The grid onto which coordinates are brought.
    pub(super) steps: Option<Steps>,
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
        Wanted::Count => Ok(count(places.len(), query.format)),
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
        Wanted::Statistics(wanted) => {
            let rows = statistics::rows(layer, query, wanted, &places);
            let fields = statistics::fields(layer, wanted);
            table(layer, query, rows, fields)
        }
        Wanted::Distinct => {
            let rows = statistics::distinct(layer, query, &places);
            table(layer, query, rows, told(layer, query))
        }
        Wanted::Features => write(features(layer, query, &places)?, query.format),
    }
}

fn extent(layer: &Layer, query: &Query, places: &[usize]) -> Result<Option<Extent>, Fault> {
    let Some(extent) = layer.extent(places.iter().copied()) else {
        return Ok(None);
    };
    let change = geometry::change(&layer.reference(), &query.reference)?;
    Ok(geometry::moved_extent(&extent, change, &query.reference))
}

/// The fields that the query asks for, described.
fn told(layer: &Layer, query: &Query) -> Vec<Value> {
    let mut fields = description::fields(layer);
    fields.retain(|field| query.fields.iter().any(|name| field["name"] == **name));
    fields
}

fn count(count: usize, format: Format) -> Answer {
    match format {
        Format::Pbf => Answer::Pbf(pbf::count(count)),
        _ => Answer::Json(json!({ "count": count })),
    }
}

/// The part of what is found that is told, and whether there is more.
fn page<T>(query: &Query, found: impl ExactSizeIterator<Item = T>) -> (Vec<T>, bool) {
    let more = found.len() > query.offset.saturating_add(query.most);
    let most = if more && !query.some_of_many {
        0
    } else {
        query.most
    };
    (found.skip(query.offset).take(most).collect(), more)
}

fn table(
    layer: &Layer,
    query: &Query,
    rows: Vec<Feature>,
    fields: Vec<Value>,
) -> Result<Answer, Fault> {
    if query.rows_counted {
        return Ok(count(rows.len(), query.format));
    }
    let (features, more) = page(query, rows.into_iter());
    let page = Page {
        id_field: layer.id_field.clone(),
        geometry_type: None,
        reference: query.reference.clone(),
        fields,
        features,
        centres: Vec::new(),
        steps: None,
        more,
    };
    write(page, query.format)
}

fn features(layer: &Layer, query: &Query, places: &[usize]) -> Result<Page, Fault> {
    let geometry_type = layer
        .geometry_type()
        .filter(|_| query.with_geometry || query.with_centre);
    let change = match geometry_type {
        Some(_) => Some(geometry::change(&layer.reference(), &query.reference)?),
        None => None,
    };
    let all = layer.features.features();
    let (told_places, more) = page(query, places.iter());
    let moved = |place: &usize| {
        let feature = &all[*place];
        Feature {
            geometry: change
                .zip(feature.geometry.as_ref())
                .and_then(|(change, geometry)| geometry::moved(geometry, change, query)),
            attributes: statistics::picked(&feature.attributes, &query.fields),
        }
    };
    let mut features: Vec<Feature> = told_places.into_iter().map(moved).collect();
    let centres = match query.with_centre {
        true => geometry::centres(&features, &query.reference)?,
        false => Vec::new(),
    };
    if !query.with_geometry {
        features
            .iter_mut()
            .for_each(|feature| feature.geometry = None);
    }
    Ok(Page {
        id_field: layer.id_field.clone(),
        geometry_type: geometry_type.filter(|_| query.with_geometry),
        reference: query.reference.clone(),
        fields: told(layer, query),
        features,
        centres,
        steps: query.steps,
        more,
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
        "features": page.features.iter().enumerate().map(|(at, feature)| esri_feature(page, at, feature)).collect::<Vec<_>>(),
    });
    if let Some(geometry_type) = page.geometry_type {
        answer["geometryType"] = json!(geometry_type);
        answer["spatialReference"] = json!(page.reference);
    }
    if let Some(steps) = page.steps {
        answer["transform"] = steps.to_json();
    }
    if page.more {
        answer["exceededTransferLimit"] = true.into();
    }
    answer
}

fn esri_feature(page: &Page, at: usize, feature: &Feature) -> Value {
    let mut written = json!({ "attributes": feature.attributes });
    if let Some(geometry) = &feature.geometry {
        written["geometry"] = match page.steps {
            Some(steps) => steps.json(geometry).into(),
            None => json!(geometry),
        };
    }
    if let Some(Some(centre)) = page.centres.get(at) {
        written["centroid"] = match page.steps {
            Some(steps) => steps.json(centre).into(),
            None => json!(centre),
        };
    }
    written
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
