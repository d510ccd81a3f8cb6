//! Reading a snapshot back: to its last byte, compared with the digest in its name.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::read::read;
use super::{FolderSnapshots, GoOn, Job, Kept, pending};
use crate::blocking::blocking;
use crate::ports::{Observed, Reason, Snapshot, SnapshotName};
use crate::{ErrorKind, Result};

const DURING: &str = "verifying a copy of a volume";

/// What reading came to, until somebody asks.
#[derive(Debug, Default)]
pub(super) struct Checked(Mutex<BTreeMap<SnapshotName, Check>>);

#[derive(Debug)]
struct Check {
    request: String,
    is_whole: bool,
}

impl Checked {
    fn note(&self, name: &SnapshotName, check: Check) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), check);
    }

    /// Whether the copy is whole, as `request` found. Returned once: the next question reads again.
    fn take(&self, name: &SnapshotName, request: &str) -> Option<bool> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        taken.filter(|check| check.request == request).map(|check| check.is_whole)
    }
}

impl FolderSnapshots {
    /// What is known of the snapshot `name`; begins to read it where nothing is.
    pub(super) async fn verified(
        &self,
        name: &SnapshotName,
        request: &str,
    ) -> Result<Observed<Snapshot>> {
        let key = (Job::Verify, name.clone(), name.of.clone());
        if self.work.far(&key)?.is_some() {
            return Ok(pending("reading the backup", None));
        }
        let (me, wanted) = (self.clone(), name.clone());
        let found = blocking(DURING, move |_| {
            let kept = me.find(&wanted)?;
            kept.map(|kept| Ok((me.shown(&wanted.of, &kept)?, kept))).transpose()
        });
        let Some((snapshot, kept)) = found.await? else {
            self.checked.take(name, request);
            return Ok(Observed::Absent);
        };
        match self.checked.take(name, request) {
            Some(true) => Ok(Observed::Ready(snapshot)),
            Some(false) => Ok(Observed::Broken(Reason(
                "The backup is damaged: what is stored is not what was written. Use another one."
                    .to_owned(),
            ))),
            None => {
                let (me, name, request) = (self.clone(), name.clone(), request.to_owned());
                self.work.begin(key, |_| async move {
                    blocking(DURING, move |wanted| {
                        let is_whole = me.is_whole(&name, &kept, &|| wanted.check())?;
                        me.checked.note(&name, Check { request, is_whole });
                        Ok(())
                    })
                    .await
                });
                Ok(pending("reading the backup", None))
            }
        }
    }

    fn is_whole(&self, name: &SnapshotName, kept: &Kept, go_on: GoOn<'_>) -> Result<bool> {
        match read(&self.path(&name.of, kept), go_on, &mut |_| Ok(())) {
            Ok(packed) => Ok(packed.digest == kept.digest),
            // What cannot be made sense of is damaged; what cannot be read is not known to be.
            Err(error) if error.kind() == ErrorKind::Unexpected => Ok(false),
            Err(error) => Err(error),
        }
    }
}
