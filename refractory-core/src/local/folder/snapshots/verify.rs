//! Reading a snapshot back: to its last byte, compared with the digest in its name.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::read::read;
use super::{FolderSnapshots, GoOn, Job, Kept, pending};
use crate::blocking::blocking;
use crate::ports::{Observed, Reason, Snapshot, SnapshotName};
use crate::{ErrorKind, Result};

const DURING: &str = "verifying a copy of a volume";

/// What reading came to, until somebody asks: whether the copy is whole.
#[derive(Debug, Default)]
pub(super) struct Checked(Mutex<BTreeMap<SnapshotName, bool>>);

impl Checked {
    fn note(&self, name: &SnapshotName, whole: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), whole);
    }

    /// Returned once: the next question reads again.
    fn take(&self, name: &SnapshotName) -> Option<bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
    }
}

impl FolderSnapshots {
    /// What is known of the snapshot `name`; begins to read it where nothing is.
    pub(super) async fn verified(&self, name: &SnapshotName) -> Result<Observed<Snapshot>> {
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
            self.checked.take(name);
            return Ok(Observed::Absent);
        };
        match self.checked.take(name) {
            Some(true) => Ok(Observed::Ready(snapshot)),
            Some(false) => Ok(Observed::Broken(Reason(
                "The backup is damaged: what is stored is not what was written. Use another one."
                    .to_owned(),
            ))),
            None => {
                let (me, name) = (self.clone(), name.clone());
                self.work.begin(key, |_| async move {
                    blocking(DURING, move |wanted| me.read_back(&name, &kept, &|| wanted.check()))
                        .await
                });
                Ok(pending("reading the backup", None))
            }
        }
    }

    fn read_back(&self, name: &SnapshotName, kept: &Kept, go_on: GoOn<'_>) -> Result<()> {
        let path = self.path(&name.of, kept);
        match read(&path, go_on, &mut |_| Ok(())) {
            Ok(packed) => self.checked.note(name, packed.digest == kept.digest),
            // What cannot be made sense of is damaged; what cannot be read is not known to be.
            Err(error) if error.kind() == ErrorKind::Unexpected => self.checked.note(name, false),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
