//! Dissolved polygons against GeoPandas.
//!
//! The layer has neighbours that share borders exactly, polygons that overlap, one far away, a bow tie, nulls, and values
//! that differ in letter case only. Areas agree to 1e-12: both programs add up the same vertices.

use crate::common::{areas, assert_close, features, layer, layer_of, tables};
use arcgis_analysis_engine::{Control, dissolve_boundaries};
use arcgis_analysis_spatial::dissolve_boundaries::DissolveBoundaries;
use arcgis_analysis_types::{
    Attributes, FeatureCollection, Polygon, SummaryField, SummaryStatistic,
};
use geo::Area;
use serde_json::Value;

fn parcels() -> FeatureCollection {
    layer_of(32_633, features(&tables()["dissolve"]["features"]))
}

fn statistics() -> Vec<SummaryField> {
    use SummaryStatistic::{Max, Mean, Min, Stddev, Sum};
    let each =
        |field| [Sum, Mean, Min, Max, Stddev].map(|statistic| SummaryField::new(field, statistic));
    [each("people"), each("height")].concat()
}

fn dissolve(fields: &[&str], multipart: bool) -> FeatureCollection {
    let mut task = DissolveBoundaries::new(parcels())
        .summary_fields(statistics())
        .multi_part_features(multipart);
    if !fields.is_empty() {
        task = task.dissolve_fields(fields.iter().copied());
    }
    dissolve_boundaries(&task, &Control::new()).unwrap()
}

fn check_statistics(name: &str, row: &Attributes, expected: &Value) {
    for field in ["people", "height"] {
        for statistic in ["sum", "mean", "min", "max", "stddev"] {
            let actual = &row[&format!("{statistic}_{field}")];
            match expected[field][statistic].as_f64() {
                None => assert!(
                    actual.is_null(),
                    "{name}: {statistic} of {field} is {actual}, not null"
                ),
                Some(expected) => {
                    let off = (actual.as_f64().unwrap() - expected).abs();
                    assert!(
                        off <= 1e-12 * expected.abs().max(1.0),
                        "{name}: {statistic} of {field}: {actual}, not {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn groups_merge_in_the_order_in_which_they_appear() {
    for (case, fields) in [
        ("byZone", vec!["zone"]),
        ("byZoneAndLevel", vec!["zone", "level"]),
        ("all", vec![]),
    ] {
        let expected = tables()["dissolve"][case].as_array().unwrap().clone();
        let dissolved = dissolve(&fields, true);
        assert_eq!(dissolved.features().len(), expected.len(), "{case}");
        for ((feature, area), expected) in dissolved
            .features()
            .iter()
            .zip(areas(&dissolved))
            .zip(&expected)
        {
            let values: Vec<_> = fields
                .iter()
                .map(|field| feature.attributes[*field].clone())
                .collect();
            let name = format!("{case} {values:?}");
            assert_eq!(Value::from(values), expected["values"], "{case}");
            assert_eq!(feature.attributes["Count"], expected["count"], "{name}");
            check_statistics(&name, &feature.attributes, expected);
            assert_close(
                &name,
                area.unsigned_area(),
                expected["area"].as_f64().unwrap(),
                1e-12,
            );
            assert_eq!(
                area.0.len() as u64,
                expected["parts"].as_u64().unwrap(),
                "{name}"
            );
            let holes: usize = area.iter().map(|p| p.interiors().len()).sum();
            assert_eq!(holes as u64, expected["holes"].as_u64().unwrap(), "{name}");
        }
    }
}

#[test]
fn without_multipart_features_each_part_is_one() {
    let expected = tables()["dissolve"]["byZone"].as_array().unwrap().clone();
    let dissolved = dissolve(&["zone"], false);
    let parts = areas(&dissolved);
    for row in &expected {
        let zone = &row["values"][0];
        let mut found: Vec<f64> = dissolved
            .features()
            .iter()
            .zip(&parts)
            .filter(|(feature, _)| feature.attributes["zone"] == *zone)
            .map(|(_, area)| area.unsigned_area())
            .collect();
        found.sort_by(f64::total_cmp);
        let areas = row["partAreas"].as_array().unwrap();
        assert_eq!(found.len(), areas.len(), "{zone}");
        for (actual, expected) in found.iter().zip(areas) {
            assert_close(
                &zone.to_string(),
                *actual,
                expected.as_f64().unwrap(),
                1e-12,
            );
        }
        // Each polygon is of one part here, except the bow tie, which counts in both of its own.
        let count = |zone: &Value| -> u64 {
            let rows = dissolved
                .features()
                .iter()
                .filter(|f| f.attributes["zone"] == *zone);
            rows.map(|f| f.attributes["Count"].as_u64().unwrap()).sum()
        };
        let twice = u64::from(*zone == "tie");
        assert_eq!(
            count(zone),
            row["count"].as_u64().unwrap() + twice,
            "{zone}"
        );
    }
}

/// A row of pairs of squares that overlap, one of each three of them of two parts, the other of which lies in the next row.
#[test]
fn parts_know_their_members_where_there_are_many() {
    let square = |x: f64, y: f64| [(x, y), (x, y + 2.0), (x + 2.0, y + 2.0), (x + 2.0, y)];
    let mut shapes = Vec::new();
    for pair in 0..2000 {
        let x = f64::from(pair) * 5.0;
        shapes.push(Polygon::from_rings([square(x, 0.0)]));
        let mut rings = vec![square(x + 1.0, 1.0)];
        if pair % 3 == 0 {
            rings.push(square(x, 9.0));
        }
        shapes.push(Polygon::from_rings(rings));
    }
    let task = DissolveBoundaries::new(layer(32_633, shapes.into_iter().map(Into::into)))
        .multi_part_features(false);
    let dissolved = dissolve_boundaries(&task, &Control::new()).unwrap();
    assert_eq!(dissolved.features().len(), 2000 + 667);
    for (feature, area) in dissolved.features().iter().zip(areas(&dissolved)) {
        let (count, expected) = if area.unsigned_area() > 5.0 {
            (2, 7.0)
        } else {
            (1, 4.0)
        };
        assert_eq!(feature.attributes["Count"], count);
        assert_close("area", area.unsigned_area(), expected, 1e-12);
    }
}

#[test]
fn borders_between_groups_stay_shared() {
    let dissolved = dissolve(&["zone"], true);
    let input = parcels();
    let mut given = std::collections::HashSet::new();
    for feature in input.features() {
        given.extend(
            feature
                .geometry
                .iter()
                .flat_map(|g| g.positions())
                .map(|p| (p.x.to_bits(), p.y.to_bits())),
        );
    }
    // Only the polygon laid over others, and the bow tie, make new vertices.
    let new: Vec<_> = dissolved
        .features()
        .iter()
        .flat_map(|f| f.geometry.iter().flat_map(|g| g.positions()))
        .filter(|p| !given.contains(&(p.x.to_bits(), p.y.to_bits())))
        .filter(|p| {
            let (x, y) = (p.x - 390_000.0, p.y - 5_820_000.0);
            let on_the_overlapping = (400.0..2600.0).contains(&x) && (400.0..2600.0).contains(&y);
            !(on_the_overlapping || x > 19_000.0)
        })
        .collect();
    assert!(new.is_empty(), "{new:?}");
}
