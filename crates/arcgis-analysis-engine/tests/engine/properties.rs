//! What must hold of any buffer, anywhere on Earth, measured by the crate's own geodesics only in so far as these are
//! Karney's (the reference scripts use PROJ's).

use crate::common::{buffer, ellipsoidal_area, holds, layer, multipoint, point};
use arcgis_analysis_engine::{Control, create_buffers};
use arcgis_analysis_spatial::create_buffers::{BufferDistance, CreateBuffers, EndType, SideType};
use arcgis_analysis_types::{Geometry, Polygon, Polyline};
use geo::{LineString, MultiPolygon};
use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use proptest::prelude::*;

type Place = (f64, f64);

fn inverse(a: Place, b: Place) -> f64 {
    Geodesic::wgs84().inverse(a.1, a.0, b.1, b.0)
}

fn direct(from: Place, azimuth: f64, metres: f64) -> Place {
    let (lat, lon): (f64, f64) = Geodesic::wgs84().direct(from.1, from.0, azimuth, metres);
    (lon, lat)
}

/// A place on Earth, often near a pole or the antimeridian, where things go wrong.
fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        (-180.0..180.0, -90.0..90.0),
        (179.0..181.0, -70.0..70.0)
            .prop_map(|(lon, lat): Place| (if lon > 180.0 { lon - 360.0 } else { lon }, lat)),
        (-180.0..180.0, 88.0..90.0),
        (-180.0..180.0, -90.0..-88.0),
    ]
}

/// A distance from ten metres to 15,000 km.
fn distance() -> impl Strategy<Value = f64> {
    (1.0..7.17).prop_map(|exponent: f64| 10f64.powf(exponent))
}

/// A distance that suits a feature of a few hundred kilometres.
fn shorter() -> impl Strategy<Value = f64> {
    (2.0..6.0).prop_map(|exponent: f64| 10f64.powf(exponent))
}

/// Whether an edge runs along an edge of the chart, where it is no part of the outline.
fn on_frame(a: Place, b: Place) -> bool {
    a.0.abs() == 180.0 && a.0 == b.0 || a.1.abs() == 90.0 && a.1 == b.1
}

fn edges(area: &MultiPolygon) -> impl Iterator<Item = (Place, Place)> {
    let rings = area
        .iter()
        .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    rings
        .flat_map(LineString::lines)
        .map(|e| (e.start.x_y(), e.end.x_y()))
        .filter(|(a, b)| !on_frame(*a, *b))
}

/// The least distance of a place from a geodesic path.
fn from_path(path: &[Place], place: Place) -> f64 {
    let mut least = f64::MAX;
    for edge in path.windows(2) {
        let g = Geodesic::wgs84();
        let (length, azimuth, _, _): (f64, f64, f64, f64) =
            g.inverse(edge[0].1, edge[0].0, edge[1].1, edge[1].0);
        let at = |t: f64| inverse(direct(edge[0], azimuth, t * length), place);
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..12 {
            let step = (high - low) / 12.0;
            let nearest = (0..=12)
                .map(|i| low + step * f64::from(i))
                .min_by(|a, b| at(*a).total_cmp(&at(*b)))
                .unwrap();
            (low, high) = ((nearest - step).max(0.0), (nearest + step).min(1.0));
        }
        least = least.min(at(f64::midpoint(low, high)));
    }
    least
}

/// Whether a place is on a path as it is drawn on the chart, which at 78° leaves the geodesic by kilometres.
fn is_on(path: &[Place], place: Place) -> bool {
    path.windows(2).any(|edge| {
        [-360.0, 0.0, 360.0].into_iter().any(|turn| {
            let (a, b, at) = (edge[0], edge[1], (place.0 + turn, place.1));
            let (along, away) = ((b.0 - a.0, b.1 - a.1), (at.0 - a.0, at.1 - a.1));
            let length = along.0.hypot(along.1);
            let beside = (along.0 * away.1 - along.1 * away.0) / length;
            let ahead = (along.0 * away.0 + along.1 * away.1) / length;
            beside.abs() < 1e-8 && (-1e-8..length + 1e-8).contains(&ahead)
        })
    })
}

