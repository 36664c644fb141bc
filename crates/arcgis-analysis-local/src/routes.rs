//! Which path leads to which answer. Every resource answers GET and POST.

use crate::app::App;
use crate::call::{Base, Call, SMALL_BODY, Unsigned, refuse};
use crate::catalogue::{self, GpService};
use crate::content;
use crate::error::Fault;
use crate::estimate;
use crate::feature_server::{self, Answer};
use crate::gp::{description, jobs, results, submit};
use crate::jobs::Job;
use crate::persona::Persona;
use crate::{oauth, sharing};
use arcgis_analysis_types::TaskEntry;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::handler::Handler;
use axum::http::{Method, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower_http::timeout::RequestBodyTimeoutLayer;

type Shared = State<Arc<App>>;

/// Every resource.
pub(crate) fn router(app: Arc<App>, largest_body: usize, patience: Duration) -> Router {
    let portal = Router::new()
        .route(
            "/",
            both(async |call: Call| call.answer(Ok(sharing::root()))),
        )
        .route(
            "/info",
            both(async |call: Call| call.answer(Ok(sharing::info(&call)))),
        )
        .route("/generateToken", small(generate_token))
        .route("/oauth2/token", small(oauth_token))
        .route("/oauth2/revokeToken", small(oauth_revoke))
        .route("/oauth2/authorize", small(oauth_authorize))
        .route("/oauth2/signin", small(oauth_sign_in))
        .route("/portals/self", both(portal))
        .route(
            "/portals/self/isServiceNameAvailable",
            both(is_name_available),
        )
        .route("/search", both(search))
        .route("/content/items/{id}", both(item))
        .route("/content/items/{id}/data", both(item_data))
        .route("/content/items/{id}/groups", both(item_groups))
        .route("/content/users/{name}", both(content))
        .route("/content/users/{name}/createFolder", both(create_folder))
        .route("/content/users/{name}/createService", both(create_service))
        .route("/content/users/{name}/{folder}", both(content_folder))
        .route("/content/users/{name}/{folder}/delete", both(delete_folder))
        .route(
            "/content/users/{name}/{folder}/createService",
            both(create_service_in),
        )
        .route("/content/users/{name}/items/{id}", both(users_item))
        .route("/content/users/{name}/items/{id}/delete", both(delete_item))
        .route(
            "/content/users/{name}/{folder}/items/{id}/delete",
            both(delete_item_in),
        )
        .route("/portals/self/users", both(users))
        .route("/community/groups", both(groups))
        .route("/community/users/{name}", both(community_user))
        .route(
            "/community/self",
            both(async |call: Call| call.answer(sharing::community_self(&call))),
        );
    let server = Router::new()
        .route(
            "/info",
            both(async |call: Call| call.answer(Ok(sharing::server_info(&call)))),
        )
        .route("/services", both(directory))
        .route("/services/Hosted", both(hosted_services))
        .route("/services/{service}/GPServer", both(service))
        .route("/services/{service}/GPServer/{task}", both(task))
        .route(
            "/services/{service}/GPServer/{task}/submitJob",
            both(submit_job),
        )
        .route("/services/{service}/GPServer/{task}/execute", both(execute))
        .route(
            "/services/Hosted/{name}/FeatureServer",
            both(feature_service),
        )
        .route(
            "/services/Hosted/{name}/FeatureServer/layers",
            both(feature_layers),
        )
        .route(
            "/services/Hosted/{name}/FeatureServer/query",
            both(feature_layers_query),
        )
        .route(
            "/services/Hosted/{name}/FeatureServer/{layer}",
            both(feature_layer),
        )
        .route(
            "/services/Hosted/{name}/FeatureServer/{layer}/query",
            both(feature_query),
        )
        .nest(
            "/services/{service}/GPServer/{task}/jobs/{job}",
            job_routes(),
        );
    let server = match app.persona {
        Persona::Local => server,
        Persona::Online => server.nest("/services/Estimate/GPServer", estimate_routes()),
    };
    Router::new()
        .nest("/sharing/rest", portal.clone())
        .nest("/portal/sharing/rest", portal)
        .route("/sharing/oauth2/signin", small(oauth_sign_in))
        .route("/portal/sharing/oauth2/signin", small(oauth_sign_in))
        .route(
            "/rest/info",
            both(async |call: Call| call.answer(Ok(sharing::server_info(&call)))),
        )
        .nest("/arcgis/rest", server)
        .fallback(async |uri: Uri| refuse(Fault::no_resource(uri.path())))
        .method_not_allowed_fallback(async || refuse(Fault::method("Use GET or POST.")))
        .layer(from_fn_with_state(Arc::clone(&app), admit))
        .layer(DefaultBodyLimit::max(largest_body))
        .layer(RequestBodyTimeoutLayer::new(patience))
        .with_state(app)
}

fn estimate_routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/",
            both(async |call: Call| call.answer(Ok(estimate::service()))),
        )
        .route(
            "/EstimateCredits",
            both(async |call: Call| call.answer(Ok(estimate::task(&call)))),
        )
        .route("/EstimateCredits/execute", both(estimate_credits))
        // Esri's Python client appends the task's path to an address that has it already.
        .route(
            "/EstimateCredits/execute/EstimateCredits/execute",
            both(estimate_credits),
        )
}

