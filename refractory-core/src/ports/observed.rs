//! What a provider says about one resource.
use std::fmt;

use crate::model::Waiting;
use crate::{InstanceId, UserId};

/// What a provider says about one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed<T> {
    /// Not there, or no longer there; may be believed.
    Absent,
    /// On its way to ready, or on its way to absent.
    Pending(Option<Progress>),
    /// Ready.
    Ready(T),
    /// There, and will never be ready.
    Broken(Reason),
}

impl<T> Observed<T> {
    /// The same with what is ready changed by `change`.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Absent => Observed::Absent,
            Self::Pending(progress) => Observed::Pending(progress),
            Self::Ready(value) => Observed::Ready(change(value)),
            Self::Broken(reason) => Observed::Broken(reason),
        }
    }
}

/// How far something has got: what is waited for, or the provider's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Progress {
    /// What is waited for, where that is known.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub waiting: Option<Waiting>,
    /// The provider's own words, as one fragment; empty where [`waiting`](Self::waiting) says all.
    #[cfg_attr(feature = "serde", serde(default))]
    pub message: String,
    /// Percent done, where it is known.
    pub percent: Option<u8>,
    /// Whether breaking it off would do damage, as with a migration.
    pub uninterruptible: bool,
    /// The instance whose license can be taken now, where this waits for one and no one plays there.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub takeover: Option<Takeover>,
}

/// An instance whose license can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Takeover {
    /// The instance that holds the license.
    pub holder: InstanceId,
    /// Its owner, who may stop it.
    pub owner: Option<UserId>,
}

impl Progress {
    /// Progress of unknown length.
    pub fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { waiting: None, message, percent: None, uninterruptible: false, takeover: None }
    }

    /// Something is waited for.
    pub fn waiting(waiting: Waiting) -> Self {
        Self { waiting: Some(waiting), ..Self::new("") }
    }

    /// The same with `percent` done.
    #[must_use]
    pub fn at(mut self, percent: u8) -> Self {
        self.percent = Some(percent.min(100));
        self
    }

    /// The same for something that must not be broken off.
    #[must_use]
    pub fn uninterruptible(mut self) -> Self {
        self.uninterruptible = true;
        self
    }
}

/// Why something is broken, as one sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(pub String);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a running program listens, as the edge and the game control reach it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Endpoint {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Foundry's route prefix, without slashes; empty for none.
    pub prefix: String,
    /// The process behind it, where there is one on this machine.
    pub pid: Option<u32>,
}

impl Endpoint {
    /// A program at the root of `host:port`.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, prefix: String::new(), pid: None }
    }

    /// The same under a route prefix.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        prefix.trim_matches('/').clone_into(&mut self.prefix);
        self
    }

    /// The same, known to be this process.
    #[must_use]
    pub fn with_pid(mut self, pid: u32) -> Self {
        self.pid = Some(pid);
        self
    }

    /// `host:port`, with brackets where the host is an IPv6 address.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The address of `path` (without its first slash) there.
    pub fn url(&self, path: &str) -> String {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        format!("http://{}{slash}{}/{path}", self.authority(), self.prefix)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url(""))
    }
}
