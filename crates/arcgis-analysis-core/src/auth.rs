//! Who is asking, and the token that says so.

mod credentials;
mod token;

pub use credentials::Credentials;
pub(crate) use credentials::is_token;
pub(crate) use token::{Lease, Token, Tokens};
