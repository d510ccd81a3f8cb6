//! The launch secret: what a launch needs to know, in one secret for each instance.
use std::time::Duration;

use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use aws_sdk_secretsmanager::types::Tag;
use refractory_core::ports::LaunchSpec;
use refractory_core::{Error, ErrorKind, InstanceId, LaunchId, Result, Secret};

use super::context::FargateContext;
use super::secret_text::secret_text;
use crate::AssetAccess;
use crate::error::aws_error;
use crate::naming::{TAG_DEPLOYMENT, TAG_INSTANCE};
use crate::signing::{Signer, Validity};

const DURING: &str = "telling a launch its secrets";
/// How long a release can be fetched after a launch was begun: longer than any start takes; and less than an ordinary one takes is of no use.
const FETCHABLE: Validity =
    Validity { preferred: Duration::from_hours(2), minimum: Duration::from_mins(20) };

/// What came of telling a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SecretWrite {
    /// This process wrote it, in the secret with this ARN.
    Written(String),
    /// An earlier process wrote it and began the launch.
    ByEarlierProcess,
}

/// What came of one of the two ways to write the secret.
enum VersionWrite {
    As(String),
    OtherWay,
    Before,
}

impl FargateContext {
    /// The launch secret of `spec`, with a presigned URL of its release.
    pub(super) async fn launch_secret_value(&self, spec: &LaunchSpec) -> Result<Secret> {
        let url = match &spec.release {
            Some(release) => {
                Some(self.release_url(&self.naming.release_object(&release.id)).await?)
            }
            None => None,
        };
        let mut beginning = [0; 16];
        getrandom::fill(&mut beginning)
            .map_err(|error| Error::new(ErrorKind::Unexpected, DURING).caused_by(error))?;
        secret_text(spec, url.as_deref(), &hex::encode(beginning))
    }

    async fn release_url(&self, object: &str) -> Result<String> {
        let during = "signing the address of a release";
        let signer = Signer::new(&self.clients, during, self.clock.now(), FETCHABLE).await?;
        let call = signer.s3.get_object().bucket(&self.outputs.bucket).key(object);
        let address = call.presigned(signer.at).await.map_err(|error| aws_error(during, error))?;
        Ok(address.uri().to_owned())
    }

    /// Writes `words` down for the launch `key`, as one version of the table's secret. The version is named after the launch, so
    /// the same words may be written again, and a process with another value learns that it was not the first.
    pub(super) async fn write_launch_secret(
        &self,
        key: &LaunchId,
        words: &Secret,
    ) -> Result<SecretWrite> {
        let of = &key.instance;
        if self.cache.has_secret(of) {
            match self.write_version(key, words).await? {
                VersionWrite::As(arn) => return Ok(SecretWrite::Written(arn)),
                VersionWrite::Before => return Ok(SecretWrite::ByEarlierProcess),
                VersionWrite::OtherWay => self.cache.record_secret(of, false),
            }
        }
        // Whether the secret exists is not known, so both ways are tried at once: one of them is right, and if both are,
        // they write the same.
        let (made, written) =
            futures_util::join!(self.make_secret(key, words), self.write_version(key, words));
        let told = match (made, written) {
            (Ok(VersionWrite::As(arn)), _) | (_, Ok(VersionWrite::As(arn))) => {
                SecretWrite::Written(arn)
            }
            (_, Ok(VersionWrite::Before)) => SecretWrite::ByEarlierProcess,
            (Err(error), _) | (_, Err(error)) => return Err(error),
            (Ok(_), Ok(VersionWrite::OtherWay)) => {
                return Err(Error::new(ErrorKind::Unavailable, DURING));
            }
        };
        self.cache.record_secret(of, true);
        Ok(told)
    }

    async fn write_version(&self, key: &LaunchId, words: &Secret) -> Result<VersionWrite> {
        let call = self
            .clients
            .secrets
            .put_secret_value()
            .secret_id(self.naming.launch_secret(&key.instance));
        let call = call
            .client_request_token(self.naming.launch_version(key))
            .secret_string(words.expose());
        match call.send().await {
            Ok(written) => Ok(VersionWrite::As(written.arn.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(PutSecretValueError::ResourceNotFoundException(_)) => {
                    Ok(VersionWrite::OtherWay)
                }
                Some(PutSecretValueError::ResourceExistsException(_)) => Ok(VersionWrite::Before),
                _ => Err(aws_error(DURING, error)),
            },
        }
    }

    async fn make_secret(&self, key: &LaunchId, words: &Secret) -> Result<VersionWrite> {
        let tag = |name: &str, value: &str| Tag::builder().key(name).value(value).build();
        let call =
            self.clients.secrets.create_secret().name(self.naming.launch_secret(&key.instance));
        let call = call
            .client_request_token(self.naming.launch_version(key))
            .secret_string(words.expose())
            .description("What a table of Refractory is started with")
            .tags(tag(TAG_DEPLOYMENT, self.naming.deployment()))
            .tags(tag(TAG_INSTANCE, key.instance.as_str()));
        match call.send().await {
            Ok(made) => Ok(VersionWrite::As(made.arn.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(CreateSecretError::ResourceExistsException(_)) => Ok(VersionWrite::OtherWay),
                _ => Err(aws_error(DURING, error)),
            },
        }
    }

    /// The ARN of the secret with the credentials for the uploads of `of`; none where uploads stay on the volume.
    pub(super) async fn uploads_secret(&self, of: &InstanceId) -> Result<Option<String>> {
        if self.config.assets == AssetAccess::Volume {
            return Ok(None);
        }
        let during = "looking for the credentials for uploads";
        let answer = self
            .clients
            .secrets
            .describe_secret()
            .secret_id(self.naming.assets_secret(of))
            .send()
            .await;
        match answer {
            Ok(secret) => Ok(secret.arn),
            Err(error) if error.as_service_error().is_some_and(DescribeSecretError::is_resource_not_found_exception) => {
                Err(Error::new(ErrorKind::Unavailable, during).advise(
                    "The credentials for the uploads of this table are not there. Stop it and start it again; `refractory doctor` says more.",
                ))
            }
            Err(error) => Err(aws_error(during, error)),
        }
    }
}
