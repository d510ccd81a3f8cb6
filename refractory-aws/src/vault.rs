//! Secrets in AWS Secrets Manager.
use std::fmt;
use std::time::Duration;

use aws_sdk_secretsmanager::client::Client;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, Tag};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::ports::{Observed, Reason, Vault};
use refractory_core::{Error, ErrorKind, Result, Secret, SecretName, async_trait};

use crate::deadline::{with_deadline, with_list_deadline};
use crate::error::aws_error;
use crate::naming::TAG_DEPLOYMENT;
use crate::{AwsConfig, Clients, Naming};

/// What Secrets Manager takes.
const LONGEST: usize = 65_536;
/// It keeps no empty text, so none is kept as this.
const EMPTY: &[u8] = b"\0";
/// How often a name is asked for that is just being given up or taken.
const TRIES: u32 = 5;
/// The first wait between them; each is twice as long as the last.
const WAIT: Duration = Duration::from_millis(100);

/// A vault in AWS Secrets Manager: a secret there for each secret here, under [`Naming::secret`] and with the deployment's tag.
///
/// A secret that was removed is scheduled for deletion, as long ahead as the configuration says, and can be brought
/// back meanwhile with AWS's own tools; to this vault it is absent. Its name is free at once: ensuring it anew
/// ends the recovery, because a removed secret must never reappear. Nothing is cached.
#[derive(Clone)]
pub struct SecretsManagerVault {
    client: Client,
    naming: Naming,
    /// Days in which a removed secret can be brought back; `None` deletes at once.
    recovery: Option<i64>,
}

impl fmt::Debug for SecretsManagerVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretsManagerVault({})", self.naming.deployment())
    }
}

/// What lies under a name.
enum SecretState {
    Nothing,
    /// Scheduled for deletion.
    Deleting,
    Kept(Observed<Secret>),
}

impl SecretsManagerVault {
    /// The vault of the deployment of `config`; nothing is asked.
    pub fn new(clients: &Clients, config: &AwsConfig) -> Self {
        let days = i64::try_from(config.recovery.get().as_secs() / 86_400).unwrap_or(i64::MAX);
        Self {
            client: clients.secrets.clone(),
            naming: Naming::new(&config.deployment),
            recovery: (days > 0).then_some(days),
        }
    }

    async fn find(&self, name: &SecretName) -> Result<SecretState> {
        let get = self.client.get_secret_value().secret_id(self.naming.secret(name));
        match get.send().await {
            Ok(answer) => Ok(SecretState::Kept(read(&answer))),
            Err(error) if is_absent(&error) => Ok(SecretState::Nothing),
            Err(error) if is_being_deleted(&error) => Ok(SecretState::Deleting),
            Err(error) => Err(aws_error("reading a secret", error).about("name", name)),
        }
    }

