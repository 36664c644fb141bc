//! What the tests share: building inputs, and measuring results by means that are not the engine's.

use arcgis_analysis_engine::{Control, create_buffers};
use arcgis_analysis_spatial::create_buffers::CreateBuffers;
use arcgis_analysis_types::{
    Attributes, Feature, FeatureCollection, Geometry, Multipoint, Point, Polygon, Polyline,
    Position, SpatialReference,
};
use geo::{Area, LineString, MultiPolygon, Validation};
use serde_json::Value;

/// The buffers' reference figures.
pub(crate) fn buffers() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_buffers.json"
    ))
    .unwrap()
}

/// The reference figures of dissolved polygons and aggregated points.
pub(crate) fn tables() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_tables.json"
    ))
    .unwrap()
}

/// Features as the reference scripts write them: a point or rings, and attributes.
pub(crate) fn features(list: &Value) -> Vec<Feature> {
    let feature = |feature: &Value| {
        let geometry = match feature["point"].as_array() {
            Some(place) => point(place[0].as_f64().unwrap(), place[1].as_f64().unwrap()),
            None => polygon(feature["rings"].as_array().unwrap()),
        };
        Feature::new(
            geometry,
            feature["attributes"].as_object().unwrap().clone().into(),
        )
    };
    list.as_array().unwrap().iter().map(feature).collect()
}

pub(crate) fn layer_of(wkid: u32, features: Vec<Feature>) -> FeatureCollection {
    FeatureCollection::new(SpatialReference::wkid(wkid), features)
}

pub(crate) fn point(x: f64, y: f64) -> Geometry {
    Point::new(x, y).into()
}

pub(crate) fn multipoint(points: &[(f64, f64)]) -> Geometry {
    Multipoint::from_points(points.iter().copied()).into()
}

/// A line from a JSON list of paths.
pub(crate) fn line(paths: &[Value]) -> Geometry {
    Polyline::from_paths(paths.iter().map(positions)).into()
}

/// A polygon from a JSON list of rings.
pub(crate) fn polygon(rings: &[Value]) -> Geometry {
    Polygon::from_rings(rings.iter().map(positions)).into()
}

pub(crate) fn positions(list: &Value) -> Vec<(f64, f64)> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|p| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap()))
        .collect()
}

pub(crate) fn layer(
    wkid: u32,
    geometries: impl IntoIterator<Item = Geometry>,
) -> FeatureCollection {
    let features = geometries
        .into_iter()
        .map(|geometry| Feature::new(geometry, Attributes::new()))
        .collect();
    FeatureCollection::new(SpatialReference::wkid(wkid), features)
}

/// The same features with every position moved, which is told with the number of its feature.
pub(crate) fn drawn_elsewhere(
    collection: &FeatureCollection,
    mut change: impl FnMut(usize, &mut Position),
) -> FeatureCollection {
    let mut moved = collection.clone();
    for (index, feature) in moved.feature_set.features.iter_mut().enumerate() {
        let mut change = |position: &mut Position| change(index, position);
        match &mut feature.geometry {
            Some(Geometry::Point(point)) => change(&mut point.position),
            Some(Geometry::Multipoint(points)) => points.points.iter_mut().for_each(change),
            Some(Geometry::Polyline(line)) => line.paths.iter_mut().flatten().for_each(change),
            Some(Geometry::Polygon(area)) => area.rings.iter_mut().flatten().for_each(change),
            _ => {}
        }
    }
    moved
}

/// A ring of longitudes around 180 in the part on one side of it, open or closed as it was (Sutherland and Hodgman).
fn on_side(ring: &[Position], is_west: bool) -> Vec<(f64, f64)> {
    let inside = |p: &Position| if is_west { p.x <= 180.0 } else { p.x >= 180.0 };
    let mut kept = Vec::new();
    for pair in ring.windows(2) {
        let [a, b] = [&pair[0], &pair[1]];
        if inside(a) {
            kept.push((a.x, a.y));
        }
        if inside(a) != inside(b) {
            kept.push((180.0, a.y + (180.0 - a.x) / (b.x - a.x) * (b.y - a.y)));
        }
    }
    kept.extend(kept.first().copied());
    let turn = if is_west { 0.0 } else { 360.0 };
    kept.into_iter().map(|(x, y)| (x - turn, y)).collect()
}

