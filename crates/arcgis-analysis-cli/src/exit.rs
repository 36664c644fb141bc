//! The exit codes and the words for errors, on which scripts depend.

use arcgis_analysis::ErrorKind;

/// The arguments or parameters are refused; nothing was submitted.
pub(crate) const REFUSED: u8 = 2;
/// Interrupted; the job goes on.
pub(crate) const INTERRUPTED: u8 = 130;
/// The job may still run; it could not be watched to its end.
pub(crate) const NOT_OBSERVED: u8 = 5;
/// Anything that has no code of its own.
pub(crate) const OTHER: u8 = 1;

/// The exit code of an error, and its word in JSON.
pub(crate) fn of(kind: ErrorKind) -> (u8, &'static str) {
    match kind {
        ErrorKind::Parameter => (REFUSED, "parameter"),
        ErrorKind::Configuration => (REFUSED, "configuration"),
        ErrorKind::CreditLimit => (REFUSED, "credit-limit"),
        ErrorKind::NoEstimate => (REFUSED, "no-estimate"),
        ErrorKind::Authentication => (3, "authentication"),
        ErrorKind::Permission => (3, "permission"),
        ErrorKind::NotOffered => (3, "not-offered"),
        ErrorKind::JobFailed => (4, "job-failed"),
        ErrorKind::JobCancelled => (4, "job-cancelled"),
        ErrorKind::JobTimedOut => (4, "job-timed-out"),
        ErrorKind::JobDeleted => (4, "job-deleted"),
        ErrorKind::NotObserved => (NOT_OBSERVED, "not-observed"),
        ErrorKind::SubmitOutcomeUnknown => (6, "submit-outcome-unknown"),
        ErrorKind::TimeLimit => (7, "time-limit"),
        ErrorKind::CancelNotHonoured => (7, "cancel-not-honoured"),
        ErrorKind::Ledger => (OTHER, "ledger"),
        ErrorKind::Store => (OTHER, "store"),
        ErrorKind::Unsupported => (OTHER, "unsupported"),
        ErrorKind::NotFound => (OTHER, "not-found"),
        ErrorKind::Refused => (OTHER, "refused"),
        ErrorKind::Busy => (OTHER, "busy"),
        ErrorKind::Server => (OTHER, "server"),
        ErrorKind::Transport => (OTHER, "transport"),
        ErrorKind::Protocol => (OTHER, "protocol"),
        ErrorKind::TooLarge => (OTHER, "too-large"),
        ErrorKind::Results => (OTHER, "results"),
        _ => (OTHER, "other"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_may_still_run_is_told_from_one_that_failed() {
        let code = |kind| of(kind).0;
        assert_eq!(code(ErrorKind::JobFailed), 4);
        assert_eq!(code(ErrorKind::NotObserved), 5);
        assert_eq!(code(ErrorKind::SubmitOutcomeUnknown), 6);
        assert_eq!(code(ErrorKind::TimeLimit), 7);
    }
}
