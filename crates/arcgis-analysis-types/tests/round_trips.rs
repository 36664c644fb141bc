//! What is written reads back as it was, for random values.
#![allow(clippy::unwrap_used)]

use arcgis_analysis_types::{
    Attributes, Choice, DateTime, Feature, FeatureCollection, FeatureInput, FieldType, Geometry,
    LinearUnit, LinearUnits, Multipoint, Param, Point, Polygon, Polyline, Position,
    SpatialReference, SummaryStatistic,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;

/// Any number that JSON can hold.
fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    NORMAL | SUBNORMAL | ZERO | POSITIVE | NEGATIVE
}

/// Positions with or without heights and measures; where a geometry has them, single ones may be missing.
fn position() -> impl Strategy<Value = (bool, bool)> {
    (any::<bool>(), any::<bool>())
}

fn positions(least: usize, (z, m): (bool, bool)) -> impl Strategy<Value = Vec<Position>> {
    let extra =
        |is_there: bool| option::of(number()).prop_map(move |number| number.filter(|_| is_there));
    let position = (number(), number(), extra(z), extra(m))
        .prop_map(|(x, y, z, m)| Position::new(x, y).with_z(z).with_m(m));
    vec(position, least..least + 5)
}

fn parts(least: usize) -> impl Strategy<Value = Vec<Vec<Position>>> {
    position().prop_flat_map(move |dimensions| vec(positions(least, dimensions), 1..4))
}

fn point() -> impl Strategy<Value = Geometry> {
    position().prop_flat_map(|d| positions(1, d)).prop_map(|p| {
        Point {
            position: p[0],
            spatial_reference: None,
        }
        .into()
    })
}

fn multipoint() -> impl Strategy<Value = Geometry> {
    let points = position().prop_flat_map(|d| positions(1, d));
    points.prop_map(|points| {
        Multipoint {
            points,
            spatial_reference: None,
        }
        .into()
    })
}

fn polyline() -> impl Strategy<Value = Geometry> {
    parts(2).prop_map(|paths| {
        Polyline {
            paths,
            ..Polyline::default()
        }
        .into()
    })
}

fn polygon() -> impl Strategy<Value = Geometry> {
    let closed = |mut ring: Vec<Position>| {
        ring.push(ring[0]);
        ring
    };
    parts(3).prop_map(move |rings| {
        Polygon {
            rings: rings.into_iter().map(closed).collect(),
            ..Polygon::default()
        }
        .into()
    })
}

fn spatial_reference() -> impl Strategy<Value = Option<SpatialReference>> {
    let wkid = (1_u32..200_000).prop_map(SpatialReference::wkid);
    let wkt = Just(SpatialReference {
        wkt: Some("PROJCS[\"x\"]".to_owned()),
        ..SpatialReference::default()
    });
    option::of(prop_oneof![wkid, wkt, Just(SpatialReference::WEB_MERCATOR)])
}

fn geometry() -> impl Strategy<Value = Geometry> {
    (
        prop_oneof![point(), multipoint(), polyline(), polygon()],
        spatial_reference(),
    )
        .prop_map(|(mut geometry, sr)| {
            match &mut geometry {
                Geometry::Point(point) => point.spatial_reference = sr,
                Geometry::Multipoint(multipoint) => multipoint.spatial_reference = sr,
                Geometry::Polyline(line) => line.spatial_reference = sr,
                Geometry::Polygon(polygon) => polygon.spatial_reference = sr,
                _ => {}
            }
            geometry
        })
}

/// The numbers of a geometry, bit for bit: 0.0 and -0.0 are equal otherwise.
fn bits(geometry: &Geometry) -> Vec<u64> {
    let numbers = geometry
        .positions()
        .flat_map(|p| [Some(p.x), Some(p.y), p.z(), p.m()]);
    numbers
        .map(|number| number.map_or(1, f64::to_bits))
        .collect()
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        number().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ]
}

fn attributes() -> impl Strategy<Value = Attributes> {
    btree_map("[A-Za-zé_][A-Za-z0-9_]{0,6}", value(), 0..5)
        .prop_map(|map| map.into_iter().collect())
}

