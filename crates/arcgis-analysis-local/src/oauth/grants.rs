//! What was granted and not yet taken: sign-ins under way, codes, refresh tokens.

use super::redirect::Redirect;
use crate::shelf::Shelf;
use crate::tokens::Grant;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Everything that is granted and not yet taken.
#[derive(Debug)]
pub(crate) struct Grants {
    /// Sign-ins for which a page was shown, by their `oauth_state`.
    pub(super) pending: Shelf<Pending>,
    pub(super) codes: Shelf<Code>,
    pub(super) refreshes: Shelf<Refresh>,
    /// The life of a refresh token.
    pub(super) refresh_life: Duration,
    made: AtomicU64,
}

impl Grants {
    pub(crate) fn new(refresh_life: Duration) -> Self {
        Self {
            pending: Shelf::default(),
            codes: Shelf::default(),
            refreshes: Shelf::default(),
            refresh_life,
            made: AtomicU64::new(0),
        }
    }

    /// A sign-in that is told from all others.
    pub(super) fn grant(&self, client_id: &str) -> Grant {
        Grant {
            client_id: client_id.to_owned(),
            number: self.made.fetch_add(1, Ordering::Relaxed),
        }
    }
}

/// What an application asked for when it sent a person to sign in.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) client_id: String,
    pub(super) redirect: Redirect,
    pub(super) wants_code: bool,
    pub(super) state: Option<String>,
    /// The hash of the verifier that the application keeps to itself.
    pub(super) challenge: Option<String>,
    /// The life of the token, where one is asked for.
    pub(super) life: Option<Duration>,
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
