//! Where to run, and as whom: from flags, the environment and what an earlier sign-in left. Secrets come from the
//! environment, stdin, a prompt or the keyring only.

use crate::failure::Failure;
use crate::{exit, ledger};
use arcgis_analysis::{
    Credentials, ErrorKind, FileStore, Ledger, PasswordCredentials, Polling, Portal, SignInStore,
    is_same_portal, store,
};
use arcgis_analysis_local::LocalService;
use clap::ArgMatches;
use console::Term;
use std::io::{BufRead, IsTerminal, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Where a task runs.
#[derive(Debug)]
pub(crate) enum Place {
    /// In this process.
    Local,
    /// On a portal.
    Portal {
        /// The portal's URL.
        url: String,
        /// What to sign in with.
        credentials: Credentials,
    },
}

impl Place {
    /// The place that the flags name, or else the one that is known of a job, or else that of the environment.
    pub(crate) fn of(matches: &ArgMatches, known: Option<&Known>) -> Result<Self, Failure> {
        // Only commands that can run on this machine have the flag.
        let local = matches.try_get_one::<bool>("local").ok().flatten();
        if local.is_some_and(|local| *local) {
            return Ok(Self::Local);
        }
        let url = portal_url(matches, known)?;
        let credentials = match known {
            Some(known) if !known.may_be_signed_in_to(matches) => match kept(&url)? {
                Credentials::Anonymous if !matches!(given(matches)?, Credentials::Anonymous) => {
                    return Err(Failure::usage(format!(
                        "the job is at {url}, which neither --portal nor ARCGIS_PORTAL names, so your credentials are not sent \
                         there; add --portal {url} if they are meant for it"
                    )));
                }
                kept => kept,
            },
            _ => match given(matches)? {
                Credentials::Anonymous => kept(&url)?,
                given => given,
            },
        };
        Ok(Self::Portal { url, credentials })
    }

    /// Signs in there; jobs are written down in the ledger, where there is one, and cost no more than so many credits.
    pub(crate) async fn connect(
        &self,
        mut polling: Polling,
        ledger: Option<Ledger>,
        max_credits: Option<f64>,
    ) -> Result<Connection, Failure> {
        let (url, credentials, service) = match self {
            Self::Portal { url, credentials } => (url.clone(), credentials.clone(), None),
            Self::Local => {
                // Nobody else asks, so a short job is not kept waiting.
                polling.first_look = Duration::from_millis(20);
                // Who calls it is who names the layers, and reads them with no credentials but those named with them.
                let service = LocalService::builder().allow_any_host().start().await;
                let service = service
                    .map_err(|error| Failure::new(exit::OTHER, "serve", error.to_string()))?;
                let credentials = Credentials::password(service.username(), service.password());
                (service.portal_url().to_owned(), credentials, Some(service))
            }
        };
        let kept = matches!(credentials, Credentials::SignIn(_));
        let mut builder = Portal::builder(url)
            .credentials(credentials)
            .polling(polling);
        if kept {
            builder = builder.store(kept_in()?);
        }
        if let Some(ledger) = &ledger {
            builder = builder.ledger(ledger.clone());
        }
        if let Some(credits) = max_credits {
            builder = builder.max_credits(credits);
        }
        Ok(Connection {
            portal: builder.connect().await?,
            ledger,
            _service: service,
        })
    }
}

/// A portal that is connected to.
pub(crate) struct Connection {
    pub(crate) portal: Portal,
    /// Where its jobs are written down.
    pub(crate) ledger: Option<Ledger>,
    /// The local service lives as long as the connection.
    _service: Option<LocalService>,
}

/// The portal of a job, where nobody named one on the command line.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) url: String,
    /// Whether it was told by whoever wrote the job's token, rather than by this machine's own ledger.
    pub(crate) told: bool,
}

impl Known {
    /// Whether credentials that the command was given may go there.
    ///
    /// They are meant for the portal that the command line or the environment names. Where neither does, for the one at
    /// which this machine submitted the job; a token of a job may come from anybody.
    fn may_be_signed_in_to(&self, matches: &ArgMatches) -> bool {
        if matches.contains_id("portal") {
            return true;
        }
        match variable("ARCGIS_PORTAL") {
            Some(portal) => is_same_portal(&portal, &self.url),
            None => !self.told,
        }
    }
}

