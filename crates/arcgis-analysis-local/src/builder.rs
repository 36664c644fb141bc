//! How a service is set up.

use crate::app::{App, User};
use crate::disk::{Disk, Loaded};
use crate::faults::{self, FaultPlan};
use crate::gp::Uploads;
use crate::hosted::{Hosted, Limits};
use crate::hosts::{Hosts, Own};
use crate::jobs::backend::{Backend, Engine};
use crate::jobs::{Jobs, Retention, Surroundings};
use crate::listen::Patience;
use crate::oauth::{Client, Grants};
use crate::persona::Persona;
use crate::reach::Reach;
use crate::routes;
use crate::secret;
use crate::service::{LocalService, StartError};
use crate::shelf::Shelf;
use crate::tls::{Files, Tls};
use crate::tokens::Tokens;
use secrecy::{ExposeSecret, SecretString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::net::{TcpListener, lookup_host};
use tokio::sync::Semaphore;

const MIB: usize = 1024 * 1024;
/// How many large bodies are read at once of clients that show no token in a header.
const STRANGERS: usize = 4;
/// How often it is looked for what has waited for too long.
const SWEEP: Duration = Duration::from_secs(10 * 60);
const FORTNIGHT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Sets a [`LocalService`] up.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_local::LocalService;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), arcgis_analysis_local::StartError> {
/// let service = LocalService::builder().username("ann").password("correct horse").workers(1).start().await?;
/// assert_eq!(service.username(), "ann");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `start` is called and awaited"]
pub struct LocalServiceBuilder {
    username: String,
    password: Option<SecretString>,
    host: String,
    port: u16,
    workers: usize,
    largest_request: usize,
    most_connections: usize,
    longest_token_life: Duration,
    refresh_token_life: Duration,
    clients: Vec<Client>,
    retention: Retention,
    limits: Limits,
    patience: Patience,
    faults: Option<FaultPlan>,
    certificate: Option<Files>,
    data: Option<PathBuf>,
    persona: Persona,
    any_host: bool,
    allowed_hosts: Vec<String>,
}

impl Default for LocalServiceBuilder {
    fn default() -> Self {
        Self {
            username: "local".to_owned(),
            password: None,
            host: Ipv4Addr::LOCALHOST.to_string(),
            port: 0,
            workers: available_parallelism().map_or(1, usize::from),
            largest_request: 256 * MIB,
            most_connections: 1024,
            longest_token_life: FORTNIGHT,
            refresh_token_life: FORTNIGHT,
            clients: Vec::new(),
            retention: Retention {
                jobs: 1000,
                bytes: 1024 * MIB,
            },
            limits: Limits::default(),
            patience: Patience {
                head: Duration::from_secs(30),
                body: Duration::from_secs(30),
                farewell: Duration::from_secs(5),
            },
            faults: None,
            certificate: None,
            data: None,
            persona: Persona::Local,
            any_host: false,
            allowed_hosts: Vec::new(),
        }
    }
}

/// Forgets now and then what has waited for too long, as long as the service is there.
async fn sweep(app: Weak<App>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let Some(app) = app.upgrade() else {
            return;
        };
        app.hosted.sweep();
        app.uploads.sweep();
    }
}

