//! What is wrong with a configuration.
use std::fmt;

use crate::{Error, ErrorKind};

/// One thing that is wrong with a configuration: all of them are told at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The key it is about: within its section as sections write it, with the section in front as the loader tells it.
    pub key: String,
    /// What is wrong and what to write instead, as a sentence.
    pub sentence: String,
}

impl Complaint {
    /// A complaint about `key`.
    pub fn about(key: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { key: key.into(), sentence: sentence.into() }
    }

    /// The same with `section` in front of the key.
    #[must_use]
    pub fn within(self, section: &str) -> Self {
        Self { key: format!("{section}.{}", self.key), sentence: self.sentence }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.key, self.sentence)
    }
}

/// Everything that is wrong with a configuration, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaints(pub Vec<Complaint>);

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, complaint) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fmt::Display::fmt(complaint, f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Complaints {}

impl From<Complaints> for Error {
    fn from(complaints: Complaints) -> Self {
        let advice = complaints.to_string();
        Self::new(ErrorKind::Invalid, "reading the configuration").advise(advice)
    }
}
