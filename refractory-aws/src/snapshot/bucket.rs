//! Objects of the bucket, as far as snapshots need them.
use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use bytes::Bytes;
use refractory_core::{Error, ErrorKind, Result};

use crate::error::aws_error;

const READING: &str = "reading a snapshot";
const WRITING: &str = "writing a snapshot";
const LISTING: &str = "listing snapshots";
const REMOVING: &str = "removing a snapshot";
/// A piece may take this long: a slow line is not a fault.
const PIECE: Duration = Duration::from_mins(5);

/// One bucket.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    pub(super) client: aws_sdk_s3::Client,
    pub(super) name: String,
}

impl Bucket {
    /// The small object `key`; `None` where it is not there.
    pub(super) async fn read(&self, key: &str) -> Result<Option<Bytes>> {
        match self.open(key).await? {
            None => Ok(None),
            Some(found) => {
                let body = found.body.collect().await;
                Ok(Some(body.map_err(|error| truncated(READING, error))?.into_bytes()))
            }
        }
    }

    /// The object `key`, to be read piece by piece; `None` where it is not there.
    pub(super) async fn open(&self, key: &str) -> Result<Option<GetObjectOutput>> {
        match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(aws_error(READING, error)),
        }
    }

    /// Writes the small object `key`, whatever was there.
    pub(super) async fn write(&self, key: &str, body: Vec<u8>) -> Result<()> {
        let put = self.client.put_object().bucket(&self.name).key(key).body(ByteStream::from(body));
        put.send().await.map(|_| ()).map_err(|error| aws_error(WRITING, error))
    }

    /// Writes the small object `key` where there is none; says whether it did.
    pub(super) async fn write_first(&self, key: &str, body: Vec<u8>) -> Result<bool> {
        let put = self.client.put_object().bucket(&self.name).key(key).body(ByteStream::from(body));
        match put.if_none_match("*").send().await {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(
                    error.code(),
                    Some("PreconditionFailed" | "ConditionalRequestConflict")
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(aws_error(WRITING, error)),
        }
    }

    /// Writes the large object `key`; S3 compares it with its SHA-256, in base64.
    pub(super) async fn write_piece(&self, key: &str, body: Bytes, sha256: String) -> Result<()> {
        let slow = TimeoutConfig::builder()
            .operation_attempt_timeout(PIECE)
            .operation_timeout(PIECE * 3)
            .build();
        let put = self.client.put_object().bucket(&self.name).key(key).checksum_sha256(sha256);
        let put = put.body(ByteStream::from(body)).customize();
        let put = put.config_override(aws_sdk_s3::config::Builder::new().timeout_config(slow));
        put.send().await.map(|_| ()).map_err(|error| aws_error(WRITING, error))
    }

    /// The objects whose keys begin with `prefix`, with their sizes.
    pub(super) async fn sizes(&self, prefix: &str) -> Result<BTreeMap<String, u64>> {
        let pages = self.client.list_objects_v2().bucket(&self.name).prefix(prefix);
        let mut pages = pages.into_paginator().send();
        let mut found = BTreeMap::new();
        while let Some(page) = pages.next().await {
            for object in
                page.map_err(|error| aws_error(LISTING, error))?.contents.unwrap_or_default()
            {
                let size =
                    object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
                found.extend(object.key.map(|key| (key, size)));
            }
        }
        Ok(found)
    }

    /// The keys that begin with `prefix` and have no further slash.
    pub(super) async fn top(&self, prefix: &str) -> Result<Vec<String>> {
        let pages = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).delimiter("/");
        let mut pages = pages.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let objects =
                page.map_err(|error| aws_error(LISTING, error))?.contents.unwrap_or_default();
            found.extend(objects.into_iter().filter_map(|object| object.key));
        }
        Ok(found)
    }

    /// Removes the object `key`; absent is fine.
    pub(super) async fn remove(&self, key: &str) -> Result<()> {
        let gone = self.client.delete_object().bucket(&self.name).key(key).send().await;
        gone.map(|_| ()).map_err(|error| aws_error(REMOVING, error))
    }

    /// Removes all of `keys`.
    pub(super) async fn remove_all(&self, keys: &[String]) -> Result<()> {
        let unbuilt = |error| Error::new(ErrorKind::Unexpected, REMOVING).caused_by(error);
        for some in keys.chunks(1000) {
            let each = some.iter().map(|key| ObjectIdentifier::builder().key(key).build());
            let each = each.collect::<Result<Vec<_>, _>>().map_err(unbuilt)?;
            let delete =
                Delete::builder().set_objects(Some(each)).quiet(true).build().map_err(unbuilt)?;
            let answer =
                self.client.delete_objects().bucket(&self.name).delete(delete).send().await;
            let answer = answer.map_err(|error| aws_error(REMOVING, error))?;
            if let Some(kept) = answer.errors().first() {
                return Err(Error::new(ErrorKind::Unavailable, REMOVING)
                    .about("code", kept.code().unwrap_or("none"))
                    .about("key", kept.key().unwrap_or("none")));
            }
        }
        Ok(())
    }
}

fn is_absent<R>(error: &SdkError<GetObjectError, R>) -> bool {
    error.as_service_error().is_some_and(GetObjectError::is_no_such_key)
}

/// A body that ended before its end.
pub(super) fn truncated(
    during: &'static str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::new(ErrorKind::Unavailable, during).caused_by(error)
}
