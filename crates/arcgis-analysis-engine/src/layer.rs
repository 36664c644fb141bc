//! The features of an input, checked and understood.

use crate::EngineError;
use crate::chart::Chart;
use crate::frame::Frame;
use crate::overlay::{Position, Ring, edges};
use crate::point_in_polygon::{Side, locate};
use crate::spatial_reference::{Change, Coordinates, Reference};
use crate::where_clause::WhereClause;
use arcgis_analysis_types::{
    AttributeValue, AttributeView, Attributes, Context, Extent, Feature, FeatureCollection,
    FeatureInput, Field, FieldType, Geometry, GeometryKind, GeometryType, SpatialReference,
};
use rayon::prelude::*;
use serde_json::Value;
use smallvec::{SmallVec, smallvec};

/// The features of an input.
#[derive(Debug)]
pub(crate) struct Layer<'a> {
    /// The wire name of the parameter that holds them.
    pub(crate) param: &'static str,
    pub(crate) reference: Reference,
    pub(crate) kind: GeometryKind,
    pub(crate) fields: Vec<Field>,
    pub(crate) object_id_field: Option<String>,
    pub(crate) features: Vec<Record<'a>>,
}

/// The kinds of features that lie somewhere.
pub(crate) const SHAPES: [GeometryKind; 3] = [
    GeometryKind::Point,
    GeometryKind::Line,
    GeometryKind::Polygon,
];

/// A feature of an input.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) shape: Shape,
    /// Its number in the input, from 1.
    pub(crate) number: u32,
    /// Those of the input, which may be many.
    pub(crate) attributes: &'a Attributes,
}

/// A feature's geometry, without height and measure.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// One without a heap of its own, as nearly all are.
    Points(SmallVec<[Position; 1]>),
    Paths(Vec<Vec<Position>>),
    /// Open rings, either way round.
    Rings(Vec<Ring>),
    Nothing,
}

impl<'a> Layer<'a> {
    /// Reads the features that travel with a call.
    pub(crate) fn read(input: &'a FeatureInput, param: &'static str) -> Result<Self, EngineError> {
        let collection = match input {
            FeatureInput::Collection(collection) => collection,
            FeatureInput::Item { .. } => return Err(elsewhere(param, "a portal item")),
            _ => return Err(elsewhere(param, "a layer of a service")),
        };
        // A table lies nowhere, and needs no reference.
        let written = match spatial_reference(collection, param) {
            Err(_) if is_table(collection) => SpatialReference::wkid(4326),
            written => written?,
        };
        let mut layer = Self {
            param,
            reference: Reference::read(&written, param)?,
            kind: GeometryKind::Table,
            fields: fields(collection),
            object_id_field: collection.object_id_field().map(str::to_owned),
            features: Vec::new(),
        };
        if layer.object_id_field.is_none() {
            let oid = layer
                .fields
                .iter()
                .find(|field| field.field_type == FieldType::Oid);
            layer.object_id_field = oid.map(|field| field.name.clone());
        }
        let clauses = clauses(collection, &layer.fields, param)?;
        let features = &collection.feature_set.features;
        let kind = collection.geometry_type().map(|declared| declared.kind());
        layer.kind = kind.unwrap_or(GeometryKind::Table);
        let is_taken = |feature: &Feature| {
            let mut clauses = clauses.iter();
            clauses.all(|clause| clause.matches(&feature.attributes))
        };
        // There may be very many features: each pass over them is made by all threads.
        let refused = features
            .par_iter()
            .enumerate()
            .find_map_first(|(index, feature)| {
                let geometry = feature.geometry.as_ref()?;
                let problem = layer.problem(geometry, index + 1)?;
                is_taken(feature).then_some(problem)
            });
        if let Some(problem) = refused {
            return Err(EngineError::input(param, problem));
        }
        let record = |(index, feature): (usize, &'a Feature)| Record {
            shape: feature.geometry.as_ref().map_or(Shape::Nothing, shape),
            number: u32::try_from(index + 1).unwrap_or(u32::MAX),
            attributes: &feature.attributes,
        };
        let numbered = features.par_iter().enumerate();
        layer.features = if clauses.is_empty() {
            numbered.map(record).collect()
        } else {
            let taken = numbered.filter(|(_, feature)| is_taken(feature));
            taken.map(record).collect()
        };
        let records = layer.features.par_iter();
        let misplaced = records.find_map_first(|record| layer.check_positions(record).err());
        misplaced.map_or(Ok(layer), Err)
    }

