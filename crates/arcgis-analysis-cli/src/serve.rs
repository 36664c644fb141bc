//! The local portal as a program of its own.

use crate::connection::{password_of_stdin, variable};
use crate::failure::Failure;
use crate::{exit, interrupt, limits, print, run};
use arcgis_analysis_local::{FaultPlan, LocalService, LocalServiceBuilder, Persona};
use clap::ArgMatches;
use serde_json::json;
use std::path::PathBuf;

/// Serves until it is asked to stop.
pub(crate) fn serve(matches: &ArgMatches) -> Result<(), Failure> {
    let username = matches
        .get_one::<String>("username")
        .cloned()
        .or_else(|| variable("ARCGIS_USERNAME"));
    let password = match matches.get_flag("password-stdin") {
        true => Some(password_of_stdin(matches)?),
        false => variable("ARCGIS_PASSWORD"),
    };
    let is_random = password.is_none();
    let mut builder = limits::apply(LocalService::builder(), matches);
    if let Some(username) = username {
        builder = builder.username(username);
    }
    if let Some(password) = password {
        builder = builder.password(password);
    }
    let client = variable("ARCGIS_CLIENT_ID").zip(variable("ARCGIS_CLIENT_SECRET"));
    if let Some((id, secret)) = client {
        builder = builder.application(id, secret);
    }
    if let Some(host) = matches.get_one::<String>("host") {
        builder = builder.host(host);
    }
    if let Some(port) = matches.get_one::<u16>("port") {
        builder = builder.port(*port);
    }
    for host in matches
        .get_many::<String>("allow-host")
        .into_iter()
        .flatten()
    {
        builder = builder.allow_host(host);
    }
    if matches
        .get_one::<String>("persona")
        .is_some_and(|persona| persona == "online")
    {
        builder = builder.persona(Persona::Online);
    }
    let file = |name| matches.get_one::<PathBuf>(name);
    if let (Some(certificate), Some(key)) = (file("cert"), file("key")) {
        builder = builder.certificate(certificate, key);
    }
    if let Some(folder) = file("data") {
        builder = builder.data(folder);
    }
    if let Some(path) = file("faults") {
        let refuse =
            |problem: String| Failure::usage(format!("{problem} (--faults {})", path.display()));
        let text = std::fs::read_to_string(path)
            .map_err(|error| refuse(format!("the fault plan cannot be read: {error}")))?;
        builder =
            builder.faults(FaultPlan::from_json(&text).map_err(|error| refuse(error.to_string()))?);
    }
    run::runtime()?.block_on(until_stopped(builder, is_random, matches.get_flag("json")))
}

async fn until_stopped(
    builder: LocalServiceBuilder,
    is_random: bool,
    json: bool,
) -> Result<(), Failure> {
    let stop = interrupt::stopped()?;
    let service = builder
        .start()
        .await
        .map_err(|error| Failure::new(exit::OTHER, "serve", error.to_string()))?;
    if !service.address().ip().is_loopback() {
        print::note(&format!(
            "warning: {} can be reached from other machines; by http, passwords and data travel unencrypted",
            service.address()
        ));
    }
    print::text(&if json {
        line(&service, is_random)
    } else {
        welcome(&service, is_random)
    })?;
    stop.await;
    service.shutdown().await;
    Ok(())
}

/// What a script needs to know. A password that was given is already known to it.
fn line(service: &LocalService, is_random: bool) -> String {
    let mut line = json!({
        "portal": service.portal_url(),
        "pid": std::process::id(),
        "username": service.username(),
    });
    if is_random {
        line["password"] = service.password().into();
    }
    line.to_string()
}

fn welcome(service: &LocalService, is_random: bool) -> String {
    let password = if is_random {
        service.password()
    } else {
        "(as given)"
    };
    let typed = if is_random { service.password() } else { "..." };
    format!(
        "A local portal listens at {url}\n\n  \
           user      {user}\n  \
           password  {password}\n\n\
         Run a task on it from another terminal:\n\n  \
           export ARCGIS_PORTAL={url} ARCGIS_USERNAME={user} ARCGIS_PASSWORD={typed}\n  \
           arcgis-analysis run <TASK> ...\n\n\
         It stops with Ctrl-C.\n",
        url = service.portal_url(),
        user = service.username(),
    )
}
