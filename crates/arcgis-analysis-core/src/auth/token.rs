//! The token in use: made once for all who wait, renewed when the server refuses it.

use super::Credentials;
use crate::{Error, Result};
use secrecy::SecretString;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex as Lock, PoisonError};
use std::time::SystemTime;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A token with what the portal said of its life.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    /// When it expires by the portal's clock, where the portal said so.
    pub(crate) expires: Option<SystemTime>,
    /// Until when it is used without a thought of renewing it, by this machine's own clock.
    pub(crate) fresh_until: Option<Instant>,
}

impl Token {
    fn is_stale(&self) -> bool {
        self.fresh_until
            .is_some_and(|until| Instant::now() >= until)
    }
}

/// A token as one request uses it, or the absence of one.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(crate) token: Option<SecretString>,
    generation: u64,
}

/// Holds the token of one portal.
#[derive(Debug)]
pub(crate) struct Tokens {
    credentials: Credentials,
    state: Mutex<State>,
    /// How many attempts to make a token have ended.
    attempts: AtomicU64,
    /// What must never be shown: the credentials' own secret and the tokens made from it.
    secrets: Lock<Vec<SecretString>>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    generation: u64,
    last_failure: Option<Error>,
}

/// How many of the latest secrets are remembered in order to keep them out of texts.
const REMEMBERED: usize = 4;

impl Tokens {
    pub(crate) fn new(credentials: Credentials) -> Self {
        let secrets = credentials.secret().cloned().into_iter().collect();
        Self {
            credentials,
            state: Mutex::default(),
            attempts: AtomicU64::new(0),
            secrets: Lock::new(secrets),
        }
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The token to use, made by `make` if there is none yet.
    pub(crate) async fn lease<F>(&self, make: impl FnOnce() -> F) -> Result<Lease>
    where
        F: Future<Output = Result<Token>>,
    {
        match &self.credentials {
            Credentials::Anonymous => Ok(Lease {
                token: None,
                generation: 0,
            }),
            Credentials::Token(token) => Ok(Lease {
                token: Some(token.clone()),
                generation: 0,
            }),
            Credentials::Password { .. } => self.newer_than(0, make).await,
        }
    }

    /// A token to use instead of one that the server refused; `None` where none can be made.
    pub(crate) async fn renew<F>(
        &self,
        refused: &Lease,
        make: impl FnOnce() -> F,
    ) -> Result<Option<Lease>>
    where
        F: Future<Output = Result<Token>>,
    {
        match &self.credentials {
            Credentials::Password { .. } => {
                self.newer_than(refused.generation, make).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// When the token in use expires by the portal's clock, where the portal said so.
    pub(crate) async fn expires(&self) -> Option<SystemTime> {
        self.state.lock().await.token.as_ref()?.expires
    }

    /// What must never be shown.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        self.secrets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn newer_than<F>(&self, generation: u64, make: impl FnOnce() -> F) -> Result<Lease>
    where
        F: Future<Output = Result<Token>>,
    {
        let ticket = self.attempts.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        if let Some(token) = state
            .token
            .as_ref()
            .filter(|token| state.generation > generation && !token.is_stale())
        {
            return Ok(Lease {
                token: Some(token.secret.clone()),
                generation: state.generation,
            });
        }
        // An attempt that failed while this caller waited for it failed for this caller too: a hundred waiters
        // must not try a wrong password a hundred times. Whoever comes later tries anew.
        if let Some(error) = state
            .last_failure
            .as_ref()
            .filter(|_| self.attempts.load(Ordering::Acquire) > ticket)
        {
            return Err(error.clone());
        }
        let made = make().await;
        self.attempts.fetch_add(1, Ordering::Release);
        match made {
            Ok(token) => {
                let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
                if secrets.len() > REMEMBERED {
                    secrets.remove(1);
                }
                secrets.push(token.secret.clone());
                drop(secrets);
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
                state.last_failure = Some(error.clone());
                // A token that nobody refused yet serves to its very end.
                match state
                    .token
                    .as_ref()
                    .filter(|_| state.generation > generation)
                {
                    Some(token) => Ok(Lease {
                        token: Some(token.secret.clone()),
                        generation: state.generation,
                    }),
                    None => Err(error),
                }
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
        outcome.map(|text| Token {
            secret: format!("{text}{number}").into(),
            expires: None,
            fresh_until: None,
        })
    }

    fn shown(lease: &Lease) -> &str {
        lease.token.as_ref().unwrap().expose_secret()
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_callers_make_one_token() {
        let tokens = Arc::new(Tokens::new(Credentials::password("ada", "pw")));
        let made = Arc::new(AtomicU64::new(0));
        let first = tokens.lease(|| slow(Ok("t"), &made)).await.unwrap();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..1000 {
            let (tokens, made, refused) = (tokens.clone(), made.clone(), first.clone());
            callers.spawn(async move { tokens.renew(&refused, || slow(Ok("t"), &made)).await });
        }
        while let Some(lease) = callers.join_next().await {
            assert_eq!(shown(&lease.unwrap().unwrap().unwrap()), "t2");
        }
        assert_eq!(made.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_shared_by_those_who_waited_and_not_kept() {
        let tokens = Arc::new(Tokens::new(Credentials::password("ada", "pw")));
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
        let tokens = Tokens::new(Credentials::password("ada", "pw"));
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
        let tokens = Tokens::new(Credentials::password("ada", "pw"));
        let brief = |text: &'static str| async move {
            Ok(Token {
                secret: text.into(),
                expires: None,
                fresh_until: Some(Instant::now() + Duration::from_secs(50)),
            })
        };
        assert_eq!(shown(&tokens.lease(|| brief("one")).await.unwrap()), "one");
        tokio::time::advance(Duration::from_secs(49)).await;
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
    async fn only_a_password_renews() {
        let made = AtomicU64::new(0);
        for credentials in [Credentials::Anonymous, Credentials::token("x")] {
            let tokens = Tokens::new(credentials);
            let lease = tokens.lease(|| slow(Ok("t"), &made)).await.unwrap();
            assert!(
                tokens
                    .renew(&lease, || slow(Ok("t"), &made))
                    .await
                    .unwrap()
                    .is_none()
            );
        }
        assert_eq!(made.load(Ordering::SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_latest_secrets_are_known_to_the_redactor() {
        let tokens = Tokens::new(Credentials::password("ada", "pw"));
        let made = AtomicU64::new(0);
        let mut lease = tokens.lease(|| slow(Ok("t"), &made)).await.unwrap();
        for _ in 0..8 {
            lease = tokens
                .renew(&lease, || slow(Ok("t"), &made))
                .await
                .unwrap()
                .unwrap();
        }
        let known = tokens.secrets();
        let known: Vec<&str> = known.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(known, ["pw", "t6", "t7", "t8", "t9"]);
    }
}
