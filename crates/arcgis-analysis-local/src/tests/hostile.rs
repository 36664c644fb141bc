//! Requests that nobody should send: whatever comes, the service answers, in its own words, and goes on.
//!
//! Requests are drawn from every path of the service, with parts and parameters that are odd, broken or huge. They are
//! the same ones each time. An answer with a code of 500 or more would be a failure of the service itself.

use super::{Client, cities};
use crate::LocalService;
use crate::hosted::Target;
use hyper::StatusCode;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};
use std::time::Duration;

/// No answer takes this long, unless none comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Every path; what is between braces is drawn.
const PATHS: [&str; 48] = [
    "/",
    "/info",
    "/sharing/rest/",
    "/sharing/rest/info",
    "/sharing/rest/generateToken",
    "/sharing/rest/oauth2/token",
    "/sharing/rest/oauth2/authorize",
    "/sharing/oauth2/signin",
    "/sharing/rest/portals/self",
    "/sharing/rest/portals/self/isServiceNameAvailable",
    "/sharing/rest/search",
    "/sharing/rest/content/items/{}",
    "/sharing/rest/content/items/{}/data",
    "/sharing/rest/content/items/{}/groups",
    "/sharing/rest/content/users/{}",
    "/sharing/rest/content/users/{}/createFolder",
    "/sharing/rest/content/users/{}/createService",
    "/sharing/rest/content/users/{}/{}",
    "/sharing/rest/content/users/{}/{}/delete",
    "/sharing/rest/content/users/{}/{}/createService",
    "/sharing/rest/content/users/{}/items/{}",
    "/sharing/rest/content/users/{}/items/{}/delete",
    "/sharing/rest/portals/self/users",
    "/sharing/rest/community/groups",
    "/sharing/rest/community/self",
    "/sharing/rest/community/users/{}",
    "/arcgis/rest/info",
    "/arcgis/rest/services",
    "/arcgis/rest/services/Hosted",
    "/arcgis/rest/services/{}/GPServer",
    "/arcgis/rest/services/tasks/GPServer/{}",
    "/arcgis/rest/services/tasks/GPServer/{}/submitJob",
    "/arcgis/rest/services/tasks/GPServer/{}/execute",
    "/arcgis/rest/services/tasks/GPServer/CreateBuffers/jobs/{}",
    "{job}",
    "{job}/results",
    "{job}/results/{}",
    "{job}/inputs",
    "{job}/inputs/{}",
    "{job}/messages",
    "{job}/{}",
    "/arcgis/rest/services/Hosted/{}/FeatureServer",
    "/arcgis/rest/services/Hosted/Odd/FeatureServer/layers",
    "/arcgis/rest/services/Hosted/Odd/FeatureServer/query",
    "/arcgis/rest/services/Hosted/Odd/FeatureServer/{}",
    "/arcgis/rest/services/Hosted/{}/FeatureServer/{}/query",
    "/arcgis/rest/services/Hosted/Odd/FeatureServer/0/query",
    "/arcgis/rest/services/Hosted/Odd/FeatureServer/0/query",
];

const PARTS: [&str; 18] = [
    "Odd",
    "0",
    "1",
    "-1",
    "99999999999999999999",
    "tasks",
    "CreateBuffers",
    "createbuffers",
    "ann",
    "bufferLayer",
    "inputLayer",
    "%2e%2e",
    "a%2Fb",
    "%00",
    "%ff%fe",
    "%F0%9F%97%BA",
    "*",
    "null",
];

const NAMES: [&str; 59] = [
    "f",
    "token",
    "where",
    "objectIds",
    "geometry",
    "geometryType",
    "inSR",
    "spatialRel",
    "outFields",
    "returnGeometry",
    "outSR",
    "geometryPrecision",
    "maxAllowableOffset",
    "quantizationParameters",
    "returnCentroid",
    "orderByFields",
    "resultOffset",
    "resultRecordCount",
    "resultType",
    "maxRecordCountFactor",
    "returnIdsOnly",
    "returnCountOnly",
    "returnExtentOnly",
    "returnDistinctValues",
    "returnExceededLimitFeatures",
    "outStatistics",
    "groupByFieldsForStatistics",
    "having",
    "inputLayer",
    "distances",
    "field",
    "units",
    "ringType",
    "context",
    "outputName",
    "q",
    "num",
    "start",
    "sortField",
    "sortOrder",
    "title",
    "name",
    "type",
    "createParameters",
    "username",
    "password",
    "client",
    "referer",
    "ip",
    "expiration",
    "grant_type",
    "client_id",
    "redirect_uri",
    "response_type",
    "code",
    "state",
    "oauth_state",
    "returnMessages",
    "layerDefs",
];

