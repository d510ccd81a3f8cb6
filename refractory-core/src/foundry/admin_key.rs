//! `Config/admin.txt`: the administrator's password, hashed as the program hashes it.
use std::path::Path;

use hmac::Hmac;
use sha2::Sha512;

use super::options::password_salt;
use crate::blocking::blocking;
use crate::disk::{read_if_any, refused, write_whole};
use crate::{Result, Secret};

/// The salt where `options.json` sets none: used as text, although it looks like hex.
const BUILT_IN_SALT: &str = "17c4f39053ac5a50d5797c665ad1f4e6";
const ROUNDS: u32 = 1000;

/// Writes `password` into the `admin.txt` of the folder `config`, so that it is never on a command line.
///
/// The program reads the file when it starts. *Repeat*: the file is not touched when it holds the
/// same.
///
/// # Errors
///
/// `Invalid` (`options.json`, which may name the salt, cannot be read), `Forbidden`, `Exhausted`, `Unavailable`.
pub async fn write_admin_key(config: &Path, password: &Secret) -> Result<()> {
    const DURING: &str = "writing admin.txt";
    let salt = password_salt(config).await?;
    let (config, password) = (config.to_owned(), password.clone());
    blocking(DURING, move |_| {
        let hash = hash_password(&password, salt.as_deref());
        let path = config.join("admin.txt");
        let write = || match read_if_any(&path)? {
            Some(there) if there.trim_ascii() == hash.as_bytes() => Ok(()),
            Some(_) | None => {
                std::fs::create_dir_all(&config)?;
                write_whole(&path, hash.as_bytes(), 0o600)
            }
        };
        write().map_err(|error| refused(error, DURING, &path))
    })
    .await
}

/// The hash of `password` as the program stores it: lower-case hex of 64 bytes.
pub fn hash_password(password: &Secret, salt: Option<&str>) -> String {
    let mut hash = [0; 64];
    let salt = salt.unwrap_or(BUILT_IN_SALT).as_bytes();
    let password = password.expose().trim().as_bytes();
    // Fails only for a key length that HMAC never refuses.
    let derived = pbkdf2::pbkdf2::<Hmac<Sha512>>(password, salt, ROUNDS, &mut hash);
    debug_assert!(derived.is_ok());
    hex::encode(hash)
}

#[cfg(test)]
mod tests;
