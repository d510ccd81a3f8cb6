//! The history of jobs, and the next action.
use std::time::Duration;

use refractory_core::{Error, ErrorKind, Timestamp};

/// The backoff after a failed job; it doubles with each failure.
const FIRST_WAIT: Duration = Duration::from_secs(20);
/// And never longer than this.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// One job that has ended. ECS lists it for about an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FinishedJob {
    pub(crate) name: String,
    /// What its program ended with; none where it never ran.
    pub(crate) code: Option<i32>,
    /// What ECS says about it.
    pub(crate) reason: String,
    pub(crate) at: Timestamp,
}

/// The jobs of one volume.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct JobHistory {
    /// What those do that are at work, or about to be, with their tasks.
    pub(crate) working: Vec<(String, String)>,
    /// Those that have ended.
    pub(crate) ended: Vec<FinishedJob>,
}

/// The next action for a job.
#[derive(Debug)]
pub(crate) enum NextAction {
    /// It, or another one of this volume, is at work.
    Wait,
    /// Nothing is at work: start it. So many tries have ended.
    Start(usize),
    /// It has failed, and is tried again later.
    Failed(Error),
}

impl JobHistory {
    /// Whether the job `what` has succeeded, and nothing was begun since.
    pub(crate) fn done(&self, what: &str) -> bool {
        self.working.is_empty()
            && self.ended.iter().any(|ended| ended.name == what && ended.code == Some(0))
    }

    /// Whether the job `what` has ever ended with `code`.
    pub(crate) fn ended_with(&self, what: &str, code: i32) -> bool {
        self.ended.iter().any(|ended| ended.name == what && ended.code == Some(code))
    }

    /// The next action for the job `what`, which is wanted and not done.
    pub(crate) fn next(&self, what: &str, now: Timestamp) -> NextAction {
        if !self.working.is_empty() {
            return NextAction::Wait;
        }
        let mut tries: Vec<_> = self.ended.iter().filter(|ended| ended.name == what).collect();
        tries.sort_by_key(|ended| ended.at);
        let failed = tries.iter().rev().take_while(|ended| ended.code != Some(0)).count();
        match tries.last() {
            // Their clock and ours may differ: then it is tried again sooner, and never later.
            Some(last) if failed > 0 && apart(now, last.at) < wait(failed) => {
                NextAction::Failed(failure(last))
            }
            _ => NextAction::Start(tries.len()),
        }
    }
}

fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

fn wait(failed: usize) -> Duration {
    let doubled = u32::try_from(failed.saturating_sub(1)).unwrap_or(u32::MAX).min(10);
    FIRST_WAIT.saturating_mul(1 << doubled).min(LONGEST_WAIT)
}

/// What the codes of the scripts mean.
fn failure(ended: &FinishedJob) -> Error {
    let advice = match ended.code {
        Some(75) => {
            "A program is still at work on the data of this table. Stop the table first.".to_owned()
        }
        Some(74) => {
            "The data of this table is larger than a copy may be. Remove what is not needed."
                .to_owned()
        }
        _ => format!(
            "The task that works on the data of this table failed: {}. It is tried again; its output is in the log group of this deployment.",
            ended.reason.trim_end_matches('.')
        ),
    };
    let code = ended.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
    Error::new(ErrorKind::Unavailable, "working on a volume")
        .about("errand", &ended.name)
        .about("code", code)
        .caused_by(ended.reason.clone())
        .advise(advice)
}