    /// What keeps a geometry from taking part.
    fn problem(&self, geometry: &Geometry, number: usize) -> Option<String> {
        if geometry.curves().is_some() {
            return Some(format!(
                "has true curves in feature {number}, which are not computed with here; send it with straight edges \
                 (densified)"
            ));
        }
        let own = geometry.geometry_type().kind();
        (own != self.kind).then(|| {
            format!(
                "mixes geometries: feature {number} is a {own}, others are not; send layers of one type"
            )
        })
    }

    /// Reads features of these kinds, those within the context's extent.
    pub(crate) fn take(
        input: &'a FeatureInput,
        param: &'static str,
        kinds: &[GeometryKind],
        context: Option<&Context>,
    ) -> Result<Self, EngineError> {
        let mut layer = Self::read(input, param)?;
        layer.expect(kinds)?;
        layer.limit(context)?;
        Ok(layer)
    }

    /// Refuses layers of other kinds.
    pub(crate) fn expect(&self, kinds: &[GeometryKind]) -> Result<(), EngineError> {
        if kinds.contains(&self.kind) {
            return Ok(());
        }
        let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
        Err(EngineError::input(
            self.param,
            format!(
                "must have {} features, not {} features",
                kinds.join(" or "),
                self.kind
            ),
        ))
    }

    /// The object ID of a feature, or else its number in the input from 1.
    pub(crate) fn object_id(&self, index: usize) -> AttributeValue {
        let Record {
            attributes, number, ..
        } = &self.features[index];
        let own = self
            .object_id_field
            .as_deref()
            .and_then(|name| attributes.get(name));
        own.filter(|id| !id.is_null())
            .cloned()
            .unwrap_or_else(|| AttributeValue::from(*number))
    }

    /// A call's context for all of its layers, of which this is the first: an extent that names no reference is in this
    /// layer's.
    pub(crate) fn settled(&self, context: Option<&Context>) -> Option<Context> {
        let mut context = context?.clone();
        if let Some(extent) = &mut context.extent
            && self.kind != GeometryKind::Table
        {
            let own = || self.reference.written.clone();
            extent.spatial_reference.get_or_insert_with(own);
        }
        Some(context)
    }

    /// Keeps the features that intersect the context's extent, and refuses what the engine does not do.
    pub(crate) fn limit(&mut self, context: Option<&Context>) -> Result<(), EngineError> {
        let Some(context) = context else {
            return Ok(());
        };
        if let Some(process) = &context.process_sr
            && !Reference::read(process, "context")?.is_same(&self.reference)
        {
            return Err(EngineError::spatial_reference(
                "context",
                format!(
                    "asks for another processSR than that of the data, {}, and analyses are computed in the \
                     latter here; leave processSR out",
                    self.reference.name()
                ),
            ));
        }
        let Some(extent) = &context.extent else {
            return Ok(());
        };
        let coordinates = self.reference.coordinates;
        let bounds = Frame::given(coordinates, self.bounds(extent)?).corners;
        // Both may be drawn on beyond the antimeridian, by whole turns elsewhere.
        let bounds: Vec<[Position; 2]> = match Chart::of(coordinates) {
            None => vec![bounds],
            Some(chart) => {
                let turn = 2.0 * chart.half_width();
                let turned = |turns| bounds.map(|[x, y]| [x + turn * f64::from(turns), y]);
                (-3..=2).map(turned).collect()
            }
        };
        self.features.retain(|feature| {
            let mut bounds = bounds.iter();
            bounds.any(|bounds| feature.shape.intersects(*bounds))
        });
        Ok(())
    }

