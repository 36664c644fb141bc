//! The token in use: made once for all who wait, renewed before it ends and when a server refuses it.

use crate::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};
use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_secs(60);

/// How long a renewal is waited for while the old token still serves. It goes on by itself after that.
const PATIENCE: Duration = Duration::from_secs(5);

/// A token with what the portal said of its life.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    /// When it expires by the portal's clock, where the portal said so.
    pub(crate) expires: Option<SystemTime>,
    /// Until when it is used without a thought of renewing it, by this machine's own clock.
    fresh_until: Option<Instant>,
    /// Whether another process got it, some time ago.
    taken_over: bool,
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
            taken_over: false,
        }
    }

    /// The same as one that another process got.
    pub(crate) fn taken_over(self) -> Self {
        Self {
            taken_over: true,
            ..self
        }
    }

    /// Whether it serves for a while, as far as is known.
    pub(crate) fn lasts(&self) -> bool {
        self.expires.is_none() || self.fresh_until.is_some_and(|until| Instant::now() < until)
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
    /// Whether another process got it, so that a refusal says nothing of what the portal would give now.
    pub(crate) taken_over: bool,
    generation: u64,
}

impl Lease {
    /// A token that cannot be renewed.
    pub(crate) fn fixed(token: &SecretString) -> Self {
        Self {
            token: Some(token.clone()),
            ..Self::default()
        }
    }
}

/// Holds the token of one place.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// What tokens are made from, which must never be shown.
    own: Vec<SecretString>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    generation: u64,
    /// The generation up to which tokens were refused since the one that is made was begun.
    refused: u64,
    making: Option<Making>,
    /// The latest tokens and what else must never be shown.
    made: VecDeque<SecretString>,
}

/// A token that is being made, by a task of its own: whoever waits for it may stop waiting, and what a server gave for
/// something that serves once is not lost.
#[derive(Debug, Clone)]
struct Making {
    began: Instant,
    outcome: watch::Receiver<Option<Result<Lease>>>,
}

impl Making {
    fn is_over(&self) -> bool {
        self.outcome.borrow().is_some() || self.outcome.has_changed().is_err()
    }

    async fn end(mut self) -> Result<Lease> {
        let outcome = self.outcome.wait_for(Option::is_some).await;
        let outcome = outcome.ok().and_then(|outcome| outcome.clone());
        outcome.unwrap_or_else(|| {
            let sentence = "the making of a token was broken off; try again";
            Err(Error::new(ErrorKind::Transport, sentence))
        })
    }
}

/// How many of the latest tokens are remembered in order to keep them out of texts.
const REMEMBERED: usize = 8;

impl State {
    /// The token, if it is newer than that, and whether it is time to renew it.
    fn newer_than(&self, generation: u64) -> Option<(Lease, bool)> {
        let token = self.token.as_ref();
        let token = token.filter(|_| self.generation > generation)?;
        let is_refused = self.generation <= self.refused;
        Some((self.lease_of(token), is_refused || token.is_stale()))
    }

    fn take(&mut self, token: Token) -> Lease {
        self.remember(&token.secret);
        self.generation += 1;
        let lease = self.lease_of(&token);
        self.token = Some(token);
        lease
    }

    fn lease_of(&self, token: &Token) -> Lease {
        Lease {
            token: Some(token.secret.clone()),
            taken_over: token.taken_over,
            generation: self.generation,
        }
    }

    fn remember(&mut self, secret: &SecretString) {
        let is_it = |known: &SecretString| known.expose_secret() == secret.expose_secret();
        if self.made.iter().any(is_it) {
            return;
        }
        if self.made.len() == REMEMBERED {
            self.made.pop_front();
        }
        self.made.push_back(secret.clone());
    }
}

