//! The one error that crosses every boundary of this crate.
mod code;
mod sentences;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

pub use self::code::{Cause, Code, Remedy};

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as far as a caller can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The named thing does not exist.
    NotFound,
    /// It exists already, or somebody else changed it first.
    Conflict,
    /// What the caller read was changed since: nothing was written. Read it again.
    Outdated,
    /// The request can never succeed as written.
    Invalid,
    /// The caller may not do this, or a person has to allow it first.
    Forbidden,
    /// A limit was reached: licenses, quota, capacity, space.
    Exhausted,
    /// The provider does not answer, or asks to slow down.
    Unavailable,
    /// This implementation does not offer it.
    Unsupported,
    /// A stored record cannot be read: it was changed by hand, or damaged.
    Damaged,
    /// None of the above: a defect, ours or the provider's.
    Unexpected,
}

impl ErrorKind {
    /// Whether the same call may succeed later with nothing else changed.
    fn is_transient(self) -> bool {
        matches!(self, Self::Unavailable | Self::Conflict | Self::Exhausted)
    }

    fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Outdated => "outdated",
            Self::Invalid => "invalid",
            Self::Forbidden => "forbidden",
            Self::Exhausted => "exhausted",
            Self::Unavailable => "unavailable",
            Self::Unsupported => "unsupported",
            Self::Damaged => "damaged",
            Self::Unexpected => "unexpected",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

struct Inner {
    kind: ErrorKind,
    code: Code,
    remedy: Option<Remedy>,
    transient: bool,
    retry_after: Option<Duration>,
    during: Cow<'static, str>,
    advice: Option<Cow<'static, str>>,
    context: Vec<(&'static str, String)>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// An error from a port, the store or the service.
///
/// Callers match on [`kind`](Self::kind) and [`is_transient`](Self::is_transient), nothing else.
/// `Display` is one line without the source; `Debug` is a report with the whole chain; a person
/// is shown [`for_people`](Self::for_people).
pub struct Error(Box<Inner>);

impl Error {
    /// An error of `kind` met `during` some operation (a lower-case fragment, as `reading options.json`).
    pub fn new(kind: ErrorKind, during: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            code: Code::of(kind),
            remedy: None,
            transient: kind.is_transient(),
            retry_after: None,
            during: during.into(),
            advice: None,
            context: Vec::new(),
            source: None,
        }))
    }

    /// Says what went wrong more exactly than the kind does. The sentence follows from the code, unless the error has
    /// [advice](Self::advise).
    #[must_use]
    pub fn coded(mut self, code: Code) -> Self {
        self.0.code = code;
        self
    }

    /// Says what helps. Front ends say it in their own way after the sentence.
    #[must_use]
    pub fn helped_by(mut self, remedy: Remedy) -> Self {
        self.0.remedy = Some(remedy);
        self
    }

    /// Attaches the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds one fact, for the log and for the sentence. Never a secret.
    #[must_use]
    pub fn about(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    /// The sentence a person is shown: what is wrong and what to do next, without internals.
    #[must_use]
    pub fn advise(mut self, sentence: impl Into<Cow<'static, str>>) -> Self {
        self.0.advice = Some(sentence.into());
        self
    }

    /// Says how long the provider asked us to wait; makes the error transient.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.transient = true;
        self.0.retry_after = Some(wait);
        self
    }

    /// Says that trying again cannot help, whatever the kind suggests.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.0.transient = false;
        self.0.retry_after = None;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, as a stable code: the kind's where nothing more exact is known.
    pub fn code(&self) -> &Code {
        &self.0.code
    }

    /// What helps, if anything in particular does.
    pub fn remedy(&self) -> Option<Remedy> {
        self.0.remedy
    }

    /// The fact under `key`.
    pub fn fact(&self, key: &str) -> Option<&str> {
        self.0.context.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
    }

    /// Every fact by its key.
    pub fn facts(&self) -> BTreeMap<String, String> {
        let pairs = self.0.context.iter();
        pairs.map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }

    /// Whether another writer was faster: the record was written or removed since it was read.
    pub(crate) fn is_lost_race(&self) -> bool {
        matches!(self.kind(), ErrorKind::Conflict | ErrorKind::NotFound)
    }

    /// A conflict as `said` explains it, for good: what is taken stays taken. Every other error as it is.
    pub(crate) fn if_taken(self, during: &'static str, said: impl FnOnce(Self) -> Self) -> Self {
        if self.kind() != ErrorKind::Conflict {
            return self;
        }
        said(Self::new(ErrorKind::Conflict, during).permanent()).caused_by(self)
    }

    /// Whether the same call may succeed later with nothing else changed.
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }

    /// How long the provider asked us to wait, if it did.
    pub fn wait_hint(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// One sentence in English, safe in a browser or in a chat.
    pub fn for_people(&self) -> Cow<'_, str> {
        self.own_sentence().unwrap_or(Cow::Borrowed(sentences::of_kind(self.0.kind)))
    }
}

/// What was written; `None` where another writer was faster.
pub(crate) fn unless_raced<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(written) => Ok(Some(written)),
        Err(error) if error.is_lost_race() => Ok(None),
        Err(error) => Err(error),
    }
}

impl sentences::Facts for Error {
    fn fact(&self, key: &str) -> Option<&str> {
        Error::fact(self, key)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} while {}", self.0.kind, self.0.during)?;
        for (key, value) in &self.0.context {
            write!(f, ", {key} `{value}`")?;
        }
        Ok(())
    }
}

impl Error {
    /// The sentence for people, where there is one of this very error and not only of its kind.
    fn own_sentence(&self) -> Option<Cow<'_, str>> {
        match &self.0.advice {
            Some(sentence) => Some(Cow::Borrowed(sentence)),
            None => sentences::sentence(&self.0.code, self).map(Cow::Owned),
        }
    }
}

/// What a program shows that ends with this error: what failed, why, and what to do about it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, "\n  because {error}")?;
            cause = error.source();
        }
        if let Some(sentence) = self.own_sentence() {
            write!(f, "\n  {sentence}")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests;
