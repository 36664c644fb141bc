//! A layer in a few figures.

use crate::types::{Extent, FeatureCollection, GeometryType};

/// A layer in a few figures.
///
/// # Examples
///
/// ```
/// use arcgis_analysis::FeatureCollection;
/// use arcgis_analysis::report::LayerSummary;
///
/// let text = r#"{"type": "MultiPoint", "coordinates": [[7.6, 47.5], [9.5, 47.1]]}"#;
/// let summary = LayerSummary::of(&FeatureCollection::from_geojson(text)?);
/// assert_eq!(summary.features, 1);
/// assert_eq!(summary.extent.map(|e| (e.xmin, e.ymax)), Some((7.6, 47.5)));
/// # Ok::<(), arcgis_analysis::types::GeoJsonError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LayerSummary {
    /// How many features it has.
    pub features: usize,
    /// The geometry type; absent in tables.
    pub geometry_type: Option<GeometryType>,
    /// The names of its fields.
    pub fields: Vec<String>,
    /// The smallest rectangle around all features, in their spatial reference; absent where there is nothing to
    /// enclose.
    pub extent: Option<Extent>,
}

impl LayerSummary {
    /// Sums a layer up.
    #[must_use]
    pub fn of(layer: &FeatureCollection) -> Self {
        let geometries = layer
            .features()
            .iter()
            .filter_map(|feature| feature.geometry.as_ref());
        let positions = geometries.flat_map(|geometry| geometry.positions());
        let around = |extent: Option<Extent>, (x, y): (f64, f64)| {
            Some(match extent {
                None => Extent {
                    xmin: x,
                    ymin: y,
                    xmax: x,
                    ymax: y,
                    spatial_reference: None,
                },
                Some(e) => Extent {
                    xmin: e.xmin.min(x),
                    ymin: e.ymin.min(y),
                    xmax: e.xmax.max(x),
                    ymax: e.ymax.max(y),
                    ..e
                },
            })
        };
        let extent = positions.map(|p| (p.x, p.y)).fold(None, around);
        Self {
            features: layer.features().len(),
            geometry_type: layer.geometry_type(),
            fields: layer
                .fields()
                .iter()
                .map(|field| field.name.clone())
                .collect(),
            extent: extent.map(|e| Extent {
                spatial_reference: layer.spatial_reference().cloned(),
                ..e
            }),
        }
    }
}
