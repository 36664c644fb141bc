//! Geometries that a query asks with, and how those of an answer are brought into shape.

use super::generalize::generalize;
use super::query::Query;
use crate::error::Fault;
use arcgis_analysis_engine::{Control, ReferenceChange, find_centroids};
use arcgis_analysis_spatial::find_centroids::FindCentroids;
use arcgis_analysis_types::{
    AttributeValue, Extent, Feature, FeatureCollection, Geometry, Point, SpatialReference,
};
use serde_json::Value;

/// Reads the `geometry` of a query, in JSON or as a list of two or four numbers.
///
/// # Errors
/// When it is neither, or of another type than the query says.
pub(super) fn read(text: &str, geometry_type: Option<&str>) -> Result<Geometry, Fault> {
    let refuse = |problem: &str| Fault::bad_request(format!("`geometry` {problem}"));
    let known = [
        "esriGeometryPoint",
        "esriGeometryMultipoint",
        "esriGeometryPolyline",
        "esriGeometryPolygon",
        "esriGeometryEnvelope",
    ];
    // As ArcGIS has it, a geometry without a type is a rectangle.
    let geometry_type = geometry_type.unwrap_or("esriGeometryEnvelope");
    if !known.contains(&geometry_type) {
        return Err(Fault::bad_request(format!(
            "`geometryType` {geometry_type:?} is not one of {}",
            known.join(", ")
        )));
    }
    if !text.trim_start().starts_with('{') {
        let numbers: Result<Vec<f64>, _> = text
            .split(',')
            .map(|number| number.trim().parse())
            .collect();
        return match numbers.as_deref() {
            Ok(&[x, y]) => Ok(Point::new(x, y).into()),
            Ok(&[xmin, ymin, xmax, ymax]) => Ok(rectangle(xmin, ymin, xmax, ymax)),
            _ => Err(refuse(
                "is neither JSON nor two or four numbers parted by commas",
            )),
        };
    }
    let parsed: Geometry = serde_json::from_str::<Value>(text)
        .and_then(serde_json::from_value)
        .map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    // A rectangle is read as the polygon of its corners.
    let fits = match &parsed {
        Geometry::Point(_) => geometry_type == "esriGeometryPoint",
        Geometry::Multipoint(_) => geometry_type == "esriGeometryMultipoint",
        Geometry::Polyline(_) => geometry_type == "esriGeometryPolyline",
        _ => ["esriGeometryPolygon", "esriGeometryEnvelope"].contains(&geometry_type),
    };
    if !fits {
        return Err(refuse(&format!("is not of the type {geometry_type}")));
    }
    Ok(parsed)
}

fn rectangle(xmin: f64, ymin: f64, xmax: f64, ymax: f64) -> Geometry {
    // Without any width or height there is no area that could be shared.
    match (xmin == xmax, ymin == ymax) {
        (true, true) => Point::new(xmin, ymin).into(),
        _ => Geometry::from(
            Extent {
                xmin,
                ymin,
                xmax,
                ymax,
                spatial_reference: None,
            }
            .to_polygon(),
        ),
    }
}

/// Reads a spatial reference: an ID, or JSON.
///
/// # Errors
/// When it is neither.
pub(super) fn reference(name: &str, text: &str) -> Result<SpatialReference, Fault> {
    let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    serde_json::from_value(value)
        .map_err(|error| Fault::bad_request(format!("`{name}` cannot be read: {error}")))
}

/// How features get into the spatial reference of the answer.
///
/// # Errors
/// When that change is not computed here.
pub(super) fn change(
    from: &SpatialReference,
    to: &SpatialReference,
) -> Result<ReferenceChange, Fault> {
    ReferenceChange::between(from, to).map_err(|error| Fault::bad_request(error.to_string()))
}

/// Moves a geometry into the spatial reference of the answer, draws it as coarsely as is allowed, and rounds it; none where
/// it has no place there.
pub(super) fn moved(
    geometry: &Geometry,
    change: ReferenceChange,
    query: &Query,
) -> Option<Geometry> {
    let mut geometry = change.geometry(geometry.clone())?;
    if let Some(offset) = query.allowed_offset {
        generalize(&mut geometry, offset);
    }
    for position in geometry.positions_mut() {
        if let Some(digits) = query.precision {
            let scale = 10_f64.powi(digits);
            position.x = (position.x * scale).round() / scale;
            position.y = (position.y * scale).round() / scale;
        }
    }
    Some(geometry)
}

/// The centre of each feature, in the plane of its coordinates; none where it has no geometry.
///
/// # Errors
/// When a geometry cannot be read.
pub(super) fn centres(
    features: &[Feature],
    reference: &SpatialReference,
) -> Result<Vec<Option<Geometry>>, Fault> {
    let shapes = features.iter().enumerate().map(|(at, feature)| Feature {
        geometry: feature.geometry.clone(),
        attributes: [("at", at)].into_iter().collect(),
    });
    let shapes = FeatureCollection::new(reference.clone(), shapes.collect());
    let found = find_centroids(&FindCentroids::new(shapes), &Control::new())
        .map_err(|error| Fault::bad_request(error.to_string()))?;
    let mut centres = vec![None; features.len()];
    for centre in found.features() {
        let at = centre.attributes.get("at").and_then(AttributeValue::as_u64);
        if let (Some(at), Some(Geometry::Point(point))) = (at, &centre.geometry) {
            let point = Point::new(point.position.x, point.position.y);
            if let Some(place) = centres.get_mut(at as usize) {
                *place = Some(point.into());
            }
        }
    }
    Ok(centres)
}

/// A rectangle around another one in another spatial reference; none where a part of it has no place there.
pub(super) fn moved_extent(
    extent: &Extent,
    change: ReferenceChange,
    to: &SpatialReference,
) -> Option<Extent> {
    let mut moved = change.extent(extent)?;
    moved.spatial_reference = Some(to.clone());
    Some(moved)
}

/// A rectangle in longitude and latitude, if that is computed here.
pub(super) fn to_degrees(extent: &Extent) -> Option<Extent> {
    let from = extent.spatial_reference.as_ref()?;
    let change = ReferenceChange::between(from, &SpatialReference::WGS84).ok()?;
    moved_extent(extent, change, &SpatialReference::WGS84)
}
