//! Features that meet conditions on their attributes and on where they lie, whole or cut.
//!
//! Conditions are joined from the first to the last, a group standing for conditions in parentheses. A relation holds for a
//! feature if it holds to any feature of the other layer; its opposite if it holds to none. A feature without a geometry
//! meets no condition on its place.

mod condition;

use crate::layer::{Layer, SHAPES};
use crate::measure::TOLERANCE;
use crate::overlay_layers::{Plan, dimension};
use crate::prepared::{Prepared, Solid, grid_for};
use crate::proximity::{Ground, Nearby};
use crate::relate::{Compared, Relation};
use crate::table::{Table, drawn, geometry, renamed};
use crate::units::metres;
use crate::where_clause::WhereClause;
use crate::{Control, EngineError, create_buffers};
use arcgis_analysis_spatial::choices::DistanceUnits;
use arcgis_analysis_spatial::create_buffers::{BufferDistance, CreateBuffers};
use arcgis_analysis_spatial::overlay_layers::OutputType;
use arcgis_analysis_types::{
    Context, Distance, FeatureCollection, FeatureInput, GeometryKind, GeometryType,
    LocationExpression, LocationExpressions, LocationOperator, LocationRelation, ParameterError,
    ParameterErrorKind,
};
use condition::{Condition, Cut};
use rayon::prelude::*;
use std::collections::BTreeMap;

const INPUTS: &str = "inputLayers";
/// How many conditions a call may have, so that none exhausts the stack.
const CONDITIONS: usize = 500;

/// What a task asks for.
pub(crate) struct Question<'a> {
    pub(crate) task: &'static str,
    pub(crate) inputs: &'a [FeatureInput],
    pub(crate) expressions: &'a LocationExpressions,
    /// Whether features are cut to the parts that meet the conditions.
    pub(crate) clip: bool,
    pub(crate) context: Option<&'a Context>,
}

/// A condition with what it is about, before layers are compared.
enum Asked<'a> {
    Attributes(&'a str),
    Place(Place, usize),
    Joined(LocationOperator, Box<(Asked<'a>, Asked<'a>)>),
}

/// Where features lie to those of another layer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Related(Relation, bool),
    /// In metres.
    Near(f64, bool),
    Nearest,
}

impl Place {
    fn is_opposite(self) -> bool {
        matches!(self, Self::Related(_, true) | Self::Near(_, true))
    }
}

/// The layers that conditions name, ready to be compared.
struct Scene<'a> {
    target: &'a Layer<'a>,
    solids: &'a Prepared,
    layers: &'a BTreeMap<usize, Layer<'a>>,
    prepared: &'a BTreeMap<usize, Prepared>,
    buffers: &'a [(usize, f64, Prepared)],
    ground: Ground,
    /// How far apart places may be and still be the same, in the units of the coordinates.
    same: f64,
    clip: bool,
}

