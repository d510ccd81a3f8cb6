//! Hashing passwords, as the composing program provides it.
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use refractory_core::model::PasswordHash;
use refractory_core::{Result, Secret};

type Hash = dyn Fn(Secret) -> BoxFuture<'static, Result<PasswordHash>> + Send + Sync;

/// Turns a password into what the store may keep. The portal knows no algorithm: the port that checks
/// passwords ([`Authenticator`](refractory_core::ports::Authenticator)) chose one, and brings the other half here.
#[derive(Clone)]
pub struct Hasher(Arc<Hash>);

impl Hasher {
    /// Wraps `hash`, which must not block: hashing takes a good part of a second of a processor.
    pub fn new<F>(hash: impl Fn(Secret) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<PasswordHash>> + Send + 'static,
    {
        Self(Arc::new(move |password| Box::pin(hash(password))))
    }

    /// Hashes `password`.
    pub(crate) async fn hash(&self, password: Secret) -> Result<PasswordHash> {
        (self.0)(password).await
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}
