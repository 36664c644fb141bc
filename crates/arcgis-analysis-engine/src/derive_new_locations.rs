//! Derive New Locations: the parts of features that meet conditions.
//!
//! # Method
//!
//! Conditions are those of Find Existing Locations, and features are cut by some of them: `intersects` leaves what a feature
//! has in common with the features of the other layer, `withinDistance` what lies in the buffers around them, their opposites
//! what lies outside. `and` leaves what meets both, `or` what meets either, as one feature with the attributes of the one that
//! it is a part of. Conditions on attributes, `contains`, `within` and `nearest` take or leave the whole feature, as does
//! `intersects` with a layer of a lower dimension, such as lines in polygons.
//!
//! Polygons are repaired (even-odd) and combined on one 64-bit grid, with straight edges in the reference of the layer that is
//! asked for; buffers are those of Create Buffers.
//!
//! # Known differences from the service
//!
//! - Which relations cut features is not documented.
//! - Heights and measures are left out, and features are numbered anew.

use crate::locations::Question;
use crate::tasks::{Computed, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::derive_new_locations::DeriveNewLocations;
use arcgis_analysis_types::{
    FeatureCollection, GeometryKind, LocationExpression, LocationExpressions, Task,
};

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: DeriveNewLocations::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let derived = derive_new_locations(&DeriveNewLocations::from_json(params)?, control)?;
        Ok(vec![("resultLayer", derived.into())])
    },
};

const FIDELITY: &str = "`intersects`, `withinDistance` and their opposites cut features, other conditions take or leave them whole, which \
    ArcGIS does not document. Heights and measures are left out.";

/// Computes a Derive New Locations task.
///
/// # Errors
/// When the layer that is asked for holds points, a condition names a layer that is not there, several layers are asked for,
/// a where clause cannot be used, the features do not travel with the call or need a change of spatial reference that is
/// not computed here, and when the analysis was cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, derive_new_locations};
/// use arcgis_analysis_spatial::derive_new_locations::DeriveNewLocations;
/// use arcgis_analysis_types::{FeatureCollection, LocationExpression, LocationRelation};
///
/// let square = |x: i32| FeatureCollection::from_geojson(&format!(
///     r#"{{"type": "Feature", "properties": {{}}, "geometry": {{"type": "Polygon", "coordinates":
///         [[[{x}, 0], [{}, 0], [{}, 2], [{x}, 2], [{x}, 0]]]}}}}"#, x + 2, x + 2));
/// let outside = LocationExpression::place(0, LocationRelation::NotIntersects, 1);
/// let derived = derive_new_locations(&DeriveNewLocations::new([square(0)?, square(1)?], outside), &Control::new())?;
/// assert_eq!(derived.features().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn derive_new_locations(
    task: &DeriveNewLocations,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    task.check()?;
    let target = layer(&task.expressions).and_then(|layer| task.input_layers.get(layer as usize));
    let kind = target
        .and_then(|input| input.collection())
        .and_then(|collection| collection.geometry_type())
        .map(|geometry_type| geometry_type.kind());
    if kind == Some(GeometryKind::Point) {
        return Err(EngineError::input(
            "inputLayers",
            "asks for parts of points, which have none; use Find Existing Locations (AO_100328)",
        ));
    }
    Question {
        task: "DeriveNewLocations",
        inputs: &task.input_layers,
        expressions: &task.expressions,
        clip: true,
        context: task.context.as_ref(),
    }
    .answer(control)
}

/// The layer that the first condition asks for.
fn layer(expressions: &LocationExpressions) -> Option<u32> {
    match expressions.items().next()?.1 {
        LocationExpression::Attributes { layer, .. } | LocationExpression::Place { layer, .. } => {
            Some(*layer)
        }
        LocationExpression::Group(group) => layer(group),
        _ => None,
    }
}
