//! What was granted to people who signed in, and not yet taken: codes, refresh tokens.

use super::pending::Seal;
use super::redirect::Redirect;
use crate::shelf::Shelf;
use crate::tokens::Grant;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Everything that is granted and not yet taken.
#[derive(Debug)]
pub(crate) struct Grants {
    /// What seals the pages of sign-ins under way.
    pub(super) seal: Seal,
    pub(super) codes: Shelf<Code>,
    pub(super) refreshes: Shelf<Refresh>,
    /// The life of a refresh token.
    pub(super) refresh_life: Duration,
    made: AtomicU64,
}

impl Grants {
    /// Nothing is granted yet.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub(crate) fn new(refresh_life: Duration) -> Result<Self, getrandom::Error> {
        Ok(Self {
            seal: Seal::new()?,
            codes: Shelf::default(),
            refreshes: Shelf::default(),
            refresh_life,
            made: AtomicU64::new(0),
        })
    }

    /// A sign-in that is told from all others.
    pub(super) fn grant(&self, client_id: &str) -> Grant {
        Grant {
            client_id: client_id.to_owned(),
            number: self.made.fetch_add(1, Ordering::Relaxed),
        }
    }
}

/// What a code stands for.
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub(super) client_id: String,
    pub(super) redirect: Redirect,
    pub(super) challenge: Option<String>,
    pub(super) username: String,
}

/// What a refresh token stands for.
#[derive(Debug, Clone)]
pub(super) struct Refresh {
    pub(super) grant: Grant,
    pub(super) username: String,
}
