//! Buffers in a plane against Shapely.
//!
//! Shapely's circles have 8,000 vertices here, so its areas are exact to 1e-7; ours have 360, which costs at most
//! 5.1e-5 of a disk's area.

use crate::common::{assert_close, buffer, buffers, check_places, layer, line, point, polygon};
use arcgis_analysis_spatial::create_buffers::{BufferDistance, CreateBuffers, EndType, SideType};
use geo::{Area, BoundingRect};
use serde_json::Value;

#[test]
fn planar_buffers_are_those_of_shapely() {
    for (name, case) in buffers()["planes"].as_object().unwrap() {
        let list = |value: &Value| value.as_array().unwrap().clone();
        let geometry = &case["geometry"];
        let kind = case["kind"].as_str().unwrap();
        let depth = std::iter::successors(Some(geometry), |value| value.get(0)).count() - 1;
        let shape = match (kind, depth) {
            ("point", _) => point(geometry[0].as_f64().unwrap(), geometry[1].as_f64().unwrap()),
            ("polygon", 3) => polygon(&list(geometry)),
            ("polygon", _) => polygon(&list(geometry).iter().flat_map(list).collect::<Vec<_>>()),
            (_, 2) => line(std::slice::from_ref(geometry)),
            _ => line(&list(geometry)),
        };
        let metres = case["metres"].as_f64().unwrap();
        let task = CreateBuffers::new(layer(32_633, [shape]), BufferDistance::values([metres]));
        let area = buffer(match kind {
            "Flat" => task.end_type(EndType::Flat),
            "Left" => task.side_type(SideType::Left),
            "Right" => task.side_type(SideType::Right),
            _ => task,
        });
        assert_close(
            name,
            area.unsigned_area(),
            case["area"].as_f64().unwrap(),
            6e-5,
        );
        assert_eq!(
            area.0.len() as u64,
            case["parts"].as_u64().unwrap(),
            "{name}: parts"
        );
        let holes: usize = area.iter().map(|p| p.interiors().len()).sum();
        assert_eq!(
            holes as u64,
            case["holes"].as_u64().unwrap(),
            "{name}: holes"
        );
        let bounds = area.bounding_rect().unwrap();
        let actual = [
            bounds.min().x,
            bounds.min().y,
            bounds.max().x,
            bounds.max().y,
        ];
        for (actual, expected) in actual.iter().zip(list(&case["bounds"])) {
            assert!(
                (actual - expected.as_f64().unwrap()).abs() < 5e-5 * metres,
                "{name}: {actual} is not {expected}"
            );
        }
        check_places(name, &area, &case["places"]);
    }
}
