//! The label of an instance in its public name.
use std::fmt;
use std::str::FromStr;

use crate::{Error, ErrorKind};

mod latin;

use latin::Latin;

/// Labels that would shadow a name the deployment needs for itself. Where instances share a host with the portal, its paths are reserved
/// besides: see [`Addressing::reserving`](crate::Addressing::reserving).
const RESERVED: [&str; 29] = [
    "about",
    "account",
    "admin",
    "api",
    "app",
    "assets",
    "auth",
    "autoconfig",
    "groups",
    "healthz",
    "licences",
    "licenses",
    "live",
    "localhost",
    "mail",
    "metrics",
    "new",
    "ns",
    "people",
    "portal",
    "readyz",
    "refractory",
    "releases",
    "setup",
    "sign-in",
    "sign-out",
    "static",
    "tables",
    "www",
];

/// Why a text cannot be a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlugError {
    /// Nothing was given.
    #[error("enter a name, such as `friday-night`")]
    Empty,
    /// A DNS label ends at 63 characters.
    #[error("`{0}` is {1} characters long; a name has at most 63")]
    TooLong(String, usize),
    /// Something else than letters, digits and hyphens.
    #[error("`{0}` contains `{1}`; use lowercase letters, digits and hyphens, such as `{2}`")]
    Illegal(String, char, String),
    /// DNS allows no hyphen at either end, and `xn--` means something else.
    #[error("`{0}` begins or ends with a hyphen, or begins with `xn--`; try `{1}`")]
    Hyphen(String, String),
    /// Nothing, or too little, in letters that a host name can be made of.
    #[error(
        "`{0}` can't be written in Latin letters; enter a name for the address, such as `friday-night`"
    )]
    NotLatin(String),
    /// The deployment needs this name.
    #[error("`{0}` is reserved; try `{0}-table`")]
    Reserved(String),
}

impl From<SlugError> for Error {
    fn from(error: SlugError) -> Self {
        let advice = error.to_string();
        Self::new(ErrorKind::Invalid, "reading a name").advise(advice)
    }
}

/// A DNS label: where players find the instance. May change, is unique while it lasts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Slug(String);

impl Slug {
    /// Checks `raw`.
    pub fn new(raw: &str) -> Result<Self, SlugError> {
        let slug = Self::label(raw)?;
        if RESERVED.contains(&raw) { Err(SlugError::Reserved(shown(raw))) } else { Ok(slug) }
    }

    /// Any label: also one that was a name before this version reserved it.
    fn label(raw: &str) -> Result<Self, SlugError> {
        let shown = || shown(raw);
        if raw.is_empty() {
            return Err(SlugError::Empty);
        }
        if let Some(bad) = raw.chars().find(|c| !legal(*c)) {
            return Err(SlugError::Illegal(shown(), bad, Self::suggest(raw)));
        }
        if raw.len() > 63 {
            return Err(SlugError::TooLong(shown(), raw.len()));
        }
        if raw.starts_with('-') || raw.ends_with('-') || raw.starts_with("xn--") {
            return Err(SlugError::Hyphen(shown(), Self::suggest(raw)));
        }
        Ok(Self(raw.to_owned()))
    }

    /// Reads a name that a person typed. Capitals and letters with marks are written as a host name can have them: `Höhlen` is
    /// `hoehlen`. Anything else that is no label is refused, with a label that would be one.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); [`SlugError::NotLatin`].
    pub fn from_name(raw: &str) -> Result<Self, SlugError> {
        let raw = raw.trim();
        let is_word = |c: char| c.is_alphanumeric() || c == '-' || is_mark(c);
        if raw.is_ascii() && !raw.bytes().any(|b| b.is_ascii_uppercase()) {
            return Self::new(raw);
        }
        let latin = Latin::of(raw);
        if latin.lost > 0 {
            return Err(SlugError::NotLatin(shown(raw)));
        }
        if !raw.chars().all(is_word) || raw.starts_with('-') || raw.ends_with('-') {
            return Self::new(raw);
        }
        Self::new(&latin.text)
    }

    /// Makes a name from a title: `curse-of-strahd` from `Curse of Strahd!`.
    ///
    /// # Errors
    ///
    /// [`SlugError::Empty`]; [`SlugError::NotLatin`] where too little of it can be part of a host name; [`SlugError::Reserved`].
    pub fn from_title(title: &str) -> Result<Self, SlugError> {
        if title.trim().is_empty() {
            return Err(SlugError::Empty);
        }
        if !Latin::of(title).is_telling() {
            return Err(SlugError::NotLatin(shown(title)));
        }
        Self::new(&Self::suggest(title))
    }

    /// The nearest legal label to what a person typed, as `curse-of-strahd` for `Curse of Strahd!`.
    pub fn suggest(raw: &str) -> String {
        let joined = Latin::of(raw).text;
        let trimmed = joined.strip_prefix("xn-").unwrap_or(&joined);
        let cut: String = trimmed.chars().take(63).collect();
        let cut = cut.trim_matches('-');
        if cut.is_empty() { "table".to_owned() } else { cut.to_owned() }
    }

    /// The label as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn shown(raw: &str) -> String {
    raw.chars().take(80).collect()
}

/// Whether `c` is a mark on the letter before it.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

fn legal(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Slug {
    type Err = SlugError;
    fn from_str(raw: &str) -> Result<Self, SlugError> {
        Self::new(raw)
    }
}

/// As it was written down. A table that has a name which was reserved since keeps it.
impl TryFrom<String> for Slug {
    type Error = SlugError;
    fn try_from(raw: String) -> Result<Self, SlugError> {
        Self::label(&raw)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

/// A full public name: a slug under the deployment's domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Hostname(String);

impl Hostname {
    /// `slug.domain`, in lower case.
    pub fn under(slug: &Slug, domain: &str) -> Self {
        Self(format!("{slug}.{}", domain.trim_matches('.').to_lowercase()))
    }

    /// The first label: the slug.
    pub fn label(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }

    /// The name as text, without a final dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
