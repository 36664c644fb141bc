//! Where requests go, and whose token each place gets.
//!
//! The portal gets the portal's token. Where it is ArcGIS Online, so do the servers that are one system with it: those
//! that are known by name, and those that it names itself, below `arcgis.com`, on the usual port. Any other server is
//! asked, without a token, to whom it belongs: if to this portal, the portal makes a token that serves there only; if not,
//! it gets none, unless the caller gave credentials for that very server.

use super::tokens::{minutes, unusable};
use super::{Session, wants_token};
use crate::address::ServerUrl;
use crate::auth::{Lease, Token, Tokens};
use crate::failure::Cause;
use crate::{Credentials, Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use url::Url;

/// How long a server's token is asked to live.
const TOKEN_LIFE: Duration = Duration::from_secs(2 * 60 * 60);

/// Where a request goes.
#[derive(Debug)]
pub(super) enum Place {
    /// To the portal, or to a server that takes the portal's tokens.
    Portal,
    /// To a server that has tokens of its own.
    Server(Arc<Server>),
    /// To anywhere else, where no token goes.
    Elsewhere,
}

/// A server that is not the portal.
#[derive(Debug)]
pub(crate) struct Server {
    root: ServerUrl,
    /// What the caller gave for this server.
    credentials: Option<Credentials>,
    /// Whether the portal itself names it.
    is_named: bool,
    tokens: Tokens,
    standing: OnceCell<Standing>,
}

/// What a server said of itself.
#[derive(Debug, Clone, PartialEq)]
enum Standing {
    /// It belongs to the portal.
    Federated,
    /// It did not say, so the portal has to know.
    Unknown,
    /// It belongs to another portal, or to none.
    Foreign(Option<String>),
    /// The caller has credentials for it; this is its token service.
    Own(Url),
}

impl Place {
    pub(super) fn server(&self) -> Option<Arc<Server>> {
        match self {
            Self::Server(server) => Some(Arc::clone(server)),
            Self::Portal | Self::Elsewhere => None,
        }
    }
}

impl Server {
    fn new(root: ServerUrl, credentials: Option<Credentials>, is_named: bool) -> Self {
        let secrets = credentials.iter().flat_map(Credentials::secrets).collect();
        Self {
            root,
            credentials,
            is_named,
            tokens: Tokens::new(secrets, None),
            standing: OnceCell::new(),
        }
    }

    pub(super) fn secrets(&self) -> Vec<SecretString> {
        self.tokens.secrets()
    }

    /// Whether it is one system with ArcGIS Online.
    fn is_online(&self) -> bool {
        self.root.is_online() || (self.is_named && self.root.is_below_online())
    }
}

impl Session {
    /// Lets requests to one more server carry a token, if it turns out that one belongs there.
    pub(crate) fn admit(&self, root: ServerUrl) {
        let mut servers = self.servers.write().unwrap_or_else(PoisonError::into_inner);
        if !servers.iter().any(|server| server.root == root) {
            servers.push(Arc::new(Server::new(root, None, false)));
        }
    }

    /// The same for a server that the portal itself names.
    pub(crate) fn admit_named(&self, root: ServerUrl) {
        let mut servers = self.servers.write().unwrap_or_else(PoisonError::into_inner);
        match servers.iter_mut().find(|server| server.root == root) {
            Some(server) if server.is_named || server.credentials.is_some() => {}
            Some(server) => *server = Arc::new(Server::new(root, None, true)),
            None => servers.push(Arc::new(Server::new(root, None, true))),
        }
    }

    /// Lets requests to one more server carry a token that is made from credentials for that server.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a URL or credentials that cannot be used.
    pub(crate) fn admit_with(&self, url: &str, credentials: Credentials) -> Result<()> {
        let root = ServerUrl::parse(url)
            .map_err(|problem| unusable(format!("the server URL {problem}")))?;
        if !matches!(
            credentials,
            Credentials::Password(_) | Credentials::Token(_)
        ) {
            let sentence = format!(
                "{} takes a password or a token; other credentials are those of a portal",
                root.as_str()
            );
            return Err(unusable(sentence));
        }
        credentials.check()?;
        let mut servers = self.servers.write().unwrap_or_else(PoisonError::into_inner);
        servers.retain(|server| server.root != root);
        servers.push(Arc::new(Server::new(root, Some(credentials), false)));
        Ok(())
    }

    /// Where a URL leads to: to the server that holds it, or else to any that has its origin.
    pub(super) fn place(&self, url: &Url) -> Place {
        let servers = self.servers.read().unwrap_or_else(PoisonError::into_inner);
        let holding = servers.iter().filter(|server| server.root.holds(url));
        let nearest = holding.max_by_key(|server| server.root.as_str().len());
        if let Some(server) = nearest.filter(|server| server.credentials.is_some()) {
            return Place::Server(Arc::clone(server));
        }
        if url.origin() == self.portal.origin() {
            return Place::Portal;
        }
        let beside = || {
            servers
                .iter()
                .find(|server| server.root.origin() == url.origin())
        };
        match nearest.or_else(beside) {
            Some(server) if self.portal.is_online() && server.is_online() => Place::Portal,
            Some(server) => Place::Server(Arc::clone(server)),
            None => Place::Elsewhere,
        }
    }

    /// The token to use at a place, or none.
    pub(super) async fn lease(&self, place: &Place) -> Result<Lease> {
        match place {
            Place::Portal => self.lease_of_portal().await,
            Place::Elsewhere => Ok(Lease::default()),
            Place::Server(server) => match &server.credentials {
                Some(Credentials::Token(token)) => Ok(Lease::fixed(token)),
                None if matches!(self.credentials, Credentials::Anonymous) => Ok(Lease::default()),
                _ => self.lease_of_server(server, None).await,
            },
        }
    }

    /// A token to use instead of one that the place refused; `None` where none can be made.
    pub(super) async fn renew(&self, place: &Place, refused: &Lease) -> Result<Option<Lease>> {
        match place {
            Place::Portal => self.renewed_of_portal(refused).await,
            Place::Server(server) if refused.token.is_some() => match &server.credentials {
                Some(Credentials::Token(_)) => Ok(None),
                _ => {
                    let lease = self.lease_of_server(server, Some(refused)).await?;
                    Ok(Some(lease).filter(|lease| lease.token.is_some()))
                }
            },
            Place::Server(_) | Place::Elsewhere => Ok(None),
        }
    }

    async fn lease_of_server(
        &self,
        server: &Arc<Server>,
        refused: Option<&Lease>,
    ) -> Result<Lease> {
        let standing = self.standing(server).await?;
        if matches!(standing, Standing::Foreign(_)) {
            return Ok(Lease::default());
        }
        let (session, its, known) = (self.shared()?, Arc::clone(server), standing.clone());
        let make = || async move { session.token_of_server(&its, &known).await };
        let leased = match refused {
            None => server.tokens.lease(make).await,
            Some(refused) => server.tokens.renew(refused, make).await,
        };
        match leased {
            // A portal that makes no token for a server that says nothing of itself does not know it.
            Err(error) if *standing == Standing::Unknown && !error.is_transient() => {
                tracing::debug!(server = server.root.as_str(), %error, "server.without_token");
                Ok(Lease::default())
            }
            leased => leased,
        }
    }

    async fn token_of_server(&self, server: &Server, standing: &Standing) -> Result<Token> {
        match (standing, &server.credentials) {
            (Standing::Own(url), Some(Credentials::Password(password))) => {
                let root = server.root.as_str();
                let doing = format!("signing in to {root} as `{}`", password.username);
                self.generate(&doing, url.clone(), password).await
            }
            _ => self.exchanged(server).await,
        }
    }

    /// A token that the portal makes for a server of its own, in exchange for one of the portal.
    async fn exchanged(&self, server: &Server) -> Result<Token> {
        let doing = format!(
            "asking {} for a token for {}",
            self.portal.as_str(),
            server.root.as_str()
        );
        let url = self.portal.rest(&["generateToken"]).map_err(unusable)?;
        let services = server
            .root
            .resource(&["rest", "services"])
            .map_err(unusable)?;
        let (referer, minutes) = (self.portal.referer(), minutes(TOKEN_LIFE));
        let call = |lease: &Lease| {
            let token = lease.token.as_ref().map(ExposeSecret::expose_secret);
            let fields = [
                ("request", "getToken"),
                ("serverUrl", services.as_str()),
                ("token", token.unwrap_or_default()),
                ("client", "referer"),
                ("referer", &referer),
                ("expiration", &minutes),
            ];
            self.post("generateToken", url.clone(), &fields)
        };
        let lease = self.lease_of_portal().await?;
        let reply = match self.try_to_ask(&call(&lease)).await {
            Err(failure) if wants_token(&failure) => match self.renewed_of_portal(&lease).await? {
                Some(lease) => self.ask(&doing, &call(&lease)).await?,
                None => return Err(self.error(&doing, failure)),
            },
            Err(failure) => return Err(self.not_signed_in(&doing, failure)),
            Ok(reply) => reply,
        };
        self.token_in(&doing, &reply)
    }

    /// Asks a server once to whom it belongs. A failure to ask is not kept.
    async fn standing<'a>(&self, server: &'a Server) -> Result<&'a Standing> {
        let ask = || async {
            let url = server.root.resource(&["rest", "info"]).map_err(unusable)?;
            let info = match self.try_to_ask(&self.get("serverInfo", url)).await {
                Ok(reply) => Some(reply.document),
                Err(failure)
                    if failure.is_passing() && !matches!(failure.cause, Cause::Unreadable(_)) =>
                {
                    let doing = format!("asking {} to whom it belongs", server.root.as_str());
                    return Err(self.error(&doing, failure));
                }
                Err(_) => None,
            };
            match &server.credentials {
                Some(_) => token_service(&server.root, info.as_ref()).map(Standing::Own),
                None => Ok(self.belonging(info.as_ref())),
            }
        };
        server.standing.get_or_try_init(ask).await
    }

    fn belonging(&self, info: Option<&Value>) -> Standing {
        let Some(info) = info.filter(|info| info.is_object()) else {
            return Standing::Unknown;
        };
        match info.get("owningSystemUrl").and_then(Value::as_str) {
            Some(owner) if self.portal.owns(owner) => Standing::Federated,
            owner => Standing::Foreign(owner.map(str::to_owned)),
        }
    }

    /// What to do when a server, or else the portal, wants a token, or another one.
    pub(super) fn advice(&self, server: Option<&Server>) -> String {
        if let Some(server) = server {
            let root = server.root.as_str();
            match server.standing.get() {
                Some(Standing::Foreign(Some(owner))) => {
                    return format!(
                        "{root} belongs to {owner} and takes no token of {}; connect to that portal, or give credentials for the server",
                        self.portal.as_str()
                    );
                }
                Some(Standing::Foreign(None) | Standing::Unknown) => {
                    return format!(
                        "{root} does not belong to {}; give credentials for the server",
                        self.portal.as_str()
                    );
                }
                _ => {}
            }
            if matches!(server.credentials, Some(Credentials::Token(_))) {
                return format!("the token for {root} is invalid or expired; make a new one");
            }
        }
        let advice = match &self.credentials {
            Credentials::Anonymous => "sign in with a user name and password or a token",
            Credentials::Token(_) => {
                "the token is invalid or expired, or belongs to another portal or referer; make a new one"
            }
            Credentials::SignIn(sign_in) if sign_in.renewal.is_none() => {
                "the sign-in is over; sign in again"
            }
            _ => "the portal made a token that the server does not take",
        };
        advice.to_owned()
    }
}

/// The token service of a server that does not belong to the portal. Its password goes to its own origin only.
fn token_service(root: &ServerUrl, info: Option<&Value>) -> Result<Url> {
    let named = info
        .and_then(|info| info.get("authInfo")?.get("tokenServicesUrl")?.as_str())
        .filter(|named| !named.trim().is_empty());
    let Some(named) = named else {
        return root
            .resource(&["tokens", "generateToken"])
            .map_err(unusable);
    };
    let url = Url::parse(named)
        .ok()
        .filter(|url| url.origin() == root.origin());
    let Some(mut url) = url else {
        let sentence = format!(
            "{} names a token service of another origin, to which its password does not go; give a token instead",
            root.as_str()
        );
        return Err(Error::new(ErrorKind::Configuration, sentence));
    };
    url.set_query(None);
    url.set_fragment(None);
    if url.path().trim_end_matches('/').ends_with("/tokens") {
        let path = format!("{}/generateToken", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    Ok(url)
}
