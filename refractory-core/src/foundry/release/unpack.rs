//! Unpacking an archive, whole or not at all.
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zip::ZipArchive;

use super::Limits;
use super::contents::identify;
use super::entries::{Entries, Entry, Kind, damaged};
use crate::foundry::disk::{blocking, sync_folder, trouble};
use crate::id::random_text;
use crate::{Error, ErrorKind, Result};

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
    let cancelled = Arc::new(AtomicBool::new(false));
    let guard = CancelOnDrop(Arc::clone(&cancelled));
    let job = Job { zip: zip.to_owned(), into: into.to_owned(), limits, cancelled };
    let done = blocking(DURING, move || job.run(&progress)).await;
    drop(guard);
    done
}

/// Tells the blocking half that nobody waits for it any more.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Job {
    zip: PathBuf,
    into: PathBuf,
    limits: Limits,
    cancelled: Arc<AtomicBool>,
}

impl Job {
    fn run(&self, progress: &dyn Fn(Unpacking)) -> Result<()> {
        let parent = self.into.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(|error| trouble(DURING, parent, error))?;
        let _alone = lock(&parent.join(LOCK))?;
        if is_unpacked(&self.into) {
            return Ok(());
        }
        self.remove_leftovers(parent)?;
        let draft = parent.join(format!("{}{}", self.draft_prefix(), random_text(8)));
        let filled = self.fill(&draft, progress).and_then(|()| {
            fs::rename(&draft, &self.into)
                .and_then(|()| sync_folder(parent))
                .map_err(|error| trouble(DURING, &self.into, error))
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
            |path: &Path| fs::remove_dir_all(path).map_err(|error| trouble(DURING, path, error));
        if self.into.exists() {
            remove(&self.into)?;
        }
        let prefix = self.draft_prefix();
        let entries = fs::read_dir(parent).map_err(|error| trouble(DURING, parent, error))?;
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }

    fn fill(&self, draft: &Path, progress: &dyn Fn(Unpacking)) -> Result<()> {
        let file = File::open(&self.zip).map_err(|error| trouble(DURING, &self.zip, error))?;
        let mut archive = ZipArchive::new(io::BufReader::new(file))
            .map_err(|error| Error::from(damaged(&error)))?;
        let entries = Entries::read(&mut archive, &self.limits)?;
        identify(&mut archive, &entries)?;
        fs::create_dir(draft).map_err(|error| trouble(DURING, draft, error))?;
        let total = entries.total();
        let mut done = 0;
        progress(Unpacking { done, total });
        for (name, entry) in entries.iter() {
            if self.cancelled.load(Ordering::Relaxed) {
                return Err(Error::new(ErrorKind::Unavailable, DURING)
                    .advise("The unpacking was broken off. It begins anew when it is needed."));
            }
            write_entry(&mut archive, draft, name, entry)?;
            done += entry.size;
            progress(Unpacking { done, total });
        }
        make_links(draft, &entries)?;
        fs::write(draft.join(MARKER), b"")
            .and_then(|()| sync_tree(draft))
            .map_err(|error| trouble(DURING, draft, error))
    }
}

/// Waits until nobody else unpacks here; the lock ends with the file, and with its process.
fn lock(path: &Path) -> Result<File> {
    let open = || {
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(|error| trouble(DURING, path, error))
}

fn write_entry<R: io::Read + io::Seek>(
    archive: &mut ZipArchive<R>,
    draft: &Path,
    name: &str,
    entry: &Entry,
) -> Result<()> {
    let path = draft.join(name);
    let failed = |error| trouble(DURING, &path, error);
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

#[cfg(unix)]
fn make_executable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &File) -> io::Result<()> {
    Ok(())
}

/// Links come last, so that nothing is ever written through one.
fn make_links(draft: &Path, entries: &Entries) -> Result<()> {
    for (name, entry) in entries.iter() {
        if let Kind::Link { target } = &entry.kind {
            let path = draft.join(name);
            let parent = path.parent().unwrap_or(draft);
            fs::create_dir_all(parent)
                .and_then(|()| symlink(target, &path))
                .map_err(|error| trouble(DURING, &path, error))?;
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

/// Makes a tree durable before its marker can be believed: one call for all files where there is one.
#[cfg(target_os = "linux")]
fn sync_tree(draft: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(draft)?)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            sync_tree(&entry.path())?;
        } else if kind.is_file() {
            File::open(entry.path())?.sync_all()?;
        }
    }
    sync_folder(folder)
}

#[cfg(test)]
mod tests;
