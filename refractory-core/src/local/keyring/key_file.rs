//! The one file that opens every sealed secret.
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::disk::{refused, write_once};
use crate::{Error, ErrorKind, Result};

/// How long the key is.
pub(super) const BYTES: usize = 32;

/// The key at `path`; `None` where no file is.
pub(super) fn read(path: &Path) -> Result<Option<[u8; BYTES]>> {
    let during = "reading the key file";
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(error, during, path)),
    };
    let mode = file.metadata().map_err(|error| refused(error, during, path))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(readable(path));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|_| damaged(path))?;
    let mut key = [0; BYTES];
    hex::decode_to_slice(text.trim(), &mut key).map_err(|_| damaged(path))?;
    Ok(Some(key))
}

/// Makes a key at `path`, or takes the one that another process has just made.
pub(super) fn create(path: &Path) -> Result<[u8; BYTES]> {
    let during = "making the key file";
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| refused(error, during, folder))?;
    }
    let mut key = [0; BYTES];
    getrandom::fill(&mut key)
        .map_err(|error| Error::new(ErrorKind::Unexpected, during).caused_by(error))?;
    let text = format!("{}\n", hex::encode(key));
    let made =
        write_once(path, text.as_bytes(), 0o600).map_err(|error| refused(error, during, path))?;
    if made { Ok(key) } else { read(path)?.ok_or_else(|| lost(path)) }
}

/// The key file is gone while secrets depend on it.
pub(super) fn lost(path: &Path) -> Error {
    Error::new(ErrorKind::Invalid, "reading the key file").about("path", path.display()).advise(format!(
        "The key file `{}` is missing, and stored secrets can't be decrypted without it. Restore it from your backup. Refractory doesn't create a new one, because license keys and administrator passwords would be lost.",
        path.display()
    ))
}

/// The key file opens none of the secrets.
pub(super) fn wrong(path: &Path) -> Error {
    Error::new(ErrorKind::Invalid, "reading the key file").about("path", path.display()).advise(format!(
        "The key file `{}` opens none of the secrets in the database: it is the key of another deployment. Put the right one back from your backup. Nothing was changed.",
        path.display()
    ))
}

fn readable(path: &Path) -> Error {
    Error::new(ErrorKind::Forbidden, "reading the key file").about("path", path.display()).advise(
        format!(
            "Other users of this machine can read the key file. Run `chmod 600 {}`, then try again.",
            path.display()
        ),
    )
}

fn damaged(path: &Path) -> Error {
    Error::new(ErrorKind::Invalid, "reading the key file").about("path", path.display()).advise(
        format!(
            "The key file `{}` is damaged: it should contain 64 hexadecimal digits. Restore it from your backup.",
            path.display()
        ),
    )
}
