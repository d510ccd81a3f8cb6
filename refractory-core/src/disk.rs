//! Files that are there whole or not at all, and what to say when the disk refuses.
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind as Io, Write};
use std::path::{Path, PathBuf};

use crate::id::random_text;
use crate::{Error, ErrorKind};

/// What a refusal by the disk means, with what to do about it.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other refusal reads alike")]
pub(crate) fn refused(error: io::Error, during: &'static str, path: &Path) -> Error {
    let shown = path.display();
    let (kind, advice) = match error.kind() {
        Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => (
            ErrorKind::Exhausted,
            format!("The disk that holds `{shown}` is full. Free some space, then try again."),
        ),
        Io::ReadOnlyFilesystem => (
            ErrorKind::Forbidden,
            format!(
                "`{shown}` is on a read-only file system. Mount it writable, or choose another data folder."
            ),
        ),
        Io::PermissionDenied => (
            ErrorKind::Forbidden,
            format!(
                "No permission to use `{shown}`. Change its owner with `chown`, or run Refractory as its owner."
            ),
        ),
        Io::NotFound => (ErrorKind::NotFound, format!("`{shown}` doesn't exist.")),
        Io::InvalidFilename => (
            ErrorKind::Invalid,
            format!("`{shown}` is longer than this system allows. Choose a shorter path."),
        ),
        Io::NotADirectory | Io::IsADirectory => (
            ErrorKind::Invalid,
            format!(
                "`{shown}` is a folder where a file is expected, or a file where a folder is expected. Move it away."
            ),
        ),
        _ => (ErrorKind::Unavailable, format!("Can't use `{shown}`: {error}.")),
    };
    Error::new(kind, during).about("path", shown).advise(advice).caused_by(error)
}

/// What stays free when something large is written: running tables need room for their databases.
const RESERVE: u64 = 128 << 20;

/// Makes sure that `bytes` more fit on the disk that holds `folder`, before a byte of them is written.
///
/// # Errors
///
/// `Exhausted`; a disk that does not say how full it is has room.
pub(crate) fn check_room(folder: &Path, bytes: u64, during: &'static str) -> Result<(), Error> {
    match free_bytes(folder) {
        Some(free) if free < bytes.saturating_add(RESERVE) => {
            let mib = |bytes: u64| bytes.div_ceil(1 << 20);
            Err(Error::new(ErrorKind::Exhausted, during).about("path", folder.display()).advise(format!(
                "There is not enough room on the disk that holds `{}`: {} MiB are needed, with {} MiB to spare, and {} MiB are free. Free some space, then try again.",
                folder.display(),
                mib(bytes),
                mib(RESERVE),
                mib(free)
            )))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    // A file system that has no blocks, as some that are mounted over a network, cannot be full.
    (disk.f_blocks > 0).then(|| disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// Puts `bytes` at `path` in the place of whatever is there, readable as `mode` says: after a crash
/// the old content stands, or the new.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let part = written_beside(path, bytes, mode)?;
    let moved = fs::rename(&part, path);
    if moved.is_err() {
        // The first failure is the one worth telling.
        let _ = fs::remove_file(&part);
    }
    moved?;
    sync_folder(folder_of(path))
}

/// Puts `bytes` at `path`, readable as `mode` says, unless something is there already; says whether it did.
#[cfg(feature = "local")]
pub(crate) fn write_once(path: &Path, bytes: &[u8], mode: u32) -> io::Result<bool> {
    let part = written_beside(path, bytes, mode)?;
    let linked = fs::hard_link(&part, path);
    let _ = fs::remove_file(&part);
    match linked {
        Ok(()) => sync_folder(folder_of(path)).map(|()| true),
        Err(error) if error.kind() == Io::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn written_beside(path: &Path, bytes: &[u8], mode: u32) -> io::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.{}.part", random_text(8)));
    let written = write_new(&part, bytes, mode);
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.map(|()| part)
}

fn write_new(part: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = created(part, mode)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn created(part: &Path, mode: u32) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(part)?;
    // The umask may have taken bits away.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    Ok(file)
}

#[cfg(not(unix))]
fn created(part: &Path, _: u32) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(part)
}

/// Makes the folder `path` for its owner only, whatever the umask says, and takes from others what they could do in one that
/// is there. A disk that keeps a mode from being changed keeps nobody from working there.
#[cfg(feature = "local")]
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            let _ = only_owner(path, 0o700);
            return Ok(());
        }
        Ok(_) => return Err(Io::NotADirectory.into()),
        Err(error) if error.kind() != Io::NotFound => return Err(error),
        Err(_) => {}
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::create_dir(path) {
        Err(error) if error.kind() != Io::AlreadyExists => Err(error),
        Ok(()) | Err(_) => only_owner(path, 0o700),
    }
}

/// Sees to it that nobody but its owner can use what is at `path`. Follows a link: whoever names one means what it leads to.
#[cfg(feature = "local")]
pub(crate) fn only_owner(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let found = fs::metadata(path)?.permissions().mode() & 0o777;
    if found == mode { Ok(()) } else { fs::set_permissions(path, fs::Permissions::from_mode(mode)) }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// Makes the names in `folder` as durable as what they name.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

/// Makes a tree durable before its name can be believed: one call for all files where there is one.
#[cfg(target_os = "linux")]
pub(crate) fn sync_tree(draft: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(draft)?)?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn sync_tree(folder: &Path) -> io::Result<()> {
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

/// Lets everybody run `file`.
#[cfg(unix)]
pub(crate) fn make_executable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
pub(crate) fn make_executable(_: &File) -> io::Result<()> {
    Ok(())
}

/// The content of `path`, or `None` where nothing is.
pub(crate) fn read_if_any(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == Io::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
