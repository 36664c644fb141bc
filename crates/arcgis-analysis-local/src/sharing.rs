//! The portal: where to sign in, and what it offers.

use crate::app::App;
use crate::call::Call;
use crate::catalogue;
use crate::error::Fault;
use crate::estimate;
use crate::oauth;
use crate::persona::Persona;
use crate::tokens::Binding;
use axum::http::Method;
use serde_json::{Map, Value, json};
use std::time::Duration;
use url::Url;

/// The portal release whose answers these resemble. Clients split it at the dot and read two numbers.
pub(crate) const PORTAL_VERSION: &str = "2024.2";

/// The ArcGIS Server release whose answers these resemble.
pub(crate) const SERVER_VERSION: f64 = 11.4;

/// The life of a token for which none is asked.
const DEFAULT_LIFE: Duration = Duration::from_secs(60 * 60);

/// What a signed-in user may do, in the portal's vocabulary.
const PRIVILEGES: [&str; 4] = [
    "portal:publisher:publishFeatures",
    "portal:user:createItem",
    "portal:user:viewOrgItems",
    "premium:user:spatialanalysis",
];

/// `sharing/rest`: the portal's version.
pub(crate) fn root() -> Value {
    json!({ "currentVersion": PORTAL_VERSION })
}

/// `sharing/rest/info`: where to get a token.
pub(crate) fn info(call: &Call) -> Value {
    json!({
        "owningSystemUrl": call.base.url(""),
        "authInfo": {
            "tokenServicesUrl": call.base.url("/sharing/rest/generateToken"),
            "isTokenBasedSecurity": true,
        },
    })
}

/// `rest/info` of the server that the portal owns.
pub(crate) fn server_info(call: &Call) -> Value {
    let mut info = info(call);
    info["currentVersion"] = SERVER_VERSION.into();
    info
}

/// `sharing/rest/portals/self`: the portal, and its user if one is signed in.
pub(crate) fn portal(app: &App, call: &Call) -> Value {
    let mut helpers = Map::new();
    for service in catalogue::services() {
        let url = json!({ "url": call.base.url(&service.path()) });
        // Some services have a key of their own for a task.
        let own = service
            .tasks
            .iter()
            .filter_map(|task| task.meta.helper_service);
        for key in own.chain([service.meta.helper_service]) {
            helpers.insert(key.to_owned(), url.clone());
        }
    }
    let (name, mode) = match app.persona {
        Persona::Local => ("arcgis-analysis local service", "singletenant"),
        // Both are what Esri's Python client goes by before it asks what an analysis costs.
        Persona::Online => ("ArcGIS Online", "multitenant"),
    };
    if app.persona == Persona::Online {
        let url = json!({ "url": call.base.url(estimate::PATH) });
        helpers.insert("creditEstimation".to_owned(), url);
    }
    let mut portal = json!({
        "id": "local",
        "name": "arcgis-analysis local service",
        "portalName": name,
        "portalHostname": call.base.authority.as_str(),
        "portalMode": mode,
        "isPortal": app.persona == Persona::Local,
        "currentVersion": PORTAL_VERSION,
        "access": "private",
        "allSSL": false,
        "culture": "en",
        "units": "metric",
        "supportsHostedServices": true,
        "supportsOAuth": true,
        "maxTokenExpirationMinutes": app.tokens.longest().as_secs().div_ceil(60),
        "helperServices": helpers,
    });
    if let Some(name) = call.username() {
        portal["user"] = user(name);
    }
    portal
}

/// `sharing/rest/community/self`: the signed-in user.
///
/// # Errors
/// When nobody is signed in.
pub(crate) fn community_self(call: &Call) -> Result<Value, Fault> {
    call.require_user().map(user)
}

/// `sharing/rest/community/users/{name}`.
///
/// # Errors
/// When nobody is signed in, or there is no such user.
pub(crate) fn community_user(app: &App, call: &Call, name: &str) -> Result<Value, Fault> {
    call.require_user()?;
    if app.user.is_named(name) {
        Ok(user(&app.user.name))
    } else {
        Err(Fault::bad_request(
            "User does not exist or is inaccessible.",
        ))
    }
}

/// `sharing/rest/portals/self/users`: the one user that there is.
///
/// # Errors
/// When nobody is signed in.
pub(crate) fn users(app: &App, call: &Call) -> Result<Value, Fault> {
    call.require_user()?;
    let users = [user(&app.user.name)];
    Ok(json!({ "total": 1, "start": 1, "num": 1, "nextStart": -1, "users": users }))
}

