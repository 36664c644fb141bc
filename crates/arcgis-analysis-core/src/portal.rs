//! The portal: where everything begins.

mod estimate;

pub use estimate::CreditEstimate;

use crate::address::{PortalUrl, ServiceUrl, shown};
use crate::discovery::PortalInfo;
use crate::execute::{execute, without_job};
use crate::job::{submit, submit_free};
use crate::redact::redact;
use crate::session::Session;
use crate::transport::{HttpTransport, Transport};
use crate::{
    Credentials, Error, ErrorKind, Executed, ItemFile, Job, JobRef, Layers, Ledger, Limits,
    Polling, RawJob, Result, SignIn, SignInStore, download, items, layers,
};
use arcgis_analysis_types::meta::{Execution, TaskMeta};
use arcgis_analysis_types::serde_json::Value;
use arcgis_analysis_types::{
    FeatureCollection, FeatureLayer, Form, ItemOutput, Task, TaskEntry, TaskResults,
};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// A portal - ArcGIS Online, ArcGIS Enterprise or a local one - with the services that it offers.
///
/// It is a handle: cloning it is cheap, and the clones share token and connections.
///
/// # Examples
///
/// ```no_run
/// use arcgis_analysis_core::{Credentials, Portal, Result};
/// use arcgis_analysis_types::Task;
///
/// async fn run<T: Task>(task: &T) -> Result<T::Results> {
///     let portal = Portal::connect("https://www.arcgis.com", Credentials::from_env()?).await?;
///     portal.run(task).await
/// }
/// ```
#[derive(Clone)]
pub struct Portal {
    shared: Arc<Shared>,
    /// How many credits a call may cost.
    max_credits: Option<f64>,
}

struct Shared {
    session: Arc<Session>,
    info: PortalInfo,
    /// Addresses that the caller gave, by the IDs of the services.
    services: BTreeMap<String, ServiceUrl>,
    /// How the tasks that estimate costs run, as their services said.
    executions: Mutex<BTreeMap<&'static str, Execution>>,
}

impl Portal {
    /// Signs in and asks the portal for its services.
    ///
    /// The URL may be the portal's root or any page below its `home` or `sharing`. `http` is upgraded to `https`,
    /// except on this machine.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a URL or credentials that cannot be used, [`ErrorKind::Authentication`]
    /// when the portal refuses the credentials, and whatever a request can end in.
    pub async fn connect(url: &str, credentials: Credentials) -> Result<Self> {
        Self::builder(url).credentials(credentials).connect().await
    }

    /// Begins to connect with settings of one's own.
    pub fn builder(url: impl Into<String>) -> PortalBuilder {
        PortalBuilder {
            url: url.into(),
            credentials: Credentials::Anonymous,
            transport: None,
            limits: Limits::default(),
            polling: Polling::default(),
            ledger: None,
            max_credits: None,
            services: Vec::new(),
            servers: Vec::new(),
            store: None,
        }
    }

    /// The portal's root URL.
    #[must_use]
    pub fn url(&self) -> &str {
        self.shared.session.portal.as_str()
    }

