//! Captured output, with a way to wait for a line.
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// Everything said so far.
#[derive(Debug, Default)]
pub(crate) struct CapturedOutput {
    lines: Mutex<Vec<String>>,
    changed: Notify,
}

impl CapturedOutput {
    /// Adds a text, line by line.
    pub(crate) fn add(&self, text: &str) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend(text.lines().map(ToOwned::to_owned));
        drop(lines);
        self.changed.notify_waiters();
    }

    /// All lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many lines contain `text`.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.lines().iter().filter(|line| line.contains(text)).count()
    }

    /// The line of this number, from zero, among those that contain `text`; waits until it is said.
    pub(crate) async fn nth(&self, number: usize, text: &str) -> String {
        loop {
            let changed = self.changed.notified();
            let lines = self.lines().into_iter();
            if let Some(line) = lines.filter(|line| line.contains(text)).nth(number) {
                return line;
            }
            changed.await;
        }
    }
}
