//! The token in use: made once for all who wait, renewed before it ends and when a server refuses it.

use crate::{Error, Result};
use secrecy::SecretString;
use std::collections::VecDeque;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex as Lock, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_secs(60);

/// A token with what the portal said of its life.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    /// When it expires by the portal's clock, where the portal said so.
    pub(crate) expires: Option<SystemTime>,
    /// Until when it is used without a thought of renewing it, by this machine's own clock.
    fresh_until: Option<Instant>,
}

impl Token {
    /// A token that lives so long from now.
    ///
    /// A clock that is wrong by hours makes lives of any length; then the server's refusal tells when to renew.
    pub(crate) fn new(
        secret: SecretString,
        expires: Option<SystemTime>,
        life: Option<Duration>,
    ) -> Self {
        let life = life.filter(|life| *life > EARLY * 2);
        Self {
            secret,
            expires,
            fresh_until: life.and_then(|life| Instant::now().checked_add(life - EARLY)),
        }
    }

    fn is_stale(&self) -> bool {
        self.fresh_until
            .is_some_and(|until| Instant::now() >= until)
    }
}

/// A token as one request uses it, or the absence of one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lease {
    pub(crate) token: Option<SecretString>,
    generation: u64,
}

impl Lease {
    /// A token that cannot be renewed.
    pub(crate) fn fixed(token: &SecretString) -> Self {
        Self {
            token: Some(token.clone()),
            generation: 0,
        }
    }
}

/// Holds the token of one place.
#[derive(Debug)]
pub(crate) struct Tokens {
    state: Mutex<State>,
    /// How many attempts to make a token have ended.
    attempts: AtomicU64,
    /// What must never be shown: what tokens are made from, and the tokens.
    own: Vec<SecretString>,
    made: Lock<VecDeque<SecretString>>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    generation: u64,
    last_failure: Option<Error>,
}

/// How many of the latest tokens are remembered in order to keep them out of texts.
const REMEMBERED: usize = 8;

impl Tokens {
    /// For tokens that are made from these secrets; the first is there already, or is made when it is needed.
    pub(crate) fn new(own: Vec<SecretString>, first: Option<Token>) -> Self {
        let state = State {
            generation: u64::from(first.is_some()),
            token: first,
            last_failure: None,
        };
        Self {
            state: Mutex::new(state),
            attempts: AtomicU64::new(0),
            own,
            made: Lock::default(),
        }
    }

    /// The token to use, made by `make` if there is none yet or the one there is will soon end.
    pub(crate) async fn lease<F>(&self, make: impl FnOnce() -> F) -> Result<Lease>
    where
        F: Future<Output = Result<Token>>,
    {
        self.newer_than(0, make).await
    }

    /// A token to use instead of one that the server refused.
    pub(crate) async fn renew<F>(&self, refused: &Lease, make: impl FnOnce() -> F) -> Result<Lease>
    where
        F: Future<Output = Result<Token>>,
    {
        self.newer_than(refused.generation, make).await
    }

    /// When the token in use expires by the portal's clock, where the portal said so.
    pub(crate) async fn expires(&self) -> Option<SystemTime> {
        self.state.lock().await.token.as_ref()?.expires
    }

