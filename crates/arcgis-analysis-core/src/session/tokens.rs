//! How tokens of the portal are made: from a password, an application's secret, a code or a refresh token.

use super::{Call, PAUSES, Reply, Session};
use crate::auth::{Lease, Renewal, SignIn, SignInStore, Token, is_token};
use crate::failure::{Cause, Failure};
use crate::{
    ClientCredentials, Credentials, Error, ErrorKind, PasswordCredentials, Result, TokenBinding,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};
use url::Url;

/// The token that a sign-in brings along, if it lasts.
pub(super) fn first_token(sign_in: &SignIn) -> Option<Token> {
    let life = match sign_in.expires {
        Some(expires) => Some(expires.duration_since(SystemTime::now()).ok()?),
        None => None,
    };
    Some(Token::new(sign_in.token.clone(), sign_in.expires, life))
}

impl Session {
    /// Keeps the sign-in there whenever it is renewed.
    pub(crate) fn keep_in(&mut self, store: Option<Arc<dyn SignInStore>>) {
        self.store = store;
    }

    /// The sign-in as it is now.
    pub(crate) fn sign_in(&self) -> Option<SignIn> {
        let sign_in = self.sign_in.lock();
        sign_in.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The portal's token to use.
    pub(super) async fn lease_of_portal(&self) -> Result<Lease> {
        match self.fixed() {
            Some(lease) => Ok(lease),
            None => self.tokens.lease(|| self.make_token()).await,
        }
    }

    /// A token of the portal to use instead of one that was refused; `None` where none can be made.
    pub(super) async fn renewed_of_portal(&self, refused: &Lease) -> Result<Option<Lease>> {
        match self.fixed() {
            Some(_) => Ok(None),
            None => self
                .tokens
                .renew(refused, || self.make_token())
                .await
                .map(Some),
        }
    }

    /// What is used as long as the server takes it, where nothing else can be made.
    fn fixed(&self) -> Option<Lease> {
        match &self.credentials {
            Credentials::Anonymous => Some(Lease::default()),
            Credentials::Token(token) => Some(Lease::fixed(token)),
            Credentials::SignIn(sign_in) if sign_in.renewal.is_none() => {
                Some(Lease::fixed(&sign_in.token))
            }
            _ => None,
        }
    }

    async fn make_token(&self) -> Result<Token> {
        match &self.credentials {
            Credentials::Password(password) => self.token_of_password(password).await,
            Credentials::Client(client) => self.token_of_client(client).await,
            Credentials::SignIn(_) => self.token_of_refresh_token().await,
            Credentials::Anonymous | Credentials::Token(_) => Err(Error::new(
                ErrorKind::Authentication,
                "there is nothing to make a token with",
            )),
        }
    }

    /// A token of the portal for a password.
    pub(crate) async fn token_of_password(&self, password: &PasswordCredentials) -> Result<Token> {
        let portal = self.portal.as_str();
        let doing = format!("signing in to {portal} as `{}`", password.username);
        let url = self.portal.rest(&["generateToken"]).map_err(unusable)?;
        self.generate(&doing, url, password).await
    }

    /// A token of any token service for a password.
    pub(super) async fn generate(
        &self,
        doing: &str,
        url: Url,
        password: &PasswordCredentials,
    ) -> Result<Token> {
        let referer = self.portal.referer();
        let minutes = minutes(password.token_life);
        let mut fields = vec![
            ("username", password.username.as_str()),
            ("password", password.password.expose_secret()),
            ("expiration", &minutes),
        ];
        match password.binding {
            TokenBinding::Referer => fields.extend([("client", "referer"), ("referer", &referer)]),
            TokenBinding::RequestIp => fields.push(("client", "requestip")),
        }
        let reply = self
            .ask(doing, &self.post("generateToken", url, &fields))
            .await?;
        self.token_in(doing, &reply)
    }

    async fn token_of_client(&self, client: &ClientCredentials) -> Result<Token> {
        let doing = format!(
            "signing in to {} as the application `{}`",
            self.portal.as_str(),
            client.id
        );
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", client.id.as_str()),
            ("client_secret", client.secret.expose_secret()),
            ("expiration", &minutes(client.token_life)),
        ];
        let reply = self.ask(&doing, &self.oauth(&fields)?).await?;
        self.token_in(&doing, &reply)
    }

