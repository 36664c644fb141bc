//! Taking back what a sign-in gave.

use super::token::needed;
use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use axum::http::Method;
use serde_json::{Value, json};

/// `oauth2/revokeToken`: with a refresh token, all tokens that came from it end too. Nobody learns from the answer whether
/// there was such a token: it is the same for one that is wrong, has ended, or is of another application.
///
/// # Errors
/// When the request is not a POST, the token travels in the URL, or something is missing.
pub(crate) fn revoke(app: &App, call: &Call, method: &Method) -> Result<Value, Fault> {
    if *method != Method::POST || call.params.in_query("auth_token").is_some() {
        return Err(Fault::oauth(
            "invalid_request",
            "Send the parameters in the body of a POST, never in the URL.",
        ));
    }
    let (token, client_id) = (needed(call, "auth_token")?, needed(call, "client_id")?);
    let refresh = app.grants.refreshes.get(token);
    match refresh.filter(|refresh| refresh.grant.client_id == client_id) {
        Some(refresh) => {
            app.grants
                .refreshes
                .remove(|one| one.grant == refresh.grant);
            app.tokens.revoke(&refresh.grant);
        }
        None => app.tokens.revoke_token(token, client_id),
    }
    Ok(json!({ "success": true }))
}
