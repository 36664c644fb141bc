//! A running service.

use crate::app::App;
use crate::builder::LocalServiceBuilder;
use crate::listen::{self, Patience};
use crate::tls::Tls;
use axum::Router;
use secrecy::ExposeSecret;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A local portal and analysis service, running in this process.
///
/// It stops when [`shutdown`](Self::shutdown) is called, or when it is dropped.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_local::LocalService;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), arcgis_analysis_local::StartError> {
/// let service = LocalService::start().await?;
/// assert!(service.portal_url().starts_with("http://127.0.0.1:"));
/// assert!(!format!("{service:?}").contains(service.password()));
/// service.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[must_use = "the service stops when it is dropped"]
pub struct LocalService {
    pub(crate) app: Arc<App>,
    portal_url: String,
    address: SocketAddr,
    tls: Tls,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

impl LocalService {
    /// Starts a service on a free port of the loopback interface, with a random password.
    ///
    /// # Errors
    /// When no port can be listened on.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Sets a service up.
    pub fn builder() -> LocalServiceBuilder {
        LocalServiceBuilder::default()
    }

    // What a running service consists of, each once.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn run(
        app: Arc<App>,
        listener: TcpListener,
        tls: Tls,
        router: Router,
        most_connections: usize,
        patience: Patience,
        portal_url: String,
        address: SocketAddr,
    ) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            // A sender that is gone means the same as one that speaks.
            let _ = stopped.await;
        };
        let server = tokio::spawn(listen::serve(
            listener,
            tls.clone(),
            router,
            most_connections,
            patience,
            stopped,
        ));
        Self {
            app,
            portal_url,
            address,
            tls,
            stop: Some(stop),
            server: Some(server),
        }
    }

    /// The portal's URL, without a slash at its end: what a client connects to.
    #[must_use]
    pub fn portal_url(&self) -> &str {
        &self.portal_url
    }

    /// The certificate that https is answered with, in PEM: what a client must trust.
    #[must_use]
    pub fn certificate(&self) -> &str {
        self.tls.certificate()
    }

    /// The address that the service listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The name of the one user.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.app.user.name
    }

    /// The user's password, for signing in from this process.
    #[must_use]
    pub fn password(&self) -> &str {
        self.app.user.password.expose_secret()
    }

    /// Stops the service: jobs are cancelled, and requests that are under way get five seconds to end.
    pub async fn shutdown(mut self) {
        self.stop();
        if let Some(server) = self.server.take() {
            // Whatever became of the server, it is gone.
            let _ = server.await;
            // What waits or executes is left as it is on disk, to be taken up at the next start.
            self.app.disk.close().await;
            // A request that was under way may have submitted another job.
            self.app.jobs.cancel_all();
        }
    }

    fn stop(&mut self) {
        if !self.app.disk.is_lasting() {
            self.app.jobs.cancel_all();
        }
        drop(self.stop.take());
    }
}

impl Drop for LocalService {
    fn drop(&mut self) {
        self.stop();
        self.app.disk.seal();
        self.app.jobs.cancel_all();
    }
}

impl fmt::Debug for LocalService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalService")
            .field("portal_url", &self.portal_url)
            .field("username", &self.username())
            .finish_non_exhaustive()
    }
}

/// Why a service could not be started.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_local::{LocalService, StartError};
///
/// # #[tokio::main]
/// # async fn main() {
/// let refused = LocalService::builder().password("").start().await;
/// assert!(matches!(refused, Err(StartError::EmptyCredentials)));
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The username or the password is empty, or the ID or the secret of an application.
    #[error(
        "the local service needs a username and a password that are not empty, and so for each application; leave the password out for a random one"
    )]
    EmptyCredentials,
    /// The address cannot be listened on.
    #[error(
        "the local service cannot listen on {address}: {source}; choose another host or port, or port 0 for a free one"
    )]
    Listen {
        /// The host and port that were asked for.
        address: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// What is allowed is no host.
    #[error("the host {host:?} cannot be allowed: it {problem}")]
    Host {
        /// What was given.
        host: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used: {problem}; give another, or stop the service that uses it", folder.display())]
    Data {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The certificate for https cannot be used, or none can be made.
    #[error(
        "the certificate {place} cannot be used: {problem}; give a certificate and its private key, both in PEM"
    )]
    Certificate {
        /// The file, or whom the certificate is for.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The operating system gave no random number for the password.
    #[error("the operating system gave no random number for a password: {0}; set a password")]
    Random(#[from] getrandom::Error),
}
