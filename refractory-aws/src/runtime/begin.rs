//! Beginning a launch: three calls one after another, of which the last is the one that launches.
use std::sync::Arc;

use refractory_core::ports::{LaunchSpec, SnapshotName};
use refractory_core::{Error, ErrorKind, InstanceId, LaunchId, Result};

use super::definition::{Definition, Ingredients};
use super::fleet::Fleet;
use super::memory::Begun;
use super::register::Registered;
use super::tell::Told;

impl Fleet {
    /// What was begun for `key`; begins it with `spec`, whose digest is `digest`, if nothing was.
    pub(super) async fn begin(
        &self,
        key: &LaunchId,
        spec: &LaunchSpec,
        digest: &str,
    ) -> Result<Begun> {
        if let Some(begun) = self.memory.begun(key) {
            return Ok(begun);
        }
        let fresh = Begun::new(digest, self.words(spec).await?, self.clock.monotonic());
        Ok(self.memory.begin(key, fresh))
    }

    /// Sees to it that what `begun` needs is there: the secret and the definition. Says what is then known of it.
    pub(super) async fn prepare(
        self: &Arc<Self>,
        key: &LaunchId,
        spec: &LaunchSpec,
        begun: Begun,
    ) -> Result<Begun> {
        if begun.definition.is_some() || begun.inherited {
            return Ok(begun);
        }
        let of = &key.instance;
        let (told, newest, access_point, uploads, ()) = futures_util::try_join!(
            self.tell(key, &begun.told),
            self.newest_definition(of),
            self.access_point(of),
            self.uploads(of),
            self.is_whole(of),
        )?;
        let Told::Now(secret) = told else {
            let inherited = self.memory.change(key, |begun| begun.inherited = true);
            return inherited.ok_or_else(broken_off);
        };
        let from = Ingredients {
            config: &self.config,
            ground: &self.ground,
            naming: &self.naming,
            region: &self.clients.region,
            access_point: &access_point,
            secret: &secret,
            uploads: uploads.as_deref(),
        };
        let definition = Definition::of(of, spec, &from)?;
        let (arn, retired) = self.defined(of, &definition, newest).await?;
        let changed = self.memory.change(key, |begun| {
            begun.definition = Some(arn);
            begun.retired = retired;
        });
        changed.ok_or_else(broken_off)
    }

    /// The ARN of `definition`, and that of the one it takes the place of. One that is there already is used again.
    async fn defined(
        &self,
        of: &InstanceId,
        definition: &Definition,
        newest: Option<Registered>,
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
    async fn is_whole(&self, of: &InstanceId) -> Result<()> {
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

/// Somebody took the launch away while it was prepared.
fn broken_off() -> Error {
    Error::new(ErrorKind::Unavailable, "preparing a launch")
        .advise("This table was stopped while it was starting.")
}
