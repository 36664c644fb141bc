//! `f=pbf`, decoded by another implementation: messages written down from Esri's published FeatureCollection.proto,
//! with their field numbers, and decoded by `prost`.

use super::Client;
use super::query::grid;
use crate::LocalService;
use crate::hosted::Target;
use http_body_util::BodyExt;
use prost::Message;
use serde_json::json;

#[derive(Message)]
struct Collection {
    #[prost(message, optional, tag = "2")]
    query_result: Option<QueryResult>,
}

#[derive(Message)]
struct QueryResult {
    #[prost(oneof = "Results", tags = "1, 2, 3, 4")]
    results: Option<Results>,
}

#[derive(prost::Oneof)]
enum Results {
    #[prost(message, tag = "1")]
    Features(FeatureResult),
    #[prost(message, tag = "2")]
    Count(CountResult),
    #[prost(message, tag = "3")]
    Ids(IdsResult),
    #[prost(message, tag = "4")]
    Extent(ExtentResult),
}

#[derive(Message)]
struct CountResult {
    #[prost(uint64, tag = "1")]
    count: u64,
}

#[derive(Message)]
struct IdsResult {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(uint64, repeated, tag = "3")]
    ids: Vec<u64>,
}

#[derive(Message)]
struct ExtentResult {
    #[prost(message, optional, tag = "1")]
    extent: Option<Envelope>,
    #[prost(uint64, tag = "2")]
    count: u64,
}

#[derive(Message)]
struct Envelope {
    #[prost(double, tag = "1")]
    xmin: f64,
    #[prost(double, tag = "2")]
    ymin: f64,
    #[prost(double, tag = "3")]
    xmax: f64,
    #[prost(double, tag = "4")]
    ymax: f64,
    #[prost(message, optional, tag = "5")]
    reference: Option<Reference>,
}

#[derive(Message)]
struct Reference {
    #[prost(uint32, tag = "1")]
    wkid: u32,
    #[prost(uint32, tag = "2")]
    latest: u32,
}

#[derive(Message)]
struct FeatureResult {
    #[prost(string, tag = "1")]
    id_field: String,
    #[prost(int32, tag = "7")]
    geometry_type: i32,
    #[prost(message, optional, tag = "8")]
    reference: Option<Reference>,
    #[prost(bool, tag = "9")]
    more: bool,
    #[prost(message, optional, tag = "12")]
    transform: Option<Transform>,
    #[prost(message, repeated, tag = "13")]
    fields: Vec<Field>,
    #[prost(message, repeated, tag = "15")]
    features: Vec<Feature>,
}

#[derive(Message)]
struct Transform {
    #[prost(int32, tag = "1")]
    origin: i32,
    #[prost(message, optional, tag = "2")]
    scale: Option<Pair>,
    #[prost(message, optional, tag = "3")]
    translate: Option<Pair>,
}

#[derive(Message)]
struct Pair {
    #[prost(double, tag = "1")]
    x: f64,
    #[prost(double, tag = "2")]
    y: f64,
}

#[derive(Message)]
struct Field {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int32, tag = "2")]
    kind: i32,
}

#[derive(Message)]
struct Feature {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<Value>,
    #[prost(message, optional, tag = "2")]
    geometry: Option<Geometry>,
    #[prost(message, optional, tag = "4")]
    centre: Option<Geometry>,
}

#[derive(Message)]
struct Value {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9")]
    kind: Option<Kind>,
}

#[derive(prost::Oneof, PartialEq)]
enum Kind {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(float, tag = "2")]
    Float(f32),
    #[prost(double, tag = "3")]
    Double(f64),
    #[prost(sint32, tag = "4")]
    Sint(i32),
    #[prost(uint32, tag = "5")]
    Uint(u32),
    #[prost(int64, tag = "6")]
    Int64(i64),
    #[prost(uint64, tag = "7")]
    Uint64(u64),
    #[prost(sint64, tag = "8")]
    Sint64(i64),
    #[prost(bool, tag = "9")]
    Bool(bool),
}