impl LocalServiceBuilder {
    /// The name of the one user. Default: `local`.
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.username = username.into();
        self
    }

    /// The user's password. Default: a random one, which [`LocalService::password`] tells.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(SecretString::from(password.into()));
        self
    }

    /// The host name or address to listen on. Default: `127.0.0.1`, which only this machine can reach.
    ///
    /// On another address, password and results of clients that call it by http are readable on the network.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// The port to listen on. Default: 0, which takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The files of the certificate, with those that vouch for it, and of its private key, in PEM, to answer https
    /// with. Default: a certificate made at the start, which vouches for itself.
    pub fn certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.certificate = Some(Files {
            certificate: certificate.into(),
            key: key.into(),
        });
        self
    }

    /// A folder in which jobs, results and hosted layers are kept, so that they outlive the service, made if it is
    /// not there. Default: they are kept in memory only.
    ///
    /// What is acknowledged survives a crash of the service and of the machine: a job that waited runs after the next
    /// start, and one that was executing has failed. Tokens for layers are not kept.
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// How many jobs run at once, at least 1; more wait for their turn. Default: one for each core.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// The largest request body that is read, in bytes. Default: 256 MiB.
    pub fn largest_request(mut self, bytes: usize) -> Self {
        self.largest_request = bytes;
        self
    }

    /// How many connections are open at once, at least 1; more wait to be accepted. Default: 1024.
    pub fn most_connections(mut self, connections: usize) -> Self {
        self.most_connections = connections.max(1);
        self
    }

    /// The longest life of a token, whatever a client asks for. Default: 14 days.
    pub fn longest_token_life(mut self, life: Duration) -> Self {
        self.longest_token_life = life;
        self
    }

    /// The life of a refresh token, which a person's sign-in in a browser gives. Default: 14 days.
    pub fn refresh_token_life(mut self, life: Duration) -> Self {
        self.refresh_token_life = life;
        self
    }

    /// Registers an application, which signs in by itself with this secret (`oauth2/token`, client credentials) and
    /// acts in the name of the one user. Default: none. To send a person to the page to sign in on, an application
    /// need not be registered.
    pub fn application(
        mut self,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Self {
        self.clients.push(Client {
            id: client_id.into(),
            secret: SecretString::from(client_secret.into()),
        });
        self
    }

    /// How many jobs are kept after they have ended, and how many bytes of their parameters and results; beyond
    /// either, the oldest are forgotten. The job that ended last is always kept. Default: 1000 jobs, 1 GiB.
    pub fn keep_jobs(mut self, jobs: usize, bytes: usize) -> Self {
        self.retention = Retention { jobs, bytes };
        self
    }

    /// How many items are kept, and how many bytes their files hold together, with those beside them and the parts of files
    /// that are not whole yet; beyond either, nothing more is taken. Default: 10000 items, 1 GiB.
    pub fn keep_items(mut self, items: usize, bytes: usize) -> Self {
        self.limits = Limits { items, bytes };
        self
    }

    /// Lets jobs read layers of one more host, given as `HOST` or `HOST:PORT`; without a port, those of http and https
    /// are meant. Default: none, so that nobody can have this machine ask addresses that they cannot reach themselves.
    ///
    /// A layer is read by https, except on loopback, in pages, with the `filter` of its feature input as where clause and
    /// its `serviceToken`, which goes to that layer's origin only. Redirects are not followed.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_local::LocalService;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), arcgis_analysis_local::StartError> {
    /// let service = LocalService::builder().allow_host("services.arcgis.com").start().await?;
    /// # service.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allowed_hosts.push(host.into());
        self
    }

    /// Lets jobs read layers of any host. This is for a service that only its own process calls, by a random password,
    /// so that who submits a job could as well ask the host directly.
    pub fn allow_any_host(mut self) -> Self {
        self.any_host = true;
        self
    }

    /// What the service does wrong on purpose. Default: nothing.
    pub fn faults(mut self, plan: FaultPlan) -> Self {
        self.faults = Some(plan);
        self
    }

    /// What the portal gives itself out for. Default: [`Persona::Local`].
    pub fn persona(mut self, persona: Persona) -> Self {
        self.persona = persona;
        self
    }

    #[cfg(test)]
    pub(crate) fn patience(mut self, head: Duration, body: Duration) -> Self {
        self.patience = Patience {
            head,
            body,
            ..self.patience
        };
        self
    }

    /// Starts the service. It runs on the current tokio runtime until it is shut down or dropped.
    ///
    /// # Errors
    /// When a username, client ID, password or secret is empty, the certificate cannot be used, what is allowed is no host,
    /// the host cannot be resolved, or the port cannot be listened on.
    pub async fn start(self) -> Result<LocalService, StartError> {
        self.start_with(Arc::new(Engine)).await
    }

    /// Starts the service with something else to compute.
    pub(crate) async fn start_with(
        self,
        backend: Arc<dyn Backend>,
    ) -> Result<LocalService, StartError> {
        let user = self.user()?;
        let is_empty =
            |client: &Client| client.id.is_empty() || client.secret.expose_secret().is_empty();
        if self.clients.iter().any(is_empty) {
            return Err(StartError::EmptyCredentials);
        }
        let reach = self.reach()?;
        let tls = match &self.certificate {
            Some(files) => Tls::from_files(files)?,
            None => Tls::self_signed(&self.host)?,
        };
        let listener = self.listen().await?;
        let (disk, loaded) = match &self.data {
            Some(folder) => Disk::open(folder)?,
            None => (Disk::none(), Loaded::default()),
        };
        let address = listener.local_addr().map_err(|source| StartError::Listen {
            address: self.place(),
            source,
        })?;
        let hosts = Hosts::new(&self.host, address.ip());
        let unread = |problem| StartError::Data {
            folder: self.data.clone().unwrap_or_default(),
            problem,
        };
        let hosted = Hosted::new(disk.clone(), &loaded).map_err(unread)?;
        let hosted = Arc::new(hosted.with(self.limits));
        let surroundings = Surroundings {
            backend,
            hosted: Arc::clone(&hosted),
            own: Own::new(hosts.clone(), address.port()),
            reach,
            disk: disk.clone(),
        };
        let jobs = Arc::new(Jobs::new(surroundings, self.workers, self.retention));
        let app = Arc::new(App {
            user,
            tokens: Tokens::new(self.longest_token_life),
            clients: self.clients.clone(),
            grants: Grants::new(self.refresh_token_life)?,
            persona: self.persona,
            jobs: Arc::clone(&jobs),
            hosted,
            uploads: Uploads::default(),
            done: Shelf::default(),
            disk,
            strangers: Semaphore::new(STRANGERS),
            hosts,
        });
        jobs.restore(&loaded).map_err(unread)?;
        tokio::spawn(sweep(Arc::downgrade(&app)));
        let router = routes::router(Arc::clone(&app), self.largest_request, self.patience.body);
        let router = match self.faults.clone() {
            None => router,
            Some(plan) => {
                let state = (Arc::clone(&app), plan);
                router.layer(axum::middleware::from_fn_with_state(
                    state,
                    faults::misbehave,
                ))
            }
        };
        let portal_url = format!("http://{}:{}", self.shown_host(address), address.port());
        Ok(LocalService::run(
            app,
            listener,
            tls,
            router,
            self.most_connections,
            self.patience,
            portal_url,
            address,
        ))
    }

    fn reach(&self) -> Result<Reach, StartError> {
        let mut reach = Reach::default();
        for host in &self.allowed_hosts {
            reach.allow(host).map_err(|problem| StartError::Host {
                host: host.clone(),
                problem,
            })?;
        }
        if self.any_host {
            reach.allow_any();
        }
        Ok(reach)
    }

    fn user(&self) -> Result<User, StartError> {
        let password = match &self.password {
            Some(password) => password.clone(),
            None => secret::random::<16>().map(|bytes| secret::hex(&bytes).into())?,
        };
        if self.username.trim().is_empty() || password.expose_secret().is_empty() {
            return Err(StartError::EmptyCredentials);
        }
        Ok(User {
            name: self.username.clone(),
            password,
        })
    }

    async fn listen(&self) -> Result<TcpListener, StartError> {
        let refused = |source| StartError::Listen {
            address: self.place(),
            source,
        };
        let addresses: Vec<_> = lookup_host((self.host.as_str(), self.port))
            .await
            .map_err(refused)?
            .collect();
        TcpListener::bind(addresses.as_slice())
            .await
            .map_err(refused)
    }

    fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The host in the portal's URL. All interfaces at once are no address that can be called.
    fn shown_host(&self, address: SocketAddr) -> String {
        match self.host.parse::<IpAddr>() {
            Err(_) => self.host.clone(),
            Ok(_) => match address.ip() {
                IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
                IpAddr::V6(ip) if ip.is_unspecified() => format!("[{}]", Ipv6Addr::LOCALHOST),
                IpAddr::V6(ip) => format!("[{ip}]"),
                IpAddr::V4(ip) => ip.to_string(),
            },
        }
    }
}