    /// The corners of an extent in the layer's own reference.
    fn bounds(&self, extent: &Extent) -> Result<[Position; 2], EngineError> {
        let [xmin, ymin, xmax, ymax] = [extent.xmin, extent.ymin, extent.xmax, extent.ymax];
        if ![xmin, ymin, xmax, ymax].iter().all(|c| c.is_finite()) || xmin > xmax || ymin > ymax {
            return Err(EngineError::input(
                "context",
                "has an extent that is empty; give xmin and ymin no greater than xmax and ymax",
            ));
        }
        let change = match &extent.spatial_reference {
            Some(written) => {
                Reference::read(written, "context")?.change_to(&self.reference, "context")?
            }
            None => Change::None,
        };
        change.apply_to_bounds([[xmin, ymin], [xmax, ymax]]).ok_or_else(|| {
            EngineError::input(
                "context",
                format!(
                    "has an extent with places that the spatial reference {} of `{}` cannot draw; give a smaller one",
                    self.reference.name(),
                    self.param
                ),
            )
        })
    }

    /// How the layer's positions get into a reference, once all of them have a place there.
    pub(crate) fn change_to(&self, reference: &Reference) -> Result<Change, EngineError> {
        let change = self.reference.change_to(reference, self.param)?;
        if !matches!(change, Change::Projected(_)) {
            return Ok(change);
        }
        let features = self.features.par_iter().enumerate();
        let lost = features.find_map_first(|(index, feature)| {
            let mut positions = feature.shape.positions();
            positions
                .find(|position| change.apply(**position).iter().any(|c| c.is_nan()))
                .map(|position| (index + 1, *position))
        });
        match lost {
            None => Ok(change),
            Some((number, [x, y])) => Err(EngineError::spatial_reference(
                self.param,
                format!(
                    "has the position ({x}, {y}) in feature {number}, too far away from where the spatial reference {} is \
                     used to be drawn in it; leave such features out, or ask for another one",
                    reference.name()
                ),
            )),
        }
    }

    /// The reference of the result: the context's, or else the layer's own.
    pub(crate) fn out_reference(
        &self,
        context: Option<&Context>,
    ) -> Result<Reference, EngineError> {
        match context.and_then(|context| context.out_sr.as_ref()) {
            Some(written) => Reference::read(written, "context"),
            None => Ok(self.reference.clone()),
        }
    }

