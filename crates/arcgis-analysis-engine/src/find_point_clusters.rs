//! Find Point Clusters: where points lie close together, and which lie alone.
//!
//! # Method
//!
//! The methods and the fields of their results are those of the page "Density-based Clustering" of ArcGIS Pro's tool
//! reference, and of its page "Find Point Clusters", which names `STABILITY` too. Distances are straight: in the plane of
//! projected data, through the Earth's ellipsoid for geographic and Web Mercator data, as the former says (they are 1 part
//! in 10,000 shorter than geodesics over 300 km). A multipoint lies where the mean of its points does. A point counts among
//! those near it.
//!
//! - DBSCAN (Ester, Kriegel, Sander and Xu 1996): points with `minFeaturesCluster` points within `searchDistance` are the
//!   core of clusters, joined where they are near each other; other points near them are their border, and belong to the
//!   earliest such cluster. Without `searchDistance` it is the greatest distance of a `minFeaturesCluster`-th nearest point,
//!   the top 1 percent of these distances left out.
//! - HDBSCAN (Campello, Moulavi and Sander 2013): the clusters that last longest while the distance shrinks, by the excess
//!   of mass. `PROB` is how firmly a point belongs to its cluster, `OUTLIER` its score as an outlier (GLOSH, Campello and
//!   others 2015), `EXEMPLAR` is 1 for the points at a cluster's densest, and `STABILITY` is the cluster's excess of mass.
//! - OPTICS (Ankerst, Breunig, Kriegel and Sander 1999): points in the order in which they are reached, `REACHORDER`, at the
//!   distance `REACHDIST`, null where none is within `searchDistance` (by default as for DBSCAN). Clusters are valleys whose
//!   sides are steep by xi, with the correction of Schubert and Gertz (2018), the innermost first.
//! - With `timeField` points are near only if they are within `searchTimeInterval` in time as well, in DBSCAN and OPTICS, and
//!   `searchDistance` has no default, as that page says. `MEAN_TIME`, `START_TIME` and `END_TIME` are those of the cluster,
//!   null for noise. A month is 30 days, a year 365.
//!
//! Results have the fields of `analysisLayer`, `SOURCE_ID`, the object ID of the point, `CLUSTER_ID`, counted from 1 in the
//! order of each cluster's first point, -1 for noise, and `COLOR_ID`, from 1 to 8, by which a cluster differs from the seven
//! nearest.
//!
//! # Known differences from the service
//!
//! - How the service numbers and colours clusters is not documented; the partition is the same. Layers that the task has
//!   made have `SOURCE_ID`, `CLUSTER_ID`, `PROB` and `OUTLIER` before any field of `analysisLayer`, whose fields come first here.
//! - How `sensitivity` becomes the steepness xi is not documented: here xi is 1 less a hundredth of it, and 0.05 without it,
//!   where the service chooses by the data.
//! - Distances below a millimetre, ArcGIS's tolerance, count as that in HDBSCAN, so that duplicates weigh much but not
//!   infinitely. Scales of `OUTLIER` and `STABILITY` are those of the papers.
//! - The page gives the fields of clusters' times as Mean Time, Start Time, End Time and Time Exaggeration, but not their
//!   names in the database; the last, a height at which scenes draw points, is left out.
//! - The desktop tool measures in space where points have heights; here they do not count.

mod colours;
mod condensed;
mod dbscan;
mod hdbscan;
mod optics;
mod spans;

use crate::layer::{Layer, Shape};
use crate::overlay::Position;
use crate::prepared::{Placing, grid_for, solid};
use crate::proximity::Ground;
use crate::refusal::unknown_word;
use crate::statistics::{is_numeric, no_such_field};
use crate::table::{Table, begun, carried, geometry, value};
use crate::tasks::{Computed, Support};
use crate::tree::Tree;
use crate::units::pattern_metres;
use crate::{Control, EngineError};
use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
use arcgis_analysis_spatial::find_point_clusters::{FindPointClusters, Method, SearchTimeUnit};
use arcgis_analysis_types::{
    AttributeValue, FeatureCollection, FieldType, GeometryKind, GeometryType, ParameterError,
    ParameterErrorKind, Task,
};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: FindPointClusters::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let clusters = find_point_clusters(&FindPointClusters::from_json(params)?, control)?;
        Ok(vec![("pointClustersResultLayer", clusters.into())])
    },
};

