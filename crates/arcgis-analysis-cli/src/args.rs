//! The commands and their flags. Those of a task come from its description.

use crate::failure::{Failure, MISSING_TASK};
use crate::{print, task_args};
use arcgis_analysis::find_task;
use arcgis_analysis::types::TaskEntry;
use clap::builder::{PathBufValueParser, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use clap_complete::Shell;
use std::ffi::OsString;

/// The whole command; `run`, `submit` and `estimate` have the flags of `task`.
pub(crate) fn command(task: Option<&'static TaskEntry>) -> Command {
    Command::new("arcgis-analysis")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Run ArcGIS analyses, on a portal or on this machine.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .term_width(print::width())
        .arg(
            Arg::new("verbose")
                .short('v')
                .long("verbose")
                .action(ArgAction::Count)
                .global(true)
                .help("Say on stderr what is asked and answered; twice, in every detail"),
        )
        .subcommands([
            Command::new("tasks")
                .about("List the tasks")
                .arg(service())
                .arg(json("Print a JSON list")),
            Command::new("describe")
                .about("Explain a task: what it takes, and what it returns")
                .arg(task_name())
                .arg(service()),
            Command::new("schema")
                .about("Print the JSON Schema of a task's parameters")
                .arg(task_name())
                .arg(service()),
            run(task),
            submit(task),
            estimate(task),
            jobs(),
            job("status", "Ask how a job is"),
            job(
                "messages",
                "Print the messages that a job has written so far",
            ),
            job("wait", "Wait for a job's end").args([patience(), cancel_on_interrupt(), events()]),
            job("results", "Wait for a job's end and print its results")
                .args([patience(), cancel_on_interrupt(), events()])
                .args(output()),
            job("cancel", "Ask a job to stop, and wait until it has").arg(patience()),
            login(),
            Command::new("logout")
                .about("Forget the sign-in to a portal")
                .long_about(
                    "Forget the sign-in to a portal. What is kept of it here is deleted in any case; the portal is asked \
                     to revoke what it gave in a browser, so that no copy serves any more, and if it does not, one \
                     sentence says so. Commands that run meanwhile end when their token does.",
                )
                .arg(portal_url())
                .arg(json("Print one JSON document")),
            Command::new("whoami")
                .about("Ask a portal who the commands act as")
                .args(portal())
                .arg(json("Print one JSON document; errors go to stderr as JSON")),
            serve(),
            Command::new("completions")
                .about("Print a completion script for a shell")
                .arg(
                    Arg::new("shell")
                        .required(true)
                        .value_parser(value_parser!(Shell))
                        .help("The shell"),
                ),
        ])
}

/// The task that a command line wants to run, whose flags the command needs before it can be parsed.
///
/// Where no word names a task, the first word that could is reported.
pub(crate) fn named_task(words: &[OsString]) -> Result<Option<&'static TaskEntry>, Failure> {
    let mut words = words.iter().skip(1).map(|word| word.to_string_lossy());
    let command = match words.next().as_deref() {
        Some("run") => run(None),
        Some("submit") => submit(None),
        Some("estimate") => estimate(None),
        _ => return Ok(None),
    };
    let known = |flag: &str| {
        command
            .get_arguments()
            .find(|arg| arg.get_long() == Some(flag))
    };
    let mut service = None;
    // The words that can only be a task, and those behind a flag that a task may have.
    let (mut plain, mut perhaps) = (Vec::new(), Vec::new());
    let mut flag: Option<String> = None;
    for word in words {
        let before = flag.take();
        match word
            .strip_prefix("--")
            .map(|name| (name, name.split_once('=')))
        {
            Some((_, Some(("service", value)))) => service = Some(value.to_owned()),
            Some((_, Some(_))) => {}
            Some((name, None)) => flag = Some(name.to_owned()),
            None if word.starts_with('-') => {}
            None => match before.as_deref().map(|name| (name, known(name))) {
                Some(("service", _)) => service = Some(word.into_owned()),
                Some((_, Some(arg))) if arg.get_action().takes_values() => {}
                Some((_, None)) => perhaps.push(word.into_owned()),
                Some((_, Some(_))) | None => plain.push(word.into_owned()),
            },
        }
    }
    let find = |name: &String| find_task(name, service.as_deref());
    let mut candidates = plain.iter().chain(&perhaps);
    match (candidates.find_map(|name| find(name).ok()), plain.first()) {
        (Some(task), _) => Ok(Some(task)),
        (None, Some(name)) => find(name).map(Some).map_err(Failure::from),
        (None, None) if perhaps.is_empty() => Ok(None),
        (None, None) => Err(Failure::usage(MISSING_TASK)),
    }
}

