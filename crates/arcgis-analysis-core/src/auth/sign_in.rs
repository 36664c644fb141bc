//! What a sign-in leaves, so that nobody has to sign in again soon.

use super::is_token;
use crate::address::PortalUrl;
use crate::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::fmt;
use std::time::{Duration, SystemTime};

/// How long before its end a refresh token is exchanged for a new one.
const EXCHANGED_BEFORE: Duration = Duration::from_secs(24 * 60 * 60);

/// A user's sign-in that goes on: a token, and, where the user signed in in a browser, a refresh token.
///
/// It is made by [`Login`](crate::Login), kept in a [`SignInStore`](crate::SignInStore), and used as
/// [`Credentials::SignIn`](crate::Credentials::SignIn). With a refresh token, new tokens are made from it as they are
/// needed, and within a day of its end it is exchanged for a new one. Without one, the sign-in ends with its token.
///
/// # Examples
///
/// ```no_run
/// use arcgis_analysis_core::{Credentials, FileStore, Portal, Result, SignInStore};
///
/// # async fn connect() -> Result<Portal> {
/// let url = "https://www.arcgis.com";
/// let credentials = FileStore::new("state/arcgis-analysis").load(url)?.map_or(Credentials::Anonymous, Credentials::from);
/// Portal::connect(url, credentials).await
/// # }
/// ```
#[derive(Clone)]
pub struct SignIn {
    pub(crate) portal: String,
    pub(crate) username: Option<String>,
    pub(crate) token: SecretString,
    /// When the token ends.
    pub(crate) expires: Option<SystemTime>,
    pub(crate) renewal: Option<Renewal>,
}

/// By what tokens are renewed.
#[derive(Clone)]
pub(crate) struct Renewal {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) refresh_token: SecretString,
    /// When the refresh token ends.
    pub(crate) expires: Option<SystemTime>,
}

impl Renewal {
    /// Whether the refresh token is so near its end that it is to be exchanged.
    pub(crate) fn is_ending(&self, now: SystemTime) -> bool {
        self.expires
            .is_some_and(|end| end <= now + EXCHANGED_BEFORE)
    }
}

impl SignIn {
    /// The URL of the portal that was signed in to.
    #[must_use]
    pub fn portal(&self) -> &str {
        &self.portal
    }

    /// The user's name, where the portal told it.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// Until when it serves without the user, if it is known: the end of the refresh token, or else of the token.
    #[must_use]
    pub fn ends(&self) -> Option<SystemTime> {
        match &self.renewal {
            Some(renewal) => renewal.expires,
            None => self.expires,
        }
    }

    /// Whether it has ended at this time.
    #[must_use]
    pub fn has_ended(&self, now: SystemTime) -> bool {
        self.ends().is_some_and(|end| end <= now)
    }

    /// The whole sign-in as one secret text, for a store of one's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use arcgis_analysis_core::{Result, SecretString, SignIn};
    ///
    /// /// What a vault keeps is read back as it was.
    /// fn kept(sign_in: &SignIn) -> Result<SignIn> {
    ///     let secret: SecretString = sign_in.to_secret();
    ///     SignIn::from_secret(&secret)
    /// }
    /// ```
    #[must_use]
    pub fn to_secret(&self) -> SecretString {
        let seconds = |time: Option<SystemTime>| {
            let time = time?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            Some(time.as_secs())
        };
        let mut all = json!({
            "version": 1,
            "portal": self.portal,
            "username": self.username,
            "token": self.token.expose_secret(),
            "expires": seconds(self.expires),
        });
        if let Some(renewal) = &self.renewal {
            all["renewal"] = json!({
                "clientId": renewal.client_id,
                "redirectUri": renewal.redirect_uri,
                "refreshToken": renewal.refresh_token.expose_secret(),
                "expires": seconds(renewal.expires),
            });
        }
        all.to_string().into()
    }

    /// Reads what [`to_secret`](Self::to_secret) wrote.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] when it is something else.
    pub fn from_secret(secret: &SecretString) -> Result<Self> {
        let read = || {
            let all: Value = serde_json::from_str(secret.expose_secret()).ok()?;
            let text = |of: &Value, name: &str| Some(of.get(name)?.as_str()?.to_owned());
            let token = |of: &Value, name: &str| {
                text(of, name)
                    .filter(|text| is_token(text))
                    .map(SecretString::from)
            };
            let time = |of: &Value| {
                let seconds = of.get("expires")?.as_u64()?;
                SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
            };
            let renewal = match all.get("renewal") {
                None => None,
                Some(renewal) => Some(Renewal {
                    client_id: text(renewal, "clientId")?,
                    redirect_uri: text(renewal, "redirectUri")?,
                    refresh_token: token(renewal, "refreshToken")?,
                    expires: time(renewal),
                }),
            };
            (all.get("version") == Some(&json!(1))).then_some(())?;
            let portal = PortalUrl::parse(&text(&all, "portal")?).ok()?;
            Some(Self {
                portal: portal.as_str().to_owned(),
                username: text(&all, "username"),
                token: token(&all, "token")?,
                expires: time(&all),
                renewal,
            })
        };
        read().ok_or_else(|| {
            Error::new(
                ErrorKind::Store,
                "what is kept of a sign-in cannot be read; sign in again",
            )
        })
    }

