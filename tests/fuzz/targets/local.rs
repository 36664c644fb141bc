//! Requests to the local service.

use super::support::{parts, text};
use arcgis_analysis_local::LocalService;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use prost::Message;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use url::form_urlencoded::Serializer;

/// No answer takes this long, unless none comes.
const PATIENCE: Duration = Duration::from_secs(20);
/// After so many requests another service takes over, because one keeps what it is sent.
const REQUESTS: usize = 2_000;
const HOSTED: &str = "/arcgis/rest/services/Hosted/Odd/FeatureServer/0";

/// The first part is a method and a path with its query, the second a type of content, the third a body.
///
/// There is an answer, in time, in the words of ArcGIS, and none that says that the service itself broke.
pub fn request(data: &[u8]) {
    let parts = parts(data);
    let (line, kind) = (
        text(parts[0]),
        text(parts.get(1).copied().unwrap_or_default()),
    );
    let Some((method, path)) = line.split_once(' ') else {
        return;
    };
    let request = Request::builder().method(method).uri(path);
    let request = request.header("content-type", kind.trim());
    let body = Bytes::copy_from_slice(parts.get(2).copied().unwrap_or_default());
    // The server speaks to servers in between by methods of their own.
    if !path.starts_with('/') || method.eq_ignore_ascii_case("CONNECT") {
        return;
    }
    let Ok(request) = request.body(Full::new(body)) else {
        return;
    };
    let is_head = request.method() == hyper::Method::HEAD;
    let answer = Local::with(|local| local.send(request));
    assert!(!answer.status.is_server_error(), "{}", answer.status);
    if answer.kind.starts_with("application/json") && !is_head {
        let json: Value = serde_json::from_slice(&answer.body).unwrap();
        let code = json["error"]["code"].as_u64();
        assert!(code.is_none_or(|code| code < 500), "{json}");
    }
}

