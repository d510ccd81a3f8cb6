//! Beginning a launch: three calls one after another, of which the last is the one that launches.
use std::sync::Arc;

use refractory_core::ports::{LaunchSpec, SnapshotName};
use refractory_core::{Error, ErrorKind, InstanceId, LaunchId, Result};

use super::context::FargateContext;
use super::definition::{Definition, DefinitionInputs};
use super::launch_cache::PendingLaunch;
use super::launch_secret::SecretWrite;
use super::register::RegisteredDefinition;

impl FargateContext {
    /// What was begun for `key`; begins it with `spec`, whose digest is `digest`, if nothing was.
    pub(super) async fn begin_launch(
        &self,
        key: &LaunchId,
        spec: &LaunchSpec,
        digest: &str,
    ) -> Result<PendingLaunch> {
        if let Some(begun) = self.cache.begun(key) {
            return Ok(begun);
        }
        let fresh = PendingLaunch::new(
            digest,
            self.launch_secret_value(spec).await?,
            self.clock.monotonic(),
        );
        Ok(self.cache.begin(key, fresh))
    }

    /// Sees to it that what `begun` needs is there: the secret and the definition. Says what is then known of it.
    pub(super) async fn prepare_launch(
        self: &Arc<Self>,
        key: &LaunchId,
        spec: &LaunchSpec,
        begun: PendingLaunch,
    ) -> Result<PendingLaunch> {
        if begun.definition.is_some() || begun.inherited {
            return Ok(begun);
        }
        let of = &key.instance;
        let (told, newest, access_point, uploads, ()) = futures_util::try_join!(
            self.write_launch_secret(key, &begun.secrets),
            self.newest_definition(of),
            self.access_point(of),
            self.uploads_secret(of),
            self.check_not_restoring(of),
        )?;
        let SecretWrite::Written(secret) = told else {
            let inherited = self.cache.change(key, |begun| begun.inherited = true);
            return inherited.ok_or_else(launch_stopped);
        };
        let from = DefinitionInputs {
            config: &self.config,
            outputs: &self.outputs,
            naming: &self.naming,
            region: &self.clients.region,
            access_point: &access_point,
            secret: &secret,
            uploads: uploads.as_deref(),
        };
        let definition = Definition::of(of, spec, &from)?;
        let (arn, retired) = self.ensure_definition(of, &definition, newest).await?;
        let changed = self.cache.change(key, |begun| {
            begun.definition = Some(arn);
            begun.retired = retired;
        });
        changed.ok_or_else(launch_stopped)
    }

    /// The ARN of `definition`, and that of the one it takes the place of. One that is there already is used again.
    async fn ensure_definition(
        &self,
        of: &InstanceId,
        definition: &Definition,
        newest: Option<RegisteredDefinition>,
    ) -> Result<(String, Option<String>)> {
        let digest = definition.digest()?;
        match newest {
            Some(newest) if newest.digest.as_ref() == Some(&digest) => Ok((newest.arn, None)),
            other => {
                Ok((self.register(of, definition, &digest).await?, other.map(|other| other.arn)))
            }
        }
    }

    async fn access_point(&self, of: &InstanceId) -> Result<String> {
        self.volumes.access_point_of(of).await?.ok_or_else(|| {
            Error::new(ErrorKind::Unavailable, "looking for the volume of a launch").advise(
                "The volume of this table is not there. `refractory doctor` says what is left of it.",
            )
        })
    }

    /// Refuses where the volume of `of` is half of what it was and half of a snapshot.
    async fn check_not_restoring(&self, of: &InstanceId) -> Result<()> {
        match self.snapshots.restoring(of).await? {
            Some(name) => Err(being_restored(&name)),
            None => Ok(()),
        }
    }
}

/// The data of a table is being replaced.
fn being_restored(name: &SnapshotName) -> Error {
    Error::new(ErrorKind::Unavailable, "looking at the volume of a launch")
        .about("snapshot", name.at)
        .advise(format!(
            "The snapshot of {} is being put in the place of this table's data. It starts when that is finished.",
            name.at
        ))
}

/// The launch was removed while it was prepared.
fn launch_stopped() -> Error {
    Error::new(ErrorKind::Unavailable, "preparing a launch")
        .advise("This table was stopped while it was starting.")
}
