//! Reads features from where people have them: a layer, a portal item, inline JSON or a file.

mod error;

pub use error::{InputError, Origin};

use crate::types::{FeatureCollection, FeatureInput, FeatureLayer, Param};
use serde_json::Value;
use std::path::Path;

/// Reads the features that a text names.
///
/// The text is one of
/// - the URL of a layer of a feature service or map service, which ends with the layer's number;
/// - the ID of a portal item, 32 hexadecimal digits, or the address of the item's page;
/// - JSON, which begins with `{`: GeoJSON, an Esri feature set or feature collection, or an object with the `url`
///   of a layer or the `itemId` of an item;
/// - the path of a file that holds GeoJSON, an Esri feature set or an Esri feature collection.
///
/// # Errors
/// When there is no such file, or it holds no features; the error says where and what to do.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::{FeatureInput, input};
///
/// let cities = r#"{"type": "Point", "coordinates": [9.52, 47.14]}"#;
/// assert!(matches!(input::read(cities)?, FeatureInput::Collection(_)));
///
/// let error = input::read("nowhere.geojson").unwrap_err();
/// assert!(error.to_string().starts_with("there is no file `nowhere.geojson`"));
/// # Ok::<(), arcgis_analysis::input::InputError>(())
/// ```
pub fn read(text: &str) -> Result<FeatureInput, InputError> {
    let text = text.trim();
    if text.starts_with(['{', '[']) {
        parse(text, &Origin::Inline)
    } else if text
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("http"))
        && text.contains("://")
    {
        read_url(text)
    } else if let Some(item) = item(text) {
        Ok(item)
    } else {
        read_file(Path::new(text))
    }
}

/// Reads the features of a file that holds GeoJSON, an Esri feature set or an Esri feature collection.
///
/// # Errors
/// As [`read`].
///
/// # Examples
///
/// ```
/// use arcgis_analysis::{FeatureInput, input};
///
/// let places = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/populated-places.geojson");
/// let FeatureInput::Collection(places) = input::read_file(places.as_ref())? else { unreachable!() };
/// assert_eq!(places.feature_set.features.len(), 243);
/// # Ok::<(), arcgis_analysis::input::InputError>(())
/// ```
pub fn read_file(path: &Path) -> Result<FeatureInput, InputError> {
    let origin = Origin::File(path.to_owned());
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(InputError::Missing {
                path: path.to_owned(),
            });
        }
        Err(error) => {
            return Err(InputError::Unreadable {
                path: path.to_owned(),
                source: error,
            });
        }
    };
    if metadata.is_dir() {
        return Err(InputError::Folder {
            path: path.to_owned(),
        });
    }
    if let Some(format) = other_format(path) {
        return Err(InputError::Format {
            path: path.to_owned(),
            format,
        });
    }
    let bytes = std::fs::read(path).map_err(|error| InputError::Unreadable {
        path: path.to_owned(),
        source: error,
    })?;
    match String::from_utf8(bytes) {
        Ok(text) => parse(text.trim_start_matches('\u{feff}'), &origin),
        Err(_) => Err(InputError::NotText { origin }),
    }
}

/// Reads inline JSON or the contents of a file.
fn parse(text: &str, origin: &Origin) -> Result<FeatureInput, InputError> {
    if text.trim().is_empty() {
        return Err(InputError::Empty {
            origin: origin.clone(),
        });
    }
    let problem = match FeatureCollection::from_json_text(text) {
        Ok(collection) => return Ok(FeatureInput::Collection(Box::new(collection))),
        Err(error) => error.to_string(),
    };
    // Only a text that is no collection is looked at again, to say what else it is.
    match serde_json::from_str::<Value>(text) {
        Err(error) => Err(InputError::json(origin.clone(), text, &error)),
        Ok(value) if value.get("url").is_some() || value.get("itemId").is_some() => {
            FeatureInput::from_json(value).map_err(|problem| InputError::Content {
                origin: origin.clone(),
                problem: problem.to_string(),
            })
        }
        Ok(_) => Err(InputError::Content {
            origin: origin.clone(),
            problem,
        }),
    }
}

/// A layer's URL, or the address of an item's page.
fn read_url(url: &str) -> Result<FeatureInput, InputError> {
    let refuse = |problem| {
        Err(InputError::Url {
            url: without_query(url).to_owned(),
            problem,
        })
    };
    if let Some(id) = url
        .split(['?', '&', '#'])
        .find_map(|part| part.strip_prefix("id="))
        && let Some(item) = item(id)
    {
        return Ok(item);
    }
    if url
        .split(['?', '&'])
        .skip(1)
        .any(|part| part.to_ascii_lowercase().starts_with("token="))
    {
        return refuse(
            "carries a token; leave it out, and give it as the `serviceToken` of a JSON object",
        );
    }
    let path = without_query(url).trim_end_matches('/');
    let (service, last) = path.rsplit_once('/').unwrap_or((path, ""));
    let is_service = |path: &str| path.ends_with("/FeatureServer") || path.ends_with("/MapServer");
    // A dataset of a big data file share goes by its name.
    let is_dataset = service.ends_with("/BigDataCatalogServer") && !last.is_empty();
    match last.parse::<u32>() {
        _ if is_dataset => Ok(FeatureInput::Layer(FeatureLayer {
            url: path.to_owned(),
            ..FeatureLayer::default()
        })),
        Ok(_) if is_service(service) => Ok(FeatureInput::Layer(FeatureLayer {
            url: path.to_owned(),
            ..FeatureLayer::default()
        })),
        _ if is_service(path) => refuse("is a service; add the number of the layer, such as `/0`"),
        _ => refuse(
            "is no layer of a feature service or map service; download the data and give the file",
        ),
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

fn item(text: &str) -> Option<FeatureInput> {
    (text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| FeatureInput::Item {
        item_id: text.to_ascii_lowercase(),
        layer: 0,
    })
}

/// What a file is that people have features in, but that cannot be read here.
fn other_format(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "shp" | "shx" | "dbf" | "zip" => "a shapefile or an archive",
        "gpkg" => "a GeoPackage",
        "csv" | "tsv" | "txt" => "a table of text",
        "xls" | "xlsx" => "a spreadsheet",
        "kml" | "kmz" => "KML",
        "gml" | "gpx" => "XML",
        "fgb" => "FlatGeobuf",
        "parquet" | "geoparquet" => "GeoParquet",
        "topojson" => "TopoJSON",
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
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
        ] {
            let error = read(url).unwrap_err();
            assert!(matches!(error, InputError::Url { .. }), "{error}");
            assert!(error.to_string().contains(problem), "{error}");
            assert!(!error.to_string().contains("abc"), "{error}");
        }
    }

    #[test]
    fn reads_inline_json_and_files() {
        assert_eq!(features(read(POINT).unwrap()), 1);
        for bytes in [POINT.as_bytes(), format!("\u{feff}{POINT}").as_bytes()] {
            let file = file(".geojson", bytes);
            assert_eq!(features(read(file.path().to_str().unwrap()).unwrap()), 1);
        }
        let esri = r#"{"geometryType": "esriGeometryPoint", "features": [{"geometry": {"x": 1, "y": 2}}]}"#;
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
            (".csv", b"x,y\n1,2"),
        ] {
            let file = file(extension, bytes);
            let error = read_file(file.path()).unwrap_err();
            match (extension, bytes) {
                (".csv", _) => assert!(matches!(error, InputError::Format { .. }), "{error}"),
                (_, [b'[', ..] | [b'{', ..]) => {
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
}
