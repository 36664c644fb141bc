//! The tokens that are out, and whom they serve.

use crate::shelf::Shelf;
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a token was made for: it serves nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Binding {
    /// Requests with this `Referer`.
    Referer(String),
    /// Requests from this address.
    Address(IpAddr),
    /// Whoever has it, as OAuth tokens do.
    Anybody,
    /// Whoever has it, until the sign-in of a person that it was made from is revoked.
    Grant(Grant),
}

/// A person's sign-in to an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The application.
    pub(crate) client_id: String,
    /// Tells one sign-in from another.
    pub(crate) number: u64,
}

/// Who presents a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bearer<'a> {
    /// The `Referer` of the request.
    pub(crate) referer: Option<&'a str>,
    /// The address that the request came from.
    pub(crate) address: IpAddr,
}

/// A token to hand out.
pub(crate) struct NewToken {
    /// The token.
    pub(crate) text: String,
    /// When it ends, in milliseconds since 1970.
    pub(crate) expires: u64,
    /// How long it lives from now.
    pub(crate) life: Duration,
}

/// The tokens that are out.
#[derive(Debug)]
pub(crate) struct Tokens {
    issued: Shelf<Issued>,
    longest: Duration,
}

#[derive(Debug, Clone)]
struct Issued {
    username: String,
    binding: Binding,
}

impl Tokens {
    /// No tokens yet; none will live longer than `longest`.
    pub(crate) fn new(longest: Duration) -> Self {
        Self {
            issued: Shelf::default(),
            longest,
        }
    }

    /// Makes every token invalid.
    pub(crate) fn forget(&self) {
        self.issued.clear();
    }

    /// Makes every token of a sign-in invalid.
    pub(crate) fn revoke(&self, grant: &Grant) {
        let is = |issued: &Issued| matches!(&issued.binding, Binding::Grant(one) if one == grant);
        self.issued.remove(is);
    }

    /// Makes a token invalid, if this application got it for a person.
    pub(crate) fn revoke_token(&self, text: &str, client_id: &str) {
        let is = |binding: &Binding| matches!(binding, Binding::Grant(grant) if grant.client_id == client_id);
        if self
            .issued
            .get(text)
            .is_some_and(|issued| is(&issued.binding))
        {
            self.issued.take(text);
        }
    }

    /// The longest life of a token.
    pub(crate) fn longest(&self) -> Duration {
        self.longest
    }

    /// Makes a token.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub(crate) fn issue(
        &self,
        username: &str,
        binding: Binding,
        life: Duration,
    ) -> Result<NewToken, getrandom::Error> {
        let life = life.min(self.longest);
        let issued = Issued {
            username: username.to_owned(),
            binding,
        };
        let text = self.issued.put(issued, life)?;
        let expires = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            + life;
        Ok(NewToken {
            text,
            expires: u64::try_from(expires.as_millis()).unwrap_or(u64::MAX),
            life,
        })
    }

    /// How much of a token's life is left; none of one that is wrong or too old.
    pub(crate) fn left(&self, text: &str) -> Duration {
        self.issued.left(text).unwrap_or_default()
    }

    /// Whom a token serves; `None` when it is wrong, too old, or bound to another bearer.
    pub(crate) fn user(&self, text: &str, bearer: Bearer<'_>) -> Option<String> {
        let issued = self.issued.get(text)?;
        issued.binding.admits(bearer).then_some(issued.username)
    }
}

impl Binding {
    /// A browser sends the address of the page, of which the token's referer is the beginning.
    fn admits(&self, bearer: Bearer<'_>) -> bool {
        match self {
            Self::Anybody | Self::Grant(_) => true,
            Self::Address(address) => *address == bearer.address,
            Self::Referer(referer) => {
                let Some(rest) = bearer
                    .referer
                    .and_then(|sent| sent.strip_prefix(referer.trim_end_matches('/')))
                else {
                    return false;
                };
                rest.is_empty() || rest.starts_with(['/', '?', '#'])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const HOUR: Duration = Duration::from_secs(3600);

    fn from(referer: Option<&str>) -> Bearer<'_> {
        Bearer {
            referer,
            address: HERE,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_ends_when_its_life_is_over() {
        let tokens = Tokens::new(HOUR);
        let token = tokens
            .issue("ann", Binding::Address(HERE), Duration::from_secs(60))
            .unwrap();
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_eq!(tokens.user(&token.text, from(None)).as_deref(), Some("ann"));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(tokens.user(&token.text, from(None)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn no_token_lives_longer_than_the_longest_life() {
        let tokens = Tokens::new(HOUR);
        let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let token = tokens
            .issue("ann", Binding::Address(HERE), HOUR * 1000)
            .unwrap();
        let after = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let expires = u128::from(token.expires);
        assert!((before + HOUR).as_millis() <= expires && expires <= (after + HOUR).as_millis());
        tokio::time::advance(HOUR).await;
        assert_eq!(tokens.user(&token.text, from(None)), None);
    }

    #[test]
    fn a_referer_binds_by_its_beginning_up_to_a_boundary() {
        let binding = Binding::Referer("https://app.example/".to_owned());
        assert!(binding.admits(from(Some("https://app.example"))));
        assert!(binding.admits(from(Some("https://app.example/map?id=1"))));
        assert!(!binding.admits(from(Some("https://app.example.evil.example/"))));
        assert!(!binding.admits(from(Some("https://other.example/"))));
        assert!(!binding.admits(from(None)));
    }

    #[test]
    fn an_address_binds_to_itself() {
        let elsewhere = Bearer {
            referer: None,
            address: IpAddr::from([10, 0, 0, 7]),
        };
        assert!(!Binding::Address(HERE).admits(elsewhere));
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_was_never_issued_serves_nobody() {
        let tokens = Tokens::new(HOUR);
        let token = tokens.issue("ann", Binding::Address(HERE), HOUR).unwrap();
        let mut other = token.text.clone();
        let last = if other.ends_with('0') { "1" } else { "0" };
        other.replace_range(63.., last);
        assert_eq!(tokens.user(&other, from(None)), None);
        assert_eq!(tokens.user("", from(None)), None);
    }

    #[test]
    fn debug_shows_no_token() {
        let tokens = Tokens::new(HOUR);
        assert_eq!(
            format!("{tokens:?}"),
            "Tokens { issued: Shelf(..), longest: 3600s }"
        );
    }
}
