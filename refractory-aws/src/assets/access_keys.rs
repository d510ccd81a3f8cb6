//! The key of a table's user: made once, proven before anything uses it.
use std::sync::PoisonError;
use std::time::Duration;

use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use refractory_core::{Error, ErrorKind, InstanceId, Result, Secret, Timestamp};

use super::credentials::{AccessKey, SecretStage, StoredKey};
use super::names::TAG_ACCESS_KEY;
use super::user::UserEntry;
use super::{BucketAssets, Progression};
use crate::error::{aws_error, code_is};

/// How long IAM may take to list a key that was made.
const LISTED_WITHIN: Duration = Duration::from_mins(1);
/// How long AWS may take to accept a key; after that it is replaced. Minutes have been seen.
const ACCEPTED_WITHIN: Duration = Duration::from_mins(10);

/// A key as IAM lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListedKey {
    /// Its id.
    pub(super) id: String,
    /// When it was made.
    pub(super) created_at: Timestamp,
}

impl BucketAssets {
    /// Brings the key of `of` one step further: made, kept, accepted.
    pub(super) async fn ensure_key(
        &self,
        of: &InstanceId,
        entry: &UserEntry,
    ) -> Result<Progression> {
        let listed = self.listed_keys(of).await?;
        let kept = self.stored_key(of, SecretStage::Current).await?;
        match kept {
            StoredKey::Found(kept) if is_listed(&listed, &kept.id) => {
                if entry.accepted_key.as_deref() == Some(&kept.id) {
                    self.delete_unknown(of, entry, &kept, &listed).await?;
                    return Ok(Progression::Done);
                }
                self.put_user_policy(of, &entry.bucket).await?;
                let proven = self.verify_key(of, &entry.bucket, &kept).await?;
                if let Progression::Done = proven {
                    self.add_tags(of, &[(TAG_ACCESS_KEY, &kept.id)]).await?;
                }
                Ok(proven)
            }
            StoredKey::Found(kept) if self.observed_for(&kept.id) < LISTED_WITHIN => {
                Ok(Progression::waits("waiting until IAM lists the key for uploads"))
            }
            found @ (StoredKey::Missing
            | StoredKey::Deleted
            | StoredKey::Empty
            | StoredKey::Found(_)) => {
                self.put_user_policy(of, &entry.bucket).await?;
                for key in &listed {
                    self.delete_key(of, &key.id).await?;
                }
                self.create_key(of, &entry.bucket, &found, SecretStage::Current).await
            }
        }
    }

    /// Deletes keys whose secret is unknown: a call that was dropped made them late.
    async fn delete_unknown(
        &self,
        of: &InstanceId,
        entry: &UserEntry,
        current: &AccessKey,
        listed: &[ListedKey],
    ) -> Result<()> {
        let retiring = entry.retiring.as_ref().map(|old| old.id.as_str());
        let known = |key: &str| key == current.id || Some(key) == retiring;
        if listed.iter().all(|key| known(&key.id)) {
            return Ok(());
        }
        let next = self.stored_key(of, SecretStage::Pending).await?;
        let is_next = |key: &str| matches!(&next, StoredKey::Found(next) if next.id == key);
        for key in listed.iter().filter(|key| !known(&key.id) && !is_next(&key.id)) {
            self.delete_key(of, &key.id).await?;
        }
        Ok(())
    }

    /// Creates a key and stores it. There is room for it: keys without a known secret were deleted before.
    pub(super) async fn create_key(
        &self,
        of: &InstanceId,
        bucket: &str,
        found: &StoredKey,
        stage: SecretStage,
    ) -> Result<Progression> {
        let name = self.naming.assets_user(of);
        let made = match self.clients.iam.create_access_key().user_name(&name).send().await {
            // Keys of calls whose answers were lost take the room: the next step finds and deletes them.
            Err(error) if code_is(&error, &["LimitExceeded"]) => return Err(no_room_yet(&name)),
            made => made.map_err(|error| aws_error("making a key for uploads", error))?,
        };
        let key = made.access_key.ok_or_else(no_key)?;
        let (id, secret) = (key.access_key_id, Secret::new(key.secret_access_key));
        self.store_key(of, bucket, (&id, &secret), found, stage).await?;
        self.observed_for(&id);
        Ok(Progression::waits("waiting until AWS knows the key for uploads"))
    }

