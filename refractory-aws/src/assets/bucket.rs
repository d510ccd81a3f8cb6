//! One table's bucket: whose a name is, making it, and what it should be like.
use aws_sdk_s3::operation::head_bucket::HeadBucketError;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Tag, Tagging};
use refractory_core::{Error, ErrorKind, InstanceId, Result, UserId};

use super::names::TAG_SETTINGS;
use super::settings::{self, OWNERSHIP};
use super::{BucketAssets, Progression};
use crate::error::{aws_error, built, code_is};
use crate::naming::{TAG_DEPLOYMENT, TAG_INSTANCE, TAG_OWNER};

/// Whose the bucket of a name is, and how far it is made.
#[derive(Debug, PartialEq, Eq)]
enum BucketState {
    /// There is none.
    Missing,
    /// Ours, with these settings; none while they were never all written.
    Ours(Option<String>),
    /// Not ours, in this account or in another one.
    Foreign,
}

impl BucketAssets {
    /// Makes `bucket` exist for `of`, with the settings that are wanted now.
    pub(super) async fn make_bucket(&self, of: &InstanceId, bucket: &str) -> Result<()> {
        let mut bucket_state = self.standing(of, bucket).await?;
        if bucket_state == BucketState::Missing {
            self.create_bucket(of, bucket).await?;
            bucket_state = self.standing(of, bucket).await?;
        }
        match bucket_state {
            BucketState::Foreign => Err(bucket_name_taken(bucket)),
            // Just made, and not to be seen yet.
            BucketState::Missing => {
                Err(Error::new(ErrorKind::Unavailable, "making a bucket").about("bucket", bucket))
            }
            BucketState::Ours(Some(written)) if written == self.settings.fingerprint() => Ok(()),
            BucketState::Ours(_) => self.write_settings(of, bucket).await,
        }
    }

    async fn standing(&self, of: &InstanceId, bucket: &str) -> Result<BucketState> {
        match self.clients.s3.get_bucket_tagging().bucket(bucket).send().await {
            Ok(answer) => Ok(self.state_from_tags(of, answer.tag_set())),
            Err(error) if code_is(&error, &["NoSuchBucket"]) => Ok(BucketState::Missing),
            // Ours have tags from their first moment on.
            Err(error) if code_is(&error, &["NoSuchTagSet", "PermanentRedirect"]) => {
                Ok(BucketState::Foreign)
            }
            Err(error) if code_is(&error, &["AccessDenied"]) => {
                // Another account's; or ours or free, and a permission is missing. Tell these apart.
                if self.in_this_account(bucket).await? || self.is_unused(bucket).await? {
                    return Err(aws_error("looking at a bucket", error));
                }
                Ok(BucketState::Foreign)
            }
            Err(error) => Err(aws_error("looking at a bucket", error)),
        }
    }

    fn state_from_tags(&self, of: &InstanceId, tags: &[Tag]) -> BucketState {
        let value = |key: &str| tags.iter().find(|tag| tag.key() == key).map(Tag::value);
        let ours = value(TAG_DEPLOYMENT) == Some(self.naming.deployment())
            && value(TAG_INSTANCE) == Some(of.as_str());
        if ours {
            BucketState::Ours(value(TAG_SETTINGS).map(ToOwned::to_owned))
        } else {
            BucketState::Foreign
        }
    }

