use crate::support::*;
use arcgis_analysis_core::ErrorKind;
use arcgis_analysis_core::transport::{Answer, Method};
use arcgis_analysis_types::FeatureInput;
use arcgis_analysis_types::serde_json::{Value, json};

const ID: &str = "0123456789abcdef0123456789abcdef";
const CITIES: &str = "https://services.arcgis.com/o/arcgis/rest/services/Cities/FeatureServer";

fn item(url: &str, ty: &str) -> Answer {
    Answer::json(&json!({ "id": ID, "type": ty, "url": url }))
}

async fn submitted_with(item: Answer, layer: u32) -> Result<Value, arcgis_analysis_core::Error> {
    let replay = accepting().on(
        Method::Get,
        &format!("/sharing/rest/content/items/{ID}"),
        [item],
    );
    let task = MeasureThings::new(FeatureInput::Item {
        item_id: ID.to_owned(),
        layer,
    });
    let outcome = portal(&replay).await.submit(&task).await;
    let submits = asked(&replay, "/submitJob");
    assert_eq!(submits.len(), usize::from(outcome.is_ok()));
    outcome.map(|_| submits[0].field("inputLayer").unwrap().parse().unwrap())
}

#[tokio::test(start_paused = true)]
async fn an_item_becomes_the_layer_that_it_stands_for() {
    for (url, ty, layer, input) in [
        (
            CITIES.to_owned(),
            "Feature Service",
            0,
            format!("{CITIES}/0"),
        ),
        (
            format!("{CITIES}/"),
            "Feature Service",
            3,
            format!("{CITIES}/3"),
        ),
        (
            format!("{CITIES}/2"),
            "Feature Service",
            0,
            format!("{CITIES}/2"),
        ),
        (
            format!("{CITIES}/2"),
            "Feature Service",
            2,
            format!("{CITIES}/2"),
        ),
        (
            CITIES.replace("FeatureServer", "MapServer"),
            "Map Service",
            1,
            CITIES.replace("FeatureServer", "MapServer/1"),
        ),
    ] {
        assert_eq!(
            submitted_with(item(&url, ty), layer).await.unwrap(),
            json!({ "url": input }),
            "{url} {layer}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_without_the_layer_is_refused() {
    for (answer, layer, words) in [
        (
            Answer::json(&json!({ "id": ID, "type": "Web Map", "url": null })),
            0,
            "is a Web Map and has no layers",
        ),
        (
            item("https://example.org/app", "Web Mapping Application"),
            0,
            "has no layers",
        ),
        (
            item("javascript:FeatureServer", "Feature Service"),
            0,
            "has no layers",
        ),
        (
            item(&format!("{CITIES}/2"), "Feature Service"),
            1,
            "no layer 1, only layer 2",
        ),
        (
            Answer::text(
                200,
                r#"{"error":{"code":400,"messageCode":"CONT_0001","message":"Item does not exist or is inaccessible."}}"#,
            ),
            0,
            "Item does not exist or is inaccessible",
        ),
        (Answer::status(404), 0, "does not find"),
    ] {
        let error = submitted_with(answer, layer).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Parameter, "{error}");
        assert!(
            error
                .to_string()
                .starts_with("MeasureThings: `inputLayer` names the item"),
            "{error}"
        );
        assert!(error.to_string().contains(words), "{error}");
    }
    let denied = Answer::text(200, r#"{"error":{"code":403,"message":"No"}}"#);
    assert_eq!(
        submitted_with(denied, 0).await.unwrap_err().kind(),
        ErrorKind::Permission
    );
}

#[tokio::test(start_paused = true)]
async fn items_in_lists_are_resolved_and_everything_else_is_left() {
    let other = "fedcba9876543210fedcba9876543210";
    let replay = accepting()
        .on(
            Method::Get,
            &format!("/items/{ID}"),
            [item(CITIES, "Feature Service")],
        )
        .on(
            Method::Get,
            &format!("/items/{other}"),
            [item("https://example.org/MapServer", "Map Service")],
        );
    let mut task = MeasureThings::new("https://example.com/FeatureServer/7");
    task.more_layers = Some(vec![
        FeatureInput::Item {
            item_id: ID.to_owned(),
            layer: 1,
        },
        FeatureInput::from("https://example.com/FeatureServer/8"),
        FeatureInput::Item {
            item_id: other.to_owned(),
            layer: 0,
        },
    ]);
    let _job = portal(&replay).await.submit(&task).await.unwrap();
    let submit = &asked(&replay, "/submitJob")[0];
    let field = |name: &str| submit.field(name).unwrap().parse::<Value>().unwrap();
    assert_eq!(
        field("inputLayer"),
        json!({ "url": "https://example.com/FeatureServer/7" })
    );
    assert_eq!(
        field("moreLayers"),
        json!([
            { "url": format!("{CITIES}/1") },
            { "url": "https://example.com/FeatureServer/8" },
            { "url": "https://example.org/MapServer/0" }
        ])
    );
}
