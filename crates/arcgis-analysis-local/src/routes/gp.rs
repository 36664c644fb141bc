//! The analysis services: their tasks, and jobs.

use super::{Shared, aside, both};
use crate::app::App;
use crate::call::Call;
use crate::catalogue::{self, GpService};
use crate::error::Fault;
use crate::estimate;
use crate::gp::{description, jobs, results, submit, uploads};
use crate::jobs::Job;
use arcgis_analysis_types::TaskEntry;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use serde_json::Value;
use std::sync::Arc;

/// The resources below `arcgis/rest`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/services", both(directory))
        .route("/services/{service}/GPServer", both(service))
        .nest("/services/{service}/GPServer/uploads", upload_routes())
        .route("/services/{service}/GPServer/{task}", both(task))
        .route(
            "/services/{service}/GPServer/{task}/submitJob",
            both(submit_job),
        )
        .route("/services/{service}/GPServer/{task}/execute", both(execute))
        .nest(
            "/services/{service}/GPServer/{task}/jobs/{job}",
            job_routes(),
        )
}

/// What an analysis would cost.
pub(super) fn estimate_routes() -> Router<Arc<App>> {
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

async fn directory(call: Call) -> Response {
    call.answer(Ok(description::directory(catalogue::services())))
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
    let reply = match find_task_of(&service, &task) {
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
    let reply = match find_task_of(&service, &task) {
        Ok(entry) => submit::execute(&app, &mut call, entry).await,
        Err(fault) => Err(fault),
    };
    call.answer_text(reply)
}

/// Files for the tasks of a service.
fn upload_routes() -> Router<Arc<App>> {
    type Asked = fn(&App, &Call) -> Result<Value, Fault>;
    type AskedOf = fn(&App, &Call, &str) -> Result<Value, Fault>;
    let asked = |ask: Asked| {
        async move |State(app): Shared, Path(_): Path<String>, call: Call| {
            call.answer(ask(&app, &call))
        }
    };
    let asked_of = |ask: AskedOf| {
        async move |State(app): Shared, Path((_, id)): Path<(String, String)>, call: Call| {
            call.answer(ask(&app, &call, &id))
        }
    };
    Router::new()
        .route("/", both(asked(uploads::list)))
        .route("/info", both(asked(|_, call| uploads::info(call))))
        .route("/upload", post(asked(uploads::upload)))
        .route("/register", post(asked(uploads::register)))
        .route("/{id}", both(asked_of(uploads::describe)))
        .route("/{id}/parts", both(asked_of(uploads::parts)))
        .route("/{id}/uploadPart", post(asked_of(uploads::part)))
        .route("/{id}/commit", post(asked_of(uploads::commit)))
        .route("/{id}/delete", post(asked_of(uploads::delete)))
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
    let found = find_job(&app, &call, &path);
    if let Ok(job) = &found {
        app.jobs.cancel(job).await;
    }
    call.answer(found.map(|job| jobs::cancelled(&job)))
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

fn find_service(name: &str) -> Result<&'static GpService, Fault> {
    catalogue::service(name)
        .ok_or_else(|| Fault::not_found(format!("There is no service {name:?}.")))
}

fn find_task(service: &'static GpService, name: &str) -> Result<&'static TaskEntry, Fault> {
    service
        .task(name)
        .ok_or_else(|| Fault::not_found(format!("The service has no task {name:?}.")))
}

fn find_task_of(service: &str, task: &str) -> Result<&'static TaskEntry, Fault> {
    find_task(find_service(service)?, task)
}

fn find_job(app: &App, call: &Call, path: &(String, String, String)) -> Result<Arc<Job>, Fault> {
    let (service, task, id) = path;
    let entry = find_task_of(service, task)?;
    jobs::find(app, call, entry, id)
}