/// A polygon or line of longitudes around 180 as files have it, cut there; of points, those at 180 as -180.
///
/// A line along 180 degrees is written at -180, too.
pub(crate) fn cut_at_antimeridian(geometry: &Geometry) -> Geometry {
    let behind = |p: &Position| {
        if p.x >= 180.0 {
            (p.x - 360.0, p.y)
        } else {
            (p.x, p.y)
        }
    };
    match geometry {
        Geometry::Point(at) => {
            let (x, y) = behind(&at.position);
            point(x, y)
        }
        Geometry::Multipoint(points) => {
            multipoint(&points.points.iter().map(behind).collect::<Vec<_>>())
        }
        Geometry::Polyline(line) => {
            let paths = line.paths.iter().flat_map(|path| {
                if path.iter().all(|p| p.x >= 180.0) {
                    return vec![path.iter().map(behind).collect::<Vec<_>>()];
                }
                let mut pieces = vec![vec![(path[0].x, path[0].y)]];
                for pair in path.windows(2) {
                    let [a, b] = [&pair[0], &pair[1]];
                    if a.x < 180.0 && b.x > 180.0 {
                        let y = a.y + (180.0 - a.x) / (b.x - a.x) * (b.y - a.y);
                        pieces.last_mut().unwrap().push((180.0, y));
                        pieces.push(vec![(-180.0, y)]);
                    }
                    let end = if b.x > 180.0 { behind(b) } else { (b.x, b.y) };
                    pieces.last_mut().unwrap().push(end);
                }
                pieces
            });
            Polyline::from_paths(paths).into()
        }
        Geometry::Polygon(polygon) => {
            let rings = polygon.rings.iter();
            let sides = rings.flat_map(|ring| [true, false].map(|west| on_side(ring, west)));
            Polygon::from_rings(sides.filter(|ring| has_area(ring))).into()
        }
        other => panic!("{other:?}"),
    }
}

fn has_area(ring: &[(f64, f64)]) -> bool {
    ring.iter().any(|p| p.0.abs() < 180.0)
}

/// The areas of a result, checked to be valid and within the bounds of their chart.
pub(crate) fn areas(collection: &FeatureCollection) -> Vec<MultiPolygon> {
    let wkid = collection
        .spatial_reference()
        .and_then(SpatialReference::id)
        .unwrap();
    collection
        .features()
        .iter()
        .map(|feature| {
            let Some(Geometry::Polygon(polygon)) = &feature.geometry else {
                panic!("no polygon")
            };
            let area = multipolygon(polygon);
            if let Some(problem) = area.check_validation().err() {
                panic!("invalid: {problem}");
            }
            let (width, height) = match wkid {
                4326 => (180.0, 90.0),
                3857 | 102_100 => (20_037_508.342_789_244, 30_300_000.0),
                _ => (f64::MAX, f64::MAX),
            };
            for position in polygon.rings.iter().flatten() {
                assert!(
                    position.x.abs() <= width && position.y.abs() <= height,
                    "{position:?} is off the chart"
                );
            }
            area
        })
        .collect()
}

/// The parts of a polygon whose outer rings run clockwise, each before its holes, as Esri writes it.
pub(crate) fn multipolygon(polygon: &Polygon) -> MultiPolygon {
    let mut parts: Vec<geo::Polygon> = Vec::new();
    for ring in &polygon.rings {
        assert_eq!(ring.first(), ring.last(), "a ring is not closed");
        let ring = LineString::from_iter(ring.iter().map(|p| (p.x, p.y)));
        let area = geo::Polygon::new(ring.clone(), vec![]).signed_area();
        if area < 0.0 {
            parts.push(geo::Polygon::new(ring, vec![]));
        } else {
            parts
                .last_mut()
                .expect("a hole before any outer ring")
                .interiors_push(ring);
        }
    }
    MultiPolygon(parts)
}

/// The one area of a call's only feature.
pub(crate) fn buffer(task: CreateBuffers) -> MultiPolygon {
    let buffers = create_buffers(&task, &Control::new()).unwrap();
    let [area] = <[MultiPolygon; 1]>::try_from(areas(&buffers)).unwrap();
    area
}

