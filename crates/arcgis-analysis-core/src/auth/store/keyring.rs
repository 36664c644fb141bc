//! Sign-ins in the system's keyring: Keychain, Credential Manager, or the Secret Service.

use super::file::Lock;
use super::{FileStore, SignInStore, name_of};
use crate::auth::SignIn;
use crate::{Error, ErrorKind, Result};
use ::keyring::{Entry, Error as KeyringError};
use secrecy::ExposeSecret;

/// Under which name the entries are found in the keyring.
const SERVICE: &str = "arcgis-analysis";

/// Keeps sign-ins in the system's keyring: the Keychain of macOS, the Credential Manager of Windows, and the Secret
/// Service of other desktops (GNOME Keyring, KWallet, KeePassXC). The system may ask the user to unlock it.
///
/// # Examples
///
/// ```no_run
/// use arcgis_analysis_core::{KeyringStore, Result, SignInStore};
///
/// # fn main() -> Result<()> {
/// let known = KeyringStore.load("https://www.arcgis.com")?.is_some();
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyringStore;

impl SignInStore for KeyringStore {
    fn load(&self, portal: &str) -> Result<Option<SignIn>> {
        let portal = name_of(portal)?;
        let kept = Entry::new(SERVICE, &portal).and_then(|entry| entry.get_password());
        match kept {
            Ok(text) => SignIn::from_secret(&text.into()).map(Some),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(error) => Err(unusable(error)),
        }
    }

    fn save(&self, sign_in: &SignIn) -> Result<String> {
        let portal = name_of(&sign_in.portal)?;
        let text = sign_in.to_secret();
        Entry::new(SERVICE, &portal)
            .and_then(|entry| entry.set_password(text.expose_secret()))
            .map_err(unusable)?;
        Ok("the system's keyring".to_owned())
    }

    fn remove(&self, portal: &str) -> Result<bool> {
        let portal = name_of(portal)?;
        match Entry::new(SERVICE, &portal).and_then(|entry| entry.delete_credential()) {
            Ok(()) => Ok(true),
            Err(KeyringError::NoEntry) => Ok(false),
            Err(error) => Err(unusable(error)),
        }
    }
}

/// Some errors of a keyring hold what it keeps, so only their kind is told.
fn unusable(error: KeyringError) -> Error {
    let problem = match error {
        KeyringError::NoDefaultStore => "there is none",
        KeyringError::NoStorageAccess(_) => "it is locked; unlock it and try again",
        KeyringError::TooLong(..) => "it takes no secret of that length",
        KeyringError::PlatformFailure(_) => "the system failed",
        _ => "it holds something else",
    };
    let sentence = format!("the system's keyring cannot be used: {problem}");
    Error::new(ErrorKind::Store, sentence)
}

/// A keyring that need not be there.
pub(super) trait Ring: SignInStore {
    /// Whether the system has one, which may be locked.
    fn is_there(&self) -> bool;
}

impl Ring for KeyringStore {
    fn is_there(&self) -> bool {
        Entry::store_status().is_ok()
    }
}

/// The keyring, and files where it cannot be used.
#[derive(Debug)]
pub(super) struct KeyringElseFile<K = KeyringStore> {
    keyring: K,
    file: FileStore,
}

impl KeyringElseFile {
    pub(super) fn new(file: FileStore) -> Self {
        Self {
            keyring: KeyringStore,
            file,
        }
    }
}

impl<K: Ring> KeyringElseFile<K> {
    /// The keyring, if the system has one. What one that is there cannot tell is not known: it may be locked.
    fn ring(&self) -> Option<&K> {
        self.keyring.is_there().then_some(&self.keyring)
    }

    /// Writes, under the lock.
    fn write(&self, sign_in: &SignIn, lock: &Lock) -> Result<String> {
        match self.keyring.save(sign_in) {
            Ok(place) => {
                // What an earlier sign-in left in a file would be found first.
                self.file.delete(&sign_in.portal, lock)?;
                Ok(place)
            }
            Err(_) => self.file.write(sign_in, lock),
        }
    }

