//! The coordinate reference system of a column of geometries. The order of coordinates is x before y in any of them.

use crate::types::SpatialReference;
use serde_json::Value;
use std::collections::HashMap;

pub(super) const UNKNOWN: &str = "it names no coordinate reference system; write it with one, for example by `ogr2ogr -a_srs EPSG:4326`";

/// As the metadata of GeoParquet have it: WGS 84 unless they say otherwise.
///
/// # Errors
/// A clause that begins with a pronoun, when the system has no code.
pub(super) fn of_geo(crs: Option<&Value>) -> Result<Option<SpatialReference>, String> {
    match crs {
        None => Ok(Some(SpatialReference::WGS84)),
        Some(Value::Null) => Ok(None),
        Some(crs) => of_projjson(crs).map(Some),
    }
}

/// As the type of a Parquet column has it: a name, or where in the metadata to look.
///
/// # Errors
/// As [`of_geo`].
pub(super) fn of_native(
    crs: Option<&str>,
    metadata: &HashMap<String, String>,
) -> Result<Option<SpatialReference>, String> {
    let Some(crs) = crs.map(str::trim).filter(|crs| !crs.is_empty()) else {
        return Ok(Some(SpatialReference::WGS84));
    };
    let text = match crs.strip_prefix("projjson:") {
        Some(key) => metadata.get(key).map_or("", String::as_str),
        None => crs,
    };
    if let Ok(crs @ Value::Object(_)) = serde_json::from_str(text) {
        return of_projjson(&crs).map(Some);
    }
    let (authority, code) = text.split_once(':').unwrap_or((text, ""));
    let found = match (authority.to_ascii_lowercase().as_str(), code) {
        // What a writer says that knows none.
        ("srid", "0") => return Ok(None),
        ("srid", code) => of_code("EPSG", code),
        (_, code) => of_code(authority, code),
    };
    found.map(Some).ok_or_else(|| no_code(text))
}

fn of_projjson(crs: &Value) -> Result<SpatialReference, String> {
    let authority = crs.pointer("/id/authority").and_then(Value::as_str);
    let code = match crs.pointer("/id/code") {
        Some(Value::String(code)) => code.clone(),
        Some(code) => code.to_string(),
        None => String::new(),
    };
    let name = crs.get("name").and_then(Value::as_str).unwrap_or_default();
    of_code(authority.unwrap_or_default(), &code).ok_or_else(|| no_code(name))
}

fn of_code(authority: &str, code: &str) -> Option<SpatialReference> {
    match (authority.to_ascii_uppercase().as_str(), code.parse()) {
        ("EPSG" | "ESRI", Ok(code @ 1..)) => Some(SpatialReference::wkid(code)),
        ("OGC", _) if code.eq_ignore_ascii_case("CRS84") => Some(SpatialReference::WGS84),
        _ => None,
    }
}

fn no_code(name: &str) -> String {
    let name: String = name.chars().take(100).collect();
    format!(
        "its coordinate reference system `{name}` has no EPSG or Esri code; write it in one that has, for example by `ogr2ogr -t_srs EPSG:4326`"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    /// The forms that the Parquet format's page of geospatial types lists.
    #[test]
    fn a_type_names_its_system_in_several_ways() {
        let utm =
            json!({"name": "UTM 33N", "id": {"authority": "EPSG", "code": 32633}}).to_string();
        let metadata = HashMap::from([("crs".to_owned(), utm.clone())]);
        let of = |crs: &str| of_native(Some(crs), &metadata).unwrap();
        assert_eq!(
            of_native(None, &metadata),
            Ok(Some(SpatialReference::WGS84))
        );
        for wgs84 in ["", "OGC:CRS84", "EPSG:4326", "srid:4326"] {
            assert_eq!(of(wgs84), Some(SpatialReference::WGS84), "{wgs84}");
        }
        assert_eq!(of("ESRI:54009"), Some(SpatialReference::wkid(54009)));
        assert_eq!(of("projjson:crs"), Some(SpatialReference::wkid(32633)));
        assert_eq!(of(&utm), Some(SpatialReference::wkid(32633)));
        assert_eq!(of("srid:0"), None);
        for unknown in ["projjson:elsewhere", "srid:-1", "EPSG:0", "IGNF:LAMB93"] {
            let said = of_native(Some(unknown), &metadata).unwrap_err();
            assert!(
                said.ends_with("for example by `ogr2ogr -t_srs EPSG:4326`"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_system_without_a_code_is_refused_by_its_name() {
        let crs = json!({"name": "My grid", "id": {"authority": "ME", "code": "7"}});
        let said = of_geo(Some(&crs)).unwrap_err();
        assert!(
            said.starts_with("its coordinate reference system `My grid` has no EPSG"),
            "{said}"
        );
        assert_eq!(of_geo(Some(&Value::Null)), Ok(None));
        assert_eq!(of_geo(None), Ok(Some(SpatialReference::WGS84)));
    }
}
