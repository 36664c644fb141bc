//! Join Features: the attributes of one layer for the features of another.
//!
//! # Method
//!
//! A feature of `joinLayer` matches a target when every attribute relationship holds, and the spatial one if it is given.
//! Values are equal as numbers, or letter for letter as texts; null equals nothing. Edges are straight in the targets'
//! reference, into which the other layer is brought; polygons are repaired (even-odd) to be compared, and targets come back as
//! they were given. The module `relate` says how relationships are told: `Contains` and `Within` take features that touch the
//! border, the complete ones do not; points lie on lines and on each other up to a millimetre.
//! `WithinDistance` measures the shortest distance on the WGS 84 ellipsoid for geographic and Web Mercator data, in the
//! plane otherwise (`proximity`).
//!
//! - `JoinOneToMany` repeats a target for each of its matches, in the order of `joinLayer`.
//! - `JoinOneToOne` keeps one feature a target, with `Join_Count`. With `summaryFields` it has the statistics of all
//!   matches, else the attributes of the first match, by the order of `recordsToMatch` or of the layer: the help of Map Viewer
//!   Classic keeps "the first matching record" by default, and Esri's documentation of its Python client always counts.
//! - `recordsToMatch` with groups, or a `topCount` above 1, keeps the first of each group; a target with several of these
//!   is repeated.
//! - `Left` keeps targets without a match, their joined attributes null and their count 0.
//!
//! # Known differences from the service
//!
//! - Whether ArcGIS regards letter case in attributes is not documented. Here it does matter.
//! - Which match is the first for ArcGIS, the names of the statistics' fields, and what groups of `recordsToMatch` do, are
//!   not documented.

mod matching;

use crate::layer::Layer;
use crate::measure::TOLERANCE;
use crate::prepared::{Prepared, grid_for};
use crate::proximity::{Ground, Nearby};
use crate::refusal::unknown_word;
use crate::relate::{Compared, Relation};
use crate::table::{Table, carried, drawn, renamed};
use crate::tasks::{Computed, Support};
use crate::units::metres;
use crate::{Control, EngineError};
use arcgis_analysis_spatial::choices::DistanceUnits;
use arcgis_analysis_spatial::join_features::{
    JoinFeatures, JoinOperation, JoinType, SpatialRelationship,
};
use arcgis_analysis_types::{
    Attributes, FeatureCollection, FieldType, GeometryKind, ParameterError, ParameterErrorKind,
    Task,
};
use matching::{Choice, Statistics, Values};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering as Atomic};

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: JoinFeatures::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let joined = join_features(&JoinFeatures::from_json(params)?, control)?;
        Ok(vec![("outputLayer", joined.into())])
    },
};

const FIDELITY: &str = "Matches and statistics are exact, distances on the WGS 84 ellipsoid for geographic and Web Mercator data and \
    planar otherwise. Whether ArcGIS regards letter case is not documented; here it matters.";

const TASK: &str = "JoinFeatures";
const COUNT: &str = "Join_Count";

/// The spatial side of a match.
enum Place {
    Anywhere,
    Relation(Relation),
    /// In metres.
    Distance(f64),
}

