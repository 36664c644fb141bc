//! The ledger's file: locked, appended to, brought to the disk, replaced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

const NAME: &str = "ledger.log";
/// The file that is locked is never replaced, so all processes lock the same one.
const LOCK: &str = "ledger.lock";
const FRESH: &str = "ledger.new";

/// Beyond how many bytes the file is replaced by a shorter one.
const LARGE: u64 = 8 << 20;

/// Makes the folder, for its owner only, and sees that it can be written to.
pub(super) fn prepare(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    lock(folder).map(drop)
}

/// The whole text, or none where nothing was written yet.
pub(super) fn read(folder: &Path) -> io::Result<Vec<u8>> {
    let _lock = lock(folder)?;
    contents(folder)
}

/// Appends a line, and brings it to the disk where it must last. `shorten` says the same as a text in fewer lines.
pub(super) fn append(
    folder: &Path,
    line: &str,
    must_last: bool,
    shorten: impl FnOnce(&[u8]) -> String,
) -> io::Result<()> {
    let _lock = lock(folder)?;
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
        [b'\n'] => line.to_owned(),
        _ => format!("\n{line}"),
    };
    file.write_all(text.as_bytes())?;
    if must_last {
        file.sync_data()?;
        if length == 0 {
            sync_folder(folder)?;
        }
    }
    if length > LARGE {
        replace(folder, &shorten(&contents(folder)?))?;
    }
    Ok(())
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

fn contents(folder: &Path) -> io::Result<Vec<u8>> {
    match fs::read(folder.join(NAME)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        outcome => outcome,
    }
}

/// Waits for the lock, which is let go when the file is dropped, or when the process is killed.
fn lock(folder: &Path) -> io::Result<File> {
    let file = private(OpenOptions::new().write(true).create(true)).open(folder.join(LOCK))?;
    file.lock()?;
    Ok(file)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Without this the new name of a file may be lost with the power.
fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
