//! The typed API, the transport and the local service together, over real HTTP on the sample data.
//!
//! Expected figures come from GeoPandas, Shapely and pyproj: `reference/sample_data.py`.

use arcgis_analysis::spatial::aggregate_points::{AggregatePoints, AggregationAreas};
use arcgis_analysis::spatial::choices::DistanceUnits;
use arcgis_analysis::spatial::create_buffers::{BufferDistance, CreateBuffers};
use arcgis_analysis::spatial::dissolve_boundaries::DissolveBoundaries;
use arcgis_analysis::spatial::extract_data::{DataFormat, ExtractData};
use arcgis_analysis::{Credentials, Feature, FeatureCollection, Geometry, LayerOutput, Portal};
use arcgis_analysis_local::LocalService;
use geo::{Coord, GeodesicArea, LineString};
use serde_json::Value;

const PLACES: &str = include_str!("../data/populated-places.geojson");
const COUNTRIES: &str = include_str!("../data/countries.geojson");
const REFERENCE: &str = include_str!("../reference/sample_data.json");

async fn connect() -> (LocalService, Portal) {
    let service = LocalService::start().await.unwrap();
    let credentials = Credentials::password(service.username(), service.password());
    let portal = Portal::connect(service.portal_url(), credentials)
        .await
        .unwrap();
    (service, portal)
}

fn layer(output: &LayerOutput) -> &[Feature] {
    &output
        .features()
        .expect("features, since no output name was given")
        .feature_set
        .features
}

/// The area of a polygon on the ellipsoid, in square metres; outer rings run clockwise, holes the other way.
fn area(feature: &Feature) -> f64 {
    let Some(Geometry::Polygon(polygon)) = &feature.geometry else {
        panic!("a polygon")
    };
    -polygon
        .rings
        .iter()
        .map(|ring| LineString::from_iter(ring.iter().map(|p| Coord { x: p.x, y: p.y })))
        .map(|ring| geo::Polygon::new(ring, vec![]).geodesic_area_signed())
        .sum::<f64>()
}

fn close(actual: f64, expected: f64, tolerance: f64) -> bool {
    (actual - expected).abs() <= tolerance * expected.abs()
}

/// The file of an item, by the typed API: selected and cut as the engine's own tests hold against GeoPandas.
#[tokio::test]
async fn places_are_extracted_to_a_file() {
    let (service, portal) = connect().await;
    let germany =
        r#"{"type": "Polygon", "coordinates": [[[5, 47], [15, 47], [15, 55], [5, 55], [5, 47]]]}"#;
    let task = ExtractData::new([FeatureCollection::from_geojson(PLACES).unwrap()])
        .extent(FeatureCollection::from_geojson(germany).unwrap())
        .data_format(DataFormat::Csv)
        .output_name("Places of the middle");
    let results = portal.run(&task).await.unwrap();
    let file = portal.item_file(&results.content_id).await.unwrap();
    assert_eq!(file.name.as_deref(), Some("Places of the middle.csv"));
    assert_eq!(
        (file.item_type.as_str(), file.media_type.as_deref()),
        ("CSV", Some("text/csv"))
    );
    let places: Value = serde_json::from_str(PLACES).unwrap();
    let within = places["features"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|place| {
            let at = |axis: usize| place["geometry"]["coordinates"][axis].as_f64().unwrap();
            (5.0..=15.0).contains(&at(0)) && (47.0..=55.0).contains(&at(1))
        });
    let text = String::from_utf8(file.bytes).unwrap();
    let rows: Vec<_> = text.lines().skip(1).collect();
    assert_eq!(rows.len(), within.clone().count());
    for (row, place) in rows.iter().zip(within) {
        let name = place["properties"]["name"].as_str().unwrap();
        assert!(row.contains(name), "{row}: {name}");
    }
    assert!(rows.len() > 3);
    service.shutdown().await;
}

#[tokio::test]
async fn disks_around_cities_have_the_area_of_geodesic_circles() {
    let (service, portal) = connect().await;
    let task = CreateBuffers::new(
        FeatureCollection::from_geojson(PLACES).unwrap(),
        BufferDistance::values([20.0, 35.0, 50.0]),
    )
    .units(DistanceUnits::Miles);
    let results = portal.run(&task).await.unwrap();
    let buffers = layer(&results.buffer_layer);
    assert_eq!(buffers.len(), 3 * 243);

    let reference: Value = serde_json::from_str(REFERENCE).unwrap();
    for (place, expected) in reference["disks20Miles"].as_object().unwrap() {
        let disk = buffers
            .iter()
            .find(|f| f.attributes["name"] == place.as_str() && f.attributes["BUFF_DIST"] == 20.0)
            .unwrap_or_else(|| panic!("no 20-mile buffer of {place}"));
        // A polygon of n vertices within a circle lacks 2 pi^2 / (3 n^2) of its area: 5e-4 for 120 vertices.
        let expected = expected.as_f64().unwrap();
        assert!(
            close(area(disk), expected, 5e-4),
            "{place}: {} is not {expected}",
            area(disk)
        );
    }
    service.shutdown().await;
}

#[tokio::test]
async fn cities_are_counted_in_the_countries_that_hold_them() {
    let (service, portal) = connect().await;
    let places = FeatureCollection::from_geojson(PLACES).unwrap();
    let countries = FeatureCollection::from_geojson(COUNTRIES).unwrap();
    let task = AggregatePoints::new(places, AggregationAreas::polygons(countries));
    let results = portal.run(&task).await.unwrap();
    assert!(results.group_summary.is_none());

    let reference: Value = serde_json::from_str(REFERENCE).unwrap();
    let expected = reference["placesPerCountry"].as_object().unwrap();
    let areas = layer(&results.aggregated_layer);
    assert_eq!(
        areas.len(),
        177,
        "countries without cities are kept unless asked otherwise"
    );
    for area in areas {
        let country = area.attributes["name"].as_str().unwrap();
        let count = expected.get(country).and_then(Value::as_i64).unwrap_or(0);
        assert_eq!(
            area.attributes["Point_Count"].as_i64(),
            Some(count),
            "{country}"
        );
    }
    service.shutdown().await;
}

#[tokio::test]
async fn countries_dissolve_into_continents() {
    let (service, portal) = connect().await;
    let task = DissolveBoundaries::new(FeatureCollection::from_geojson(COUNTRIES).unwrap())
        .dissolve_fields(["continent"])
        .summary_fields(["pop_est Sum".parse().unwrap()]);
    let results = portal.run(&task).await.unwrap();

    let reference: Value = serde_json::from_str(REFERENCE).unwrap();
    let expected = reference["continents"].as_object().unwrap();
    let continents = layer(&results.dissolved_layer);
    assert_eq!(continents.len(), expected.len());
    for continent in continents {
        let name = continent.attributes["continent"].as_str().unwrap();
        let expected = &expected[name];
        assert_eq!(
            continent.attributes["Count"].as_i64(),
            expected["countries"].as_i64(),
            "{name}"
        );
        assert_eq!(
            continent.attributes["sum_pop_est"].as_f64(),
            expected["population"].as_f64(),
            "{name}"
        );
        // Shared borders leave slivers of rounding in either program, never a millionth of a continent.
        let squares = expected["squareKilometres"].as_f64().unwrap() * 1e6;
        assert!(
            close(area(continent), squares, 1e-6),
            "{name}: {} is not {squares}",
            area(continent)
        );
    }
    service.shutdown().await;
}