fn lines(path: &[Place]) -> arcgis_analysis_types::FeatureCollection {
    layer(4326, [Polyline::from_paths([path.to_vec()]).into()])
}

/// A path of a few hundred kilometres whose longitudes run on where it crosses the antimeridian.
fn path() -> impl Strategy<Value = Vec<Place>> {
    (
        place(),
        prop::collection::vec((0.0..360.0, 1e3..400e3), 1..5),
    )
        .prop_map(|(start, legs)| {
            let mut path = vec![start];
            for (azimuth, metres) in legs {
                let before = path[path.len() - 1];
                let (lon, lat) = direct(before, azimuth, metres);
                let east = (lon - before.0 + 540.0).rem_euclid(360.0) - 180.0;
                path.push((before.0 + east, lat));
            }
            path
        })
}

/// A star around `centre`, its corners at these reaches, and what must hold of its buffers.
fn check_polygon(centre: Place, reaches: &[f64], metres: f64) -> Result<(), TestCaseError> {
    let count = reaches.len() as f64;
    let mut ring: Vec<Place> = Vec::new();
    for (i, reach) in reaches.iter().enumerate() {
        let (lon, lat) = direct(centre, 360.0 * i as f64 / count, *reach);
        let from = ring.last().map_or(centre.0, |last| last.0);
        ring.push((from + ((lon - from + 540.0).rem_euclid(360.0) - 180.0), lat));
    }
    let closed: Vec<Place> = ring.iter().copied().chain([ring[0]]).collect();
    let shape = || layer(4326, [Polygon::from_rings([closed.clone()]).into()]);
    let area = buffer(CreateBuffers::new(
        shape(),
        BufferDistance::values([metres]),
    ));
    let drawn = geo::Polygon::new(LineString::from(closed.clone()), vec![]);
    let own = ellipsoidal_area(&MultiPolygon(vec![drawn])).abs();
    let outside = buffer(
        CreateBuffers::new(shape(), BufferDistance::values([metres])).side_type(SideType::Outside),
    );
    let sum = ellipsoidal_area(&outside) + own;
    prop_assert!((sum / ellipsoidal_area(&area) - 1.0).abs() < 1e-7);
    for (a, _) in edges(&area).step_by(11) {
        prop_assert!(
            from_path(&closed, a) <= 1.0001 * metres + 0.003 || is_on(&closed, a) || metres < 2e3,
            "{a:?}"
        );
    }
    Ok(())
}

/// The longest edge, as drawn, leaves its geodesic by more than the distance, so buffer and polygon share most of it.
/// They were cut from it at different places, a part of a step of the grid apart, and crossed when the polygon's corners
/// got their last bits back.
#[test]
fn an_edge_that_buffer_and_polygon_share_is_crossed_by_neither() {
    let centre = (45.798_136_008_887_184, 36.898_800_832_204_67);
    let reaches = [
        20_000.0,
        196_738.245_980_903,
        153_543.215_413_037_75,
        20_000.0,
        20_000.0,
    ];
    check_polygon(centre, &reaches, 100.0).unwrap();
}

/// The longest edge, as drawn, crosses the antimeridian 8,236 m (by GeographicLib) from its geodesic: farther than
/// the distance, so that the buffer has the polygon's own border there.
#[test]
fn a_border_as_drawn_may_lie_beyond_the_distance_from_its_geodesic() {
    let centre = (-174.407_206_864_441_95, -78.409_498_833_214_74);
    let reaches = [81_998.832_873_971_01, 20_000.0, 234_113.163_006_610_82];
    check_polygon(centre, &reaches, 8_163.052_557_351_723).unwrap();
}

