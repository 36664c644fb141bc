//! The portal: what it is, signing in, and whoever is signed in.

use super::{Shared, both, small};
use crate::app::App;
use crate::call::{Call, Unsigned};
use crate::{oauth, sharing};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::MethodRouter;
use std::sync::Arc;

/// The resources below `sharing/rest`.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
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
        .route("/oauth2/signin", sign_in_form())
        .route("/portals/self", both(portal))
        .route("/portals/self/users", both(users))
        .route("/community/groups", both(groups))
        .route("/community/users/{name}", both(community_user))
        .route(
            "/community/self",
            both(async |call: Call| call.answer(sharing::community_self(&call))),
        )
}

/// What the page to sign in on posts, which clients send to several places.
pub(super) fn sign_in_form() -> MethodRouter<Arc<App>> {
    small(oauth_sign_in)
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
