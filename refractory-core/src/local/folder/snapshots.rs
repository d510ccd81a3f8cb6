//! The snapshot port over one folder.
mod names;
mod pack;
mod read;
mod restore;
mod take;
#[cfg(test)]
mod tests;
mod unpack;
mod verify;

use std::fs;
use std::io::ErrorKind as Io;
use std::path::PathBuf;
use std::sync::Arc;

use super::Trash;
use crate::blocking::blocking;
use crate::disk::refused;
use crate::local::ProcessRuntime;
use crate::local::background::{Background, Far, percent};
use crate::local::keyed_mutex::KeyedMutex;
use crate::ports::{Observed, Progress, Snapshot, SnapshotName, Snapshots, Volume};
use crate::{InstanceId, Result, async_trait};
use names::Kept;
use verify::Checked;

/// Asked before every effect, and again and again in between: fails once nobody waits any more.
type GoOn<'a> = &'a dyn Fn() -> Result<()>;

/// What begins the name of an archive that is not whole yet.
const PART: &str = ".taking-";

/// Keeps each snapshot as one archive, `<instance>/<milliseconds>-<sha256>.tar.gz`.
///
/// An archive gets its name once it is whole, on disk, and has been read back: what is listed is complete, and its
/// name says what its bytes must digest to, which is checked again before anything is restored.
///
/// A volume is copied, and replaced, only while no launch works on it: of a database that is open, files copied one
/// after another make no sense. While one is live the answer is `Unavailable`; a copy that a launch came between is thrown
/// away. Restoring unpacks beside the volume, then swaps the two in one step; what was there goes through the trash.
///
/// Whoever works with it holds [`DataDir::lock`](crate::local::DataDir::lock).
#[derive(Debug, Clone)]
pub struct FolderSnapshots {
    root: PathBuf,
    volumes: PathBuf,
    trash: Trash,
    launches: Option<ProcessRuntime>,
    work: Arc<Background<(Job, SnapshotName, InstanceId), Done>>,
    checked: Arc<Checked>,
    turns: Arc<KeyedMutex>,
}

/// What is done in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Job {
    /// A volume is copied.
    Take,
    /// A copy is unpacked.
    Unpack,
    /// What was replaced is removed.
    Empty,
    /// A copy is read back.
    Verify,
}

/// How much of a volume was copied.
#[derive(Debug, Clone, Copy)]
struct Done {
    bytes: u64,
    of: u64,
}

impl FolderSnapshots {
    /// Keeps copies of the folders in `volumes` under `root`. `trash` is on one file system with `volumes`.
    pub fn new(root: PathBuf, volumes: PathBuf, trash: PathBuf) -> Self {
        Self {
            root,
            volumes,
            trash: Trash::at(trash),
            launches: None,
            work: Arc::default(),
            checked: Arc::default(),
            turns: Arc::default(),
        }
    }

    /// The same where `runtime` launches programs on the volumes.
    #[must_use]
    pub fn with_launches(mut self, runtime: ProcessRuntime) -> Self {
        self.launches = Some(runtime);
        self
    }

    /// Does `work` while no launch of `of` is live, as [`ProcessRuntime::while_idle`].
    fn while_idle<T>(
        &self,
        of: &InstanceId,
        work: impl FnOnce(Option<u32>) -> Result<T>,
    ) -> Result<T> {
        match &self.launches {
            Some(runtime) => runtime.while_idle(of, work),
            None => work(None),
        }
    }

    fn folder(&self, of: &InstanceId) -> PathBuf {
        self.root.join(of.as_str())
    }

    /// Every archive of `of`, oldest first.
    fn kept(&self, of: &InstanceId) -> Result<Vec<Kept>> {
        let folder = self.folder(of);
        let refuse = |error| refused(error, "listing the copies of a volume", &folder);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == Io::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(refuse)?,
        };
        let mut kept = Vec::new();
        for entry in entries {
            let name = entry.map_err(refuse)?.file_name();
            kept.extend(name.to_str().and_then(Kept::parse));
        }
        kept.sort();
        Ok(kept)
    }

    fn find(&self, name: &SnapshotName) -> Result<Option<Kept>> {
        Ok(self.kept(&name.of)?.into_iter().find(|kept| kept.at == name.at))
    }

    fn path(&self, of: &InstanceId, kept: &Kept) -> PathBuf {
        self.folder(of).join(kept.file_name())
    }

    fn shown(&self, of: &InstanceId, kept: &Kept) -> Result<Snapshot> {
        let path = self.path(of, kept);
        let found = fs::metadata(&path);
        let found =
            found.map_err(|error| refused(error, "looking at a copy of a volume", &path))?;
        Ok(Snapshot { name: SnapshotName { of: of.clone(), at: kept.at }, size: found.len() })
    }

    fn removed(&self, name: &SnapshotName) -> Result<Observed<Snapshot>> {
        let during = "removing a copy of a volume";
        let gone = self.turns.try_take(&name.of, || {
            let folder = self.folder(&name.of);
            let kept = self.find(name)?.map(|kept| self.path(&name.of, &kept));
            for path in kept.into_iter().chain([self.part(name)]) {
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != Io::NotFound => {
                        return Err(refused(error, during, &path));
                    }
                    Ok(()) | Err(_) => {}
                }
            }
            // It stays while there are others in it.
            let _ = fs::remove_dir(&folder);
            Ok(Observed::Absent)
        });
        gone.unwrap_or_else(|| Ok(pending("a copy is still in hand", None)))
    }
}

#[async_trait]
impl Snapshots for FolderSnapshots {
    async fn ensure(&self, name: &SnapshotName, of: &Volume) -> Result<Observed<Snapshot>> {
        self.take(name, &of.of).await
    }

    async fn restore(&self, from: &SnapshotName, into: &Volume) -> Result<Observed<Volume>> {
        self.bring_back(from, into).await
    }

    async fn verify(&self, name: &SnapshotName, request: &str) -> Result<Observed<Snapshot>> {
        self.verified(name, request).await
    }

    async fn remove(&self, name: &SnapshotName) -> Result<Observed<Snapshot>> {
        self.work.end(&(Job::Take, name.clone(), name.of.clone()));
        let (me, name) = (self.clone(), name.clone());
        blocking("removing a copy of a volume", move |_| me.removed(&name)).await
    }

    async fn list(&self, of: &InstanceId) -> Result<Vec<Snapshot>> {
        let (me, of) = (self.clone(), of.clone());
        blocking("listing the copies of a volume", move |_| {
            me.kept(&of)?.iter().map(|kept| me.shown(&of, kept)).collect()
        })
        .await
    }
}

fn pending<T>(doing: &str, far: Option<&Far<Done>>) -> Observed<T> {
    let progress = Progress::new(doing);
    Observed::Pending(Some(match far.and_then(Far::told) {
        Some(Done { bytes, of }) => progress.at(percent(bytes, of)),
        None => progress,
    }))
}
