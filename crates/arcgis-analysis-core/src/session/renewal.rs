//! How a sign-in goes on: by its refresh token, and beside other processes that use the same one.
//!
//! Several processes may have loaded one sign-in from one store, and a refresh token may serve only once. So what another
//! process made of the sign-in is taken over before this one asks the portal itself, and after it was refused; a renewed
//! sign-in is written only in place of the one that was renewed; and one that is gone from the store was signed out, which
//! nothing brings back.

use super::tokens::{first_token, renewal_in};
use super::{Reply, Session};
use crate::auth::{Renewal, SignIn, SignInStore, Token};
use crate::{Error, ErrorKind, Result};
use secrecy::ExposeSecret;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// When the store is looked at after a refusal: another process may be about to write down why.
const LOOKS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(300),
    Duration::from_millis(700),
];

/// What a store holds, seen from a session that loaded its sign-in from there.
enum Kept {
    /// What the session holds, or another user's, or none can tell.
    AsBefore,
    /// What another process made of it.
    Renewed(SignIn),
    /// Nothing: somebody signed out.
    Nothing,
}

impl Session {
    /// The sign-in was loaded from there, and is kept there when it is renewed.
    pub(crate) fn keep_in(&self, store: Arc<dyn SignInStore>) {
        // There is one builder, which calls this once.
        let _ = self.store.set(store);
    }

    /// The sign-in as it is now.
    pub(crate) fn sign_in(&self) -> Option<SignIn> {
        let sign_in = self.sign_in.lock();
        sign_in.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) async fn token_of_refresh_token(&self) -> Result<Token> {
        let held = self.sign_in().filter(|sign_in| sign_in.renewal.is_some());
        let Some(mut held) = held else {
            return Err(Error::new(
                ErrorKind::Authentication,
                "there is no refresh token to make a token with",
            ));
        };
        match self.kept(&held).await {
            Kept::AsBefore => {}
            Kept::Nothing => return Err(self.signed_out()),
            Kept::Renewed(kept) => {
                self.hold(&kept);
                match first_token(&kept).filter(Token::lasts) {
                    Some(token) => return Ok(token.taken_over()),
                    None => held = kept,
                }
            }
        }
        match self.renewed(&held).await {
            Err(error) if error.kind() == ErrorKind::Authentication => {
                match self.renewed_by_another(&held).await? {
                    Some(token) => Ok(token),
                    None => Err(error.amended(ErrorKind::Authentication, |sentence| {
                        format!("{sentence}; sign in again")
                    })),
                }
            }
            Err(error) => Err(error),
            Ok((token, renewed)) => self.keep(&held, renewed).await.map(|()| token),
        }
    }

    /// Asks the portal for a token, and, near its end, for another refresh token.
    async fn renewed(&self, held: &SignIn) -> Result<(Token, SignIn)> {
        let Some(renewal) = &held.renewal else {
            return Err(self.signed_out());
        };
        let doing = format!("renewing the sign-in to {}", self.portal.as_str());
        let reply = self.renewing(&doing, renewal).await?;
        let token = self.token_in(&doing, &reply)?;
        let fresh = renewal_in(&reply, &renewal.client_id, &renewal.redirect_uri);
        let renewed = SignIn {
            token: token.secret.clone(),
            expires: token.expires,
            renewal: Some(fresh.unwrap_or_else(|| renewal.clone())),
            ..held.clone()
        };
        self.know(&renewed);
        Ok((token, renewed))
    }

    async fn renewing(&self, doing: &str, renewal: &Renewal) -> Result<Reply> {
        let fields = |grant| {
            [
                ("grant_type", grant),
                ("client_id", renewal.client_id.as_str()),
                ("refresh_token", renewal.refresh_token.expose_secret()),
                ("redirect_uri", renewal.redirect_uri.as_str()),
            ]
        };
        if renewal.is_ending(SystemTime::now()) {
            let call = self.oauth(&fields("exchange_refresh_token"))?;
            // A portal that exchanges nothing may renew all the same.
            if let Ok(reply) = self.ask_once(call).await {
                return Ok(reply);
            }
        }
        let call = self.oauth(&fields("refresh_token")[..3])?;
        self.ask(doing, &call).await
    }

    /// The token that another process got with the refresh token that the portal refused to this one.
    async fn renewed_by_another(&self, held: &SignIn) -> Result<Option<Token>> {
        if self.store.get().is_none() {
            return Ok(None);
        }
        for pause in LOOKS {
            sleep(pause).await;
            match self.kept(held).await {
                Kept::AsBefore => {}
                Kept::Nothing => return Err(self.signed_out()),
                Kept::Renewed(kept) => {
                    self.hold(&kept);
                    return Ok(first_token(&kept).map(Token::taken_over));
                }
            }
        }
        Ok(None)
    }

    /// Holds and keeps a sign-in in place of the one that was renewed.
    async fn keep(&self, held: &SignIn, renewed: SignIn) -> Result<()> {
        let Some(store) = self.store.get() else {
            self.hold(&renewed);
            return Ok(());
        };
        let kept = {
            let (store, held, renewed) = (Arc::clone(store), held.clone(), renewed.clone());
            blocking(move || store.replace(&held, &renewed)).await
        };
        match kept {
            Ok(true) => {}
            // That it cannot be kept is no reason to stop working with it.
            Err(problem) => tracing::warn!(problem, "sign_in.not_kept"),
            Ok(false) => {
                if let Kept::Nothing = self.kept(&renewed).await {
                    self.end(held, &renewed).await;
                    return Err(self.signed_out());
                }
            }
        }
        self.hold(&renewed);
        Ok(())
    }

    /// Ends what the portal gave while somebody signed out, who could not revoke what they had not seen.
    async fn end(&self, held: &SignIn, renewed: &SignIn) {
        let of = |sign_in: &SignIn| sign_in.renewal.clone();
        let (Some(before), Some(after)) = (of(held), of(renewed)) else {
            return;
        };
        if before.refresh_token.expose_secret() != after.refresh_token.expose_secret()
            && let Err(error) = self.revoke(&after).await
        {
            tracing::warn!(%error, "sign_in.not_revoked");
        }
    }

    /// Keeps what belongs to a sign-in out of texts.
    fn know(&self, sign_in: &SignIn) {
        for secret in sign_in.secrets() {
            self.tokens.remember(&secret);
        }
    }

    fn hold(&self, sign_in: &SignIn) {
        self.know(sign_in);
        let mut held = self.sign_in.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some(sign_in.clone());
    }

    /// What the store holds by now.
    async fn kept(&self, held: &SignIn) -> Kept {
        let Some(store) = self.store.get() else {
            return Kept::AsBefore;
        };
        let (store, portal) = (Arc::clone(store), held.portal.clone());
        match blocking(move || store.load(&portal)).await {
            Ok(None) => Kept::Nothing,
            Ok(Some(kept)) if held.goes_on_as(&kept) => Kept::Renewed(kept),
            Ok(Some(_)) => Kept::AsBefore,
            Err(problem) => {
                tracing::warn!(problem, "sign_in.not_read");
                Kept::AsBefore
            }
        }
    }

    fn signed_out(&self) -> Error {
        let sentence = format!(
            "renewing the sign-in to {} failed: it is not kept any more, because somebody signed out; sign in again",
            self.portal.as_str()
        );
        Error::new(ErrorKind::Authentication, sentence)
    }
}

/// Does work that may wait for a disk, a lock or a person.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T, String> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}
