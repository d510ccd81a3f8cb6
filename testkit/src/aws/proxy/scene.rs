//! What a test says that its caller is doing.

/// A stretch of a story.
#[derive(Debug, Default)]
pub(super) struct Scene {
    pub(super) name: String,
    struck: bool,
}

impl Scene {
    /// A new one, in which nothing has gone wrong yet.
    pub(super) fn called(name: &str) -> Self {
        Self { name: name.to_owned(), struck: false }
    }

    /// Whether nothing has gone wrong yet.
    pub(super) fn is_calm(&self) -> bool {
        !self.struck
    }

    /// Something goes wrong.
    pub(super) fn strike(&mut self) {
        self.struck = true;
    }
}
