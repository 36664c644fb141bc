//! Find Existing Locations: the features of a layer that meet conditions.
//!
//! # Method
//!
//! Conditions on attributes are SQL where clauses ([`WhereClause`](crate::WhereClause)). `intersects`, `contains` and `within` are
//! told in the reference of the layer that is asked for, with straight edges; features that touch the border are contained.
//! `withinDistance` and `nearest` measure the shortest distance on the WGS 84 ellipsoid for geographic and Web Mercator data,
//! in the plane otherwise. A relation holds if it holds to any feature of the other layer, its opposite if it holds to none;
//! `nearest` takes, for each feature of the other layer, the nearest one, all of them where several are as near. A feature
//! without a geometry meets no condition on its place. Conditions are joined from the first to the last, without precedence
//! of `and`; groups are parentheses.
//!
//! Features come back as they were given. With `clipFeatures` they are cut as Derive New Locations cuts them.
//!
//! # Known differences from the service
//!
//! - All conditions must be about one layer; features of the others are selected by their `filter`. What ArcGIS does with
//!   conditions about several is not documented.
//! - Heights and measures are left out, and features are numbered anew.

use crate::locations::Question;
use crate::tasks::{Computed, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::find_existing_locations::FindExistingLocations;
use arcgis_analysis_types::{FeatureCollection, Task};

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: FindExistingLocations::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let found = find_existing_locations(&FindExistingLocations::from_json(params)?, control)?;
        Ok(vec![("resultLayer", found.into())])
    },
};

const FIDELITY: &str = "Conditions are exact, distances on the WGS 84 ellipsoid for geographic and Web Mercator data and planar \
    otherwise. All conditions must be about one layer. Heights and measures are left out.";

/// Computes a Find Existing Locations task.
///
/// # Errors
/// When a condition names a layer that is not there, several layers are asked for, a where clause cannot be used, the
/// features do not travel with the call or need a change of spatial reference that is not computed here, and when the
/// analysis was cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, find_existing_locations};
/// use arcgis_analysis_spatial::find_existing_locations::FindExistingLocations;
/// use arcgis_analysis_types::{Distance, FeatureCollection, LengthUnits, LocationExpression, LocationExpressions, LocationRelation};
///
/// let town = |name: &str, lon: f64| format!(
///     r#"{{"type": "Feature", "properties": {{"NAME": "{name}"}}, "geometry": {{"type": "Point", "coordinates": [{lon}, 50]}}}}"#);
/// let list = [town("Bonn", 7.1), town("Bern", 7.4), town("Brno", 16.6)].join(",");
/// let towns = FeatureCollection::from_geojson(&format!(r#"{{"type": "FeatureCollection", "features": [{list}]}}"#))?;
/// let here = FeatureCollection::from_geojson(&town("here", 7.0))?;
/// let near = LocationRelation::WithinDistance(Distance::new(50.0, LengthUnits::Kilometers));
/// let conditions = LocationExpressions::new(LocationExpression::attributes(0, "NAME LIKE 'B%'"))
///     .and(LocationExpression::place(0, near, 1));
/// let found = find_existing_locations(&FindExistingLocations::new([towns, here], conditions), &Control::new())?;
/// let names: Vec<_> = found.features().iter().map(|f| &f.attributes["NAME"]).collect();
/// assert_eq!(names, ["Bonn", "Bern"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find_existing_locations(
    task: &FindExistingLocations,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    task.check()?;
    Question {
        task: "FindExistingLocations",
        inputs: &task.input_layers,
        expressions: &task.expressions,
        clip: task.clip_features.unwrap_or(false),
        context: task.context.as_ref(),
    }
    .answer(control)
}
