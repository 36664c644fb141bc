//! How tokens of the portal are made: from a password, an application's secret, a code or a refresh token.

use super::{Call, PAUSES, Reply, Session};
use crate::auth::{Lease, Renewal, SignIn, Token, is_token};
use crate::failure::{Cause, Failure};
use crate::redact::redact;
use crate::{
    ClientCredentials, Credentials, Error, ErrorKind, PasswordCredentials, Result, TokenBinding,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::sync::Arc;
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
    /// Itself, for a task of its own that makes a token.
    pub(super) fn shared(&self) -> Result<Arc<Self>> {
        let over = || Error::new(ErrorKind::Transport, "the portal is not connected any more");
        self.me.upgrade().ok_or_else(over)
    }

    /// The portal's token to use.
    pub(super) async fn lease_of_portal(&self) -> Result<Lease> {
        if let Some(lease) = self.fixed() {
            return Ok(lease);
        }
        let session = self.shared()?;
        let make = || async move { session.make_token().await };
        self.tokens.lease(make).await
    }

    /// A token of the portal to use instead of one that was refused; `None` where none can be made.
    pub(super) async fn renewed_of_portal(&self, refused: &Lease) -> Result<Option<Lease>> {
        if self.fixed().is_some() {
            return Ok(None);
        }
        let session = self.shared()?;
        let make = || async move { session.make_token().await };
        self.tokens.renew(refused, make).await.map(Some)
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
        let reply = self.ask_once(self.oauth(&fields)?).await;
        let reply = reply.map_err(|failure| {
            let may_be_spent = failure.is_passing() && !failure.is_not_sent();
            let error = self.not_signed_in(&doing, failure);
            let kind = error.kind();
            match may_be_spent {
                true => error.amended(kind, |sentence| {
                    format!(
                        "{sentence}; what the browser brought serves only once, so sign in again"
                    )
                }),
                false => error,
            }
        })?;
        let token = self.token_in(&doing, &reply)?;
        let renewal = renewal_in(&reply, client_id, redirect_uri);
        self.tokens.remember(&token.secret);
        if let Some(renewal) = &renewal {
            self.tokens.remember(&renewal.refresh_token);
        }
        // What a portal calls the user is shown, so it must not be a secret that it knows.
        let username = reply.document.get("username").and_then(Value::as_str);
        let username = username.map(|name| redact(name, &self.secrets()));
        Ok(SignIn {
            portal: self.portal.as_str().to_owned(),
            username,
            token: token.secret,
            expires: token.expires,
            renewal,
        })
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

    pub(super) fn oauth(&self, fields: &[(&str, &str)]) -> Result<Call> {
        let url = self.portal.rest(&["oauth2", "token"]).map_err(unusable)?;
        Ok(self.post("oauth2/token", url, fields))
    }

    /// Asks for a token with something that serves more than once, and asks again when that fails for a passing reason.
    pub(super) async fn ask(&self, doing: &str, call: &Call) -> Result<Reply> {
        self.try_to_ask(call)
            .await
            .map_err(|failure| self.not_signed_in(doing, failure))
    }

    /// Makes a request without a token, and repeats it when it fails for a passing reason.
    pub(super) async fn try_to_ask(&self, call: &Call) -> Result<Reply, Failure> {
        self.ask_while(call, |_| true).await
    }

    /// Makes a request without a token with something that serves once. Unless it surely did not reach the server it is not
    /// repeated: the answer may be lost, and whoever shows a thing twice that serves once may lose more.
    pub(super) async fn ask_once(&self, call: Call) -> Result<Reply, Failure> {
        let call = Call {
            fresh_connection: true,
            ..call
        };
        self.ask_while(&call, Failure::is_not_sent).await
    }

    /// Makes a request without a token, and repeats it when it fails for a passing reason, while it may be repeated.
    async fn ask_while(
        &self,
        call: &Call,
        may_be: impl Fn(&Failure) -> bool,
    ) -> Result<Reply, Failure> {
        let mut attempts = self.attempts(&PAUSES);
        loop {
            match self.exchange(call, attempts.number, None, Self::read).await {
                Ok(reply) => return Ok(reply),
                Err(failure)
                    if failure.is_passing()
                        && may_be(&failure)
                        && self.again(call, &mut attempts, &failure).await => {}
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

pub(super) fn renewal_in(reply: &Reply, client_id: &str, redirect_uri: &str) -> Option<Renewal> {
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
