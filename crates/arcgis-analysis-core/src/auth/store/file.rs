//! Sign-ins in files that only their owner may read.

use super::{SignInStore, name_of};
use crate::auth::SignIn;
use crate::private_file::{self, PATIENCE, make_folder, private, sync_folder};
use crate::{Error, ErrorKind, Result};
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// No sign-in is that large; whatever is, is not one.
const LARGEST: u64 = 1 << 20;

/// Keeps sign-ins in files of a folder, one for each portal, that only their owner may read and write (mode 0600). A
/// file that others may read is refused, since somebody may have its tokens. Files are replaced as a whole, by one
/// process at a time: `sign-ins.lock` beside the folder is locked meanwhile.
///
/// On systems without such modes the folder must be one that only its owner can reach.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::{FileStore, SignInStore};
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let store = FileStore::new(folder.join("state"));
/// assert!(store.load("https://www.arcgis.com")?.is_none());
/// assert!(!store.remove("https://www.arcgis.com")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct FileStore {
    folder: PathBuf,
    lock: PathBuf,
}

/// While it lives no other process changes what is kept, where the system has locks.
#[derive(Debug)]
pub(super) struct Lock {
    _held: Option<File>,
}

impl FileStore {
    /// In the folder `sign-ins` within this folder; both are made when something is kept.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            lock: folder.join("sign-ins.lock"),
            folder: folder.join("sign-ins"),
        }
    }

    /// Waits for the lock. A place that cannot be written to has none, and says so itself when it is written to.
    pub(super) fn locked(&self) -> Result<Lock> {
        let lock = || {
            self.lock.parent().map_or(Ok(()), make_folder)?;
            let mut options = OpenOptions::new();
            let options = private(options.write(true).create(true).truncate(false));
            let file = options.open(&self.lock)?;
            private_file::lock(&file, PATIENCE).map(|()| file)
        };
        match lock() {
            Ok(file) => Ok(Lock { _held: Some(file) }),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                let problem = format!(
                    "cannot be changed: another process has held {} for {} seconds",
                    self.lock.display(),
                    PATIENCE.as_secs()
                );
                Err(unusable(&self.folder, &problem))
            }
            Err(_) => Ok(Lock { _held: None }),
        }
    }

    /// Writes, under the lock.
    pub(super) fn write(&self, sign_in: &SignIn, _: &Lock) -> Result<String> {
        let path = self.path(&name_of(&sign_in.portal)?);
        let text = sign_in.to_secret();
        match write(&self.folder, &path, text.expose_secret()) {
            Ok(()) => Ok(path.display().to_string()),
            Err(error) => Err(unusable(&path, &format!("cannot be written: {error}"))),
        }
    }

    /// Deletes, under the lock.
    pub(super) fn delete(&self, portal: &str, _: &Lock) -> Result<bool> {
        let path = self.path(&name_of(portal)?);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(unusable(&path, &format!("cannot be deleted: {error}"))),
        }
    }

    fn path(&self, portal: &str) -> PathBuf {
        let mut name = String::new();
        for byte in &digest(&SHA256, portal.as_bytes()).as_ref()[..16] {
            // Writing to a string cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        self.folder.join(name + ".json")
    }
}

impl SignInStore for FileStore {
    fn load(&self, portal: &str) -> Result<Option<SignIn>> {
        let portal = name_of(portal)?;
        let path = self.path(&portal);
        let text = match read(&path) {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(None),
            Err(problem) => return Err(unusable(&path, &problem)),
        };
        let sign_in = SignIn::from_secret(&text)
            .ok()
            .filter(|sign_in| sign_in.portal == portal);
        match sign_in {
            Some(sign_in) => Ok(Some(sign_in)),
            None => Err(unusable(&path, "is damaged; delete it and sign in again")),
        }
    }

    fn save(&self, sign_in: &SignIn) -> Result<String> {
        self.write(sign_in, &self.locked()?)
    }

    fn swap(&self, sign_in: &SignIn) -> Result<(String, Result<Option<SignIn>>)> {
        let lock = self.locked()?;
        let before = self.load(sign_in.portal());
        Ok((self.write(sign_in, &lock)?, before))
    }

    fn remove(&self, portal: &str) -> Result<bool> {
        self.delete(portal, &self.locked()?)
    }

