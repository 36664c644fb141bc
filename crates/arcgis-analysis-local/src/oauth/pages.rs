//! The pages on which a person signs in.
//!
//! Esri's Python client reads the first of them as a program does: it looks for an object of JSON on one line, in a
//! script that assigns it to `oAuthInfo`. No browser runs that script, since the page forbids all scripts.

use super::grants::Code;
use super::pending::Pending;
use super::redirect::Redirect;
use super::token::DEFAULT_LIFE;
use crate::app::App;
use crate::call::Call;
use crate::error::Fault;
use crate::sharing::life;
use crate::tokens::Binding;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::time::Duration;

/// How long what an application says of itself may be, in bytes.
const LONGEST: usize = 2048;
/// Said where they are longer.
const TOO_LONG: &str = "Error: Parameter too long";
/// Said of a page that is used up, too old, or not from here.
const OVER: &str = "Error: Invalid oauth_state. This sign-in is over or too old; begin again";
/// How long a code waits to be taken.
const CODE_LIFE: Duration = Duration::from_secs(5 * 60);

/// `oauth2/authorize`: the page to sign in on.
pub(crate) fn authorize(app: &App, call: &Call) -> Response {
    let given = |name: &str| call.params.get(name).map(str::to_owned);
    let lengths = ["client_id", "redirect_uri", "state", "code_challenge"]
        .map(|name| call.params.get(name).map_or(0, str::len));
    if lengths.iter().any(|length| *length > LONGEST) {
        return refusal(TOO_LONG);
    }
    let Some(client_id) = given("client_id") else {
        return refusal("Error: Invalid client_id");
    };
    let written = given("redirect_uri").unwrap_or_default();
    let Some(redirect) = Redirect::parse(&written, &call.base.authority) else {
        return refusal("Error: Invalid redirect_uri");
    };
    let state = given("state");
    let back = |word, problem| send_back(&redirect, state.as_deref(), word, problem);
    let wants_code = match call.params.get("response_type") {
        Some("code") => true,
        Some("token") if redirect != Redirect::OutOfBand => false,
        _ => {
            return back(
                "unsupported_response_type",
                "'response_type' must be 'code', or 'token' with a redirect URI.",
            );
        }
    };
    let challenge = given("code_challenge");
    let method = call.params.get("code_challenge_method");
    if challenge.is_some() && method != Some("S256") {
        return back("invalid_request", "'code_challenge_method' must be 'S256'.");
    }
    let life = match call.params.get("expiration").map(|text| life(Some(text))) {
        None => None,
        Some(Ok(life)) => Some(life),
        Some(Err(_)) => {
            return back(
                "invalid_request",
                "'expiration' must be a whole number of minutes, at least 1.",
            );
        }
    };
    let pending = Pending {
        client_id,
        redirect: written,
        wants_code,
        state: state.clone(),
        challenge,
        life,
    };
    match app.grants.seal.seal(&pending) {
        Ok(Some(sealed)) => form(&pending, &sealed, &[]),
        Ok(None) => refusal(TOO_LONG),
        Err(error) => call.answer(Err(Fault::no_randomness(error))),
    }
}

/// `oauth2/signin`: what the page posts.
pub(crate) fn sign_in(app: &App, call: &Call, method: &Method) -> Response {
    if *method != Method::POST {
        return refusal("Error: Send the form in the body of a POST");
    }
    let field = |name| call.params.in_body(name);
    let sealed = field("oauth_state").unwrap_or_default();
    let opened = app.grants.seal.open(sealed);
    // Judged anew, by the name under which the service is called now.
    let opened = opened.and_then(|opened| {
        let redirect = opened.pending.redirect(&call.base.authority)?;
        Some((opened, redirect))
    });
    let Some((opened, redirect)) = opened else {
        return refusal(OVER);
    };
    let pending = &opened.pending;
    if field("cancel").is_some() {
        app.grants.seal.spend(&opened);
        let problem = "The user denied your request.";
        return send_back(
            &redirect,
            pending.state.as_deref(),
            "access_denied",
            problem,
        );
    }
    let (username, password) = (field("username"), field("password"));
    let user = username
        .zip(password)
        .and_then(|(name, password)| app.user.sign_in(name, password));
    let Some(user) = user else {
        return form(pending, sealed, &["Invalid username or password."]);
    };
    // Whoever was quicker with the same page has the sign-in.
    if !app.grants.seal.spend(&opened) {
        return refusal(OVER);
    }
    let outcome = match pending.wants_code {
        true => with_code(app, pending, &redirect, user),
        false => with_token(app, pending, &redirect, user),
    };
    outcome.unwrap_or_else(|error| call.answer(Err(Fault::no_randomness(error))))
}

