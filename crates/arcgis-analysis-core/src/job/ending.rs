//! What a job's end means for those who wait for it.

use super::raw::RawJob;
use crate::redact::redact;
use crate::{Error, ErrorKind, Result};
use arcgis_analysis_types::{JobInfo, JobMessage, JobStatus, MessageType};
use std::time::Duration;

/// The job if it succeeded, or else the error that its end is, with the reasons that the job gave.
pub(super) fn judge(job: &RawJob, info: JobInfo) -> Result<JobInfo> {
    let (kind, end) = match info.status {
        JobStatus::Succeeded => return Ok(info),
        JobStatus::Failed => (ErrorKind::JobFailed, "failed"),
        JobStatus::Cancelled => (ErrorKind::JobCancelled, "was cancelled"),
        JobStatus::TimedOut => (ErrorKind::JobTimedOut, "ran into the server's time limit"),
        JobStatus::Deleted | JobStatus::Deleting => {
            (ErrorKind::JobDeleted, "was deleted from the server")
        }
        other => {
            let sentence = format!(
                "{} has not ended, its state is {}",
                job.task().name,
                other.as_str()
            );
            return Err(Error::new(ErrorKind::Results, sentence).with_job_url(job.url()));
        }
    };
    let sentence = match reason(&info.messages) {
        Some(reason) => {
            // Some services begin their messages with the task's name.
            let name = job.task().name;
            let reason = reason
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix(": "))
                .unwrap_or(&reason);
            format!("{name} {end}: {reason}")
        }
        None if kind == ErrorKind::JobFailed => {
            format!("{} {end}, and the service gave no reason", job.task().name)
        }
        None => format!("{} {end}", job.task().name),
    };
    let message_code = errors(&info.messages).find_map(JobMessage::message_code);
    let error = Error::new(kind, redact(&sentence, &job.session().secrets()));
    Err(error
        .with_job_url(job.url())
        .with_codes(None, message_code)
        .with_messages(info.messages))
}

/// The job's errors in words, or else its last message.
fn reason(messages: &[JobMessage]) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    let words = |message: &JobMessage| {
        let text = message.text();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.trim_end_matches('.').to_owned();
        match message.message_code() {
            Some(code) if !text.contains(&code) => format!("{text} ({code})"),
            _ => text,
        }
    };
    for line in errors(messages).map(words) {
        if !line.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        lines.extend(messages.iter().map(words).rfind(|line| !line.is_empty()));
    }
    (!lines.is_empty()).then(|| lines.join(". "))
}

fn errors(messages: &[JobMessage]) -> impl Iterator<Item = &JobMessage> {
    messages
        .iter()
        .filter(|m| matches!(m.message_type, MessageType::Error | MessageType::Abort))
}

/// A length of time for people.
pub(super) fn span(length: Duration) -> String {
    match length.as_secs() {
        0 => format!("{} ms", length.as_millis()),
        s if s < 120 || s % 60 != 0 => format!("{s} s"),
        s if s < 7200 || s % 3600 != 0 => format!("{} min", s / 60),
        s => format!("{} h", s / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(message_type: MessageType, description: &str) -> JobMessage {
        JobMessage {
            message_type,
            description: description.to_owned(),
        }
    }

    #[test]
    fn the_reason_is_what_the_job_says_is_wrong() {
        use MessageType::{Error, Informative, Warning};
        let coded = r#"{"messageCode":"AO_100012","message":"No ${what} found.","params":{"what":"features"}}"#;
        assert_eq!(reason(&[]), None);
        assert_eq!(reason(&[message(Informative, " ")]), None);
        assert_eq!(
            reason(&[message(Informative, "Start"), message(Warning, "Odd.")]).as_deref(),
            Some("Odd"),
            "without an error the last message is the best there is"
        );
        assert_eq!(
            reason(&[
                message(Error, coded),
                message(Error, "Failed\nto run."),
                message(Error, coded)
            ])
            .as_deref(),
            Some("No features found (AO_100012). Failed to run")
        );
    }

    #[test]
    fn spans_are_short() {
        for (length, shown) in [
            (Duration::from_millis(250), "250 ms"),
            (Duration::from_secs(90), "90 s"),
            (Duration::from_secs(600), "10 min"),
            (Duration::from_secs(601), "601 s"),
            (Duration::from_secs(14_400), "4 h"),
        ] {
            assert_eq!(span(length), shown);
        }
    }
}
