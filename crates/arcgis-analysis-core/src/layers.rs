//! Reading the features of a layer, page by page.

mod gathered;

use crate::address::{LayerUrl, PortalUrl};
use crate::failure::Failure;
use crate::session::{Call, Expects, Reply, Session};
use crate::transport::{HttpTransport, Transport};
use crate::{Credentials, Error, ErrorKind, Limits, Polling, Result};
use arcgis_analysis_types::{
    FeatureCollection, FeatureLayer, FeatureSet, FieldType, LayerDefinition,
};
use gathered::Gathered;
use serde_json::Value;
use std::sync::Arc;

/// How many features are asked for at once, where the server allows as many.
const PAGE: usize = 2000;

/// Reads layers of feature services and map services, wherever they are, without a portal.
///
/// A layer is read by pages in the order of its object IDs, or by the IDs themselves where the server has no pages, in
/// its own spatial reference. The `filter` of a [`FeatureLayer`] is the query's where clause, and its `service_token`
/// goes to the layer's own origin only. Redirects are not followed. A page that is larger than
/// [`Limits::max_result_body`] is asked for again in halves; a layer beyond [`Limits::max_features`] or
/// [`Limits::max_layer_body`] is refused.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::transport::{Answer, Method::{Get, Post}, Replay};
/// use arcgis_analysis_core::{Layers, Result};
/// use arcgis_analysis_types::FeatureLayer;
/// use arcgis_analysis_types::serde_json::json;
///
/// # fn main() -> Result<()> {
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
/// # runtime.block_on(async {
/// let city = json!({ "attributes": { "OBJECTID": 1, "NAME": "Basel" }, "geometry": { "x": 7.6, "y": 47.5 } });
/// let replay = Replay::new() // or an HttpTransport, which is the default
///     .on(Get, "/Cities/FeatureServer/0", [Answer::json(&json!({
///         "name": "Cities",
///         "geometryType": "esriGeometryPoint",
///         "objectIdField": "OBJECTID",
///         "fields": [{ "name": "OBJECTID", "type": "esriFieldTypeOID" }, { "name": "NAME", "type": "esriFieldTypeString" }],
///         "maxRecordCount": 1000,
///         "advancedQueryCapabilities": { "supportsPagination": true },
///     }))])
///     .on(Post, "/Cities/FeatureServer/0/query", [
///         Answer::json(&json!({ "count": 1 })),
///         Answer::json(&json!({ "spatialReference": { "wkid": 4326 }, "features": [city] })),
///     ]);
/// let layer = FeatureLayer::new("https://gis.example.org/arcgis/rest/services/Cities/FeatureServer/0").filter("POP > 1000");
/// let cities = Layers::new().transport(replay.clone()).read(&layer).await?;
/// assert_eq!(cities.features()[0].attributes["NAME"], "Basel");
/// assert_eq!(replay.requests()[1].field("where").as_deref(), Some("POP > 1000"));
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Layers {
    transport: Arc<dyn Transport>,
    limits: Limits,
}

impl Default for Layers {
    fn default() -> Self {
        Self::new()
    }
}

impl Layers {
    /// Reads by an [`HttpTransport`], within the default [`Limits`].
    #[must_use]
    pub fn new() -> Self {
        let limits = Limits::default();
        Self {
            transport: Arc::new(HttpTransport::new(limits.connect)),
            limits,
        }
    }

    /// Reads as a session does.
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            transport: session.transport(),
            limits: session.limits.clone(),
        }
    }

    /// Sets how bytes are exchanged.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Arc::new(transport);
        self
    }

    /// Sets how long requests may take, and how large answers and layers may be.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads every feature of a layer that its filter selects.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a URL that is not that of a layer, [`ErrorKind::TooLarge`] for a layer beyond the
    /// limits, [`ErrorKind::Protocol`] when it changed while it was read, and whatever a request can end in.
    pub async fn read(&self, layer: &FeatureLayer) -> Result<FeatureCollection> {
        let url = layer_url(layer)?;
        let server = url.server();
        let portal = PortalUrl::parse(server.as_str()).map_err(unusable)?;
        let session = Session::new(
            portal,
            Credentials::Anonymous,
            self.transport.clone(),
            self.limits.clone(),
            Polling::default(),
            None,
        );
        if let Some(token) = &layer.service_token {
            session.admit_with(server.as_str(), Credentials::token(token.expose()))?;
        }
        let advice = match layer.service_token {
            None => "; give a token for it as the layer's `serviceToken`",
            Some(_) => "; the layer's `serviceToken` may have ended, or is not for this server",
        };
        read(&session, &url, layer.filter.as_deref(), Some(advice)).await
    }
}

