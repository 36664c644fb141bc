//! What a caller can prove who they are with.

use super::SignIn;
use crate::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// How long a token is asked to live where nothing else is said. Portals shorten it to what they allow.
const TOKEN_LIFE: Duration = Duration::from_secs(2 * 60 * 60);

/// What to sign in to a portal with.
///
/// Secrets are shown nowhere, not by `Debug` either, and are wiped from memory when they are dropped.
///
/// | credentials | who acts | renewed here |
/// | --- | --- | --- |
/// | [`Anonymous`](Self::Anonymous) | nobody | - |
/// | [`Password`](Self::Password) | a user | as long as the password is right |
/// | [`Client`](Self::Client) | an application, with its own secret | as long as the secret is right |
/// | [`SignIn`](Self::SignIn) | a user who signed in before ([`Login`](crate::Login)) | as long as the refresh token lives |
/// | [`Token`](Self::Token) | whoever the token or API key belongs to | never |
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::Credentials;
///
/// let credentials = Credentials::password("ada", "correct horse");
/// assert!(!format!("{credentials:?}").contains("horse"));
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Credentials {
    /// None: only what the portal offers to everybody.
    #[default]
    Anonymous,
    /// A user's name and password, from which tokens are made as they are needed.
    Password(PasswordCredentials),
    /// An application's ID and secret (OAuth client credentials), from which tokens are made as they are needed.
    Client(ClientCredentials),
    /// What an earlier sign-in left.
    SignIn(SignIn),
    /// A token or an API key that was made elsewhere. It cannot be renewed here.
    Token(SecretString),
}

/// A user's name and password.
///
/// # Examples
///
/// Tokens that serve this machine whatever the `Referer`, and live for a day if the portal allows it:
///
/// ```
/// use arcgis_analysis_core::{Credentials, PasswordCredentials, TokenBinding};
/// use std::time::Duration;
///
/// let ada = PasswordCredentials::new("ada", "correct horse")
///     .binding(TokenBinding::RequestIp)
///     .token_life(Duration::from_secs(24 * 60 * 60));
/// let credentials = Credentials::from(ada);
/// ```
#[derive(Debug, Clone)]
pub struct PasswordCredentials {
    pub(crate) username: String,
    pub(crate) password: SecretString,
    pub(crate) binding: TokenBinding,
    pub(crate) token_life: Duration,
}

/// Whom a token that is made from a password serves.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::TokenBinding;
///
/// assert_eq!(TokenBinding::default(), TokenBinding::Referer);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TokenBinding {
    /// Requests with the `Referer` that this crate sends, which is the portal's origin. The default: it serves on
    /// whatever way the request takes.
    #[default]
    Referer,
    /// Requests from the address that asked for the token. Not for a machine whose address changes, nor, on some
    /// servers, for long lives.
    RequestIp,
}

/// An application's ID and secret: OAuth 2.0 client credentials.
///
/// The application acts for itself, and has the privileges that were given to it when it was registered.
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::{ClientCredentials, Credentials};
/// use std::time::Duration;
///
/// let app = ClientCredentials::new("Ab12", "s3cret").token_life(Duration::from_secs(60 * 60));
/// assert!(!format!("{app:?}").contains("s3cret"));
/// let credentials = Credentials::from(app);
/// ```
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    pub(crate) id: String,
    pub(crate) secret: SecretString,
    pub(crate) token_life: Duration,
}

impl PasswordCredentials {
    /// A user's name and password; tokens are bound to the `Referer` and asked to live for two hours.
    pub fn new(username: impl Into<String>, password: impl Into<SecretString>) -> Self {
        Self {
            username: username.into(),
            password: password.into(),
            binding: TokenBinding::default(),
            token_life: TOKEN_LIFE,
        }
    }

    /// Sets whom the tokens serve. Default: requests with the portal's origin as `Referer`.
    #[must_use]
    pub fn binding(mut self, binding: TokenBinding) -> Self {
        self.binding = binding;
        self
    }

    /// Sets how long tokens are asked to live, rounded up to whole minutes. Default: two hours. The portal may make
    /// them shorter; they are renewed as they end.
    #[must_use]
    pub fn token_life(mut self, life: Duration) -> Self {
        self.token_life = life;
        self
    }
}

impl ClientCredentials {
    /// An application's ID and secret; tokens are asked to live for two hours.
    pub fn new(id: impl Into<String>, secret: impl Into<SecretString>) -> Self {
        Self {
            id: id.into(),
            secret: secret.into(),
            token_life: TOKEN_LIFE,
        }
    }

    /// Sets how long tokens are asked to live, rounded up to whole minutes. Default: two hours. The portal may make
    /// them shorter; they are renewed as they end.
    #[must_use]
    pub fn token_life(mut self, life: Duration) -> Self {
        self.token_life = life;
        self
    }
}

impl From<PasswordCredentials> for Credentials {
    fn from(password: PasswordCredentials) -> Self {
        Self::Password(password)
    }
}

impl From<ClientCredentials> for Credentials {
    fn from(client: ClientCredentials) -> Self {
        Self::Client(client)
    }
}

impl From<SignIn> for Credentials {
    fn from(sign_in: SignIn) -> Self {
        Self::SignIn(sign_in)
    }
}

impl Credentials {
    /// A user's name and password.
    pub fn password(username: impl Into<String>, password: impl Into<SecretString>) -> Self {
        PasswordCredentials::new(username, password).into()
    }

    /// An application's ID and secret.
    pub fn client(id: impl Into<String>, secret: impl Into<SecretString>) -> Self {
        ClientCredentials::new(id, secret).into()
    }

    /// A token or an API key.
    pub fn token(token: impl Into<SecretString>) -> Self {
        Self::Token(token.into())
    }