/// The task that a parsed command names.
pub(crate) fn task(matches: &ArgMatches) -> Result<&'static TaskEntry, Failure> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    Ok(find_task(
        text("task").unwrap_or_default(),
        text("service"),
    )?)
}

const PLACE: &str = "Where to run";
const OUTPUT: &str = "Output";

fn run(task: Option<&'static TaskEntry>) -> Command {
    let command = Command::new("run").about("Run a task and wait for its results");
    with_task(command, task)
        .args(place())
        .args([max_credits(), patience(), cancel_on_interrupt()])
        .args(output())
        .arg(json("Print one JSON document; errors go to stderr as JSON").help_heading(OUTPUT))
        .arg(events())
}

fn submit(task: Option<&'static TaskEntry>) -> Command {
    let command = Command::new("submit").about("Submit a task and leave it running");
    with_task(command, task)
        .args(portal())
        .args([service().help_heading(PLACE), max_credits()])
        .arg(json("Print one JSON document; errors go to stderr as JSON").help_heading(OUTPUT))
        .arg(events())
}

fn estimate(task: Option<&'static TaskEntry>) -> Command {
    let command = Command::new("estimate").about("Ask what a task would cost, and run nothing");
    with_task(command, task)
        .args(place())
        .arg(json("Print one JSON document; errors go to stderr as JSON").help_heading(OUTPUT))
}

/// The arguments that say which task, and with what.
fn with_task(command: Command, task: Option<&'static TaskEntry>) -> Command {
    let name = command.get_name().to_owned();
    let command = command.arg(task_name());
    let command = match task {
        Some(task) => task_args::add(command, task),
        None => command
            .override_usage(format!(
                "arcgis-analysis {name} <TASK> [PARAMETERS] [OPTIONS]"
            ))
            .after_help(format!(
                "The flags of a task's parameters: arcgis-analysis {name} <TASK> --help"
            )),
    };
    command.arg(
        flag(
            "params",
            "FILE",
            "Read parameters from a JSON object; `-` reads it from stdin, flags win over it",
        )
        .value_hint(ValueHint::FilePath)
        .value_parser(PathBufValueParser::new())
        .help_heading("Parameters"),
    )
}

fn jobs() -> Command {
    Command::new("jobs")
        .about("List the jobs that were submitted from here")
        .arg(json("Print a JSON list"))
}

/// A command about a job that was submitted before.
fn job(name: &'static str, about: &'static str) -> Command {
    Command::new(name)
        .about(about)
        .arg(
            Arg::new("job")
                .value_name("JOB")
                .required(true)
                .value_hint(ValueHint::Url)
                .help("The job's name, or its beginning, as `jobs` lists it; or the job's URL, or its token"),
        )
        .args(portal())
        .arg(service().help_heading(PLACE))
        .arg(json("Print one JSON document; errors go to stderr as JSON").help_heading(OUTPUT))
}

/// Where a task may run.
fn place() -> Vec<Arg> {
    let mut args = vec![
        switch("local", "Run on this machine, without a portal")
            .conflicts_with_all(["portal", "username", "password-stdin"])
            .help_heading(PLACE),
    ];
    args.extend(portal());
    args.push(service().help_heading(PLACE));
    args
}

/// Which portal, and as whom.
fn portal() -> [Arg; 3] {
    [
        portal_url().help_heading(PLACE),
        flag(
            "username",
            "NAME",
            "Sign in as this user, with the password of --password-stdin or ARCGIS_PASSWORD",
        )
        .help_heading(PLACE),
        switch(
            "password-stdin",
            "Read the password from the first line of stdin",
        )
        .help_heading(PLACE),
    ]
}

