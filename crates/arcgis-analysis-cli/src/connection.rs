//! Where to run, and as whom: from flags and the environment. Secrets come from the environment or stdin only.

use crate::exit;
use crate::failure::Failure;
use arcgis_analysis::{Credentials, Ledger, Polling, Portal};
use arcgis_analysis_local::LocalService;
use clap::ArgMatches;
use std::io::{BufRead, Read};
use std::path::PathBuf;
use std::time::Duration;

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
    pub(crate) fn of(matches: &ArgMatches, known: Option<&str>) -> Result<Self, Failure> {
        // Only commands that can run on this machine have the flag.
        let local = matches.try_get_one::<bool>("local").ok().flatten();
        if local.is_some_and(|local| *local) {
            return Ok(Self::Local);
        }
        let url = matches
            .get_one::<String>("portal")
            .cloned()
            .or_else(|| known.map(str::to_owned))
            .or_else(|| variable("ARCGIS_PORTAL"));
        let Some(url) = url else {
            return Err(Failure::usage(
                "there is no portal to run on; add --local to run on this machine, or name a portal with \
                 --portal URL or ARCGIS_PORTAL",
            ));
        };
        Ok(Self::Portal {
            url,
            credentials: credentials(matches)?,
        })
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
                let service = LocalService::start().await;
                let service = service
                    .map_err(|error| Failure::new(exit::OTHER, "serve", error.to_string()))?;
                let credentials = Credentials::password(service.username(), service.password());
                (service.portal_url().to_owned(), credentials, Some(service))
            }
        };
        let mut builder = Portal::builder(url)
            .credentials(credentials)
            .polling(polling);
        if let Some(ledger) = ledger {
            builder = builder.ledger(ledger);
        }
        if let Some(credits) = max_credits {
            builder = builder.max_credits(credits);
        }
        Ok(Connection {
            portal: builder.connect().await?,
            _service: service,
        })
    }
}

/// A portal that is connected to.
pub(crate) struct Connection {
    pub(crate) portal: Portal,
    /// The local service lives as long as the connection.
    _service: Option<LocalService>,
}

fn credentials(matches: &ArgMatches) -> Result<Credentials, Failure> {
    let from_stdin = matches.get_flag("password-stdin");
    let username = matches.get_one::<String>("username").cloned();
    if username.is_none() && !from_stdin {
        return Ok(Credentials::from_env()?);
    }
    let Some(username) = username.or_else(|| variable("ARCGIS_USERNAME")) else {
        return Err(Failure::usage(
            "--password-stdin needs a user; add --username NAME or set ARCGIS_USERNAME",
        ));
    };
    let password = if from_stdin {
        Some(password_of_stdin(matches)?)
    } else {
        variable("ARCGIS_PASSWORD")
    };
    match password {
        Some(password) => Ok(Credentials::password(username, password)),
        None => Err(Failure::usage(
            "--username needs a password; pipe it to --password-stdin or set ARCGIS_PASSWORD",
        )),
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
