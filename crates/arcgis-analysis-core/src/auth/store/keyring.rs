//! Sign-ins in the system's keyring: Keychain, Credential Manager, or the Secret Service.

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
        KeyringError::NoStorageAccess(_) => "it is locked",
        KeyringError::TooLong(..) => "it takes no secret of that length",
        KeyringError::PlatformFailure(_) => "the system failed",
        _ => "it holds something else",
    };
    let sentence = format!("the system's keyring cannot be used: {problem}");
    Error::new(ErrorKind::Store, sentence)
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

impl<K: SignInStore> SignInStore for KeyringElseFile<K> {
    /// A file is looked for first: it is there only because the keyring could not be used, and asks nobody to unlock it.
    fn load(&self, portal: &str) -> Result<Option<SignIn>> {
        match self.file.load(portal)? {
            Some(sign_in) => Ok(Some(sign_in)),
            // A keyring that cannot be used keeps nothing.
            None => Ok(self.keyring.load(portal).ok().flatten()),
        }
    }

    fn save(&self, sign_in: &SignIn) -> Result<String> {
        match self.keyring.save(sign_in) {
            Ok(place) => {
                // What an earlier sign-in left in a file would be found first.
                self.file.remove(&sign_in.portal)?;
                Ok(place)
            }
            Err(_) => self.file.save(sign_in),
        }
    }

    fn remove(&self, portal: &str) -> Result<bool> {
        let in_file = self.file.remove(portal)?;
        let in_keyring = self.keyring.remove(portal).unwrap_or(false);
        Ok(in_file || in_keyring)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::sync::Mutex;

    const PORTAL: &str = "https://gis.example.org";

    /// A keyring that can be taken away.
    #[derive(Debug, Default)]
    struct Ring {
        kept: Mutex<Option<SignIn>>,
        is_missing: Mutex<bool>,
    }

    impl Ring {
        fn check(&self) -> Result<()> {
            match *self.is_missing.lock().unwrap() {
                true => Err(unusable(KeyringError::NoDefaultStore)),
                false => Ok(()),
            }
        }
    }

    impl SignInStore for Ring {
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
            keyring: Ring::default(),
            file: FileStore::new(folder.path()),
        };
        let token = || {
            let sign_in = both.load(PORTAL).unwrap()?;
            Some(sign_in.token.expose_secret().to_owned())
        };
        let missing = |is: bool| *both.keyring.is_missing.lock().unwrap() = is;
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
}
