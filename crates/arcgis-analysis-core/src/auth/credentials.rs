//! What a caller can prove who they are with.

use crate::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};

/// What to sign in to a portal with.
///
/// Secrets are shown nowhere, not by `Debug` either, and are wiped from memory when they are dropped.
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
    Password {
        /// The user name.
        username: String,
        /// The password.
        password: SecretString,
    },
    /// A token or an API key that was made elsewhere. It cannot be renewed here.
    Token(SecretString),
}

impl Credentials {
    /// A user's name and password.
    pub fn password(username: impl Into<String>, password: impl Into<SecretString>) -> Self {
        Self::Password {
            username: username.into(),
            password: password.into(),
        }
    }

    /// A token or an API key.
    pub fn token(token: impl Into<SecretString>) -> Self {
        Self::Token(token.into())
    }

    /// What the environment holds: `ARCGIS_USERNAME` with `ARCGIS_PASSWORD`, else `ARCGIS_TOKEN`, else
    /// `ARCGIS_API_KEY`, else nothing.
    ///
    /// A user name with a password goes before a token, because only from it can tokens be renewed while a job
    /// runs. Empty variables count as absent.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when a user name stands without a password or the other way round.
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
        Ok(given("ARCGIS_TOKEN")
            .or_else(|| given("ARCGIS_API_KEY"))
            .map_or(Self::Anonymous, Self::token))
    }

    /// Refuses what could not travel in a header or a form.
    pub(crate) fn check(&self) -> Result<()> {
        let problem = match self {
            Self::Password { username, .. } if username.is_empty() => "the user name is empty",
            Self::Password { password, .. } if password.expose_secret().is_empty() => {
                "the password is empty"
            }
            Self::Token(token) if !is_token(token.expose_secret()) => {
                "the token is empty or has characters that no token has; check that it was copied whole and without blanks"
            }
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Configuration, problem))
    }

    /// What must never be shown.
    pub(crate) fn secret(&self) -> Option<&SecretString> {
        match self {
            Self::Anonymous => None,
            Self::Password { password, .. } => Some(password),
            Self::Token(token) => Some(token),
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
            ("ARCGIS_TOKEN", "t"),
            ("ARCGIS_API_KEY", "k"),
        ];
        assert!(
            matches!(from(&all).unwrap(), Credentials::Password { username, .. } if username == "ada")
        );
        let secret = |c: Credentials| c.secret().unwrap().expose_secret().to_owned();
        assert_eq!(secret(from(&all[2..]).unwrap()), "t");
        assert_eq!(secret(from(&all[3..]).unwrap()), "k");
        assert!(matches!(from(&[]).unwrap(), Credentials::Anonymous));
        assert!(matches!(
            from(&[("ARCGIS_TOKEN", "")]).unwrap(),
            Credentials::Anonymous
        ));
        for half in [&all[..1], &all[1..]] {
            assert_eq!(from(half).unwrap_err().kind(), ErrorKind::Configuration);
        }
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
        assert!(Credentials::token("AAPK.x-_1").check().is_ok());
        assert!(Credentials::password("ada", "p w ö").check().is_ok());
    }

    #[test]
    fn debug_shows_no_secret() {
        for credentials in [
            Credentials::password("ada", "S3cret"),
            Credentials::token("S3cret"),
        ] {
            assert!(!format!("{credentials:?}").contains("S3cret"));
        }
    }
}
