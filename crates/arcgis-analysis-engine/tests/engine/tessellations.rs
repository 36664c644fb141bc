//! Tessellations against H3 and Shapely.

use crate::common::{
    areas, assert_close, ellipsoidal_area, layer, line, point, polygon, positions,
};
use arcgis_analysis_engine::{Control, EngineError, generate_tessellations};
use arcgis_analysis_spatial::generate_tessellations::{
    BinSizeUnit, GenerateTessellations, TessellationShape,
};
use arcgis_analysis_types::{
    Choice, Context, Extent, FeatureCollection, Geometry, SpatialReference,
};
use geo::{Area, BoundingRect, Intersects};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn reference() -> Value {
    serde_json::from_str(include_str!(
        "../../../../tests/reference/engine_tessellations.json"
    ))
    .unwrap()
}

fn over(wkid: u32, [xmin, ymin, xmax, ymax]: [f64; 4]) -> Context {
    Context {
        extent: Some(Extent {
            xmin,
            ymin,
            xmax,
            ymax,
            spatial_reference: Some(SpatialReference::wkid(wkid)),
        }),
        ..Context::default()
    }
}

fn bins(task: &GenerateTessellations) -> FeatureCollection {
    generate_tessellations(task, &Control::new()).unwrap()
}

fn names(collection: &FeatureCollection) -> Vec<String> {
    let name =
        |f: &arcgis_analysis_types::Feature| f.attributes["GRID_ID"].as_str().unwrap().to_owned();
    collection.features().iter().map(name).collect()
}

fn shapes() -> impl Iterator<Item = &'static TessellationShape> {
    let h3 = |shape: &&TessellationShape| **shape != TessellationShape::H3Hexagon;
    TessellationShape::KNOWN.iter().filter(h3)
}

#[test]
fn tiles_are_as_many_and_as_large_as_those_of_shapely() {
    let figures = reference();
    for shape in shapes() {
        let name = shape.as_str();
        let task = GenerateTessellations::new(shape.clone())
            .bin_size(0.1)
            .bin_size_unit(BinSizeUnit::Kilometers)
            .context(over(32633, [5e5, 5e6, 5e5 + 1000.5, 5e6 + 750.25]));
        let result = bins(&task);
        let expected = &figures["tiles"][name];
        let tiles = areas(&result);
        assert_eq!(json!(tiles.len()), expected["count"], "{name}");
        let area = expected["area"].as_f64().unwrap();
        for tile in &tiles {
            assert_close(name, tile.unsigned_area(), area, 1e-9);
        }
        let ids: BTreeSet<_> = names(&result).into_iter().collect();
        assert_eq!(ids.len(), tiles.len(), "{name}: each name once");
        // Neighbours share corners bit for bit, so that corners are fewer than half of those of all tiles.
        let corners = tiles
            .iter()
            .flat_map(|tile| tile.0[0].exterior().0[1..].to_vec());
        let corners: Vec<_> = corners.map(|c| (c.x.to_bits(), c.y.to_bits())).collect();
        let distinct: BTreeSet<_> = corners.iter().collect();
        assert!(distinct.len() * 2 < corners.len() + 40, "{name}");
        // By area the same.
        let by_area = task.bin_size(area).bin_size_unit(BinSizeUnit::SquareMeters);
        let by_area = areas(&bins(&by_area));
        assert_eq!(by_area.len(), tiles.len(), "{name}");
        assert_close(name, by_area[0].unsigned_area(), area, 1e-9);
    }
}

#[test]
fn names_run_from_the_north_west() {
    let task = GenerateTessellations::new(TessellationShape::Square)
        .bin_size(10.0)
        .bin_size_unit(BinSizeUnit::Meters)
        .context(over(32633, [0.0, 0.0, 20.0, 30.0]));
    let result = bins(&task);
    assert_eq!(names(&result), ["A-1", "A-2", "A-3", "B-1", "B-2", "B-3"]);
    let first = areas(&result)[0].bounding_rect().unwrap();
    assert_eq!((first.min().x, first.max().y), (0.0, 30.0));
}