const VALUES: [&str; 60] = [
    "",
    " ",
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "1e308",
    "1e999",
    "NaN",
    "99999999999999999999",
    "0.5",
    "json",
    "pjson",
    "pbf",
    "geojson",
    "html",
    "*",
    "OBJECTID",
    "KIND",
    "kind desc, SIZE asc",
    "NONE",
    "1=1",
    "KIND = 'a' OR SIZE > -1e308",
    "SIZE / 0 > 1",
    "(((((",
    "'",
    "\"",
    "SUM(SIZE) > 1",
    "COUNT(*) >= 0",
    "COUNT(",
    "KIND LIKE '%' || KIND",
    "0,0,1,1",
    "1e308,-1e308,NaN,inf",
    "1,2",
    "4326",
    "102100",
    "32633",
    "{}",
    "[]",
    "[[[[[[[[",
    "{\"wkid\":-1}",
    "{\"wkt\":\"\"}",
    "{\"x\":1e308,\"y\":-1e308}",
    "{\"x\":\"NaN\",\"y\":\"NaN\"}",
    "{\"rings\":[]}",
    "{\"rings\":[[[0,0],[1,1],[0,1],[1,0],[0,0]]]}",
    "{\"rings\":[[[0,0]],[[1e300,1e300],[1e301,0],[0,0]]]}",
    "{\"paths\":[[],[[0,0]]]}",
    "{\"curveRings\":[[[0,0],{\"a\":[[1,1],[0,1],0,1]}]]}",
    "{\"tolerance\":1e-300}",
    "{\"tolerance\":1e300,\"mode\":\"edit\"}",
    "{\"extent\":{\"xmin\":1e308,\"ymin\":-1e308,\"xmax\":\"NaN\",\"ymax\":0}}",
    "esriGeometryPolygon",
    "esriGeometryPoint",
    "esriSpatialRelWithin",
    "[{\"statisticType\":\"var\",\"onStatisticField\":\"SIZE\"},{\"statisticType\":\"percentile_cont\",\"statisticParameters\":{\"value\":1},\"onStatisticField\":\"SIZE\"}]",
    "[{\"statisticType\":[],\"onStatisticField\":\"\"}]",
    "{\"serviceProperties\":{\"name\":\"../x\"}}",
];

#[derive(Debug, Clone)]
struct Asked {
    method: &'static str,
    path: String,
    in_url: bool,
    content_type: &'static str,
    form: Vec<(&'static str, String)>,
    signed_in: bool,
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => select(&VALUES[..]).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => (select(vec!["[", "{\"a\":", "(", "NOT ", "a", "'", "1,"]), 1..3000_usize).prop_map(|(piece, times)| piece.repeat(times)),
        1 => Just(cities()),
    ]
}

fn asked(job: String) -> impl Strategy<Value = Asked> {
    let path = (select(&PATHS[..]), select(&PARTS[..]), select(&PARTS[..])).prop_map(
        move |(path, one, other)| {
            let path = path.replace("{job}", &job);
            path.replacen("{}", one, 1).replacen("{}", other, 1)
        },
    );
    let method = select(vec![
        "GET", "GET", "GET", "POST", "POST", "POST", "POST", "PUT", "HEAD", "DELETE", "OPTIONS",
    ]);
    let content_type = select(vec![
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded",
        "application/json",
        "multipart/form-data; boundary=x",
        "nonsense",
    ]);
    let form = prop::collection::vec((select(&NAMES[..]), value()), 0..7);
    (
        method,
        path,
        any::<bool>(),
        content_type,
        form,
        prop::bool::weighted(0.9),
    )
        .prop_map(
            |(method, path, in_url, content_type, form, signed_in)| Asked {
                method,
                path,
                in_url,
                content_type,
                form,
                signed_in,
            },
        )
}

/// Sends a request and says what is wrong with the answer.
async fn send(client: &Client, asked: &Asked) -> Result<(), String> {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&asked.form)
        .finish();
    let (path, body) = match asked.in_url && form.len() < 30_000 {
        true => (format!("{}?{form}", asked.path), String::new()),
        false => (asked.path.clone(), form),
    };
    let answer = client.raw(asked.method, &path, asked.content_type, body);
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    let (status, content_type, body) = answer
        .map_err(|_| "no answer came".to_owned())?
        .map_err(|error| format!("the connection broke: {error}"))?;
    if status.is_server_error() {
        return Err(format!("the status is {status}"));
    }
    if !content_type.starts_with("application/json") {
        let other = content_type == "application/x-protobuf"
            || content_type.starts_with("text/html")
            || status == StatusCode::FOUND;
        return match other || body.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "{status} is {content_type:?}: {}",
                String::from_utf8_lossy(&body)
            )),
        };
    }
    if asked.method == "HEAD" {
        return Ok(());
    }
    let answer: Value =
        serde_json::from_slice(&body).map_err(|error| format!("no JSON: {error}"))?;
    match answer["error"]["code"].as_u64() {
        Some(code) if code >= 500 => Err(answer.to_string()),
        _ => Ok(()),
    }
}

