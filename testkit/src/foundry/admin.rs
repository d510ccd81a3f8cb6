//! `Config/admin.txt`.
use std::io;

use super::folder::{DataFolder, write_whole};
use super::hash::{DEFAULT_ADMIN_SALT, password_hash};

/// The admin password as the program knows it: a hash read at start, or none.
#[derive(Debug)]
pub(crate) struct AdminKey {
    hash: Option<String>,
    salt: String,
}

impl AdminKey {
    /// Reads the hash; where there is none, `default` becomes the password.
    pub(crate) fn read(
        folder: &DataFolder,
        salt: Option<&str>,
        default: Option<&str>,
    ) -> io::Result<Self> {
        let salt = salt.unwrap_or(DEFAULT_ADMIN_SALT).to_owned();
        let stored = std::fs::read_to_string(folder.admin()).ok();
        let mut hash = stored.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if let (None, Some(password)) = (&hash, default) {
            let made = password_hash(password.trim(), &salt);
            write_whole(&folder.admin(), made.as_bytes())?;
            hash = Some(made);
        }
        Ok(Self { hash, salt })
    }

    /// Whether a password is set at all.
    pub(crate) fn is_set(&self) -> bool {
        self.hash.is_some()
    }

    /// Whether `password` is the one that is set.
    pub(crate) fn accepts(&self, password: &str) -> bool {
        let given = || password_hash(password.trim(), &self.salt);
        self.hash.as_ref().is_some_and(|hash| *hash == given())
    }
}
