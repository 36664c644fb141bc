//! How a job gets on, on stderr: a line that moves on a terminal, and elsewhere only warnings.

use crate::events::{Events, Voice};
use crate::print;
use arcgis_analysis::JobUpdate;
use arcgis_analysis::types::{JobMessage, MessageType};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// Shows how a job gets on.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Which messages of the job are shown as they come.
    messages: Messages,
    /// What is told on stdout as it happens.
    events: Option<Events>,
}

#[derive(Clone, Copy, PartialEq)]
enum Messages {
    /// None: they are in the JSON document.
    None,
    /// Those that a log should have.
    Warnings,
    /// All that somebody who watches may want to read.
    All,
}

impl Progress {
    pub(crate) fn start(task: &'static str, voice: Voice) -> Self {
        let is_watched = std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // The template is fixed; should it ever be wrong, the default style serves.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(task);
        bar.enable_steady_tick(Duration::from_millis(100));
        let messages = match (voice, is_watched) {
            (Voice::Json | Voice::Events, _) => Messages::None,
            (Voice::Text, false) => Messages::Warnings,
            (Voice::Text, true) => Messages::All,
        };
        let events = (voice == Voice::Events).then(Events::default);
        Self {
            bar,
            messages,
            events,
        }
    }

    /// Says what is being done.
    pub(crate) fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Shows what changed at the job.
    pub(crate) fn show(&self, update: &JobUpdate) {
        if let Some(events) = &self.events {
            self.bar.suspend(|| events.show(update));
        }
        for message in &update.messages {
            self.tell(message);
        }
        let percent = update
            .progress
            .as_ref()
            .and_then(|progress| progress.percent);
        let what = update
            .progress
            .as_ref()
            .and_then(|progress| progress.message.as_deref());
        let state = update
            .status
            .as_str()
            .trim_start_matches("esriJob")
            .to_lowercase();
        let line = match (&update.trouble, percent, what) {
            (Some(trouble), ..) => {
                format!("{state}, but it cannot be observed at the moment: {trouble}")
            }
            (None, Some(percent), what) => format!("{percent:.0} % {}", what.unwrap_or(&state)),
            (None, None, what) => what.unwrap_or(&state).to_owned(),
        };
        self.bar.set_message(line);
        if let Some(trouble) = update
            .trouble
            .as_ref()
            .filter(|_| self.messages == Messages::Warnings)
        {
            print::note(&format!(
                "warning: the job cannot be observed at the moment: {trouble}"
            ));
        }
    }

    /// The job's errors are not told here: they are in the sentence with which the program ends.
    fn tell(&self, message: &JobMessage) {
        let prefix = match (&message.message_type, self.messages) {
            (_, Messages::None) | (MessageType::Error | MessageType::Abort, _) => return,
            (MessageType::Warning, _) => "warning: ",
            (_, Messages::All) => "",
            (_, Messages::Warnings) => return,
        };
        let text = message.text();
        if !text.trim().is_empty() {
            self.bar.suspend(|| print::note(&format!("{prefix}{text}")));
        }
    }

    /// Takes the line away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}
