//! Restoring a snapshot: unpacked beside, then swapped with the volume in one step.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::names::Kept;
use super::unpack::{Source, unpack};
use super::{Done, FolderSnapshots, GoOn, Job, pending};
use crate::blocking::blocking;
use crate::disk::{refused, sync_folder};
use crate::local::folder::{Note, bytes_under};
use crate::ports::{Observed, SnapshotName, Usage, Volume};
use crate::{Error, ErrorKind, InstanceId, Result};

const DURING: &str = "restoring a volume";
/// What a copy that is not unpacked yet is called in the trash, where whatever a crash leaves is rubbish.
const UNPACKING: &str = "unpacking";
/// What one that is unpacked is called there until it is swapped.
const UNPACKED: &str = "unpacked";
/// What a volume that was replaced is called there.
const REPLACED: &str = "replaced";

/// What there is to do before a snapshot is restored.
enum Before {
    Unpacked,
    /// Unpack this; the archive has so many bytes.
    Unpack(Kept, u64),
}

impl FolderSnapshots {
    /// Puts the data of `from` in the place of what `into` holds. The swap is done by the call that answers `Ready`.
    pub(super) async fn bring_back(
        &self,
        from: &SnapshotName,
        into: &Volume,
    ) -> Result<Observed<Volume>> {
        let key = (Job::Unpack, from.clone(), into.of.clone());
        if let Some(far) = self.work.far(&key)? {
            return Ok(pending("unpacking the copy", Some(&far)));
        }
        let (me, name, of) = (self.clone(), from.clone(), into.of.clone());
        match blocking(DURING, move |_| me.before_restoring(&name, &of)).await? {
            Before::Unpack(kept, total) => {
                let (me, name, of) = (self.clone(), from.clone(), into.of.clone());
                let far = self.work.begin(key, |far| async move {
                    blocking(DURING, move |wanted| {
                        let tell = |bytes| far.tell(Done { bytes, of: total });
                        me.unpacked(&name, &kept, &of, &|| wanted.check(), &tell)
                    })
                    .await
                });
                Ok(pending("unpacking the copy", Some(&far)))
            }
            Before::Unpacked => {
                let (me, name, of) = (self.clone(), from.clone(), into.of.clone());
                let swapped =
                    blocking(DURING, move |wanted| me.swapped(&name, &of, &|| wanted.check()))
                        .await?;
                self.empty(from, &into.of);
                Ok(swapped)
            }
        }
    }

    fn before_restoring(&self, from: &SnapshotName, of: &InstanceId) -> Result<Before> {
        let kept = self.find(from)?.ok_or_else(|| not_there(from))?;
        self.volume(of)?;
        self.while_idle(of, |_| Ok(()))?;
        if self.tree(from, &kept, of).is_dir() {
            return Ok(Before::Unpacked);
        }
        let size = self.shown(&from.of, &kept)?.size;
        Ok(Before::Unpack(kept, size))
    }

