//! The runtime of a blocking portal: it works on the thread that calls.

use crate::{Error, ErrorKind, Result};
use std::fmt;
use tokio::runtime::{Builder, Handle};

/// A runtime of one thread, that of whoever calls.
pub(super) struct Runtime(Option<tokio::runtime::Runtime>);

impl Runtime {
    pub(super) fn new() -> Result<Self> {
        outside()?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            let sentence = format!("the system gives no runtime for blocking calls: {error}");
            Error::new(ErrorKind::Transport, sentence).with_source(error)
        })?;
        Ok(Self(Some(runtime)))
    }

    /// Does the work to its end.
    pub(super) fn block_on<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        outside()?;
        match &self.0 {
            Some(runtime) => runtime.block_on(work),
            // It is taken away in the drop alone.
            None => Err(inside()),
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // Dropped as it is, on a thread of another runtime, it would panic.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Runtime")
    }
}

/// Refuses to block a thread of a runtime.
fn outside() -> Result<()> {
    match Handle::try_current() {
        Ok(_) => Err(inside()),
        Err(_) => Ok(()),
    }
}

fn inside() -> Error {
    Error::new(
        ErrorKind::InsideRuntime,
        "a blocking call was made on a thread of an async runtime, which it would hold up; use the async Portal here, \
         or call from a thread of its own",
    )
}
