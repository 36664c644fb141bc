//! What makes the port answer https: a certificate, brought along or made at the start.

use crate::service::StartError;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The files of a certificate and its key, in PEM.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    /// The certificate, followed by those that vouch for it.
    pub(crate) certificate: PathBuf,
    /// The private key.
    pub(crate) key: PathBuf,
}

/// Opens encrypted connections.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    certificate: Arc<str>,
}

impl Tls {
    /// A certificate that vouches for itself, for the names of this machine's loopback interface and `host`.
    ///
    /// # Errors
    /// When the host is no name that a certificate can hold, or the operating system has no randomness to give.
    pub(crate) fn self_signed(host: &str) -> Result<Self, StartError> {
        let mut names = vec![
            "localhost".to_owned(),
            Ipv4Addr::LOCALHOST.to_string(),
            Ipv6Addr::LOCALHOST.to_string(),
        ];
        let all_interfaces = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified());
        if !all_interfaces && !names.iter().any(|name| name.eq_ignore_ascii_case(host)) {
            names.push(host.to_owned());
        }
        let refused = |problem: String| StartError::Certificate {
            place: format!("for {}", names.join(", ")),
            problem,
        };
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(names.clone()).map_err(|e| refused(e.to_string()))?;
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        Self::new(vec![cert.der().clone()], key.into(), cert.pem())
            .map_err(|e| refused(e.to_string()))
    }

    /// A certificate that is brought along.
    ///
    /// # Errors
    /// When a file cannot be read, holds no certificate or key, or the two do not belong together.
    pub(crate) fn from_files(files: &Files) -> Result<Self, StartError> {
        let refused = |path: &Path, problem: String| StartError::Certificate {
            place: path.display().to_string(),
            problem,
        };
        let in_certificate = |problem: String| refused(&files.certificate, problem);
        let chain = CertificateDer::pem_file_iter(&files.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| in_certificate(error.to_string()))?;
        if chain.is_empty() {
            return Err(in_certificate("it holds no CERTIFICATE section".to_owned()));
        }
        let text = std::fs::read_to_string(&files.certificate)
            .map_err(|error| in_certificate(error.to_string()))?;
        let key = PrivateKeyDer::from_pem_file(&files.key)
            .map_err(|error| refused(&files.key, error.to_string()))?;
        Self::new(chain, key, text).map_err(|error| refused(&files.key, error.to_string()))
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        certificate: String,
    ) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate: certificate.into(),
        })
    }

    /// Greets a client that wants to speak in secret.
    ///
    /// # Errors
    /// When the two cannot agree, or the connection breaks off.
    pub(crate) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// The certificate, in PEM.
    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
