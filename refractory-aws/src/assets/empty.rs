//! Emptying a bucket, some of it with each call.
use std::time::Duration;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures_util::future::try_join_all;
use refractory_core::ports::Progress;
use refractory_core::{Error, ErrorKind, Result};
use tokio::time::Instant;

use super::{BucketAssets, Progression};
use crate::error::{aws_error, built, code_is};

/// How long one call deletes before it answers.
const TURN: Duration = Duration::from_millis(2_500);

impl BucketAssets {
    /// Deletes every version, every mark of a deletion and every unfinished upload; as many as one turn allows.
    ///
    /// What is left is listed from the start each time: pages of a list that shrinks skip some of it.
    pub(super) async fn empty(&self, bucket: &str) -> Result<Progression> {
        let end = Instant::now() + TURN;
        let mut gone = 0;
        while Instant::now() < end {
            let uploads = self.abort_uploads(bucket).await?;
            let versions = self.delete_versions(bucket).await?;
            if uploads + versions == 0 {
                return Ok(Progression::Done);
            }
            gone += uploads + versions;
        }
        Ok(Progression::Pending(Progress::new(format!(
            "emptying its bucket: {gone} more uploads deleted"
        ))))
    }

    async fn abort_uploads(&self, bucket: &str) -> Result<usize> {
        let s3 = &self.clients.s3;
        let page = s3.list_multipart_uploads().bucket(bucket).max_uploads(100).send().await;
        let page = page.map_err(|error| aws_error("listing unfinished uploads", error))?;
        let aborted = page.uploads().iter().map(|upload| async {
            let abort = s3
                .abort_multipart_upload()
                .bucket(bucket)
                .set_key(upload.key.clone())
                .set_upload_id(upload.upload_id.clone());
            match abort.send().await {
                Err(error) if !code_is(&error, &["NoSuchUpload"]) => {
                    Err(aws_error("aborting an unfinished upload", error))
                }
                _ => Ok(()),
            }
        });
        Ok(try_join_all(aborted).await?.len())
    }

    async fn delete_versions(&self, bucket: &str) -> Result<usize> {
        let s3 = &self.clients.s3;
        let page = s3.list_object_versions().bucket(bucket).max_keys(1_000).send().await;
        let page = page.map_err(|error| aws_error("listing versions of uploads", error))?;
        let versions = page.versions().iter().map(|version| (&version.key, &version.version_id));
        let marks = page.delete_markers().iter().map(|mark| (&mark.key, &mark.version_id));
        let all = versions.chain(marks).filter_map(|(key, version)| {
            Some(
                ObjectIdentifier::builder()
                    .key(key.clone()?)
                    .set_version_id(version.clone())
                    .build(),
            )
        });
        let all = all.map(built).collect::<Result<Vec<_>>>()?;
        if all.is_empty() {
            return Ok(0);
        }
        let count = all.len();
        let delete = built(Delete::builder().quiet(true).set_objects(Some(all)).build())?;
        let answer = s3.delete_objects().bucket(bucket).delete(delete).send().await;
        let answer = answer.map_err(|error| aws_error("deleting versions of uploads", error))?;
        match answer.errors().first() {
            None => Ok(count),
            Some(_) if answer.errors().len() < count => Ok(count - answer.errors().len()),
            Some(first) => Err(undeletable(first)),
        }
    }
}

/// Not one of a whole page could be deleted.
fn undeletable(first: &aws_sdk_s3::types::Error) -> Error {
    let code = first.code().unwrap_or_default();
    let kind = if code == "AccessDenied" { ErrorKind::Forbidden } else { ErrorKind::Unavailable };
    Error::new(kind, "deleting versions of uploads")
        .about("code", code)
        .caused_by(first.message().unwrap_or_default())
}