    /// Keeps one more secret out of texts.
    pub(crate) fn remember(&self, secret: &SecretString) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() == REMEMBERED {
            made.pop_front();
        }
        made.push_back(secret.clone());
    }

    /// What must never be shown.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        self.own.iter().chain(made.iter()).cloned().collect()
    }

    async fn newer_than<F>(&self, generation: u64, make: impl FnOnce() -> F) -> Result<Lease>
    where
        F: Future<Output = Result<Token>>,
    {
        let ticket = self.attempts.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let usable = |state: &State| {
            let token = state
                .token
                .as_ref()
                .filter(|_| state.generation > generation)?;
            let lease = Lease {
                token: Some(token.secret.clone()),
                generation: state.generation,
            };
            Some((lease, token.is_stale()))
        };
        if let Some((lease, false)) = usable(&state) {
            return Ok(lease);
        }
        // An attempt that failed while this caller waited for it failed for this caller too: a hundred waiters
        // must not try a wrong password a hundred times. Whoever comes later tries anew.
        let failure = state.last_failure.clone();
        let failure = failure.filter(|_| self.attempts.load(Ordering::Acquire) > ticket);
        let made = match failure {
            Some(error) => Err(error),
            None => {
                let made = make().await;
                self.attempts.fetch_add(1, Ordering::Release);
                made
            }
        };
        match made {
            Ok(token) => {
                self.remember(&token.secret);
                state.generation += 1;
                state.last_failure = None;
                let lease = Lease {
                    token: Some(token.secret.clone()),
                    generation: state.generation,
                };
                state.token = Some(token);
                Ok(lease)
            }
            Err(error) => {
                // A token that nobody refused yet serves to its very end.
                let serving = usable(&state).map(|(lease, _)| lease);
                state.last_failure = Some(error.clone());
                serving.ok_or(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ErrorKind;
    use secrecy::ExposeSecret;
    use std::sync::Arc;
    use std::time::Duration;

    async fn slow(outcome: Result<&'static str>, made: &AtomicU64) -> Result<Token> {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let number = made.fetch_add(1, Ordering::SeqCst) + 1;
        outcome.map(|text| Token::new(format!("{text}{number}").into(), None, None))
    }

    fn shown(lease: &Lease) -> &str {
        lease.token.as_ref().unwrap().expose_secret()
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_callers_make_one_token() {
        let tokens = Arc::new(Tokens::new(vec!["pw".into()], None));
        let made = Arc::new(AtomicU64::new(0));
        let first = tokens.lease(|| slow(Ok("t"), &made)).await.unwrap();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..1000 {
            let (tokens, made, refused) = (tokens.clone(), made.clone(), first.clone());
            callers.spawn(async move { tokens.renew(&refused, || slow(Ok("t"), &made)).await });
        }
        while let Some(lease) = callers.join_next().await {
            assert_eq!(shown(&lease.unwrap().unwrap()), "t2");
        }
        assert_eq!(made.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_shared_by_those_who_waited_and_not_kept() {
        let tokens = Arc::new(Tokens::new(vec!["pw".into()], None));
        let made = Arc::new(AtomicU64::new(0));
        let failure = || Err(Error::new(ErrorKind::Authentication, "no"));
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (tokens, made) = (tokens.clone(), made.clone());
            callers.spawn(async move { tokens.lease(|| slow(failure(), &made)).await });
        }
        while let Some(lease) = callers.join_next().await {
            assert_eq!(
                lease.unwrap().unwrap_err().kind(),
                ErrorKind::Authentication
            );
        }
        assert_eq!(made.load(Ordering::SeqCst), 1);
        assert_eq!(
            shown(&tokens.lease(|| slow(Ok("t"), &made)).await.unwrap()),
            "t2"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_gives_up_blocks_nobody() {
        let tokens = Tokens::new(vec!["pw".into()], None);
        let made = AtomicU64::new(0);
        let given_up = tokio::time::timeout(
            Duration::from_millis(50),
            tokens.lease(|| slow(Ok("t"), &made)),
        )
        .await;
        assert!(given_up.is_err());
        assert_eq!(
            shown(&tokens.lease(|| slow(Ok("t"), &made)).await.unwrap()),
            "t1"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_before_it_ends_and_serves_on_where_that_fails() {
        let tokens = Tokens::new(vec!["pw".into()], None);
        let brief = |text: &'static str| async move {
            Ok(Token::new(
                text.into(),
                None,
                Some(Duration::from_secs(180)),
            ))
        };
        assert_eq!(shown(&tokens.lease(|| brief("one")).await.unwrap()), "one");
        tokio::time::advance(Duration::from_secs(119)).await;
        assert_eq!(shown(&tokens.lease(|| brief("two")).await.unwrap()), "one");
        tokio::time::advance(Duration::from_secs(1)).await;
        let down = || async { Err(Error::new(ErrorKind::Server, "down")) };
        let lease = tokens.lease(down).await.unwrap();
        assert_eq!(shown(&lease), "one");
        assert!(
            tokens.renew(&lease, down).await.is_err(),
            "a refused token does not serve on"
        );
        assert_eq!(shown(&tokens.lease(|| brief("two")).await.unwrap()), "two");
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_from_before_serves_first() {
        let kept = Token::new("kept".into(), None, Some(Duration::from_secs(180)));
        let tokens = Tokens::new(Vec::new(), Some(kept));
        let made = AtomicU64::new(0);
        let lease = tokens.lease(|| slow(Ok("t"), &made)).await.unwrap();
        assert_eq!(shown(&lease), "kept");
        let renewed = tokens.renew(&lease, || slow(Ok("t"), &made)).await.unwrap();
        assert_eq!(shown(&renewed), "t1");
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_waited_in_vain_use_the_old_token_while_it_lasts() {
        let kept = Token::new("kept".into(), None, Some(Duration::from_secs(180)));
        let tokens = Arc::new(Tokens::new(Vec::new(), Some(kept)));
        tokio::time::advance(Duration::from_secs(150)).await;
        let made = Arc::new(AtomicU64::new(0));
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (tokens, made) = (tokens.clone(), made.clone());
            let failure = || Err(Error::new(ErrorKind::Server, "down"));
            callers.spawn(async move { tokens.lease(|| slow(failure(), &made)).await });
        }
        while let Some(lease) = callers.join_next().await {
            assert_eq!(shown(&lease.unwrap().unwrap()), "kept");
        }
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_latest_secrets_are_known_to_the_redactor() {
        let tokens = Tokens::new(vec!["pw".into()], None);
        let made = AtomicU64::new(0);
        let mut lease = tokens.lease(|| slow(Ok("t"), &made)).await.unwrap();
        for _ in 0..12 {
            lease = tokens.renew(&lease, || slow(Ok("t"), &made)).await.unwrap();
        }
        let known = tokens.secrets();
        let known: Vec<&str> = known.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(
            known,
            ["pw", "t6", "t7", "t8", "t9", "t10", "t11", "t12", "t13"]
        );
    }
}