    /// What a browser's code, with the verifier of whoever sent the browser, is good for.
    pub(crate) async fn take_code(
        &self,
        client_id: &str,
        redirect_uri: &str,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<SignIn> {
        self.tokens.remember(code);
        self.tokens.remember(verifier);
        let doing = format!("signing in to {}", self.portal.as_str());
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("code", code.expose_secret()),
            ("code_verifier", verifier.expose_secret()),
        ];
        let reply = self.ask(&doing, &self.oauth(&fields)?).await?;
        let token = self.token_in(&doing, &reply)?;
        let username = reply.document.get("username").and_then(Value::as_str);
        Ok(SignIn {
            portal: self.portal.as_str().to_owned(),
            username: username.map(str::to_owned),
            token: token.secret,
            expires: token.expires,
            renewal: renewal_in(&reply, client_id, redirect_uri),
        })
    }

    async fn token_of_refresh_token(&self) -> Result<Token> {
        let sign_in = self.sign_in();
        let Some((sign_in, renewal)) = sign_in.and_then(|s| Some((s.clone(), s.renewal?))) else {
            return Err(Error::new(
                ErrorKind::Authentication,
                "there is no refresh token to make a token with",
            ));
        };
        let doing = format!("renewing the sign-in to {}", self.portal.as_str());
        let fields = |grant| {
            [
                ("grant_type", grant),
                ("client_id", renewal.client_id.as_str()),
                ("refresh_token", renewal.refresh_token.expose_secret()),
                ("redirect_uri", renewal.redirect_uri.as_str()),
            ]
        };
        let mut exchanged = None;
        if renewal.is_ending(SystemTime::now()) {
            let call = self.oauth(&fields("exchange_refresh_token"))?;
            // A portal that exchanges nothing may renew all the same.
            exchanged = self.ask(&doing, &call).await.ok();
        }
        let reply = match exchanged {
            Some(reply) => reply,
            None => {
                let call = self.oauth(&fields("refresh_token")[..3])?;
                self.ask(&doing, &call)
                    .await
                    .map_err(|error| match error.kind() {
                        ErrorKind::Authentication => error
                            .amended(ErrorKind::Authentication, |sentence| {
                                format!("{sentence}; sign in again")
                            }),
                        _ => error,
                    })?
            }
        };
        let token = self.token_in(&doing, &reply)?;
        let fresh = renewal_in(&reply, &renewal.client_id, &renewal.redirect_uri);
        if let Some(fresh) = &fresh {
            self.tokens.remember(&fresh.refresh_token);
        }
        let renewed = SignIn {
            token: token.secret.clone(),
            expires: token.expires,
            renewal: Some(fresh.unwrap_or(renewal)),
            ..sign_in
        };
        *self.sign_in.lock().unwrap_or_else(PoisonError::into_inner) = Some(renewed.clone());
        self.keep(renewed).await;
        Ok(token)
    }

    /// Has the portal end a refresh token, and with it all tokens that came from it.
    pub(crate) async fn revoke(&self, renewal: &Renewal) -> Result<()> {
        let doing = format!("revoking the sign-in to {}", self.portal.as_str());
        let url = self.portal.rest(&["oauth2", "revokeToken"]);
        let fields = [
            ("client_id", renewal.client_id.as_str()),
            ("auth_token", renewal.refresh_token.expose_secret()),
            ("token_type_hint", "refresh_token"),
        ];
        let call = self.post("oauth2/revokeToken", url.map_err(unusable)?, &fields);
        // Without an excerpt: the answer may repeat what it was sent.
        let reply = self.try_to_ask(&call).await.map_err(|failure| {
            let failure = Failure {
                excerpt: None,
                ..failure
            };
            failure.into_error(&doing, &self.secrets())
        })?;
        match reply.document.get("success") {
            Some(Value::Bool(true)) => Ok(()),
            _ => {
                let sentence = format!("{doing} failed: the portal did not say that it is done");
                Err(Error::new(ErrorKind::Protocol, sentence))
            }
        }
    }

