//! How a caller follows and stops an analysis.

use crate::EngineError;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type ProgressSink = dyn Fn(f64) + Send + Sync;
type MessageSink = dyn Fn(Severity, &str) + Send + Sync;

/// How serious a message is.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::Severity;
///
/// assert_ne!(Severity::Informative, Severity::Warning);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// For information.
    Informative,
    /// Something was left out, or may not be what was meant.
    Warning,
}

/// Follows and stops an analysis: cancellation, progress and messages.
///
/// Clones share one state, so that another thread can cancel an analysis, or be told of its progress.
/// Cancellation is looked at between features; a single feature is always finished.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_engine::Control;
///
/// let control = Control::new().on_progress(|percent| assert!((0.0..=100.0).contains(&percent)));
/// let elsewhere = control.clone();
/// elsewhere.cancel();
/// assert!(control.is_cancelled());
/// ```
#[derive(Clone, Default)]
pub struct Control {
    cancelled: Arc<AtomicBool>,
    /// The last whole percent that was told, so that threads never report a step backwards.
    told: Arc<Mutex<u8>>,
    progress: Option<Arc<ProgressSink>>,
    messages: Option<Arc<MessageSink>>,
}

impl Control {
    /// A control that nobody listens to.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Has `sink` told of the progress, in percent, at most once for each whole percent.
    #[must_use]
    pub fn on_progress(mut self, sink: impl Fn(f64) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(sink));
        self
    }

    /// Has `sink` told of each message.
    #[must_use]
    pub fn on_message(mut self, sink: impl Fn(Severity, &str) + Send + Sync + 'static) -> Self {
        self.messages = Some(Arc::new(sink));
        self
    }

    /// Asks the analysis to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the analysis was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Stops here if the analysis was asked to.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        if self.is_cancelled() {
            Err(EngineError::Cancelled)
        } else {
            Ok(())
        }
    }

    /// Stops with this one, and tells nobody of its progress: for an analysis within another.
    pub(crate) fn within(&self) -> Self {
        Self {
            cancelled: Arc::clone(&self.cancelled),
            ..Self::default()
        }
    }

    /// Tells how far the analysis is.
    pub(crate) fn progress(&self, done: usize, of: usize) {
        let Some(sink) = &self.progress else { return };
        let percent = (done.min(of) * 100).checked_div(of).unwrap_or(100) as u8;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if percent > *told {
            *told = percent;
            sink(f64::from(percent));
        }
    }

    /// Tells something for information.
    pub(crate) fn inform(&self, text: &str) {
        self.message(Severity::Informative, text);
    }

    /// Warns of something.
    pub(crate) fn warn(&self, text: &str) {
        self.message(Severity::Warning, text);
    }

    fn message(&self, severity: Severity, text: &str) {
        if let Some(sink) = &self.messages {
            sink(severity, text);
        }
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_steps_back_and_ends_at_a_hundred() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let control = Control::new().on_progress(move |percent| {
            sink.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(percent);
        });
        for done in [1, 3, 2, 3, 7, 6, 7] {
            control.progress(done, 7);
        }
        let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(*seen, [14.0, 42.0, 100.0]);
    }

    #[test]
    fn a_clone_cancels() {
        let control = Control::new();
        assert_eq!(control.check(), Ok(()));
        control.clone().cancel();
        assert_eq!(control.check(), Err(EngineError::Cancelled));
    }
}