    fn replace(&self, held: &SignIn, renewed: &SignIn) -> Result<bool> {
        let lock = self.locked()?;
        match self.load(held.portal())? {
            Some(kept) if kept.is_same_as(held) => self.write(renewed, &lock).map(|_| true),
            _ => Ok(false),
        }
    }

    fn take(&self, portal: &str) -> Result<Option<SignIn>> {
        let lock = self.locked()?;
        let kept = self.load(portal)?;
        if kept.is_some() {
            self.delete(portal, &lock)?;
        }
        Ok(kept)
    }
}

fn unusable(path: &Path, problem: &str) -> Error {
    let sentence = format!("the file of a sign-in, {}, {problem}", path.display());
    Error::new(ErrorKind::Store, sentence)
}

fn read(path: &Path) -> Result<Option<SecretString>, String> {
    let failed = |error: io::Error| format!("cannot be read: {error}");
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    // Asked of the open file, so that no other can take its place in between.
    check(&file.metadata().map_err(failed)?)?;
    let mut text = String::new();
    file.take(LARGEST)
        .read_to_string(&mut text)
        .map_err(failed)?;
    Ok(Some(text.into()))
}

#[cfg(unix)]
fn check(file: &fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.permissions().mode() & 0o777;
    if !file.is_file() {
        return Err("is no plain file; delete it and sign in again".to_owned());
    }
    if mode & 0o077 != 0 {
        return Err(format!(
            "may be read or written by others (mode {mode:04o}), so its tokens may be known; delete it and sign in again"
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check(file: &fs::Metadata) -> Result<(), String> {
    match file.is_file() {
        true => Ok(()),
        false => Err("is no plain file; delete it and sign in again".to_owned()),
    }
}

/// Writes a file of its own and gives it the name, so that at no time half a sign-in stands under it.
fn write(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    make_folder(folder)?;
    let fresh = path.with_extension(format!("{:016x}", fastrand::u64(..)));
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(&fresh)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        // What cannot be written whole is not left behind; that it was not written is said.
        let _ = fs::remove_file(&fresh);
        return written;
    }
    sync_folder(folder)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const PORTAL: &str = "https://gis.example.org/portal";

    fn sign_in(token: &str) -> SignIn {
        SignIn {
            portal: PORTAL.to_owned(),
            username: Some("ada".to_owned()),
            token: token.into(),
            expires: None,
            renewal: None,
        }
    }

    fn token(store: &FileStore, portal: &str) -> Option<String> {
        let sign_in = store.load(portal).unwrap()?;
        Some(sign_in.token.expose_secret().to_owned())
    }

    #[test]
    fn the_latest_sign_in_to_each_portal_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new(folder.path().join("new"));
        assert_eq!(token(&store, PORTAL), None);
        store.save(&sign_in("one")).unwrap();
        let place = store.save(&sign_in("two")).unwrap();
        assert!(place.ends_with(".json"), "{place}");
        for same in [
            PORTAL,
            "https://GIS.example.org/portal/home/",
            "http://gis.example.org/portal/",
        ] {
            assert_eq!(token(&store, same).as_deref(), Some("two"), "{same}");
        }
        assert_eq!(token(&store, "https://gis.example.org/other"), None);
        let files = fs::read_dir(folder.path().join("new/sign-ins")).unwrap();
        assert_eq!(files.count(), 1, "nothing is left behind");
        assert!(store.remove(PORTAL).unwrap() && !store.remove(PORTAL).unwrap());
        assert_eq!(token(&store, PORTAL), None);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new(folder.path());
        let place = store.save(&sign_in("S3CRET")).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(place.as_ref()), 0o600);
        assert_eq!(mode(&folder.path().join("sign-ins")), 0o700);
        for wrong in [0o640, 0o604, 0o660, 0o620, 0o644] {
            fs::set_permissions(&place, fs::Permissions::from_mode(wrong)).unwrap();
            let error = store.load(PORTAL).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Store);
            assert!(
                error.to_string().contains(&format!("mode 0{wrong:o}")),
                "{error}"
            );
        }
        store.save(&sign_in("S3CRET")).unwrap();
        assert_eq!(
            mode(place.as_ref()),
            0o600,
            "a new file, not the old one with its mode"
        );
        assert!(store.load(PORTAL).unwrap().is_some());
    }

    #[test]
    fn a_damaged_file_is_named_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new(folder.path());
        let place = store.save(&sign_in("S3CRET")).unwrap();
        let whole = fs::read_to_string(&place).unwrap();
        for bad in [
            &whole[..whole.len() - 2],
            "",
            &whole.replace("/portal", "/other"),
        ] {
            fs::write(&place, bad).unwrap();
            let error = store.load(PORTAL).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Store);
            assert!(error.to_string().contains(&place), "{error}");
            assert!(!format!("{error:?}").contains("S3CRET"));
        }
        fs::remove_file(&place).unwrap();
        fs::create_dir(&place).unwrap();
        assert_eq!(store.load(PORTAL).unwrap_err().kind(), ErrorKind::Store);
        assert_eq!(
            store.save(&sign_in("x")).unwrap_err().kind(),
            ErrorKind::Store
        );
        let files = fs::read_dir(folder.path().join("sign-ins")).unwrap();
        assert_eq!(files.count(), 1, "nothing is left behind");
    }

    fn renewable(token: &str) -> SignIn {
        SignIn {
            renewal: Some(crate::auth::Renewal {
                client_id: "cli".to_owned(),
                redirect_uri: "http://127.0.0.1:5000/".to_owned(),
                refresh_token: format!("r-{token}").into(),
                expires: None,
            }),
            ..sign_in(token)
        }
    }

    #[test]
    fn only_what_was_renewed_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new(folder.path());
        let [one, two, three] = ["one", "two", "three"].map(renewable);
        assert!(!store.replace(&one, &two).unwrap(), "nothing is kept yet");
        assert_eq!(token(&store, PORTAL), None);
        store.save(&one).unwrap();
        assert!(store.replace(&one, &two).unwrap());
        assert!(
            !store.replace(&one, &three).unwrap(),
            "it is the second by now"
        );
        assert_eq!(token(&store, PORTAL).as_deref(), Some("two"));
        // The same token with another refresh token is another sign-in.
        let other = SignIn {
            renewal: renewable("other").renewal,
            ..two.clone()
        };
        assert!(!store.replace(&other, &three).unwrap());
        let taken = store.take(PORTAL).unwrap().unwrap();
        assert!(taken.is_same_as(&two));
        assert!(store.take(PORTAL).unwrap().is_none());
        assert!(!store.replace(&two, &three).unwrap(), "nothing comes back");
        assert_eq!(token(&store, PORTAL), None);
    }

    /// Of many who sign in at once, each but the first is told of the one before it, and nobody of the last.
    #[test]
    fn what_is_replaced_is_handed_out_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new(folder.path());
        let start = std::sync::Barrier::new(8);
        let mut seen: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|number| {
                    let (store, start) = (&store, &start);
                    scope.spawn(move || {
                        start.wait();
                        let (_, before) = store.swap(&renewable(&number.to_string())).unwrap();
                        before.unwrap()
                    })
                })
                .collect();
            let before = threads.into_iter().filter_map(|one| one.join().unwrap());
            before
                .map(|one| one.token.expose_secret().to_owned())
                .collect()
        });
        seen.extend(token(&store, PORTAL));
        seen.sort();
        assert_eq!(seen, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    }

    /// Of many who renew the same sign-in at once, one keeps what it made.
    #[test]
    fn one_of_many_replaces() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..20 {
            let store = FileStore::new(folder.path());
            store.save(&renewable("held")).unwrap();
            let start = std::sync::Barrier::new(8);
            let replaced = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8)
                    .map(|number| {
                        let (store, start) = (&store, &start);
                        scope.spawn(move || {
                            start.wait();
                            let renewed = renewable(&format!("by-{number}"));
                            store.replace(&renewable("held"), &renewed).unwrap()
                        })
                    })
                    .collect();
                threads
                    .into_iter()
                    .map(|thread| usize::from(thread.join().unwrap()))
                    .sum::<usize>()
            });
            assert_eq!(replaced, 1, "round {round}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_read_is_not_taken() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let store = FileStore::new(folder.path());
        let place = store.save(&renewable("one")).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(store.take(PORTAL).unwrap_err().kind(), ErrorKind::Store);
        let error = store.replace(&renewable("one"), &renewable("two"));
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Store);
        assert!(Path::new(&place).exists());
        let (_, before) = store.swap(&renewable("three")).unwrap();
        assert_eq!(before.unwrap_err().kind(), ErrorKind::Store);
        assert_eq!(token(&store, PORTAL).as_deref(), Some("three"));
        assert!(store.remove(PORTAL).unwrap());
    }
}
