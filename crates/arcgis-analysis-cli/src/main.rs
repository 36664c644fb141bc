//! The command `arcgis-analysis`: it parses, calls the library and renders. It names no task.

mod args;
mod connection;
mod delivery;
mod describe;
mod estimate;
mod events;
mod exit;
mod failure;
mod interrupt;
mod job;
mod ledger;
mod limits;
mod local;
mod login;
mod print;
mod progress;
mod run;
mod serve;
mod summary;
mod task_args;
mod tasks;
mod trace;

use crate::failure::Failure;
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    // Looked for before parsing, so that a mistake in the arguments is told as JSON too.
    let has = |flag: &str| words.iter().any(|word| word == flag);
    let events = has("--events");
    match execute(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell(events || has("--json"));
            if events {
                failure.tell_as_event();
            }
            failure.exit_code()
        }
    }
}

fn execute(words: &[OsString]) -> Result<(), Failure> {
    let task = args::named_task(words)?;
    let matches = args::command(task).try_get_matches_from(words)?;
    trace::start(matches.get_count("verbose"));
    match matches.subcommand() {
        Some(("tasks", matches)) => tasks::tasks(matches),
        Some(("describe", matches)) => describe::describe(args::task(matches)?),
        Some(("schema", matches)) => {
            print::json(&arcgis_analysis::schema(args::task(matches)?.meta))
        }
        Some(("run", matches)) => run::run(args::task(matches)?, matches),
        Some(("submit", matches)) => run::submit(args::task(matches)?, matches),
        Some(("estimate", matches)) => estimate::estimate(args::task(matches)?, matches),
        Some(("jobs", matches)) => job::jobs(matches),
        Some(("status", matches)) => job::status(matches),
        Some(("messages", matches)) => job::messages(matches),
        Some(("wait", matches)) => job::wait(matches),
        Some(("results", matches)) => job::results(matches),
        Some(("cancel", matches)) => job::cancel(matches),
        Some(("login", matches)) => login::login(matches),
        Some(("logout", matches)) => login::logout(matches),
        Some(("whoami", matches)) => login::whoami(matches),
        Some(("serve", matches)) => serve::serve(matches),
        Some(("completions", matches)) => print::completions(matches, args::command(None)),
        _ => Ok(()),
    }
}
