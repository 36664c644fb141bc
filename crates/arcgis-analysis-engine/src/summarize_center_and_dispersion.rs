//! Summarize Center And Dispersion: where features are, and how they spread.
//!
//! # Method
//!
//! A line counts by the centroid of its length, a polygon by that of its area, a multipoint by its mean. Places are brought
//! into the reference of the result first, and each group of `groupField` is summed up by itself, in the order in which
//! groups appear. A feature counts as often as `weightField` says; one whose weight is null or not greater than 0 is left
//! out, and so is one without a geometry.
//!
//! - `CentralFeature` is the feature from which the distances to all others, times their weights, have the least sum; among
//!   equals the first. Distances are geodesic on the WGS 84 ellipsoid for geographic and Web Mercator data.
//! - `MeanCenter` is the mean of x and that of y.
//! - `MedianCenter` is the place of the least sum of distances, geodesic for geographic and Web Mercator data, by
//!   Weiszfeld's algorithm with the step of Vardi and Zhang ("The multivariate L1-median and associated data depth", PNAS
//!   2000), which does not get stuck at a feature. Where it is not unique it is one of them.
//! - `Ellipse` is the standard deviational ellipse that ArcGIS's page "How Directional Distribution works" defines: around
//!   the mean centre, its axes the directions of greatest and least variance (divided by the sum of weights), its radii the
//!   roots of twice the variances, times the number of `ellipseSize`. So one holds 63, two 98 and three more than 99 percent
//!   of places that are normally distributed, as the page "Directional Distribution" says. It has 360 vertices.
//!
//! Central features have `SOURCE_ID`, their object ID, and their attributes. The other layers have `groupField`, and `XCoord` and `YCoord`, or `CenterX`,
//! `CenterY`, `XStdDist`, `YStdDist` (the longer) and `Rotation`, the direction of the longer axis clockwise from north in
//! degrees. Coordinates and standard distances are in the unit of the result's reference.
//!
//! # Known differences from the service
//!
//! - In what plane ArcGIS takes means and ellipses of geographic data is not documented; here it is that of the
//!   coordinates, in which places are seen together across the widest gap between their longitudes (`frame`). Of Web
//!   Mercator data it is that of the coordinates there too: ellipses of continental size that the service published in it
//!   lie around the mean centre to the tenth of a millimetre in x and in y, and those of two and three standard deviations are
//!   twice and three times as large.
//! - The names of the fields are those in layers that the task has made. Its central features have `SOURCE_ID` and
//!   `groupField` alone, without their other attributes.

mod centres;

use crate::chart::Chart;
use crate::find_centroids::{centre, grid_of};
use crate::frame::Frame;
use crate::group::{group_by, key};
use crate::layer::{Layer, SHAPES};
use crate::overlay::{Position, Region};
use crate::prepared::Solid;
use crate::refusal::{numeric_field, unknown_word};
use crate::spatial_reference::{Change, Coordinates, Reference};
use crate::statistics::no_such_field;
use crate::table::{Table, drawn, geometry, renamed, value};
use crate::tasks::{Computed, Support};
use crate::{Control, EngineError};
use arcgis_analysis_spatial::summarize_center_and_dispersion::{
    EllipseSize, SummarizeCenterAndDispersion, SummarizeType,
};
use arcgis_analysis_types::{
    Attributes, FeatureCollection, Field, FieldType, GeometryType, ParameterError,
    ParameterErrorKind, Point, Task,
};
use centres::{Ellipse, Weighted, central, ellipse, mean, median};

/// Its door in [`tasks`](crate::tasks).
pub(crate) const COMPUTED: Computed = Computed {
    meta: SummarizeCenterAndDispersion::META,
    support: Support::Approximate(FIDELITY),
    run: |params, control| {
        let task = SummarizeCenterAndDispersion::from_json(params)?;
        let found = summarize_center_and_dispersion(&task, control)?;
        let layers = [
            ("centralFeatureResultLayer", found.central_features),
            ("meanCenterResultLayer", found.mean_centers),
            ("medianCenterResultLayer", found.median_centers),
            ("ellipseResultLayer", found.ellipses),
        ];
        Ok(layers
            .into_iter()
            .filter_map(|(name, layer)| Some((name, layer?.into())))
            .collect())
    },
};

