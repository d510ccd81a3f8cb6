//! What the bot asked for.
use serde_json::Value;

/// A request of the bot, and how it was answered.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path without `/api/v10` and without a query.
    pub path: String,
    /// The query.
    pub query: String,
    /// The JSON body; null where there was none.
    pub body: Value,
    /// The status it was answered with.
    pub status: u16,
    /// Discord's code, where it was refused.
    pub code: Option<u64>,
    /// When, in milliseconds of the stand-in's clock.
    pub at: u64,
}

impl RecordedRequest {
    /// Whether it asked `method` of a path like `pattern`, where `*` stands for one part.
    pub fn is(&self, method: &str, pattern: &str) -> bool {
        self.method == method && path_is(&self.path, pattern)
    }
}

/// Whether `path` is like `pattern`, where `*` stands for one part.
pub(crate) fn path_is(path: &str, pattern: &str) -> bool {
    let (mut parts, mut wanted) = (path.split('/'), pattern.split('/'));
    loop {
        match (parts.next(), wanted.next()) {
            (None, None) => return true,
            (Some(part), Some(want)) if want == "*" || want == part => {}
            _ => return false,
        }
    }
}
