//! Spatial references.

use serde::{Deserialize, Serialize};

/// A spatial reference: a well-known ID, or well-known text.
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpatialReference {
    /// The well-known ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wkid: Option<u32>,
    /// The current well-known ID, where `wkid` is an older one: 3857 for 102100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_wkid: Option<u32>,
    /// The well-known text, where there is no ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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

    /// The current well-known ID.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.latest_wkid.or(self.wkid)
    }

    /// Whether coordinates are degrees of longitude and latitude.
    #[must_use]
    pub fn is_geographic(&self) -> bool {
        match self.id() {
            Some(id) => matches!(id, 4000..=4999 | 104_000..=104_999),
            None => self.wkt.as_deref().is_some_and(|wkt| {
                let wkt = wkt.trim_start();
                wkt.starts_with("GEOGCS") || wkt.starts_with("GEOGCRS")
            }),
        }
    }
}