    fn remove_from_ring(&self, portal: &str) -> Result<bool> {
        self.ring().map_or(Ok(false), |ring| ring.remove(portal))
    }
}

/// The lock of the files is held for the keyring too, which has none.
impl<K: Ring> SignInStore for KeyringElseFile<K> {
    /// A file is looked for first: it is there only because the keyring could not be used, and asks nobody to unlock it.
    fn load(&self, portal: &str) -> Result<Option<SignIn>> {
        match (self.file.load(portal)?, self.ring()) {
            (None, Some(ring)) => ring.load(portal),
            (kept, _) => Ok(kept),
        }
    }

    fn save(&self, sign_in: &SignIn) -> Result<String> {
        self.write(sign_in, &self.file.locked()?)
    }

    fn swap(&self, sign_in: &SignIn) -> Result<(String, Result<Option<SignIn>>)> {
        let lock = self.file.locked()?;
        let before = self.load(sign_in.portal());
        Ok((self.write(sign_in, &lock)?, before))
    }

    fn remove(&self, portal: &str) -> Result<bool> {
        let in_file = self.file.delete(portal, &self.file.locked()?)?;
        let in_keyring = self.remove_from_ring(portal)?;
        Ok(in_file || in_keyring)
    }

    fn replace(&self, held: &SignIn, renewed: &SignIn) -> Result<bool> {
        let lock = self.file.locked()?;
        let is_held = |kept: Option<SignIn>| kept.is_some_and(|kept| kept.is_same_as(held));
        if is_held(self.file.load(held.portal())?) {
            return self.file.write(renewed, &lock).map(|_| true);
        }
        match self.ring() {
            Some(ring) if is_held(self.load(held.portal())?) => ring.save(renewed).map(|_| true),
            _ => Ok(false),
        }
    }

