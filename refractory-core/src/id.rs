//! Names: of instances, of launches, of everything kept in the store.
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Error, ErrorKind};

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ID; use 1 to 64 lowercase letters, digits and `-`, `_`, `.`")]
pub struct IdError(String);

impl From<IdError> for Error {
    fn from(error: IdError) -> Self {
        let advice = error.to_string();
        Self::new(ErrorKind::Invalid, "reading an id").advise(advice)
    }
}

fn checked(raw: &str) -> Result<Arc<str>, IdError> {
    let legal =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if (1..=64).contains(&raw.len()) && raw.chars().all(legal) && !raw.starts_with('.') {
        Ok(raw.into())
    } else {
        Err(IdError(raw.chars().take(80).collect()))
    }
}

/// Twelve characters from the operating system's randomness: sixty bits.
fn fresh() -> Arc<str> {
    random_text(12).into()
}

/// `length` characters, of five random bits each, that cannot be mistaken for one another.
pub(crate) fn random_text(length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).unwrap_or_else(|error| unreachable!("no randomness: {error}"));
    bytes.into_iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "String", into = "String"))]
        pub struct $name(Arc<str>);

        impl $name {
            /// Reads an id that was written down earlier.
            pub fn new(raw: &str) -> Result<Self, IdError> {
                checked(raw).map(Self)
            }

            /// A new id that nothing else has.
            pub fn fresh() -> Self {
                Self(fresh())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(raw: &str) -> Result<Self, IdError> {
                Self::new(raw)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(raw: String) -> Result<Self, IdError> {
                Self::new(&raw)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }
    )* };
}

impl EventId {
    /// A new id that nothing else has, in the order of time: ids of later moments are greater, and of one moment those that this
    /// process makes later.
    pub fn ordered(at: crate::Timestamp) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let (millis, count) = (at.0.min(0xffff_ffff_ffff), MADE.fetch_add(1, Ordering::Relaxed));
        Self(format!("{millis:012x}-{count:08x}-{}", random_text(8)).into())
    }
}

ids! {
    /// Names one instance for ever, whatever it is called.
    InstanceId
    /// Names one license.
    LicenseId
    /// Names one person with an account.
    UserId
    /// Names one group of users.
    GroupId
    /// Names one stored release: the SHA-256 of its archive, in hex.
    ReleaseId
    /// Names one worker process.
    WorkerId
    /// Names one session or one-time link: the SHA-256 of its secret, in hex.
    TokenId
    /// Names one entry of the audit trail.
    EventId
    /// Names one operation.
    OperationId
    /// Names one backup.
    BackupId
    /// Names one record of a front end.
    FrontEndRecordId
    /// Names one deployment: what its data folder or its stack is called, and its store is marked with.
    DeploymentId
    /// Names one secret in the vault, as `admin-key.4fjx…`.
    SecretName
}

/// Names one launch of one instance.
///
/// A port finds a launch by its key, never by the provider's own handle: a key is known and written
/// down before the first call, so that a lost reply loses nothing. The attempt changes with each fresh
/// launch, because a provider may answer a repeated token with the launch that has ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LaunchId {
    /// Whose launch it is.
    pub instance: InstanceId,
    /// Which launch of it, counted from one.
    #[cfg_attr(feature = "serde", serde(rename = "epoch"))]
    pub attempt: u32,
}

impl fmt::Display for LaunchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.instance, self.attempt)
    }
}

impl FromStr for LaunchId {
    type Err = IdError;
    fn from_str(raw: &str) -> Result<Self, IdError> {
        let bad = || IdError(raw.chars().take(80).collect());
        let (instance, attempt) = raw.rsplit_once('.').ok_or_else(bad)?;
        Ok(Self { instance: instance.parse()?, attempt: attempt.parse().map_err(|_| bad())? })
    }
}

#[cfg(test)]
mod tests;