/// How many inputs each property is tried on, as `PROPTEST_CASES` wants it.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(160)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_global_rejects: 8 * cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_disk_has_its_radius_everywhere(centre in place(), metres in distance()) {
        let task = CreateBuffers::new(layer(4326, [point(centre.0, centre.1)]), BufferDistance::values([metres]));
        let area = buffer(task);
        let inside = direct(centre, 123.0, metres * 0.5);
        prop_assert!(holds(&area, [inside.0, inside.1]));
        for (a, b) in edges(&area) {
            // Where the outline is cut a vertex lies on an edge, not on the circle.
            let cut = a.0.abs() == 180.0 || a.1.abs() == 90.0;
            let tolerance = if cut { 1e-4 * metres + 0.001 } else { 1e-9 * metres + 1e-7 };
            prop_assert!((inverse(centre, a) - metres).abs() <= tolerance, "{a:?} is {} m away", inverse(centre, a));
            // Between vertices the edge is straight on the chart.
            let middle = (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1));
            prop_assert!((inverse(centre, middle) - metres).abs() <= 1.1e-4 * metres + 0.002, "{middle:?} between {a:?} and {b:?} is {} m away", inverse(centre, middle));
        }
    }

    #[test]
    fn disks_together_are_no_less_than_each_and_no_more_than_all(places in prop::collection::vec(place(), 1..5), metres in shorter()) {
        let disk = |geometry: Geometry| {
            ellipsoidal_area(&buffer(CreateBuffers::new(layer(4326, [geometry]), BufferDistance::values([metres]))))
        };
        let single: Vec<f64> = places.iter().map(|p| disk(point(p.0, p.1))).collect();
        let together = disk(multipoint(&places));
        let more = |part: f64| part * (1.0 + 1e-9);
        prop_assert!(single.iter().all(|area| *area <= more(together)), "{together} {single:?}");
        prop_assert!(together <= more(single.iter().sum()), "{together} {single:?}");
        let fewer = disk(multipoint(&places[..places.len() - 1].iter().copied().chain([places[0]]).collect::<Vec<_>>()));
        prop_assert!(fewer <= more(together), "{fewer} {together}");
    }

    #[test]
    fn an_outline_of_a_line_keeps_its_distance(path in path(), metres in shorter()) {
        prop_assume!(path.iter().all(|p| p.0.abs() <= 360.0));
        let area = buffer(CreateBuffers::new(lines(&path), BufferDistance::values([metres])));
        for place in &path {
            let lon = (place.0 + 540.0).rem_euclid(360.0) - 180.0;
            if lon.abs() < 179.999 && place.1.abs() < 89.999 {
                prop_assert!(holds(&area, [lon, place.1]), "{place:?} is not inside");
            }
        }
        for (a, _) in edges(&area).step_by(7) {
            let off = from_path(&path, a) - metres;
            prop_assert!(off.abs() <= 1.5e-4 * metres + 0.003, "{a:?} is {off} m off");
        }
    }

    #[test]
    fn both_sides_of_a_line_make_its_flat_buffer(start in place(), azimuth in 0.0..360.0, bend in -60.0..60.0, metres in 100.0..20e3) {
        let middle = direct(start, azimuth, 90e3);
        let end = direct(middle, azimuth + bend, 80e3);
        let near = |lon: f64, to: f64| to + ((lon - to + 540.0).rem_euclid(360.0) - 180.0);
        let path = [start, (near(middle.0, start.0), middle.1), (near(end.0, near(middle.0, start.0)), end.1)];
        prop_assume!(path.iter().all(|p| p.1.abs() < 86.0));
        let task = || CreateBuffers::new(lines(&path), BufferDistance::values([metres]));
        let flat = ellipsoidal_area(&buffer(task().end_type(EndType::Flat)));
        let left = ellipsoidal_area(&buffer(task().side_type(SideType::Left)));
        let right = ellipsoidal_area(&buffer(task().side_type(SideType::Right)));
        prop_assert!(((left + right) / flat - 1.0).abs() < 1e-6, "{left} + {right} is not {flat}");
    }

    #[test]
    fn a_polygon_lies_in_its_buffer_and_outside_is_the_rest(centre in place(), reaches in prop::collection::vec(20e3..300e3, 3..9), metres in shorter()) {
        // Drawn on the chart a ring around a pole would not close.
        prop_assume!(centre.1.abs() < 80.0);
        check_polygon(centre, &reaches, metres)?;
    }

    #[test]
    fn results_do_not_depend_on_the_number_of_processors(places in prop::collection::vec(place(), 2..6), metres in shorter()) {
        let points = layer(4326, places.iter().map(|p| point(p.0, p.1)));
        let task = CreateBuffers::new(points, BufferDistance::values([metres, 2.0 * metres]));
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| create_buffers(&task, &Control::new()).unwrap())
        };
        prop_assert_eq!(with(1), with(3));
    }
}