impl Question<'_> {
    fn refuse(&self, kind: ParameterErrorKind, problem: String) -> EngineError {
        ParameterError::new(kind, self.task, ["expressions"], problem).into()
    }

    /// The features that meet the conditions, in the order of their layer.
    pub(crate) fn answer(&self, control: &Control) -> Result<FeatureCollection, EngineError> {
        control.check()?;
        let (mut targets, mut selecting) = (Vec::new(), Vec::new());
        let mut count = 0;
        let asked = self.asked(self.expressions, &mut targets, &mut selecting, &mut count)?;
        targets.sort_unstable();
        targets.dedup();
        let [target] = targets[..] else {
            return Err(self.refuse(
                ParameterErrorKind::Rule,
                "has conditions about several layers; ask for the features of one layer (AO_100262), and select those of \
                 others by their `filter`"
                    .to_owned(),
            ));
        };
        let unsettled = |context: &&Context| {
            let extent = context.extent.as_ref();
            extent.is_some_and(|extent| extent.spatial_reference.is_none())
        };
        let settled = match (self.context.filter(unsettled), self.inputs.get(target)) {
            (Some(context), Some(input)) => Layer::read(input, INPUTS)?.settled(Some(context)),
            _ => None,
        };
        let question = &Question {
            context: settled.as_ref().or(self.context),
            ..*self
        };
        let mut layers = BTreeMap::new();
        for index in selecting.iter().copied().chain([target]) {
            if layers.contains_key(&index) {
                continue;
            }
            let input = question.inputs.get(index).ok_or_else(|| {
                let problem = format!(
                    "names the layer {index}, and `{INPUTS}` has {}, counted from 0",
                    question.inputs.len()
                );
                question.refuse(ParameterErrorKind::OutOfRange, problem)
            })?;
            let layer = Layer::take(input, INPUTS, &SHAPES, question.context)?;
            layers.insert(index, layer);
        }
        let Some(layer) = layers.get(&target) else {
            return Err(EngineError::input(INPUTS, "has no layer to select from"));
        };
        let out = layer.out_reference(question.context)?;
        let to_out = layer.reference.change_to(&out, "context")?;

        let mut distances = Vec::new();
        if question.clip {
            cutting(&asked, &mut distances);
        }
        let buffers = distances
            .into_iter()
            .map(|(index, metres)| Ok((index, metres, question.buffers(index, metres, control)?)))
            .collect::<Result<Vec<_>, EngineError>>()?;
        let buffers = buffers
            .iter()
            .map(|(index, metres, input)| Ok((*index, *metres, Layer::read(input, INPUTS)?)))
            .collect::<Result<Vec<_>, EngineError>>()?;
        let used: Vec<&Layer> = layers
            .values()
            .chain(buffers.iter().map(|(_, _, layer)| layer))
            .collect();
        let grid = grid_for(&used, &layer.reference)?;
        let ready = |layer: &Layer| Prepared::new(layer, &layers[&target].reference, grid, control);
        let prepared = layers
            .iter()
            .map(|(index, layer)| Ok((*index, ready(layer)?)))
            .collect::<Result<BTreeMap<_, _>, EngineError>>()?;
        let buffers = buffers
            .iter()
            .map(|(index, metres, layer)| Ok((*index, *metres, ready(layer)?)))
            .collect::<Result<Vec<_>, EngineError>>()?;
        control.progress(2, 10);

        let solids = &prepared[&target];
        let scene = Scene {
            target: layer,
            solids,
            layers: &layers,
            prepared: &prepared,
            buffers: &buffers,
            ground: Ground::new(layer.reference.coordinates),
            same: layer.reference.coordinates.units(TOLERANCE),
            clip: question.clip,
        };
        let condition = question.condition(&asked, &scene, control)?;
        control.progress(7, 10);

        let mut table = Table::new(&[]);
        let kept = layer
            .fields
            .iter()
            .filter(|field| !layer.is_object_id(field));
        let names: Vec<(String, String)> = kept
            .map(|field| (field.name.clone(), table.carry(field)))
            .collect();
        if !question.clip {
            let geometry_type = layer.geometry_type().unwrap_or(GeometryType::Point);
            for (index, feature) in layer.features.iter().enumerate() {
                control.check()?;
                if condition.holds(index) {
                    let row = renamed(feature.attributes, &names);
                    table.push(drawn(&feature.shape, to_out, geometry_type), row);
                }
            }
            control.progress(1, 1);
            return table.finish_as("resultLayer", Some((geometry_type, &out)));
        }
        let plan = Plan {
            grid,
            same: layer.reference.coordinates.units(TOLERANCE),
            output: OutputType::Input,
            reference: layer.reference.clone(),
        };
        let pieces = solids.solids.par_iter().enumerate().map(|(index, solid)| {
            control.check()?;
            let mut piece = condition.split(&plan, index, solid, false).0;
            piece.change(to_out);
            Ok(piece)
        });
        let pieces = pieces.collect::<Result<Vec<_>, EngineError>>()?;
        let many = |piece: &Solid| piece.positions().count() > 1;
        let geometry_type = match layer.kind {
            GeometryKind::Point if pieces.iter().any(many) => GeometryType::Multipoint,
            GeometryKind::Point => GeometryType::Point,
            GeometryKind::Line => GeometryType::Polyline,
            _ => GeometryType::Polygon,
        };
        for (feature, piece) in layer.features.iter().zip(&pieces) {
            if *piece != Solid::Nothing {
                let row = renamed(feature.attributes, &names);
                table.push(geometry(piece, geometry_type), row);
            }
        }
        control.progress(1, 1);
        table.finish_as("resultLayer", Some((geometry_type, &out)))
    }

    /// Reads the conditions, and which layers they are about and which they name besides.
    fn asked<'b>(
        &self,
        expressions: &'b LocationExpressions,
        targets: &mut Vec<usize>,
        selecting: &mut Vec<usize>,
        count: &mut usize,
    ) -> Result<Asked<'b>, EngineError> {
        let mut joined: Option<Asked<'b>> = None;
        for (operator, expression) in expressions.items() {
            *count += 1;
            if *count > CONDITIONS {
                let problem = format!(
                    "has more than {CONDITIONS} conditions; select by a where clause with IN"
                );
                return Err(self.refuse(ParameterErrorKind::OutOfRange, problem));
            }
            let next = match expression {
                LocationExpression::Attributes {
                    layer,
                    where_clause,
                } => {
                    targets.push(*layer as usize);
                    Asked::Attributes(where_clause)
                }
                LocationExpression::Place {
                    layer,
                    relation,
                    selecting_layer,
                } => {
                    targets.push(*layer as usize);
                    selecting.push(*selecting_layer as usize);
                    Asked::Place(self.place(relation)?, *selecting_layer as usize)
                }
                LocationExpression::Group(group) => self.asked(group, targets, selecting, count)?,
                _ => {
                    let problem = "has a condition that is not computed on this machine".to_owned();
                    return Err(self.refuse(ParameterErrorKind::NotAChoice, problem));
                }
            };
            joined = Some(match joined {
                None => next,
                Some(before) => Asked::Joined(operator, Box::new((before, next))),
            });
        }
        joined.ok_or_else(|| {
            let problem = "has no condition; give one".to_owned();
            self.refuse(ParameterErrorKind::OutOfRange, problem)
        })
    }

    fn place(&self, relation: &LocationRelation) -> Result<Place, EngineError> {
        Ok(match relation {
            LocationRelation::Intersects => Place::Related(Relation::Intersects, false),
            LocationRelation::NotIntersects => Place::Related(Relation::Intersects, true),
            LocationRelation::Contains => Place::Related(Relation::Contains, false),
            LocationRelation::NotContains => Place::Related(Relation::Contains, true),
            LocationRelation::Within => Place::Related(Relation::Within, false),
            LocationRelation::NotWithin => Place::Related(Relation::Within, true),
            LocationRelation::WithinDistance(distance) => self.near(distance, false)?,
            LocationRelation::NotWithinDistance(distance) => self.near(distance, true)?,
            LocationRelation::Nearest => Place::Nearest,
            _ => {
                let problem = "has a relation that is not computed on this machine".to_owned();
                return Err(self.refuse(ParameterErrorKind::NotAChoice, problem));
            }
        })
    }

    fn near(&self, distance: &Distance, opposite: bool) -> Result<Place, EngineError> {
        use arcgis_analysis_types::Choice;
        let units = DistanceUnits::from(distance.units.as_str());
        let metres = distance.distance * metres(self.task, "expressions", &units)?;
        if metres.is_nan() || metres < 0.0 {
            let problem = format!("has the distance {}; give 0 or more", distance.distance);
            return Err(self.refuse(ParameterErrorKind::OutOfRange, problem));
        }
        Ok(if metres == 0.0 {
            Place::Related(Relation::Intersects, opposite)
        } else {
            Place::Near(metres, opposite)
        })
    }

    /// What lies within a distance of the features of a layer.
    fn buffers(
        &self,
        index: usize,
        metres: f64,
        control: &Control,
    ) -> Result<FeatureInput, EngineError> {
        let mut task =
            CreateBuffers::new(self.inputs[index].clone(), BufferDistance::values([metres]))
                .units(DistanceUnits::Meters);
        task.context = self.context.map(|context| Context {
            out_sr: None,
            ..context.clone()
        });
        let buffers = create_buffers(&task, &control.within())?;
        Ok(buffers.into())
    }

    fn condition(
        &self,
        asked: &Asked<'_>,
        scene: &Scene<'_>,
        control: &Control,
    ) -> Result<Condition, EngineError> {
        match asked {
            Asked::Attributes(text) => {
                let clause = WhereClause::parse(text, &scene.target.fields).map_err(|error| {
                    let problem = format!("has the clause `{text}`, which cannot be used: {error}");
                    self.refuse(ParameterErrorKind::WrongType, problem)
                })?;
                let features = scene.target.features.par_iter();
                let holds = features.map(|feature| clause.matches(feature.attributes));
                Ok(Condition::Whole(holds.collect()))
            }
            Asked::Place(place, index) => scene.place(*place, *index, control),
            Asked::Joined(operator, sides) => {
                let sides = (
                    self.condition(&sides.0, scene, control)?,
                    self.condition(&sides.1, scene, control)?,
                );
                Ok(match operator {
                    LocationOperator::And => Condition::Both(Box::new(sides)),
                    LocationOperator::Or => Condition::Either(Box::new(sides)),
                })
            }
        }
    }
}

