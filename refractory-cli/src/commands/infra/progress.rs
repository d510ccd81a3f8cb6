//! Reports what happens to a stack: in place on a terminal, line by line elsewhere.
use std::collections::BTreeSet;

use refractory_aws::infra::{ResourceProgress, ResourceState};

use crate::output::{Out, Spinner};

/// Reports what happens to a stack.
pub(super) struct StackReporter {
    out: Out,
    spinner: Spinner,
    done: BTreeSet<String>,
}

impl StackReporter {
    pub(super) fn begin(out: Out, words: &str) -> Self {
        Self { out, spinner: Spinner::begin(out, words.to_owned()), done: BTreeSet::new() }
    }

    pub(super) fn report(&mut self, progress: &ResourceProgress) {
        if progress.state == ResourceState::Done {
            self.done.insert(progress.name.clone());
        }
        let words = words(progress);
        let seen = self.spinner.say(&format!("{} done; {words}", self.done.len()));
        // What failed, and what is kept, must be there to read afterwards.
        let lasts = matches!(progress.state, ResourceState::Failed | ResourceState::Kept);
        if lasts || (!seen && progress.state == ResourceState::Done) {
            self.out.note(&words);
        }
    }
}

fn words(progress: &ResourceProgress) -> String {
    let status = progress.status.to_lowercase().replace('_', " ");
    match &progress.reason {
        Some(reason) if progress.state == ResourceState::Failed => {
            format!("{}: {status}: {reason}", progress.name)
        }
        _ => format!("{}: {status}", progress.name),
    }
}