/// The address of a layer.
pub(crate) fn layer_url(layer: &FeatureLayer) -> Result<LayerUrl> {
    LayerUrl::parse(&layer.url).map_err(unusable)
}

fn unusable(problem: String) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!("the URL of the layer {problem}"),
    )
}

/// Reads every feature that the filter selects. Where a token is missing, the advice is given in place of the session's.
pub(crate) async fn read(
    session: &Session,
    url: &LayerUrl,
    filter: Option<&str>,
    advice: Option<&str>,
) -> Result<FeatureCollection> {
    let reading = Reading {
        session,
        url,
        filter: filter.unwrap_or("1=1"),
        advice,
        doing: format!("reading the layer {}", url.as_str()),
    };
    let (definition, count) = (reading.describe().await?, reading.count().await?);
    let (limits, mut gathered) = (&session.limits, Gathered::default());
    if count > limits.max_features {
        let most = limits.max_features;
        return Err(reading.too_large(&format!(
            "{count} features, and no more than {most} are read"
        )));
    }
    match definition.has_pages {
        true => reading.by_pages(&definition, count, &mut gathered).await?,
        false => reading.by_ids(&definition, count, &mut gathered).await?,
    }
    Ok(gathered.collection(definition.layer))
}

/// One layer while it is read.
struct Reading<'a> {
    session: &'a Session,
    url: &'a LayerUrl,
    filter: &'a str,
    advice: Option<&'a str>,
    doing: String,
}

/// What must be known of a layer before it is read.
struct Definition {
    layer: LayerDefinition,
    id_field: String,
    has_pages: bool,
    has_z: bool,
    page: usize,
}

