//! Accepting connections, and letting go of them.
//!
//! One port answers http and https: the first byte of a connection tells which a client speaks.

mod patient;

use crate::call::Peer;
use crate::faults::Cut;
use crate::tls::Tls;
use axum::Router;
use hyper::server::conn::http1;
use hyper::service::Service as _;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use patient::Patient;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::server::TlsStream;
use tower_http::add_extension::AddExtension;
use tower_http::normalize_path::NormalizePath;

/// How long a client may take over a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the head of a request, which also ends connections that stay idle.
    pub(crate) head: Duration,
    /// Between two pieces of a body, and between two of an answer that it reads.
    pub(crate) body: Duration,
    /// For the requests that are under way when the service stops.
    pub(crate) farewell: Duration,
}

/// How long to wait when the system has no more connections to give.
const BREATHER: Duration = Duration::from_millis(50);

/// The first byte of a TLS handshake; no method of HTTP begins with it.
const HANDSHAKE: u8 = 0x16;

/// Serves connections, at most `most` at once, until `stop` is ready; then lets requests that are under way end.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Tls,
    router: Router,
    most: usize,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    // A client may write a slash at the end of any path.
    let service = NormalizePath::trim_trailing_slash(router);
    let places = Arc::new(Semaphore::new(most));
    let graceful = GracefulShutdown::new();
    let (closing, closed) = watch::channel(());
    tokio::pin!(stop);
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, (stream, peer)) = tokio::select! {
            () = &mut stop => break,
            (place, accepted) = accept => match accepted {
                Ok(accepted) => (place, accepted),
                Err(_) => {
                    tokio::time::sleep(BREATHER).await;
                    continue;
                }
            },
        };
        let (service, tls, watcher) = (service.clone(), tls.clone(), graceful.watcher());
        let mut closed = closed.clone();
        tokio::spawn(async move {
            let opened = async { tokio::time::timeout(patience.head, open(stream, &tls)).await };
            // Nobody waits for a client that has not spoken yet.
            let opened = tokio::select! {
                opened = opened => opened,
                _ = closed.changed() => return,
            };
            let address = peer.ip();
            match opened {
                Ok(Ok(Opened::Plain(stream))) => {
                    let peer = Peer {
                        address,
                        secure: false,
                    };
                    converse(stream, service, peer, patience, watcher).await;
                }
                Ok(Ok(Opened::Secure(stream))) => {
                    let peer = Peer {
                        address,
                        secure: true,
                    };
                    converse(*stream, service, peer, patience, watcher).await;
                }
                // A client that says nothing, or does not trust the certificate.
                Ok(Err(_)) | Err(_) => {}
            }
            drop(place);
        });
    }
    drop((listener, closing));
    let _ = tokio::time::timeout(patience.farewell, graceful.shutdown()).await;
}

/// A connection that is ready for HTTP.
enum Opened {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

async fn open(stream: TcpStream, tls: &Tls) -> std::io::Result<Opened> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    match first {
        [HANDSHAKE] => Ok(Opened::Secure(Box::new(tls.accept(stream).await?))),
        _ => Ok(Opened::Plain(stream)),
    }
}

/// Answers the requests of one connection.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    service: NormalizePath<Router>,
    peer: Peer,
    patience: Patience,
    watcher: Watcher,
) {
    let inner = TowerToHyperService::new(AddExtension::new(service, peer));
    let service = hyper::service::service_fn(move |request| {
        let answer = inner.call(request);
        async move {
            // The router itself refuses nothing.
            let Ok(answer) = answer.await;
            match answer.extensions().get::<Cut>() {
                Some(Cut) => Err(std::io::Error::other("cut off by the fault plan")),
                None => Ok(answer),
            }
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .serve_connection(TokioIo::new(Patient::new(stream, patience.body)), service);
    // A connection that breaks off concerns nobody else.
    let _ = watcher.watch(connection).await;
}
