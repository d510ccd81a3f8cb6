//! References that can be read after what they name is gone.
use std::fmt;

/// The id of something, and what it was called at the time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Named<I> {
    /// Its id.
    pub id: I,
    /// Its name or title at the time; empty where only the id was written down.
    pub name: String,
}

impl<I> Named<I> {
    /// `id`, called `name`.
    pub fn new(id: I, name: impl Into<String>) -> Self {
        Self { id, name: name.into() }
    }
}

/// The name, or the id where there is none.
impl<I: fmt::Display> fmt::Display for Named<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() { self.id.fmt(f) } else { f.write_str(&self.name) }
    }
}
