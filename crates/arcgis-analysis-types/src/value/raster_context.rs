//! The execution contexts of raster analysis and GeoAnalytics.

use super::{Distance, Extent, RasterInput, SpatialReference};
use crate::param::expected;
use crate::{Param, Problem};
use serde_json::{Map, Value};

/// The execution context of raster analysis: what part of the data is used, in which cells, and how.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{CellSize, Param, RasterContext};
///
/// let context = RasterContext { cell_size: Some(CellSize::Number(30.0)), ..RasterContext::default() };
/// assert_eq!(context.to_json().to_string(), r#"{"cellSize":30.0}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RasterContext {
    /// Only what lies within this rectangle is used.
    pub extent: Option<Extent>,
    /// The spatial reference of the results.
    pub out_sr: Option<SpatialReference>,
    /// The spatial reference in which the analysis is computed.
    pub process_sr: Option<SpatialReference>,
    /// The raster whose cells those of the results are aligned with.
    pub snap_raster: Option<RasterInput>,
    /// The raster or features outside of which nothing is computed, as the service takes it.
    pub mask: Option<Value>,
    /// The size of the cells of the results.
    pub cell_size: Option<CellSize>,
    /// How cells are resampled: `NEAREST`, `BILINEAR`, `CUBIC` and so on.
    pub resampling_method: Option<String>,
    /// How many processes compute: a number, or a share such as `80%`.
    pub parallel_processing_factor: Option<String>,
    /// What computes: `CPU` or `GPU`.
    pub processor_type: Option<String>,
    /// Every other property, as the service takes it.
    pub other: Map<String, Value>,
}

/// The size of cells.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{CellSize, Distance, LengthUnits, Param};
///
/// let size = CellSize::from(Distance::new(30.0, LengthUnits::Meters));
/// assert_eq!(size.to_json()["units"], "Meters");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CellSize {
    /// A number, in the units of the spatial reference of the analysis.
    Number(f64),
    /// A distance with its unit.
    Distance(Distance),
    /// That of a raster.
    Raster(Box<RasterInput>),
}

impl From<Distance> for CellSize {
    fn from(distance: Distance) -> Self {
        Self::Distance(distance)
    }
}

impl Param for CellSize {
    fn to_json(&self) -> Value {
        match self {
            Self::Number(size) => (*size).into(),
            Self::Distance(distance) => distance.to_json(),
            Self::Raster(raster) => raster.to_json(),
        }
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        if let Some(size) = value.as_f64() {
            Ok(Self::Number(size))
        } else if value.get("distance").is_some() {
            Distance::from_json(value).map(Self::Distance)
        } else {
            RasterInput::from_json(value).map(|raster| Self::Raster(Box::new(raster)))
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        match self {
            Self::Number(size) => size.validate(),
            Self::Distance(distance) => distance.validate(),
            Self::Raster(raster) => raster.validate(),
        }
    }
}

/// The members of a context, taken one by one.
struct Members(Map<String, Value>);

impl Members {
    fn of(value: Value) -> Result<Self, Problem> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            other => Err(expected(
                "an object such as {\"outSR\": {\"wkid\": 4326}}",
                &other,
            )),
        }
    }

    /// Takes a member; what cannot be read is refused with its name.
    fn take<T: Param>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::from_json(value)
                .map(Some)
                .map_err(|problem| problem.of_member(name)),
        }
    }
}

/// Puts a member into an object, where there is one.
fn put(members: &mut Map<String, Value>, name: &str, value: Option<&dyn Param>) {
    if let Some(value) = value {
        members.insert(name.to_owned(), value.to_json());
    }
}

fn dynamic<T: Param>(value: &Option<T>) -> Option<&dyn Param> {
    value.as_ref().map(|value| value as &dyn Param)
}

impl Param for RasterContext {
    fn to_json(&self) -> Value {
        let mut members = Map::new();
        put(&mut members, "extent", dynamic(&self.extent));
        put(&mut members, "outSR", dynamic(&self.out_sr));
        put(&mut members, "processSR", dynamic(&self.process_sr));
        put(&mut members, "snapRaster", dynamic(&self.snap_raster));
        put(&mut members, "mask", dynamic(&self.mask));
        put(&mut members, "cellSize", dynamic(&self.cell_size));
        put(
            &mut members,
            "resamplingMethod",
            dynamic(&self.resampling_method),
        );
        put(
            &mut members,
            "parallelProcessingFactor",
            dynamic(&self.parallel_processing_factor),
        );
        put(&mut members, "processorType", dynamic(&self.processor_type));
        members.extend(self.other.clone());
        Value::Object(members)
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        let mut members = Members::of(value)?;
        Ok(Self {
            extent: members.take("extent")?,
            out_sr: members.take("outSR")?,
            process_sr: members.take("processSR")?,
            snap_raster: members.take("snapRaster")?,
            mask: members.take("mask")?,
            cell_size: members.take("cellSize")?,
            resampling_method: members.take("resamplingMethod")?,
            parallel_processing_factor: members.take("parallelProcessingFactor")?,
            processor_type: members.take("processorType")?,
            other: members.0,
        })
    }

