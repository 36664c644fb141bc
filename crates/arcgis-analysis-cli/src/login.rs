//! Signing in so that later commands need no credentials, signing out, and asking who one is.

use crate::connection::{Place, asked_password, kept_in, portal_url, variable};
use crate::failure::Failure;
use crate::{exit, print, run};
use arcgis_analysis::{Credentials, ErrorKind, Limits, Login, Polling, SignIn};
use clap::ArgMatches;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::time::{Duration, SystemTime};

/// How long the token of a sign-in with a password is asked to live.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a portal may take to end a sign-in.
const REVOKED_WITHIN: Duration = Duration::from_secs(10);

/// Signs in, and keeps the sign-in for later commands.
pub(crate) fn login(matches: &ArgMatches) -> Result<(), Failure> {
    let store = kept_in()?;
    let portal = portal_url(matches, None)?;
    let username = matches.get_one::<String>("username");
    let mut login = Login::new(portal.clone());
    if let Some(port) = matches.get_one::<u16>("port") {
        login = login.port(*port);
    }
    if let Some(patience) = matches.get_one::<Duration>("timeout") {
        login = login.patience(*patience);
    }
    let sign_in = match (username, matches.get_flag("password-stdin")) {
        (None, false) => {
            let client_id = client_id(matches)?;
            let open = !matches.get_flag("no-browser") && std::io::stderr().is_terminal();
            let page = |page: &str| show(page, open);
            run::runtime()?.block_on(login.in_browser(&client_id, page))?
        }
        (username, _) => {
            let password = asked_password(matches, username, &portal)?;
            let password = password.token_life(TOKEN_LIFE);
            run::runtime()?.block_on(login.with_password(password))?
        }
    };
    let login = login.limits(brief());
    let kept = run::runtime()?.block_on(login.remember(&sign_in, store))?;
    if matches.get_flag("json") {
        let mut told = told(&sign_in);
        told["keptIn"] = kept.place.into();
        if let Some(problem) = kept.problem {
            told["problem"] = problem.into();
        }
        return print::document(&told);
    }
    if let Some(problem) = kept.problem {
        print::note(&problem);
    }
    let place = kept.place;
    let user = sign_in.username().map(|name| format!(" as {name}"));
    let until = sign_in.ends().and_then(moment);
    print::text(&format!(
        "Signed in to {}{}{}; kept in {place}",
        sign_in.portal(),
        user.unwrap_or_default(),
        until.map(|at| format!(" until {at}")).unwrap_or_default(),
    ))
}

/// Forgets the sign-in to a portal, here in any case and there if the portal can be reached.
pub(crate) fn logout(matches: &ArgMatches) -> Result<(), Failure> {
    let portal = portal_url(matches, None)?;
    let store = kept_in()?;
    let login = Login::new(portal.clone()).limits(brief());
    let forgotten = run::runtime()?.block_on(login.forget(store))?;
    let (was_there, revoked) = (forgotten.was_there, forgotten.revoked);
    if matches.get_flag("json") {
        let mut told = json!({ "portal": portal, "wasSignedIn": was_there, "revoked": revoked });
        if let Some(problem) = forgotten.problem {
            told["problem"] = problem.into();
        }
        return print::document(&told);
    }
    if let Some(problem) = forgotten.problem {
        print::note(&problem);
    }
    print::text(&match (was_there, revoked) {
        (Some(true), true) => format!("Signed out of {portal}, which revoked what it gave"),
        (Some(true), false) => format!("Signed out of {portal}"),
        (Some(false), _) => format!("There was no sign-in to {portal}"),
        (None, _) => format!("Whether there was a sign-in to {portal} is not known"),
    })
}

/// Nobody waits long for a portal to end a sign-in.
fn brief() -> Limits {
    let mut limits = Limits::default();
    (limits.request, limits.retry_for) = (REVOKED_WITHIN, REVOKED_WITHIN);
    limits
}

/// Asks the portal who the commands act as.
pub(crate) fn whoami(matches: &ArgMatches) -> Result<(), Failure> {
    let place = Place::of(matches, None)?;
    let Place::Portal { credentials, .. } = &place else {
        return Err(Failure::usage("on this machine nobody signs in"));
    };
    let by = match credentials {
        Credentials::Anonymous => "nothing",
        Credentials::Password(_) => "password",
        Credentials::Client(_) => "application",
        Credentials::SignIn(_) => "sign-in",
        _ => "token",
    };
    let connecting = place.connect(Polling::default(), None, None);
    let connection = run::runtime()?.block_on(connecting)?;
    let portal = &connection.portal;
    // An application need not be a user.
    let Some(name) = portal.username().or((by == "application").then_some("")) else {
        let sentence = format!(
            "nobody is signed in to {}; sign in with `arcgis-analysis login`, or give credentials by flags or the \
             environment",
            portal.url()
        );
        let (code, kind) = exit::of(ErrorKind::Authentication);
        return Err(Failure::new(code, kind, sentence));
    };
    let ends = portal.sign_in().and_then(|sign_in| sign_in.ends());
    if matches.get_flag("json") {
        return print::document(&json!({
            "portal": portal.url(),
            "username": Some(name).filter(|name| !name.is_empty()),
            "by": by,
            "ends": ends.and_then(moment),
        }));
    }
    let who = if name.is_empty() {
        "an application"
    } else {
        name
    };
    let until = ends.and_then(moment).map(|at| format!(" until {at}"));
    print::text(&format!(
        "{who} at {} (by {by}{})",
        portal.url(),
        until.unwrap_or_default()
    ))
}

fn client_id(matches: &ArgMatches) -> Result<String, Failure> {
    let given = matches.get_one::<String>("client-id").cloned();
    given.or_else(|| variable("ARCGIS_CLIENT_ID")).ok_or_else(|| {
        Failure::usage(
            "to sign in in a browser, the portal must know the application: give the client ID that it was registered \
             with (redirect URI http://127.0.0.1:PORT/) by --client-id or ARCGIS_CLIENT_ID, or sign in with --username",
        )
    })
}

/// Shows the page to sign in on.
fn show(page: &str, open: bool) {
    if open && open::that_detached(page).is_ok() {
        print::note(&format!(
            "The browser should show this page now; if not, open it on this machine:\n\n  {page}\n"
        ));
    } else {
        print::note(&format!(
            "Open this page in a browser on this machine, and sign in:\n\n  {page}\n"
        ));
    }
}

fn told(sign_in: &SignIn) -> Value {
    json!({
        "portal": sign_in.portal(),
        "username": sign_in.username(),
        "ends": sign_in.ends().and_then(moment),
    })
}

/// A moment in the form of RFC 3339, in whole seconds.
fn moment(at: SystemTime) -> Option<String> {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    let at = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(at.to_string())
}