    /// The name of the signed-in user, as the portal gives it.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.shared.info.username.as_deref()
    }

    /// When the portal's token in use expires by the portal's clock, where the portal said so.
    pub async fn token_expires(&self) -> Option<SystemTime> {
        self.shared.session.token_expires()
    }

    /// The sign-in as it is now, if [`Credentials::SignIn`] was given: with the token in use and, where it was
    /// exchanged, the new refresh token.
    #[must_use]
    pub fn sign_in(&self) -> Option<SignIn> {
        self.shared.session.sign_in()
    }

    /// The root URL of the service that has a task.
    ///
    /// # Errors
    /// [`ErrorKind::NotOffered`] when the portal does not offer it to this user.
    pub fn service_url(&self, task: &TaskMeta) -> Result<String> {
        self.service(task).map(|url| url.as_str().to_owned())
    }

    /// Runs a task: checks it, submits it, waits for its end and fetches its results. A task that runs without a job is
    /// called in one request.
    ///
    /// Dropping the future leaves the job running on the server.
    ///
    /// # Errors
    /// As [`submit`](Self::submit), [`RawJob::wait`] and [`Job::results`].
    pub async fn run<T: Task>(&self, task: &T) -> Result<T::Results> {
        if T::META.execution != Execution::Synchronous {
            return self.submit(task).await?.await;
        }
        let mut answer = self.execute_form(T::META, task.encode()?).await?;
        T::Results::decode(&mut answer.outputs).map_err(|error| {
            let sentence = format!("{} answered, but {error}", T::META.name);
            Error::new(ErrorKind::Results, sentence).with_source(error)
        })
    }

    /// Calls a task that runs without a job with its types erased, from its parameters as one flat JSON object.
    ///
    /// # Errors
    /// As [`run`](Self::run); [`ErrorKind::Unsupported`] for a task that runs as a job.
    pub async fn execute_entry(&self, task: &TaskEntry, parameters: Value) -> Result<Executed> {
        let form = task.encode(parameters)?;
        self.execute_form(task.meta, form).await
    }

    /// Checks a task and submits it.
    ///
    /// # Errors
    /// [`ErrorKind::Parameter`] before anything is sent when the task is not valid;
    /// [`ErrorKind::SubmitOutcomeUnknown`] when a job may have been made but its ID did not arrive. After every
    /// other error no job was made.
    pub async fn submit<T: Task>(&self, task: &T) -> Result<Job<T>> {
        let form = task.encode()?;
        self.submit_form(T::META, form).await.map(Job::new)
    }

    /// Checks and submits a task with its types erased, from its parameters as one flat JSON object.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub async fn submit_entry(&self, task: &TaskEntry, parameters: Value) -> Result<RawJob> {
        let form = task.encode(parameters)?;
        self.submit_form(task.meta, form).await
    }

    /// Picks up a job that was submitted before, here or by another program: by its [token](crate::JobToken), or by
    /// its URL in any form that people paste. Nothing is sent; where there is a ledger, its file is read.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when that names no job of this task on a server of this portal.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_core::{Portal, Result};
    /// use arcgis_analysis_types::Task;
    /// use std::path::Path;
    ///
    /// /// Submits in one process; what it leaves in the file is no secret.
    /// async fn begin<T: Task>(portal: &Portal, task: &T, file: &Path) -> Result<()> {
    ///     let job = portal.submit(task).await?;
    ///     std::fs::write(file, job.token().to_string()).ok();
    ///     Ok(())
    /// }
    ///
    /// /// Fetches the results in another.
    /// async fn end<T: Task>(portal: &Portal, token: &str) -> Result<T::Results> {
    ///     portal.resume::<T>(token)?.await
    /// }
    /// ```
    pub fn resume<T: Task>(&self, job: impl Into<JobRef>) -> Result<Job<T>> {
        self.resume_job(T::META, job.into()).map(Job::new)
    }

    /// Picks up a job with its types erased.
    ///
    /// # Errors
    /// As [`resume`](Self::resume).
    pub fn resume_entry(&self, task: &TaskEntry, job: impl Into<JobRef>) -> Result<RawJob> {
        self.resume_job(task.meta, job.into())
    }

    /// The name of the task to which a job belongs, by its token or its URL as people paste it.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when it names no job.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_core::Portal;
    ///
    /// let url = "https://example.com/arcgis/rest/services/tasks/GPServer/CreateBuffers/jobs/j1/results?f=html";
    /// assert_eq!(Portal::task_of_job(url)?, "CreateBuffers");
    /// # Ok::<(), arcgis_analysis_core::Error>(())
    /// ```
    pub fn task_of_job(job: impl Into<JobRef>) -> Result<String> {
        job.into().task().map(str::to_owned)
    }

    /// Reads every feature of a layer that its filter selects, such as one that a job left on the portal, with the
    /// portal's token where the layer's server belongs to the portal.
    ///
    /// # Errors
    /// As [`Layers::read`].
    pub async fn read_layer(&self, layer: &FeatureLayer) -> Result<FeatureCollection> {
        let session = &self.shared.session;
        if layer.service_token.is_some() {
            return Layers::of(session).read(layer).await;
        }
        let url = layers::layer_url(layer)?;
        session.admit(url.server());
        layers::read(session, &url, layer.filter.as_deref(), None).await
    }

    /// Downloads the file of an item that a job returned. The portal may send elsewhere for it, where no token goes.
    ///
    /// The file is held in memory, within [`Limits::max_file_body`].
    ///
    /// # Errors
    /// [`ErrorKind::Results`] for an item that holds no file, [`ErrorKind::TooLarge`] for a file beyond the limit, and
    /// whatever a request can end in.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_core::{Portal, Result};
    /// use arcgis_analysis_types::ItemOutput;
    ///
    /// async fn save(portal: &Portal, item: &ItemOutput) -> Result<()> {
    ///     let file = portal.item_file(item).await?;
    ///     std::fs::write(file.name.as_deref().unwrap_or("extract.zip"), &file.bytes).ok();
    ///     Ok(())
    /// }
    /// ```
    pub async fn item_file(&self, item: &ItemOutput) -> Result<ItemFile> {
        download::item_file(&self.shared.session, item).await
    }

    async fn submit_form(&self, meta: &'static TaskMeta, mut form: Form) -> Result<RawJob> {
        if meta.execution != Execution::Asynchronous {
            return Err(without_job(meta));
        }
        let service = self.service(meta)?;
        let session = &self.shared.session;
        items::resolve(session, meta, &mut form).await?;
        if estimate::is_free(meta) {
            let doing = format!("submitting {}", meta.name);
            return submit_free(session, &service, meta, &form, &doing).await;
        }
        self.guard(meta, &form).await?;
        let ledger = session.ledger.as_ref();
        submit(session, &service, meta, &form, self.username(), ledger).await
    }

    async fn execute_form(&self, meta: &'static TaskMeta, mut form: Form) -> Result<Executed> {
        if meta.execution != Execution::Synchronous {
            let sentence = format!(
                "{} runs as a job; submit it instead of executing it",
                meta.name
            );
            return Err(Error::new(ErrorKind::Unsupported, sentence));
        }
        let service = self.service(meta)?;
        items::resolve(&self.shared.session, meta, &mut form).await?;
        self.guard(meta, &form).await?;
        execute(&self.shared.session, &service, meta, &form).await
    }

    fn resume_job(&self, meta: &'static TaskMeta, job: JobRef) -> Result<RawJob> {
        let refuse = |problem: String| Error::new(ErrorKind::Configuration, problem);
        if let Some(token) = job.token()
            && token.portal() != self.url()
        {
            return Err(refuse(format!(
                "the job belongs to the portal {}, not to {}; connect to that",
                token.portal(),
                self.url()
            )));
        }
        let (url, task, id) = job.into_parts()?;
        if !task.eq_ignore_ascii_case(meta.name) {
            return Err(refuse(format!(
                "the job is one of {task}, not of {}",
                meta.name
            )));
        }
        let service = self.service(meta)?;
        if url.origin() != service.origin() {
            return Err(refuse(format!(
                "the job is at {}, but {} has the service at {}; connect to the portal that the job belongs to",
                url.origin().ascii_serialization(),
                self.url(),
                service.origin().ascii_serialization(),
            )));
        }
        let session = &self.shared.session;
        let known = session
            .ledger
            .as_ref()
            .map(|ledger| ledger.job(url.as_str()));
        let known = known.and_then(Result::ok);
        let age = known.as_ref().and_then(|job| job.intended.elapsed().ok());
        let job = RawJob::new(session.clone(), meta, url, id);
        Ok(job.known_as(known.map(|job| job.id), age))
    }

    /// The service of a task, which may have a key of its own.
    fn service(&self, task: &TaskMeta) -> Result<ServiceUrl> {
        let service = task.service;
        let key = task.helper_service.unwrap_or(service.helper_service);
        let licence = task.licence.unwrap_or(service.licence);
        let session = &self.shared.session;
        if let Some(url) = self.shared.services.get(service.id) {
            session.admit(url.server());
            return Ok(url.clone());
        }
        let info = &self.shared.info;
        let secrets = session.secrets();
        let url = info.service(&session.portal, service.id, key, licence, &secrets)?;
        session.admit_named(url.server());
        Ok(url)
    }
}

impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal")
            .field("url", &self.url())
            .field("username", &self.username())
            .finish_non_exhaustive()
    }
}

/// Settings for a connection to a portal, made by [`Portal::builder`].
///
/// # Examples
///
/// ```no_run
/// use arcgis_analysis_core::{Credentials, Polling, Portal, Result};
/// use std::time::Duration;
///
/// # async fn connect() -> Result<()> {
/// let mut polling = Polling::default();
/// polling.time_limit = Some(Duration::from_secs(30 * 60));
/// let portal = Portal::builder("https://gis.example.org/portal")
///     .credentials(Credentials::from_env()?)
///     .polling(polling)
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `connect` is awaited"]
pub struct PortalBuilder {
    url: String,
    credentials: Credentials,
    transport: Option<Arc<dyn Transport>>,
    limits: Limits,
    polling: Polling,
    ledger: Option<Ledger>,
    max_credits: Option<f64>,
    services: Vec<(String, String)>,
    servers: Vec<(String, Credentials)>,
    store: Option<Arc<dyn SignInStore>>,
}

impl PortalBuilder {
    /// Sets where a service is, instead of asking the portal: for a service that the portal does not list, such as a toolbox of
    /// one's own whose tasks were imported. `id` is the service's name in its specs, `url` that of its GPServer.
    ///
    /// A server that belongs to the portal gets a token that the portal makes for it; for any other see
    /// [`server`](Self::server).
    pub fn service(mut self, id: impl Into<String>, url: impl Into<String>) -> Self {
        self.services.push((id.into(), url.into()));
        self
    }

