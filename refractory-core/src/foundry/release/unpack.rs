//! Unpacking an archive, whole or not at all.
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::Limits;
use super::contents::{identify, open};
use super::entries::{Entries, Entry, Kind};
use crate::Result;
use crate::blocking::{Wanted, blocking};
use crate::disk::{check_room, make_executable, refused, sync_folder, sync_tree};
use crate::id::random_text;

/// The file in an unpacked release that is written last.
const MARKER: &str = ".unpacked-by-refractory";
/// Held by whoever unpacks beside it.
const LOCK: &str = ".unpacking.lock";
const DURING: &str = "unpacking a release";

/// How far an unpacking has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unpacking {
    /// Bytes written.
    pub done: u64,
    /// Bytes to write.
    pub total: u64,
}

/// Whether `folder` holds a release that was unpacked to its end.
pub fn is_unpacked(folder: &Path) -> bool {
    folder.join(MARKER).is_file()
}

/// Unpacks the archive at `zip` to the folder `into`, and tells `progress` about it.
///
/// *Repeat*: what is unpacked stays as it is. What an earlier crash left half done is replaced;
/// somebody else who unpacks the same is waited for. *Dropped*: it ends soon, and leaves nothing
/// under the name `into`.
///
/// # Errors
///
/// `Invalid` with the sentence of a [`Refusal`](super::Refusal); `NotFound`, `Forbidden`, `Exhausted`, `Unavailable`.
pub async fn unpack(
    zip: &Path,
    into: &Path,
    limits: Limits,
    progress: impl Fn(Unpacking) + Send + 'static,
) -> Result<()> {
    let job = Job { zip: zip.to_owned(), into: into.to_owned(), limits };
    blocking(DURING, move |wanted| job.run(&progress, wanted)).await
}

struct Job {
    zip: PathBuf,
    into: PathBuf,
    limits: Limits,
}

impl Job {
    fn run(&self, progress: &dyn Fn(Unpacking), wanted: &Wanted) -> Result<()> {
        let parent = self.into.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(|error| refused(error, DURING, parent))?;
        let _alone = lock(&parent.join(LOCK))?;
        if is_unpacked(&self.into) {
            return Ok(());
        }
        self.remove_leftovers(parent)?;
        let draft = parent.join(format!("{}{}", self.draft_prefix(), random_text(8)));
        let filled = self.fill(&draft, progress, wanted).and_then(|()| {
            fs::rename(&draft, &self.into)
                .and_then(|()| sync_folder(parent))
                .map_err(|error| refused(error, DURING, &self.into))
        });
        if filled.is_err() {
            // The first failure is the one worth telling; the next call removes what is left.
            let _ = fs::remove_dir_all(&draft);
        }
        filled
    }

    fn draft_prefix(&self) -> String {
        format!(".{}.part-", self.into.file_name().unwrap_or_default().to_string_lossy())
    }

    /// What a crash left half done. Nobody else works on it while the lock is held.
    fn remove_leftovers(&self, parent: &Path) -> Result<()> {
        let remove =
            |path: &Path| fs::remove_dir_all(path).map_err(|error| refused(error, DURING, path));
        if self.into.exists() {
            remove(&self.into)?;
        }
        let prefix = self.draft_prefix();
        let entries = fs::read_dir(parent).map_err(|error| refused(error, DURING, parent))?;
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }

    fn fill(&self, draft: &Path, progress: &dyn Fn(Unpacking), wanted: &Wanted) -> Result<()> {
        let file = File::open(&self.zip).map_err(|error| refused(error, DURING, &self.zip))?;
        let mut archive = open(io::BufReader::new(file))?;
        let entries = Entries::read(&mut archive, &self.limits)?;
        identify(&mut archive, &entries)?;
        check_room(draft.parent().unwrap_or(Path::new(".")), entries.total(), DURING)?;
        fs::create_dir(draft).map_err(|error| refused(error, DURING, draft))?;
        let total = entries.total();
        let mut done = 0;
        progress(Unpacking { done, total });
        for (name, entry) in entries.iter() {
            wanted.check()?;
            write_entry(&mut archive, draft, name, entry)?;
            done += entry.size;
            progress(Unpacking { done, total });
        }
        make_links(draft, &entries)?;
        fs::write(draft.join(MARKER), b"")
            .and_then(|()| sync_tree(draft))
            .map_err(|error| refused(error, DURING, draft))
    }
}

/// Waits until nobody else unpacks here; the lock ends with the file, and with its process.
fn lock(path: &Path) -> Result<File> {
    let open = || {
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(|error| refused(error, DURING, path))
}

fn write_entry<R: io::Read + io::Seek>(
    archive: &mut ZipArchive<R>,
    draft: &Path,
    name: &str,
    entry: &Entry,
) -> Result<()> {
    let path = draft.join(name);
    let failed = |error| refused(error, DURING, &path);
    let Kind::File { executable } = entry.kind else {
        return if entry.kind == Kind::Folder {
            fs::create_dir_all(&path).map_err(failed)
        } else {
            Ok(())
        };
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    let mut file = File::create_new(&path).map_err(failed)?;
    entry.read(archive, name, |piece| file.write_all(piece).map_err(failed))?;
    if executable { make_executable(&file).map_err(failed) } else { Ok(()) }
}

/// Links come last, so that nothing is ever written through one.
fn make_links(draft: &Path, entries: &Entries) -> Result<()> {
    for (name, entry) in entries.iter() {
        if let Kind::Link { target } = &entry.kind {
            let path = draft.join(name);
            let parent = path.parent().unwrap_or(draft);
            fs::create_dir_all(parent)
                .and_then(|()| symlink(target, &path))
                .map_err(|error| refused(error, DURING, &path))?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn symlink(target: &str, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn symlink(_: &str, path: &Path) -> io::Result<()> {
    let _ = path;
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests;
