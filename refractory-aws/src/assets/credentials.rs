//! The credentials of a table's uploads, as they are kept: the file that Foundry reads, in Secrets Manager.
use std::fmt::Debug;

use aws_sdk_secretsmanager::types::Tag;
use refractory_core::{InstanceId, Result, Secret};
use serde::{Deserialize, Serialize};

use super::BucketAssets;
use crate::error::{aws_error, code_is};
use crate::naming::{TAG_DEPLOYMENT, TAG_INSTANCE};

/// Which of a secret's values is meant. AWS's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretStage {
    /// What launches are given.
    Current,
    /// What will be, once it is known to work.
    Pending,
    /// What launches were given before; one of them may still run.
    Previous,
}

impl SecretStage {
    fn label(self) -> &'static str {
        match self {
            Self::Current => "AWSCURRENT",
            Self::Pending => "AWSPENDING",
            Self::Previous => "AWSPREVIOUS",
        }
    }
}

/// What is kept.
#[derive(Debug)]
pub(super) enum StoredKey {
    /// There is no such secret.
    Missing,
    /// There was one; it can be brought back until its time is over.
    Deleted,
    /// There is one, and nothing in it that can be read.
    Empty,
    /// A key.
    Found(AccessKey),
}

/// A key with its secret.
#[derive(Debug, Clone)]
pub(super) struct AccessKey {
    /// The key's id, which is no secret.
    pub(super) id: String,
    /// The key's secret.
    pub(super) secret: Secret,
    /// The version of the secret that this is.
    pub(super) version: String,
}

/// The file that Foundry reads: generations 11 and later. Where its bucket is reached, if not at AWS, is added at each
/// launch: it follows the configuration and the name of the table, and a key does not.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialsFile {
    buckets: Vec<String>,
    region: String,
    credentials: FileCredentials,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileCredentials {
    access_key_id: String,
    secret_access_key: String,
}

impl BucketAssets {
    /// What is kept for `of`.
    pub(super) async fn stored_key(
        &self,
        of: &InstanceId,
        stage: SecretStage,
    ) -> Result<StoredKey> {
        let name = self.naming.assets_secret(of);
        let asked =
            self.clients.secrets.get_secret_value().secret_id(name).version_stage(stage.label());
        let answer = match asked.send().await {
            Ok(answer) => answer,
            Err(error) if code_is(&error, &["ResourceNotFoundException"]) => {
                return Ok(StoredKey::Missing);
            }
            // AWS has no separate code for a secret that is on its way out.
            Err(error) if code_is(&error, &["InvalidRequestException"]) => {
                return Ok(StoredKey::Deleted);
            }
            Err(error) => return Err(aws_error("reading the credentials of uploads", error)),
        };
        let credentials_file =
            answer.secret_string.as_deref().map(serde_json::from_str::<CredentialsFile>);
        Ok(match (credentials_file, answer.version_id) {
            (Some(Ok(file)), Some(version)) => StoredKey::Found(AccessKey {
                id: file.credentials.access_key_id,
                secret: Secret::new(file.credentials.secret_access_key),
                version,
            }),
            _ => StoredKey::Empty,
        })
    }

    /// The file with a key in it.
    fn file(&self, bucket: &str, key: &str, secret: &Secret) -> Result<Secret> {
        let file = CredentialsFile {
            buckets: vec![bucket.to_owned()],
            region: self.clients.region.clone(),
            credentials: FileCredentials {
                access_key_id: key.to_owned(),
                secret_access_key: secret.expose().to_owned(),
            },
        };
        let text = serde_json::to_string(&file).map_err(|error| {
            refractory_core::Error::new(
                refractory_core::ErrorKind::Unexpected,
                "writing the credentials of uploads",
            )
            .caused_by(error)
        })?;
        Ok(Secret::new(text))
    }

    /// Keeps a key that was just made; `found` is what was kept before.
    pub(super) async fn store_key(
        &self,
        of: &InstanceId,
        bucket: &str,
        made: (&str, &Secret),
        found: &StoredKey,
        stage: SecretStage,
    ) -> Result<()> {
        let file = self.file(bucket, made.0, made.1)?;
        match found {
            StoredKey::Missing if self.create_secret(of, &file).await? => return Ok(()),
            StoredKey::Deleted => self.restore(of).await?,
            StoredKey::Missing | StoredKey::Empty | StoredKey::Found(_) => {}
        }
        let put = self
            .clients
            .secrets
            .put_secret_value()
            .secret_id(self.naming.assets_secret(of))
            .secret_string(file.expose())
            .version_stages(stage.label());
        put.send().await.map_err(|error| aws_error("keeping the credentials of uploads", error))?;
        Ok(())
    }

    /// Makes the secret; false where there is one by now.
    async fn create_secret(&self, of: &InstanceId, file: &Secret) -> Result<bool> {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        let made = self
            .clients
            .secrets
            .create_secret()
            .name(self.naming.assets_secret(of))
            .description("What Foundry reads to keep uploads in S3. Made by Refractory.")
            .tags(tag(TAG_DEPLOYMENT, self.naming.deployment()))
            .tags(tag(TAG_INSTANCE, of.as_str()))
            .secret_string(file.expose());
        match made.send().await {
            Ok(_) => Ok(true),
            Err(error) if code_is(&error, &["ResourceExistsException"]) => Ok(false),
            Err(error) => Err(aws_error("keeping the credentials of uploads", error)),
        }
    }

    async fn restore(&self, of: &InstanceId) -> Result<()> {
        let restored =
            self.clients.secrets.restore_secret().secret_id(self.naming.assets_secret(of));
        restored.send().await.map_err(|error| aws_error("bringing a secret back", error))?;
        Ok(())
    }

    /// Gives launches from now on the value `next` in place of `current`.
    pub(super) async fn promote(
        &self,
        of: &InstanceId,
        next: &AccessKey,
        current: &AccessKey,
    ) -> Result<()> {
        let moved = self
            .clients
            .secrets
            .update_secret_version_stage()
            .secret_id(self.naming.assets_secret(of))
            .version_stage(SecretStage::Current.label())
            .move_to_version_id(&next.version)
            .remove_from_version_id(&current.version);
        moved
            .send()
            .await
            .map_err(|error| aws_error("replacing the credentials of uploads", error))?;
        Ok(())
    }

    /// Deletes what is kept for `of`, so that it can be brought back for as long as the operator chose.
    pub(super) async fn delete_stored_key(&self, of: &InstanceId) -> Result<()> {
        let delete = self.clients.secrets.delete_secret().secret_id(self.naming.assets_secret(of));
        let delete = match self.recovery_days {
            0 => delete.force_delete_without_recovery(true),
            days => delete.recovery_window_in_days(days),
        };
        match delete.send().await {
            Ok(_) => Ok(()),
            // Never made, or on its way out already.
            Err(error)
                if code_is(&error, &["ResourceNotFoundException", "InvalidRequestException"]) =>
            {
                Ok(())
            }
            Err(error) => Err(aws_error("deleting the credentials of uploads", error)),
        }
    }
}

#[cfg(test)]
mod tests;