impl Reading<'_> {
    async fn describe(&self) -> Result<Definition> {
        let url = self.url.url().clone();
        let call = Call {
            expects: Expects::Result,
            ..self.session.get("layer", url)
        };
        let reply = self.session.call_again(&call).await;
        let document = reply.map_err(|failure| self.error(failure))?.document;
        let no_layer = |problem: &str| self.session.unexpected(&self.doing, problem, &document);
        let flag = |pointer| document.pointer(pointer).and_then(Value::as_bool) == Some(true);
        let has_pages =
            flag("/advancedQueryCapabilities/supportsPagination") || flag("/supportsPagination");
        let most = document.get("maxRecordCount").and_then(Value::as_u64);
        let page = most.and_then(|most| usize::try_from(most).ok());
        let mut layer: LayerDefinition = serde_json::from_value(document.clone())
            .map_err(|_| no_layer("the server answered with something that is no layer"))?;
        layer.other.clear();
        let typed = layer
            .fields
            .iter()
            .find(|field| field.field_type == FieldType::Oid);
        let id_field = layer
            .object_id_field
            .clone()
            .filter(|name| !name.is_empty())
            .or_else(|| typed.map(|field| field.name.clone()))
            .ok_or_else(|| {
                no_layer("it has no features with object IDs, by which they could be read")
            })?;
        layer.object_id_field = Some(id_field.clone());
        Ok(Definition {
            layer,
            id_field,
            has_pages,
            has_z: flag("/hasZ"),
            page: page.unwrap_or(PAGE).clamp(1, PAGE),
        })
    }

    async fn count(&self) -> Result<usize> {
        let asked = [("where", self.filter), ("returnCountOnly", "true")];
        let reply = self.query(&asked).await;
        let document = reply.map_err(|failure| self.error(failure))?.document;
        let count = document.get("count").and_then(Value::as_u64);
        count
            .and_then(|count| usize::try_from(count).ok())
            .ok_or_else(|| {
                let problem = "the server answered without the number of features";
                self.session.unexpected(&self.doing, problem, &document)
            })
    }

    async fn by_pages(
        &self,
        definition: &Definition,
        count: usize,
        gathered: &mut Gathered,
    ) -> Result<()> {
        let mut size = definition.page;
        let mut more = false;
        while gathered.len() < count {
            let (offset, most) = (gathered.len().to_string(), size.to_string());
            let asked = [
                ("where", self.filter),
                ("orderByFields", definition.id_field.as_str()),
                ("resultOffset", &offset),
                ("resultRecordCount", &most),
            ];
            let Some(page) = self.page(&asked, definition, &mut size).await? else {
                continue;
            };
            more = page.0.exceeded_transfer_limit;
            if page.0.features.is_empty() {
                break;
            }
            self.gather(page, definition, gathered)?;
        }
        if gathered.len() == count && !more {
            return Ok(());
        }
        if more && gathered.len() < count {
            return Err(self.protocol(
                "the server holds features back (`exceededTransferLimit`) and sends none",
            ));
        }
        Err(self.changed(count, gathered.len()))
    }

    async fn by_ids(
        &self,
        definition: &Definition,
        count: usize,
        gathered: &mut Gathered,
    ) -> Result<()> {
        let asked = [("where", self.filter), ("returnIdsOnly", "true")];
        let reply = self.query(&asked).await;
        let document = reply.map_err(|failure| self.error(failure))?.document;
        let ids = match document.get("objectIds") {
            Some(Value::Array(ids)) => ids.iter().map(Value::as_i64).collect(),
            Some(Value::Null) => Some(Vec::new()),
            _ => None,
        };
        let Some(mut ids) = ids else {
            let problem = "the server answered without the IDs of the features";
            return Err(self.session.unexpected(&self.doing, problem, &document));
        };
        ids.sort_unstable();
        if ids.len() != count {
            return Err(self.changed(count, ids.len()));
        }
        let mut size = definition.page;
        while gathered.len() < count {
            let rest = &ids[gathered.len()..];
            let wanted: Vec<_> = rest.iter().take(size).map(i64::to_string).collect();
            let list = wanted.join(",");
            let asked = [("objectIds", list.as_str())];
            let Some(page) = self.page(&asked, definition, &mut size).await? else {
                continue;
            };
            let came = page.0.features.len();
            if page.0.exceeded_transfer_limit && came < wanted.len() && size > 1 {
                size = (size / 2).max(1);
                continue;
            }
            if came != wanted.len() {
                return Err(self.changed(count, gathered.len() + came));
            }
            self.gather(page, definition, gathered)?;
        }
        match gathered.holds_just(&ids) {
            true => Ok(()),
            false => {
                Err(self.protocol("it changed while it was read, and sent other features than those asked for; try again"))
            }
        }
    }

    /// A page of features; `None` when it is to be asked for again, and smaller.
    async fn page(
        &self,
        asked: &[(&str, &str)],
        definition: &Definition,
        size: &mut usize,
    ) -> Result<Option<(FeatureSet, usize)>> {
        let z = if definition.has_z { "true" } else { "false" };
        let all = [
            ("outFields", "*"),
            ("returnGeometry", "true"),
            ("returnZ", z),
        ];
        let asked: Vec<_> = asked.iter().chain(&all).copied().collect();
        let reply = match self.query(&asked).await {
            Ok(reply) => reply,
            Err(failure) if failure.kind() == ErrorKind::TooLarge && *size > 1 => {
                *size = (*size / 2).max(1);
                return Ok(None);
            }
            Err(failure) => return Err(self.error(failure)),
        };
        match serde_json::from_value(reply.document) {
            Ok(page) => Ok(Some((page, reply.bytes))),
            Err(error) => Err(self.protocol(&format!(
                "the server answered with features that cannot be read: {error}"
            ))),
        }
    }

    fn gather(
        &self,
        (page, bytes): (FeatureSet, usize),
        definition: &Definition,
        gathered: &mut Gathered,
    ) -> Result<()> {
        let taken = gathered.take(page, bytes, &definition.id_field);
        taken.map_err(|problem| self.protocol(problem))?;
        let most = self.session.limits.max_layer_body;
        match gathered.bytes() > most {
            true => Err(self.too_large(&format!("more than {most} bytes of features"))),
            false => Ok(()),
        }
    }

    /// Asks the layer, which changes nothing there. A where clause can be longer than a URL.
    async fn query(&self, asked: &[(&str, &str)]) -> std::result::Result<Reply, Failure> {
        let call = Call {
            timeout: self.session.limits.results,
            expects: Expects::Result,
            ..self.session.post("query", self.url.query(), asked)
        };
        self.session.call_again(&call).await
    }

    fn error(&self, failure: Failure) -> Error {
        let Some(advice) = self.advice else {
            return self.session.error(&self.doing, failure);
        };
        let error = failure.into_error(&self.doing, &self.session.secrets());
        match error.kind() {
            kind @ (ErrorKind::Authentication | ErrorKind::Permission) => {
                error.amended(kind, |sentence| format!("{sentence}{advice}"))
            }
            _ => error,
        }
    }

    fn protocol(&self, problem: &str) -> Error {
        let sentence = format!("{} failed: {problem}", self.doing);
        Error::new(ErrorKind::Protocol, sentence)
    }

    fn too_large(&self, what: &str) -> Error {
        let sentence = format!(
            "{} failed: it has {what}; select fewer with its `filter`",
            self.doing
        );
        Error::new(ErrorKind::TooLarge, sentence)
    }

    fn changed(&self, first: usize, then: usize) -> Error {
        self.protocol(&format!(
            "it changed while it was read, and had {first} features first and {then} then; try again"
        ))
    }
}
