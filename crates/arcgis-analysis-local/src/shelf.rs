//! What is kept for a time under a name that nobody can guess: tokens, codes, sign-ins under way.

use crate::secret;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::time::Instant;

/// How many of a kind are kept; beyond it the oldest is forgotten.
const CAPACITY: usize = 10_000;

/// Things that are kept for a time, each under a name that nobody can guess.
pub(crate) struct Shelf<T>(Mutex<VecDeque<Kept<T>>>);

struct Kept<T> {
    name: [u8; 32],
    ends: Instant,
    thing: T,
}

impl<T: Clone> Shelf<T> {
    /// Keeps a thing and returns its name.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub(crate) fn put(&self, thing: T, life: Duration) -> Result<String, getrandom::Error> {
        let name = secret::random()?;
        let now = Instant::now();
        let mut kept = self.lock();
        kept.retain(|kept| kept.ends > now);
        if kept.len() == CAPACITY {
            kept.pop_front();
        }
        kept.push_back(Kept {
            name,
            ends: now + life,
            thing,
        });
        Ok(secret::hex(&name))
    }

    /// What is kept under the name.
    pub(crate) fn get(&self, name: &str) -> Option<T> {
        let mut kept = self.lock();
        let at = find(&mut kept, name)?;
        kept.get(at).map(|kept| kept.thing.clone())
    }

    /// How long what is under the name will be kept.
    pub(crate) fn left(&self, name: &str) -> Option<Duration> {
        let mut kept = self.lock();
        let at = find(&mut kept, name)?;
        kept.get(at)
            .map(|kept| kept.ends.saturating_duration_since(Instant::now()))
    }

    /// What was kept under the name until now.
    pub(crate) fn take(&self, name: &str) -> Option<T> {
        let mut kept = self.lock();
        let at = find(&mut kept, name)?;
        kept.remove(at).map(|kept| kept.thing)
    }

    /// Forgets whatever is of this kind.
    pub(crate) fn remove(&self, is: impl Fn(&T) -> bool) {
        self.lock().retain(|kept| !is(&kept.thing));
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find<T>(kept: &mut VecDeque<Kept<T>>, name: &str) -> Option<usize> {
    let name = secret::unhex::<32>(name)?;
    let now = Instant::now();
    kept.retain(|kept| kept.ends > now);
    kept.iter()
        .position(|kept| bool::from(kept.name.ct_eq(&name)))
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> fmt::Debug for Shelf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shelf(..)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_thing_is_taken_once_and_not_after_its_time() {
        let shelf = Shelf::default();
        let name = shelf.put("x", MINUTE).unwrap();
        assert_eq!(shelf.get(&name), Some("x"));
        assert_eq!(shelf.get(&name.replace(char::is_numeric, "a")), None);
        assert_eq!(shelf.take(&name), Some("x"));
        assert_eq!(shelf.take(&name), None);
        let name = shelf.put("y", MINUTE).unwrap();
        tokio::time::advance(MINUTE).await;
        assert_eq!(shelf.get(&name), None);
    }

    #[test]
    fn debug_shows_no_name() {
        let shelf = Shelf::default();
        let name = shelf.put("x", MINUTE).unwrap();
        assert!(!format!("{shelf:?}").contains(&name));
    }
}