/// Shapes that are empty, broken, huge or missing.
fn odd() -> Value {
    let shapes = [
        json!({ "rings": [[[0, 0], [0, 4], [4, 4], [4, 0], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 1]]] }),
        json!({ "rings": [[[0, 0], [4, 4], [0, 4], [4, 0], [0, 0]]] }),
        json!({ "rings": [] }),
        json!({ "rings": [[[1, 1]], [[1, 1], [1, 1]], []] }),
        json!({ "rings": [[[179, 89], [181, 91], [-181, 91], [179, 89]]] }),
        json!({ "rings": [[[1e300, 1e300], [-1e300, 1e300], [0, -1e308], [1e300, 1e300]]] }),
        Value::Null,
    ];
    let features = shapes.iter().enumerate().map(|(at, shape)| {
        json!({ "geometry": shape, "attributes": {
            "KIND": (at % 3 < 2).then_some(if at % 2 == 0 { "a" } else { "b" }),
            "SIZE": (at % 4 < 3).then_some([0.0, -1e308, 1e308][at % 3]),
        } })
    });
    let field = |name: &str, kind: &str| json!({ "name": name, "type": kind });
    json!({
        "layerDefinition": {
            "geometryType": "esriGeometryPolygon",
            "fields": [field("KIND", "esriFieldTypeString"), field("SIZE", "esriFieldTypeDouble")],
        },
        "featureSet": {
            "geometryType": "esriGeometryPolygon",
            "spatialReference": { "wkid": 4326 },
            "features": features.collect::<Vec<_>>(),
        },
    })
}

#[test]
fn whatever_comes_is_answered() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (service, signed_in, job) = runtime.block_on(async {
        let service = LocalService::start().await.unwrap();
        let target = Target::New {
            name: "Odd".to_owned(),
            folder: None,
        };
        let layer = serde_json::from_value(odd()).unwrap();
        let hosted = &service.app.hosted;
        hosted
            .fill(&target, service.username(), vec![layer])
            .unwrap()
            .show();
        let client = Client::signed_in(&service).await;
        let cities = cities();
        let job = client
            .submit(
                "CreateBuffers",
                &[("inputLayer", &cities), ("distances", "1")],
            )
            .await;
        client.job_ended(&job, "esriJobSucceeded").await;
        (service, client, job)
    });
    let nobody = Client::anonymous(&service);
    let config = Config {
        cases: 1500,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&asked(job), |asked| {
        let client = if asked.signed_in { &signed_in } else { &nobody };
        runtime
            .block_on(send(client, &asked))
            .map_err(TestCaseError::fail)
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    let alive = runtime.block_on(nobody.get("/sharing/rest/info?f=json"));
    assert!(alive["authInfo"].is_object());
}

/// Every task, with parameters of which some are drawn: each job ends, and none because the service broke.
#[test]
fn whatever_is_submitted_ends() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_service, client) = runtime.block_on(async {
        let service = LocalService::start().await.unwrap();
        let client = Client::signed_in(&service).await;
        (service, client)
    });
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let odd = odd().to_string();
    for entry in arcgis_analysis_spatial::TASKS {
        let meta = entry.meta;
        for _ in 0..4 {
            let drawn = prop::collection::vec((value(), 0..4_u8), meta.params.len());
            let drawn = drawn.new_tree(&mut runner).unwrap().current();
            let form = meta
                .params
                .iter()
                .zip(&drawn)
                .map(|(param, (value, kind))| {
                    let fitting = match param.name.to_lowercase().ends_with("layer") {
                        true => odd.as_str(),
                        false => param.default.unwrap_or_default(),
                    };
                    (
                        param.name,
                        if *kind == 0 { value.as_str() } else { fitting },
                    )
                });
            let form: Vec<_> = form.collect();
            let ended = runtime.block_on(async {
                let job = client.submit(meta.name, &form).await;
                tokio::time::timeout(PATIENCE, ended(&client, &job)).await
            });
            let said = ended.unwrap_or_else(|_| panic!("{} did not end: {form:?}", meta.name));
            assert!(!said.contains("defect"), "{}: {said} {form:?}", meta.name);
        }
    }
}

/// What a job has said once it has ended.
async fn ended(client: &Client, path: &str) -> String {
    loop {
        let job = client.get(path).await;
        let status = job["jobStatus"].as_str().unwrap();
        if ["esriJobSucceeded", "esriJobFailed"].contains(&status) {
            return job["messages"].to_string();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
