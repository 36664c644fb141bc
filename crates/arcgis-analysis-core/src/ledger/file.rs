//! The ledger's file: locked, appended to, brought to the disk, replaced.

use crate::private_file::{self, PATIENCE, make_folder, private, sync_folder};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

const NAME: &str = "ledger.log";
/// The file that is locked is never replaced, so all processes lock the same one.
const LOCK: &str = "ledger.lock";
const FRESH: &str = "ledger.new";

/// Beyond how many bytes the file is replaced by a shorter one, unless it could not be much shorter the last time.
const LARGE: u64 = 8 << 20;

/// Makes the folder, for its owner only, and sees that it can be written to.
pub(super) fn prepare(folder: &Path) -> io::Result<()> {
    make_folder(folder)?;
    lockable(folder).map(drop)
}

/// The whole text, or none where nothing was written yet. No lock is needed: lines are only ever appended, what is half
/// written has no good checksum, and a file that is replaced can be read to its end.
pub(super) fn read(folder: &Path) -> io::Result<Vec<u8>> {
    match fs::read(folder.join(NAME)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        outcome => outcome,
    }
}

/// Appends lines, and brings them to the disk where they must last. `shorten` says the same as a text in fewer lines.
pub(super) fn append(
    folder: &Path,
    lines: &str,
    must_last: bool,
    shorten: impl FnOnce(&[u8]) -> String,
) -> io::Result<()> {
    let mut lock = lock(folder, PATIENCE)?;
    let mut file =
        private(OpenOptions::new().read(true).append(true).create(true)).open(folder.join(NAME))?;
    let length = file.metadata()?.len();
    // What a crash left half written must not swallow this record.
    let mut last = [b'\n'];
    if length > 0 {
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
    }
    let text = match last {
        [b'\n'] => lines.to_owned(),
        _ => format!("\n{lines}"),
    };
    file.write_all(text.as_bytes())?;
    if must_last {
        file.sync_data()?;
        if length == 0 {
            sync_folder(folder)?;
        }
    }
    if length > LARGE
        && let Err(error) = make_shorter(folder, &mut lock, length, shorten)
    {
        // The lines are there, and whoever writes next tries again.
        tracing::error!(job = "", event = "shorten", %error, "ledger.failed");
    }
    Ok(())
}

/// Replaces a file of so many bytes by a shorter one, unless it could not be much shorter the last time.
fn make_shorter(
    folder: &Path,
    lock: &mut File,
    length: u64,
    shorten: impl FnOnce(&[u8]) -> String,
) -> io::Result<()> {
    if length / 2 <= shortest(lock)? {
        return Ok(());
    }
    let text = shorten(&read(folder)?);
    replace(folder, &text)?;
    // A crash before this costs one replacement more.
    lock.set_len(0)?;
    lock.rewind()?;
    lock.write_all(text.len().to_string().as_bytes())
}

fn replace(folder: &Path, text: &str) -> io::Result<()> {
    let fresh = folder.join(FRESH);
    let mut file =
        private(OpenOptions::new().write(true).create(true).truncate(true)).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, folder.join(NAME))?;
    sync_folder(folder)
}

/// How many bytes were left the last time that the file was replaced, which the lock's file holds.
fn shortest(lock: &mut File) -> io::Result<u64> {
    let mut text = String::new();
    lock.rewind()?;
    lock.take(32).read_to_string(&mut text)?;
    Ok(text.trim().parse().unwrap_or(0))
}

/// Waits for the lock, which is let go when the file is dropped, or when the process is killed.
pub(super) fn lock(folder: &Path, patience: Duration) -> io::Result<File> {
    let file = lockable(folder)?;
    private_file::lock(&file, patience)?;
    Ok(file)
}

fn lockable(folder: &Path) -> io::Result<File> {
    private(OpenOptions::new().read(true).write(true).create(true)).open(folder.join(LOCK))
}
