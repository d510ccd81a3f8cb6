//! Trouble on request.
use std::time::Duration;

use super::requests::path_is;

/// Trouble with requests, until it has happened often enough.
#[derive(Debug, Clone)]
pub struct Fault {
    /// `GET`, `POST`, …; `*` for any.
    pub method: String,
    /// The path; `*` stands for one part.
    pub path: String,
    /// What happens.
    pub trouble: Trouble,
    /// How often.
    pub times: u32,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is answered with this status, and not done.
    Refused(u16),
    /// It is done, and answered with this status.
    DoneButRefused(u16),
    /// It is answered late.
    Slow(Duration),
    /// It is done, and the connection is cut before the answer.
    CutAfter,
    /// A 429 that says to wait so long.
    RateLimited(Duration),
}

/// The faults that are still to happen, and how long every answer takes.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) latency: Duration,
    pub(crate) pending: Vec<Fault>,
}

impl Faults {
    /// The trouble for a request, if there is any.
    pub(crate) fn take(&mut self, method: &str, path: &str) -> Option<Trouble> {
        let hit = |fault: &Fault| {
            (fault.method == "*" || fault.method == method) && path_is(path, &fault.path)
        };
        let at = self.pending.iter().position(hit)?;
        let fault = self.pending.get_mut(at)?;
        fault.times = fault.times.saturating_sub(1);
        let (trouble, over) = (fault.trouble, fault.times == 0);
        if over {
            self.pending.remove(at);
        }
        Some(trouble)
    }
}