async fn estimate_credits(call: Call) -> Response {
    call.answer(estimate::execute(&call))
}

fn job_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", both(job))
        .route("/results", both(job_results))
        .route("/results/{name}", both(job_result))
        .route("/inputs", both(job_inputs))
        .route("/inputs/{name}", both(job_input))
        .route("/messages", both(job_messages))
        .route("/cancel", both(job_cancel))
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

async fn generate_token(State(app): Shared, method: Method, Unsigned(call): Unsigned) -> Response {
    call.answer(sharing::generate_token(&app, &call, &method))
}

async fn oauth_token(State(app): Shared, method: Method, Unsigned(call): Unsigned) -> Response {
    call.answer(oauth::token(&app, &call, &method))
}

async fn oauth_revoke(State(app): Shared, method: Method, Unsigned(call): Unsigned) -> Response {
    call.answer(oauth::revoke(&app, &call, &method))
}

async fn oauth_authorize(State(app): Shared, Unsigned(call): Unsigned) -> Response {
    oauth::authorize(&app, &call)
}

async fn oauth_sign_in(State(app): Shared, method: Method, Unsigned(call): Unsigned) -> Response {
    oauth::sign_in(&app, &call, &method)
}

async fn portal(State(app): Shared, call: Call) -> Response {
    call.answer(Ok(sharing::portal(&app, &call)))
}

async fn community_user(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    call.answer(sharing::community_user(&app, &call, &name))
}

async fn users(State(app): Shared, call: Call) -> Response {
    call.answer(sharing::users(&app, &call))
}

async fn groups(call: Call) -> Response {
    call.answer(sharing::groups(&call))
}

async fn directory(call: Call) -> Response {
    call.answer(Ok(description::directory(catalogue::services())))
}

async fn hosted_services(State(app): Shared, call: Call) -> Response {
    call.answer(Ok(feature_server::directory(&app, &call)))
}

async fn service(Path(service): Path<String>, call: Call) -> Response {
    call.answer(find_service(&service).map(description::service))
}

async fn task(
    State(app): Shared,
    Path((service, task)): Path<(String, String)>,
    call: Call,
) -> Response {
    let found =
        find_service(&service).and_then(|service| Ok((service, find_task(service, &task)?)));
    call.answer(
        found.map(|(service, entry)| {
            description::task(service, entry, app.jobs.backend(), &call.base)
        }),
    )
}

async fn submit_job(
    State(app): Shared,
    Path((service, task)): Path<(String, String)>,
    mut call: Call,
) -> Response {
    let found = find_service(&service).and_then(|service| find_task(service, &task));
    let reply = match found {
        Ok(entry) => submit::submit(&app, &mut call, entry).await,
        Err(fault) => Err(fault),
    };
    call.answer(reply)
}

async fn execute(
    State(app): Shared,
    Path((service, task)): Path<(String, String)>,
    mut call: Call,
) -> Response {
    let found = find_service(&service).and_then(|service| find_task(service, &task));
    let reply = match found {
        Ok(entry) => submit::execute(&app, &mut call, entry).await,
        Err(fault) => Err(fault),
    };
    call.answer_text(reply)
}

type JobPath = Path<(String, String, String)>;
type JobPartPath = Path<(String, String, String, String)>;

async fn job(State(app): Shared, Path(path): JobPath, call: Call) -> Response {
    call.answer(find_job(&app, &call, &path).map(|job| jobs::describe(&job, &call)))
}

async fn job_messages(State(app): Shared, Path(path): JobPath, call: Call) -> Response {
    call.answer(find_job(&app, &call, &path).map(|job| jobs::say(&job)))
}

async fn job_cancel(State(app): Shared, Path(path): JobPath, call: Call) -> Response {
    call.answer(find_job(&app, &call, &path).map(|job| jobs::cancel(&job)))
}

async fn job_results(State(app): Shared, Path(path): JobPath, call: Call) -> Response {
    call.answer_text(find_job(&app, &call, &path).and_then(|job| results::all(&job, &call.base)))
}

async fn job_inputs(State(app): Shared, Path(path): JobPath, call: Call) -> Response {
    let inputs = match find_job(&app, &call, &path) {
        Ok(job) => aside(move || results::inputs(&job)).await,
        Err(fault) => Err(fault),
    };
    call.answer_text(inputs)
}

async fn job_result(
    State(app): Shared,
    Path((s, t, j, name)): JobPartPath,
    call: Call,
) -> Response {
    call.answer_text(
        find_job(&app, &call, &(s, t, j)).and_then(|job| results::one(&job, &name, &call.base)),
    )
}

async fn job_input(State(app): Shared, Path((s, t, j, name)): JobPartPath, call: Call) -> Response {
    let input = match find_job(&app, &call, &(s, t, j)) {
        Ok(job) => aside(move || results::input(&job, &name)).await,
        Err(fault) => Err(fault),
    };
    call.answer_text(input)
}

