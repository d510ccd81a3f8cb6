//! Trees unpacked from archives, made when they are first needed.
use std::fs;
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};

use super::store::ADDING;
use crate::disk::refused;
use crate::foundry::release::{Limits, Unpacking, is_unpacked, unpack};
use crate::id::random_text;
use crate::local::background::{Background, percent};
use crate::model::Waiting;
use crate::ports::{Observed, Progress};
use crate::{ReleaseId, Result};

/// What begins the name of a tree on its way out.
const LEAVING: &str = ".leaving-";

/// Unpacks archives in the background: whoever asks is told how far it is.
#[derive(Debug)]
pub(super) struct Trees {
    folder: PathBuf,
    work: Background<ReleaseId, Unpacking>,
}

impl Trees {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, work: Background::default() }
    }

    fn path(&self, id: &ReleaseId) -> PathBuf {
        self.folder.join(id.as_str())
    }

    /// The tree of `id`: `Ready`, or `Pending` while it is unpacked. A failure is told once; whoever
    /// asks again begins again.
    pub(super) fn tree(&self, id: &ReleaseId, zip: &Path) -> Result<Observed<PathBuf>> {
        let path = self.path(id);
        if let Some(far) = self.work.far(id)? {
            return Ok(Observed::Pending(Some(told(far.told()))));
        }
        if is_unpacked(&path) {
            return Ok(Observed::Ready(path));
        }
        let zip = zip.to_owned();
        let far = self.work.begin(id.clone(), |far| async move {
            unpack(&zip, &path, Limits::default(), move |done| far.tell(done)).await
        });
        Ok(Observed::Pending(Some(told(far.told()))))
    }

    /// Whether `id` is being unpacked just now.
    pub(super) fn is_at_work_on(&self, id: &ReleaseId) -> bool {
        self.work.is_at(id)
    }

    /// Removes the tree of `id`: it is out of the way at once, whatever happens after.
    pub(super) fn discard(&self, id: &ReleaseId) -> Result<()> {
        let during = "removing a release";
        let (path, leaving) =
            (self.path(id), self.folder.join(format!("{LEAVING}{}", random_text(8))));
        match fs::rename(&path, &leaving) {
            Ok(()) => {
                fs::remove_dir_all(&leaving).map_err(|error| refused(error, during, &leaving))
            }
            Err(error) if error.kind() == Io::NotFound => Ok(()),
            Err(error) => Err(refused(error, during, &path)),
        }
    }

    /// The trees there are, and what an earlier crash left of others.
    pub(super) fn found(&self) -> Result<(Vec<ReleaseId>, Vec<PathBuf>)> {
        let refuse = |error| refused(error, "looking for unpacked releases", &self.folder);
        let (mut trees, mut rests) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&self.folder).map_err(refuse)? {
            let entry = entry.map_err(refuse)?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with(LEAVING) || is_abandoned(name) {
                rests.push(entry.path());
            } else if entry.file_type().map_err(refuse)?.is_dir() {
                trees.extend(ReleaseId::new(name).ok());
            }
        }
        Ok((trees, rests))
    }
}

/// Whether it is an archive that a dead process was adding.
fn is_abandoned(name: &str) -> bool {
    let pid =
        name.strip_prefix(ADDING).and_then(|rest| rest.split_once('-')?.0.parse::<u32>().ok());
    pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists())
}

fn told(far: Option<Unpacking>) -> Progress {
    let progress = Progress::waiting(Waiting::Release);
    match far {
        Some(Unpacking { done, total }) if total > 0 => progress.at(percent(done, total)),
        _ => progress,
    }
}