/// A query of a layer of a few features: a form.
///
/// It is refused in all formats, or answered in all alike: there are as many features in JSON as in GeoJSON, in a
/// protocol buffer and, unless there are more than were sent, as are counted.
pub fn query(data: &[u8]) {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(data)
        .filter(|(name, _)| !["f", "token", "returnCountOnly"].contains(&name.as_ref()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let ask = |more: &[(&str, &str)]| {
        let body = Serializer::new(String::new())
            .extend_pairs(&form)
            .extend_pairs(more)
            .finish();
        Local::with(|local| {
            let request = Request::post(format!("{HOSTED}/query"))
                .header("content-type", "application/x-www-form-urlencoded");
            local.send(request.body(Full::new(Bytes::from(body))).unwrap())
        })
    };
    let json = |answer: &Answer| -> Value {
        assert_eq!(answer.status, StatusCode::OK);
        let json: Value = serde_json::from_slice(&answer.body).unwrap();
        let code = json["error"]["code"].as_u64();
        assert!(code.is_none_or(|code| code < 500), "{json}");
        json
    };
    let in_json = json(&ask(&[("f", "json")]));
    let in_pbf = ask(&[("f", "pbf")]);
    if in_json.get("error").is_some() {
        assert!(json(&in_pbf).get("error").is_some(), "{in_json}");
        return;
    }
    let Some(features) = in_json["features"].as_array() else {
        return;
    };
    assert_eq!(in_pbf.kind, "application/x-protobuf", "{in_json}");
    let decoded = Collection::decode(in_pbf.body.as_slice()).unwrap();
    let result = decoded.query.and_then(|query| query.features).unwrap();
    assert_eq!(result.features.len(), features.len());
    let in_geojson = json(&ask(&[("f", "geojson")]));
    if let Some(all) = in_geojson["features"].as_array() {
        assert_eq!(all.len(), features.len());
    }
    let counted = json(&ask(&[("f", "json"), ("returnCountOnly", "true")]));
    let pages = form.iter().any(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("result") || name.contains("statistics") || name.contains("distinct")
    });
    if let (Some(count), false) = (counted["count"].as_u64(), pages) {
        assert_eq!(count, features.len() as u64, "{in_json}");
    }
}

/// As much of Esri's published FeatureCollection.proto as it takes to count features.
#[derive(Message)]
struct Collection {
    #[prost(message, optional, tag = "2")]
    query: Option<QueryResult>,
}

#[derive(Message)]
struct QueryResult {
    #[prost(message, optional, tag = "1")]
    features: Option<FeatureResult>,
}

#[derive(Message)]
struct FeatureResult {
    #[prost(message, repeated, tag = "15")]
    features: Vec<Feature>,
}

#[derive(Message)]
struct Feature {}

struct Answer {
    status: StatusCode,
    kind: String,
    body: Vec<u8>,
}

/// A service with a layer, a user who is signed in to it, and a connection between them.
struct Local {
    service: LocalService,
    token: String,
    connection: Option<SendRequest<Full<Bytes>>>,
    asked: usize,
    // Dropped last, after what runs on it.
    runtime: Runtime,
}

thread_local! {
    static LOCAL: RefCell<Option<Local>> = const { RefCell::new(None) };
}

impl Local {
    fn with<T>(work: impl FnOnce(&mut Self) -> T) -> T {
        LOCAL.with_borrow_mut(|local| {
            if local.as_ref().is_none_or(|local| local.asked >= REQUESTS) {
                *local = None;
            }
            work(local.get_or_insert_with(Self::new))
        })
    }

    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let service = runtime.block_on(LocalService::start()).unwrap();
        let mut local = Self {
            service,
            token: String::new(),
            connection: None,
            asked: 0,
            runtime,
        };
        let (name, password) = (
            local.service.username().to_owned(),
            local.service.password().to_owned(),
        );
        let token = local.post(
            "/sharing/rest/generateToken",
            &[("username", &name), ("password", &password)],
        );
        local.token = token["token"].as_str().unwrap().to_owned();
        local.host();
        local
    }

    /// Hosts shapes that are good, broken, huge and missing, with attributes of every type.
    fn host(&mut self) {
        let user = self.service.username().to_owned();
        let field = |name: &str, kind: &str| json!({ "name": name, "type": format!("esriFieldType{kind}"), "alias": name });
        let fields = [
            field("KIND", "String"),
            field("POP", "Integer"),
            field("SIZE", "Double"),
            field("SEEN", "Date"),
        ];
        let definition = json!({ "layers": [{ "id": 0, "name": "Odd", "type": "Feature Layer", "geometryType": "esriGeometryPolygon",
            "fields": fields, "extent": { "xmin": -180, "ymin": -90, "xmax": 180, "ymax": 90, "spatialReference": { "wkid": 4326 } } }] });
        let collection = json!({ "layers": [{
            "layerDefinition": definition["layers"][0],
            "featureSet": { "geometryType": "esriGeometryPolygon", "spatialReference": { "wkid": 4326 }, "features": shapes() },
        }] });
        let item = self.post(
            &format!("/sharing/rest/content/users/{user}/addItem"),
            &[
                ("title", "Odd"),
                ("type", "Feature Collection"),
                ("text", &collection.to_string()),
            ],
        );
        let id = item["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{item}"))
            .to_owned();
        let published = self.post(
            &format!("/sharing/rest/content/users/{user}/publish"),
            &[
                ("itemid", &id),
                ("filetype", "featureCollection"),
                ("publishParameters", r#"{"name":"Odd"}"#),
            ],
        );
        assert!(
            published["services"][0]["serviceurl"].is_string(),
            "{published}"
        );
        let all = self.post(&format!("{HOSTED}/query"), &[("where", "1=1")]);
        assert!(
            all["features"].as_array().is_some_and(|all| all.len() >= 6),
            "{all}"
        );
    }

    fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Value {
        let body = Serializer::new(String::new())
            .extend_pairs(form)
            .append_pair("f", "json")
            .finish();
        let request =
            Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let answer = self.send(request.body(Full::new(Bytes::from(body))).unwrap());
        serde_json::from_slice(&answer.body).unwrap()
    }

    fn send(&mut self, mut request: Request<Full<Bytes>>) -> Answer {
        self.asked += 1;
        let address = self.service.address();
        let headers = request.headers_mut();
        headers.insert("host", address.to_string().parse().unwrap());
        if !self.token.is_empty() {
            let token = format!("Bearer {}", self.token);
            headers.insert("x-esri-authorization", token.parse().unwrap());
        }
        let connection = self.connection.take();
        let exchange = async {
            let mut connection = match connection.filter(SendRequest::is_ready) {
                Some(connection) => connection,
                None => {
                    let stream = TcpStream::connect(address).await.unwrap();
                    let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
                    tokio::spawn(connection);
                    sender
                }
            };
            let answer = connection.send_request(request).await.unwrap();
            let (head, body) = answer.into_parts();
            let kind = head
                .headers
                .get("content-type")
                .and_then(|kind| kind.to_str().ok());
            let kind = kind.unwrap_or_default().to_owned();
            let body = body.collect().await.unwrap().to_bytes().to_vec();
            (
                connection,
                Answer {
                    status: head.status,
                    kind,
                    body,
                },
            )
        };
        let (connection, answer) = self
            .runtime
            .block_on(async { tokio::time::timeout(PATIENCE, exchange).await.unwrap() });
        self.connection = Some(connection);
        answer
    }
}

fn shapes() -> Vec<Value> {
    let shapes = [
        json!({ "rings": [[[0, 0], [0, 4], [4, 4], [4, 0], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 1]]] }),
        json!({ "rings": [[[0, 0], [4, 4], [0, 4], [4, 0], [0, 0]]] }),
        json!({ "rings": [[[179, 89], [180, 90], [-180, 90], [179, 89]]] }),
        json!({ "rings": [[[10, 50], [10, 51], [11, 51], [10, 50]], [[20, 50], [20, 51], [21, 51], [20, 50]]] }),
        json!({ "rings": [[[-180, -90], [-180, 90], [180, 90], [180, -90], [-180, -90]]] }),
        Value::Null,
        json!({ "rings": [] }),
    ];
    let feature = |(at, shape): (usize, &Value)| {
        json!({ "geometry": shape, "attributes": {
            "KIND": (at % 3 < 2).then_some(if at % 2 == 0 { "a" } else { "é'%" }),
            "POP": (at % 4 < 3).then_some(at * 1000),
            "SIZE": (at % 4 < 3).then_some([0.5, -1e308, 1e308][at % 3]),
            "SEEN": (at % 2 == 0).then_some(1_714_545_000_000_i64 + at as i64),
        } })
    };
    shapes.iter().enumerate().map(feature).collect()
}