/// The portal that the flags name, or else the one that is known of a job, or else that of the environment.
pub(crate) fn portal_url(matches: &ArgMatches, known: Option<&Known>) -> Result<String, Failure> {
    let url = matches
        .get_one::<String>("portal")
        .cloned()
        .or_else(|| known.map(|known| known.url.clone()))
        .or_else(|| variable("ARCGIS_PORTAL"));
    let can_be_local = matches.try_contains_id("local").is_ok();
    url.ok_or_else(|| {
        Failure::usage(match can_be_local {
            true => {
                "there is no portal to run on; add --local to run on this machine, or name a portal with --portal URL or \
                 ARCGIS_PORTAL"
            }
            false => "no portal is named; name one with --portal URL or ARCGIS_PORTAL",
        })
    })
}

/// Where sign-ins are kept.
pub(crate) fn kept_in() -> Result<Arc<dyn SignInStore>, Failure> {
    let folder = ledger::folder()?;
    match variable("ARCGIS_ANALYSIS_KEYRING").as_deref() {
        None | Some("on") => Ok(store(folder)),
        Some("off") => Ok(Arc::new(FileStore::new(folder))),
        Some(_) => Err(Failure::usage(
            "ARCGIS_ANALYSIS_KEYRING must be `on` or `off`",
        )),
    }
}

/// The credentials of the flags, or else of the environment.
fn given(matches: &ArgMatches) -> Result<Credentials, Failure> {
    let username = matches.get_one::<String>("username");
    if username.is_some() || matches.get_flag("password-stdin") {
        return Ok(password(matches, username)?.into());
    }
    Ok(Credentials::from_env()?)
}

/// What an earlier sign-in left, if there was one.
fn kept(portal: &str) -> Result<Credentials, Failure> {
    let Some(sign_in) = kept_in()?.load(portal)? else {
        return Ok(Credentials::Anonymous);
    };
    if sign_in.has_ended(SystemTime::now()) {
        let sentence = format!(
            "the sign-in to {} has ended; sign in again with `arcgis-analysis login`, or forget it with `arcgis-analysis \
             logout`",
            sign_in.portal()
        );
        let (code, kind) = exit::of(ErrorKind::Authentication);
        return Err(Failure::new(code, kind, sentence));
    }
    Ok(sign_in.into())
}

/// A user's name and password: by the flags, or else by the environment.
fn password(
    matches: &ArgMatches,
    username: Option<&String>,
) -> Result<PasswordCredentials, Failure> {
    let Some(username) = username.cloned().or_else(|| variable("ARCGIS_USERNAME")) else {
        return Err(Failure::usage(
            "--password-stdin needs a user; add --username NAME or set ARCGIS_USERNAME",
        ));
    };
    let password = if matches.get_flag("password-stdin") {
        Some(password_of_stdin(matches)?)
    } else {
        variable("ARCGIS_PASSWORD")
    };
    match password {
        Some(password) => Ok(PasswordCredentials::new(username, password)),
        None => Err(Failure::usage(
            "--username needs a password; pipe it to --password-stdin or set ARCGIS_PASSWORD",
        )),
    }
}

/// The same, or else by a question on the terminal.
pub(crate) fn asked_password(
    matches: &ArgMatches,
    username: Option<&String>,
    portal: &str,
) -> Result<PasswordCredentials, Failure> {
    let terminal = Term::stderr();
    let is_given = matches.get_flag("password-stdin") || variable("ARCGIS_PASSWORD").is_some();
    let can_ask = terminal.is_term() && std::io::stdin().is_terminal();
    let (Some(username), false, true) = (username, is_given, can_ask) else {
        return password(matches, username);
    };
    let asked = terminal
        .write_str(&format!("Password of {username} at {portal}: "))
        .and_then(|()| terminal.read_secure_line());
    match asked {
        Ok(password) => Ok(PasswordCredentials::new(username, password)),
        Err(error) => Err(Failure::usage(format!(
            "the password cannot be read from the terminal: {error}"
        ))),
    }
}

/// The first line of stdin.
pub(crate) fn password_of_stdin(matches: &ArgMatches) -> Result<String, Failure> {
    // A command without `--params` has none that could read stdin too.
    let params = matches.try_get_one::<PathBuf>("params").ok().flatten();
    if params.is_some_and(|path| path.as_os_str() == "-") {
        return Err(Failure::usage(
            "--password-stdin and `--params -` both read stdin; give the parameters in a file",
        ));
    }
    let mut line = String::new();
    // No password is that long; whatever is, is not one.
    let read = std::io::stdin().lock().take(64 * 1024).read_line(&mut line);
    read.map_err(|error| {
        Failure::usage(format!("the password cannot be read from stdin: {error}"))
    })?;
    let password = line.trim_end_matches(['\r', '\n']);
    match password {
        "" => Err(Failure::usage(
            "stdin holds no password; pipe it into the command",
        )),
        password => Ok(password.to_owned()),
    }
}

/// A variable of the environment, unless it is empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}
