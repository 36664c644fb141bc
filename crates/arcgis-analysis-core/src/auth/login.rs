//! Signing a person in.

use super::browser::wait_for_code;
use super::{PasswordCredentials, SignIn};
use crate::address::{PortalUrl, shown};
use crate::session::Session;
use crate::transport::{HttpTransport, Transport};
use crate::{Credentials, Error, ErrorKind, Limits, Polling, Result};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Signs a person in to a portal, in a browser or with a password, and returns what is left of it: a [`SignIn`].
///
/// # Examples
///
/// ```no_run
/// use arcgis_analysis_core::{Login, Portal, Result};
///
/// # async fn sign_in() -> Result<Portal> {
/// let url = "https://www.arcgis.com";
/// let sign_in = Login::new(url).in_browser("Ab12", |page| println!("sign in at {page}")).await?;
/// Portal::connect(url, sign_in.into()).await
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nobody is signed in until one of its ways is awaited"]
pub struct Login {
    portal: String,
    port: u16,
    patience: Duration,
    limits: Limits,
    transport: Option<Arc<dyn Transport>>,
}

impl Login {
    /// To this portal; its URL is read as [`Portal::connect`](crate::Portal::connect) reads it.
    pub fn new(portal: impl Into<String>) -> Self {
        Self {
            portal: portal.into(),
            port: 0,
            patience: Duration::from_secs(5 * 60),
            limits: Limits::default(),
            transport: None,
        }
    }

    pub(super) fn portal(&self) -> &str {
        &self.portal
    }

    /// Sets the port of the loopback interface that a browser returns to: `http://127.0.0.1:PORT/` is the redirect URI
    /// to register for the application where the portal wants it with its port. Default: 0, which takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets how long the user may take in the browser. Default: 5 minutes.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sets how long requests may take and how large answers may be.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how bytes are exchanged. Default: an [`HttpTransport`].
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Signs in in a browser: OAuth 2.0 with an authorization code and PKCE, by which no other program can use what
    /// the browser brings.
    ///
    /// `client_id` is that of an application that is registered on the portal. `open` is given the page to sign in on,
    /// once it is time to show it; the browser must run on this machine, since it returns to `127.0.0.1`. Dropping the
    /// future ends the attempt.
    ///
    /// # Errors
    /// [`ErrorKind::Authentication`] with a [`SignInProblem`](crate::SignInProblem) when the user cancels or does not come
    /// back (an answer that was not asked for, which any page can send, ends nothing); [`ErrorKind::Configuration`] when the portal's URL, the client ID or
    /// the port cannot be used; and whatever a request can end in.
    pub async fn in_browser(&self, client_id: &str, open: impl FnOnce(&str)) -> Result<SignIn> {
        if client_id.is_empty() {
            return Err(Error::new(
                ErrorKind::Configuration,
                "the client ID is empty",
            ));
        }
        let session = self.session(Credentials::Anonymous)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await;
        let port = listener.and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
        let (port, listener) = port.map_err(|error| {
            let sentence = format!("port {} of 127.0.0.1 cannot be listened on; choose another, or 0 for a free one: {error}", self.port);
            Error::new(ErrorKind::Configuration, sentence).with_source(error)
        })?;
        let redirect_uri = format!("http://127.0.0.1:{port}/");
        let (state, verifier) = (random()?, random()?);
        let mut page = session
            .portal
            .rest(&["oauth2", "authorize"])
            .map_err(|problem| Error::new(ErrorKind::Configuration, problem))?;
        page.query_pairs_mut()
            .append_pair("client_id", client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", &redirect_uri)
            .append_pair("state", state.expose_secret())
            .append_pair("code_challenge", &challenge(verifier.expose_secret()))
            .append_pair("code_challenge_method", "S256");
        open(page.as_str());
        let code = wait_for_code(listener, state.expose_secret(), self.patience).await;
        let code = code.map_err(|problem| {
            let sentence = format!(
                "signing in to {} failed: {problem}",
                session.portal.as_str()
            );
            Error::new(ErrorKind::Authentication, sentence).with_source(problem)
        })?;
        session
            .take_code(client_id, &redirect_uri, &code.into(), &verifier)
            .await
    }

    /// Signs in with a password, which is not kept: the sign-in lasts as long as the token that the portal gives,
    /// which [`PasswordCredentials::token_life`] asks for.
    ///
    /// # Errors
    /// [`ErrorKind::Authentication`] when the portal refuses the password, and whatever a request can end in.
    pub async fn with_password(&self, password: PasswordCredentials) -> Result<SignIn> {
        let credentials = Credentials::from(password.clone());
        credentials.check()?;
        let session = self.session(credentials)?;
        let token = session.token_of_password(&password).await?;
        Ok(SignIn {
            portal: session.portal.as_str().to_owned(),
            username: Some(password.username),
            token: token.secret,
            expires: token.expires,
            renewal: None,
        })
    }

    /// Signs out: has the portal end the sign-in's refresh token, and with it every token that came from it. Returns
    /// whether there was one; tokens that came from a password cannot be revoked, they end by themselves.
    ///
    /// What is kept of the sign-in is the caller's to take out of its store first
    /// ([`SignInStore::take`](crate::SignInStore::take)), whether or not the portal can be reached; [`forget`](Self::forget)
    /// does both.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when the sign-in is one to another portal, to which nothing of it is sent, and
    /// whatever a request can end in.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use arcgis_analysis_core::{Login, Result, SignInStore};
    ///
    /// async fn sign_out(store: &dyn SignInStore, portal: &str) -> Result<()> {
    ///     if let Some(sign_in) = store.take(portal)? {
    ///         Login::new(portal).sign_out(&sign_in).await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub async fn sign_out(&self, sign_in: &SignIn) -> Result<bool> {
        let session = self.session(sign_in.clone().into())?;
        let Some(renewal) = &sign_in.renewal else {
            return Ok(false);
        };
        if PortalUrl::parse(&sign_in.portal).ok().as_ref() != Some(&session.portal) {
            let sentence = format!(
                "the sign-in is one to {} and cannot be revoked at {}",
                sign_in.portal,
                session.portal.as_str()
            );
            return Err(Error::new(ErrorKind::Configuration, sentence));
        }
        session.revoke(renewal).await.map(|()| true)
    }

    fn session(&self, credentials: Credentials) -> Result<Arc<Session>> {
        let portal = PortalUrl::parse(&self.portal).map_err(|problem| {
            Error::new(
                ErrorKind::Configuration,
                format!("the portal URL {problem}"),
            )
        })?;
        let transport = self.transport.clone();
        let transport =
            transport.unwrap_or_else(|| Arc::new(HttpTransport::new(self.limits.connect)));
        Ok(Session::new(
            portal,
            credentials,
            transport,
            self.limits.clone(),
            Polling::default(),
            None,
        ))
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("portal", &shown(&self.portal))
            .field("port", &self.port)
            .field("patience", &self.patience)
            .field("limits", &self.limits)
            .field("transport", &self.transport)
            .finish()
    }
}

/// 256 bits that nobody can guess, as text that needs no encoding.
fn random() -> Result<SecretString> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        let sentence =
            format!("the operating system gave no random number to sign in with: {error}");
        Error::new(ErrorKind::Configuration, sentence)
    })?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes).into())
}

/// What the portal is told of a verifier beforehand: its hash.
fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_the_standard() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            challenge(verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_verifier_is_as_long_as_the_standard_wants_and_never_the_same() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert_eq!(one.expose_secret().len(), 43);
        assert_ne!(one.expose_secret(), other.expose_secret());
    }
}
