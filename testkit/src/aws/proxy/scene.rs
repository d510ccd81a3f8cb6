//! What a test says that its caller is doing.

/// A stretch of a story.
#[derive(Debug, Default)]
pub(super) struct FaultScope {
    pub(super) name: String,
    struck: bool,
}

impl FaultScope {
    /// A new one, in which nothing has gone wrong yet.
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), struck: false }
    }

    /// Whether nothing has gone wrong yet.
    pub(super) fn is_unstruck(&self) -> bool {
        !self.struck
    }

    /// Something goes wrong.
    pub(super) fn strike(&mut self) {
        self.struck = true;
    }
}