async fn is_name_available(State(app): Shared, call: Call) -> Response {
    call.answer(content::is_name_available(&app, &call))
}

async fn search(State(app): Shared, call: Call) -> Response {
    call.answer(content::search(&app, &call))
}

async fn item(State(app): Shared, Path(id): Path<String>, call: Call) -> Response {
    let found = content::find(&app, &call, &id);
    call.answer(found.map(|item| content::describe(&item, &call)))
}

async fn item_data(State(app): Shared, Path(id): Path<String>, call: Call) -> Response {
    call.answer(content::find(&app, &call, &id).map(|_| json!({})))
}

async fn item_groups(State(app): Shared, Path(id): Path<String>, call: Call) -> Response {
    call.answer(content::find(&app, &call, &id).map(|_| content::no_groups()))
}

async fn users_item(
    State(app): Shared,
    Path((_, id)): Path<(String, String)>,
    call: Call,
) -> Response {
    let found = content::find(&app, &call, &id);
    call.answer(found.map(|item| json!({ "item": content::describe(&item, &call) })))
}

async fn content(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    call.answer(content::list(&app, &call, &name, None))
}

type TwoNames = Path<(String, String)>;

async fn content_folder(
    State(app): Shared,
    Path((name, folder)): TwoNames,
    call: Call,
) -> Response {
    call.answer(content::list(&app, &call, &name, Some(&folder)))
}

async fn create_folder(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    changed(app, call, move |app, call| {
        content::create_folder(app, call, &name)
    })
    .await
}

async fn delete_folder(State(app): Shared, Path((name, folder)): TwoNames, call: Call) -> Response {
    changed(app, call, move |app, call| {
        content::delete_folder(app, call, &name, &folder)
    })
    .await
}

async fn create_service(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    changed(app, call, move |app, call| {
        content::create_service(app, call, &name, None)
    })
    .await
}

async fn create_service_in(
    State(app): Shared,
    Path((name, folder)): TwoNames,
    call: Call,
) -> Response {
    changed(app, call, move |app, call| {
        content::create_service(app, call, &name, Some(&folder))
    })
    .await
}

async fn delete_item(State(app): Shared, Path((name, id)): TwoNames, call: Call) -> Response {
    changed(app, call, move |app, call| {
        content::delete(app, call, &name, &id)
    })
    .await
}

async fn delete_item_in(
    State(app): Shared,
    Path((name, _, id)): Path<(String, String, String)>,
    call: Call,
) -> Response {
    changed(app, call, move |app, call| {
        content::delete(app, call, &name, &id)
    })
    .await
}

async fn feature_service(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    let found = feature_server::find(&app, &call, &name);
    call.answer(found.map(|item| feature_server::service(&item)))
}

async fn feature_layers(State(app): Shared, Path(name): Path<String>, call: Call) -> Response {
    let found = feature_server::find(&app, &call, &name);
    call.answer(found.map(|item| feature_server::layers(&item)))
}

async fn feature_layer(State(app): Shared, Path((name, layer)): TwoNames, call: Call) -> Response {
    let found = feature_server::find(&app, &call, &name).and_then(|item| {
        let layer = feature_server::find_layer(&item, &layer)?;
        Ok(feature_server::layer(&item, &layer))
    });
    call.answer(found)
}

async fn feature_query(State(app): Shared, Path((name, layer)): TwoNames, call: Call) -> Response {
    let found = feature_server::find(&app, &call, &name)
        .and_then(|item| feature_server::find_layer(&item, &layer));
    let layer = match found {
        Ok(layer) => layer,
        Err(fault) => return call.answer(Err(fault)),
    };
    let asked = tokio::task::spawn_blocking(move || {
        let answer = feature_server::query(&layer, &call.params);
        match answer {
            Ok(Answer::Json(json)) => call.answer(Ok(json)),
            Ok(Answer::Pbf(bytes)) => call.answer_bytes("application/x-protobuf", bytes),
            Err(fault) => call.answer(Err(fault)),
        }
    });
    let answered = asked.await;
    answered.unwrap_or_else(|error| refuse(Fault::internal(error.to_string())))
}

async fn feature_layers_query(
    State(app): Shared,
    Path(name): Path<String>,
    call: Call,
) -> Response {
    changed(app, call, move |app, call| {
        let item = feature_server::find(app, call, &name)?;
        feature_server::query_layers(&item, &call.params)
    })
    .await
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

fn find_service(name: &str) -> Result<&'static GpService, Fault> {
    catalogue::service(name)
        .ok_or_else(|| Fault::not_found(format!("There is no service {name:?}.")))
}

fn find_task(service: &'static GpService, name: &str) -> Result<&'static TaskEntry, Fault> {
    service
        .task(name)
        .ok_or_else(|| Fault::not_found(format!("The service has no task {name:?}.")))
}

fn find_job(app: &App, call: &Call, path: &(String, String, String)) -> Result<Arc<Job>, Fault> {
    let (service, task, id) = path;
    let entry = find_task(find_service(service)?, task)?;
    jobs::find(app, call, entry, id)
}
