//! Forgetting a sign-in: here in any case, and at its portal where that can be reached.

use super::{Login, SignIn, SignInStore};
use crate::{Error, ErrorKind, Result};
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// What became of a sign-in that is not kept any more.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::{FileStore, Forgotten, Login, Result};
/// use std::sync::Arc;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = Arc::new(FileStore::new("state/arcgis-analysis"));
/// let forgotten: Forgotten = Login::new("https://www.arcgis.com").forget(store).await?;
/// assert_eq!(forgotten.was_there, Some(false));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forgotten {
    /// Whether there was one, where that is known.
    pub was_there: Option<bool>,
    /// Whether the portal revoked what it gave.
    pub revoked: bool,
    /// Why what the portal gave was not revoked, if it should have been.
    pub problem: Option<String>,
}

impl Login {
    /// Takes the sign-in to this portal out of a store and [has it revoked](Login::sign_out). What can be read is revoked and
    /// what can be deleted is deleted, each without the other; that the portal cannot be reached is told, and no error.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when the portal's URL is none, and [`ErrorKind::Store`] when the sign-in may still be kept.
    pub async fn forget(&self, store: Arc<dyn SignInStore>) -> Result<Forgotten> {
        forgotten(store, self.portal(), async |sign_in| {
            self.sign_out(sign_in).await
        })
        .await
    }
}

async fn forgotten(
    store: Arc<dyn SignInStore>,
    portal: &str,
    revoke: impl AsyncFnOnce(&SignIn) -> Result<bool>,
) -> Result<Forgotten> {
    let named = portal.to_owned();
    // A store may wait for a disk, a lock or a person.
    let taken = spawn_blocking(move || take(&*store, &named)).await;
    let (kept, gone) = taken.map_err(|error| Error::new(ErrorKind::Store, error.to_string()))??;
    let revoked = match &kept {
        Ok(Some(sign_in)) => revoke(sign_in).await,
        _ => Ok(false),
    };
    let gone = gone.map_err(|error| {
        let also = match revoked {
            Ok(true) => "; the portal revoked what it gave, so what is kept serves nobody",
            _ => "",
        };
        let sentence = format!("a sign-in to {portal} may still be kept: {error}{also}");
        Error::new(error.kind(), sentence)
    })?;
    let problem = match (&kept, &revoked) {
        (Err(error), _) => Some(format!(
            "what was kept could not be read, so the portal was not asked to revoke it: {error}"
        )),
        (_, Err(error)) => Some(format!(
            "what the portal gave was not revoked there and serves until it ends: {error}"
        )),
        _ => None,
    };
    Ok(Forgotten {
        was_there: (gone || kept.is_ok()).then_some(gone),
        revoked: revoked.unwrap_or(false),
        problem,
    })
}

/// What was kept, and whether it was there and is gone.
type Taken = (Result<Option<SignIn>>, Result<bool>);

fn take(store: &dyn SignInStore, portal: &str) -> Result<Taken> {
    match store.take(portal) {
        Ok(kept) => {
            let was_there = kept.is_some();
            Ok((Ok(kept), Ok(was_there)))
        }
        Err(error) if error.kind() == ErrorKind::Configuration => Err(error),
        Err(_) => Ok((store.load(portal), store.remove(portal))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    const PORTAL: &str = "https://gis.example.org";

    /// A store of which one part is locked: what is told of it is what a locked keyring tells.
    #[derive(Debug)]
    struct Locked {
        readable: bool,
        removable: bool,
        kept: bool,
    }

    fn locked() -> Error {
        SignIn::from_secret(&String::new().into()).unwrap_err()
    }

    fn sign_in() -> SignIn {
        let kept = json!({ "version": 1, "portal": PORTAL, "token": "PLANTED-t" });
        SignIn::from_secret(&kept.to_string().into()).unwrap()
    }

    impl SignInStore for Locked {
        fn load(&self, _: &str) -> Result<Option<SignIn>> {
            match self.readable {
                true => Ok(self.kept.then(sign_in)),
                false => Err(locked()),
            }
        }

        fn save(&self, _: &SignIn) -> Result<String> {
            Err(locked())
        }

        fn remove(&self, _: &str) -> Result<bool> {
            match self.removable {
                true => Ok(self.kept),
                false => Err(locked()),
            }
        }
    }

    async fn logged_out(readable: bool, removable: bool, kept: bool) -> Result<Forgotten> {
        let store = Locked {
            readable,
            removable,
            kept,
        };
        forgotten(Arc::new(store), PORTAL, async |sign_in| {
            assert!(readable && kept && sign_in.portal() == PORTAL);
            Ok(true)
        })
        .await
    }

    #[tokio::test]
    async fn what_cannot_be_looked_into_is_not_called_empty() {
        for kept in [false, true] {
            for readable in [false, true] {
                let Err(error) = logged_out(readable, false, kept).await else {
                    // What can be read and is empty needs no deletion.
                    assert!(readable && !kept);
                    continue;
                };
                let told = error.to_string();
                assert!(
                    told.starts_with("a sign-in to https://gis.example.org may still be kept"),
                    "{told}"
                );
                assert_eq!(told.contains("serves nobody"), readable, "{told}");
                assert!(!told.contains("PLANTED"), "{told}");
            }
            let told = logged_out(false, true, kept).await.unwrap();
            assert_eq!(
                (told.was_there, told.revoked),
                (kept.then_some(true), false)
            );
            let problem = told.problem.unwrap();
            assert!(
                problem.starts_with("what was kept could not be read"),
                "{problem}"
            );
            assert!(!problem.contains("not revoked there"), "{problem}");
            let told = logged_out(true, true, kept).await.unwrap();
            assert_eq!((told.was_there, told.revoked), (Some(kept), kept));
            assert_eq!(told.problem, None);
        }
    }
}