/// Computes a Join Features task.
///
/// # Errors
/// When a parameter breaks a rule or names a field that is not there or does not fit, when the features do not travel
/// with the call or the layers need a change of spatial reference that is not computed here, and when the analysis was
/// cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, join_features};
/// use arcgis_analysis_spatial::join_features::{JoinFeatures, JoinOperation, SpatialRelationship};
/// use arcgis_analysis_types::FeatureCollection;
///
/// let square = r#"{"type": "Feature", "properties": {"zone": "A"},
///     "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}}"#;
/// let point = r#"{"type": "Feature", "properties": {"name": "a town"},
///     "geometry": {"type": "Point", "coordinates": [0.5, 0.5]}}"#;
/// let (squares, points) = (FeatureCollection::from_geojson(square)?, FeatureCollection::from_geojson(point)?);
/// let task = JoinFeatures::new(points, squares, JoinOperation::JoinOneToOne)
///     .spatial_relationship(SpatialRelationship::Within);
/// let joined = join_features(&task, &Control::new())?;
/// assert_eq!(joined.feature_set.features[0].attributes["zone"], "A");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn join_features(
    task: &JoinFeatures,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    task.check()?;
    let mut target = Layer::read(&task.target_layer, "targetLayer")?;
    let mut join = Layer::read(&task.join_layer, "joinLayer")?;
    let context = target.settled(task.context.as_ref());
    for layer in [&mut target, &mut join] {
        if layer.kind != GeometryKind::Table {
            layer.limit(context.as_ref())?;
        }
    }
    let place = place(task)?;
    let by_value = Values::read(task, &target, &join)?;
    let many = match &task.join_operation {
        JoinOperation::JoinOneToMany => true,
        JoinOperation::JoinOneToOne => false,
        other => return Err(unknown_word(TASK, "joinOperation", other)),
    };
    let keeps_all = match &task.join_type {
        None | Some(JoinType::Inner) => false,
        Some(JoinType::Left) => true,
        Some(other) => return Err(unknown_word(TASK, "joinType", other)),
    };
    let statistics = task
        .summary_fields
        .as_deref()
        .filter(|fields| !fields.is_empty());
    let statistics = statistics
        .map(|fields| Statistics::read(fields, &join))
        .transpose()?;
    let choice = Choice::read(task, &join)?;

    let reference = target.reference.clone();
    let is_table = target.kind == GeometryKind::Table;
    // A table has no places to bring anywhere.
    let out = match is_table {
        true => reference.clone(),
        false => target.out_reference(task.context.as_ref())?,
    };
    let to_out = reference.change_to(&out, "context")?;
    let grid = match place {
        Place::Anywhere => grid_for(&[&target], &reference)?,
        _ => grid_for(&[&target, &join], &reference)?,
    };
    let targets = Prepared::new(&target, &reference, grid, control)?;
    let joins = match place {
        Place::Anywhere => Prepared::index(Vec::new(), reference.coordinates),
        _ => Prepared::new(&join, &reference, grid, control)?,
    };
    let ground = Ground::new(reference.coordinates);
    let same = reference.coordinates.units(TOLERANCE);
    let nearby = match place {
        Place::Distance(_) => Some(Nearby::new(ground, &joins)),
        _ => None,
    };

    let done = AtomicUsize::new(0);
    let total = target.features.len();
    let matches: Vec<Vec<usize>> = (0..total)
        .into_par_iter()
        .map(|index| {
            control.check()?;
            control.progress(done.fetch_add(1, Atomic::Relaxed), total + 1);
            let own = &target.features[index].attributes;
            let solid = &targets.solids[index];
            let found = match &place {
                Place::Anywhere => return Ok(by_value.of(own).unwrap_or_default().to_vec()),
                Place::Relation(relation) => {
                    let mut compared = Compared::new(reference.coordinates, solid).up_to(same);
                    let near = by_value.only(own, joins.near(solid, same));
                    near.into_iter()
                        .filter(|i| compared.is(*relation, &joins.solids[*i]))
                        .collect()
                }
                Place::Distance(limit) => {
                    let also = joins.near(solid, 0.0);
                    let near = nearby.as_ref().map(|nearby| {
                        nearby.within(&targets.outline(index, ground), *limit, &also)
                    });
                    let near = near.into_iter().flatten().map(|(index, _)| index).collect();
                    by_value.only(own, near)
                }
            };
            Ok(found)
        })
        .collect::<Result<_, EngineError>>()?;

    let geometry_type = target.geometry_type();
    let mut added: Vec<&str> = Vec::new();
    if !many {
        added.push(COUNT);
    }
    let statistic_names = statistics
        .as_ref()
        .map(Statistics::names)
        .unwrap_or_default();
    added.extend(statistic_names.iter().map(String::as_str));
    let mut table = Table::new(&added);
    let names = |layer: &Layer, table: &mut Table| -> Vec<(String, String)> {
        layer
            .fields
            .iter()
            .map(|field| (field.name.clone(), table.carry(field)))
            .collect()
    };
    let target_names = names(&target, &mut table);
    if !many {
        table.add(COUNT, FieldType::Integer);
    }
    let join_names = match &statistics {
        Some(statistics) => {
            statistics.add_fields(&mut table);
            Vec::new()
        }
        None => names(&join, &mut table),
    };
    let nothing = Attributes::new();
    for (index, matches) in matches.iter().enumerate() {
        if matches.is_empty() && !keeps_all {
            continue;
        }
        let shape = &target.features[index].shape;
        let drawn = geometry_type.and_then(|wanted| drawn(shape, to_out, wanted));
        let mut row = renamed(target.features[index].attributes, &target_names);
        if !many {
            row.insert(COUNT, matches.len());
        }
        if let Some(statistics) = &statistics {
            statistics.compute(matches, &join, &mut row);
            table.push(drawn, row);
            continue;
        }
        let taken = if many {
            matches.clone()
        } else {
            choice.take(matches, &join)
        };
        if taken.is_empty() {
            row.extend(carried(&nothing, &join_names));
            table.push(drawn, row);
            continue;
        }
        for index in taken {
            let mut row = row.clone();
            row.extend(carried(join.features[index].attributes, &join_names));
            table.push(drawn.clone(), row);
        }
    }
    control.progress(1, 1);
    let shape = geometry_type
        .filter(|_| !is_table)
        .map(|geometry_type| (geometry_type, &out));
    table.finish_as("outputLayer", shape)
}

fn refuse(param: &str, kind: ParameterErrorKind, problem: String) -> EngineError {
    ParameterError::new(kind, TASK, [param], problem).into()
}

fn place(task: &JoinFeatures) -> Result<Place, EngineError> {
    let relation = match &task.spatial_relationship {
        None => return Ok(Place::Anywhere),
        Some(SpatialRelationship::IdenticalTo) => Relation::Identical,
        Some(SpatialRelationship::Intersects) => Relation::Intersects,
        Some(SpatialRelationship::CompletelyContains) => Relation::CompletelyContains,
        Some(SpatialRelationship::CompletelyWithin) => Relation::CompletelyWithin,
        Some(SpatialRelationship::Contains) => Relation::Contains,
        Some(SpatialRelationship::Within) => Relation::Within,
        Some(SpatialRelationship::WithinDistance) => {
            let units = task
                .spatial_relationship_distance_units
                .as_ref()
                .unwrap_or(&DistanceUnits::Miles);
            let distance = task.spatial_relationship_distance.unwrap_or_default();
            return Ok(Place::Distance(
                distance * metres(TASK, "spatialRelationshipDistanceUnits", units)?,
            ));
        }
        Some(other) => return Err(unknown_word(TASK, "spatialRelationship", other)),
    };
    Ok(Place::Relation(relation))
}
