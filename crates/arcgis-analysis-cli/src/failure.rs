//! What ends the program without a result, told in one sentence or as JSON.

use crate::exit;
use arcgis_analysis::types::meta::TaskMeta;
use arcgis_analysis::types::{JobMessage, ParameterError};
use arcgis_analysis::{FindTaskError, params, report};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;

/// What to say where no task is named.
pub(crate) const MISSING_TASK: &str =
    "<TASK> is missing; `arcgis-analysis tasks` lists what there is";

/// What ends the program.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    kind: &'static str,
    message: String,
    parameters: Vec<String>,
    job_url: Option<String>,
    message_code: Option<String>,
    messages: Vec<JobMessage>,
    /// Help or a version that was asked for, which is no failure but ends the program too.
    shown: Option<Box<clap::Error>>,
}

impl Failure {
    /// A failure of a kind, with its exit code.
    pub(crate) fn new(code: u8, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            kind,
            message: message.into(),
            parameters: Vec::new(),
            job_url: None,
            message_code: None,
            messages: Vec::new(),
            shown: None,
        }
    }

    /// Arguments that make no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(exit::REFUSED, "usage", message)
    }

    /// Parameters that are refused before anything is submitted.
    pub(crate) fn of_parameter(meta: &TaskMeta, error: &ParameterError) -> Self {
        let parameters = error.params().to_vec();
        Self {
            parameters,
            ..Self::new(exit::REFUSED, "parameter", params::explain(meta, error))
        }
    }

    /// The same failure, said of a job.
    pub(crate) fn of_job(mut self, url: &str) -> Self {
        self.job_url.get_or_insert_with(|| url.to_owned());
        self
    }

    /// The sentence.
    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }

    /// Tells it on stderr.
    pub(crate) fn tell(&self, json: bool) {
        if let Some(shown) = &self.shown {
            // Help goes where clap sends it; where that is closed, nobody is left to be told.
            let _ = shown.print();
        } else if json {
            let _ = writeln!(std::io::stderr(), "{}", self.to_json());
        } else if !self.message.is_empty() {
            let _ = writeln!(std::io::stderr(), "error: {}", self.message);
        }
    }

    fn to_json(&self) -> serde_json::Value {
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
        json!({ "error": error })
    }
}

impl From<arcgis_analysis::Error> for Failure {
    fn from(error: arcgis_analysis::Error) -> Self {
        let (code, kind) = exit::of(error.kind());
        Self {
            job_url: error.job_url().map(str::to_owned),
            message_code: error.message_code().map(str::to_owned),
            messages: error.messages().to_vec(),
            ..Self::new(code, kind, error.to_string())
        }
    }
}

impl From<FindTaskError> for Failure {
    fn from(error: FindTaskError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        let code = u8::try_from(error.exit_code()).unwrap_or(exit::REFUSED);
        match error.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Self {
                shown: Some(Box::new(error)),
                ..Self::new(code, "help", "")
            },
            _ => Self::new(code, "usage", sentence(&error)),
        }
    }
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
