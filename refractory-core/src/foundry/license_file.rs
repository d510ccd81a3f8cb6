//! `Config/license.json`: the key, and the signature the program adds to it.
use std::path::Path;

use serde_json::{Map, Value};

use crate::blocking::blocking;
use crate::disk::{read_if_any, refused, write_whole};
use crate::model::LicenseKey;
use crate::{Error, ErrorKind, Result, Secret};

const DURING: &str = "writing license.json";

/// Makes the `license.json` of the folder `config` hold `key`.
///
/// A file that holds this key stays as it is: its signature is what lets the program start without
/// asking the vendor. A file that holds another key, or cannot be read, is replaced: its signature
/// is worth nothing here. The program reads the file when it starts.
///
/// # Errors
///
/// `Invalid` (`key` is not a license key), `Forbidden`, `Exhausted`, `Unavailable`.
pub async fn write_license(config: &Path, key: &Secret) -> Result<()> {
    let key = LicenseKey::new(key.expose())?;
    let config = config.to_owned();
    blocking(DURING, move |_| {
        let path = config.join("license.json");
        let failed = |error| refused(error, DURING, &path);
        let there = read_if_any(&path).map_err(failed)?;
        if there.as_deref().and_then(key_of).is_some_and(|there| there == key) {
            return Ok(());
        }
        let fresh = Map::from_iter([("license".to_owned(), Value::from(key.expose()))]);
        let text = serde_json::to_vec_pretty(&fresh)
            .map_err(|error| Error::new(ErrorKind::Unexpected, DURING).caused_by(error))?;
        std::fs::create_dir_all(&config)
            .and_then(|()| write_whole(&path, &text, 0o600))
            .map_err(failed)
    })
    .await
}

/// Removes the `license.json` of the folder `config`; absent is fine. For a table that holds no
/// license any more.
///
/// # Errors
///
/// `Forbidden`, `Unavailable`.
pub async fn forget_license(config: &Path) -> Result<()> {
    const DURING: &str = "removing license.json";
    let path = config.join("license.json");
    blocking(DURING, move |_| match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(refused(error, DURING, &path))
        }
        Ok(()) | Err(_) => Ok(()),
    })
    .await
}

/// The key in the text of a `license.json`.
fn key_of(text: &[u8]) -> Option<LicenseKey> {
    let file: Value = serde_json::from_slice(text).ok()?;
    LicenseKey::new(file.get("license")?.as_str()?).ok()
}

#[cfg(test)]
mod tests;