const FIDELITY: &str = "Central features and median centres are exact, by geodesic distances for geographic and Web Mercator data. \
    Means and ellipses are exact in the plane of the result's coordinates, which for Web Mercator is that of the service; which \
    plane it takes for geographic data is not documented.";

const TASK: &str = "SummarizeCenterAndDispersion";
/// The field of a central feature's object ID.
const SOURCE: &str = "SOURCE_ID";
const PLACE: [&str; 2] = ["XCoord", "YCoord"];
const SPREAD: [&str; 5] = ["CenterX", "CenterY", "XStdDist", "YStdDist", "Rotation"];
/// The vertices of an ellipse.
const VERTICES: u32 = 360;

/// What Summarize Center And Dispersion gives back: what was asked for.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::{Control, summarize_center_and_dispersion};
/// use arcgis_analysis_spatial::summarize_center_and_dispersion::{SummarizeCenterAndDispersion, SummarizeType};
/// use arcgis_analysis_types::{FeatureCollection, Geometry, Point, SpatialReference};
///
/// let thefts = [(0.0, 0.0), (4.0, 0.0), (2.0, 9.0)].map(|(x, y)| {
///     arcgis_analysis_types::Feature::new(Point::new(x, y), Default::default())
/// });
/// let layer = FeatureCollection::new(SpatialReference::wkid(32633), thefts.to_vec());
/// let task = SummarizeCenterAndDispersion::new(layer, [SummarizeType::MeanCenter]);
/// let found = summarize_center_and_dispersion(&task, &Control::new())?;
/// let means = found.mean_centers.expect("they were asked for");
/// assert_eq!(means.features()[0].geometry, Some(Geometry::from(Point::new(2.0, 3.0))));
/// assert_eq!(found.ellipses, None);
/// # Ok::<(), arcgis_analysis_engine::EngineError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CenterAndDispersion {
    /// The central features: the result `centralFeatureResultLayer`.
    pub central_features: Option<FeatureCollection>,
    /// The mean centres: the result `meanCenterResultLayer`.
    pub mean_centers: Option<FeatureCollection>,
    /// The median centres: the result `medianCenterResultLayer`.
    pub median_centers: Option<FeatureCollection>,
    /// The ellipses: the result `ellipseResultLayer`.
    pub ellipses: Option<FeatureCollection>,
}

/// Computes a Summarize Center And Dispersion task.
///
/// # Errors
/// When a field is not there or does not fit, when the features do not travel with the call or need a change of spatial
/// reference that is not computed here, and when the analysis was cancelled.
///
/// # Examples
///
/// See [`CenterAndDispersion`].
pub fn summarize_center_and_dispersion(
    task: &SummarizeCenterAndDispersion,
    control: &Control,
) -> Result<CenterAndDispersion, EngineError> {
    task.check()?;
    let layer = Layer::take(
        &task.analysis_layer,
        "analysisLayer",
        &SHAPES,
        task.context.as_ref(),
    )?;
    let out = layer.out_reference(task.context.as_ref())?;
    let change = layer.reference.change_to(&out, "context")?;
    let wanted = Wanted::read(task)?;
    let size = match &task.ellipse_size {
        None | Some(EllipseSize::One) => 1.0,
        Some(EllipseSize::Two) => 2.0,
        Some(EllipseSize::Three) => 3.0,
        Some(other) => return Err(unknown_word(TASK, "ellipseSize", other)),
    };
    let group_field = task
        .group_field
        .as_deref()
        .map(|name| group_field(name, &layer))
        .transpose()?;
    let places = places(task, &layer, change, &out, control)?;
    let groups = group_by(places.into_iter().map(|place| {
        let key = group_field.map_or_else(String::new, |field| {
            key(value(layer.features[place.feature].attributes, &field.name))
        });
        (key, place)
    }));

    let shapes = Shapes {
        layer: &layer,
        out: &out,
        change,
        group_field,
    };
    let mut tables = shapes.tables();
    let mut flat = 0;
    for (done, group) in groups.iter().enumerate() {
        control.progress(done, groups.len() + 1);
        let group = &together(group, out.coordinates)[..];
        let first = group[0].feature;
        if wanted.central {
            let feature = central(group, out.coordinates, control)?;
            shapes.push_central(&mut tables.central, feature);
        }
        if wanted.mean {
            shapes.push_place(&mut tables.mean, first, shapes.wrap(mean(group)));
        }
        if wanted.median {
            let place = median(group, out.coordinates, control)?;
            shapes.push_place(&mut tables.median, first, place);
        }
        if wanted.ellipse {
            match ellipse(group) {
                Some(found) => shapes.push_ellipse(&mut tables.ellipse, first, &found, size),
                None => flat += 1,
            }
        }
    }
    if flat > 0 {
        control.warn(&format!(
            "{flat} groups have no ellipse: all of their features lie on one line."
        ));
    }
    control.progress(1, 1);
    let points = (GeometryType::Point, &out);
    let own_type = layer.geometry_type().unwrap_or(GeometryType::Point);
    let finish = |wanted: bool, table: Table, name: &str, shape| {
        wanted
            .then(|| table.finish_as(name, Some(shape)))
            .transpose()
    };
    Ok(CenterAndDispersion {
        central_features: finish(
            wanted.central,
            tables.central.0,
            "centralFeatureResultLayer",
            (own_type, &out),
        )?,
        mean_centers: finish(wanted.mean, tables.mean.0, "meanCenterResultLayer", points)?,
        median_centers: finish(
            wanted.median,
            tables.median.0,
            "medianCenterResultLayer",
            points,
        )?,
        ellipses: finish(
            wanted.ellipse,
            tables.ellipse.0,
            "ellipseResultLayer",
            (GeometryType::Polygon, &out),
        )?,
    })
}