    /// Done once AWS accepts the key. A fresh one is refused for seconds, now and then for minutes.
    pub(super) async fn verify_key(
        &self,
        of: &InstanceId,
        bucket: &str,
        kept: &AccessKey,
    ) -> Result<Progression> {
        let asked =
            self.client_of(&kept.id, &kept.secret).list_objects_v2().bucket(bucket).max_keys(1);
        let Err(error) = asked.send().await else { return Ok(Progression::Done) };
        if !code_is(&error, &["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"]) {
            return Err(aws_error("trying the key for uploads", error));
        }
        if self.observed_for(&kept.id) > ACCEPTED_WITHIN {
            self.delete_key(of, &kept.id).await?;
            return Ok(Progression::waits("replacing a key for uploads that AWS does not accept"));
        }
        Ok(if code_is(&error, &["AccessDenied"]) {
            Progression::waits("waiting until AWS lets the key reach its bucket")
        } else {
            Progression::waits("waiting until AWS knows the key for uploads")
        })
    }

    /// How long the key `id` has been known here: the clock that dates it is not ours.
    fn observed_for(&self, id: &str) -> Duration {
        let now = self.clock.monotonic();
        let mut met = self.first_seen.lock().unwrap_or_else(PoisonError::into_inner);
        now.since(*met.entry(id.to_owned()).or_insert(now))
    }

    /// A client of S3 that asks with the key `id`.
    pub(super) fn client_of(&self, id: &str, secret: &Secret) -> aws_sdk_s3::Client {
        let keys = Credentials::new(id, secret.expose(), None, None, "refractory");
        let config = self.clients.s3.config().to_builder();
        let config = config.credentials_provider(SharedCredentialsProvider::new(keys)).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    pub(super) async fn listed_keys(&self, of: &InstanceId) -> Result<Vec<ListedKey>> {
        let name = self.naming.assets_user(of);
        let answer = match self.clients.iam.list_access_keys().user_name(name).send().await {
            Err(error) if code_is(&error, &["NoSuchEntity"]) => return Ok(Vec::new()),
            answer => answer.map_err(|error| aws_error("listing keys for uploads", error))?,
        };
        let keys = answer.access_key_metadata.into_iter().filter_map(|key| {
            let made = key.create_date.and_then(|date| date.to_millis().ok()).unwrap_or_default();
            Some(ListedKey {
                id: key.access_key_id?,
                created_at: Timestamp(u64::try_from(made).unwrap_or_default()),
            })
        });
        Ok(keys.collect())
    }

    pub(super) async fn delete_key(&self, of: &InstanceId, key: &str) -> Result<()> {
        let name = self.naming.assets_user(of);
        let delete = self.clients.iam.delete_access_key().user_name(name).access_key_id(key);
        match delete.send().await {
            Err(error) if !code_is(&error, &["NoSuchEntity"]) => {
                Err(aws_error("deleting a key for uploads", error))
            }
            _ => {
                self.first_seen.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
                Ok(())
            }
        }
    }

    /// Deletes every key of `of`: nothing is uploaded from here on.
    pub(super) async fn delete_keys(&self, of: &InstanceId) -> Result<()> {
        for key in self.listed_keys(of).await? {
            self.delete_key(of, &key.id).await?;
        }
        Ok(())
    }
}

pub(super) fn is_listed(listed: &[ListedKey], key: &str) -> bool {
    listed.iter().any(|found| found.id == key)
}

fn no_room_yet(user: &str) -> Error {
    Error::new(ErrorKind::Unavailable, "making a key for uploads").about("user", user)
}

fn no_key() -> Error {
    Error::new(ErrorKind::Unexpected, "making a key for uploads")
}
