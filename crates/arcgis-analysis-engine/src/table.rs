//! The features that an analysis gives back.

use crate::EngineError;
use crate::layer::Shape;
use crate::overlay::Region;
use crate::prepared::Solid;
use crate::spatial_reference::{Change, Reference};
use arcgis_analysis_types::{
    AttributeValue, Attributes, Feature, FeatureCollection, FeatureSet, Field, FieldType, Geometry,
    GeometryType, LayerDefinition, Multipoint, Point, Polygon, Polyline, Position,
};
use rayon::prelude::*;
use serde_json::Map;
use std::collections::HashSet;

/// The field that numbers the features of a result.
const OBJECT_ID: &str = "OBJECTID";

/// What a field of another layer's object IDs must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Small,
    Big,
    Text,
}

/// Builds a layer of features of one type, or a table, row by row.
///
/// Fields that the analysis adds keep their names; a field of the input that has the same gets a number behind
/// its own.
#[derive(Debug)]
pub(crate) struct Table {
    /// The first is the number.
    fields: Vec<Field>,
    taken: HashSet<String>,
    rows: Vec<Feature>,
}

impl Table {
    /// A table whose added fields are these.
    pub(crate) fn new(added: &[&str]) -> Self {
        let mut taken: HashSet<String> =
            added.iter().map(|name| name.to_ascii_lowercase()).collect();
        taken.insert(OBJECT_ID.to_ascii_lowercase());
        Self {
            fields: vec![Field::new(OBJECT_ID, FieldType::Oid)],
            taken,
            rows: Vec::new(),
        }
    }

    /// Takes over a field of the input and tells the name it has here.
    pub(crate) fn carry(&mut self, field: &Field) -> String {
        let mut name = field.name.clone();
        let mut number = 0;
        while !self.taken.insert(name.to_ascii_lowercase()) {
            number += 1;
            name = format!("{}_{number}", field.name);
        }
        let mut carried = field.clone();
        carried.name.clone_from(&name);
        self.fields.push(carried);
        name
    }

    /// Adds a field of the analysis; one of object IDs if they are another layer's.
    pub(crate) fn add(&mut self, name: &str, field_type: FieldType) {
        self.fields.push(Field::new(name, field_type));
    }

    /// Makes numbers of object IDs that are another layer's, since a layer has one of its own: integers, as the service has
    /// them, and big ones where an ID needs them.
    fn settle_ids(&mut self) {
        for field in self.fields.iter_mut().skip(1) {
            if field.field_type != FieldType::Oid {
                continue;
            }
            // In one pass: there may be very many rows.
            let need = |row: &Feature| match value(&row.attributes, &field.name) {
                id if id.is_string() => Need::Text,
                id => match id.as_i64().map(i32::try_from) {
                    Some(Err(_)) => Need::Big,
                    _ => Need::Small,
                },
            };
            let rows = self.rows.par_iter();
            field.field_type = match rows.map(need).max().unwrap_or(Need::Small) {
                Need::Text => FieldType::String,
                Need::Big => FieldType::BigInteger,
                Need::Small => FieldType::Integer,
            };
        }
    }

