//! Taking a snapshot.
use std::collections::BTreeMap;

use refractory_core::ports::{Observed, Progress, Snapshot, SnapshotName};
use refractory_core::{Error, ErrorKind, InstanceId, Result};

use super::S3Snapshots;
use super::job_input::JobInputSigner;
use super::keys;
use super::manifest::Manifest;
use crate::storage::job::{EcsJob, JobHistory, NextAction, Script};

/// How many pieces a job may write; and how many after it has found that too few.
const PIECES: usize = 64;
const MORE_PIECES: usize = 256;
/// The exit code of a job that was given too few pieces.
const TOO_LARGE: i32 = 74;

impl S3Snapshots {
    /// Takes the snapshot `name` of the volume of `of` one step further.
    pub(super) async fn copy_step(
        &self,
        name: &SnapshotName,
        of: &InstanceId,
    ) -> Result<Observed<Snapshot>> {
        if let Some(manifest) = self.manifest(name).await? {
            return Ok(Observed::Ready(manifest.snapshot(name)));
        }
        let standing = self.storage.jobs.history(of).await?;
        if standing.working.is_empty()
            && let Some(manifest) = self.job_report(name).await?
        {
            return self.complete_snapshot(name, of, &manifest).await;
        }
        match standing.next(&keys::job_name(name), self.storage.jobs.now()) {
            NextAction::Wait => {}
            NextAction::Failed(error) => return Err(error),
            NextAction::Start(tries) => self.begin_copy(name, of, &standing, tries).await?,
        }
        Ok(Observed::Pending(Some(Progress::new("its data is copied"))))
    }

    async fn begin_copy(
        &self,
        name: &SnapshotName,
        of: &InstanceId,
        standing: &JobHistory,
        tries: usize,
    ) -> Result<()> {
        self.check_not_running(of).await?;
        let (access_point, what, jobs) =
            (self.access_point(of).await?, keys::job_name(name), &self.storage.jobs);
        let attempt = keys::fresh_attempt();
        let pieces = if standing.ended_with(&what, TOO_LARGE) { MORE_PIECES } else { PIECES };
        let signing = JobInputSigner::new(&self.bucket, &self.clients, jobs.now()).await?;
        let orders =
            signing.to_copy(&attempt, &keys::attempt(name, &attempt), pieces, self.piece).await?;
        let orders = jobs.write_input(of, orders).await?;
        let job = EcsJob {
            of,
            name: what,
            script: Script::Copy,
            access_point: &access_point,
            attempt: Some(&attempt),
            input: Some(&orders),
            tries,
        };
        jobs.start(&job).await
    }

    /// What an attempt at `name` says that has written and read back all of its pieces, where they are all there.
    async fn job_report(&self, name: &SnapshotName) -> Result<Option<Manifest>> {
        let there = self.bucket.sizes(&keys::attempts(name)).await?;
        for key in there.keys().filter(|key| key.ends_with("/report")) {
            let Some(attempt) = key
                .strip_prefix(&keys::attempts(name))
                .and_then(|rest| rest.strip_suffix("/report"))
            else {
                continue;
            };
            let report = self.bucket.read(key).await?.unwrap_or_default();
            let read = std::str::from_utf8(&report)
                .ok()
                .and_then(|text| Manifest::of_report(attempt, text));
            match read.filter(|manifest| are_there(&there, &keys::attempt(name, attempt), manifest))
            {
                Some(manifest) => return Ok(Some(manifest)),
                None => {
                    tracing::warn!(key, "a report does not fit what is stored, and is left out");
                }
            }
        }
        Ok(None)
    }

    /// Takes away what is not of the snapshot, and then lists it.
    pub(super) async fn complete_snapshot(
        &self,
        name: &SnapshotName,
        of: &InstanceId,
        manifest: &Manifest,
    ) -> Result<Observed<Snapshot>> {
        let mine = keys::attempt(name, &manifest.attempt);
        let there = self.bucket.sizes(&keys::attempts(name)).await?;
        let others: Vec<_> = there.into_keys().filter(|key| !key.starts_with(&mine)).collect();
        self.bucket.remove_all(&others).await?;
        self.storage.jobs.clean_up(of).await?;
        if let Some(bytes) = manifest.usage {
            self.storage.record_size(of, bytes).await?;
        }
        let text = serde_json::to_vec_pretty(manifest).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "writing a snapshot").caused_by(error)
        })?;
        if self.bucket.write_first(&keys::manifest(name), text).await? {
            return Ok(Observed::Ready(manifest.snapshot(name)));
        }
        // Another process was faster: its manifest counts.
        let stands = self.manifest(name).await?;
        Ok(stands
            .map_or(Observed::Pending(None), |manifest| Observed::Ready(manifest.snapshot(name))))
    }
}

/// Whether every piece is there, as large as it should be.
fn are_there(there: &BTreeMap<String, u64>, base: &str, manifest: &Manifest) -> bool {
    manifest
        .pieces
        .iter()
        .all(|piece| there.get(&format!("{base}{}", piece.name)) == Some(&piece.size))
}
