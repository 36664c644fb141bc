//! Which path leads to which answer. Every resource answers GET and POST.

mod content;
mod gp;
mod hosted;
mod portal;

use crate::app::App;
use crate::call::{Base, Call, SMALL_BODY, refuse};
use crate::error::Fault;
use crate::persona::Persona;
use crate::sharing;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::handler::Handler;
use axum::http::Uri;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tower_http::timeout::RequestBodyTimeoutLayer;

type Shared = State<Arc<App>>;
type TwoNames = Path<(String, String)>;

/// Every resource.
pub(crate) fn router(app: Arc<App>, largest_body: usize, patience: Duration) -> Router {
    let sharing_rest = portal::routes().merge(content::routes());
    let server = Router::new()
        .route("/info", both(server_info))
        .merge(gp::routes())
        .merge(hosted::routes());
    let server = match app.persona {
        Persona::Local => server,
        Persona::Online => server.nest("/services/Estimate/GPServer", gp::estimate_routes()),
    };
    Router::new()
        .nest("/sharing/rest", sharing_rest.clone())
        .nest("/portal/sharing/rest", sharing_rest)
        .route("/sharing/oauth2/signin", portal::sign_in_form())
        .route("/portal/sharing/oauth2/signin", portal::sign_in_form())
        .route("/rest/info", both(server_info))
        .nest("/arcgis/rest", server)
        .fallback(async |uri: Uri| refuse(Fault::no_resource(uri.path())))
        .method_not_allowed_fallback(async || refuse(Fault::method("Use GET or POST.")))
        .layer(from_fn_with_state(Arc::clone(&app), admit))
        .layer(DefaultBodyLimit::max(largest_body))
        .layer(RequestBodyTimeoutLayer::new(patience))
        .with_state(app)
}

async fn server_info(call: Call) -> Response {
    call.answer(Ok(sharing::server_info(&call)))
}

/// Answers for what ArcGIS has below a resource and this service has not.
async fn not_offered(uri: Uri, call: Call) -> Response {
    call.answer(Err(Fault::not_offered(uri.path())))
}

/// The same answer to GET and to POST.
fn both<H, T>(handler: H) -> MethodRouter<Arc<App>>
where
    H: Handler<T, Arc<App>>,
    T: 'static,
{
    get(handler.clone()).post(handler)
}

/// The same for whoever it is, and therefore with a small body only.
fn small<H, T>(handler: H) -> MethodRouter<Arc<App>>
where
    H: Handler<T, Arc<App>>,
    T: 'static,
{
    both(handler).layer(DefaultBodyLimit::max(SMALL_BODY))
}

/// Turns requests to foreign host names away, and notes under which name the service was called.
async fn admit(State(app): Shared, mut request: Request, next: Next) -> Response {
    // Nothing has a name that is no text.
    let path = request.uri().path();
    if percent_decode_str(path).decode_utf8().is_err() {
        return refuse(Fault::no_resource(path));
    }
    match app.hosts.admit(request.headers()) {
        Some(host) => {
            let base = Base::new(request.extensions().get(), host);
            request.extensions_mut().insert(base);
            next.run(request).await
        }
        None => refuse(Fault::wrong_host()),
    }
}

/// Makes a change that waits for the disk, beside the threads that answer other requests.
async fn changed(
    app: Arc<App>,
    call: Call,
    change: impl FnOnce(&App, &Call) -> Result<Value, Fault> + Send + 'static,
) -> Response {
    let changed = tokio::task::spawn_blocking(move || {
        let outcome = change(&app, &call);
        call.answer(outcome)
    });
    let answered = changed.await;
    answered.unwrap_or_else(|error| refuse(Fault::internal(error.to_string())))
}

/// Reads what may be large beside the threads that answer other requests.
async fn aside(
    read: impl FnOnce() -> Result<Bytes, Fault> + Send + 'static,
) -> Result<Bytes, Fault> {
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|error| Err(Fault::internal(error.to_string())))
}
