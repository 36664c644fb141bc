//! Tokens for secrets, codes and refresh tokens.

use super::grants::Refresh;
use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use crate::sharing::life;
use crate::tokens::{Binding, Grant, NewToken};
use axum::http::Method;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use std::time::Duration;
use subtle::ConstantTimeEq;

/// The life of a person's token for which none is asked.
pub(super) const DEFAULT_LIFE: Duration = Duration::from_secs(30 * 60);
/// The life of an application's token for which none is asked.
const DEFAULT_LIFE_OF_CLIENT: Duration = Duration::from_secs(2 * 60 * 60);

/// `oauth2/token`.
///
/// # Errors
/// When the request is not a POST, a secret travels in the URL, something is missing, or what is shown is not valid.
pub(crate) fn token(app: &App, call: &Call, method: &Method) -> Result<Value, Fault> {
    let secrets = ["client_secret", "code", "code_verifier", "refresh_token"];
    if *method != Method::POST || secrets.iter().any(|s| call.params.in_query(s).is_some()) {
        return Err(Fault::oauth(
            "invalid_request",
            "Send the parameters in the body of a POST, never in the URL.",
        ));
    }
    let grant = needed(call, "grant_type")?;
    let client_id = needed(call, "client_id")?;
    check_client(app, client_id, call.params.in_body("client_secret"))?;
    match grant {
        "client_credentials" => of_client(app, call),
        "authorization_code" => of_code(app, call, client_id),
        "refresh_token" => of_refresh_token(app, call, client_id, false),
        "exchange_refresh_token" => of_refresh_token(app, call, client_id, true),
        _ => Err(Fault::oauth(
            "unsupported_grant_type",
            "'grant_type' must be 'client_credentials', 'authorization_code', 'refresh_token' or 'exchange_refresh_token'.",
        )),
    }
}

/// A secret that is shown must be right, whatever it is shown for.
fn check_client(app: &App, id: &str, secret: Option<&str>) -> Result<(), Fault> {
    let Some(secret) = secret else { return Ok(()) };
    match app.clients.iter().find(|client| client.id == id) {
        Some(client) if client.is_secret(secret) => Ok(()),
        Some(_) => Err(Fault::oauth("invalid_client", "Invalid client_secret")),
        None => Err(Fault::oauth("invalid_client", "Invalid client_id")),
    }
}

/// An application acts in the name of its owner, who is the service's one user.
fn of_client(app: &App, call: &Call) -> Result<Value, Fault> {
    needed(call, "client_secret")?;
    let token = issue(
        app,
        call,
        &app.user.name,
        Binding::Anybody,
        DEFAULT_LIFE_OF_CLIENT,
    )?;
    Ok(json!({ "access_token": token.text, "expires_in": token.life.as_secs() }))
}

fn of_code(app: &App, call: &Call, client_id: &str) -> Result<Value, Fault> {
    let refuse = |problem| Err(Fault::oauth("invalid_grant", problem));
    // Whatever is wrong with the request, a code is shown once.
    let Some(code) = app.grants.codes.take(needed(call, "code")?) else {
        return refuse("Invalid code");
    };
    if code.client_id != client_id {
        return refuse("Invalid client_id");
    }
    if !code.redirect.is(needed(call, "redirect_uri")?) {
        return refuse("Invalid redirect_uri");
    }
    match (&code.challenge, call.params.in_body("code_verifier")) {
        (None, None) => {}
        (Some(challenge), Some(verifier)) if is_verifier(verifier, challenge) => {}
        _ => return refuse("Invalid code_verifier"),
    }
    let grant = app.grants.grant(client_id);
    let binding = Binding::Grant(grant.clone());
    let token = issue(app, call, &code.username, binding, DEFAULT_LIFE)?;
    let mut answer = of_user(&token, &code.username);
    add_refresh_token(app, &mut answer, grant, &code.username)?;
    Ok(answer)
}

fn of_refresh_token(
    app: &App,
    call: &Call,
    client_id: &str,
    exchange: bool,
) -> Result<Value, Fault> {
    let text = needed(call, "refresh_token")?;
    let refresh = app.grants.refreshes.get(text);
    let refresh = refresh.filter(|refresh| refresh.grant.client_id == client_id);
    let Some(refresh) = refresh else {
        return Err(Fault::oauth("invalid_request", "Invalid refresh_token").code(498));
    };
    let binding = Binding::Grant(refresh.grant.clone());
    let token = issue(app, call, &refresh.username, binding, DEFAULT_LIFE)?;
    let mut answer = of_user(&token, &refresh.username);
    if exchange {
        needed(call, "redirect_uri")?;
        add_refresh_token(app, &mut answer, refresh.grant, &refresh.username)?;
        app.grants.refreshes.take(text);
    }
    Ok(answer)
}

fn of_user(token: &NewToken, username: &str) -> Value {
    json!({
        "access_token": token.text,
        "expires_in": token.life.as_secs(),
        "username": username,
        "ssl": false,
    })
}

fn add_refresh_token(
    app: &App,
    answer: &mut Value,
    grant: Grant,
    username: &str,
) -> Result<(), Fault> {
    let life = app.grants.refresh_life;
    let refresh = Refresh {
        grant,
        username: username.to_owned(),
    };
    let text = app.grants.refreshes.put(refresh, life);
    answer["refresh_token"] = text.map_err(Fault::no_randomness)?.into();
    answer["refresh_token_expires_in"] = life.as_secs().into();
    Ok(())
}

fn issue(
    app: &App,
    call: &Call,
    username: &str,
    binding: Binding,
    usual: Duration,
) -> Result<NewToken, Fault> {
    let life = match call.params.get("expiration") {
        None => usual,
        some => life(some).map_err(|_| {
            let problem = "'expiration' must be a whole number of minutes, at least 1.";
            Fault::oauth("invalid_request", problem)
        })?,
    };
    let token = app.tokens.issue(username, binding, life);
    token.map_err(Fault::no_randomness)
}

pub(super) fn needed<'a>(call: &'a Call, name: &str) -> Result<&'a str, Fault> {
    let refuse = || Fault::oauth("invalid_request", format!("'{name}' must be specified."));
    call.params.in_body(name).ok_or_else(refuse)
}

/// Whether the verifier is the one of which the challenge is the hash.
fn is_verifier(verifier: &str, challenge: &str) -> bool {
    let hash = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    hash.as_bytes().ct_eq(challenge.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_verifier_of_the_standard_fits_its_challenge() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(is_verifier(verifier, challenge));
        assert!(!is_verifier(challenge, challenge));
        assert!(!is_verifier("", challenge));
    }
}
