//! `Config/license.json` and what it is worth on this machine.
use std::io;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::folder::{DataFolder, write_whole};

/// What the program makes of its license.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LicenseState {
    /// No key, or one that is no key.
    NoKey,
    /// A key that no one has accepted the EULA with.
    Unsigned,
    /// A signature that is wrong, or made for another host.
    Rejected,
    /// Signed for this host.
    Signed,
}

/// The stored license.
#[derive(Debug, Clone, Default)]
pub(crate) struct License(Map<String, Value>);

impl License {
    /// Reads the file; anything that is not an object counts as none.
    pub(crate) fn read(folder: &DataFolder) -> Self {
        let text = std::fs::read(folder.license()).unwrap_or_default();
        Self(serde_json::from_slice(&text).unwrap_or_default())
    }

    /// The key without dashes.
    pub(crate) fn key(&self) -> Option<String> {
        self.text("license").and_then(plain_key)
    }

    /// Whether the program may run on `host`.
    pub(crate) fn state(&self, host: &str) -> LicenseState {
        let Some(key) = self.key() else { return LicenseState::NoKey };
        let Some(signature) = self.text("signature") else { return LicenseState::Unsigned };
        let genuine = self.text("host") == Some(host) && signature == signature_of(&key, host);
        if genuine { LicenseState::Signed } else { LicenseState::Rejected }
    }

    /// Stores `key` in place of whatever was there.
    pub(crate) fn enter(&mut self, key: String, folder: &DataFolder) -> io::Result<()> {
        self.0 = Map::from_iter([("license".into(), key.into())]);
        self.write(folder)
    }

    /// Adds a signature and its companions; other fields stay.
    pub(crate) fn sign(
        &mut self,
        signed: Map<String, Value>,
        folder: &DataFolder,
    ) -> io::Result<()> {
        self.0.extend(signed);
        self.write(folder)
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(Value::as_str)
    }

    fn write(&self, folder: &DataFolder) -> io::Result<()> {
        write_whole(&folder.license(), &serde_json::to_vec_pretty(&self.0)?)
    }
}

/// `typed` as the 24 characters the file holds, if it is six groups of four from `A-Z1-9`.
pub fn plain_key(typed: &str) -> Option<String> {
    let key: String = typed.trim().chars().filter(|c| *c != '-').collect();
    let fits = |c: char| c.is_ascii_uppercase() || matches!(c, '1'..='9');
    (key.chars().count() == 24 && key.chars().all(fits)).then_some(key)
}

/// The signature the fake site gives a `key` (24 characters) on `host`. Not the vendor's, and a
/// secret to no one: it lets the stand-in tell a genuine file from a forged one without asking.
pub fn signature_of(key: &str, host: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(b"testkit: the fake site's signing key")
    else {
        return String::new();
    };
    mac.update(format!("{key}\n{host}").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// The name the license is bound to: what `hostname` prints.
pub fn machine_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