/// The distances by which features are cut, each with the layer that it is measured from.
fn cutting(asked: &Asked<'_>, into: &mut Vec<(usize, f64)>) {
    match asked {
        Asked::Place(Place::Near(metres, _), index) if !into.contains(&(*index, *metres)) => {
            into.push((*index, *metres));
        }
        Asked::Joined(_, sides) => {
            cutting(&sides.0, into);
            cutting(&sides.1, into);
        }
        _ => {}
    }
}

impl Scene<'_> {
    fn place(
        &self,
        place: Place,
        index: usize,
        control: &Control,
    ) -> Result<Condition, EngineError> {
        let others = &self.prepared[&index];
        let coordinates = self.target.reference.coordinates;
        if self.clip {
            let outside = place.is_opposite();
            let cover = match place {
                Place::Near(metres, _) => {
                    let buffers = self.buffers.iter();
                    let mut own = buffers.filter(|(i, m, _)| (*i, *m) == (index, metres));
                    own.next().map(|(_, _, buffers)| buffers)
                }
                // What is of a lower dimension cuts nothing out.
                Place::Related(Relation::Intersects, _)
                    if dimension(self.layers[&index].kind) >= dimension(self.target.kind) =>
                {
                    Some(others)
                }
                _ => None,
            };
            if let Some(cover) = cover {
                return Ok(Condition::Cut(Cut {
                    cover: Prepared::index(cover.solids.clone(), coordinates),
                    outside,
                }));
            }
        }
        let holds = match place {
            Place::Nearest => self.nearest(others, control)?,
            _ => {
                let nearby = match place {
                    Place::Near(..) => Some(Nearby::new(self.ground, others)),
                    _ => None,
                };
                let met = self
                    .solids
                    .solids
                    .par_iter()
                    .enumerate()
                    .map(|(own, solid)| {
                        control.check()?;
                        if *solid == Solid::Nothing {
                            return Ok(false);
                        }
                        let around = others.near(solid, self.same);
                        let met = match (place, &nearby) {
                            (Place::Near(limit, _), Some(nearby)) => {
                                let outline = self.solids.outline(own, self.ground);
                                !nearby.nearest(&outline, 1, limit, &around).is_empty()
                            }
                            (Place::Related(relation, _), _) => {
                                let mut compared =
                                    Compared::new(coordinates, solid).up_to(self.same);
                                let mut around = around.iter();
                                around.any(|other| compared.is(relation, &others.solids[*other]))
                            }
                            _ => false,
                        };
                        Ok(met != place.is_opposite())
                    });
                met.collect::<Result<_, EngineError>>()?
            }
        };
        Ok(Condition::Whole(holds))
    }

    /// Which features are the nearest to one of the others; all that are as near.
    fn nearest(&self, others: &Prepared, control: &Control) -> Result<Vec<bool>, EngineError> {
        let nearby = Nearby::new(self.ground, self.solids);
        let found = others.solids.par_iter().enumerate().map(|(index, other)| {
            control.check()?;
            let around = self.solids.near(other, 0.0);
            let outline = others.outline(index, self.ground);
            let nearest = nearby.nearest(&outline, 1, f64::INFINITY, &around);
            let Some((_, distance)) = nearest.first() else {
                return Ok(Vec::new());
            };
            Ok(nearby.within(&outline, *distance, &around))
        });
        let mut holds = vec![false; self.solids.solids.len()];
        for found in found.collect::<Result<Vec<_>, EngineError>>()? {
            for (index, _) in found {
                holds[index] = true;
            }
        }
        Ok(holds)
    }
}