/// `sharing/rest/community/groups`: a search for groups, of which there are none.
///
/// # Errors
/// When nobody is signed in.
pub(crate) fn groups(call: &Call) -> Result<Value, Fault> {
    call.require_user()?;
    let query = call.params.get("q").unwrap_or_default();
    Ok(json!({ "query": query, "total": 0, "start": 1, "num": 0, "nextStart": -1, "results": [] }))
}

fn user(name: &str) -> Value {
    json!({
        "username": name,
        "fullName": name,
        "role": "org_user",
        "orgId": "local",
        "culture": "en",
        "units": "metric",
        "privileges": PRIVILEGES,
        "groups": [],
    })
}

/// `sharing/rest/generateToken`: a token for a username and a password, or for a token of the portal one for a server
/// of it.
///
/// # Errors
/// When the request is not a POST, a secret travels in the URL, something is missing, or the credentials are wrong.
pub(crate) fn generate_token(app: &App, call: &Call, method: &Method) -> Result<Value, Fault> {
    if ["username", "password", "token"]
        .iter()
        .any(|name| call.params.in_query(name).is_some())
    {
        return Err(Fault::no_token(
            "Send username and password, or token, in the body of a POST, never in the URL.",
        ));
    }
    if *method != Method::POST {
        return Err(Fault::method(
            "Send username and password, or token, in the body of a POST.",
        ));
    }
    let needed = |name| {
        call.params
            .in_body(name)
            .ok_or_else(|| Fault::no_token(format!("'{name}' must be specified.")))
    };
    // A token that is made of another ends with it.
    let (user, most) = match call.params.in_body("token") {
        Some(token) => {
            check_server(call, needed("serverUrl")?)?;
            let user = app.tokens.user(token, call.bearer());
            (
                user.ok_or_else(Fault::invalid_token)?,
                app.tokens.left(token),
            )
        }
        None => {
            let (name, password) = (needed("username")?, needed("password")?);
            let user = app.user.sign_in(name, password);
            let user = user.ok_or_else(|| Fault::no_token("Invalid username or password."))?;
            (user.to_owned(), Duration::MAX)
        }
    };
    let (binding, life) = (binding(call)?, life(call.params.get("expiration"))?);
    let token = app
        .tokens
        .issue(&user, binding, life.min(most))
        .map_err(Fault::no_randomness)?;
    Ok(json!({ "token": token.text, "expires": token.expires, "ssl": false }))
}

/// The portal makes tokens for its own server only, which is this service.
fn check_server(call: &Call, url: &str) -> Result<(), Fault> {
    match Url::parse(url) {
        Ok(url) if oauth::is_own(&url, &call.base.authority) => Ok(()),
        _ => Err(Fault::no_token(
            "'serverUrl' must be that of a server of this portal.",
        )),
    }
}

/// Whom the token is to serve: by default the given referer, or else the address that asks.
fn binding(call: &Call) -> Result<Binding, Fault> {
    let referer = call.params.get("referer");
    let client = match (call.params.get("client"), referer) {
        (Some(client), _) => client.to_ascii_lowercase(),
        (None, Some(_)) => "referer".to_owned(),
        (None, None) => "requestip".to_owned(),
    };
    match client.as_str() {
        "referer" => referer
            .map(|referer| Binding::Referer(referer.to_owned()))
            .ok_or_else(|| Fault::no_token("'referer' must be specified.")),
        "requestip" => Ok(Binding::Address(call.address)),
        "ip" => call
            .params
            .get("ip")
            .and_then(|ip| ip.parse().ok())
            .map(Binding::Address)
            .ok_or_else(|| Fault::no_token("'ip' must be an IP address.")),
        _ => Err(Fault::no_token(
            "'client' must be 'referer', 'requestip' or 'ip'.",
        )),
    }
}

/// The life that is asked for, in minutes.
pub(crate) fn life(expiration: Option<&str>) -> Result<Duration, Fault> {
    let Some(text) = expiration else {
        return Ok(DEFAULT_LIFE);
    };
    match text.trim().parse::<u32>() {
        Ok(minutes) if minutes > 0 => Ok(Duration::from_secs(u64::from(minutes) * 60)),
        _ => Err(Fault::no_token(
            "'expiration' must be a whole number of minutes, at least 1.",
        )),
    }
}
