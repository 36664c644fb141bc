//! Sign-ins under way, which are kept by nobody: the page itself carries what the application asked for.
//!
//! Whoever has not signed in could ask for any number of pages, and so the service holds nothing for them. The text that a
//! page brings back is sealed with a key of the process: it was written here, it has not been changed, and it ends.

use super::redirect::Redirect;
use crate::secret;
use axum::http::uri::Authority;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac::{HMAC_SHA256, Key, sign, verify};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a person may take to sign in.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long a sealed text may be, in bytes, so that a form can carry it.
const LONGEST: usize = 32 * 1024;
/// How many pages that were used up are remembered. One that is forgotten asks for the password once more.
const MOST_SPENT: usize = 1000;

/// What an application asked for when it sent a person to sign in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) client_id: String,
    /// Where the browser goes then, as the application wrote it.
    pub(super) redirect: String,
    pub(super) wants_code: bool,
    pub(super) state: Option<String>,
    /// The hash of the verifier that the application keeps to itself.
    pub(super) challenge: Option<String>,
    /// The life of the token, where one is asked for.
    pub(super) life: Option<Duration>,
}

impl Pending {
    /// Where the browser goes then.
    pub(super) fn redirect(&self, own: &Authority) -> Option<Redirect> {
        Redirect::parse(&self.redirect, own)
    }
}

/// What a page carries.
#[derive(Serialize, Deserialize)]
struct Carried {
    /// Tells this page from all others.
    number: [u8; 16],
    /// When it ends, in milliseconds since the key was made.
    ends: u64,
    pending: Pending,
}

/// Seals what pages carry, and opens what they bring back.
#[derive(Debug)]
pub(crate) struct Seal {
    key: Key,
    made: Instant,
    /// The pages on which somebody has signed in or cancelled, and when each would have ended.
    spent: Mutex<VecDeque<([u8; 16], u64)>>,
}

/// A page that came back.
pub(super) struct Opened {
    pub(super) pending: Pending,
    number: [u8; 16],
    ends: u64,
}

impl Seal {
    /// Seals with a new key.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        Ok(Self {
            key: Key::new(HMAC_SHA256, &secret::random::<32>()?),
            made: Instant::now(),
            spent: Mutex::default(),
        })
    }

    /// The text for a page to carry; none where it would be too long.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub(super) fn seal(&self, pending: &Pending) -> Result<Option<String>, getrandom::Error> {
        let ends = self.now().saturating_add(millis(PATIENCE));
        let carried = Carried {
            number: secret::random()?,
            ends,
            pending: pending.clone(),
        };
        // Words and numbers can always be written as JSON.
        let written = serde_json::to_vec(&carried).unwrap_or_default();
        let tag = sign(&self.key, &written);
        let text = format!(
            "{}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(&written),
            BASE64_URL_SAFE_NO_PAD.encode(tag)
        );
        Ok((text.len() <= LONGEST).then_some(text))
    }

    /// What a page brings back; none where it was not written here, has ended, or was used up.
    pub(super) fn open(&self, text: &str) -> Option<Opened> {
        let (written, tag) = text.split_once('.')?;
        let written = BASE64_URL_SAFE_NO_PAD.decode(written).ok()?;
        let tag = BASE64_URL_SAFE_NO_PAD.decode(tag).ok()?;
        verify(&self.key, &written, &tag).ok()?;
        let Carried {
            number,
            ends,
            pending,
        } = serde_json::from_slice(&written).ok()?;
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let is_spent = spent.iter().any(|(other, _)| *other == number);
        (self.now() < ends && !is_spent).then_some(Opened {
            pending,
            number,
            ends,
        })
    }

    /// Uses a page up; `false` where somebody was quicker.
    pub(super) fn spend(&self, opened: &Opened) -> bool {
        let now = self.now();
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.retain(|(_, ends)| now < *ends);
        if spent.iter().any(|(other, _)| *other == opened.number) {
            return false;
        }
        if spent.len() == MOST_SPENT {
            spent.pop_front();
        }
        spent.push_back((opened.number, opened.ends));
        true
    }

    fn now(&self) -> u64 {
        millis(self.made.elapsed())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn pending() -> Pending {
        Pending {
            client_id: "app".to_owned(),
            redirect: "http://127.0.0.1:5000/".to_owned(),
            wants_code: true,
            state: Some("a.b".to_owned()),
            challenge: None,
            life: Some(Duration::from_secs(60)),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_is_good_once_and_for_its_time() {
        let seal = Seal::new().unwrap();
        let text = seal.seal(&pending()).unwrap().unwrap();
        let opened = seal.open(&text).unwrap();
        assert_eq!(opened.pending, pending());
        assert!(seal.spend(&opened) && !seal.spend(&opened));
        assert!(seal.open(&text).is_none());
        let other = seal.seal(&pending()).unwrap().unwrap();
        tokio::time::advance(PATIENCE - Duration::from_millis(1)).await;
        assert!(seal.open(&other).is_some());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(seal.open(&other).is_none());
    }

    #[test]
    fn a_page_of_another_hand_is_refused() {
        let seal = Seal::new().unwrap();
        let text = seal.seal(&pending()).unwrap().unwrap();
        assert!(Seal::new().unwrap().open(&text).is_none());
        let (written, tag) = text.split_once('.').unwrap();
        let changed = BASE64_URL_SAFE_NO_PAD.decode(written).unwrap();
        let changed = String::from_utf8(changed).unwrap().replace("app", "apq");
        let changed = BASE64_URL_SAFE_NO_PAD.encode(changed);
        for forged in [
            format!("{changed}.{tag}"),
            format!("{written}."),
            written.to_owned(),
            format!(".{tag}"),
            String::new(),
        ] {
            assert!(seal.open(&forged).is_none(), "{forged}");
        }
        let long = Pending {
            state: Some("\u{1}".repeat(6000)),
            ..pending()
        };
        assert_eq!(seal.seal(&long).unwrap(), None);
    }

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let seal = Seal::new().unwrap();
        for _ in 0..MOST_SPENT + 1 {
            let text = seal.seal(&pending()).unwrap().unwrap();
            assert!(seal.spend(&seal.open(&text).unwrap()));
        }
        assert_eq!(seal.spent.lock().unwrap().len(), MOST_SPENT);
    }
}
