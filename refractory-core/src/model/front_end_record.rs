//! What front ends remember in the deployment's store.
use crate::{Error, ErrorKind, FrontEndRecordId, Result, Timestamp};

/// One thing that a front end or an embedder's program remembers, such as which message shows an instance.
///
/// The deployment keeps it and never reads it. It has one place: no two records have the same front end, collection and key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct FrontEndRecord {
    /// Its name for ever. A record that is made again under the same key has another one.
    pub id: FrontEndRecordId,
    /// Which front end remembers it.
    pub front_end: String,
    /// Which of its collections it is in.
    pub collection: String,
    /// Its key in that collection.
    pub key: String,
    /// What is remembered.
    pub content: RecordContent,
    /// When it was last written.
    pub at: Timestamp,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

/// What a front end remembers under one key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RecordContent {
    /// What else it is found by. Any number of records may have one lookup key.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub lookup: Option<String>,
    /// The text, in a form that the front end chooses.
    pub body: String,
}

impl RecordContent {
    /// The longest body, in bytes. Every store has room for it, however its characters are written down.
    pub const MAX_BODY: usize = 64 * 1024;

    /// A text that is found by its key alone.
    pub fn new(body: impl Into<String>) -> Self {
        Self { lookup: None, body: body.into() }
    }

    /// The same, found by `lookup` as well.
    #[must_use]
    pub fn found_by(mut self, lookup: impl Into<String>) -> Self {
        self.lookup = Some(lookup.into());
        self
    }

    /// Refuses what no store keeps.
    ///
    /// # Errors
    ///
    /// `Invalid` for a lookup key that is none; `Exhausted` for a body that is too long.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(lookup) = &self.lookup {
            check_key(lookup)?;
        }
        if self.body.len() > Self::MAX_BODY {
            let error = Error::new(ErrorKind::Exhausted, "writing a record of a front end");
            return Err(error.permanent().about("bytes", self.body.len()).advise(format!(
                "This record is longer than {} bytes. Keep it in several records.",
                Self::MAX_BODY
            )));
        }
        Ok(())
    }
}

impl FrontEndRecord {
    /// A record under `key` in a collection, which is named with its front end.
    ///
    /// # Errors
    ///
    /// `Invalid` for a name or key that is none; `Exhausted` for a body that is too long.
    pub fn new(
        (front_end, collection): (&str, &str),
        key: &str,
        content: RecordContent,
        now: Timestamp,
    ) -> Result<Self> {
        check_name(front_end)?;
        check_name(collection)?;
        check_key(key)?;
        content.check()?;
        Ok(Self {
            id: FrontEndRecordId::fresh(),
            front_end: front_end.to_owned(),
            collection: collection.to_owned(),
            key: key.to_owned(),
            content,
            at: now,
            revision: 0,
        })
    }

    /// The text that is remembered.
    pub fn body(&self) -> &str {
        &self.content.body
    }
}

/// Checks the name of a front end, a collection or a duty.
///
/// # Errors
///
/// `Invalid`.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=32).contains(&name.len()) && name.chars().all(legal) {
        return Ok(());
    }
    Err(invalid(name, "a name here. Use 1 to 32 lowercase letters, digits and `-`."))
}

/// Checks the key of a record.
///
/// # Errors
///
/// `Invalid`.
pub(crate) fn check_key(key: &str) -> Result<()> {
    if (1..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(invalid(key, "a key. Use 1 to 128 ASCII characters without spaces."))
}

fn invalid(raw: &str, what: &str) -> Error {
    let shown = crate::text::excerpt(raw, 60);
    let error = Error::new(ErrorKind::Invalid, "naming a record of a front end");
    error.advise(format!("`{shown}` is not {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(place: (&str, &str), key: &str, content: RecordContent) -> Option<ErrorKind> {
        FrontEndRecord::new(place, key, content, Timestamp(0)).err().map(|error| error.kind())
    }

    #[test]
    fn a_record_has_names_a_key_and_a_text_that_every_store_keeps() {
        let (good, long) = (("discord", "dashboards-2"), "k".repeat(128));
        for key in ["80351110224678912", "discord:1/a@b~", &long] {
            assert_eq!(kind_of(good, key, RecordContent::new("").found_by(key)), None, "{key}");
        }
        let largest = RecordContent::new("x".repeat(RecordContent::MAX_BODY));
        assert_eq!(kind_of(good, "k", largest), None);
        let too_long = RecordContent::new("x".repeat(RecordContent::MAX_BODY + 1));
        assert_eq!(kind_of(good, "k", too_long), Some(ErrorKind::Exhausted));
        let names = ["", "Discord", "a/b", "a.b", &"n".repeat(33)];
        for name in names {
            for place in [(name, "dashboards"), ("discord", name)] {
                let kind = kind_of(place, "k", RecordContent::default());
                assert_eq!(kind, Some(ErrorKind::Invalid), "{place:?}");
            }
        }
        for key in ["", "a b", "a\u{1}", "ä", &"k".repeat(129)] {
            assert_eq!(kind_of(good, key, RecordContent::new("")), Some(ErrorKind::Invalid));
            let found = RecordContent::new("").found_by(key);
            assert_eq!(kind_of(good, "k", found), Some(ErrorKind::Invalid), "{key}");
        }
    }
}
