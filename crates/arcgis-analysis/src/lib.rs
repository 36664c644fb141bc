//! A strongly typed client of the ArcGIS analysis services.
//!
//! This is the crate to depend on. It joins the vocabulary ([`types`]), the transport ([`Portal`], [`Job`]) and the
//! tasks of each service, a module to a service:
//!
//! | feature | module | tasks |
//! | --- | --- | --- |
//! | `spatial` (default) | [`spatial`] | the spatial analysis service: buffers, overlays, hot spots, joins, ... |
//! | `raster` | `raster` | the raster analysis service: distance, terrain, zonal statistics, deep learning, ... |
//! | `geoanalytics` | `geoanalytics` | GeoAnalytics, up to ArcGIS Enterprise 11.3: tracks, aggregation, regression, ... |
//! | `network` | `network` | the routing services: routes, closest facilities, service areas, fleets, ... |
//! | `elevation` | `elevation` | the elevation and hydrology services: profiles, viewsheds, watersheds, ... |
//!
//! `all` enables every service; the [index] lists all tasks. With the feature `keyring`, [`store`] keeps sign-ins in the
//! system's keyring. With the feature `blocking`, the module `blocking` has the same calls without `async`, for programs
//! without a runtime.
//!
//! # Examples
//!
//! Buffers around cities, on a service that runs in this process; a portal's URL does the same on ArcGIS.
//!
//! ```
//! use arcgis_analysis::spatial::choices::DistanceUnits;
//! use arcgis_analysis::spatial::create_buffers::{BufferDistance, CreateBuffers};
//! use arcgis_analysis::{Credentials, FeatureCollection, Portal};
//! use arcgis_analysis_local::LocalService;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = LocalService::start().await?; // or a portal: "https://www.arcgis.com"
//! let credentials = Credentials::password(service.username(), service.password());
//! let portal = Portal::connect(service.portal_url(), credentials).await?;
//!
//! let cities = FeatureCollection::from_geojson(r#"{"type": "Point", "coordinates": [7.6, 47.5]}"#)?;
//! let task = CreateBuffers::new(cities, BufferDistance::values([20.0, 35.0])).units(DistanceUnits::Miles);
//! let results = portal.run(&task).await?;
//! let buffers = results.buffer_layer.features().ok_or("the layer is hosted")?;
//! assert_eq!(buffers.features().len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Without naming a task
//!
//! Programs that take any task, as the command line does, go by the tasks' descriptions: [`tasks`] and
//! [`find_task`] find them, [`schema`] makes a JSON Schema of the parameters, [`params`] and [`input`] read them
//! from what people type, [`report`] and [`output`] tell what came out, and [`words`] says it in words.

mod catalog;
#[doc = include_str!("../TASKS.md")]
pub mod index {}
pub mod input;
pub mod output;
pub mod params;
pub mod report;
mod schema;
pub mod words;

pub use catalog::{FindTaskError, find_service, find_task, services, tasks};
pub use schema::schema;

pub use arcgis_analysis_types as types;

#[cfg(feature = "keyring")]
pub use arcgis_analysis_core::KeyringStore;
pub use arcgis_analysis_core::{
    ClientCredentials, Credentials, CreditEstimate, Error, ErrorKind, Executed, FileStore,
    Forgotten, History, ItemFile, Job, JobRef, JobToken, JobUpdate, Ledger, LedgerJob, LedgerState,
    Limits, Login, PasswordCredentials, Polling, Portal, PortalBuilder, RawJob, Remembered, Result,
    SecretString, SignIn, SignInProblem, SignInStore, TokenBinding, Updates, is_same_portal, store,
    transport,
};

#[cfg(feature = "blocking")]
pub use arcgis_analysis_core::blocking;

#[cfg(feature = "elevation")]
pub use arcgis_analysis_elevation as elevation;
#[cfg(feature = "geoanalytics")]
pub use arcgis_analysis_geoanalytics as geoanalytics;
#[cfg(feature = "network")]
pub use arcgis_analysis_network as network;
#[cfg(feature = "raster")]
pub use arcgis_analysis_raster as raster;
#[cfg(feature = "spatial")]
pub use arcgis_analysis_spatial as spatial;

pub use arcgis_analysis_types::{
    AttributeValue, AttributeView, Attributes, Context, DateTime, Extent, Feature,
    FeatureCollection, FeatureInput, FeatureLayer, FeatureSet, Field, FieldType, Geometry,
    GeometryKind, GeometryType, HostedLayer, JobInfo, JobMessage, JobProgress, JobStatus,
    LayerDefinition, LayerOutput, LinearUnit, LinearUnits, LocationExpression, LocationExpressions,
    LocationRelation, MessageType, Multipoint, OutputName, ParameterError, Point, Polygon,
    Polyline, Position, ProcessInfo, ServiceToken, SpatialReference, SummaryField,
    SummaryStatistic, Task, TaskResults, TravelMode,
};
