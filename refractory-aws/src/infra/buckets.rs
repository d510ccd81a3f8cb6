//! Buckets: how much they hold, and emptying them.
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use refractory_core::{Error, ErrorKind, Result};

use crate::error::{aws_error, code_is, ignore_absent};

/// How many pages of a thousand objects are counted.
const COUNTED: usize = 50;

/// How many bytes lie in a bucket, old versions included; at least that many where there are very many objects.
pub(super) async fn size(s3: &Client, bucket: &str) -> Result<u64> {
    let (mut bytes, mut key, mut version) = (0, None, None);
    for _ in 0..COUNTED {
        let asked = s3
            .list_object_versions()
            .bucket(bucket)
            .set_key_marker(key)
            .set_version_id_marker(version);
        let page = asked.send().await.map_err(|error| aws_error("counting a bucket", error))?;
        let sizes = page.versions().iter().filter_map(aws_sdk_s3::types::ObjectVersion::size);
        bytes += sizes.filter_map(|size| u64::try_from(size).ok()).sum::<u64>();
        if page.is_truncated != Some(true) {
            break;
        }
        (key, version) = (page.next_key_marker, page.next_version_id_marker);
    }
    Ok(bytes)
}

/// Destroys a bucket with every version and upload in it.
pub(super) async fn remove(s3: &Client, bucket: &str) -> Result<()> {
    if !empty(s3, bucket).await? {
        return Ok(());
    }
    abort(s3, bucket).await?;
    ignore_absent(
        s3.delete_bucket().bucket(bucket).send().await,
        "deleting a bucket",
        &["NoSuchBucket"],
    )
}

/// Deletes every version; false where there is no bucket. Each listing begins at the front: what was deleted is not there any more.
async fn empty(s3: &Client, bucket: &str) -> Result<bool> {
    loop {
        let page = match s3.list_object_versions().bucket(bucket).send().await {
            Ok(page) => page,
            Err(error) if code_is(&error, &["NoSuchBucket"]) => return Ok(false),
            Err(error) => return Err(aws_error("listing a bucket", error)),
        };
        let versions = page.versions().iter().map(|one| (one.key(), one.version_id()));
        let markers = page.delete_markers().iter().map(|one| (one.key(), one.version_id()));
        let mut doomed = Vec::new();
        for (key, version) in versions.chain(markers) {
            let object = ObjectIdentifier::builder()
                .set_key(key.map(Into::into))
                .set_version_id(version.map(Into::into));
            doomed.push(object.build().map_err(|error| build_error(&error))?);
        }
        if doomed.is_empty() {
            return Ok(true);
        }
        let doomed = Delete::builder()
            .set_objects(Some(doomed))
            .quiet(true)
            .build()
            .map_err(|error| build_error(&error))?;
        let asked = s3.delete_objects().bucket(bucket).delete(doomed).send().await;
        let told = asked.map_err(|error| aws_error("emptying a bucket", error))?;
        if let Some(first) = told.errors().first() {
            return Err(Error::new(ErrorKind::Forbidden, "emptying a bucket")
                .about("bucket", bucket)
                .about("code", first.code().unwrap_or_default())
                .advise(format!(
                    "Some objects in the bucket `{bucket}` cannot be deleted: {}.",
                    first.message().unwrap_or("AWS gave no reason")
                )));
        }
    }
}

/// Gives up uploads that were never completed.
async fn abort(s3: &Client, bucket: &str) -> Result<()> {
    loop {
        let asked = s3.list_multipart_uploads().bucket(bucket).send().await;
        let page = asked.map_err(|error| aws_error("listing unfinished uploads", error))?;
        if page.uploads().is_empty() {
            return Ok(());
        }
        for upload in page.uploads() {
            let asked = s3.abort_multipart_upload().bucket(bucket);
            let asked = asked
                .set_key(upload.key().map(Into::into))
                .set_upload_id(upload.upload_id().map(Into::into));
            ignore_absent(asked.send().await, "giving up an upload", &["NoSuchUpload"])?;
        }
    }
}

fn build_error(error: &aws_smithy_types::error::operation::BuildError) -> Error {
    Error::new(ErrorKind::Unexpected, "emptying a bucket").caused_by(error.to_string())
}
