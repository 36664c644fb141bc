//! Keeping a new sign-in, and ending at the portal what is thrown away for it.

use super::{Login, SignIn, SignInStore};
use crate::{Error, ErrorKind, Result};
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// What became of a sign-in that was to be kept, and of the one before it.
///
/// # Examples
///
/// ```no_run
/// use arcgis_analysis_core::{FileStore, Login, Remembered, Result};
/// use std::sync::Arc;
///
/// # async fn sign_in() -> Result<()> {
/// let login = Login::new("https://www.arcgis.com");
/// let sign_in = login.in_browser("Ab12", |page| println!("sign in at {page}")).await?;
/// let store = Arc::new(FileStore::new("state/arcgis-analysis"));
/// let kept: Remembered = login.remember(&sign_in, store).await?;
/// println!("kept in {}", kept.place);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remembered {
    /// Where it is kept, in words such as `the keyring`.
    pub place: String,
    /// Whether the portal revoked the sign-in that was kept there before.
    pub revoked: bool,
    /// Why what was kept there before was not revoked, if it should have been.
    pub problem: Option<String>,
}

impl Login {
    /// Keeps a sign-in to this portal in a store. A refresh token that is not kept any longer serves for weeks and is known to
    /// nobody who could end it, so it is [revoked](Login::sign_out): that of the sign-in which this one replaces, or, where
    /// this one cannot be kept, its own. That the portal cannot be reached for it is told, and no error.
    ///
    /// A program that still runs with the sign-in before takes over the new one when it is one of the same user.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] when the sign-in cannot be kept.
    pub async fn remember(
        &self,
        sign_in: &SignIn,
        store: Arc<dyn SignInStore>,
    ) -> Result<Remembered> {
        let new = sign_in.clone();
        // A store may wait for a disk, a lock or a person.
        let swapped = spawn_blocking(move || store.swap(&new)).await;
        let swapped = swapped.unwrap_or_else(|error| {
            let sentence = format!("the keeping of a sign-in was broken off: {error}");
            Err(Error::new(ErrorKind::Store, sentence))
        });
        let (place, before) = match swapped {
            Ok(swapped) => swapped,
            Err(error) => return Err(self.undone(sign_in, error).await),
        };
        let (revoked, problem) = match before {
            Ok(Some(before)) if !before.shares_renewal(sign_in) => {
                match self.sign_out(&before).await {
                    Ok(revoked) => (revoked, None),
                    Err(error) => (
                        false,
                        Some(format!(
                            "the sign-in that was kept before was not revoked at the portal and serves until it ends: {error}"
                        )),
                    ),
                }
            }
            Ok(_) => (false, None),
            Err(error) => (
                false,
                Some(format!(
                    "the sign-in that was kept before could not be read, so the portal was not asked to revoke it: {error}"
                )),
            ),
        };
        Ok(Remembered {
            place,
            revoked,
            problem,
        })
    }

    /// The error of a sign-in that cannot be kept, once the portal has been asked to end it.
    async fn undone(&self, sign_in: &SignIn, error: Error) -> Error {
        let also = match self.sign_out(sign_in).await {
            Ok(true) => "; the portal revoked what it gave".to_owned(),
            Ok(false) => String::new(),
            Err(why) => {
                format!("; what the portal gave was not revoked and serves until it ends: {why}")
            }
        };
        let sentence = format!("the sign-in is not kept: {error}{also}");
        Error::new(error.kind(), sentence).with_source(error)
    }
}
