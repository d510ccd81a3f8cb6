//! Taking a snapshot.
use std::collections::BTreeMap;

use refractory_core::ports::{Observed, Progress, Snapshot, SnapshotName};
use refractory_core::{Error, ErrorKind, InstanceId, Result};

use super::S3Snapshots;
use super::keys;
use super::manifest::Manifest;
use super::orders::Signing;
use crate::storage::errand::{Errand, Next, Script, Standing};

/// How many pieces an errand may write; and how many after it has found that too few.
const PIECES: usize = 64;
const MORE_PIECES: usize = 256;
/// What an errand ends with that was given too few pieces.
const TOO_LARGE: i32 = 74;

/// What the errand that writes `name` is found again by.
pub(super) fn what(name: &SnapshotName) -> String {
    format!("copy:{}", name.at.0)
}

impl S3Snapshots {
    /// Takes the snapshot `name` of the volume of `of` one step further.
    pub(super) async fn copied(
        &self,
        name: &SnapshotName,
        of: &InstanceId,
    ) -> Result<Observed<Snapshot>> {
        if let Some(manifest) = self.manifest(name).await? {
            return Ok(Observed::Ready(manifest.snapshot(name)));
        }
        let standing = self.storage.errands.standing(of).await?;
        if standing.working.is_empty()
            && let Some(manifest) = self.reported(name).await?
        {
            return self.completed(name, of, &manifest).await;
        }
        match standing.next(&what(name), self.storage.errands.now()) {
            Next::Wait => {}
            Next::Failed(error) => return Err(error),
            Next::Start(tries) => self.begin_copy(name, of, &standing, tries).await?,
        }
        Ok(Observed::Pending(Some(Progress::new("its data is copied"))))
    }

    async fn begin_copy(
        &self,
        name: &SnapshotName,
        of: &InstanceId,
        standing: &Standing,
        tries: usize,
    ) -> Result<()> {
        self.at_rest(of).await?;
        let (access_point, what, errands) =
            (self.access_point(of).await?, what(name), &self.storage.errands);
        let attempt = fresh_attempt();
        let pieces = if standing.met(&what, TOO_LARGE) { MORE_PIECES } else { PIECES };
        let signing = Signing::new(&self.bucket, &self.clients, errands.now()).await?;
        let orders =
            signing.to_copy(&attempt, &keys::attempt(name, &attempt), pieces, self.piece).await?;
        let orders = errands.give_orders(of, orders).await?;
        let errand = Errand {
            of,
            what,
            script: Script::Copy,
            access_point: &access_point,
            attempt: Some(&attempt),
            orders: Some(&orders),
            tries,
        };
        errands.start(&errand).await
    }

    /// What an attempt at `name` says that has written and read back all of its pieces, where they are all there.
    async fn reported(&self, name: &SnapshotName) -> Result<Option<Manifest>> {
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
    pub(super) async fn completed(
        &self,
        name: &SnapshotName,
        of: &InstanceId,
        manifest: &Manifest,
    ) -> Result<Observed<Snapshot>> {
        let mine = keys::attempt(name, &manifest.attempt);
        let there = self.bucket.sizes(&keys::attempts(name)).await?;
        let others: Vec<_> = there.into_keys().filter(|key| !key.starts_with(&mine)).collect();
        self.bucket.remove_all(&others).await?;
        self.storage.errands.tidy(of).await?;
        if let Some(bytes) = manifest.usage {
            self.storage.measured(of, bytes).await?;
        }
        let text = serde_json::to_vec_pretty(manifest).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "writing a snapshot").caused_by(error)
        })?;
        if self.bucket.write_first(&keys::manifest(name), text).await? {
            return Ok(Observed::Ready(manifest.snapshot(name)));
        }
        // Somebody else was faster: what they say stands.
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

/// A name that no other attempt has.
pub(super) fn fresh_attempt() -> String {
    InstanceId::fresh().to_string()
}
