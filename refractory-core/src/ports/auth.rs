//! Who somebody is.
use std::fmt::Debug;

use crate::model::UserName;
use crate::{Result, Secret, async_trait};

/// What somebody shows.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Credential {
    /// A name and a password.
    Password {
        /// The name.
        name: UserName,
        /// The password.
        password: Secret,
    },
}

/// Who they turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthenticatedUser {
    /// The account they have here.
    pub name: UserName,
}

impl AuthenticatedUser {
    /// The account `name`.
    pub fn new(name: UserName) -> Self {
        Self { name }
    }
}

/// Checks credentials.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Authenticator: Debug + Send + Sync + 'static {
    /// `None`: the credential is not good. Takes as long for an unknown name as for a wrong password.
    ///
    /// # Errors
    ///
    /// `Unavailable`: it could not be checked. `Unsupported`: not this kind of credential.
    async fn authenticate(&self, credential: &Credential) -> Result<Option<AuthenticatedUser>>;
}
