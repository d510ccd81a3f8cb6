//! Volumes on their way between this deployment and elsewhere: the packed data of a snapshot, out and in.
use aws_smithy_types::base64;
use bytes::Bytes;
use refractory_core::ports::{Observed, Snapshot, SnapshotName};
use refractory_core::{Error, ErrorKind, Result};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::S3Snapshots;
use super::bucket::truncated;
use super::keys;
use super::keys::fresh_attempt;
use super::manifest::{Manifest, Packed, Piece};

const SENDING: &str = "sending a snapshot";
const RECEIVING: &str = "receiving a snapshot";
/// What is held in memory while a snapshot is received.
const RECEIVED_AT_ONCE: u64 = 128 << 20;
/// As many pieces as the input of a restore has room for.
const PIECES: usize = 256;

impl S3Snapshots {
    /// Writes the data of `name` to `into`, as `tar` and `gzip`, and says how many bytes that were. Each piece is compared with its
    /// checksum; at the first that differs it ends.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Unexpected` (a piece is missing or damaged), `Unavailable`, `Forbidden`.
    pub async fn export(
        &self,
        name: &SnapshotName,
        into: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<u64> {
        let manifest =
            self.manifest(name).await?.ok_or_else(|| Error::new(ErrorKind::NotFound, SENDING))?;
        let base = keys::attempt(name, &manifest.attempt);
        for piece in &manifest.pieces {
            let found = self.bucket.open(&format!("{base}{}", piece.name)).await?;
            let mut body = found.ok_or_else(|| damaged(piece))?.body;
            let mut hasher = Sha256::new();
            while let Some(bytes) = body.next().await {
                let bytes = bytes.map_err(|error| truncated(SENDING, error))?;
                hasher.update(&bytes);
                into.write_all(&bytes).await.map_err(|error| stream_failed(SENDING, error))?;
            }
            if hex::encode(hasher.finalize()) != piece.sha256 {
                return Err(damaged(piece));
            }
        }
        into.flush().await.map_err(|error| stream_failed(SENDING, error))?;
        Ok(manifest.size())
    }

    /// Stores what `from` gives - a volume packed as `tar` and `gzip` - as the snapshot `name`. A name that exists is never
    /// written again.
    ///
    /// *Dropped*: nothing is listed.
    ///
    /// # Errors
    ///
    /// `Invalid` (it is not packed so, or empty), `Exhausted` (it is too large), `Unavailable`, `Forbidden`.
    pub async fn import(
        &self,
        name: &SnapshotName,
        from: &mut (dyn AsyncRead + Send + Unpin),
    ) -> Result<Snapshot> {
        if let Some(manifest) = self.manifest(name).await? {
            return Ok(manifest.snapshot(name));
        }
        let attempt = fresh_attempt();
        let base = keys::attempt(name, &attempt);
        let mut pieces = Vec::new();
        loop {
            let bytes = self.next_piece(from).await?;
            if bytes.is_empty() {
                break;
            }
            if pieces.is_empty() && !bytes.starts_with(&[0x1f, 0x8b]) {
                return Err(not_packed());
            }
            if pieces.len() == PIECES {
                return Err(too_large());
            }
            pieces.push(self.store_piece(&base, pieces.len(), bytes).await?);
        }
        if pieces.is_empty() {
            return Err(not_packed());
        }
        let manifest = Manifest { packed: Packed::TarGzip, attempt, pieces, usage: None };
        match self.complete_snapshot(name, &name.of, &manifest).await? {
            Observed::Ready(snapshot) => Ok(snapshot),
            // Its list was removed again at this moment.
            Observed::Absent | Observed::Pending(_) | Observed::Broken(_) => {
                Err(Error::new(ErrorKind::Unavailable, RECEIVING))
            }
        }
    }

    async fn next_piece(&self, from: &mut (dyn AsyncRead + Send + Unpin)) -> Result<Bytes> {
        let mut bytes = Vec::new();
        let limit = self.piece.min(RECEIVED_AT_ONCE);
        from.take(limit)
            .read_to_end(&mut bytes)
            .await
            .map_err(|error| stream_failed(RECEIVING, error))?;
        Ok(bytes.into())
    }

    async fn store_piece(&self, base: &str, number: usize, bytes: Bytes) -> Result<Piece> {
        let (name, size) = (format!("{number:05}"), bytes.len() as u64);
        let digest = Sha256::digest(&bytes);
        self.bucket.write_piece(&format!("{base}{name}"), bytes, base64::encode(digest)).await?;
        Ok(Piece { name, size, sha256: hex::encode(digest) })
    }
}

fn damaged(piece: &Piece) -> Error {
    Error::new(ErrorKind::Unexpected, SENDING).permanent().about("piece", &piece.name).advise(
        "A piece of this snapshot is missing or damaged in S3. Bring its earlier version back there, or use another snapshot.",
    )
}

fn stream_failed(during: &'static str, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, during).caused_by(error)
}

fn not_packed() -> Error {
    Error::new(ErrorKind::Invalid, RECEIVING).advise(
        "That is not a packed volume. Pack it with `tar --create --gzip` from inside its folder.",
    )
}

fn too_large() -> Error {
    Error::new(ErrorKind::Exhausted, RECEIVING).permanent().advise(
        "The packed data is larger than 32 GiB. Remove what is not needed, and pack it again.",
    )
}
