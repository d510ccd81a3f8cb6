//! Why a program is over.
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::PoisonError;

use super::marker;
use super::note::{Note, Stage};
use super::runtime::Machine;
use crate::LaunchId;

/// How much of the output is looked at.
const TAIL: u64 = 16 << 10;
/// How much of its last line is repeated.
const WORDS: usize = 200;

/// Why a program is over.
pub(super) struct End {
    /// One sentence for people.
    pub(super) reason: String,
    /// Whether it said that its port is somebody else's.
    pub(super) port_taken: bool,
}

impl Machine {
    pub(super) fn end_of(&self, note: &Note) -> End {
        let status = self.reap(&note.key);
        if note.boot != self.boot {
            let reason = "The machine was restarted while it ran.".to_owned();
            return End { reason, port_taken: false };
        }
        if note.stage == Stage::Intended {
            let reason = "Starting it was cut off before the program ran.".to_owned();
            return End { reason, port_taken: false };
        }
        let tail = self.logs.tail(&note.key.instance, note.output, TAIL).unwrap_or_default();
        let port_taken = says_port_is_taken(&tail);
        let mark = marker::text(self.dir.deployment(), &note.key);
        let groups = self.settings.control_group.as_ref();
        let starved = groups.is_some_and(|groups| groups.ran_out_of_memory(&mark));
        if starved || says_memory_ran_out(&tail) {
            let reason = "It ran out of the memory it may have. Allow the table more, or let it do with fewer modules.";
            return End { reason: reason.to_owned(), port_taken: false };
        }
        let how = status.map_or_else(|| "Foundry ended".to_owned(), told);
        let reason = match last_words(&tail) {
            _ if port_taken => format!("Another program is already using port {}.", note.port),
            Some(words) => format!("{how}. Its last output: {words}"),
            None => format!("{how} without any output."),
        };
        End { reason, port_taken }
    }

    /// The exit status of a child of ours that has ended. Takes the zombie away.
    pub(super) fn reap(&self, key: &LaunchId) -> Option<ExitStatus> {
        let mut children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        let status = children.get_mut(key)?.try_wait().ok().flatten();
        if status.is_some() {
            children.remove(key);
        }
        status
    }
}

fn told(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("Foundry ended with exit code {code}"),
        (None, Some(signal)) => format!("Foundry was ended by signal {signal}"),
        (None, None) => "Foundry ended".to_owned(),
    }
}

fn says_port_is_taken(tail: &str) -> bool {
    let tail = tail.to_ascii_lowercase();
    tail.contains("eaddrinuse") || tail.contains("address already in use")
}

/// What Node.js says, at some place before the last line.
fn says_memory_ran_out(tail: &str) -> bool {
    tail.contains("JavaScript heap out of memory")
        || tail.contains("Array buffer allocation failed")
}

/// The last line that says something, shortened.
pub(super) fn last_words(tail: &str) -> Option<String> {
    let line =
        tail.lines().rev().map(str::trim).find(|line| line.chars().any(char::is_alphanumeric))?;
    let plain: String = line.chars().filter(|c| !c.is_control()).take(WORDS).collect();
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_the_last_line_that_says_something() {
        assert_eq!(last_words("one\n\n  two \n}\n").as_deref(), Some("two"));
        assert_eq!(last_words("}\n\n"), None);
        assert_eq!(last_words(&"x".repeat(500)).unwrap().len(), WORDS);
    }

    #[test]
    fn memory_that_ran_out_is_known_by_what_node_says_of_it() {
        let heap = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n 1: 0xb7 node::Abort() [node]\n";
        assert!(says_memory_ran_out(heap));
        assert!(says_memory_ran_out(
            "RangeError: Array buffer allocation failed\n    at new ArrayBuffer"
        ));
        assert!(!says_memory_ran_out("Foundry VTT | Server started and listening on port 30000"));
    }

    #[test]
    fn both_spellings_of_a_taken_port_are_known() {
        assert!(says_port_is_taken("Error: listen EADDRINUSE: :::30000"));
        assert!(says_port_is_taken("Unable to Start Express Server / Address Already In Use"));
        assert!(!says_port_is_taken("Server started and listening on port 30000"));
    }
}