    async fn in_this_account(&self, bucket: &str) -> Result<bool> {
        let mut pages = self.clients.s3.list_buckets().prefix(bucket).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws_error("listing buckets", error))?;
            if page.buckets().iter().any(|found| found.name() == Some(bucket)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether there is no bucket of that name, in any account.
    async fn is_unused(&self, bucket: &str) -> Result<bool> {
        match self.clients.s3.head_bucket().bucket(bucket).send().await {
            Ok(_) => Ok(false),
            Err(error) if error.as_service_error().is_some_and(HeadBucketError::is_not_found) => {
                Ok(true)
            }
            Err(error) if error.raw_response().is_some() => Ok(false),
            Err(error) => Err(aws_error("looking for a bucket", error)),
        }
    }

    async fn create_bucket(&self, of: &InstanceId, bucket: &str) -> Result<()> {
        let mut wanted =
            CreateBucketConfiguration::builder().set_tags(Some(self.bucket_tags(of, None).await?));
        // The first region is the one that must not be named.
        if self.clients.region != "us-east-1" {
            wanted = wanted
                .location_constraint(BucketLocationConstraint::from(self.clients.region.as_str()));
        }
        let made = self
            .clients
            .s3
            .create_bucket()
            .bucket(bucket)
            .object_ownership(OWNERSHIP)
            .create_bucket_configuration(wanted.build())
            .send()
            .await;
        match made {
            // Ours by its tags, or not: that is looked at next.
            Err(error) if code_is(&error, &["BucketAlreadyOwnedByYou"]) => Ok(()),
            Err(error) if code_is(&error, &["BucketAlreadyExists"]) => Err(bucket_name_taken(bucket)),
            Err(error) if code_is(&error, &["TooManyBuckets"]) => Err(aws_error("making a bucket", error).advise(
                "This account of AWS has no room for another bucket. Ask AWS for a higher quota, delete \
                 unused tables, or set `assets = \"volume\"` under `[aws]`.",
            )),
            made => made.map(|_| ()).map_err(|error| aws_error("making a bucket", error)),
        }
    }

    /// The tags of a bucket: whose it is, and the settings it has.
    async fn bucket_tags(&self, of: &InstanceId, settings: Option<&str>) -> Result<Vec<Tag>> {
        let owner = self.instance(of).await?.and_then(|row| row.owner);
        let all = [
            (TAG_DEPLOYMENT, Some(self.naming.deployment())),
            (TAG_INSTANCE, Some(of.as_str())),
            (TAG_OWNER, owner.as_ref().map(UserId::as_str)),
            (TAG_SETTINGS, settings),
        ];
        let present = all.into_iter().filter_map(|(key, value)| Some((key, value?)));
        present.map(|(key, value)| built(Tag::builder().key(key).value(value).build())).collect()
    }

    /// Writes every setting, and then that they are written. One after another: S3 refuses two at once.
    async fn write_settings(&self, of: &InstanceId, bucket: &str) -> Result<()> {
        self.write_access(bucket).await?;
        self.write_retention(bucket).await?;
        self.put_user_policy(of, bucket).await?;
        let tags = self.bucket_tags(of, Some(&self.settings.fingerprint())).await?;
        let tagging = built(Tagging::builder().set_tag_set(Some(tags)).build())?;
        let put = self.clients.s3.put_bucket_tagging().bucket(bucket).tagging(tagging);
        put.send().await.map_err(|error| aws_error("tagging a bucket", error))?;
        Ok(())
    }

    /// Writes the access settings.
    async fn write_access(&self, bucket: &str) -> Result<()> {
        let s3 = &self.clients.s3;
        let ownership = settings::ownership()?;
        let put = s3.put_bucket_ownership_controls().bucket(bucket).ownership_controls(ownership);
        put.send().await.map_err(|error| aws_error("saying who owns uploads", error))?;
        // A policy that is no longer wanted goes before it is shut out, one that is wanted comes after it is let in.
        if !self.settings.public {
            let gone = s3.delete_bucket_policy().bucket(bucket).send();
            gone.await.map_err(|error| aws_error("deleting the policy of a bucket", error))?;
        }
        let block = self.settings.access_block();
        let put =
            s3.put_public_access_block().bucket(bucket).public_access_block_configuration(block);
        put.send().await.map_err(|error| aws_error("saying who may read uploads", error))?;
        if let Some(policy) = self.settings.policy(bucket) {
            let put = s3.put_bucket_policy().bucket(bucket).policy(policy).send().await;
            put.map_err(not_public)?;
        }
        let cors = self.settings.cors()?;
        let put = s3.put_bucket_cors().bucket(bucket).cors_configuration(cors).send();
        put.await.map_err(|error| aws_error("saying which pages may read uploads", error))?;
        Ok(())
    }

    /// How long what is kept.
    async fn write_retention(&self, bucket: &str) -> Result<()> {
        let s3 = &self.clients.s3;
        let versions = settings::versioning();
        let put = s3.put_bucket_versioning().bucket(bucket).versioning_configuration(versions);
        put.send().await.map_err(|error| aws_error("keeping versions of uploads", error))?;
        let rules = settings::lifecycle()?;
        let put =
            s3.put_bucket_lifecycle_configuration().bucket(bucket).lifecycle_configuration(rules);
        put.send().await.map_err(|error| aws_error("letting old versions expire", error))?;
        let sealed = settings::encryption()?;
        let put =
            s3.put_bucket_encryption().bucket(bucket).server_side_encryption_configuration(sealed);
        put.send().await.map_err(|error| aws_error("encrypting uploads", error))?;
        Ok(())
    }

    /// Empties and deletes `bucket`, if it is that of `of`.
    pub(super) async fn remove_bucket(&self, of: &InstanceId, bucket: &str) -> Result<Progression> {
        match self.standing(of, bucket).await? {
            BucketState::Missing | BucketState::Foreign => return Ok(Progression::Done),
            BucketState::Ours(_) => {}
        }
        if let Progression::Pending(progress) = self.empty(bucket).await? {
            return Ok(Progression::Pending(progress));
        }
        match self.clients.s3.delete_bucket().bucket(bucket).send().await {
            Err(error) if code_is(&error, &["BucketNotEmpty"]) => {
                Ok(Progression::waits("an upload has just come in; emptying its bucket again"))
            }
            Err(error) if !code_is(&error, &["NoSuchBucket"]) => {
                Err(aws_error("deleting a bucket", error))
            }
            _ => Ok(Progression::Done),
        }
    }
}

fn bucket_name_taken(bucket: &str) -> Error {
    Error::new(ErrorKind::Conflict, "making a bucket").about("bucket", bucket).permanent().advise(format!(
        "There is a bucket `{bucket}` that is not this table's: bucket names are unique across all of AWS. \
         `refractory doctor` says whose it is; delete it if it is yours, then start the table again."
    ))
}

/// What a refused policy means: mostly the account's own block, which is above every bucket's.
fn not_public<R: std::fmt::Debug + Send + Sync + 'static>(
    error: aws_smithy_runtime_api::client::result::SdkError<
        aws_sdk_s3::operation::put_bucket_policy::PutBucketPolicyError,
        R,
    >,
) -> Error {
    let denied = code_is(&error, &["AccessDenied"]);
    let told = aws_error("making uploads public", error);
    if !denied {
        return told;
    }
    told.advise(
        "AWS doesn't allow public buckets in this account. Switch off \"Block Public Access\" for the \
         account in the console of S3, or set `assets = \"private\"` under `[aws]`.",
    )
}