    /// Makes a secret; whether there was none.
    async fn create(&self, name: &SecretName, secret: &Secret) -> Result<bool> {
        let tag = Tag::builder().key(TAG_DEPLOYMENT).value(self.naming.deployment()).build();
        let create = self.client.create_secret().name(self.naming.secret(name)).tags(tag);
        let create = if secret.is_empty() {
            create.secret_binary(Blob::new(EMPTY))
        } else {
            create.secret_string(secret.expose())
        };
        match create.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.code() == Some("ResourceExistsException") || is_being_deleted(&error) =>
            {
                Ok(false)
            }
            Err(error) => Err(aws_error("keeping a secret", error).about("name", name)),
        }
    }

    async fn ensure_secret(&self, name: &SecretName, fresh: &Secret) -> Result<Observed<Secret>> {
        for tried in 0..TRIES {
            if tried > 0 {
                // Another writer was faster and is read next, or AWS has not finished deleting.
                tokio::time::sleep(WAIT * 2_u32.pow(tried - 1)).await;
            }
            match self.find(name).await? {
                SecretState::Kept(kept) => return Ok(kept),
                SecretState::Deleting => self.end_recovery(name).await?,
                SecretState::Nothing => {}
            }
            if self.create(name, fresh).await? {
                return Ok(Observed::Ready(fresh.clone()));
            }
        }
        Err(in_between(name))
    }

    /// Deletes at once what is scheduled for deletion under `name`: that very secret, by its ARN, and not what
    /// another writer has stored under the name since.
    async fn end_recovery(&self, name: &SecretName) -> Result<()> {
        let described =
            self.client.describe_secret().secret_id(self.naming.secret(name)).send().await;
        let described = match described {
            Err(error) if is_absent(&error) => return Ok(()),
            other => other
                .map_err(|error| aws_error("reading about a secret", error).about("name", name))?,
        };
        match (described.arn, described.deleted_date) {
            (Some(arn), Some(_)) => self.delete(name, &arn, None).await,
            _ => Ok(()),
        }
    }

    /// Deletes the secret `id`, `recovery` days from now or at once.
    async fn delete(&self, name: &SecretName, id: &str, recovery: Option<i64>) -> Result<()> {
        let delete = self.client.delete_secret().secret_id(id);
        let delete = match recovery {
            Some(days) => delete.recovery_window_in_days(days),
            None => delete.force_delete_without_recovery(true),
        };
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) if is_absent(&error) || is_being_deleted(&error) => Ok(()),
            Err(error) => Err(aws_error("forgetting a secret", error).about("name", name)),
        }
    }

    async fn all(&self) -> Result<Vec<SecretName>> {
        let (mut names, mut next) = self.page(None).await?;
        while next.is_some() {
            let (more, after) = self.page(next).await?;
            names.extend(more);
            next = after;
        }
        Ok(names)
    }

    async fn page(&self, after: Option<String>) -> Result<(Vec<SecretName>, Option<String>)> {
        let prefix = self.naming.secrets();
        let ours = Filter::builder().key(FilterNameStringType::Name).values(&prefix).build();
        let list = self.client.list_secrets().filters(ours).max_results(100);
        let answer = list.set_next_token(after).send().await;
        let answer = answer.map_err(|error| aws_error("listing secrets", error))?;
        // The filter is a hint: other names that contain it are not ours.
        let name = |full: &str| SecretName::new(full.strip_prefix(&prefix)?).ok();
        let listed = answer.secret_list.unwrap_or_default().into_iter();
        let listed = listed.filter(|secret| secret.deleted_date.is_none());
        let names = listed.filter_map(|secret| name(secret.name()?)).collect();
        Ok((names, answer.next_token))
    }
}

#[async_trait]
impl Vault for SecretsManagerVault {
    async fn ensure(&self, name: &SecretName, fresh: &Secret) -> Result<Observed<Secret>> {
        if fresh.expose().len() > LONGEST {
            return Err(too_long(name));
        }
        with_deadline("keeping a secret", self.ensure_secret(name, fresh)).await
    }

    async fn observe(&self, name: &SecretName) -> Result<Observed<Secret>> {
        Ok(match self.find(name).await? {
            SecretState::Kept(kept) => kept,
            SecretState::Nothing | SecretState::Deleting => Observed::Absent,
        })
    }

    async fn remove(&self, name: &SecretName) -> Result<Observed<Secret>> {
        self.delete(name, &self.naming.secret(name), self.recovery).await?;
        Ok(Observed::Absent)
    }

    async fn list(&self) -> Result<Vec<SecretName>> {
        with_list_deadline("listing secrets", self.all()).await
    }
}

fn read(answer: &GetSecretValueOutput) -> Observed<Secret> {
    match (answer.secret_string(), answer.secret_binary()) {
        (Some(text), _) => Observed::Ready(Secret::new(text)),
        (None, Some(bytes)) if bytes.as_ref() == EMPTY => Observed::Ready(Secret::default()),
        (None, _) => Observed::Broken(Reason(
            "A secret in Secrets Manager was changed by hand and is no longer text. Restore its previous version there."
                .to_owned(),
        )),
    }
}

fn is_absent<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

/// Secrets Manager has no separate code for a secret that is scheduled for deletion, and two sentences.
fn is_being_deleted<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("InvalidRequestException")
        && error
            .message()
            .is_some_and(|message| message.contains("deletion") || message.contains("deleted"))
}

fn in_between(name: &SecretName) -> Error {
    Error::new(ErrorKind::Unavailable, "keeping a secret").about("name", name).advise(
        "Secrets Manager is still deleting a secret of this name. It is tried again; it takes a minute at most.",
    )
}

fn too_long(name: &SecretName) -> Error {
    Error::new(ErrorKind::Invalid, "keeping a secret")
        .about("name", name)
        .advise("A secret may have 65 536 bytes at most in Secrets Manager. Shorten it.")
}

#[cfg(test)]
mod tests;