    /// The field of this name, in any letter case.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        let exact = self.fields.iter().find(|field| field.name == name);
        exact.or_else(|| {
            self.fields
                .iter()
                .find(|field| field.name.eq_ignore_ascii_case(name))
        })
    }

    /// The type of the geometries; multipoints if any feature has several points, and none for a table.
    pub(crate) fn geometry_type(&self) -> Option<GeometryType> {
        let many =
            |record: &Record| matches!(&record.shape, Shape::Points(points) if points.len() > 1);
        match self.kind {
            GeometryKind::Point if self.features.iter().any(many) => Some(GeometryType::Multipoint),
            GeometryKind::Point => Some(GeometryType::Point),
            GeometryKind::Line => Some(GeometryType::Polyline),
            GeometryKind::Polygon => Some(GeometryType::Polygon),
            _ => None,
        }
    }

    /// Whether a field holds the object IDs.
    pub(crate) fn is_object_id(&self, field: &Field) -> bool {
        field.field_type == FieldType::Oid
            || self.object_id_field.as_deref() == Some(field.name.as_str())
    }

    /// The positions of all features.
    pub(crate) fn positions(&self) -> impl Iterator<Item = &Position> {
        self.features
            .iter()
            .flat_map(|feature| feature.shape.positions())
    }

    fn check_positions(&self, record: &Record) -> Result<(), EngineError> {
        let number = record.number;
        for &[x, y] in record.shape.positions() {
            if !x.is_finite() || !y.is_finite() {
                return Err(EngineError::input(
                    self.param,
                    format!("has a coordinate that is not a number in feature {number}"),
                ));
            }
            if self.reference.coordinates == Coordinates::Degrees
                && (y.abs() > 90.0 || x.abs() > 540.0)
            {
                return Err(EngineError::input(
                    self.param,
                    format!(
                        "has the longitude and latitude ({x}, {y}) in feature {number}, which is no place on Earth; \
                         check the spatial reference, and that longitude comes first"
                    ),
                ));
            }
            if is_off(self.reference.coordinates, [x, y]) {
                return Err(EngineError::input(
                    self.param,
                    format!(
                        "has the coordinates ({x}, {y}) in feature {number}, which are no place of its spatial reference"
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// Whether a place is beyond anything that can be meant: beyond three halves of a turn on the map of Web Mercator, or
/// farther away in a plane than the Sun.
fn is_off(coordinates: Coordinates, [x, y]: Position) -> bool {
    match coordinates {
        Coordinates::Degrees => false,
        Coordinates::WebMercator => x.abs() > 60_112_525.1 || y.abs() > 1e9,
        Coordinates::Plane(_) => x.abs().max(y.abs()) > 1e12,
    }
}

impl Shape {
    pub(crate) fn positions(&self) -> impl Iterator<Item = &Position> {
        let (points, lists): (&[Position], &[Vec<Position>]) = match self {
            Self::Points(points) => (points, &[]),
            Self::Paths(lists) | Self::Rings(lists) => (&[], lists),
            Self::Nothing => (&[], &[]),
        };
        points.iter().chain(lists.iter().flatten())
    }

    /// Whether the shape has a place in common with a rectangle.
    fn intersects(&self, [[xmin, ymin], [xmax, ymax]]: [Position; 2]) -> bool {
        let within = |[x, y]: Position| x >= xmin && x <= xmax && y >= ymin && y <= ymax;
        let corners = [[xmin, ymin], [xmax, ymin], [xmax, ymax], [xmin, ymax]];
        let crosses = |a: Position, b: Position| {
            edges(&corners).any(|(c, d)| crate::point_in_polygon::edges_meet(a, b, c, d))
        };
        match self {
            Self::Points(points) => points.iter().copied().any(within),
            Self::Paths(paths) => paths.iter().any(|path| {
                path.iter().copied().any(within)
                    || path.windows(2).any(|edge| crosses(edge[0], edge[1]))
            }),
            Self::Rings(rings) => {
                rings.iter().flatten().copied().any(within)
                    || rings
                        .iter()
                        .any(|ring| edges(ring).any(|(a, b)| crosses(a, b)))
                    || locate(rings, corners[0]) != Side::Outside
            }
            Self::Nothing => false,
        }
    }
}

/// The clauses that select features: the input's filter, and that of its layer definition.
fn clauses(
    collection: &FeatureCollection,
    fields: &[Field],
    param: &str,
) -> Result<Vec<WhereClause>, EngineError> {
    let definition = collection
        .layer_definition
        .other
        .get("definitionExpression");
    let written = [
        ("filter", collection.filter.as_deref()),
        ("definitionExpression", definition.and_then(Value::as_str)),
    ];
    let written = written
        .into_iter()
        .filter_map(|(name, text)| Some((name, text.filter(|text| !text.trim().is_empty())?)));
    written
        .map(|(name, text)| {
            WhereClause::parse(text, fields).map_err(|error| {
                EngineError::input(
                    param,
                    format!("has a {name} that cannot be used, `{text}`: {error}"),
                )
            })
        })
        .collect()
}

/// Whether the features neither have geometries nor are said to have them.
fn is_table(collection: &FeatureCollection) -> bool {
    collection.geometry_type().is_none()
        && collection
            .features()
            .iter()
            .all(|feature| feature.geometry.is_none())
}

/// The reference that all geometries share.
fn spatial_reference(
    collection: &FeatureCollection,
    param: &str,
) -> Result<SpatialReference, EngineError> {
    let mut common = collection.spatial_reference().cloned();
    let has_own = |feature: &Feature| {
        let geometry = feature.geometry.as_ref();
        geometry.is_some_and(|geometry| geometry.spatial_reference().is_some())
    };
    // As is nearly always so.
    let features = collection.features();
    let features = match features.par_iter().any(has_own) {
        true => features,
        false => &[],
    };
    for (index, feature) in features.iter().enumerate() {
        let own = feature
            .geometry
            .as_ref()
            .and_then(|geometry| geometry.spatial_reference());
        let Some(own) = own else { continue };
        match &common {
            None => common = Some(own.clone()),
            Some(common) if own == common => {}
            Some(common) => {
                let (a, b) = (
                    Reference::read(own, param)?,
                    Reference::read(common, param)?,
                );
                if !a.is_same(&b) {
                    return Err(EngineError::spatial_reference(
                        param,
                        format!(
                            "mixes spatial references: feature {} is in {}, others are in {}; send all in one",
                            index + 1,
                            a.name(),
                            b.name()
                        ),
                    ));
                }
            }
        }
    }
    let definition = || {
        serde_json::from_value(
            collection
                .layer_definition
                .other
                .get("spatialReference")?
                .clone(),
        )
        .ok()
    };
    common.or_else(definition).ok_or_else(|| {
        EngineError::spatial_reference(
            param,
            "has no spatial reference; set that of its feature set, for example {\"wkid\": 4326}",
        )
    })
}

/// The fields as the collection describes them, or else as its attributes show them.
fn fields(collection: &FeatureCollection) -> Vec<Field> {
    if !collection.fields().is_empty() {
        return collection.fields().to_vec();
    }
    let mut fields: Vec<Field> = Vec::new();
    let mut index = std::collections::HashMap::new();
    for (name, value) in collection
        .feature_set
        .features
        .iter()
        .flat_map(|f| f.attributes.iter())
    {
        let seen = match value.view() {
            AttributeView::Null => None,
            AttributeView::Double(_) => Some(FieldType::Double),
            _ if value.is_number() => Some(FieldType::BigInteger),
            _ => Some(FieldType::String),
        };
        let at = *index.entry(name).or_insert_with(|| {
            fields.push(Field::new(name, FieldType::Unknown(String::new())));
            fields.len() - 1
        });
        let field_type = &mut fields[at].field_type;
        *field_type = match (&*field_type, seen) {
            (known, None) => known.clone(),
            (FieldType::Unknown(_), Some(seen)) => seen,
            (known, Some(seen)) if *known == seen => seen,
            (FieldType::String, _) | (_, Some(FieldType::String)) => FieldType::String,
            _ => FieldType::Double,
        };
    }
    for field in &mut fields {
        if matches!(field.field_type, FieldType::Unknown(_)) {
            field.field_type = FieldType::String;
        }
    }
    fields
}

fn elsewhere(param: &str, what: &str) -> EngineError {
    EngineError::input(
        param,
        format!(
            "is {what}, and the engine computes only on features that travel with the call; send a feature collection"
        ),
    )
}

fn shape(geometry: &Geometry) -> Shape {
    let flat = |list: &Vec<arcgis_analysis_types::Position>| list.iter().map(place).collect();
    match geometry {
        Geometry::Point(point) => Shape::Points(smallvec![place(&point.position)]),
        Geometry::Multipoint(multipoint) => {
            Shape::Points(multipoint.points.iter().map(place).collect())
        }
        Geometry::Polyline(line) => Shape::Paths(line.paths.iter().map(flat).collect()),
        Geometry::Polygon(polygon) => {
            Shape::Rings(polygon.rings.iter().map(|ring| open(flat(ring))).collect())
        }
        _ => Shape::Nothing,
    }
}

fn place(position: &arcgis_analysis_types::Position) -> Position {
    [position.x, position.y]
}

/// A ring without its first position repeated at the end.
fn open(mut ring: Ring) -> Ring {
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    ring
}