fn events() -> Arg {
    switch(
        "events",
        "Print what happens as it happens, one JSON object a line with its name under `event`: submitted, status, \
         message, progress, trouble, results, ended; the last, ended, has the result or the error",
    )
    .conflicts_with("json")
    .help_heading(OUTPUT)
}

fn portal_url() -> Arg {
    flag("portal", "URL", "The portal [env: ARCGIS_PORTAL]").value_hint(ValueHint::Url)
}

fn login() -> Command {
    Command::new("login")
        .about("Sign in to a portal, so that other commands need no credentials")
        .after_help(
            "The sign-in is kept in the system's keyring, or, where there is none or \
             ARCGIS_ANALYSIS_KEYRING is `off`, in a file that only you can read. Commands use it \
             when neither flags nor the environment give credentials.",
        )
        .args([
            portal_url(),
            flag(
                "client-id",
                "ID",
                "Sign in in a browser, for the application that the portal knows by this ID [env: ARCGIS_CLIENT_ID]",
            ),
            flag(
                "port",
                "PORT",
                "The port of 127.0.0.1 that the browser returns to; 0 takes a free one",
            )
            .default_value("0")
            .value_parser(value_parser!(u16)),
            switch("no-browser", "Print the page to sign in on, and open no browser"),
            flag(
                "timeout",
                "TIME",
                "Wait no longer than this for the browser, for example 10m [default: 5m]",
            )
            .value_parser(ValueParser::new(timeout)),
            flag(
                "username",
                "NAME",
                "Sign in as this user without a browser, with the password of --password-stdin, ARCGIS_PASSWORD or a \
                 prompt; lasts for a day at most",
            )
            .conflicts_with_all(["client-id", "port", "no-browser", "timeout"]),
            switch(
                "password-stdin",
                "Read the password from the first line of stdin",
            )
            .conflicts_with_all(["client-id", "port", "no-browser", "timeout"]),
            json("Print one JSON document; errors go to stderr as JSON"),
        ])
}

fn max_credits() -> Arg {
    flag(
        "max-credits",
        "NUMBER",
        "Submit nothing that may cost more credits than this, or whose cost the portal cannot tell",
    )
    .value_parser(ValueParser::new(credits))
    .help_heading(PLACE)
}

fn patience() -> Arg {
    flag(
        "timeout",
        "TIME",
        "Wait no longer than this for the job, for example 30m; the job goes on",
    )
    .value_parser(ValueParser::new(timeout))
    .help_heading(PLACE)
}

fn cancel_on_interrupt() -> Arg {
    switch(
        "cancel-on-interrupt",
        "Stop the job when the program is interrupted, which otherwise goes on",
    )
    .help_heading(PLACE)
}

/// What becomes of the results.
fn output() -> [Arg; 2] {
    [
        flag(
            "out",
            "FILE",
            "Write the first layer to a file: .geojson, .json (GeoJSON), .esri.json or .html (a map); of a task that makes \
             a file, download it",
        )
        .value_hint(ValueHint::FilePath)
        .value_parser(PathBufValueParser::new())
        .help_heading(OUTPUT),
        flag(
            "result",
            "NAME",
            "Write this result instead of the first layer",
        )
        .requires("out")
        .help_heading(OUTPUT),
    ]
}

fn serve() -> Command {
    Command::new("serve")
        .about("Start a local portal that computes on this machine")
        .after_help(
            "ARCGIS_CLIENT_ID and ARCGIS_CLIENT_SECRET, where both are set, register an application that can \
             sign in by itself.",
        )
        .args([
            flag("host", "HOST", "Listen on this address").default_value("127.0.0.1"),
            flag("port", "PORT", "Listen on this port; 0 takes a free one")
                .default_value("0")
                .value_parser(value_parser!(u16)),
            flag(
                "username",
                "NAME",
                "The name of the one user [default: local]",
            ),
            switch(
                "password-stdin",
                "Read the user's password from the first line of stdin",
            ),
            flag(
                "data",
                "DIR",
                "Keep jobs, results and hosted layers in this folder, so that they outlive the service",
            )
            .value_hint(ValueHint::DirPath)
            .value_parser(PathBufValueParser::new()),
            flag(
                "cert",
                "FILE",
                "Answer https with this certificate (PEM) [default: one made at the start]",
            )
            .requires("key")
            .value_hint(ValueHint::FilePath)
            .value_parser(PathBufValueParser::new()),
            flag("key", "FILE", "The private key (PEM) of the certificate")
                .requires("cert")
                .value_hint(ValueHint::FilePath)
                .value_parser(PathBufValueParser::new()),
            flag(
                "persona",
                "PERSONA",
                "Give the portal out for one of an organisation's own, or for ArcGIS Online, which tells what analyses \
                 cost",
            )
            .value_parser(["local", "online"])
            .default_value("local"),
            flag(
                "allow-host",
                "HOST",
                "Let jobs read layers of HOST or HOST:PORT, too; may be repeated [default: only those that the service hosts]",
            )
            .action(ArgAction::Append),
            flag(
                "faults",
                "FILE",
                "Do wrong what this plan (JSON) says, to try a client on it",
            )
            .value_hint(ValueHint::FilePath)
            .value_parser(PathBufValueParser::new()),
            json("Print one JSON line when connections are accepted"),
        ])
        .args(crate::limits::args())
}

