//! Secrets at rest: sealed rows in the store, and one key file that opens them.
mod key_file;

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use crate::ports::{Collection, IntoPort, Kind, Observed, Query, Reason, Sealed, Store, Vault};
use crate::{Error, ErrorKind, Result, Secret, SecretName, async_trait};

const NONCE: usize = 24;
/// The secret that only tells whether a key is the one that seals here.
const MARK: &str = "key-file";
/// So many secrets are tried before a key counts as the wrong one: one or two may be damaged themselves.
const TRIED: usize = 8;

/// What was found at the place of the key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFile {
    /// None, and no secret that it would have to open.
    None,
    /// One that opens the secrets there are, as far as they were tried.
    Good,
}

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
    /// `Forbidden` where others can read the key file, `Invalid` where it is damaged, was lost while secrets depend on it,
    /// or opens none of them, and whatever the store answers.
    pub async fn open(path: &Path, store: impl IntoPort<dyn Store>) -> Result<Self> {
        let store = store.into_port();
        let key = match Self::examine(path, Arc::clone(&store)).await? {
            KeyFile::Good => key_file::read(path)?.ok_or_else(|| key_file::lost(path))?,
            KeyFile::None => key_file::create(path)?,
        };
        let ring = Self::with_key(key, store);
        ring.mark().await;
        Ok(ring)
    }

    /// Keeps a secret that says nothing but whether this key is the one. Where it cannot be kept now, it is another time.
    async fn mark(&self) {
        let marked = async {
            let name = SecretName::new(MARK)?;
            match self.collection().load(MARK).await? {
                Some(_) => Ok(()),
                None => self
                    .collection()
                    .insert(&self.seal(&name, &Secret::new(MARK))?)
                    .await
                    .map(|_| ()),
            }
        };
        if let Err(error) = marked.await {
            tracing::debug!(
                ?error,
                "whether the key file is the right one is told by other secrets"
            );
        }
    }

    /// Looks at the key file at `path` beside the secrets in `store`. Makes and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn examine(path: &Path, store: Arc<dyn Store>) -> Result<KeyFile> {
        let key = key_file::read(path)?;
        // Of many, a few tell.
        let some = store.query(&Query::all(Kind::Secret).limit(TRIED + 1)).await?;
        let ring = match key {
            Some(key) => Self::with_key(key, store),
            None if some.ids().next().is_none() => return Ok(KeyFile::None),
            None => return Err(key_file::lost(path)),
        };
        let mut closed = 0;
        let others = some.ids().filter(|id| *id != MARK);
        for id in std::iter::once(MARK).chain(others).take(TRIED) {
            match ring.collection().load(id).await {
                Ok(Some(sealed)) if ring.opened(&sealed).is_some() => return Ok(KeyFile::Good),
                Ok(Some(_)) => closed += 1,
                Ok(None) => {}
                Err(error) if error.kind() == ErrorKind::Damaged => closed += 1,
                Err(error) => return Err(error),
            }
        }
        if closed == 0 { Ok(KeyFile::Good) } else { Err(key_file::wrong(path)) }
    }

    fn with_key(key: [u8; key_file::BYTES], store: Arc<dyn Store>) -> Self {
        Self { store, cipher: XChaCha20Poly1305::new(&Key::from(key)) }
    }

    fn collection(&self) -> Collection<'_, Sealed> {
        Collection::of(self.store.as_ref())
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
        if let Some(sealed) = self.collection().load(name.as_str()).await? {
            return Ok(self.unseal(&sealed));
        }
        match self.collection().insert(&self.seal(name, fresh)?).await {
            Ok(sealed) => Ok(self.unseal(&sealed)),
            Err(error) if error.kind() == ErrorKind::Conflict => self
                .collection()
                .load(name.as_str())
                .await?
                .map(|sealed| self.unseal(&sealed))
                .ok_or(error),
            Err(error) => Err(error),
        }
    }

    async fn observe(&self, name: &SecretName) -> Result<Observed<Secret>> {
        let sealed = self.collection().load(name.as_str()).await?;
        Ok(sealed.map_or(Observed::Absent, |sealed| self.unseal(&sealed)))
    }

    async fn remove(&self, name: &SecretName) -> Result<Observed<Secret>> {
        let Some(sealed) = self.collection().load(name.as_str()).await? else {
            return Ok(Observed::Absent);
        };
        match self.collection().delete(&sealed).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(Observed::Absent),
        }
    }

    async fn list(&self) -> Result<Vec<SecretName>> {
        let ids = self.store.ids_of(Kind::Secret).await?;
        let others = ids.iter().filter(|id| *id != MARK);
        Ok(others.filter_map(|id| SecretName::new(id).ok()).collect())
    }
}

#[cfg(test)]
mod tests;