const FIDELITY: &str = "DBSCAN and HDBSCAN find the same clusters but for ties, under numbers and colours of their own. OPTICS \
    orders points in the same way; how the service finds the steepness of its clusters is not documented.";

const TASK: &str = "FindPointClusters";
const SOURCE: &str = "SOURCE_ID";
const CLUSTER: &str = "CLUSTER_ID";
const COLOUR: &str = "COLOR_ID";
/// The mark of a point in no cluster.
const NOISE: i64 = -1;
/// The steepness of a valley's sides where no sensitivity is given.
const STEEPNESS: f64 = 0.05;
/// The part of points whose distances the default search distance covers.
const COVERED: f64 = 0.99;

/// What a method finds.
struct Found {
    /// The cluster of each point, in any numbering.
    clusters: Vec<Option<usize>>,
    /// The method's own fields, and their values for each point.
    fields: Vec<(&'static str, FieldType, Vec<AttributeValue>)>,
}

/// Points and what is near them.
struct Near {
    tree: Tree,
    /// The points' times and how far apart they may be, in milliseconds.
    times: Option<(Vec<f64>, f64)>,
}

impl Near {
    /// Visits the points near one of them, itself included, with the squares of their distances.
    fn visit(&self, index: usize, metres: f64, mut visit: impl FnMut(usize, f64)) {
        let visit = |other: usize, square: f64| {
            let apart = |(times, interval): &(Vec<f64>, f64)| {
                (times[index] - times[other]).abs() > *interval
            };
            if !self.times.as_ref().is_some_and(apart) {
                visit(other, square);
            }
        };
        self.tree.within(index, metres, visit);
    }
}

/// Computes a Find Point Clusters task.
///
/// # Errors
/// When a parameter breaks a rule, names a field that is not there or does not fit, or has no meaning for the method, when
/// the features do not travel with the call or are no points, and when the analysis was cancelled.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, find_point_clusters};
/// use arcgis_analysis_spatial::choices::PatternAnalysisUnits;
/// use arcgis_analysis_spatial::find_point_clusters::FindPointClusters;
/// use arcgis_analysis_types::{Feature, FeatureCollection, Point, SpatialReference};
///
/// // Two heaps of four accidents, and one far away.
/// let places = [0.0, 1.0, 2.0, 3.0, 500.0, 501.0, 502.0, 503.0, 9000.0];
/// let features = places.map(|x| Feature::new(Point::new(x, 0.0), Default::default()));
/// let layer = FeatureCollection::new(SpatialReference::wkid(32633), features.to_vec());
/// let task = FindPointClusters::new(layer, 3)
///     .search_distance(10.0)
///     .search_distance_unit(PatternAnalysisUnits::Meters);
/// let clusters = find_point_clusters(&task, &Control::new())?;
/// let ids: Vec<_> = clusters.features().iter().map(|f| f.attributes["CLUSTER_ID"].clone()).collect();
/// assert_eq!(ids, [1, 1, 1, 1, 2, 2, 2, 2, -1]);
/// # Ok::<(), arcgis_analysis_engine::EngineError>(())
/// ```
pub fn find_point_clusters(
    task: &FindPointClusters,
    control: &Control,
) -> Result<FeatureCollection, EngineError> {
    task.check()?;
    let context = task.context.as_ref();
    let layer = Layer::take(
        &task.analysis_layer,
        "analysisLayer",
        &[GeometryKind::Point, GeometryKind::Table],
        context,
    )?;
    let method = method(task)?;
    let time = time(task, &layer)?;
    let ground = Ground::new(layer.reference.coordinates);
    let mut members = Vec::new();
    let (mut places, mut times) = (Vec::new(), Vec::new());
    for (index, feature) in layer.features.iter().enumerate() {
        let moment = match &time {
            Some((field, _)) => value(feature.attributes, field).as_f64(),
            None => Some(0.0),
        };
        if let (Some(place), Some(moment)) = (middle(&feature.shape), moment) {
            members.push(index);
            places.push(ground.place(place));
            times.push(moment);
        }
    }
    if members.len() < layer.features.len() {
        control.warn(&format!(
            "{} features were left out: they have no geometry, or no time.",
            layer.features.len() - members.len()
        ));
    }
    let least = usize::try_from(task.min_features_cluster).unwrap_or(usize::MAX);
    if members.len() < least {
        control.warn(&format!(
            "There are {} points, fewer than minFeaturesCluster, so none is in a cluster.",
            members.len()
        ));
    }
    let near = Near {
        tree: Tree::new(&places),
        times: time.map(|(_, interval)| (times, interval)),
    };
    control.progress(1, 10);
    let mut found = match method {
        Method::Dbscan => dbscan::find(
            &near,
            least,
            search_distance(task, &near.tree, least, control)?,
            control,
        )?,
        Method::Hdbscan => hdbscan::find(&near.tree, least, control)?,
        _ => {
            let xi = task
                .sensitivity
                .map_or(STEEPNESS, |sensitivity| 1.0 - sensitivity / 100.0);
            optics::find(
                &near,
                least,
                search_distance(task, &near.tree, least, control)?,
                xi,
                control,
            )?
        }
    };
    control.progress(9, 10);
    let (numbers, count) = number(&found.clusters);
    let noise = numbers.iter().filter(|number| number.is_none()).count();
    control.inform(&format!(
        "{count} clusters were found; {noise} points are in none."
    ));
    if let Some((times, _)) = &near.times {
        found.fields.extend(spans::fields(times, &numbers, count));
    }
    let colours = colours::colours(&places, &numbers, count);
    let out = layer.out_reference(context)?;
    let to_out = layer.reference.change_to(&out, "context")?;
    let own: Vec<&str> = found.fields.iter().map(|(name, ..)| *name).collect();
    let mut table = Table::new(&[&[SOURCE, CLUSTER, COLOUR], &own[..]].concat());
    let names: Vec<(String, String)> = layer
        .fields
        .iter()
        .filter(|field| layer.object_id_field.as_ref() != Some(&field.name))
        .map(|field| (field.name.clone(), table.carry(field)))
        .collect();
    table.add(SOURCE, FieldType::Oid);
    table.add(CLUSTER, FieldType::Integer);
    table.add(COLOUR, FieldType::Integer);
    for (name, field_type, _) in &found.fields {
        table.add(name, field_type.clone());
    }
    let grid = grid_for(&[&layer], &layer.reference)?;
    let many = members
        .iter()
        .any(|index| layer.features[*index].shape.positions().nth(1).is_some());
    let geometry_type = if many {
        GeometryType::Multipoint
    } else {
        GeometryType::Point
    };
    let placing = Placing::of(&layer, &layer.reference)?;
    // The rows take more memory than all that they are made of.
    drop((near, places));
    control.check()?;
    let room = table.names().count();
    table.fill(members.par_iter().enumerate().map(|(at, index)| {
        let record = &layer.features[*index];
        let mut row = begun(room);
        row.extend(carried(record.attributes, &names));
        row.insert(SOURCE, layer.object_id(*index));
        let number = numbers[at].map_or(NOISE, |number| number as i64 + 1);
        row.insert(CLUSTER, number);
        let colour = numbers[at].map_or(NOISE, |number| colours[number]);
        row.insert(COLOUR, colour);
        for (name, _, values) in &found.fields {
            row.insert(*name, values[at].clone());
        }
        let mut solid = solid(&record.shape, placing, layer.reference.coordinates, grid);
        solid.change(to_out);
        (geometry(&solid, geometry_type), row)
    }));
    control.progress(1, 1);
    table.finish_as("pointClustersResultLayer", Some((geometry_type, &out)))
}

fn refuse(param: &str, kind: ParameterErrorKind, problem: impl Into<String>) -> EngineError {
    ParameterError::new(kind, TASK, [param], problem.into()).into()
}

/// The method, and whether the other parameters have a meaning for it.
fn method(task: &FindPointClusters) -> Result<Method, EngineError> {
    let method = match &task.method {
        Some(method @ (Method::Dbscan | Method::Hdbscan | Method::Optics)) => method.clone(),
        Some(other) => return Err(unknown_word(TASK, "method", other)),
        None if task.search_distance.is_some() => Method::Dbscan,
        None => Method::Hdbscan,
    };
    let pointless = |param: &str, given: bool, methods: &str| {
        if given {
            let problem = format!("has a meaning for {methods} only; leave it out");
            Err(refuse(param, ParameterErrorKind::Rule, problem))
        } else {
            Ok(())
        }
    };
    let distance = method == Method::Hdbscan && task.search_distance.is_some();
    pointless("searchDistance", distance, "DBSCAN and OPTICS")?;
    let sensitivity = method != Method::Optics && task.sensitivity.is_some();
    pointless("sensitivity", sensitivity, "OPTICS")?;
    Ok(method)
}

/// The field of the points' times and how far apart they may be in milliseconds.
fn time(task: &FindPointClusters, layer: &Layer) -> Result<Option<(String, f64)>, EngineError> {
    let (name, interval) = match (&task.time_field, task.search_time_interval) {
        (None, None) => return Ok(None),
        (Some(name), Some(interval)) => (name, interval),
        (Some(_), None) => {
            let problem = "needs searchTimeInterval; say how near in time points must be";
            return Err(refuse("timeField", ParameterErrorKind::Rule, problem));
        }
        (None, Some(_)) => {
            let problem = "needs timeField; say which field holds the time";
            return Err(refuse(
                "searchTimeInterval",
                ParameterErrorKind::Rule,
                problem,
            ));
        }
    };
    let Some(field) = layer.field(name) else {
        let problem = no_such_field(name, layer);
        return Err(refuse("timeField", ParameterErrorKind::NotAChoice, problem));
    };
    if field.field_type != FieldType::Date && !is_numeric(field) {
        let problem = format!(
            "names the field `{}`, which holds no times; give a date, or numbers in milliseconds since 1970",
            field.name
        );
        return Err(refuse("timeField", ParameterErrorKind::WrongType, problem));
    }
    let seconds = match &task.search_time_unit {
        Some(SearchTimeUnit::Seconds) => 1.0,
        Some(SearchTimeUnit::Minutes) => 60.0,
        Some(SearchTimeUnit::Hours) => 3600.0,
        Some(SearchTimeUnit::Days) => 86_400.0,
        Some(SearchTimeUnit::Weeks) => 7.0 * 86_400.0,
        Some(SearchTimeUnit::Months) => 30.0 * 86_400.0,
        Some(SearchTimeUnit::Years) => 365.0 * 86_400.0,
        _ => {
            let problem = "names a unit of time that is not known here; use Seconds, Minutes, Hours, Days, Weeks, Months or Years";
            return Err(refuse(
                "searchTimeUnit",
                ParameterErrorKind::NotAChoice,
                problem,
            ));
        }
    };
    if task.search_distance.is_none() {
        let problem = "needs searchDistance; say how near in space points must be, which has no default where time counts";
        return Err(refuse("timeField", ParameterErrorKind::Rule, problem));
    }
    Ok(Some((field.name.clone(), interval * seconds * 1000.0)))
}

/// The distance that is asked for, or else the one that suits, in metres.
fn search_distance(
    task: &FindPointClusters,
    tree: &Tree,
    least: usize,
    control: &Control,
) -> Result<f64, EngineError> {
    if let Some(distance) = task.search_distance {
        let units = task.search_distance_unit.as_ref();
        let units = units.unwrap_or(&PatternAnalysisUnits::Miles);
        return Ok(distance * pattern_metres(TASK, "searchDistanceUnit", units)?);
    }
    let metres = default_distance(tree, least, control)?;
    control.inform(&format!("The search distance is {metres:.3} metres."));
    Ok(metres)
}

/// Where a feature is seen: the mean of its points.
fn middle(shape: &Shape) -> Option<Position> {
    match shape {
        Shape::Points(points) if !points.is_empty() => {
            let count = points.len() as f64;
            Some([0, 1].map(|i| points.iter().map(|p| p[i]).sum::<f64>() / count))
        }
        _ => None,
    }
}

/// The distance within which nearly all points have so many points, themselves included.
fn default_distance(tree: &Tree, count: usize, control: &Control) -> Result<f64, EngineError> {
    let mut distances = tree.reaches(count, control)?;
    distances.sort_by(f64::total_cmp);
    let rank = (COVERED * distances.len() as f64).ceil() as usize;
    Ok(distances
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(0.0))
}

/// Clusters numbered from 0 by their first points, and how many there are.
fn number(clusters: &[Option<usize>]) -> (Vec<Option<usize>>, usize) {
    let mut numbers = FxHashMap::default();
    let numbered = clusters.iter().map(|cluster| {
        cluster.map(|cluster| {
            let next = numbers.len();
            *numbers.entry(cluster).or_insert(next)
        })
    });
    (numbered.collect(), numbers.len())
}

/// The sets of a partition, joined step by step.
struct Sets(Vec<u32>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count as u32).collect())
    }

    fn of(&mut self, mut member: usize) -> usize {
        while self.0[member] as usize != member {
            self.0[member] = self.0[self.0[member] as usize];
            member = self.0[member] as usize;
        }
        member
    }

    /// Joins the sets of two members under the lesser root.
    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        self.0[a.max(b)] = a.min(b) as u32;
    }
}
