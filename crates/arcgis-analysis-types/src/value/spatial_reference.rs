//! Spatial references.

use super::geographic_ids;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A spatial reference: a well-known ID, or well-known text.
///
/// It is also read from a bare ID or a bare well-known text, as some parameters have it.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::SpatialReference;
///
/// let wgs84: SpatialReference = serde_json::from_str(r#"{"wkid": 4326}"#)?;
/// assert_eq!(wgs84, SpatialReference::WGS84);
/// assert!(wgs84.is_geographic());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpatialReference {
    /// The well-known ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wkid: Option<u32>,
    /// The current well-known ID, where `wkid` is an older one: 3857 for 102100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_wkid: Option<u32>,
    /// The well-known text, where there is no ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wkt: Option<String>,
}

impl SpatialReference {
    /// Longitude and latitude on WGS 84, well-known ID 4326.
    pub const WGS84: Self = Self {
        wkid: Some(4326),
        latest_wkid: None,
        wkt: None,
    };

    /// Web Mercator, well-known ID 102100 (3857).
    pub const WEB_MERCATOR: Self = Self {
        wkid: Some(102_100),
        latest_wkid: Some(3857),
        wkt: None,
    };

    /// The spatial reference of a well-known ID.
    #[must_use]
    pub const fn wkid(wkid: u32) -> Self {
        Self {
            wkid: Some(wkid),
            latest_wkid: None,
            wkt: None,
        }
    }

    /// The current well-known ID. The older IDs of Web Mercator count as 3857.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        match self.latest_wkid.or(self.wkid) {
            Some(102_100 | 102_113 | 900_913) => Some(3857),
            id => id,
        }
    }

    /// Whether coordinates are degrees of longitude and latitude.
    #[must_use]
    pub fn is_geographic(&self) -> bool {
        match self.id() {
            Some(id) => geographic_ids::contains(id),
            None => self.wkt.as_deref().is_some_and(|wkt| {
                let wkt = wkt.trim_start().to_ascii_uppercase();
                ["GEOGCS", "GEOGCRS", "GEOGRAPHICCRS"]
                    .iter()
                    .any(|name| wkt.starts_with(name))
            }),
        }
    }

    /// Whether coordinates are metres in Web Mercator.
    #[must_use]
    pub fn is_web_mercator(&self) -> bool {
        self.id() == Some(3857)
    }
}

impl<'de> Deserialize<'de> for SpatialReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a spatial reference such as {\"wkid\": 4326}")]
        enum Shape {
            Id(u32),
            Text(String),
            #[serde(rename_all = "camelCase")]
            Object {
                #[serde(default, deserialize_with = "id")]
                wkid: Option<u32>,
                #[serde(default, deserialize_with = "id")]
                latest_wkid: Option<u32>,
                wkt: Option<String>,
            },
        }
        match Shape::deserialize(deserializer)? {
            Shape::Id(wkid) => Ok(Self::wkid(wkid)),
            Shape::Text(text) => match text.trim().parse() {
                Ok(wkid) => Ok(Self::wkid(wkid)),
                Err(_) if text.contains('[') => Ok(Self {
                    wkt: Some(text),
                    ..Self::default()
                }),
                Err(_) => Err(D::Error::custom(format!(
                    "{text:?} is no spatial reference; give one such as {{\"wkid\": 4326}}"
                ))),
            },
            Shape::Object {
                wkid,
                latest_wkid,
                wkt,
            } => Ok(Self {
                wkid,
                latest_wkid,
                wkt: wkt.filter(|wkt| !wkt.is_empty()),
            }),
        }
    }
}

/// An ID; ArcGIS writes 0 or -1 where there is none.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let id = match &value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match id {
        Some(id @ 1..) => u32::try_from(id).map(Some).map_err(D::Error::custom),
        Some(_) => Ok(None),
        None => Err(D::Error::custom(format!(
            "the spatial reference ID {value} is no number"
        ))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(json: &str) -> SpatialReference {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn reads_every_shape() {
        assert_eq!(read("4326"), SpatialReference::WGS84);
        assert_eq!(read("\"4326\""), SpatialReference::WGS84);
        assert_eq!(
            read(r#"{"wkid": "4326", "vcsWkid": 5703}"#),
            SpatialReference::WGS84
        );
        assert_eq!(
            read(r#"{"wkid": 102100, "latestWkid": 3857}"#),
            SpatialReference::WEB_MERCATOR
        );
        let wkt = SpatialReference {
            wkt: Some("PROJCS[\"x\"]".to_owned()),
            ..SpatialReference::default()
        };
        assert_eq!(read(r#""PROJCS[\"x\"]""#), wkt);
        assert_eq!(read(r#"{"wkid": -1, "wkt": "PROJCS[\"x\"]"}"#), wkt);
        assert_eq!(read("{}"), SpatialReference::default());
    }

    #[test]
    fn refuses_what_is_none() {
        for (json, problem) in [
            ("true", "a spatial reference such as {\"wkid\": 4326}"),
            (
                "\"WGS 84\"",
                "\"WGS 84\" is no spatial reference; give one such as {\"wkid\": 4326}",
            ),
        ] {
            assert_eq!(
                serde_json::from_str::<SpatialReference>(json)
                    .unwrap_err()
                    .to_string(),
                problem
            );
        }
    }

    #[test]
    fn writes_what_there_is() {
        let write = |sr| serde_json::to_string(&sr).unwrap();
        assert_eq!(write(SpatialReference::WGS84), r#"{"wkid":4326}"#);
        assert_eq!(
            write(SpatialReference::WEB_MERCATOR),
            r#"{"wkid":102100,"latestWkid":3857}"#
        );
    }

    #[test]
    fn knows_degrees_and_web_mercator() {
        assert!(SpatialReference::WGS84.is_geographic());
        assert!(read(r#"{"wkt": " GEOGCS[\"GCS_WGS_1984\"]"}"#).is_geographic());
        assert!(!read(r#"{"wkt": "PROJCS[\"x\",GEOGCS[\"y\"]]"}"#).is_geographic());
        assert!(!SpatialReference::WEB_MERCATOR.is_geographic());
        for id in [3857, 102_100, 102_113, 900_913] {
            assert!(SpatialReference::wkid(id).is_web_mercator(), "{id}");
        }
    }
}
