//! Secrets at rest: sealed rows in the store, and one key file that opens them.
mod key_file;

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use crate::ports::{Kind, Observed, Reason, Sealed, Store, Table, Vault};
use crate::{Error, ErrorKind, Result, Secret, SecretName, async_trait};

const NONCE: usize = 24;

/// A vault whose secrets are rows of a store, sealed with XChaCha20-Poly1305 under the key of one file.
///
/// The name of a secret is bound into its seal: a row copied under another name does not open.
#[derive(Clone)]
pub struct Keyring {
    store: Arc<dyn Store>,
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring")
    }
}

impl Keyring {
    /// Opens the key file at `path`, or makes it where neither it nor any sealed secret is there.
    ///
    /// # Errors
    ///
    /// `Forbidden` where others can read the key file, `Invalid` where it is damaged or was lost
    /// while secrets depend on it, and whatever the store answers.
    pub async fn open(path: &Path, store: Arc<dyn Store>) -> Result<Self> {
        let key = match key_file::read(path)? {
            Some(key) => key,
            None if store.heads(Kind::Secret).await?.is_empty() => key_file::create(path)?,
            None => return Err(key_file::lost(path)),
        };
        Ok(Self { store, cipher: XChaCha20Poly1305::new(&Key::from(key)) })
    }

    fn table(&self) -> Table<'_, Sealed> {
        Table::of(self.store.as_ref())
    }

    fn seal(&self, name: &SecretName, secret: &Secret) -> Result<Sealed> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "sealing a secret").caused_by(error)
        })?;
        let payload = Payload { msg: secret.expose().as_bytes(), aad: name.as_str().as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::new(ErrorKind::Unexpected, "sealing a secret"))?;
        let text = STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        Ok(Sealed { name: name.clone(), text, revision: 0 })
    }

    fn unseal(&self, sealed: &Sealed) -> Observed<Secret> {
        self.opened(sealed).map_or_else(
            || Observed::Broken(Reason(
                "A secret can't be decrypted: it was encrypted with another key file, or is damaged. Restore the previous key file.".to_owned(),
            )),
            Observed::Ready,
        )
    }

    fn opened(&self, sealed: &Sealed) -> Option<Secret> {
        let bytes = STANDARD_NO_PAD.decode(&sealed.text).ok()?;
        let (nonce, msg) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg, aad: sealed.name.as_str().as_bytes() };
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
        String::from_utf8(opened).ok().map(Secret::new)
    }
}

#[async_trait]
impl Vault for Keyring {
    async fn ensure(&self, name: &SecretName, fresh: &Secret) -> Result<Observed<Secret>> {
        if let Some(sealed) = self.table().load(name.as_str()).await? {
            return Ok(self.unseal(&sealed));
        }
        match self.table().insert(&self.seal(name, fresh)?).await {
            Ok(sealed) => Ok(self.unseal(&sealed)),
            Err(error) if error.kind() == ErrorKind::Conflict => self
                .table()
                .load(name.as_str())
                .await?
                .map(|sealed| self.unseal(&sealed))
                .ok_or(error),
            Err(error) => Err(error),
        }
    }

    async fn observe(&self, name: &SecretName) -> Result<Observed<Secret>> {
        let sealed = self.table().load(name.as_str()).await?;
        Ok(sealed.map_or(Observed::Absent, |sealed| self.unseal(&sealed)))
    }

    async fn remove(&self, name: &SecretName) -> Result<Observed<Secret>> {
        let Some(sealed) = self.table().load(name.as_str()).await? else {
            return Ok(Observed::Absent);
        };
        match self.table().delete(&sealed).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(Observed::Absent),
        }
    }

    async fn list(&self) -> Result<Vec<SecretName>> {
        let heads = self.store.heads(Kind::Secret).await?;
        Ok(heads.iter().filter_map(|head| SecretName::new(&head.id).ok()).collect())
    }
}

#[cfg(test)]
mod tests;