    /// The names of the fields but the number.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().skip(1).map(|field| field.name.as_str())
    }

    /// Whether a name is taken, in any letter case.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.taken.contains(&name.to_ascii_lowercase())
    }

    /// Lets a field of texts hold longer ones.
    pub(crate) fn widen(&mut self, name: &str, length: Option<u32>) {
        let field = self.fields.iter_mut().find(|field| field.name == name);
        if let Some(field) = field
            && let (Some(own), Some(other)) = (field.length, length)
        {
            field.length = Some(own.max(other));
        }
    }

    /// Adds a row; its number is set here.
    pub(crate) fn push(&mut self, geometry: Option<Geometry>, values: Attributes) {
        self.rows
            .push(numbered(self.rows.len() + 1, geometry, values));
    }

    /// Adds rows that are made by many threads, in their order.
    pub(crate) fn fill(
        &mut self,
        rows: impl IndexedParallelIterator<Item = (Option<Geometry>, Attributes)>,
    ) {
        let first = self.rows.len() + 1;
        let rows = rows.enumerate();
        self.rows.par_extend(
            rows.map(|(at, (geometry, values))| numbered(first + at, geometry, values)),
        );
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows as a layer of polygons.
    ///
    /// # Errors
    /// As [`finish_as`](Self::finish_as) has them.
    pub(crate) fn finish(
        self,
        name: &str,
        reference: &Reference,
    ) -> Result<FeatureCollection, EngineError> {
        self.finish_as(name, Some((GeometryType::Polygon, reference)))
    }

    /// The rows as a table.
    pub(crate) fn finish_rows(self, name: &str) -> FeatureCollection {
        self.finished(name, None)
    }

    /// The rows as a layer of features of a type, or as a table.
    ///
    /// # Errors
    /// When a geometry has no place in the reference.
    pub(crate) fn finish_as(
        self,
        name: &str,
        shape: Option<(GeometryType, &Reference)>,
    ) -> Result<FeatureCollection, EngineError> {
        let is_lost = |feature: &Feature| {
            let mut positions = feature.geometry.iter().flat_map(Geometry::positions);
            positions.any(|position| !position.x.is_finite() || !position.y.is_finite())
        };
        match (shape, self.rows.iter().position(is_lost)) {
            (Some((_, reference)), Some(index)) => Err(EngineError::spatial_reference(
                "context",
                format!(
                    "asks for the spatial reference {}, which cannot draw feature {} of the result `{name}`: it is too far \
                     away from where that one is used; ask for another one",
                    reference.name(),
                    index + 1
                ),
            )),
            _ => Ok(self.finished(name, shape)),
        }
    }

    fn finished(
        mut self,
        name: &str,
        shape: Option<(GeometryType, &Reference)>,
    ) -> FeatureCollection {
        self.settle_ids();
        let geometry_type = shape.map(|(geometry_type, _)| geometry_type);
        let spatial_reference = shape.map(|(_, reference)| reference.written.clone());
        FeatureCollection {
            layer_definition: LayerDefinition {
                name: Some(name.to_owned()),
                geometry_type,
                object_id_field: Some(OBJECT_ID.to_owned()),
                fields: self.fields.clone(),
                other: Map::new(),
            },
            feature_set: FeatureSet {
                geometry_type,
                spatial_reference,
                fields: self.fields,
                features: self.rows,
                ..FeatureSet::default()
            },
            ..FeatureCollection::default()
        }
    }
}

fn numbered(number: usize, geometry: Option<Geometry>, mut values: Attributes) -> Feature {
    match values.get_mut(OBJECT_ID) {
        Some(own) => *own = number.into(),
        None => {
            // With no more room than is needed: there may be very many of these.
            let mut attributes = Attributes::with_capacity(values.len() + 1);
            attributes.insert(OBJECT_ID, number);
            attributes.append(values);
            values = attributes;
        }
    }
    Feature {
        geometry,
        attributes: values,
    }
}

/// A row with room for so many values beside its number, which its table then writes in place: for very many rows.
pub(crate) fn begun(values: usize) -> Attributes {
    let mut row = Attributes::with_capacity(values + 1);
    row.insert(OBJECT_ID, AttributeValue::NULL);
    row
}

/// A value of a feature, null where it has none.
pub(crate) fn value<'a>(attributes: &'a Attributes, name: &str) -> &'a AttributeValue {
    &attributes[name]
}

/// The values of fields under the names that they have in the result.
pub(crate) fn renamed(attributes: &Attributes, names: &[(String, String)]) -> Attributes {
    carried(attributes, names).collect()
}

/// As [`renamed`], one by one.
pub(crate) fn carried<'a>(
    attributes: &'a Attributes,
    names: &'a [(String, String)],
) -> impl Iterator<Item = (&'a str, AttributeValue)> {
    let values = attributes.values_of(names.iter().map(|(name, _)| name.as_str()));
    let here = names.iter().map(|(_, here)| here.as_str());
    here.zip(values.cloned())
}