fn task_name() -> Arg {
    Arg::new("task")
        .value_name("TASK")
        .required(true)
        .help("The task's name, for example as `tasks` lists it")
}

fn service() -> Arg {
    flag(
        "service",
        "SERVICE",
        "The service of the task, where several have one of that name",
    )
}

fn json(help: &'static str) -> Arg {
    switch("json", help)
}

fn flag(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}

/// A number of credits.
fn credits(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok();
    number
        .filter(|credits| credits.is_finite() && *credits >= 0.0)
        .ok_or_else(|| "must be a number of credits, 0 or more".to_owned())
}

/// A length of time such as `30m` or `1h 30m`.
fn timeout(text: &str) -> Result<std::time::Duration, String> {
    let length = text.parse::<jiff::SignedDuration>().ok();
    let length = length.and_then(|length| std::time::Duration::try_from(length).ok());
    length
        .filter(|length| !length.is_zero())
        .ok_or_else(|| "must be a length of time such as `90s`, `30m` or `1h 30m`".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn named(line: &str) -> Result<Option<&'static str>, String> {
        let words: Vec<_> = line.split(' ').map(OsString::from).collect();
        let task = named_task(&words).map_err(|failure| match failure {
            Failure::Error(details) => details.message,
            Failure::Help(error) => error.to_string(),
        })?;
        Ok(task.map(|task| task.meta.name))
    }

    #[test]
    fn the_command_is_sound() {
        command(None).debug_assert();
        for task in arcgis_analysis::tasks() {
            command(Some(task)).debug_assert();
        }
    }

    #[test]
    fn every_flag_of_run_is_reserved() {
        let (run, submit) = (run(None), submit(None));
        let all = run.get_arguments().chain(submit.get_arguments());
        for arg in all.filter_map(Arg::get_long) {
            assert!(
                arcgis_analysis::params::RESERVED_FLAGS.contains(&arg),
                "{arg}"
            );
        }
    }

    #[test]
    fn finds_the_task_wherever_it_stands() {
        let name = arcgis_analysis::tasks().next().unwrap().meta.name;
        for line in [
            "run NAME --local",
            "run --local NAME",
            "run --portal https://x NAME",
            "run --out=a NAME --a b",
        ] {
            let line = format!("arcgis-analysis {}", line.replace("NAME", name));
            assert_eq!(named(&line), Ok(Some(name)), "{line}");
        }
        assert_eq!(named(&format!("arcgis-analysis tasks {name}")), Ok(None));
        assert_eq!(named("arcgis-analysis run --help"), Ok(None));
    }

    #[test]
    fn says_that_there_is_no_such_task() {
        let problem = "there is no task `Bake`, nor one of a similar name; see the list of tasks";
        assert_eq!(
            named("arcgis-analysis run Bake --local"),
            Err(problem.to_owned())
        );
    }

    #[test]
    fn reads_lengths_of_time() {
        assert_eq!(timeout("30m"), Ok(Duration::from_secs(1800)));
        assert_eq!(timeout("1h 30m"), Ok(Duration::from_secs(5400)));
        for text in ["", "30", "0s", "-5m", "soon"] {
            assert!(timeout(text).is_err(), "{text}");
        }
    }
}