    fn validate(&self) -> Result<(), Problem> {
        if let Some(extent) = &self.extent {
            extent.validate()?;
        }
        for (name, value) in [
            ("snapRaster", dynamic(&self.snap_raster)),
            ("cellSize", dynamic(&self.cell_size)),
        ] {
            if let Some(value) = value {
                value
                    .validate()
                    .map_err(|problem| problem.of_member(name))?;
            }
        }
        Ok(())
    }
}

/// The execution context of GeoAnalytics: what part of the data is used, and where results go.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_types::{GeoAnalyticsContext, Param, SpatialReference};
///
/// let context = GeoAnalyticsContext {
///     process_sr: Some(SpatialReference::wkid(32633)),
///     data_store: Some("relational".to_owned()),
///     ..GeoAnalyticsContext::default()
/// };
/// assert_eq!(context.to_json().to_string(), r#"{"processSR":{"wkid":32633},"dataStore":"relational"}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GeoAnalyticsContext {
    /// Only features that intersect this rectangle are used.
    pub extent: Option<Extent>,
    /// The spatial reference in which the analysis is computed.
    pub process_sr: Option<SpatialReference>,
    /// The spatial reference of the results.
    pub out_sr: Option<SpatialReference>,
    /// Where results go: `spatiotemporal`, `relational`, or a big data file share such as `/bigDataFileShares/share:template`.
    pub data_store: Option<String>,
    /// Whether the result gets the styles of aggregated display.
    pub default_aggregation_styles: Option<bool>,
    /// Every other property, as the service takes it.
    pub other: Map<String, Value>,
}

impl Param for GeoAnalyticsContext {
    fn to_json(&self) -> Value {
        let mut members = Map::new();
        put(&mut members, "extent", dynamic(&self.extent));
        put(&mut members, "outSR", dynamic(&self.out_sr));
        put(&mut members, "processSR", dynamic(&self.process_sr));
        put(&mut members, "dataStore", dynamic(&self.data_store));
        put(
            &mut members,
            "defaultAggregationStyles",
            dynamic(&self.default_aggregation_styles),
        );
        members.extend(self.other.clone());
        Value::Object(members)
    }

    fn from_json(value: Value) -> Result<Self, Problem> {
        let mut members = Members::of(value)?;
        Ok(Self {
            extent: members.take("extent")?,
            process_sr: members.take("processSR")?,
            out_sr: members.take("outSR")?,
            data_store: members.take("dataStore")?,
            default_aggregation_styles: members.take("defaultAggregationStyles")?,
            other: members.0,
        })
    }

    fn validate(&self) -> Result<(), Problem> {
        match &self.extent {
            Some(extent) => extent.validate(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn contexts_are_read_as_they_are_written() {
        for json in [
            json!({
                "extent": { "xmin": 0.0, "ymin": 0.0, "xmax": 1.0, "ymax": 1.0, "spatialReference": { "wkid": 3857 } },
                "outSR": { "wkid": 3857 }, "processSR": { "wkid": 32633 }, "snapRaster": { "itemId": "a" },
                "mask": { "url": "https://a.example/FeatureServer/0" }, "cellSize": { "distance": 60.0, "units": "Meters" },
                "resamplingMethod": "BILINEAR", "parallelProcessingFactor": "80%", "processorType": "GPU",
                "processAsMultidimensional": true,
            }),
            json!({ "cellSize": 30.0 }),
            json!({ "cellSize": { "url": "https://a.example/ImageServer" } }),
            json!({}),
        ] {
            let context = RasterContext::from_json(json.clone()).unwrap();
            context.validate().unwrap();
            assert_eq!(context.to_json(), json);
        }
        let json = json!({
            "extent": { "xmin": 0.0, "ymin": 0.0, "xmax": 1.0, "ymax": 1.0 }, "outSR": { "wkid": 4326 },
            "processSR": { "wkid": 3857 }, "dataStore": "spatiotemporal", "defaultAggregationStyles": true, "more": 1,
        });
        assert_eq!(
            GeoAnalyticsContext::from_json(json.clone())
                .unwrap()
                .to_json(),
            json
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let said = |json: Value| RasterContext::from_json(json).unwrap_err().to_string();
        assert_eq!(
            said(json!({ "resamplingMethod": 1 })),
            "`resamplingMethod` must be a text, not the number 1"
        );
        assert!(
            said(json!({ "cellSize": "big" , "snapRaster": [] }))
                .starts_with("`snapRaster` must be a raster")
        );
        assert!(GeoAnalyticsContext::from_json(json!(1)).is_err());
        let context = RasterContext {
            cell_size: Some(CellSize::Number(f64::NAN)),
            ..RasterContext::default()
        };
        assert_eq!(
            context.validate().unwrap_err().to_string(),
            "`cellSize` must be a finite number, not NaN"
        );
    }
}