/// The area on the ellipsoid in square metres, of edges that are straight in longitude and latitude: the integral of the
/// area between a latitude of the ring and each other, along the outline (Snyder 1987, equations 3-11 and 3-12).
///
/// Differences of the latitudes' areas are taken before anything is rounded: near a pole, where a metre spans many
/// degrees of longitude, the areas themselves would cancel all figures of a small outline's.
pub(crate) fn ellipsoidal_area(area: &MultiPolygon) -> f64 {
    const ECCENTRICITY: f64 = 0.081_819_190_842_621_49;
    const AUTHALIC_RADIUS: f64 = 6_371_007.180_918_475;
    const E2: f64 = ECCENTRICITY * ECCENTRICITY;
    let q =
        |sine: f64| sine / (1.0 - E2 * sine * sine) + (ECCENTRICITY * sine).atanh() / ECCENTRICITY;
    // The difference of the sines of two latitudes, by their half sum and half difference.
    let sines = |from: f64, to: f64| {
        let half = ((to - from) / 2.0).to_radians().sin();
        2.0 * half * ((90.0 - from) / 2.0 + (90.0 - to) / 2.0).to_radians().sin()
    };
    let height = |from: f64, to: f64| {
        let (a, b) = (from.to_radians().sin(), to.to_radians().sin());
        let difference = sines(from, to);
        let first = difference * (1.0 + E2 * a * b) / ((1.0 - E2 * a * a) * (1.0 - E2 * b * b));
        let second = (ECCENTRICITY * difference / (1.0 - E2 * a * b)).atanh() / ECCENTRICITY;
        (first + second) / q(1.0)
    };
    let ring_area = |ring: &LineString| {
        let origin = ring.0[0].y;
        // Gauss and Legendre's rule with three places.
        let mean = |a: f64, b: f64| {
            let (middle, off) = (f64::midpoint(a, b), (b - a) / 2.0 * 0.6_f64.sqrt());
            let [low, mid, high] =
                [middle - off, middle, middle + off].map(|lat| height(origin, lat));
            (5.0 * low + 8.0 * mid + 5.0 * high) / 18.0
        };
        ring.lines()
            .map(|e| (e.end.x - e.start.x).to_radians() * mean(e.start.y, e.end.y))
            .sum::<f64>()
    };
    let rings = area
        .iter()
        .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    // Outer rings run clockwise: eastwards along their northern side.
    rings.map(ring_area).sum::<f64>() * AUTHALIC_RADIUS.powi(2)
}

/// Whether a place is inside, by the even-odd rule with edges straight on the chart.
pub(crate) fn holds(area: &MultiPolygon, [x, y]: [f64; 2]) -> bool {
    let rings = area
        .iter()
        .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    let crossings = rings
        .flat_map(LineString::lines)
        .filter(|edge| (edge.start.y > y) != (edge.end.y > y))
        .filter(|edge| {
            x < edge.start.x
                + (y - edge.start.y) / (edge.end.y - edge.start.y) * (edge.end.x - edge.start.x)
        })
        .count();
    crossings % 2 == 1
}

/// Holds an area against places that are known to be inside or outside.
pub(crate) fn check_places(name: &str, area: &MultiPolygon, places: &Value) {
    let places = places.as_array().unwrap();
    assert!(places.len() > 20, "{name}: too few places to tell anything");
    for place in places {
        let (x, y) = (place[0].as_f64().unwrap(), place[1].as_f64().unwrap());
        // The engine's areas lie within the chart.
        let wrapped = if y.abs() <= 90.0 && x.abs() > 180.0 && x.abs() < 360.0 {
            x - 360f64.copysign(x)
        } else {
            x
        };
        let inside = place[2].as_bool().unwrap();
        assert_eq!(
            holds(area, [wrapped, y]),
            inside,
            "{name}: ({x}, {y}) should be inside: {inside}"
        );
    }
}

pub(crate) fn assert_close(name: &str, actual: f64, expected: f64, tolerance: f64) {
    let off = (actual - expected) / expected;
    assert!(
        off.abs() <= tolerance,
        "{name}: {actual} is not {expected}, off by {off:.2e}"
    );
}
