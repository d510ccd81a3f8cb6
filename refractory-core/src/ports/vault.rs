//! Secrets at rest.
use std::fmt::Debug;

use super::Observed;
use crate::{Result, Secret, SecretName, async_trait};

/// Keeps secrets. Nobody but the holder of its key can read them.
#[async_trait]
pub trait Vault: Debug + Send + Sync + 'static {
    /// Makes a secret exist under `name`. One that exists is kept, and reported: the first writer wins.
    ///
    /// *Answers*: `Ready`. *Dropped*: it may exist; call again.
    ///
    /// # Errors
    ///
    /// `Exhausted`, `Unavailable`, `Forbidden`.
    async fn ensure(&self, name: &SecretName, fresh: &Secret) -> Result<Observed<Secret>>;

    /// Reads the secret under `name`.
    ///
    /// *Answers*: `Absent`, `Ready`; `Broken` when it was sealed under another key. *Dropped*: nothing happened.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn observe(&self, name: &SecretName) -> Result<Observed<Secret>>;

    /// Forgets the secret under `name`.
    ///
    /// *Answers*: `Absent`. *Dropped*: it may be gone; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn remove(&self, name: &SecretName) -> Result<Observed<Secret>>;

    /// Every name.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    async fn list(&self) -> Result<Vec<SecretName>>;
}
