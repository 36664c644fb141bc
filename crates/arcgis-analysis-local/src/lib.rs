//! A local portal and analysis service that speaks the ArcGIS REST protocol and really computes.
//!
//! [`LocalService`] listens on a port of this machine and answers what a client of the spatial analysis service
//! asks: a portal to sign in to, the description of every task, jobs to submit, watch and cancel, and results. The
//! analyses are computed by `arcgis-analysis-engine`. A task that is not computed here fails as a job whose message
//! says why, so that no number is ever made up.
//!
//! # Examples
//!
//! ```
//! use arcgis_analysis_local::LocalService;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), arcgis_analysis_local::StartError> {
//! let service = LocalService::start().await?;
//! println!("sign in to {} as {}", service.portal_url(), service.username());
//! service.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What is where
//!
//! Relative to [`LocalService::portal_url`]; every resource answers GET and POST, unless it says otherwise:
//!
//! | path | what it is |
//! | --- | --- |
//! | `sharing/rest`, `sharing/rest/info` | the portal's version; where to get a token |
//! | `sharing/rest/generateToken` | a token for a username and a password, or for a token one of the server (POST only) |
//! | `sharing/rest/oauth2/token` | a token for an application's secret, a code or a refresh token (POST only) |
//! | `sharing/rest/oauth2/authorize`, `sharing/oauth2/signin` | the page to sign in on; what it posts |
//! | `sharing/rest/portals/self` | the portal, its `helperServices`, the signed-in user |
//! | `sharing/rest/community/self`, `sharing/rest/community/users/{name}` | the signed-in user |
//! | `sharing/rest/content/items/{id}`, `…/content/users/{name}`, `sharing/rest/search` | items of hosted layers, folders, the search for them; `createService`, `createFolder`, `delete` |
//! | `…/content/users/{name}/addItem`, `…/items/{id}/update` and `addPart`, `commit`, `status` | a file or a text as an item, at once or in parts; changes of it (POST only) |
//! | `…/items/{id}/move`, `protect`, `unprotect`, `share`, `unshare`, `copy`, `canDelete`; `…/users/{name}/deleteItems`, `shareItems` | what is done with items (POST only) |
//! | `…/items/{id}/addResources`, `removeResources`, `updateThumbnail`, `deleteThumbnail`; `…/content/items/{id}/resources`, `info` | files beside an item |
//! | `…/content/users/{name}/publish` | hosts the features of an item, a file or a text (POST only) |
//! | `sharing/rest/content/features/analyze`, `…/generate` | what a CSV holds; the features of a file, which are not kept (POST only) |
//! | `rest/info`, `arcgis/rest/info`, `arcgis/rest/services` | the server and its services |
//! | `arcgis/rest/services/tasks/GPServer` | the analysis service |
//! | `…/GPServer/{Task}` | a task's description, with its `fidelity` |
//! | `…/{Task}/submitJob` | starts a job |
//! | `…/{Task}/jobs/{id}` | a job; below it `results`, `results/{name}`, `inputs`, `inputs/{name}`, `messages`, `cancel` |
//! | `…/GPServer/uploads` | files for tasks that take one: `upload`, `register`, `{id}`; below it `uploadPart`, `commit`, `delete` |
//! | `arcgis/rest/services/Estimate/GPServer/EstimateCredits/execute` | what an analysis would cost ([`Persona::Online`]) |
//! | `arcgis/rest/services/Hosted/{name}/FeatureServer` | a hosted feature service; below it `layers`, `{layer}`, `{layer}/query` |
//! | `…/FeatureServer/{layer}/calculate`, `append`, `truncate`, `validateSQL` | values for all features of a clause; features of an item or a text; none; a clause only read |
//! | `arcgis/rest/admin/services/Hosted/{name}/FeatureServer` | the same for administration; below it and its layers `addToDefinition`, `updateDefinition`, `deleteFromDefinition` (POST only) |
//! | `…/FeatureServer/{layer}/addFeatures` and `updateFeatures`, `deleteFeatures`, `applyEdits` | changes of a layer's features; `applyEdits` of a service those of several layers (POST only) |
//!
//! A job with an `outputName` writes its layers into a hosted service, and any task takes a layer of it, by its URL or its
//! item, as an input. A layer of another server is read only where [`LocalServiceBuilder::allow_host`] allows it. `query` selects by `where`, `objectIds` and `geometry`, tells features, counts, numbers, rectangles,
//! distinct values or statistics, and writes `json`, `geojson` or `pbf`; 2000 features at a time, with
//! `exceededTransferLimit` where there are more. Geometries come in full, whatever `maxAllowableOffset` and
//! `quantizationParameters` would permit. What is held goes with the service, or stays with
//! [`LocalServiceBuilder::data`].
//!
//! Whoever owns a hosted layer changes its features. A request is done wholly or, with `rollbackOnFailure=false`, as far as it
//! can be; each change is answered by the feature's number or by the reason why it was not made. Values must fit their
//! fields, geometries the layer, into whose spatial reference they are brought. Attributes of other names are left out, as
//! ArcGIS does. A number is never given twice. There are no global IDs, versions, relationships or attachments. What is written
//! for a request are the features that it changes; now and then a layer is written as a whole.
//!
//! The owner of a service defines its layers and tables and their fields. Of other properties those that are only told, such as
//! `drawingInfo`, are kept; `capabilities` are heeded; what cannot be honoured is refused. `append` takes feature collections,
//! and CSV, GeoJSON and shapefiles of items, wholly or not at all, and updates features by a field whose values are unique; it
//! is done when it is answered. Other operations of ArcGIS are refused by their names.
//!
//! An item may be shared with everybody who is signed in, or everybody; they see it and query its service, and nobody but its
//! owner changes it or gives it to a task. There are no groups. Thumbnails, metadata and resources are kept beside an item.
//!
//! A client may add files and texts of any type as items. CSV, GeoJSON, shapefiles in a zip archive and feature collections of
//! the portal can be published: a CSV by columns of coordinates, those that `publishParameters` name or those whose names
//! tell, or without a place; nothing here geocodes. The fields' types are inferred, unless `layerInfo` gives others, and
//! `targetSR` is honoured. Of an archive each shapefile becomes a layer. File geodatabases are kept, not published. Files that are added hold 1 GiB together at
//! most, and there are 10000 items, unless [`LocalServiceBuilder::keep_items`] says otherwise; parts that are not committed,
//! and files for tasks, are held in memory for a day.
//!
//! One port answers http and https; the URLs in an answer are of the scheme, host and port that the client used. The
//! certificate is made at the start and vouches for itself, unless [`LocalServiceBuilder::certificate`] brings one.
//!
//! The portal is also found under `portal/`, as on ArcGIS Enterprise.
//!
//! Every other answer is JSON, whether `f` is `json`, `pjson` (indented), `html` or absent. An error is a JSON object
//! `{"error": {"code", "message", "details"}}` with HTTP status 200, as ArcGIS sends it. Names of tasks, parameters
//! and results are matched in any letter case.
//!
//! A token is taken from the header `X-Esri-Authorization`, from `Authorization`, or from the parameter `token`, in
//! the body or, since some clients can do no better, in the query. Descriptions need no token; jobs do.

mod app;
mod builder;
mod call;
mod catalogue;
mod content;
mod disk;
mod error;
mod estimate;
mod faults;
mod feature_server;
mod gp;
mod hosted;
mod hosts;
mod jobs;
mod listen;
mod oauth;
mod persona;
mod reach;
mod routes;
mod secret;
mod service;
mod sharing;
mod shelf;
#[cfg(test)]
mod tests;
mod tls;
mod tokens;

pub use builder::LocalServiceBuilder;
pub use faults::{FaultPlan, FaultPlanError, Seen};
pub use persona::Persona;
pub use service::{LocalService, StartError};

/// Features in another spatial reference, for formats that are in one only.
pub use arcgis_analysis_engine::project;
/// Which tasks are computed here, and how faithfully.
pub use arcgis_analysis_engine::{Support, support};
