//! What ends the program without a result, told in one sentence or as JSON.

use crate::{events, exit, print};
use arcgis_analysis::types::meta::TaskMeta;
use arcgis_analysis::types::{JobMessage, ParameterError};
use arcgis_analysis::{FindTaskError, params, report};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use serde_json::json;
use std::process::ExitCode;

/// What to say where no task is named.
pub(crate) const MISSING_TASK: &str =
    "<TASK> is missing; `arcgis-analysis tasks` lists what there is";

/// What ends the program.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Help or the version, which is no failure when it was asked for.
    Help(Box<clap::Error>),
    /// Everything else.
    Error(Box<Details>),
}

/// What is known of an error.
#[derive(Debug, Default)]
pub(crate) struct Details {
    code: u8,
    kind: &'static str,
    pub(crate) message: String,
    parameters: Vec<String>,
    job_url: Option<String>,
    message_code: Option<String>,
    messages: Vec<JobMessage>,
}

impl From<Details> for Failure {
    fn from(details: Details) -> Self {
        Self::Error(Box::new(details))
    }
}

impl Failure {
    /// A failure of a kind, with its exit code.
    pub(crate) fn new(code: u8, kind: &'static str, message: impl Into<String>) -> Self {
        Details {
            code,
            kind,
            message: message.into(),
            ..Details::default()
        }
        .into()
    }

    /// Arguments that make no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(exit::REFUSED, "usage", message)
    }

    /// Parameters that are refused before anything is submitted.
    pub(crate) fn of_parameter(meta: &TaskMeta, error: &ParameterError) -> Self {
        let details = Details {
            code: exit::REFUSED,
            kind: "parameter",
            message: params::explain(meta, error),
            parameters: error.params().to_vec(),
            ..Details::default()
        };
        details.into()
    }

    /// An error while a job was watched: where it has no exit code of its own, it is one of not knowing how the job ends.
    pub(crate) fn of_watching(error: arcgis_analysis::Error) -> Self {
        let may_run = error.job_may_run();
        let mut failure = Self::from(error);
        if let Self::Error(details) = &mut failure
            && may_run
            && details.code == exit::OTHER
        {
            details.code = exit::NOT_OBSERVED;
        }
        failure
    }

    /// The same failure, said of a job.
    pub(crate) fn of_job(mut self, url: &str) -> Self {
        if let Self::Error(details) = &mut self {
            details.job_url.get_or_insert_with(|| url.to_owned());
        }
        self
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Help(error) => clap_code(error),
            Self::Error(details) => details.code,
        }
    }

    /// Tells it on stderr.
    pub(crate) fn tell(&self, json: bool) {
        match self {
            Self::Help(error) => {
                // Where stderr is closed, nobody is left to be told.
                let _ = error.print();
            }
            Self::Error(details) if json => {
                print::note(&json!({ "error": details.error_json() }).to_string());
            }
            Self::Error(details) => {
                let job = details.job_url.as_deref();
                let unsaid = job.filter(|url| !details.message.contains(*url));
                let job = unsaid.map_or_else(String::new, |url| format!("\njob: {url}"));
                print::note(&format!("error: {}{job}", details.message));
            }
        }
    }
}

impl Failure {
    /// Tells it as the last event on stdout.
    pub(crate) fn tell_as_event(&self) {
        if let Self::Error(details) = self {
            events::failed(details.code, &details.error_json());
        }
    }
}

impl Details {
    fn error_json(&self) -> serde_json::Value {
        let mut error = json!({ "kind": self.kind, "message": self.message });
        if !self.parameters.is_empty() {
            error["parameters"] = json!(self.parameters);
        }
        if let Some(url) = &self.job_url {
            error["jobUrl"] = json!(url);
        }
        if let Some(code) = &self.message_code {
            error["messageCode"] = json!(code);
        }
        if !self.messages.is_empty() {
            error["messages"] = report::messages(&self.messages);
        }
        error
    }
}

impl From<arcgis_analysis::Error> for Failure {
    fn from(error: arcgis_analysis::Error) -> Self {
        let (code, kind) = exit::of(error.kind());
        let details = Details {
            code,
            kind,
            message: error.to_string(),
            parameters: Vec::new(),
            job_url: error.job_url().map(str::to_owned),
            message_code: error.message_code().map(str::to_owned),
            messages: error.messages().to_vec(),
        };
        details.into()
    }
}

impl From<FindTaskError> for Failure {
    fn from(error: FindTaskError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        match error.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Self::Help(Box::new(error)),
            _ => Self::new(clap_code(&error), "usage", sentence(&error)),
        }
    }
}

fn clap_code(error: &clap::Error) -> u8 {
    u8::try_from(error.exit_code()).unwrap_or(exit::REFUSED)
}

/// What is wrong with the arguments, in one sentence.
fn sentence(error: &clap::Error) -> String {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    let arg = context(ContextKind::InvalidArg).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let near = context(ContextKind::SuggestedArg);
            let hint = near.map_or("see --help for those that are".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            format!("`{arg}` is not an argument of this command; {hint}")
        }
        ErrorKind::MissingRequiredArgument if arg == "<TASK>" => MISSING_TASK.to_owned(),
        ErrorKind::MissingRequiredArgument => format!("{arg} is missing; see --help"),
        ErrorKind::InvalidSubcommand => {
            let command = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            let near = context(ContextKind::SuggestedSubcommand);
            let hint = near.map_or("see --help".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            format!("there is no command `{command}`; {hint}")
        }
        _ => {
            // The first line says what is wrong, those below it repeat the usage.
            let text = error.render().to_string();
            let line = text.lines().next().unwrap_or_default();
            line.strip_prefix("error: ").unwrap_or(line).to_owned()
        }
    }
}
