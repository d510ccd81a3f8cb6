//! What errands have done, and what is to be done next.
use std::time::Duration;

use refractory_core::{Error, ErrorKind, Timestamp};

/// How long a failed errand is left alone: then twice as long, and so on.
const FIRST_WAIT: Duration = Duration::from_secs(20);
/// And never longer than this.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// One errand that has ended. ECS tells of it for about an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) what: String,
    /// What its program ended with; none where it never ran.
    pub(crate) code: Option<i32>,
    /// What ECS says about it.
    pub(crate) reason: String,
    pub(crate) at: Timestamp,
}

/// The errands of one volume.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    /// What those do that are at work, or about to be, with their tasks.
    pub(crate) working: Vec<(String, String)>,
    /// Those that have ended.
    pub(crate) ended: Vec<Ended>,
}

/// What is to be done about an errand.
#[derive(Debug)]
pub(crate) enum Next {
    /// It, or another one of this volume, is at work.
    Wait,
    /// Nothing is at work: start it. So many tries have ended.
    Start(usize),
    /// It has failed, and is tried again later.
    Failed(Error),
}

impl Standing {
    /// Whether the errand `what` has been done, and nothing has been begun since.
    pub(crate) fn done(&self, what: &str) -> bool {
        self.working.is_empty()
            && self.ended.iter().any(|ended| ended.what == what && ended.code == Some(0))
    }

    /// Whether the errand `what` has ever ended with `code`.
    pub(crate) fn met(&self, what: &str, code: i32) -> bool {
        self.ended.iter().any(|ended| ended.what == what && ended.code == Some(code))
    }

    /// What is to be done about the errand `what`, which is wanted and not done.
    pub(crate) fn next(&self, what: &str, now: Timestamp) -> Next {
        if !self.working.is_empty() {
            return Next::Wait;
        }
        let mut tries: Vec<_> = self.ended.iter().filter(|ended| ended.what == what).collect();
        tries.sort_by_key(|ended| ended.at);
        let failed = tries.iter().rev().take_while(|ended| ended.code != Some(0)).count();
        match tries.last() {
            // Their clock and ours may differ: then it is tried again sooner, and never later.
            Some(last) if failed > 0 && apart(now, last.at) < wait(failed) => {
                Next::Failed(failure(last))
            }
            _ => Next::Start(tries.len()),
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
fn failure(ended: &Ended) -> Error {
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
        .about("errand", &ended.what)
        .about("code", code)
        .caused_by(ended.reason.clone())
        .advise(advice)
}
