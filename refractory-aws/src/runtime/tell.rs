//! Telling a launch what it must know, and nobody else: in one secret for each table.
use std::time::Duration;

use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use aws_sdk_secretsmanager::types::Tag;
use refractory_core::ports::LaunchSpec;
use refractory_core::{Error, ErrorKind, InstanceId, LaunchId, Result, Secret};

use super::fleet::Fleet;
use super::told::told;
use crate::AssetAccess;
use crate::error::refused;
use crate::naming::{TAG_DEPLOYMENT, TAG_INSTANCE};
use crate::signing::{Lasting, Signer};

const DURING: &str = "telling a launch its secrets";
/// How long a release can be fetched after a launch was begun: longer than any start takes; and less than an ordinary one takes is of no use.
const FETCHABLE: Lasting =
    Lasting { wanted: Duration::from_hours(2), least: Duration::from_mins(20) };

/// What came of telling a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// It is told what this process has to say, in the secret with this ARN.
    Now(String),
    /// Somebody else has told it before: the launch was begun by a process that came before this one.
    Before,
}

/// What came of one of the two ways to write the secret.
enum Written {
    As(String),
    OtherWay,
    Before,
}

impl Fleet {
    /// What `spec` tells a launch; its release lies behind a URL that is good for a while.
    pub(super) async fn words(&self, spec: &LaunchSpec) -> Result<Secret> {
        let url = match &spec.release {
            Some(release) => {
                Some(self.release_url(&self.naming.release_object(&release.id)).await?)
            }
            None => None,
        };
        let mut beginning = [0; 16];
        getrandom::fill(&mut beginning)
            .map_err(|error| Error::new(ErrorKind::Unexpected, DURING).caused_by(error))?;
        told(spec, url.as_deref(), &hex::encode(beginning))
    }

    async fn release_url(&self, object: &str) -> Result<String> {
        let during = "signing the address of a release";
        let signer = Signer::new(&self.clients, during, self.clock.now(), FETCHABLE).await?;
        let call = signer.s3.get_object().bucket(&self.ground.bucket).key(object);
        let address = call.presigned(signer.at).await.map_err(|error| refused(during, error))?;
        Ok(address.uri().to_owned())
    }

    /// Writes `words` down for the launch `key`, as one version of the table's secret. The version is named after the launch, so
    /// the same words may be written again, and whoever has others learns that it was not the first.
    pub(super) async fn tell(&self, key: &LaunchId, words: &Secret) -> Result<Told> {
        let of = &key.instance;
        if self.memory.was_told(of) {
            match self.write_version(key, words).await? {
                Written::As(arn) => return Ok(Told::Now(arn)),
                Written::Before => return Ok(Told::Before),
                Written::OtherWay => self.memory.note_told(of, false),
            }
        }
        // Whether the secret exists is not known, so both ways are tried at once: one of them is right, and if both are,
        // they write the same.
        let (made, written) =
            futures_util::join!(self.make_secret(key, words), self.write_version(key, words));
        let told = match (made, written) {
            (Ok(Written::As(arn)), _) | (_, Ok(Written::As(arn))) => Told::Now(arn),
            (_, Ok(Written::Before)) => Told::Before,
            (Err(error), _) | (_, Err(error)) => return Err(error),
            (Ok(_), Ok(Written::OtherWay)) => {
                return Err(Error::new(ErrorKind::Unavailable, DURING));
            }
        };
        self.memory.note_told(of, true);
        Ok(told)
    }

    async fn write_version(&self, key: &LaunchId, words: &Secret) -> Result<Written> {
        let call = self
            .clients
            .secrets
            .put_secret_value()
            .secret_id(self.naming.launch_secret(&key.instance));
        let call = call
            .client_request_token(self.naming.launch_version(key))
            .secret_string(words.expose());
        match call.send().await {
            Ok(written) => Ok(Written::As(written.arn.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(PutSecretValueError::ResourceNotFoundException(_)) => Ok(Written::OtherWay),
                Some(PutSecretValueError::ResourceExistsException(_)) => Ok(Written::Before),
                _ => Err(refused(DURING, error)),
            },
        }
    }

    async fn make_secret(&self, key: &LaunchId, words: &Secret) -> Result<Written> {
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
            Ok(made) => Ok(Written::As(made.arn.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(CreateSecretError::ResourceExistsException(_)) => Ok(Written::OtherWay),
                _ => Err(refused(DURING, error)),
            },
        }
    }

    /// The ARN of the secret with the credentials for the uploads of `of`; none where uploads stay on the volume.
    pub(super) async fn uploads(&self, of: &InstanceId) -> Result<Option<String>> {
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
            Err(error) => Err(refused(during, error)),
        }
    }
}
