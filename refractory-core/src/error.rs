//! The one error that crosses every boundary of this crate.
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

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
            transient: kind.is_transient(),
            retry_after: None,
            during: during.into(),
            advice: None,
            context: Vec::new(),
            source: None,
        }))
    }

    /// Attaches the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds one fact for the log. Never a secret.
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

    /// Whether the same call may succeed later with nothing else changed.
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }

    /// How long the provider asked us to wait, if it did.
    pub fn wait_hint(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// One sentence, safe in a browser or in a chat.
    pub fn for_people(&self) -> Cow<'_, str> {
        match &self.0.advice {
            Some(sentence) => Cow::Borrowed(sentence),
            None => Cow::Borrowed(default_advice(self.0.kind)),
        }
    }
}

fn default_advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "It doesn't exist, or no longer exists.",
        ErrorKind::Conflict => {
            "It was changed at the same time by someone else. Reload and try again."
        }
        ErrorKind::Invalid => "The request is invalid. Check it and try again.",
        ErrorKind::Forbidden => "You don't have permission to do this. Ask an administrator.",
        ErrorKind::Exhausted => {
            "A limit was reached. Free some resources, or ask an administrator."
        }
        ErrorKind::Unavailable => "A required service isn't responding. Try again in a moment.",
        ErrorKind::Unsupported => "This installation doesn't support this.",
        ErrorKind::Damaged => {
            "A record is damaged. Run `refractory record list` to see what to do."
        }
        ErrorKind::Unexpected => "Something went wrong in Refractory. See the log for details.",
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

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, "\n  because {error}")?;
            cause = error.source();
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
