//! Writing one archive: whole, or not at all.
use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::operation::abort_multipart_upload::AbortMultipartUploadError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use refractory_core::ports::ArchiveInfo;
use refractory_core::{Error, ErrorKind, Result};
use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::card;
use crate::error::aws_error;

const DURING: &str = "storing a release";
/// A release of ten thousand of these is larger than any.
const PART: usize = 16 << 20;
/// A part may take this long: a slow line is not a fault.
const SLOW: Duration = Duration::from_mins(2);

/// Where one archive goes.
#[derive(Debug)]
pub(super) struct Upload<'a> {
    pub(super) client: &'a aws_sdk_s3::Client,
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) info: &'a ArchiveInfo,
}

impl Upload<'_> {
    /// Writes the archive at `path`, which must still be what was read there.
    ///
    /// It goes up in parts, and is an object when all are there and their bytes have the digest that names it.
    pub(super) async fn run(&self, path: &Path) -> Result<()> {
        self.abort_others().await?;
        let card = card::write(self.info)
            .map_err(|error| Error::new(ErrorKind::Unexpected, DURING).caused_by(error))?;
        let begun = self.client.create_multipart_upload().bucket(self.bucket).key(self.key);
        let begun = begun.metadata(card::ENTRY, card).content_type("application/zip").send().await;
        let begun = begun.map_err(|error| aws_error(DURING, error))?.upload_id;
        let upload = begun.ok_or_else(|| Error::new(ErrorKind::Unexpected, DURING))?;
        let done = match self.parts(&upload, path).await {
            Ok(parts) => self.complete(&upload, parts).await,
            Err(error) => Err(error),
        };
        if done.is_err() {
            // The first failure is the one worth telling; what is left is aborted by the next try, or by the bucket's own rule.
            let _ = self.abort(&upload).await;
        }
        done
    }

    async fn parts(&self, upload: &str, path: &Path) -> Result<Vec<CompletedPart>> {
        let mut file = File::open(path).await.map_err(|error| unreadable(path, error))?;
        let mut hasher = Sha256::new();
        let mut parts = Vec::new();
        let slow = TimeoutConfig::builder()
            .operation_attempt_timeout(SLOW)
            .operation_timeout(SLOW * 3)
            .build();
        loop {
            let piece = part(&mut file).await.map_err(|error| unreadable(path, error))?;
            if piece.is_empty() && !parts.is_empty() {
                break;
            }
            hasher.update(&piece);
            let number = i32::try_from(parts.len() + 1).unwrap_or(i32::MAX);
            let sent =
                self.client.upload_part().bucket(self.bucket).key(self.key).upload_id(upload);
            let sent = sent.part_number(number).body(ByteStream::from(piece)).customize();
            let sent = sent
                .config_override(aws_sdk_s3::config::Builder::new().timeout_config(slow.clone()));
            let sent = sent.send().await.map_err(|error| aws_error(DURING, error))?;
            let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
            parts.push(part.set_checksum_crc32(sent.checksum_crc32).build());
        }
        if hex::encode(hasher.finalize()) == self.info.id.as_str() {
            Ok(parts)
        } else {
            Err(changed(path))
        }
    }

    async fn complete(&self, upload: &str, parts: Vec<CompletedPart>) -> Result<()> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let done = self
            .client
            .complete_multipart_upload()
            .bucket(self.bucket)
            .key(self.key)
            .upload_id(upload);
        let done = done.multipart_upload(parts).customize();
        // S3 puts large objects together for longer than it takes to answer anything else.
        let slow = TimeoutConfig::builder()
            .operation_attempt_timeout(SLOW)
            .operation_timeout(SLOW * 2)
            .build();
        let done = done.config_override(aws_sdk_s3::config::Builder::new().timeout_config(slow));
        done.send().await.map(|_| ()).map_err(|error| aws_error(DURING, error))
    }

    async fn abort(&self, upload: &str) -> Result<()> {
        let gone = self
            .client
            .abort_multipart_upload()
            .bucket(self.bucket)
            .key(self.key)
            .upload_id(upload);
        match gone.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(AbortMultipartUploadError::is_no_such_upload) =>
            {
                Ok(())
            }
            Err(error) => Err(aws_error("aborting an upload", error)),
        }
    }

    /// Aborts what earlier tries at the same archive have left: their process has died, or the call was dropped.
    async fn abort_others(&self) -> Result<()> {
        let asked =
            self.client.list_multipart_uploads().bucket(self.bucket).prefix(self.key).send().await;
        let left = asked
            .map_err(|error| aws_error("looking for unfinished uploads", error))?
            .uploads
            .unwrap_or_default();
        for upload in left.into_iter().filter(|upload| upload.key() == Some(self.key)) {
            if let Some(id) = upload.upload_id() {
                self.abort(id).await?;
            }
        }
        Ok(())
    }
}

/// The next part of `file`; empty at its end.
async fn part(file: &mut File) -> std::io::Result<Bytes> {
    let mut piece = Vec::with_capacity(PART);
    file.take(PART as u64).read_to_end(&mut piece).await?;
    Ok(piece.into())
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, DURING)
        .about("path", path.display())
        .advise(format!("`{}` could not be read: {error}.", path.display()))
        .caused_by(error)
}

fn changed(path: &Path) -> Error {
    Error::new(ErrorKind::Invalid, DURING)
        .about("path", path.display())
        .advise(format!("`{}` changed while it was read. Add it when it is whole.", path.display()))
}
