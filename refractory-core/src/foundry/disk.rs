//! Files that are whole or not there.
use std::io::{self, Write};
use std::path::Path;

use crate::id::random_text;
use crate::{Error, ErrorKind, Result};

/// What `error`, met `during` something with `path`, means to a caller.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the system has forty kinds; four mean something"
)]
pub(crate) fn trouble(during: &'static str, path: &Path, error: io::Error) -> Error {
    let shown = path.display();
    let (kind, advice) = match error.kind() {
        io::ErrorKind::NotFound => (ErrorKind::NotFound, format!("`{shown}` is not there.")),
        io::ErrorKind::PermissionDenied => (
            ErrorKind::Forbidden,
            format!("`{shown}` may not be read or written by this user. Check who owns it."),
        ),
        io::ErrorKind::ReadOnlyFilesystem => (
            ErrorKind::Forbidden,
            format!("`{shown}` lies on a read-only file system. Choose another data folder."),
        ),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            (
                ErrorKind::Exhausted,
                format!("There is no space left for `{shown}`. Free some and try again."),
            )
        }
        _ => (ErrorKind::Unavailable, format!("`{shown}` could not be read or written: {error}.")),
    };
    Error::new(kind, during).about("path", shown).advise(advice).caused_by(error)
}

/// Replaces the file `path` by one that holds `bytes`, readable by its owner only. After a crash
/// there is either the old file or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.{}", random_text(8)));
    let written = write_new(&draft, bytes).and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        // The first failure is the one worth telling.
        let _ = std::fs::remove_file(&draft);
    }
    written?;
    sync_folder(folder)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private(std::fs::OpenOptions::new().write(true).create_new(true)).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the names in `folder` as durable as what they name.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(unix)]
fn private(options: &mut std::fs::OpenOptions) -> &mut std::fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut std::fs::OpenOptions) -> &mut std::fs::OpenOptions {
    options
}

/// Reads `path`; `None` where there is no such file.
pub(crate) fn read_if_any(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Runs `work` where blocking is allowed. A dropped call is finished all the same: use it for work
/// that is short and whole.
pub(crate) async fn blocking<T: Send + 'static>(
    during: &'static str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(lost) => Err(Error::new(ErrorKind::Unexpected, during).caused_by(lost)),
    }
}

#[cfg(test)]
mod tests;