#[test]
fn hexagons_stand_or_lie_and_diamonds_stand() {
    // By the width of a tile over its height.
    let wide = |shape: TessellationShape| {
        let task = GenerateTessellations::new(shape)
            .bin_size(1.0)
            .context(over(32633, [0.0, 0.0, 5e3, 5e3]));
        let tile = areas(&bins(&task))[0].bounding_rect().unwrap();
        tile.width() / tile.height()
    };
    let root = 3f64.sqrt() / 2.0;
    for (shape, expected) in [
        (TessellationShape::Square, 1.0),
        (TessellationShape::Hexagon, root),
        (TessellationShape::TransverseHexagon, 1.0 / root),
        (TessellationShape::Triangle, 1.0 / root),
        (TessellationShape::Diamond, 1.0),
    ] {
        assert!((wide(shape.clone()) - expected).abs() < 1e-9, "{shape}");
    }
}

#[test]
fn tiles_have_their_size_on_the_ellipsoid() {
    for shape in shapes() {
        let task = GenerateTessellations::new(shape.clone())
            .bin_size(20.0)
            .context(over(4326, [10.0, 60.0, 11.0, 60.5]));
        let tiles = areas(&bins(&task));
        // Slanted edges are straight on the chart and not in the projection. Of a triangle the two that are bend by an
        // eighth of its height squared times the tangent of the latitude over the radius of the Earth, 1.2 m, and enclose two
        // thirds of that by half a side each: 5,400 square metres. The other shapes have edges that make up for each other.
        let tolerance = match shape {
            TessellationShape::Triangle => 3e-4,
            _ => 1e-5,
        };
        for tile in &tiles {
            assert_close(shape.as_str(), ellipsoidal_area(tile), 20e6, tolerance);
        }
        // 55.8 by 55.7 km, each side with a margin.
        assert!(
            (155..220).contains(&tiles.len()),
            "{shape}: {}",
            tiles.len()
        );
    }
    // Over the antimeridian features are on both sides, and bins end there.
    let across = polygon(&[json!([[179, 0], [179, 1], [181, 1], [181, 0], [179, 0]])]);
    let task = GenerateTessellations::new(TessellationShape::Square)
        .bin_size(2_500.0)
        .extent_layer(layer(4326, [across]))
        .intersect_study_area(true);
    let tiles = areas(&bins(&task));
    let side = |east: bool| {
        tiles
            .iter()
            .filter(|t| (t.bounding_rect().unwrap().min().x > 0.0) == east)
            .count()
    };
    assert!(
        side(true) >= 4 && side(false) >= 4,
        "{} {}",
        side(true),
        side(false)
    );
}

#[test]
fn only_bins_that_meet_features_are_kept() {
    let diagonal = line(&[json!([[0, 0], [1000, 1000]])]);
    let all = GenerateTessellations::new(TessellationShape::Square)
        .bin_size(100.0)
        .bin_size_unit(BinSizeUnit::Meters)
        .extent_layer(layer(32633, [diagonal]));
    assert_eq!(bins(&all).features().len(), 100);
    let kept = bins(&all.clone().intersect_study_area(true));
    // Those along the diagonal, and those that it passes by at a corner.
    assert_eq!(kept.features().len(), 28);
    assert!(names(&kept).contains(&"A-10".to_owned()));
    // A single point has a bin around it.
    let dot = all.extent_layer(layer(32633, [point(7.0, 8.0)]));
    let tiles = areas(&bins(&dot));
    assert_eq!(tiles.len(), 1);
    assert!(tiles[0].intersects(&geo::Point::new(7.0, 8.0)));
}

