#![allow(clippy::unwrap_used, clippy::panic)]

mod files;
#[cfg(feature = "geoparquet")]
mod geoparquet;
mod hostile;

use super::*;
use std::io::Write;

const POINT: &str = r#"{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}"#;

fn file(extension: &str, bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new()
        .suffix(extension)
        .tempfile()
        .unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn features(input: FeatureInput) -> usize {
    match input {
        FeatureInput::Collection(collection) => collection.feature_set.features.len(),
        other => panic!("not a collection: {other:?}"),
    }
}

#[test]
fn knows_layers_and_items() {
    let url = "https://example.com/arcgis/rest/services/Cities/FeatureServer/3";
    for text in [url, &format!("{url}/"), &format!("{url}?f=json")] {
        let FeatureInput::Layer(layer) = read(text).unwrap() else {
            panic!("no layer: {text}")
        };
        assert_eq!(layer.url, url);
    }
    let id = "0123456789ABCDEF0123456789abcdef";
    for text in [
        id,
        &format!("https://www.arcgis.com/home/item.html?id={id}#overview"),
    ] {
        let FeatureInput::Item { item_id, layer } = read(text).unwrap() else {
            panic!("no item: {text}")
        };
        assert_eq!((item_id, layer), (id.to_ascii_lowercase(), 0));
    }
}

#[test]
fn refuses_other_urls() {
    for (url, problem) in [
        (
            "https://example.com/rest/services/Cities/FeatureServer",
            "is a service; add the number of the layer",
        ),
        (
            "https://example.com/cities.geojson",
            "is no layer of a feature service or map service",
        ),
        (
            "https://example.com/X/FeatureServer/0?f=json&token=abc",
            "carries a token",
        ),
        (
            "https://ada:abc@example.com/cities.geojson",
            "https://..@example.com/cities.geojson",
        ),
        (
            "https://ada:abc@a:abc@example.com/x",
            "https://..@example.com/x",
        ),
        ("https://ada:a?bc@abc/x", "https://.."),
        (
            "https://ada:abc@example.com/X/FeatureServer",
            "..@example.com",
        ),
    ] {
        let error = read(url).unwrap_err();
        assert!(matches!(error, InputError::Url { .. }), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
        assert!(!format!("{error} {error:?}").contains("abc"), "{error:?}");
    }
}

#[test]
fn a_mistyped_address_shows_no_token() {
    for url in [
        "https://example.com/FeatureServer/0/f=json&token=s3cret",
        "https://example.com/FeatureServer/0;Token=s3cret",
        "https://example.com/token=s3cret@example.org/x",
        "https://ann:s3cret@example.com/x&a@b",
    ] {
        let error = read(url).unwrap_err().to_string();
        assert!(!error.contains("s3cret"), "{error}");
        assert!(
            error.contains("example.com") || error.contains("https://.."),
            "{error}"
        );
    }
}

#[test]
fn reads_inline_json_and_files() {
    assert_eq!(features(read(POINT).unwrap()), 1);
    for bytes in [POINT.as_bytes(), format!("\u{feff}{POINT}").as_bytes()] {
        let file = file(".geojson", bytes);
        assert_eq!(features(read(file.path().to_str().unwrap()).unwrap()), 1);
    }
    let esri =
        r#"{"geometryType": "esriGeometryPoint", "features": [{"geometry": {"x": 1, "y": 2}}]}"#;
    assert_eq!(
        features(read_file(file(".json", esri.as_bytes()).path()).unwrap()),
        1
    );
}

#[test]
fn reads_inline_objects_that_point_elsewhere() {
    let url = "https://example.com/arcgis/rest/services/Cities/FeatureServer/3";
    let text = format!(r#"{{"url": "{url}", "filter": "POP > 1000"}}"#);
    let FeatureInput::Layer(layer) = read(&text).unwrap() else {
        panic!("no layer")
    };
    assert_eq!(
        (layer.url.as_str(), layer.filter.as_deref()),
        (url, Some("POP > 1000"))
    );
}

#[test]
fn says_where_json_breaks_off() {
    let lines = format!("{{\"type\": \"FeatureCollection\",\n \"features\": [{POINT},");
    let error = read_file(file(".geojson", lines.as_bytes()).path()).unwrap_err();
    let InputError::Truncated { line, column, .. } = error else {
        panic!("{error}")
    };
    assert_eq!((line, column), (2, lines.lines().last().unwrap().len()));
}

#[test]
fn says_where_json_is_wrong() {
    let error = read("{\"type\": \"Point\",\n \"coordinates\": [NaN, 1]}").unwrap_err();
    let InputError::Syntax {
        line,
        column,
        ref problem,
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!((line, column), (2, 18));
    assert!(problem.contains("NaN"), "{problem}");

    let error = read("{\"type\": \"Point\" \"coordinates\": [0, 1]}").unwrap_err();
    assert!(
        matches!(
            error,
            InputError::Syntax {
                line: 1,
                column: 18,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn refuses_files_that_hold_no_features() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().to_str().unwrap();
    assert!(matches!(read(text).unwrap_err(), InputError::Folder { .. }));
    assert!(matches!(
        read(&format!("{text}/none.json")).unwrap_err(),
        InputError::Missing { .. }
    ));
    for (extension, bytes) in [
        (".geojson", &b""[..]),
        (".geojson", b" \n"),
        (".geojson", b"\xff\xfe{\x00"),
        (".json", b"[1, 2]"),
        (".json", b"{\"type\": \"Topology\"}"),
        (".csv", b"\n"),
        (".xlsx", b"PK\x03\x04"),
        (".gpkg", b"SQLite format 3\0"),
        (".data", b"<kml/>"),
        (".fgb", b"fgb\x04fgb\0"),
    ] {
        let file = file(extension, bytes);
        let error = read_file(file.path()).unwrap_err();
        match (extension, bytes) {
            (".xlsx" | ".gpkg" | ".data" | ".fgb", _) => {
                assert!(matches!(error, InputError::Format { .. }), "{error}");
            }
            (_, [b'{' | b'[', ..]) => {
                assert!(matches!(error, InputError::Content { .. }), "{error}")
            }
            (_, [0xff, ..]) => assert!(matches!(error, InputError::NotText { .. }), "{error}"),
            _ => assert!(matches!(error, InputError::Empty { .. }), "{error}"),
        }
        assert!(
            error
                .to_string()
                .contains(file.path().file_name().unwrap().to_str().unwrap())
        );
    }
}
