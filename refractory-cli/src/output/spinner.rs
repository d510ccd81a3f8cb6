//! Something to look at while it takes time.
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use refractory_core::text::one_line;

use super::Out;

/// A line that shows on a terminal what is being done; nothing elsewhere. Gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Spinner(Option<ProgressBar>);

impl Spinner {
    pub(crate) fn begin(out: Out, words: impl Into<String>) -> Self {
        if !out.watched() {
            return Self(None);
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(one_line(&words.into()).into_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(Some(bar))
    }

    /// Says something else; whether anybody sees it.
    pub(crate) fn say(&self, words: &str) -> bool {
        match &self.0 {
            Some(bar) => {
                bar.set_message(one_line(words).into_owned());
                true
            }
            None => false,
        }
    }

    /// Takes the line away.
    pub(crate) fn finish(self) {
        drop(self);
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