    /// The folder that is replaced. Where it is not there, somebody removed it: nothing brings it back by the way.
    fn volume(&self, of: &InstanceId) -> Result<PathBuf> {
        let path = self.volumes.join(of.as_str());
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => Ok(path),
            Ok(_) | Err(_) => {
                Err(Error::new(ErrorKind::Unavailable, DURING).about("path", path.display()).advise(
                    "There is no folder to restore into. Start and stop the table once, then restore again.",
                ))
            }
        }
    }

    /// Where `kept` lies once it is unpacked for `of`.
    fn tree(&self, from: &SnapshotName, kept: &Kept, of: &InstanceId) -> PathBuf {
        let digest = &kept.digest[..16];
        self.trash.named(of, &format!("{UNPACKED}-{}-{}-{digest}", from.of, kept.at.0))
    }

    /// Unpacks `kept` for `of`, and leaves nothing of it where that fails.
    fn unpacked(
        &self,
        from: &SnapshotName,
        kept: &Kept,
        of: &InstanceId,
        go_on: GoOn<'_>,
        tell: &dyn Fn(u64),
    ) -> Result<()> {
        self.turns.take(of, || {
            let unpacked = self.unpack_now(from, kept, of, go_on, tell);
            if unpacked.is_err() {
                // The first failure is the one worth telling; what is left is in the trash.
                let _ = self.trash.empty_of(of, UNPACKING, &|| Ok(()));
            }
            unpacked
        })
    }

    /// The same as a power cut leaves it.
    pub(super) fn unpack_now(
        &self,
        from: &SnapshotName,
        kept: &Kept,
        of: &InstanceId,
        go_on: GoOn<'_>,
        tell: &dyn Fn(u64),
    ) -> Result<()> {
        for left in [UNPACKING, UNPACKED, REPLACED] {
            self.trash.empty_of(of, left, go_on)?;
        }
        let quota = Note::read(&self.volume(of)?)?.quota;
        let draft = self.trash.fresh(of, UNPACKING);
        let archive = self.path(&from.of, kept);
        let source = Source { path: &archive, digest: &kept.digest };
        unpack(source, &draft, quota, go_on, tell)?;
        go_on()?;
        let tree = self.tree(from, kept, of);
        fs::rename(&draft, &tree).map_err(|error| refused(error, DURING, &draft))
    }

    /// Swaps the unpacked tree of `from` with the volume of `of`.
    pub(super) fn swapped(
        &self,
        from: &SnapshotName,
        of: &InstanceId,
        go_on: GoOn<'_>,
    ) -> Result<Observed<Volume>> {
        let kept = self.find(from)?.ok_or_else(|| not_there(from))?;
        let tree = self.tree(from, &kept, of);
        let volume = self.volume(of)?;
        let swapped = self.turns.try_take(of, || {
            self.while_idle(of, |_| {
                go_on()?;
                // From here on it is rubbish to whoever comes after a crash, on whichever side of the swap that is.
                let replaced = self.trash.fresh(of, REPLACED);
                let refuse = |error| refused(error, DURING, &volume);
                fs::rename(&tree, &replaced).map_err(refuse)?;
                go_on()?;
                let note = Note::read(&volume)?;
                note.write(&replaced)?;
                go_on()?;
                exchange(&replaced, &volume).map_err(refuse)?;
                sync_folder(&self.volumes).map_err(refuse)?;
                Ok(note.quota)
            })
        });
        let Some(quota) = swapped.transpose()? else {
            return Ok(pending("its data is in use", None));
        };
        let bytes = bytes_under(&volume).map_err(|error| refused(error, DURING, &volume))?;
        let handle = volume.display().to_string();
        Ok(Observed::Ready(Volume { of: of.clone(), handle, usage: Some(Usage { bytes, quota }) }))
    }

    /// Removes what was replaced, in the background; what is left of it goes with the next restore, or with the volume.
    fn empty(&self, from: &SnapshotName, of: &InstanceId) {
        let (me, of) = (self.clone(), of.clone());
        self.work.begin((Job::Empty, from.clone(), of.clone()), |_| async move {
            blocking("emptying the trash", move |wanted| {
                me.turns.take(&of, || me.trash.empty_of(&of, REPLACED, &|| wanted.check()))
            })
            .await
        });
    }
}

/// Swaps two folders in one step, where the file system can; else in two, of which the first is taken back when the second fails.
fn exchange(fresh: &Path, old: &Path) -> io::Result<()> {
    match renameat_with(CWD, fresh, CWD, old, RenameFlags::EXCHANGE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => in_two_steps(fresh, old),
        swapped => Ok(swapped?),
    }
}

pub(super) fn in_two_steps(fresh: &Path, old: &Path) -> io::Result<()> {
    let mut aside = fresh.as_os_str().to_owned();
    aside.push("-aside");
    let aside = PathBuf::from(aside);
    fs::rename(old, &aside)?;
    let put = fs::rename(fresh, old);
    if put.is_err() {
        fs::rename(&aside, old)?;
    }
    put
}

fn not_there(from: &SnapshotName) -> Error {
    Error::new(ErrorKind::NotFound, DURING)
        .about("of", &from.of)
        .about("at", from.at)
        .advise("There is no such backup. List the table's backups and choose one of them.")
}
