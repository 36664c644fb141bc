//! Files and folders that only their owner may read, locked by one process at a time and brought to the disk.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a lock is waited for. It is held for moments only, but a process that was stopped holds what it has.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Makes a folder, for its owner only.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a file that is created one for its owner only.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Without this the new name of a file may be lost with the power.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Waits for the lock of a file, which is let go when the file is dropped, or when the process is killed.
///
/// # Errors
/// [`ErrorKind::TimedOut`] when another process holds it for longer, and what the system says.
pub(crate) fn lock(file: &File, patience: Duration) -> io::Result<()> {
    let until = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < until => {
                sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => {
                let seconds = patience.as_secs();
                let problem = format!("another process has held its lock for {seconds} seconds");
                return Err(io::Error::new(ErrorKind::TimedOut, problem));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}