#[derive(Message)]
struct Geometry {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(uint32, repeated, tag = "2")]
    lengths: Vec<u32>,
    #[prost(sint64, repeated, tag = "3")]
    coords: Vec<i64>,
}

async fn decoded(client: &Client, layer: &str, query: &str) -> Results {
    let path = format!("/arcgis/rest/services/Hosted/{layer}/FeatureServer/0/query?f=pbf&{query}");
    let answer = client.bytes(&path).await;
    let content_type = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(
        content_type,
        "application/x-protobuf",
        "{}",
        String::from_utf8_lossy(&bytes)
    );
    let collection = Collection::decode(bytes).unwrap();
    collection.query_result.unwrap().results.unwrap()
}

fn features(results: Results) -> FeatureResult {
    match results {
        Results::Features(features) => features,
        _ => panic!("no features"),
    }
}

#[tokio::test]
async fn points_counts_numbers_and_rectangles_are_decoded() {
    let (_service, client) = grid(4, 3).await;
    let query = "where=COLUMN%3D3&outFields=*&resultRecordCount=2";
    let result = features(decoded(&client, "Grid", query).await);
    assert_eq!(
        (result.id_field.as_str(), result.geometry_type, result.more),
        ("OBJECTID", 0, true)
    );
    let reference = result.reference.unwrap();
    assert_eq!((reference.wkid, reference.latest), (4326, 4326));
    // By the enumeration FieldType: OID 6, Integer 1, SmallInteger 0, String 4, Double 3.
    let fields: Vec<_> = result
        .fields
        .iter()
        .map(|f| (f.name.as_str(), f.kind))
        .collect();
    assert_eq!(
        fields,
        [
            ("OBJECTID", 6),
            ("ROW", 1),
            ("COLUMN", 0),
            ("KIND", 4),
            ("SIZE", 3)
        ]
    );
    let kinds = |at: usize| {
        result.features[at]
            .attributes
            .iter()
            .map(|v| &v.kind)
            .collect::<Vec<_>>()
    };
    let text = Some(Kind::Text("odd".to_owned()));
    assert_eq!(
        kinds(0),
        [
            &Some(Kind::Uint64(4)),
            &Some(Kind::Sint(0)),
            &Some(Kind::Sint(3)),
            &text,
            &None
        ]
    );
    assert_eq!(kinds(1)[4], &Some(Kind::Double(10.0)));
    let transform = result.transform.unwrap();
    let (scale, translate) = (transform.scale.unwrap(), transform.translate.unwrap());
    assert_eq!(transform.origin, 1, "from the lower left");
    let geometry = result.features[1].geometry.as_ref().unwrap();
    assert!(geometry.lengths.is_empty());
    let place = [
        geometry.coords[0] as f64 * scale.x + translate.x,
        geometry.coords[1] as f64 * scale.y + translate.y,
    ];
    assert!(
        (place[0] - 3.0).abs() < 1e-9 && (place[1] - 1.0).abs() < 1e-9,
        "{place:?}"
    );

    let Results::Count(count) =
        decoded(&client, "Grid", "where=ROW%3D0&returnCountOnly=true").await
    else {
        panic!()
    };
    assert_eq!(count.count, 4);
    let Results::Ids(ids) = decoded(&client, "Grid", "where=ROW%3D2&returnIdsOnly=true").await
    else {
        panic!()
    };
    assert_eq!(
        (ids.field.as_str(), ids.ids),
        ("OBJECTID", vec![9, 10, 11, 12])
    );
    let Results::Extent(extent) =
        decoded(&client, "Grid", "where=ROW%3D2&returnExtentOnly=true").await
    else {
        panic!()
    };
    let own = extent.extent.unwrap();
    assert_eq!(
        (own.xmin, own.ymin, own.xmax, own.ymax, extent.count),
        (0.0, 2.0, 3.0, 2.0, 4)
    );
    assert_eq!(own.reference.unwrap().wkid, 4326);
}

