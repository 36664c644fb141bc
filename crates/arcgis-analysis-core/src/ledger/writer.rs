//! The ledger's writes: handed over at once, in order, and made off the async threads, together where several wait.
//!
//! A write waits for the disk, and for other processes that hold the lock. So it is made on a thread for such work, and
//! whoever handed it over may wait for it or not: it is made in any case, even when the runtime is shut down meanwhile.

use super::record::{self, Event, INTENT};
use super::{REMEMBERED, file};
use std::io;
use std::mem::take;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::dispatcher::{Dispatch, get_default, with_default};

/// What became of a write, to be awaited.
pub(super) type Written = oneshot::Receiver<io::Result<()>>;

#[derive(Debug)]
pub(super) struct Writer {
    pub(super) folder: PathBuf,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Write>,
    /// Whether somebody is at it, and will look here again.
    busy: bool,
}

#[derive(Debug)]
struct Write {
    job: String,
    event: &'static str,
    line: String,
    must_last: bool,
    /// To whom whoever handed it over traces, which another thread does not know.
    trace: Dispatch,
    done: oneshot::Sender<io::Result<()>>,
}

impl Writer {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            queue: Mutex::default(),
        }
    }

    /// Hands over what happened to a job.
    pub(super) fn write(self: &Arc<Self>, job: &str, event: &Event<'_>) -> Written {
        self.hand_over(|done| Write {
            job: job.to_owned(),
            event: event.word(),
            line: record::line(job, SystemTime::now(), event),
            must_last: event.must_last(),
            trace: get_default(Dispatch::clone),
            done,
        })
    }

    /// Hands over nothing, which is done when all is that was handed over before.
    pub(super) fn settle(self: &Arc<Self>) -> Written {
        self.hand_over(|done| Write {
            job: String::new(),
            event: "",
            line: String::new(),
            must_last: false,
            trace: Dispatch::none(),
            done,
        })
    }

    fn hand_over(
        self: &Arc<Self>,
        write: impl FnOnce(oneshot::Sender<io::Result<()>>) -> Write,
    ) -> Written {
        let (done, written) = oneshot::channel();
        let mut queue = self.queue();
        queue.waiting.push(write(done));
        if !std::mem::replace(&mut queue.busy, true) {
            drop(queue);
            let round = Round(Arc::clone(self));
            match Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn_blocking(|| drop(round))),
                // Where nothing is async, nobody is held up but who asked for it.
                Err(_) => drop(round),
            }
        }
        written
    }

    #[cfg(test)]
    pub(super) fn is_waiting(&self) -> bool {
        !self.queue().waiting.is_empty()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes several writes at once: one lock, and one wait for the disk.
    fn make(&self, mut writes: Vec<Write>) {
        // Who is about to submit and does not wait any more will not submit.
        writes.retain(|write| write.event != INTENT || !write.done.is_closed());
        let text: String = writes.iter().map(|write| write.line.as_str()).collect();
        let must_last = writes.iter().any(|write| write.must_last);
        let shorten =
            |text: &[u8]| record::shorten(&record::fold(text), REMEMBERED, SystemTime::now());
        let outcome = match text.is_empty() {
            true => Ok(()),
            false => file::append(&self.folder, &text, must_last, shorten),
        };
        for Write {
            job,
            event,
            trace,
            done,
            ..
        } in writes
        {
            let outcome = match &outcome {
                Ok(()) => Ok(()),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            };
            if let (Err(error), false) = (&outcome, job.is_empty() || event == INTENT) {
                with_default(&trace, || {
                    tracing::error!(%job, event, %error, "ledger.failed");
                });
            }
            // Some do not wait for it.
            let _ = done.send(outcome);
        }
    }
}

/// All writes that wait, made when it is dropped: a runtime that is shut down drops work that it has not begun.
struct Round(Arc<Writer>);

impl Drop for Round {
    fn drop(&mut self) {
        loop {
            let mut queue = self.0.queue();
            let writes = take(&mut queue.waiting);
            if writes.is_empty() {
                queue.busy = false;
                return;
            }
            drop(queue);
            self.0.make(writes);
        }
    }
}
