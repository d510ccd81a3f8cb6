//! License keys, and who holds them.
mod key_text;

use std::fmt;
use std::str::FromStr;

use super::{Acceptance, Named};
use crate::text::is_invisible;
use crate::{Error, ErrorKind, InstanceId, LicenseId, Secret, Timestamp};

/// Why a text is not a license key. Never holds the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LicenseKeyError {
    /// Too many or too few characters.
    #[error(
        "a license key has 24 letters and digits in six groups, such as `ABCD-EFGH-…`; this one has {0}"
    )]
    Length(usize),
    /// Something a key never has.
    #[error("a license key contains only the letters A to Z and digits; character {0} is neither")]
    Character(usize),
    /// Nothing that could be a key.
    #[error(
        "there is no license key in this; it should be the key alone, or Foundry's `license.json`"
    )]
    Missing,
    /// More than one key.
    #[error("there are {0} license keys in this; add them one by one")]
    Several(usize),
    /// A text that nobody types.
    #[error("this is far too long to be a license key")]
    TooLong,
}

/// More than any file that holds a key has, in bytes.
const LONGEST: usize = 64 << 10;

impl From<LicenseKeyError> for Error {
    fn from(error: LicenseKeyError) -> Self {
        let advice = error.to_string();
        Self::new(ErrorKind::Invalid, "reading a license key").advise(advice)
    }
}

/// A license key: 24 characters, kept without dashes, shown masked.
#[derive(Clone, PartialEq, Eq)]
pub struct LicenseKey(Secret);

impl LicenseKey {
    /// Reads a key as people have it: with dashes of any kind and blanks or without, in any case, with
    /// what editors and mail programs put around it, with a label or a comment, or as `license.json`.
    pub fn new(raw: &str) -> Result<Self, LicenseKeyError> {
        if raw.len() > LONGEST {
            return Err(LicenseKeyError::TooLong);
        }
        let candidates = key_text::candidates(raw);
        let mut keys: Vec<String> = candidates.iter().filter_map(|text| bare(text).ok()).collect();
        keys.sort();
        keys.dedup();
        match (keys.pop(), keys.len(), candidates.as_slice()) {
            (Some(key), 0, _) => Ok(Self(Secret::new(key))),
            (Some(_), others, _) => Err(LicenseKeyError::Several(others + 1)),
            (None, _, []) if raw.trim().is_empty() => Err(LicenseKeyError::Length(0)),
            (None, _, []) => Err(LicenseKeyError::Missing),
            (None, _, [only]) => bare(only).map(|key| Self(Secret::new(key))),
            // A key that was cut into lines.
            (None, _, lines) => bare(&lines.concat()).map(|key| Self(Secret::new(key))),
        }
    }

    /// The 24 characters: for the one place that needs them.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The key as a secret.
    pub fn into_secret(self) -> Secret {
        self.0
    }

    /// What may be shown: the first and the last group.
    pub fn masked(&self) -> String {
        let key = self.0.expose();
        format!("{}-••••-••••-••••-••••-{}", &key[..4], &key[20..])
    }
}

/// The 24 characters of a key that stands alone in `text`.
fn bare(text: &str) -> Result<String, LicenseKeyError> {
    let mut bare = String::with_capacity(24);
    // Counted as it is seen: that is how whoever typed it finds it.
    for (at, typed) in text.chars().filter(|c| !is_invisible(*c)).enumerate() {
        match key_text::folded(typed) {
            blank if key_text::separates(blank) => {}
            good @ ('A'..='Z' | '1'..='9') => bare.push(good),
            _ => return Err(LicenseKeyError::Character(at + 1)),
        }
    }
    if bare.len() == 24 { Ok(bare) } else { Err(LicenseKeyError::Length(bare.len())) }
}

impl fmt::Debug for LicenseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl FromStr for LicenseKey {
    type Err = LicenseKeyError;
    fn from_str(raw: &str) -> Result<Self, LicenseKeyError> {
        Self::new(raw)
    }
}

/// Which license an instance should run on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum LicenseChoice {
    /// Any free license.
    #[default]
    Any,
    /// This one, or wait for it.
    Only(LicenseId),
    /// None: demo (stand-in for Foundry) needs none.
    NotNeeded,
}

/// Who holds a license now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lease {
    /// Which license.
    pub license: LicenseId,
    /// The holder.
    pub holder: InstanceId,
    /// Counts the grants of this license: a smaller fence is an older grant.
    pub fence: u64,
    /// Since when.
    pub since: Timestamp,
}

/// Who gets a license next, before anybody else.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reservation {
    /// For whom it is kept.
    pub instance: InstanceId,
    /// Until when; afterwards it is anybody's.
    pub until: Timestamp,
}

/// One license: everything but the key, which lies in the vault under [`License::secret`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct License {
    /// Its name for ever.
    pub id: LicenseId,
    /// What people call it; unique.
    pub name: String,
    /// The key as it may be shown.
    pub masked: String,
    /// Distinguishes keys without holding one: a keyed digest made by the vault's owner.
    pub fingerprint: String,
    /// Who has accepted the end user license agreement for it, and when.
    pub eula: Option<Acceptance>,
    /// Who holds it now.
    pub lease: Option<Lease>,
    /// Who gets it next.
    pub reserved: Option<Reservation>,
    /// Counts the grants so far.
    pub fence: u64,
    /// When it was added.
    pub added: Timestamp,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

/// The date of the agreement that people accept.
pub const EULA_VERSION: &str = "2023-03-02";

impl License {
    /// Its id and its name.
    pub fn named(&self) -> Named<LicenseId> {
        Named::new(self.id.clone(), self.name.as_str())
    }

    /// Who accepted the agreement as it is now. An acceptance of an earlier one is none.
    pub fn acceptance(&self) -> Option<&Acceptance> {
        self.eula.as_ref().filter(|eula| eula.version == EULA_VERSION)
    }

    /// Where the key lies in the vault.
    pub fn secret(&self) -> String {
        format!("license.{}", self.id)
    }
}

#[cfg(test)]
mod tests;
