//! Records that cannot be read.
use std::fmt::Debug;

use super::Kind;
use crate::{Code, Error, ErrorKind, Remedy};

/// A record that cannot be read: it was changed by hand, damaged, or written by a newer version.
///
/// Its id and the texts that it claims stay taken: a license whose record is damaged is nobody else's.
#[derive(Clone, PartialEq, Eq)]
pub struct DamagedRecord {
    /// What kind of record it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// The revision it is at, as far as that can be read.
    pub revision: u64,
    /// The texts that it claims.
    pub unique: Vec<String>,
    /// What is wrong, for people.
    pub reason: String,
    /// What is stored. May hold what nobody but an operator should see.
    pub text: String,
}

impl DamagedRecord {
    /// What people know it by: the text it claims that is a name, or its id.
    pub fn name(&self) -> &str {
        let named = |text: &'static str| {
            self.unique.iter().find_map(move |unique| unique.strip_prefix(text))
        };
        named("slug:").or_else(|| named("name:")).unwrap_or(&self.id)
    }
}

impl Debug for DamagedRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DamagedRecord({} {} at {})", self.kind.name(), self.id, self.revision)
    }
}

/// The error for a damaged record that was asked for.
pub fn damaged(kind: Kind, id: &str) -> Error {
    Error::new(ErrorKind::Damaged, "reading a record")
        .coded(Code::RECORD_DAMAGED)
        .about("kind", kind.name())
        .about("id", id)
        .helped_by(Remedy::ListDamagedRecords)
}