    /// Keeps a sign-in where the caller wants it kept. That it cannot be is no reason to stop working with it.
    async fn keep(&self, sign_in: SignIn) {
        let Some(store) = self.store.clone() else {
            return;
        };
        let kept = tokio::task::spawn_blocking(move || store.save(&sign_in)).await;
        let problem = match kept {
            Ok(Ok(_)) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::warn!(problem, "sign_in.not_kept");
    }

    fn oauth(&self, fields: &[(&str, &str)]) -> Result<Call> {
        let url = self.portal.rest(&["oauth2", "token"]).map_err(unusable)?;
        Ok(self.post("oauth2/token", url, fields))
    }

    /// Asks for a token, which does no harm when repeated, so it is repeated when it fails for a passing reason.
    pub(super) async fn ask(&self, doing: &str, call: &Call) -> Result<Reply> {
        self.try_to_ask(call)
            .await
            .map_err(|failure| self.not_signed_in(doing, failure))
    }

    /// Makes a request without a token, and repeats it when it fails for a passing reason.
    pub(super) async fn try_to_ask(&self, call: &Call) -> Result<Reply, Failure> {
        let mut attempts = self.attempts(&PAUSES);
        loop {
            match self.exchange(call, attempts.number, None).await {
                Ok(reply) => return Ok(reply),
                Err(failure)
                    if failure.is_passing() && self.again(call, &mut attempts, &failure).await => {}
                Err(failure) => return Err(failure),
            }
        }
    }

    /// The token that an answer holds, in the words of `generateToken` or of OAuth.
    pub(super) fn token_in(&self, doing: &str, reply: &Reply) -> Result<Token> {
        let document = &reply.document;
        let token = document
            .get("token")
            .or_else(|| document.get("access_token"));
        let token = token
            .and_then(Value::as_str)
            .filter(|token| is_token(token));
        // Without an excerpt: the answer may hold a token in a place where none is expected.
        let token = token.ok_or_else(|| {
            let sentence = format!("{doing} failed: the portal answered without a token");
            Error::new(ErrorKind::Protocol, sentence)
        })?;
        if let Some(life) = seconds(document.get("expires_in")) {
            let expires = SystemTime::now().checked_add(life);
            return Ok(Token::new(token.into(), expires, Some(life)));
        }
        let expires = document.get("expires").and_then(Value::as_u64);
        let expires =
            expires.and_then(|at| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(at)));
        // By the portal's own clock, where it tells it: ours may be wrong.
        let now = reply.date.unwrap_or_else(SystemTime::now);
        let life = expires.and_then(|at| at.duration_since(now).ok());
        Ok(Token::new(token.into(), expires, life))
    }

    pub(super) fn not_signed_in(&self, doing: &str, mut failure: Failure) -> Error {
        failure.excerpt = None;
        let refused =
            matches!(&failure.cause, Cause::Refused(r) if matches!(r.kind(), ErrorKind::Refused));
        let error = failure.into_error(doing, &self.secrets());
        // The portal refuses a wrong password with code 400, as it does a malformed request.
        if refused {
            error.amended(ErrorKind::Authentication, |sentence| sentence)
        } else {
            error
        }
    }
}

fn renewal_in(reply: &Reply, client_id: &str, redirect_uri: &str) -> Option<Renewal> {
    let token = reply.document.get("refresh_token")?.as_str();
    let token = token.filter(|token| is_token(token))?;
    let life = seconds(reply.document.get("refresh_token_expires_in"));
    Some(Renewal {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        refresh_token: token.into(),
        expires: life.and_then(|life| SystemTime::now().checked_add(life)),
    })
}

/// A length of time in seconds, as a number or in digits.
fn seconds(value: Option<&Value>) -> Option<Duration> {
    let seconds = match value? {
        Value::String(digits) => digits.trim().parse().ok()?,
        number => number.as_u64()?,
    };
    Some(Duration::from_secs(seconds))
}

/// A length of time in whole minutes, rounded up.
pub(super) fn minutes(life: Duration) -> String {
    let minutes = life.as_millis().div_ceil(60_000);
    minutes.max(1).to_string()
}

pub(super) fn unusable(problem: String) -> Error {
    Error::new(ErrorKind::Configuration, problem)
}
