//! Taking a snapshot: packed beside, read back, then given its name.
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::names::Kept;
use super::pack::pack;
use super::read::read;
use super::{Done, FolderSnapshots, GoOn, Job, PART, pending};
use crate::blocking::blocking;
use crate::disk::{refused, sync_folder};
use crate::local::folder::bytes_under;
use crate::ports::{Observed, Reason, Snapshot, SnapshotName};
use crate::{Error, ErrorKind, InstanceId, Result};

const DURING: &str = "copying a volume";

/// What there is to do before a snapshot is taken.
enum Before {
    There(Snapshot),
    NoVolume,
    /// Take it; so many bytes, and this was the last launch.
    Take(u64, Option<u32>),
}

impl FolderSnapshots {
    /// What there is of the snapshot `name`; begins to take it where there is nothing.
    pub(super) async fn take(
        &self,
        name: &SnapshotName,
        of: &InstanceId,
    ) -> Result<Observed<Snapshot>> {
        let key = (Job::Take, name.clone(), name.of.clone());
        if let Some(far) = self.work.far(&key)? {
            return Ok(pending("copying its data", Some(&far)));
        }
        let (me, at, volume) = (self.clone(), name.clone(), of.clone());
        match blocking(DURING, move |_| me.before(&at, &volume)).await? {
            Before::There(snapshot) => Ok(Observed::Ready(snapshot)),
            Before::NoVolume => Ok(Observed::Broken(Reason(
                "This table has no data yet, so there is nothing to back up.".to_owned(),
            ))),
            Before::Take(total, last) => {
                let (me, name, of) = (self.clone(), name.clone(), of.clone());
                let far = self.work.begin(key, |far| async move {
                    blocking(DURING, move |wanted| {
                        let tell = |bytes| far.tell(Done { bytes, of: total });
                        me.taken(&name, &of, last, &|| wanted.check(), &tell)
                    })
                    .await
                });
                Ok(pending("copying its data", Some(&far)))
            }
        }
    }

    fn before(&self, name: &SnapshotName, of: &InstanceId) -> Result<Before> {
        if let Some(kept) = self.find(name)? {
            return Ok(Before::There(self.shown(&name.of, &kept)?));
        }
        let volume = self.volumes.join(of.as_str());
        if !fs::symlink_metadata(&volume).is_ok_and(|found| found.is_dir()) {
            return Ok(Before::NoVolume);
        }
        let last = self.while_idle(of, Ok)?;
        let bytes = bytes_under(&volume).map_err(|error| refused(error, DURING, &volume))?;
        Ok(Before::Take(bytes, last))
    }

    pub(super) fn part(&self, name: &SnapshotName) -> PathBuf {
        self.folder(&name.of).join(format!("{PART}{}", name.at.0))
    }

    /// Takes the snapshot `name` of the volume of `of`, and leaves nothing of it where that fails.
    pub(super) fn taken(
        &self,
        name: &SnapshotName,
        of: &InstanceId,
        last: Option<u32>,
        go_on: GoOn<'_>,
        tell: &dyn Fn(u64),
    ) -> Result<()> {
        self.turns.take(&name.of, || {
            let taken = self.take_now(name, of, last, go_on, tell);
            if taken.is_err() {
                // The first failure is the one worth telling.
                let _ = fs::remove_file(self.part(name));
                let _ = fs::remove_dir(self.folder(&name.of));
            }
            taken
        })
    }

    /// The same as a power cut leaves it. `last` was the last launch of `of` before.
    pub(super) fn take_now(
        &self,
        name: &SnapshotName,
        of: &InstanceId,
        last: Option<u32>,
        go_on: GoOn<'_>,
        tell: &dyn Fn(u64),
    ) -> Result<()> {
        if self.find(name)?.is_some() {
            return Ok(());
        }
        go_on()?;
        let folder = self.folder(&name.of);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|error| refused(error, DURING, &folder))?;
        clear_parts(&folder)?;
        let part = self.part(name);
        let packed = pack(&self.volumes.join(of.as_str()), &part, go_on, tell)?;
        go_on()?;
        forget_cached(&part);
        if read(&part, go_on, &mut |_| Ok(()))? != packed {
            return Err(Error::new(ErrorKind::Unavailable, DURING).about("path", part.display()).advise(
                "The backup could not be verified and was discarded. Check the disk, then try again.",
            ));
        }
        let whole = Kept { at: name.at, digest: packed.digest };
        self.while_idle(of, |now| {
            if now != last {
                return Err(Error::new(ErrorKind::Unavailable, DURING).advise(
                    "The table was started during the backup, so the backup was discarded. Stop the table, then try again.",
                ));
            }
            go_on()?;
            fs::rename(&part, self.path(&name.of, &whole))
                .and_then(|()| sync_folder(&folder))
                .map_err(|error| refused(error, DURING, &part))
        })
    }
}

/// Removes what an earlier crash left half done. It is our turn, so nobody else works on any of it.
fn clear_parts(folder: &Path) -> Result<()> {
    let refuse = |error| refused(error, DURING, folder);
    for entry in fs::read_dir(folder).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        if entry.file_name().to_string_lossy().starts_with(PART) {
            fs::remove_file(entry.path()).map_err(refuse)?;
        }
    }
    Ok(())
}

/// What is read back should come from the disk. Where the kernel does not take the hint, it is checked all the same.
fn forget_cached(part: &Path) {
    #[cfg(target_os = "linux")]
    if let Ok(file) = File::open(part) {
        let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = part;
}