/// What is asked for.
#[derive(Debug, Default)]
struct Wanted {
    central: bool,
    mean: bool,
    median: bool,
    ellipse: bool,
}

impl Wanted {
    fn read(task: &SummarizeCenterAndDispersion) -> Result<Self, EngineError> {
        let mut wanted = Self::default();
        for word in &task.summarize_type {
            match word {
                SummarizeType::CentralFeature => wanted.central = true,
                SummarizeType::MeanCenter => wanted.mean = true,
                SummarizeType::MedianCenter => wanted.median = true,
                SummarizeType::Ellipse => wanted.ellipse = true,
                other => return Err(unknown_word(TASK, "summarizeType", other)),
            }
        }
        Ok(wanted)
    }
}

fn refuse(param: &str, kind: ParameterErrorKind, problem: String) -> EngineError {
    ParameterError::new(kind, TASK, [param], problem).into()
}

fn group_field<'a>(name: &str, layer: &'a Layer<'_>) -> Result<&'a Field, EngineError> {
    let field = layer.field(name).ok_or_else(|| {
        let problem = no_such_field(name, layer);
        refuse("groupField", ParameterErrorKind::NotAChoice, problem)
    })?;
    if matches!(field.field_type, FieldType::Double | FieldType::Single) {
        let problem = format!(
            "names the field `{}`, whose values are fractions; give an integer, text or date field",
            field.name
        );
        return Err(refuse("groupField", ParameterErrorKind::WrongType, problem));
    }
    Ok(field)
}

/// Places as they are seen together, over the antimeridian where the widest gap between them is elsewhere.
fn together(places: &[Weighted], coordinates: Coordinates) -> Vec<Weighted> {
    let chart = Chart::of(coordinates);
    let frame = Frame::around_places(coordinates, places.iter().map(|weighted| weighted.place));
    let seen = |weighted: &Weighted| match (chart, frame) {
        (Some(chart), Some(frame)) => Weighted {
            place: chart.eastwards(frame.west, weighted.place),
            ..*weighted
        },
        _ => *weighted,
    };
    places.iter().map(seen).collect()
}