impl Tokens {
    /// For tokens that are made from these secrets; the first is there already, or is made when it is needed.
    pub(crate) fn new(own: Vec<SecretString>, first: Option<Token>) -> Self {
        let state = State {
            generation: u64::from(first.is_some()),
            token: first,
            ..State::default()
        };
        Self {
            own,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// The token to use, made by `make` if there is none yet or the one there is will soon end.
    pub(crate) async fn lease<F>(&self, make: impl FnOnce() -> F) -> Result<Lease>
    where
        F: Future<Output = Result<Token>> + Send + 'static,
    {
        self.newer_than(0, make).await
    }

    /// A token to use instead of one that the server refused.
    pub(crate) async fn renew<F>(&self, refused: &Lease, make: impl FnOnce() -> F) -> Result<Lease>
    where
        F: Future<Output = Result<Token>> + Send + 'static,
    {
        self.newer_than(refused.generation, make).await
    }

    /// When the token in use expires by the portal's clock, where the portal said so.
    pub(crate) fn expires(&self) -> Option<SystemTime> {
        locked(&self.state).token.as_ref()?.expires
    }

    /// Keeps one more secret out of texts.
    pub(crate) fn remember(&self, secret: &SecretString) {
        locked(&self.state).remember(secret);
    }

    /// What must never be shown.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let state = locked(&self.state);
        self.own.iter().chain(&state.made).cloned().collect()
    }

    async fn newer_than<F>(&self, generation: u64, make: impl FnOnce() -> F) -> Result<Lease>
    where
        F: Future<Output = Result<Token>> + Send + 'static,
    {
        let (serving, is_refused, making) = {
            let mut state = locked(&self.state);
            state.refused = state.refused.max(generation);
            let serving = match state.newer_than(generation) {
                Some((lease, false)) => return Ok(lease),
                serving => serving.map(|(lease, _)| lease),
            };
            // Whoever comes while one is made waits for that one, and shares its failure: a hundred must not try a wrong
            // password a hundred times. Whoever comes after a failure tries anew.
            let making = match &state.making {
                Some(making) if !making.is_over() => making.clone(),
                _ => self.begin(&mut state, make()),
            };
            let is_refused = serving
                .as_ref()
                .is_some_and(|lease| lease.generation <= state.refused);
            (serving, is_refused, making)
        };
        let Some(serving) = serving else {
            return making.end().await;
        };
        // A token serves to its very end, also while its successor is long in coming. So does one that was refused to somebody
        // else: what refused it may refuse every token. But whoever may have no other is told so.
        let until = making.began + PATIENCE;
        match timeout_at(until, making.end()).await {
            Ok(Ok(made)) => Ok(made),
            Ok(Err(error)) if is_refused && is_final(&error) => Err(error),
            _ => Ok(serving),
        }
    }

    fn begin<F>(&self, state: &mut State, make: F) -> Making
    where
        F: Future<Output = Result<Token>> + Send + 'static,
    {
        let (told, outcome) = watch::channel(None);
        let shared = Arc::clone(&self.state);
        let work = async move {
            let made = make.await;
            let mut state = locked(&shared);
            let made = made.map(|token| state.take(token));
            // Where none is to be had, what was refused to one is tried by the next: it may serve elsewhere.
            state.refused = 0;
            drop(state);
            told.send_replace(Some(made));
        };
        tokio::spawn(work.in_current_span());
        let making = Making {
            began: Instant::now(),
            outcome,
        };
        state.making = Some(making.clone());
        making
    }
}

/// Whether the portal will make no token at the next attempt either.
fn is_final(error: &Error) -> bool {
    error.kind() == ErrorKind::Authentication
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use tokio::time::{advance, sleep};

    type Made = Arc<AtomicU64>;

    fn slow(
        outcome: Result<&'static str>,
        made: &Made,
    ) -> impl Future<Output = Result<Token>> + Send + use<> {
        let made = Arc::clone(made);
        async move {
            sleep(Duration::from_millis(100)).await;
            let number = made.fetch_add(1, Ordering::SeqCst) + 1;
            outcome.map(|text| Token::new(format!("{text}{number}").into(), None, None))
        }
    }

    fn shown(lease: &Lease) -> &str {
        lease.token.as_ref().unwrap().expose_secret()
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_callers_make_one_token() {
        let tokens = Arc::new(Tokens::new(vec!["pw".into()], None));
        let made = Made::default();
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
        let made = Made::default();
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
        let made = Made::default();
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
        advance(Duration::from_secs(119)).await;
        assert_eq!(shown(&tokens.lease(|| brief("two")).await.unwrap()), "one");
        advance(Duration::from_secs(1)).await;
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
        let made = Made::default();
        let lease = tokens.lease(|| slow(Ok("t"), &made)).await.unwrap();
        assert_eq!(shown(&lease), "kept");
        let renewed = tokens.renew(&lease, || slow(Ok("t"), &made)).await.unwrap();
        assert_eq!(shown(&renewed), "t1");
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_waited_in_vain_use_the_old_token_while_it_lasts() {
        let kept = Token::new("kept".into(), None, Some(Duration::from_secs(180)));
        let tokens = Arc::new(Tokens::new(Vec::new(), Some(kept)));
        advance(Duration::from_secs(150)).await;
        let made = Made::default();
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
        let made = Made::default();
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

    /// A portal that takes the request and never answers, in the last minute of a token.
    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_hangs_holds_nobody_up_while_the_old_token_serves() {
        let kept = Token::new("kept".into(), None, Some(Duration::from_secs(180)));
        let tokens = Arc::new(Tokens::new(Vec::new(), Some(kept)));
        let made = Made::default();
        let hanging = || {
            let made = Arc::clone(&made);
            async move {
                sleep(Duration::from_secs(50)).await;
                slow(Ok("t"), &made).await
            }
        };
        advance(Duration::from_secs(125)).await;
        let began = Instant::now();
        let lease = tokens.lease(hanging).await.unwrap();
        assert_eq!(
            (shown(&lease), began.elapsed()),
            ("kept", PATIENCE),
            "the first waits a few seconds"
        );
        for _ in 0..40 {
            let lease = tokens.lease(hanging).await.unwrap();
            assert_eq!(
                (shown(&lease), began.elapsed()),
                ("kept", PATIENCE),
                "nobody else waits at all"
            );
        }
        // Whoever was refused has no token to go on with, and waits for the one that is being made.
        let renewed = tokens.renew(&lease, hanging).await.unwrap();
        assert_eq!(shown(&renewed), "t1");
        assert_eq!(began.elapsed(), Duration::from_millis(50_100));
        assert_eq!(shown(&tokens.lease(hanging).await.unwrap()), "t1");
        assert_eq!(made.load(Ordering::SeqCst), 1, "one was made for all");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_begins_with_a_token_that_was_refused_to_another() {
        let tokens = Tokens::new(Vec::new(), None);
        let made = Made::default();
        let first = tokens.lease(|| slow(Ok("t"), &made)).await.unwrap();
        let another = async || {
            sleep(Duration::from_millis(10)).await;
            tokens.lease(|| slow(Ok("t"), &made)).await
        };
        let renewal = tokens.renew(&first, || slow(Ok("t"), &made));
        let (renewed, leased) = tokio::join!(renewal, another());
        assert_eq!(shown(&renewed.unwrap()), "t2");
        assert_eq!(shown(&leased.unwrap()), "t2");
        // Who was refused late, with the one before, gets the new one and makes none.
        let late = tokens.renew(&first, || slow(Ok("t"), &made)).await.unwrap();
        assert_eq!((shown(&late), made.load(Ordering::SeqCst)), ("t2", 2));
        // Where none can be had at the moment there is nothing better, also for the next one.
        let down = || Err(Error::new(ErrorKind::Server, "down"));
        let renewal = tokens.renew(&late, || slow(down(), &made));
        let (renewed, leased) = tokio::join!(renewal, another());
        assert_eq!(renewed.unwrap_err().kind(), ErrorKind::Server);
        assert_eq!(
            (shown(&leased.unwrap()), made.load(Ordering::SeqCst)),
            ("t2", 3)
        );
        let next = tokens.lease(|| slow(Ok("t"), &made)).await.unwrap();
        assert_eq!((shown(&next), made.load(Ordering::SeqCst)), ("t2", 3));
        // Where the portal gives none any more, nobody asks a server with the refused one first.
        let no = || Err(Error::new(ErrorKind::Authentication, "no"));
        let renewal = tokens.renew(&next, || slow(no(), &made));
        let (renewed, leased) = tokio::join!(renewal, another());
        assert_eq!(renewed.unwrap_err().kind(), ErrorKind::Authentication);
        assert_eq!(leased.unwrap_err().kind(), ErrorKind::Authentication);
        assert_eq!(made.load(Ordering::SeqCst), 4, "one attempt for both");
    }

    /// What refuses one token may refuse them all, and is no reason to stop the rest.
    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_hangs_after_a_refusal_holds_the_others_up_for_a_moment_only() {
        let tokens = Tokens::new(Vec::new(), None);
        let made = Made::default();
        let first = tokens.lease(|| slow(Ok("t"), &made)).await.unwrap();
        let hanging = || {
            let made = Arc::clone(&made);
            async move {
                sleep(Duration::from_secs(50)).await;
                slow(Ok("t"), &made).await
            }
        };
        let began = Instant::now();
        let others = async {
            sleep(Duration::from_secs(1)).await;
            let lease = tokens.lease(hanging).await.unwrap();
            assert_eq!((shown(&lease), began.elapsed()), ("t1", PATIENCE));
        };
        let (renewed, ()) = tokio::join!(tokens.renew(&first, hanging), others);
        assert_eq!(shown(&renewed.unwrap()), "t2");
        assert_eq!(began.elapsed(), Duration::from_millis(50_100));
    }

    #[tokio::test(start_paused = true)]
    async fn what_everybody_gave_up_is_made_all_the_same() {
        let tokens = Tokens::new(Vec::new(), None);
        let made = Made::default();
        let brief = Duration::from_millis(10);
        let lease = tokens.lease(|| slow(Ok("t"), &made));
        assert!(tokio::time::timeout(brief, lease).await.is_err());
        sleep(Duration::from_millis(100)).await;
        assert_eq!(made.load(Ordering::SeqCst), 1);
        let lease = tokens.lease(|| slow(Ok("t"), &made)).await.unwrap();
        assert_eq!((shown(&lease), made.load(Ordering::SeqCst)), ("t1", 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_making_that_is_broken_off_is_told_and_begun_anew() {
        let tokens = Tokens::new(Vec::new(), None);
        let broken = || async { std::panic::resume_unwind(Box::new("broken off")) };
        let error = tokens.lease(broken).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport);
        let made = Made::default();
        assert_eq!(
            shown(&tokens.lease(|| slow(Ok("t"), &made)).await.unwrap()),
            "t1"
        );
    }
}
