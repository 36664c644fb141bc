//! Signing in by OAuth 2.0: an application with its secret, or a person in a browser.
//!
//! | resource | what it does |
//! | --- | --- |
//! | `oauth2/authorize` | a page to sign in on, for `response_type` `code` (with PKCE, method S256) or `token` |
//! | `oauth2/signin` | what the page posts; sends the browser back to the application |
//! | `oauth2/token` | a token for a client's secret, for a code, or for a refresh token |
//! | `oauth2/revokeToken` | ends a refresh token with all that came from it, or a person's token |
//!
//! An answer to a browser goes to no other site: redirect URIs are those of this machine's loopback interface, those
//! of this service itself, and `urn:ietf:wg:oauth:2.0:oob`, which shows the code on a page. Therefore any client ID
//! may send a person here, registered or not, as the ones that Esri's clients are born with do.

mod grants;
mod pages;
mod pending;
mod redirect;
mod revoke;
mod token;

pub(crate) use grants::Grants;
pub(crate) use pages::{authorize, sign_in};
pub(crate) use redirect::is_own;
pub(crate) use revoke::revoke;
pub(crate) use token::token;

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// An application that can sign in by itself.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: SecretString,
}

impl Client {
    fn is_secret(&self, secret: &str) -> bool {
        let own = self.secret.expose_secret().as_bytes();
        own.ct_eq(secret.as_bytes()).into()
    }
}