    fn take(&self, portal: &str) -> Result<Option<SignIn>> {
        let lock = self.file.locked()?;
        let kept = self.load(portal)?;
        self.remove_from_ring(portal)?;
        self.file.delete(portal, &lock)?;
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::sync::Mutex;

    const PORTAL: &str = "https://gis.example.org";

    #[derive(Debug, Default, PartialEq)]
    enum Access {
        #[default]
        Open,
        Locked,
        Missing,
    }

    /// A keyring that can be locked and taken away.
    #[derive(Debug, Default)]
    struct Planted {
        kept: Mutex<Option<SignIn>>,
        access: Mutex<Access>,
    }

    impl Planted {
        fn check(&self) -> Result<()> {
            match *self.access.lock().unwrap() {
                Access::Open => Ok(()),
                Access::Locked => Err(unusable(KeyringError::NoStorageAccess("shut".into()))),
                Access::Missing => Err(unusable(KeyringError::NoDefaultStore)),
            }
        }
    }

    impl super::Ring for Planted {
        fn is_there(&self) -> bool {
            *self.access.lock().unwrap() != Access::Missing
        }
    }

    impl SignInStore for Planted {
        fn load(&self, _: &str) -> Result<Option<SignIn>> {
            self.check().map(|()| self.kept.lock().unwrap().clone())
        }

        fn save(&self, sign_in: &SignIn) -> Result<String> {
            self.check()?;
            *self.kept.lock().unwrap() = Some(sign_in.clone());
            Ok("the ring".to_owned())
        }

        fn remove(&self, _: &str) -> Result<bool> {
            self.check()?;
            Ok(self.kept.lock().unwrap().take().is_some())
        }
    }

    fn sign_in(token: &str) -> SignIn {
        SignIn {
            portal: PORTAL.to_owned(),
            username: None,
            token: token.into(),
            expires: None,
            renewal: None,
        }
    }

    #[test]
    fn files_serve_where_there_is_no_keyring_and_never_hide_it() {
        let folder = tempfile::tempdir().unwrap();
        let both = KeyringElseFile {
            keyring: Planted::default(),
            file: FileStore::new(folder.path()),
        };
        let token = || {
            let sign_in = both.load(PORTAL).unwrap()?;
            Some(sign_in.token.expose_secret().to_owned())
        };
        let missing = |is: bool| {
            let access = if is { Access::Missing } else { Access::Open };
            *both.keyring.access.lock().unwrap() = access;
        };
        assert_eq!(token(), None);
        missing(true);
        assert_eq!(token(), None);
        assert!(both.save(&sign_in("filed")).unwrap().ends_with(".json"));
        assert_eq!(token().as_deref(), Some("filed"));
        missing(false);
        assert_eq!(both.save(&sign_in("ringed")).unwrap(), "the ring");
        assert_eq!(token().as_deref(), Some("ringed"));
        assert!(
            both.file.load(PORTAL).unwrap().is_none(),
            "kept in one place"
        );
        assert!(both.remove(PORTAL).unwrap() && !both.remove(PORTAL).unwrap());
        assert_eq!(token(), None);
        missing(true);
        assert!(!both.remove(PORTAL).unwrap());
    }

    #[test]
    fn a_locked_keyring_is_not_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let both = KeyringElseFile {
            keyring: Planted::default(),
            file: FileStore::new(folder.path()),
        };
        let set = |access: Access| *both.keyring.access.lock().unwrap() = access;
        both.save(&sign_in("ringed")).unwrap();
        set(Access::Locked);
        let locked = |error: Error| {
            assert_eq!(error.kind(), ErrorKind::Store);
            assert!(error.to_string().contains("it is locked"), "{error}");
        };
        locked(both.load(PORTAL).unwrap_err());
        locked(both.remove(PORTAL).unwrap_err());
        locked(both.take(PORTAL).unwrap_err());
        let renewed = both.replace(&sign_in("ringed"), &sign_in("renewed"));
        locked(renewed.unwrap_err());
        // What is in a file is found without it, and gone from there whatever the keyring may still hold.
        both.save(&sign_in("filed")).unwrap();
        assert!(both.load(PORTAL).unwrap().is_some());
        assert!(
            both.replace(&sign_in("filed"), &sign_in("renewed"))
                .unwrap()
        );
        locked(both.take(PORTAL).unwrap_err());
        assert!(both.load(PORTAL).unwrap().is_some(), "nothing was taken");
        locked(both.remove(PORTAL).unwrap_err());
        assert!(both.file.load(PORTAL).unwrap().is_none());
        set(Access::Open);
        let kept = both.take(PORTAL).unwrap().unwrap();
        assert!(kept.is_same_as(&sign_in("ringed")));
        assert!(both.take(PORTAL).unwrap().is_none());
    }

    #[test]
    fn what_is_in_the_keyring_is_renewed_there() {
        let folder = tempfile::tempdir().unwrap();
        let both = KeyringElseFile {
            keyring: Planted::default(),
            file: FileStore::new(folder.path()),
        };
        let [one, two] = ["one", "two"].map(sign_in);
        assert!(!both.replace(&one, &two).unwrap());
        both.save(&one).unwrap();
        assert!(both.replace(&one, &two).unwrap() && !both.replace(&one, &two).unwrap());
        assert!(both.keyring.load(PORTAL).unwrap().unwrap().is_same_as(&two));
        assert!(both.file.load(PORTAL).unwrap().is_none());
        let (place, before) = both.swap(&one).unwrap();
        assert_eq!(place, "the ring");
        assert!(before.unwrap().unwrap().is_same_as(&two));
        *both.keyring.access.lock().unwrap() = Access::Locked;
        let (place, before) = both.swap(&two).unwrap();
        assert!(place.ends_with(".json"), "{place}");
        assert_eq!(before.unwrap_err().kind(), ErrorKind::Store);
        *both.keyring.access.lock().unwrap() = Access::Open;
        let (place, before) = both.swap(&two).unwrap();
        assert!(place == "the ring" && before.unwrap().unwrap().is_same_as(&two));
        assert!(both.file.load(PORTAL).unwrap().is_none());
        assert!(both.take(PORTAL).unwrap().unwrap().is_same_as(&two));
        assert!(!both.replace(&two, &one).unwrap(), "nothing comes back");
        assert!(both.load(PORTAL).unwrap().is_none());
    }
}