/// A geometry as a layer of this type has it; areas as polygons, points as one point or as many.
pub(crate) fn geometry(solid: &Solid, geometry_type: GeometryType) -> Option<Geometry> {
    let written = |&[x, y]: &[f64; 2]| Position::new(x, y);
    match solid {
        Solid::Points(points) if geometry_type == GeometryType::Point => {
            points.first().map(|&[x, y]| Point::new(x, y).into())
        }
        Solid::Points(points) => Some(Multipoint::from_points(points.iter().map(written)).into()),
        Solid::Paths(paths) => {
            let paths = paths
                .iter()
                .map(|path| path.iter().map(written).collect::<Vec<_>>());
            Some(Polyline::from_paths(paths).into())
        }
        Solid::Area(region) => polygon(region).map(Geometry::Polygon),
        Solid::Nothing => None,
    }
}

/// A geometry as it was given, in another reference.
pub(crate) fn drawn(
    shape: &Shape,
    change: Change,
    geometry_type: GeometryType,
) -> Option<Geometry> {
    let written = |position: &[f64; 2]| {
        let [x, y] = change.apply(*position);
        Position::new(x, y)
    };
    let list = |list: &Vec<[f64; 2]>| {
        let mut list = list.clone();
        change.apply_along(&mut list);
        list.iter().map(|&[x, y]| Position::new(x, y)).collect()
    };
    let lists =
        |lists: &[Vec<[f64; 2]>]| -> Vec<Vec<Position>> { lists.iter().map(list).collect() };
    match shape {
        Shape::Points(points) if geometry_type == GeometryType::Point => {
            let position = written(points.first()?);
            Some(Point::new(position.x, position.y).into())
        }
        Shape::Points(points) => Some(Multipoint::from_points(points.iter().map(written)).into()),
        Shape::Paths(paths) => Some(Polyline::from_paths(lists(paths)).into()),
        Shape::Rings(rings) => {
            let mut rings = lists(rings);
            for ring in &mut rings {
                ring.extend(ring.first().copied());
            }
            Some(Polygon::from_rings(rings).into())
        }
        Shape::Nothing => None,
    }
}

/// The polygon of an area: outer rings clockwise, holes counterclockwise, each closed.
pub(crate) fn polygon(region: &Region) -> Option<Polygon> {
    let rings: Vec<_> = region
        .iter()
        .flatten()
        .map(|ring| closed(ring.iter().rev()))
        .collect();
    (!rings.is_empty()).then(|| Polygon {
        rings,
        ..Polygon::default()
    })
}

fn closed<'a>(ring: impl Iterator<Item = &'a [f64; 2]> + Clone) -> Vec<Position> {
    let first = ring.clone().take(1);
    ring.chain(first)
        .map(|&[x, y]| Position::new(x, y))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_input_give_way() {
        let mut table = Table::new(&["BUFF_DIST"]);
        assert_eq!(table.carry(&Field::new("name", FieldType::String)), "name");
        assert_eq!(
            table.carry(&Field::new("objectid", FieldType::Integer)),
            "objectid_1"
        );
        assert_eq!(
            table.carry(&Field::new("BUFF_DIST", FieldType::Double)),
            "BUFF_DIST_1"
        );
        assert_eq!(
            table.carry(&Field::new("BUFF_DIST_1", FieldType::Double)),
            "BUFF_DIST_1_1"
        );
    }

    #[test]
    fn object_ids_of_others_are_integers_as_large_as_they_must_be() {
        for (id, field_type) in [
            (7.into(), FieldType::Integer),
            ((i64::from(i32::MAX) + 1).into(), FieldType::BigInteger),
            ("a7".into(), FieldType::String),
            (AttributeValue::NULL, FieldType::Integer),
        ] {
            let mut table = Table::new(&["ORIG_FID"]);
            table.add("ORIG_FID", FieldType::Oid);
            table.push(None, Attributes::from_iter([("ORIG_FID".to_owned(), id)]));
            let fields = table.finish_rows("a table").layer_definition.fields;
            assert_eq!(
                [&fields[0].field_type, &fields[1].field_type],
                [&FieldType::Oid, &field_type]
            );
        }
    }

    #[test]
    fn rings_turn_and_close() {
        let region = vec![vec![vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]]];
        let polygon = polygon(&region).unwrap();
        let ring: Vec<_> = polygon.rings[0].iter().map(|p| (p.x, p.y)).collect();
        assert_eq!(ring, [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (0.0, 1.0)]);
    }
}