/// Two rings, the second a hole, whose differences run from ring to ring anew.
#[tokio::test]
async fn rings_are_decoded() {
    let service = LocalService::start().await.unwrap();
    let rings = json!([
        [
            [-1.5, 0.0],
            [-1.5, 4.0],
            [4.0, 4.0],
            [4.0, 0.0],
            [-1.5, 0.0]
        ],
        [[1.0, 1.0], [2.0, 1.0], [2.0, 2.0], [1.0, 1.0]],
    ]);
    let collection = json!({
        "layerDefinition": { "geometryType": "esriGeometryPolygon", "fields": [{ "name": "NAME", "type": "esriFieldTypeString" }] },
        "featureSet": {
            "geometryType": "esriGeometryPolygon",
            "spatialReference": { "wkid": 102100, "latestWkid": 3857 },
            "features": [{ "geometry": { "rings": rings }, "attributes": { "NAME": "" } }],
        },
    });
    let target = Target::New {
        name: "Holed".to_owned(),
        folder: None,
    };
    let collection = serde_json::from_value(collection).unwrap();
    service
        .app
        .hosted
        .fill(&target, service.username(), vec![collection])
        .unwrap()
        .show();
    let client = Client::signed_in(&service).await;
    let result = features(decoded(&client, "Holed", "outFields=*").await);
    assert_eq!(result.geometry_type, 3);
    let scale = result.transform.unwrap().scale.unwrap().x;
    let feature = &result.features[0];
    assert_eq!(
        feature.attributes[1].kind,
        Some(Kind::Text(String::new())),
        "an empty text is no null"
    );
    let geometry = feature.geometry.as_ref().unwrap();
    assert_eq!((geometry.kind, &geometry.lengths[..]), (3, &[5, 4][..]));
    let mut pairs = geometry.coords.chunks(2);
    for (length, ring) in geometry.lengths.iter().zip(rings.as_array().unwrap()) {
        let (mut x, mut y) = (0, 0);
        for wanted in ring.as_array().unwrap() {
            let step = pairs.next().unwrap();
            (x, y) = (x + step[0], y + step[1]);
            let told = [x as f64 * scale, y as f64 * scale];
            assert_eq!(json!(told), *wanted);
        }
        assert_eq!(*length as usize, ring.as_array().unwrap().len());
    }

    // On a grid of halves from the upper left, where y counts downwards.
    let grid = "{\"mode\":\"view\",\"originPosition\":\"upperLeft\",\"tolerance\":0.5,\"extent\":{\"xmin\":-1.5,\"ymin\":0,\"xmax\":4,\"ymax\":4}}";
    let grid: String = url::form_urlencoded::byte_serialize(grid.as_bytes()).collect();
    let query = format!("returnCentroid=true&quantizationParameters={grid}");
    let result = features(decoded(&client, "Holed", &query).await);
    let transform = result.transform.unwrap();
    assert_eq!(transform.origin, 0, "from the upper left");
    let (scale, translate) = (transform.scale.unwrap(), transform.translate.unwrap());
    assert_eq!(
        (scale.x, scale.y, translate.x, translate.y),
        (0.5, 0.5, -1.5, 4.0)
    );
    let geometry = result.features[0].geometry.as_ref().unwrap();
    assert_eq!(
        geometry.coords,
        [0, 8, 0, -8, 11, 0, 0, 8, -11, 0, 5, 6, 2, 0, 0, -2, -2, 2]
    );
    // Areas 22 around (1.25, 2) less 1/2 around (5/3, 4/3): (26.6667 / 21.5, 43.3333 / 21.5) = (1.2403, 2.0155).
    let centre = result.features[0].centre.as_ref().unwrap();
    assert_eq!((centre.kind, &centre.coords[..]), (0, &[5, 4][..]));
}