/// Features of one type of geometry, or rows of a table.
fn collection() -> impl Strategy<Value = FeatureCollection> {
    let typed = prop_oneof![
        Just(point().boxed()),
        Just(multipoint().boxed()),
        Just(polyline().boxed()),
        Just(polygon().boxed()),
    ];
    let features = typed.prop_flat_map(|geometry| {
        let feature = (option::weighted(0.9, geometry), attributes());
        vec(
            feature.prop_map(|(geometry, attributes)| Feature {
                geometry,
                attributes,
            }),
            0..6,
        )
    });
    let layers = (
        features,
        spatial_reference(),
        option::of(Just("n > 5".to_owned())),
    );
    let layers = layers.prop_map(|(features, sr, filter)| FeatureCollection {
        filter,
        ..FeatureCollection::new(sr.unwrap_or(SpatialReference::WGS84), features)
    });
    prop_oneof![4 => layers, 1 => vec(attributes(), 0..6).prop_map(FeatureCollection::table)]
}

proptest! {
    #[test]
    fn geometries(geometry in geometry()) {
        let text = serde_json::to_string(&geometry).unwrap();
        let from_text: Geometry = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(bits(&from_text), bits(&geometry));
        prop_assert_eq!(&from_text, &geometry);
        let from_value: Geometry = serde_json::from_value(serde_json::to_value(&geometry).unwrap()).unwrap();
        prop_assert_eq!(&from_value, &geometry);
    }

    #[test]
    fn collections(collection in collection()) {
        let text = serde_json::to_string(&collection).unwrap();
        let read: FeatureCollection = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &collection);
        prop_assert_eq!(&FeatureCollection::from_json_text(&text).unwrap(), &collection);
    }

    #[test]
    fn inputs_on_the_wire(collection in collection()) {
        let completed = collection.clone().completed();
        let wire = FeatureInput::from(collection).to_json();
        prop_assert_eq!(FeatureInput::from_json(wire), Ok(FeatureInput::from(completed.clone())));
        // Every feature has an ID of its own, in a field that says so.
        let field = completed.object_id_field().unwrap();
        let oid = |f: &&arcgis_analysis_types::Field| f.field_type == FieldType::Oid;
        prop_assert_eq!(completed.fields().iter().find(oid).map(|f| f.name.as_str()), Some(field));
        let mut ids: Vec<_> = completed.features().iter().map(|f| f.attributes[field].as_i64().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), completed.features().len());
    }

    #[test]
    fn dates(epoch_millis in -377_705_023_201_000_i64..=253_402_207_200_000) {
        let date = DateTime { epoch_millis };
        prop_assert!(date.validate().is_ok());
        prop_assert_eq!(date.to_string().parse(), Ok(date));
        prop_assert_eq!(DateTime::from_json(date.to_json()), Ok(date));
    }

    #[test]
    fn words(word in ".{0,20}") {
        let choice = SummaryStatistic::from(word.as_str());
        prop_assert_eq!(choice.as_str(), word.as_str());
        prop_assert_eq!(SummaryStatistic::from(choice.as_str()), choice);
    }

    #[test]
    fn known_words_in_any_case(index in 0..LinearUnits::KNOWN.len(), upper in vec(any::<bool>(), 24)) {
        let known = &LinearUnits::KNOWN[index];
        let mixed: String = known.as_str().chars().zip(upper).map(|(c, upper)| {
            if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
        }).collect();
        prop_assert_eq!(&LinearUnits::from(mixed.as_str()), known);
    }

    #[test]
    fn distances(distance in number()) {
        let unit = LinearUnit::new(distance, LinearUnits::IntFeet);
        let text = unit.to_json().to_string();
        let read = LinearUnit::from_json(serde_json::from_str(&text).unwrap()).unwrap();
        prop_assert_eq!(read.distance.to_bits(), distance.to_bits());
        prop_assert_eq!(read, unit);
    }

    #[test]
    fn no_text_is_too_odd_to_be_refused_in_words(text in ".{0,60}") {
        let _ = FeatureCollection::from_json_text(&text);
        let _ = FeatureInput::from_json(text.into());
    }
}
