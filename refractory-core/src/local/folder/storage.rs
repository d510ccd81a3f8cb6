//! The storage port over one folder.
use std::fs;
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Measure;
use super::discard::discard;
use super::note::Note;
use super::trash::{SLICE, Trash};
use crate::blocking::{Wanted, blocking};
use crate::disk::{private_folder, refused};
use crate::model::Waiting;
use crate::ports::{Observed, Progress, Usage, Volume, VolumeSpec, WorldStorage};
use crate::{Clock, Error, ErrorKind, InstanceId, Result, async_trait};

/// Keeps each volume as one folder, named by its instance.
///
/// A quota is kept by looking, not by the kernel: a volume that is full already is refused to
/// whoever wants to start on it. Removal moves the folder into the trash first, which is
/// all or nothing, and then empties the trash a few thousand files at a time.
#[derive(Debug, Clone)]
pub struct FolderStorage {
    root: PathBuf,
    trash: Trash,
    beside: Vec<PathBuf>,
    measure: Measure,
}

impl FolderStorage {
    /// Keeps volumes under `root`, which is on one file system with `trash`.
    pub fn new(root: PathBuf, trash: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self { root, trash: Trash::at(trash), beside: Vec::new(), measure: Measure::new(clock) }
    }

    /// The same; what `folder` keeps under the name of an instance goes when its volume goes.
    #[must_use]
    pub fn with_beside(mut self, folder: PathBuf) -> Self {
        self.beside.push(folder);
        self
    }

    /// The folder of `of`, if it is there and nothing but a folder.
    fn folder(&self, of: &InstanceId) -> Result<Option<PathBuf>> {
        let path = self.root.join(of.as_str());
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => Ok(Some(path)),
            Ok(_) => Err(no_folder(&path)),
            Err(error) if error.kind() == Io::NotFound => Ok(None),
            Err(error) => Err(refused(error, "looking at a volume", &path)),
        }
    }

    fn made(
        &self,
        of: &InstanceId,
        spec: &VolumeSpec,
        wanted: &Wanted,
    ) -> Result<Observed<Volume>> {
        let during = "making a volume";
        let path = self.root.join(of.as_str());
        wanted.check()?;
        self.folder(of)?;
        private_folder(&path).map_err(|error| refused(error, during, &path))?;
        let note = Note { quota: spec.quota };
        if Note::read(&path)? != note {
            note.write(&path)?;
        }
        let volume = self.volume(of, &path, spec.quota)?;
        match volume.usage {
            Some(usage) if usage.is_full() => Err(full(usage)),
            _ => Ok(Observed::Ready(volume)),
        }
    }

    fn volume(&self, of: &InstanceId, path: &Path, quota: Option<u64>) -> Result<Volume> {
        let bytes =
            self.measure.bytes(path).map_err(|error| refused(error, "measuring a volume", path))?;
        let usage = Some(Usage { bytes, quota });
        Ok(Volume { of: of.clone(), handle: path.display().to_string(), usage })
    }

    fn looked(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        match self.folder(of)? {
            Some(path) => {
                let quota = Note::read(&path)?.quota;
                Ok(Observed::Ready(self.volume(of, &path, quota)?))
            }
            None if self.trash.of(of)?.is_empty() => Ok(Observed::Absent),
            None => Ok(Observed::Pending(Some(Progress::waiting(Waiting::VolumeRemoval)))),
        }
    }

    fn removed(&self, of: &InstanceId, wanted: &Wanted) -> Result<Observed<Volume>> {
        wanted.check()?;
        self.folder(of)?;
        for (index, keeper) in std::iter::once(&self.root).chain(&self.beside).enumerate() {
            self.trash.throw_away(&keeper.join(of.as_str()), of, &index.to_string())?;
        }
        self.measure.forget(&self.root.join(of.as_str()));
        let mut budget = SLICE;
        for path in self.trash.of(of)? {
            wanted.check()?;
            let gone = discard(&path, &mut budget)
                .map_err(|error| refused(error, "emptying the trash", &path))?;
            if !gone {
                return Ok(Observed::Pending(Some(Progress::waiting(Waiting::VolumeRemoval))));
            }
        }
        Ok(Observed::Absent)
    }

    fn listed(&self) -> Result<Vec<InstanceId>> {
        let refuse = |error| refused(error, "listing volumes", &self.root);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(refuse)? {
            let entry = entry.map_err(refuse)?;
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| InstanceId::new(name).ok());
            if let (Some(id), true) = (id, entry.file_type().map_err(refuse)?.is_dir()) {
                found.push(id);
            }
        }
        found.sort();
        Ok(found)
    }
}

#[async_trait]
impl WorldStorage for FolderStorage {
    async fn ensure(&self, of: &InstanceId, spec: &VolumeSpec) -> Result<Observed<Volume>> {
        let (me, of, spec) = (self.clone(), of.clone(), spec.clone());
        blocking("making a volume", move |wanted| me.made(&of, &spec, wanted)).await
    }

    async fn observe(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        let (me, of) = (self.clone(), of.clone());
        blocking("looking at a volume", move |_| me.looked(&of)).await
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        let (me, of) = (self.clone(), of.clone());
        blocking("removing a volume", move |wanted| me.removed(&of, wanted)).await
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        let me = self.clone();
        blocking("listing volumes", move |_| me.listed()).await
    }
}

fn no_folder(path: &Path) -> Error {
    Error::new(ErrorKind::Forbidden, "looking at a volume").about("path", path.display()).advise(format!(
        "`{}` is a link or a file where a table's folder is expected. It was not changed. Move it away.",
        path.display()
    ))
}

pub(in crate::local) fn full(usage: Usage) -> Error {
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    Error::new(ErrorKind::Exhausted, "looking for space").permanent().advise(format!(
        "This table's data uses {} MiB, but its limit is {} MiB. Delete some files, or raise the limit.",
        mib(usage.bytes),
        mib(usage.quota.unwrap_or_default())
    ))
}