    /// Whether the other is this very one: with the same token, and the same refresh token.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.portal == other.portal
            && self.token.expose_secret() == other.token.expose_secret()
            && self.shares_renewal(other)
    }

    /// Whether the other is renewed by the same refresh token, or neither by any.
    pub(crate) fn shares_renewal(&self, other: &Self) -> bool {
        let refresh_token = |of: &Self| {
            let renewal = of.renewal.as_ref();
            renewal.map(|renewal| renewal.refresh_token.expose_secret().to_owned())
        };
        refresh_token(self) == refresh_token(other)
    }

    /// Whether the other is one of the same user that can be renewed in place of this one, such as what another process
    /// made of it.
    pub(crate) fn goes_on_as(&self, other: &Self) -> bool {
        self.portal == other.portal
            && self.username == other.username
            && other.renewal.is_some()
            && !self.is_same_as(other)
    }

    /// What must never be shown.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let mut all = vec![self.token.clone()];
        all.extend(self.renewal.iter().map(|r| r.refresh_token.clone()));
        all
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("portal", &self.portal)
            .field("username", &self.username)
            .field("ends", &self.ends())
            .field("is_renewed", &self.renewal.is_some())
            .finish_non_exhaustive()
    }
}

/// Why signing in in a browser came to nothing; in [`Error::sign_in_problem`](crate::Error::sign_in_problem).
///
/// # Examples
///
/// ```
/// use arcgis_analysis_core::SignInProblem;
///
/// let problem = SignInProblem::Denied;
/// assert_eq!(problem.to_string(), "the user cancelled the sign-in");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInProblem {
    /// The user said no.
    Denied,
    /// The portal refused to let the application ask; in its words.
    Refused(String),
    /// Until the time allowed was over, the browser brought only answers to other questions than was asked. Somebody
    /// else may have sent them.
    StateMismatch,
    /// The user did not come back in time.
    TimedOut,
}

impl fmt::Display for SignInProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied => f.write_str("the user cancelled the sign-in"),
            Self::Refused(words) => write!(f, "the portal says: {words}"),
            Self::StateMismatch => f.write_str(
                "within the time allowed the browser brought only what was not asked for, which somebody else may have \
                 sent; begin again",
            ),
            Self::TimedOut => f.write_str("nobody signed in within the time allowed"),
        }
    }
}

impl std::error::Error for SignInProblem {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn sign_in(renewal: bool) -> SignIn {
        SignIn {
            portal: "https://gis.example.org".to_owned(),
            username: Some("ada".to_owned()),
            token: "S3CRET-token".into(),
            expires: Some(at(1_000)),
            renewal: renewal.then(|| Renewal {
                client_id: "cli".to_owned(),
                redirect_uri: "http://127.0.0.1:5000/".to_owned(),
                refresh_token: "S3CRET-refresh".into(),
                expires: Some(at(200_000)),
            }),
        }
    }

    #[test]
    fn what_is_kept_is_read_back() {
        for renewal in [false, true] {
            let kept = sign_in(renewal).to_secret();
            let read = SignIn::from_secret(&kept).unwrap();
            assert_eq!(read.to_secret().expose_secret(), kept.expose_secret());
            assert_eq!(read.renewal.is_some(), renewal);
            assert_eq!(read.ends(), Some(at(if renewal { 200_000 } else { 1_000 })));
        }
    }

    #[test]
    fn what_is_kept_wrongly_is_refused_without_showing_it() {
        let kept = sign_in(true).to_secret().expose_secret().to_owned();
        for bad in [
            kept.replace("\"version\":1", "\"version\":2"),
            kept.replace("S3CRET-token", "S3CRET token"),
            kept.replace("refreshToken", "other"),
            kept.replace("https://", "https://ada:S3CRET@"),
            kept[..kept.len() - 3].to_owned(),
            String::new(),
        ] {
            let error = SignIn::from_secret(&bad.into()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Store);
            assert!(!format!("{error:?}").contains("S3CRET"));
        }
    }

    #[test]
    fn it_ends_with_what_renews_it() {
        let renewed = sign_in(true);
        assert!(!renewed.has_ended(at(199_999)) && renewed.has_ended(at(200_000)));
        let renewal = renewed.renewal.unwrap();
        assert!(
            !renewal.is_ending(at(200_000 - 86_401)) && renewal.is_ending(at(200_000 - 86_400))
        );
        let brief = sign_in(false);
        assert!(!brief.has_ended(at(999)) && brief.has_ended(at(1_000)));
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", sign_in(true));
        assert!(
            shown.contains("ada") && !shown.contains("S3CRET"),
            "{shown}"
        );
    }
}
