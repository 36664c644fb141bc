//! Where sign-ins are kept between two runs of a program.

mod file;
#[cfg(feature = "keyring")]
mod keyring;

pub use file::FileStore;
#[cfg(feature = "keyring")]
pub use keyring::KeyringStore;

use super::SignIn;
use crate::address::PortalUrl;
use crate::{Error, ErrorKind, Result};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A place that keeps sign-ins, one for each portal.
///
/// # Examples
///
/// One that forgets everything when the program ends:
///
/// ```
/// use arcgis_analysis_core::{Result, SignIn, SignInStore};
/// use std::sync::Mutex;
///
/// #[derive(Debug, Default)]
/// struct Memory(Mutex<Vec<SignIn>>);
///
/// impl SignInStore for Memory {
///     fn load(&self, portal: &str) -> Result<Option<SignIn>> {
///         let all = self.0.lock().unwrap();
///         Ok(all.iter().find(|one| one.portal() == portal).cloned())
///     }
///
///     fn save(&self, sign_in: &SignIn) -> Result<String> {
///         self.remove(sign_in.portal())?;
///         self.0.lock().unwrap().push(sign_in.clone());
///         Ok("the memory".to_owned())
///     }
///
///     fn remove(&self, portal: &str) -> Result<bool> {
///         let mut all = self.0.lock().unwrap();
///         let before = all.len();
///         all.retain(|one| one.portal() != portal);
///         Ok(all.len() < before)
///     }
/// }
///
/// let memory = Memory::default();
/// assert!(memory.load("https://www.arcgis.com")?.is_none());
/// assert!(memory.take("https://www.arcgis.com")?.is_none());
/// # Ok::<(), arcgis_analysis_core::Error>(())
/// ```
pub trait SignInStore: fmt::Debug + Send + Sync + 'static {
    /// The sign-in that is kept for a portal, by the portal's URL.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] when the place cannot be read, or others could read it too.
    fn load(&self, portal: &str) -> Result<Option<SignIn>>;

    /// Keeps a sign-in in place of any other to the same portal, and says where, in words such as `the keyring`.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] when the place cannot be written to.
    fn save(&self, sign_in: &SignIn) -> Result<String>;

    /// Keeps a sign-in as [`save`](Self::save) does, and returns with the place the one that it took the place of, or why that
    /// one could not be read: the very one that was there at the last, where the place can lock itself.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    fn swap(&self, sign_in: &SignIn) -> Result<(String, Result<Option<SignIn>>)> {
        let before = self.load(sign_in.portal());
        Ok((self.save(sign_in)?, before))
    }

    /// Forgets the sign-in to a portal, and says whether there was one.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] when the place cannot be written to; then it may still be there.
    fn remove(&self, portal: &str) -> Result<bool>;

    /// Keeps a renewed sign-in in place of the one that was renewed, if the place still holds that one, and says
    /// whether it did: what was signed out is not brought back, and what another process kept is not lost.
    ///
    /// As it is provided, another process may change the place between the look and the writing. A place that can lock
    /// itself should do both under one lock, as [`FileStore`] does.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] when the place cannot be read or written to.
    fn replace(&self, held: &SignIn, renewed: &SignIn) -> Result<bool> {
        match self.load(held.portal())? {
            Some(kept) if kept.is_same_as(held) => self.save(renewed).map(|_| true),
            _ => Ok(false),
        }
    }

    /// Forgets the sign-in to a portal and returns it, such as to [sign out](crate::Login::sign_out) of it: the very one
    /// that was there at the last, where the place can lock itself.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] when the place cannot be read or written to; then it is still there.
    fn take(&self, portal: &str) -> Result<Option<SignIn>> {
        let kept = self.load(portal)?;
        if kept.is_some() {
            self.remove(portal)?;
        }
        Ok(kept)
    }
}

/// The place for sign-ins of this user: the system's keyring where there is one and this crate was built with the
/// feature `keyring`, else files in `folder` that nobody else may read ([`FileStore`]).
///
/// A keyring that is there and cannot be read, such as one that is locked, is an error, since a sign-in may be in it.
///
/// # Examples
///
/// ```no_run
/// use arcgis_analysis_core::{Result, store};
///
/// # fn main() -> Result<()> {
/// let sign_ins = store("state/arcgis-analysis");
/// let forgotten = sign_ins.remove("https://www.arcgis.com")?;
/// # Ok(())
/// # }
/// ```
pub fn store(folder: impl Into<PathBuf>) -> Arc<dyn SignInStore> {
    let file = FileStore::new(folder);
    #[cfg(feature = "keyring")]
    return Arc::new(keyring::KeyringElseFile::new(file));
    #[cfg(not(feature = "keyring"))]
    Arc::new(file)
}

/// The one way of writing a portal's URL by which its sign-in is kept.
fn name_of(portal: &str) -> Result<String> {
    let portal = PortalUrl::parse(portal).map_err(|problem| {
        Error::new(
            ErrorKind::Configuration,
            format!("the portal URL {problem}"),
        )
    })?;
    Ok(portal.as_str().to_owned())
}