    /// Sets what to sign in with. Default: nothing.
    pub fn credentials(mut self, credentials: impl Into<Credentials>) -> Self {
        self.credentials = credentials.into();
        self
    }

    /// Sets what to sign in with to a server that does not belong to the portal, such as a stand-alone ArcGIS Server:
    /// a password, for which the server's own token service makes tokens, or a token. `url` is that of the server or
    /// of anything on it. Default: no token goes to such a server.
    pub fn server(mut self, url: impl Into<String>, credentials: impl Into<Credentials>) -> Self {
        self.servers.push((url.into(), credentials.into()));
        self
    }

    /// Sets where the sign-in ([`Credentials::SignIn`]) that was given was loaded from or saved. Default: nowhere.
    ///
    /// There it is kept as it is renewed, and what other processes made of it is taken over. Where it is gone, somebody
    /// signed out: it is renewed no more, and not put back.
    pub fn store(mut self, store: Arc<dyn SignInStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Sets how bytes are exchanged. Default: an [`HttpTransport`].
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets how long requests may take and how large answers may be.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how jobs are observed.
    pub fn polling(mut self, polling: Polling) -> Self {
        self.polling = polling;
        self
    }

    /// Sets where jobs are written down, so that they are found again after a crash. Default: nowhere.
    pub fn ledger(mut self, ledger: Ledger) -> Self {
        self.ledger = Some(ledger);
        self
    }

    /// Sets how many credits a call of a task may cost, as [`Portal::with_max_credits`] does. Default: any number.
    pub fn max_credits(mut self, credits: f64) -> Self {
        self.max_credits = Some(credits);
        self
    }

    /// Signs in and asks the portal for its services.
    ///
    /// # Errors
    /// As [`Portal::connect`].
    pub async fn connect(self) -> Result<Portal> {
        let refuse = |problem| {
            Error::new(
                ErrorKind::Configuration,
                format!("the portal URL {problem}"),
            )
        };
        let portal = PortalUrl::parse(&self.url).map_err(refuse)?;
        self.credentials.check()?;
        if let Credentials::SignIn(sign_in) = &self.credentials
            && !portal.is_named(sign_in.portal())
        {
            let sentence = format!(
                "the sign-in is one to {} and serves nowhere else; sign in to {}",
                sign_in.portal(),
                portal.as_str()
            );
            return Err(Error::new(ErrorKind::Configuration, sentence));
        }
        let mut services = BTreeMap::new();
        for (id, url) in self.services {
            let url = ServiceUrl::from_portal(&portal, &url).map_err(|problem| {
                let sentence = format!("the URL of the service `{id}` {problem}");
                Error::new(ErrorKind::Configuration, sentence)
            })?;
            services.insert(id, url);
        }
        let transport = self
            .transport
            .unwrap_or_else(|| Arc::new(HttpTransport::new(self.limits.connect)));
        let session = Session::new(
            portal,
            self.credentials,
            transport,
            self.limits,
            self.polling,
            self.ledger,
        );
        if let Some(store) = self.store {
            session.keep_in(store);
        }
        for (url, credentials) in self.servers {
            session.admit_with(&url, credentials)?;
        }
        let doing = format!("asking {} for its services", session.portal.as_str());
        let url = session.portal.rest(&["portals", "self"]).map_err(refuse)?;
        let reply = session.call_again(&session.get("self", url)).await;
        let reply = reply.map_err(|failure| session.error(&doing, failure))?;
        let mut info = PortalInfo::read(&reply.document).ok_or_else(|| {
            session.unexpected(
                &doing,
                "the server answered with something that is no portal",
                &reply.document,
            )
        })?;
        // What it calls the user is shown, so it must not be a secret that it knows; the name that was given is none.
        let hide = |name: String| match session.is_given(&name) {
            true => name,
            false => redact(&name, &session.secrets()),
        };
        info.username = info.username.map(hide);
        Ok(Portal {
            shared: Arc::new(Shared {
                session,
                info,
                services,
                executions: Mutex::default(),
            }),
            max_credits: self.max_credits,
        })
    }
}

impl fmt::Debug for PortalBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services = self.services.iter().map(|(id, url)| (id, shown(url)));
        let servers = self.servers.iter();
        let servers = servers.map(|(url, credentials)| (shown(url), credentials));
        f.debug_struct("PortalBuilder")
            .field("url", &shown(&self.url))
            .field("credentials", &self.credentials)
            .field("transport", &self.transport)
            .field("limits", &self.limits)
            .field("polling", &self.polling)
            .field("ledger", &self.ledger)
            .field("max_credits", &self.max_credits)
            .field("services", &services.collect::<Vec<_>>())
            .field("servers", &servers.collect::<Vec<_>>())
            .field("store", &self.store)
            .finish()
    }
}
