//! What all requests share.

use crate::disk::Disk;
use crate::gp::Uploads;
use crate::hosted::Hosted;
use crate::hosts::Hosts;
use crate::jobs::Jobs;
use crate::oauth::{Client, Grants};
use crate::persona::Persona;
use crate::shelf::Shelf;
use crate::tokens::Tokens;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct App {
    /// The one user.
    pub(crate) user: User,
    /// The tokens that are out.
    pub(crate) tokens: Tokens,
    /// The applications that can sign in by themselves.
    pub(crate) clients: Vec<Client>,
    /// What was granted by OAuth.
    pub(crate) grants: Grants,
    /// What the portal gives itself out for.
    pub(crate) persona: Persona,
    /// The jobs.
    pub(crate) jobs: Arc<Jobs>,
    /// The hosted feature services.
    pub(crate) hosted: Arc<Hosted>,
    /// Files for tasks.
    pub(crate) uploads: Uploads,
    /// What was done lately for those who ask how far it is: for whom, and what is told.
    pub(crate) done: Shelf<(String, serde_json::Value)>,
    /// What outlives the service.
    pub(crate) disk: Disk,
    /// Places for large bodies of which it is not known yet who sends them.
    pub(crate) strangers: Semaphore,
    /// The host names that are the service's own.
    pub(crate) hosts: Hosts,
}

/// The one user.
#[derive(Debug)]
pub(crate) struct User {
    /// The name to sign in with.
    pub(crate) name: String,
    /// The password.
    pub(crate) password: SecretString,
}

impl User {
    /// The user whom the name, in any letter case, and the password prove.
    pub(crate) fn sign_in(&self, name: &str, password: &str) -> Option<&str> {
        let name_fits = self.is_named(name);
        let password_fits = self
            .password
            .expose_secret()
            .as_bytes()
            .ct_eq(password.as_bytes());
        (name_fits && bool::from(password_fits)).then_some(self.name.as_str())
    }

    /// Whether this is the user's name, in any letter case.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}