/// The places of the features that count, and their weights.
fn places(
    task: &SummarizeCenterAndDispersion,
    layer: &Layer,
    change: Change,
    out: &Reference,
    control: &Control,
) -> Result<Vec<Weighted>, EngineError> {
    let weight_field = match &task.weight_field {
        None => None,
        Some(name) => {
            let field = numeric_field(TASK, "weightField", name, layer)?;
            Some(field.name.as_str())
        }
    };
    let grid = grid_of(layer);
    let chart = Chart::of(out.coordinates);
    let mut places = Vec::with_capacity(layer.features.len());
    for (feature, record) in layer.features.iter().enumerate() {
        control.check()?;
        let weight = weight_field.map_or(Some(1.0), |name| value(record.attributes, name).as_f64());
        let weight = weight.filter(|weight| *weight > 0.0 && weight.is_finite());
        if let (Some(weight), Some(place)) = (
            weight,
            centre(&record.shape, layer.reference.coordinates, grid, false),
        ) {
            let place = change.apply(place);
            places.push(Weighted {
                feature,
                place: chart.map_or(place, |chart| chart.wrap(place)),
                weight,
            });
        }
    }
    let without = layer.features.len() - places.len();
    if without > 0 {
        control.warn(&format!(
            "{without} features were left out: they have no geometry, or a weight that is null or not greater than 0."
        ));
    }
    Ok(places)
}

/// A table, and the names that fields of the input have in it.
type Named = (Table, Vec<(String, String)>);

struct Tables {
    central: Named,
    mean: Named,
    median: Named,
    ellipse: Named,
}

/// How results are written.
struct Shapes<'a> {
    layer: &'a Layer<'a>,
    out: &'a Reference,
    change: Change,
    group_field: Option<&'a Field>,
}

impl Shapes<'_> {
    fn tables(&self) -> Tables {
        let with = |added: &[&str]| {
            let mut table = Table::new(added);
            let names = self
                .group_field
                .iter()
                .map(|field| (field.name.clone(), table.carry(field)))
                .collect();
            for name in added {
                table.add(name, FieldType::Double);
            }
            (table, names)
        };
        let mut central = Table::new(&[SOURCE]);
        central.add(SOURCE, FieldType::Oid);
        let fields = self.layer.fields.iter();
        let names = fields
            .map(|field| (field.name.clone(), central.carry(field)))
            .collect();
        Tables {
            central: (central, names),
            mean: with(&PLACE),
            median: with(&PLACE),
            ellipse: with(&SPREAD),
        }
    }

    fn attributes(&self, feature: usize, names: &[(String, String)]) -> Attributes {
        renamed(self.layer.features[feature].attributes, names)
    }

    fn push_central(&self, (table, names): &mut Named, feature: usize) {
        let own_type = self.layer.geometry_type().unwrap_or(GeometryType::Point);
        let shape = &self.layer.features[feature].shape;
        let mut row = self.attributes(feature, names);
        row.insert(SOURCE, self.layer.object_id(feature));
        table.push(drawn(shape, self.change, own_type), row);
    }

    fn push_place(&self, (table, names): &mut Named, first: usize, [x, y]: Position) {
        let mut row = self.attributes(first, names);
        row.extend(PLACE.into_iter().zip([x, y]));
        table.push(Some(Point::new(x, y).into()), row);
    }

    fn push_ellipse(&self, (table, names): &mut Named, first: usize, found: &Ellipse, size: f64) {
        let mut row = self.attributes(first, names);
        let centre = self.wrap(found.centre);
        let values = [
            centre[0],
            centre[1],
            size * found.shorter,
            size * found.longer,
            found.rotation,
        ];
        row.extend(SPREAD.into_iter().zip(values));
        let region = self.draw(found.ring(size, VERTICES));
        table.push(geometry(&Solid::Area(region), GeometryType::Polygon), row);
    }

    /// A place within the chart.
    fn wrap(&self, place: Position) -> Position {
        Chart::of(self.out.coordinates).map_or(place, |chart| chart.wrap(place))
    }

    /// An ellipse within the chart.
    fn draw(&self, ring: Vec<Position>) -> Region {
        let Some(chart) = Chart::of(self.out.coordinates) else {
            return vec![vec![ring]];
        };
        let (half, top) = (chart.half_width(), chart.top());
        if ring.iter().all(|[x, y]| x.abs() <= half && y.abs() <= top) {
            return vec![vec![ring]];
        }
        let world = vec![vec![vec![
            [-half, -top],
            [half, -top],
            [half, top],
            [-half, top],
        ]]];
        let grid = chart.grid();
        grid.intersection(&grid.union(vec![chart.draw_flat(&ring)]), &world)
    }
}
