//! Accepting connections, and letting go of them.

use crate::call::Peer;
use crate::faults::Cut;
use axum::Router;
use hyper::server::conn::http1;
use hyper::service::Service as _;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower_http::add_extension::AddExtension;
use tower_http::normalize_path::NormalizePath;

/// How long a client may take over a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the head of a request, which also ends connections that stay idle.
    pub(crate) head: Duration,
    /// Between two pieces of a body.
    pub(crate) body: Duration,
    /// For the requests that are under way when the service stops.
    pub(crate) farewell: Duration,
}

/// How long to wait when the system has no more connections to give.
const BREATHER: Duration = Duration::from_millis(50);

/// Serves connections, at most `most` at once, until `stop` is ready; then lets requests that are under way end.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    most: usize,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    // A client may write a slash at the end of any path.
    let service = NormalizePath::trim_trailing_slash(router);
    let places = Arc::new(Semaphore::new(most));
    let graceful = GracefulShutdown::new();
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
        let inner = TowerToHyperService::new(AddExtension::new(service.clone(), Peer(peer.ip())));
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
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A connection that breaks off concerns nobody else.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(patience.farewell, graceful.shutdown()).await;
}
