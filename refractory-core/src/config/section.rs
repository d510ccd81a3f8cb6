//! Sections of the file.
use std::fmt::Debug;

use figment::value::{Dict, Value};
use figment::{Error as FigmentError, Figment, error::Kind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Complaint;
use super::values::Values;

/// What one key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doc {
    /// The key, within its section; `a.b` for a key of a table.
    pub key: &'static str,
    /// What it is for, as one sentence.
    pub sentence: &'static str,
    /// What might be written, in TOML: shown where there is no default.
    pub example: &'static str,
    /// Whether its value must never be shown. Such a key may also be given as `key_file`, the path of a file that holds it.
    pub secret: bool,
    /// Whether its value is a path, or several: `~/` at the beginning of one means the home folder of whoever runs this.
    pub path: bool,
}

impl Doc {
    /// A key that has a default.
    pub const fn new(key: &'static str, sentence: &'static str) -> Self {
        Self { key, sentence, example: "", secret: false, path: false }
    }

    /// The same with an example, for a key that has no default.
    #[must_use]
    pub const fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    /// The same for a path, or several.
    #[must_use]
    pub const fn path(self) -> Self {
        Self { path: true, ..self }
    }

    /// The same, never to be shown.
    #[must_use]
    pub const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }
}

/// A section of `refractory.toml`: a serde struct with a name and a table of its keys.
///
/// It is written `#[serde(deny_unknown_fields, default)]`, so that every key may be left out and none misspelt.
/// Durations are [`Span`](super::Span)s, sizes [`Size`](super::Size)s, secrets `Option<`[`Secret`](crate::Secret)`>`
/// with `#[serde(skip_serializing)]`.
pub trait Section: Default + Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in the file.
    const NAME: &'static str;
    /// What it is for, as one sentence.
    const ABOUT: &'static str;
    /// Its keys, in the order in which people meet them.
    const KEYS: &'static [Doc];

    /// Everything that is wrong with the values as a whole; keys are told without the section's name.
    ///
    /// # Errors
    ///
    /// Every complaint there is.
    fn validate(&self) -> Result<(), Vec<Complaint>>;
}

/// The keys that the struct of a section has: for a test that each is in [`Section::KEYS`].
pub fn fields<S: Section>() -> &'static [&'static str] {
    let odd =
        Figment::from(Values::named("", Dict::from([("\u{0}".to_owned(), Value::from(true))])));
    let refused: Result<S, FigmentError> = odd.extract();
    match refused.map_err(|error| error.kind) {
        Err(Kind::UnknownField(_, fields)) => fields,
        _ => &[],
    }
}