    /// What the environment holds: `ARCGIS_USERNAME` with `ARCGIS_PASSWORD`, else `ARCGIS_CLIENT_ID` with
    /// `ARCGIS_CLIENT_SECRET`, else `ARCGIS_TOKEN`, else `ARCGIS_API_KEY`, else nothing.
    ///
    /// What can renew tokens while a job runs goes before a token, which cannot. Empty variables count as absent, and
    /// so does a client ID without a secret, since a person can sign in with it ([`Login`](crate::Login)).
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when a user name stands without a password or the other way round, or a client
    /// secret without its ID.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_core::Credentials;
    ///
    /// let credentials = Credentials::from_env()?;
    /// # Ok::<(), arcgis_analysis_core::Error>(())
    /// ```
    pub fn from_env() -> Result<Self> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let given = |name: &str| variable(name).filter(|text| !text.is_empty());
        let lonely = |one: &str, other: &str| {
            Error::new(
                ErrorKind::Configuration,
                format!("{one} is set but {other} is not; set both or neither"),
            )
        };
        match (given("ARCGIS_USERNAME"), given("ARCGIS_PASSWORD")) {
            (Some(username), Some(password)) => return Ok(Self::password(username, password)),
            (Some(_), None) => return Err(lonely("ARCGIS_USERNAME", "ARCGIS_PASSWORD")),
            (None, Some(_)) => return Err(lonely("ARCGIS_PASSWORD", "ARCGIS_USERNAME")),
            (None, None) => {}
        }
        match (given("ARCGIS_CLIENT_ID"), given("ARCGIS_CLIENT_SECRET")) {
            (Some(id), Some(secret)) => return Ok(Self::client(id, secret)),
            (None, Some(_)) => return Err(lonely("ARCGIS_CLIENT_SECRET", "ARCGIS_CLIENT_ID")),
            (_, None) => {}
        }
        Ok(given("ARCGIS_TOKEN")
            .or_else(|| given("ARCGIS_API_KEY"))
            .map_or(Self::Anonymous, Self::token))
    }

    /// Refuses what could not travel in a header or a form.
    pub(crate) fn check(&self) -> Result<()> {
        let is_empty = |secret: &SecretString| secret.expose_secret().is_empty();
        let problem = match self {
            Self::Password(p) if p.username.is_empty() => "the user name is empty",
            Self::Password(p) if is_empty(&p.password) => "the password is empty",
            Self::Client(client) if client.id.is_empty() => "the client ID is empty",
            Self::Client(client) if is_empty(&client.secret) => "the client secret is empty",
            Self::Token(token) if !is_token(token.expose_secret()) => {
                "the token is empty or has characters that no token has; check that it was copied whole and without blanks"
            }
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Configuration, problem))
    }

    /// What must never be shown.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        match self {
            Self::Anonymous => Vec::new(),
            Self::Password(password) => vec![password.password.clone()],
            Self::Client(client) => vec![client.secret.clone()],
            Self::SignIn(sign_in) => sign_in.secrets(),
            Self::Token(token) => vec![token.clone()],
        }
    }
}

/// Whether a text can be a token: it has to travel in a header as it is.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Credentials> {
        let find = |name: &str| {
            variables
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        };
        Credentials::from_variables(find)
    }

    #[test]
    fn the_environment_is_read_in_a_fixed_order() {
        let all = [
            ("ARCGIS_USERNAME", "ada"),
            ("ARCGIS_PASSWORD", "pw"),
            ("ARCGIS_CLIENT_ID", "app"),
            ("ARCGIS_CLIENT_SECRET", "sec"),
            ("ARCGIS_TOKEN", "t"),
            ("ARCGIS_API_KEY", "k"),
        ];
        let secret = |at: usize| {
            let all = from(&all[at..]).unwrap().secrets();
            all.first().map(|s| s.expose_secret().to_owned())
        };
        assert!(matches!(from(&all).unwrap(), Credentials::Password(ada) if ada.username == "ada"));
        assert!(matches!(from(&all[2..]).unwrap(), Credentials::Client(app) if app.id == "app"));
        let known = [secret(0), secret(2), secret(4), secret(5)].map(Option::unwrap);
        assert_eq!(known, ["pw", "sec", "t", "k"]);
        assert!(matches!(from(&[]).unwrap(), Credentials::Anonymous));
        assert!(matches!(
            from(&[("ARCGIS_TOKEN", "")]).unwrap(),
            Credentials::Anonymous
        ));
        for half in [&all[..1], &all[1..2], &all[3..]] {
            assert_eq!(from(half).unwrap_err().kind(), ErrorKind::Configuration);
        }
        let only_id = [all[2], all[4]];
        assert!(matches!(from(&only_id).unwrap(), Credentials::Token(_)));
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for bad in ["", "a b", "a\nb", "tök"] {
            assert_eq!(
                Credentials::token(bad).check().unwrap_err().kind(),
                ErrorKind::Configuration
            );
        }
        assert!(Credentials::password("", "x").check().is_err());
        assert!(Credentials::password("x", "").check().is_err());
        assert!(Credentials::client("", "x").check().is_err());
        assert!(Credentials::client("x", "").check().is_err());
        assert!(Credentials::token("AAPK.x-_1").check().is_ok());
        assert!(Credentials::password("ada", "p w ö").check().is_ok());
    }

    #[test]
    fn debug_shows_no_secret() {
        for credentials in [
            Credentials::password("ada", "S3cret"),
            Credentials::client("app", "S3cret"),
            Credentials::token("S3cret"),
        ] {
            assert!(!format!("{credentials:?}").contains("S3cret"));
        }
    }
}
