//! The key of a table's user: made once, proven before anything uses it.
use std::sync::PoisonError;
use std::time::Duration;

use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use refractory_core::{Error, ErrorKind, InstanceId, Result, Secret, Timestamp};

use super::kept::{Kept, Reading, Stage};
use super::names::TAG_ACCESS_KEY;
use super::user::Entry;
use super::{BucketAssets, Progressed};
use crate::error::{code_is, refused};

/// How long IAM may take to list a key that was made.
const LISTED_WITHIN: Duration = Duration::from_mins(1);
/// How long AWS may take to accept a key; after that it is replaced. Minutes have been seen.
const ACCEPTED_WITHIN: Duration = Duration::from_mins(10);

/// A key as IAM lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its id.
    pub(super) id: String,
    /// When it was made.
    pub(super) made: Timestamp,
}

impl BucketAssets {
    /// Brings the key of `of` one step further: made, kept, accepted.
    pub(super) async fn make_key(&self, of: &InstanceId, entry: &Entry) -> Result<Progressed> {
        let listed = self.listed_keys(of).await?;
        let kept = self.kept(of, Stage::Current).await?;
        match kept {
            Reading::Kept(kept) if is_listed(&listed, &kept.key) => {
                if entry.key.as_deref() == Some(&kept.key) {
                    self.delete_unknown(of, entry, &kept, &listed).await?;
                    return Ok(Progressed::Done);
                }
                self.allow(of, &entry.bucket).await?;
                let proven = self.prove(of, &entry.bucket, &kept).await?;
                if let Progressed::Done = proven {
                    self.note(of, &[(TAG_ACCESS_KEY, &kept.key)]).await?;
                }
                Ok(proven)
            }
            Reading::Kept(kept) if self.known_for(&kept.key) < LISTED_WITHIN => {
                Ok(Progressed::waits("waiting until IAM lists the key for uploads"))
            }
            found @ (Reading::Missing | Reading::Deleted | Reading::Blank | Reading::Kept(_)) => {
                self.allow(of, &entry.bucket).await?;
                for key in &listed {
                    self.delete_key(of, &key.id).await?;
                }
                self.new_key(of, &entry.bucket, &found, Stage::Current).await
            }
        }
    }

    /// Deletes keys whose secret nobody knows: made by a call that was given up, and had its effect later.
    async fn delete_unknown(
        &self,
        of: &InstanceId,
        entry: &Entry,
        current: &Kept,
        listed: &[Listed],
    ) -> Result<()> {
        let retiring = entry.retiring.as_ref().map(|old| old.key.as_str());
        let known = |key: &str| key == current.key || Some(key) == retiring;
        if listed.iter().all(|key| known(&key.id)) {
            return Ok(());
        }
        let next = self.kept(of, Stage::Next).await?;
        let is_next = |key: &str| matches!(&next, Reading::Kept(next) if next.key == key);
        for key in listed.iter().filter(|key| !known(&key.id) && !is_next(&key.id)) {
            self.delete_key(of, &key.id).await?;
        }
        Ok(())
    }

    /// Makes a key and keeps it. There is room for it: what nobody knows the secret of was deleted before.
    pub(super) async fn new_key(
        &self,
        of: &InstanceId,
        bucket: &str,
        found: &Reading,
        stage: Stage,
    ) -> Result<Progressed> {
        let name = self.naming.assets_user(of);
        let made = self.clients.iam.create_access_key().user_name(name).send().await;
        let made = made.map_err(|error| refused("making a key for uploads", error))?;
        let key = made.access_key.ok_or_else(no_key)?;
        let (id, secret) = (key.access_key_id, Secret::new(key.secret_access_key));
        self.keep(of, bucket, (&id, &secret), found, stage).await?;
        self.known_for(&id);
        Ok(Progressed::waits("waiting until AWS knows the key for uploads"))
    }

    /// Done once AWS accepts the key. A fresh one is refused for seconds, now and then for minutes.
    pub(super) async fn prove(
        &self,
        of: &InstanceId,
        bucket: &str,
        kept: &Kept,
    ) -> Result<Progressed> {
        let asked =
            self.client_of(&kept.key, &kept.secret).list_objects_v2().bucket(bucket).max_keys(1);
        let Err(error) = asked.send().await else { return Ok(Progressed::Done) };
        if !code_is(&error, &["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"]) {
            return Err(refused("trying the key for uploads", error));
        }
        if self.known_for(&kept.key) > ACCEPTED_WITHIN {
            self.delete_key(of, &kept.key).await?;
            return Ok(Progressed::waits("replacing a key for uploads that AWS does not accept"));
        }
        Ok(if code_is(&error, &["AccessDenied"]) {
            Progressed::waits("waiting until AWS lets the key reach its bucket")
        } else {
            Progressed::waits("waiting until AWS knows the key for uploads")
        })
    }

    /// How long the key `id` has been known here: the clock that dates it is not ours.
    fn known_for(&self, id: &str) -> Duration {
        let now = self.clock.monotonic();
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        now.since(*met.entry(id.to_owned()).or_insert(now))
    }

    /// A client of S3 that asks with the key `id`.
    pub(super) fn client_of(&self, id: &str, secret: &Secret) -> aws_sdk_s3::Client {
        let keys = Credentials::new(id, secret.expose(), None, None, "refractory");
        let config = self.clients.s3.config().to_builder();
        let config = config.credentials_provider(SharedCredentialsProvider::new(keys)).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    pub(super) async fn listed_keys(&self, of: &InstanceId) -> Result<Vec<Listed>> {
        let name = self.naming.assets_user(of);
        let answer = match self.clients.iam.list_access_keys().user_name(name).send().await {
            Err(error) if code_is(&error, &["NoSuchEntity"]) => return Ok(Vec::new()),
            answer => answer.map_err(|error| refused("listing keys for uploads", error))?,
        };
        let keys = answer.access_key_metadata.into_iter().filter_map(|key| {
            let made = key.create_date.and_then(|date| date.to_millis().ok()).unwrap_or_default();
            Some(Listed {
                id: key.access_key_id?,
                made: Timestamp(u64::try_from(made).unwrap_or_default()),
            })
        });
        Ok(keys.collect())
    }

    pub(super) async fn delete_key(&self, of: &InstanceId, key: &str) -> Result<()> {
        let name = self.naming.assets_user(of);
        let delete = self.clients.iam.delete_access_key().user_name(name).access_key_id(key);
        match delete.send().await {
            Err(error) if !code_is(&error, &["NoSuchEntity"]) => {
                Err(refused("deleting a key for uploads", error))
            }
            _ => {
                self.met.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
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

pub(super) fn is_listed(listed: &[Listed], key: &str) -> bool {
    listed.iter().any(|found| found.id == key)
}

fn no_key() -> Error {
    Error::new(ErrorKind::Unexpected, "making a key for uploads")
}
