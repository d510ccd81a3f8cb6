//! Passwords: hashed slowly, checked in equal time.
use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::blocking::blocking;
use crate::model::{PasswordHash, User, UserName};
use crate::ports::{
    AuthenticatedUser, Authenticator, Collection, Credential, IntoPort, Store, UniqueKey,
};
use crate::{Error, ErrorKind, Result, Secret, async_trait};

/// A hash of nobody's password, as costly to check as one that is made now: the first unknown name costs what any other does.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$/Fk+YKEK3RzOjbAO5DvrXg$QOUDZUdWhXXW80qyRp/We7qnW8WwMImlF5Vgep727+Q";
/// Longer texts are not hashed: they are an attack, or a mistake.
const LONGEST: usize = 1024;

/// Checks passwords of the accounts in a store, with argon2id.
///
/// Each check takes 19 MiB for its time, so only two are made at once; the rest wait.
#[derive(Debug, Clone)]
pub struct Passwords {
    store: Arc<dyn Store>,
    turns: Arc<Semaphore>,
}

impl Passwords {
    /// Checks the passwords of the accounts in `store`.
    pub fn new(store: impl IntoPort<dyn Store>) -> Self {
        Self { store: store.into_port(), turns: Arc::new(Semaphore::new(2)) }
    }

    /// Hashes a password for an account.
    ///
    /// # Errors
    ///
    /// `Invalid` where it is longer than 1024 bytes.
    pub async fn hash(password: &Secret) -> Result<PasswordHash> {
        let password = password.clone();
        blocking("hashing a password", move |_| hashed(&password)).await
    }

    async fn stored(&self, name: &UserName) -> Result<Option<PasswordHash>> {
        let user = Collection::<User>::of(self.store.as_ref()).find(&UniqueKey::user(name)).await?;
        Ok(user.and_then(|user| user.password))
    }

    async fn check(&self, name: &UserName, password: &Secret) -> Result<bool> {
        let stored = self.stored(name).await?;
        let turn = self.turns.acquire().await;
        let password = password.clone();
        let good = blocking("checking a password", move |_| Ok(verified(stored, &password))).await;
        drop(turn);
        good
    }
}

#[async_trait]
impl Authenticator for Passwords {
    async fn authenticate(&self, credential: &Credential) -> Result<Option<AuthenticatedUser>> {
        match credential {
            Credential::Password { name, password } => {
                let good = self.check(name, password).await?;
                Ok(good.then(|| AuthenticatedUser { name: name.clone() }))
            }
        }
    }
}

fn hashed(password: &Secret) -> Result<PasswordHash> {
    if password.expose().len() > LONGEST {
        return Err(Error::new(ErrorKind::Invalid, "hashing a password")
            .advise("The password is too long. Use at most 1024 bytes."));
    }
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "hashing a password").caused_by(error)
    })?;
    Argon2::default()
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map(|hash| PasswordHash(hash.to_string()))
        .map_err(|error| Error::new(ErrorKind::Unexpected, "hashing a password").caused_by(error))
}

/// Whether `password` is the stored one. Where none is stored, another hash is checked all the same:
/// the time taken tells nothing.
fn verified(stored: Option<PasswordHash>, password: &Secret) -> bool {
    let known = stored.is_some();
    let short = password.expose().len() <= LONGEST;
    let tried = if short { password.expose() } else { "" };
    let PasswordHash(hash) = stored.unwrap_or_else(|| PasswordHash(NOBODYS.to_owned()));
    let matches = Argon2::default().verify_password(tried.as_bytes(), hash.as_str()).is_ok();
    known && short && matches
}

#[cfg(test)]
mod tests;
