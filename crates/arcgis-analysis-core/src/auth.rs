//! Who is asking, and the token that says so.

mod browser;
mod credentials;
mod forget;
mod login;
mod remember;
mod sign_in;
mod store;
mod token;

pub(crate) use credentials::is_token;
pub use credentials::{ClientCredentials, Credentials, PasswordCredentials, TokenBinding};
pub use forget::Forgotten;
pub use login::Login;
pub use remember::Remembered;
pub(crate) use sign_in::Renewal;
pub use sign_in::{SignIn, SignInProblem};
#[cfg(feature = "keyring")]
pub use store::KeyringStore;
pub use store::{FileStore, SignInStore, store};
pub(crate) use token::{Lease, Token, Tokens};