fn with_code(
    app: &App,
    pending: &Pending,
    redirect: &Redirect,
    user: &str,
) -> Result<Response, getrandom::Error> {
    let code = Code {
        client_id: pending.client_id.clone(),
        redirect: redirect.clone(),
        challenge: pending.challenge.clone(),
        username: user.to_owned(),
    };
    let code = app.grants.codes.put(code, CODE_LIFE)?;
    let mut fields = vec![("code", code.as_str())];
    fields.extend(pending.state.as_deref().map(|state| ("state", state)));
    Ok(match redirect.with_query(&fields) {
        Some(url) => found(url),
        None => {
            let body =
                format!("<p>Copy this code into the application:</p>\n<p><code>{code}</code></p>");
            // Esri's Python client looks for messages here too before it looks for the code.
            let script = script(&json!({ "client_id": pending.client_id }));
            page(
                StatusCode::OK,
                &format!("SUCCESS code={code}"),
                &script,
                &body,
            )
        }
    })
}

fn with_token(
    app: &App,
    pending: &Pending,
    redirect: &Redirect,
    user: &str,
) -> Result<Response, getrandom::Error> {
    let life = pending.life.unwrap_or(DEFAULT_LIFE);
    let token = app.tokens.issue(
        user,
        Binding::Grant(app.grants.grant(&pending.client_id)),
        life,
    )?;
    let seconds = token.life.as_secs().to_string();
    let mut fields = vec![
        ("access_token", token.text.as_str()),
        ("expires_in", &seconds),
        ("username", user),
        ("ssl", "false"),
    ];
    fields.extend(pending.state.as_deref().map(|state| ("state", state)));
    Ok(match redirect.with_fragment(&fields) {
        Some(url) => found(url),
        None => refusal("Error: Invalid redirect_uri"),
    })
}

/// Tells the application, or the person where no application listens, what is wrong.
fn send_back(redirect: &Redirect, state: Option<&str>, word: &str, problem: &str) -> Response {
    let mut fields = vec![("error", word), ("error_description", problem)];
    fields.extend(state.map(|state| ("state", state)));
    match redirect.with_query(&fields) {
        Some(url) => found(url),
        None => refusal(&format!("Error: {problem}")),
    }
}

fn found(url: String) -> Response {
    let headers = [(LOCATION, url), (CACHE_CONTROL, "no-store".to_owned())];
    (StatusCode::FOUND, headers).into_response()
}

fn form(pending: &Pending, sealed: &str, messages: &[&str]) -> Response {
    let script = script(
        &json!({ "client_id": pending.client_id, "oauth_state": sealed, "messages": messages }),
    );
    let told: String = messages
        .iter()
        .map(|m| format!("<p role=\"alert\">{}</p>\n", escaped(m)))
        .collect();
    let body = format!(
        "<p>to the arcgis-analysis local service, for the application <b>{}</b></p>\n{told}\
         <form method=\"post\" action=\"/sharing/rest/oauth2/signin\">\n\
         <input type=\"hidden\" name=\"oauth_state\" value=\"{sealed}\">\n\
         <p><label>Username <input name=\"username\" autocomplete=\"username\" autofocus></label></p>\n\
         <p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label></p>\n\
         <p><button>Sign in</button> <button name=\"cancel\" value=\"true\">Cancel</button></p>\n\
         </form>",
        escaped(&pending.client_id)
    );
    page(StatusCode::OK, "Sign in", &script, &body)
}

/// What programs read of a page.
fn script(info: &Value) -> String {
    // No text of a client may end the script.
    let info = info.to_string().replace('<', "\\u003c");
    format!("<script>var oAuthInfo = {info};</script>\n")
}

fn refusal(problem: &str) -> Response {
    page(StatusCode::BAD_REQUEST, problem, "", "")
}

fn page(status: StatusCode, title: &str, script: &str, body: &str) -> Response {
    let title = escaped(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n{script}</head>\n\
         <body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, html).into_response()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
