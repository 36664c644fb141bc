//! Geodesic buffers against PROJ's geodesics.
//!
//! Tolerances. A polygon of 360 vertices on a circle lacks 2 pi^2 / (3 * 360^2) = 5.1e-5 of its area; edges may stray
//! from the true outline by 1e-4 of the distance, which is at most 2e-4 of the area of a disk. Places are known to be
//! at least 2e-4 (points) or 3e-4 (lines, polygons) of the distance away from the border.

use crate::common::{
    areas, assert_close, buffer, buffers, check_places, ellipsoidal_area, layer, line, point,
    polygon, positions,
};
use arcgis_analysis_engine::{Control, create_buffers};
use arcgis_analysis_spatial::create_buffers::{
    BufferDistance, CreateBuffers, EndType, RingType, SideType,
};
use arcgis_analysis_types::Geometry;
use geo::{LineString, MultiPolygon};
use serde_json::Value;

fn task(geometry: Geometry, case: &Value) -> CreateBuffers {
    let metres = case["metres"].as_f64().unwrap();
    CreateBuffers::new(layer(4326, [geometry]), BufferDistance::values([metres]))
}

#[test]
fn points_have_geodesic_disks() {
    for (name, case) in buffers()["points"].as_object().unwrap() {
        let centre = point(case["lon"].as_f64().unwrap(), case["lat"].as_f64().unwrap());
        let area = buffer(task(centre, case));
        check_places(name, &area, &case["places"]);
        assert_close(
            name,
            ellipsoidal_area(&area),
            case["area"].as_f64().unwrap(),
            2e-4,
        );
    }
}

#[test]
fn disks_are_cut_at_the_antimeridian() {
    for name in ["west of the antimeridian", "east of the antimeridian"] {
        let case = &buffers()["points"][name];
        let area = buffer(task(
            point(case["lon"].as_f64().unwrap(), case["lat"].as_f64().unwrap()),
            case,
        ));
        assert_eq!(area.0.len(), 2, "{name}");
    }
}

#[test]
fn lines_have_round_flat_and_one_sided_buffers() {
    for (name, case) in buffers()["lines"].as_object().unwrap() {
        for (style, places) in case["places"].as_object().unwrap() {
            let task = task(line(std::slice::from_ref(&case["path"])), case);
            let task = match style.as_str() {
                "Round" => task,
                "Flat" => task.end_type(EndType::Flat),
                "Left" => task.side_type(SideType::Left),
                _ => task.side_type(SideType::Right),
            };
            let area = buffer(task);
            let name = format!("{name}, {style}");
            check_places(&name, &area, places);
            if let Some(expected) = case["areas"][style].as_f64() {
                assert_close(&name, ellipsoidal_area(&area), expected, 2e-4);
            }
        }
    }
}

#[test]
fn small_polygons_have_the_buffers_of_a_local_plane() {
    for (name, case) in buffers()["smallPolygons"].as_object().unwrap() {
        let shape = polygon(case["rings"].as_array().unwrap());
        let area = buffer(task(shape.clone(), case));
        // The plane's own error 10 km from its centre is 4e-7.
        assert_close(
            name,
            ellipsoidal_area(&area),
            case["area"].as_f64().unwrap(),
            1e-4,
        );
        let holes: usize = area.iter().map(|p| p.interiors().len()).sum();
        let cut_by_antimeridian = area.0.len() - 1;
        if cut_by_antimeridian == 0 {
            assert_eq!(holes as u64, case["holes"].as_u64().unwrap(), "{name}");
        }
        // What is taken away is the polygon as it is drawn: with edges straight in longitude and latitude.
        let [outer, hole] = [0, 1].map(|i| {
            let ring = LineString::from_iter(positions(&case["rings"][i]));
            ellipsoidal_area(&MultiPolygon(vec![geo::Polygon::new(ring, vec![])])).abs()
        });
        let expected = case["area"].as_f64().unwrap() - (outer - hole);
        let outside = buffer(task(shape, case).side_type(SideType::Outside));
        assert_close(name, ellipsoidal_area(&outside), expected, 1e-4);
    }
}

#[test]
fn large_polygons_reach_as_far_as_geodesics() {
    for (name, case) in buffers()["largePolygons"].as_object().unwrap() {
        let area = buffer(task(polygon(case["rings"].as_array().unwrap()), case));
        check_places(name, &area, &case["places"]);
    }
}

#[test]
fn rings_are_what_disks_leave_over() {
    let case = &buffers()["points"]["64 north"];
    let centre = point(case["lon"].as_f64().unwrap(), case["lat"].as_f64().unwrap());
    let distances = || BufferDistance::values([50e3, 10e3, 30e3]);
    let disks = CreateBuffers::new(layer(4326, [centre.clone()]), distances());
    let rings = CreateBuffers::new(layer(4326, [centre]), distances()).ring_type(RingType::Rings);
    let [disks, rings] = [disks, rings].map(|task| {
        let buffers = create_buffers(&task, &Control::new()).unwrap();
        areas(&buffers)
            .iter()
            .map(ellipsoidal_area)
            .collect::<Vec<_>>()
    });
    assert_close("ring to 50 km", rings[0], disks[0] - disks[2], 1e-9);
    assert_close("ring to 10 km", rings[1], disks[1], 1e-9);
    assert_close("ring to 30 km", rings[2], disks[2] - disks[1], 1e-9);
    assert_close(
        "disk of 50 km",
        disks[0],
        case["area"].as_f64().unwrap(),
        2e-4,
    );
}
