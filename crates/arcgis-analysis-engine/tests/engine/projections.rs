//! Changes of spatial reference against PROJ, whose places `tests/reference/projections.py` wrote down.

use crate::common::{areas, drawn_elsewhere, layer, point};
use arcgis_analysis_engine::{Control, ReferenceChange, create_buffers};
use arcgis_analysis_spatial::create_buffers::{BufferDistance, CreateBuffers};
use arcgis_analysis_types::{Context, Position, SpatialReference};
use geo::Area;
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    wkid: u32,
    from: u32,
    places: Vec<[f64; 4]>,
}

fn change(from: u32, to: u32) -> ReferenceChange {
    let [from, to] = [from, to].map(SpatialReference::wkid);
    ReferenceChange::between(&from, &to).unwrap()
}

fn moved(change: &ReferenceChange, x: f64, y: f64) -> [f64; 2] {
    let mut position = Position::new(x, y);
    change.apply(&mut position);
    [position.x, position.y]
}

#[test]
fn places_are_where_proj_puts_them() {
    let cases: Vec<Case> = serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_projections.json"
    ))
    .unwrap();
    assert!(cases.len() > 200);
    for Case { wkid, from, places } in cases {
        let to = change(from, wkid);
        for [lon, lat, x, y] in places {
            let found = moved(&to, lon, lat);
            // A millimetre, as degrees where these come out, and in the longest unit, of 20 metres.
            let near = if x.abs() <= 360.0 && y.abs() <= 90.0 {
                1e-8
            } else {
                1e-3
            };
            assert!(
                (found[0] - x).abs() < near && (found[1] - y).abs() < near,
                "{wkid}: ({lon}, {lat}) is {found:?}, not ({x}, {y})"
            );
            // Seven parameters back are not quite the inverse of seven there: a centimetre.
            let [back_lon, back_lat] = moved(&change(wkid, from), x, y);
            let turned = (back_lon - lon) - ((back_lon - lon) / 360.0).round() * 360.0;
            assert!(
                turned.abs() < 1e-7 && (back_lat - lat).abs() < 1e-7,
                "{wkid}: back from ({x}, {y}) is ({back_lon}, {back_lat}), not ({lon}, {lat})"
            );
        }
    }
}

#[derive(Deserialize)]
struct TextCase {
    made_of: u32,
    text: String,
    places: Vec<[f64; 4]>,
}

/// As files have them: `tests/reference/texts.py` took the texts, without any ID, and PROJ's places by them.
#[test]
fn places_by_well_known_text_are_where_proj_puts_them() {
    let cases: Vec<TextCase> = serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_texts.json"
    ))
    .unwrap();
    assert!(cases.len() > 60);
    for TextCase {
        made_of,
        text,
        places,
    } in cases
    {
        let written = SpatialReference {
            wkt: Some(text.clone()),
            ..SpatialReference::default()
        };
        let there = ReferenceChange::between(&SpatialReference::WGS84, &written);
        if places.is_empty() {
            let refused = there.unwrap_err().to_string();
            assert!(refused.contains("without a grid"), "{refused}");
            continue;
        }
        let there = there.unwrap_or_else(|error| panic!("{made_of}: {error}: {text}"));
        let back = ReferenceChange::between(&written, &SpatialReference::WGS84).unwrap();
        for [lon, lat, x, y] in places {
            let found = moved(&there, lon, lat);
            // A millimetre, and as much in degrees.
            let near = if text.starts_with("GEOGCS") {
                1e-8
            } else {
                1e-3
            };
            assert!(
                (found[0] - x).abs() < near && (found[1] - y).abs() < near,
                "{made_of}: ({lon}, {lat}) is {found:?}, not ({x}, {y}): {text}"
            );
            let [back_lon, back_lat] = moved(&back, x, y);
            assert!(
                (back_lon - lon).abs() < 1e-7 && (back_lat - lat).abs() < 1e-7,
                "{made_of}: back from ({x}, {y}) is ({back_lon}, {back_lat}), not ({lon}, {lat}): {text}"
            );
        }
    }
}

proptest! {
    /// From one projection to another is the way over longitude and latitude.
    #[test]
    fn changes_can_be_made_in_two_steps(lon in 6.0..12.0, lat in 47.0..55.0) {
        for (from, to) in [(32_632, 3035), (3857, 32_632), (25_832, 102_100), (31_467, 3857), (2154, 54_030)] {
            let [x, y] = moved(&change(4326, from), lon, lat);
            let straight = moved(&change(from, to), x, y);
            let around = moved(&change(4326, to), lon, lat);
            prop_assert!((straight[0] - around[0]).abs() < 0.01 && (straight[1] - around[1]).abs() < 0.01);
        }
    }
}

/// Buffers that a projection leads to are those on the ellipsoid, moved.
#[test]
fn buffers_are_drawn_on_the_ellipsoid_and_then_projected() {
    let drawn = |wkid| {
        let berlin = layer(4326, [point(13.4, 52.5)]);
        let task = CreateBuffers::new(berlin, BufferDistance::values([5000.0])).context(Context {
            out_sr: Some(SpatialReference::wkid(wkid)),
            ..Context::default()
        });
        create_buffers(&task, &Control::new()).unwrap()
    };
    let utm = drawn(25_833);
    assert_eq!(
        utm.spatial_reference().and_then(SpatialReference::id),
        Some(25_833)
    );
    let to = change(4326, 25_833);
    let moved = drawn_elsewhere(&drawn(4326), |_, position| to.apply(position));
    assert_eq!(utm.features()[0].geometry, moved.features()[0].geometry);
    // pyproj 3.7.2: Proj(25833).get_factors(13.4, 52.5).areal_scale is 0.99948965.
    let [area] = <[_; 1]>::try_from(areas(&utm)).unwrap();
    let disk = std::f64::consts::PI * 25e6 * 0.999_489_65;
    assert!(
        (area.unsigned_area() / disk - 1.0).abs() < 1e-4,
        "{}",
        area.unsigned_area()
    );
}