#[test]
fn cells_are_those_of_h3() {
    let figures = reference();
    let rectangles = figures["rectangles"].as_array().unwrap().iter();
    for (rectangle, cells) in rectangles.zip(figures["cells"].as_array().unwrap()) {
        let [west, south, east, north] = [0, 1, 2, 3].map(|i| rectangle[i].as_f64().unwrap());
        let resolution = rectangle[4].as_i64().unwrap();
        let area = json!([
            [west, south],
            [east, south],
            [east, north],
            [west, north],
            [west, south]
        ]);
        let task =
            GenerateTessellations::new(TessellationShape::H3Hexagon).bin_resolution(resolution);
        for task in [
            task.clone().context(over(4326, [west, south, east, north])),
            task.extent_layer(layer(4326, [polygon(&[area])]))
                .intersect_study_area(true),
        ] {
            let result = bins(&task);
            let found: BTreeSet<String> = names(&result).into_iter().collect();
            let expected = cells.as_array().unwrap().iter();
            let expected: BTreeSet<String> =
                expected.map(|c| c.as_str().unwrap().to_owned()).collect();
            assert_eq!(found, expected);
            assert_eq!(result.features().len(), found.len());
            for feature in result.features() {
                let corners = &figures["corners"][feature.attributes["GRID_ID"].as_str().unwrap()];
                let (Some(Geometry::Polygon(cell)), false) = (&feature.geometry, corners.is_null())
                else {
                    continue;
                };
                for (x, y) in positions(corners) {
                    let near =
                        |p: &arcgis_analysis_types::Position| (p.x - x).hypot(p.y - y) < 1e-9;
                    assert!(cell.rings[0].iter().any(near), "{corners} {:?}", cell.rings);
                }
            }
        }
    }
}

#[test]
fn cells_surround_poles_and_end_at_the_antimeridian() {
    // H3 has 122 cells of resolution 0, of which 2 surround a pole and some meet the antimeridian.
    let world = GenerateTessellations::new(TessellationShape::H3Hexagon)
        .bin_resolution(0)
        .context(over(4326, [-180.0, -90.0, 180.0, 90.0]));
    let result = bins(&world);
    assert_eq!(result.features().len(), 122);
    let total: f64 = areas(&result).iter().map(Area::unsigned_area).sum();
    // Drawn, they tile the chart.
    assert_close("the world", total, 360.0 * 180.0, 1e-9);
    let point = GenerateTessellations::new(TessellationShape::H3Hexagon)
        .bin_resolution(15)
        .extent_layer(layer(4326, [point(180.0, 12.0)]))
        .intersect_study_area(true);
    assert!((1..=3).contains(&bins(&point).features().len()));
}

#[test]
fn what_is_too_much_or_missing_is_refused() {
    let refused = |task: GenerateTessellations| {
        generate_tessellations(&task, &Control::new())
            .unwrap_err()
            .to_string()
    };
    let square = || GenerateTessellations::new(TessellationShape::Square).bin_size(1.0);
    let world = || over(4326, [-180.0, -90.0, 180.0, 90.0]);
    let error = refused(square().context(world()));
    assert!(error.contains("larger bins"), "{error}");
    let h3 = || GenerateTessellations::new(TessellationShape::H3Hexagon);
    let error = refused(h3().bin_resolution(9).context(world()));
    assert!(error.contains("coarser"), "{error}");
    let error = refused(
        h3().bin_resolution(3)
            .context(over(32633, [0.0, 0.0, 1.0, 1.0])),
    );
    assert!(error.contains("32633"), "{error}");
    let error = refused(square().context(Context::default()));
    assert!(error.contains("no extent"), "{error}");
    let mut nowhere = world();
    if let Some(extent) = &mut nowhere.extent {
        extent.spatial_reference = None;
    }
    let error = refused(square().context(nowhere));
    assert!(error.contains("spatial reference"), "{error}");
    // So thin that they have no area to speak of, or none.
    for height in [0.0, 1e-6] {
        for shape in shapes() {
            let thin = GenerateTessellations::new(shape.clone())
                .bin_size(1.0)
                .bin_size_unit(BinSizeUnit::Meters)
                .context(over(32633, [0.0, 0.0, 1e9, height]));
            let error = refused(thin);
            assert!(error.contains("larger bins"), "{shape:?}: {error}");
        }
        for thin in [
            [0.0, 1.0, 60.0, 1.0 + height],
            [7.0, 0.0, 7.0 + height, 60.0],
        ] {
            let error = refused(h3().bin_resolution(15).context(over(4326, thin)));
            assert!(error.contains("coarser"), "{thin:?}: {error}");
        }
    }
    let control = Control::new();
    control.cancel();
    let cancelled = generate_tessellations(&square().context(world()), &control);
    assert_eq!(cancelled, Err(EngineError::Cancelled));
}
