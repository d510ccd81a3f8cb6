//! Standard output: tables for people, JSON for programs.
use std::io::{self, ErrorKind, IsTerminal, Write};

use anyhow::Result;
use refractory_core::text::{colored, escaped, json_escaped, one_line, plain};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;

use super::columns::columns;

/// Standard output, and how it is to be spoken to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Out {
    json: bool,
}

impl Out {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read along.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Whether a person sees standard error as it is written.
    pub(crate) fn watched(self) -> bool {
        !self.json && io::stderr().is_terminal()
    }

    /// Says `text` to people, `value` to programs.
    pub(crate) fn say(self, text: &str, value: &impl Serialize) -> Result<()> {
        if self.json { Self::value(value) } else { Self::line(text) }
    }

    /// A table for people, a list for programs; `nothing` is said to people where there is nothing.
    pub(crate) fn list<T: Serialize>(
        self,
        heads: &[&str],
        rows: &[(T, Vec<String>)],
        nothing: &str,
    ) -> Result<()> {
        if self.json {
            return Self::value(&rows.iter().map(|(value, _)| value).collect::<Vec<_>>());
        }
        if rows.is_empty() {
            return Self::line(nothing);
        }
        Self::table(heads, rows.iter().map(|(_, cells)| cells.clone()))
    }

    /// A table for people.
    pub(crate) fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<()> {
        let head = heads.iter().map(|head| head.to_uppercase()).collect::<Vec<_>>();
        let head = Some(head).filter(|head| !head.is_empty());
        let rows = head.into_iter().chain(rows.map(on_one_line));
        for line in columns(&rows.collect::<Vec<_>>()) {
            Self::line(&line)?;
        }
        Ok(())
    }

    /// A value for programs.
    pub(crate) fn value(value: &impl Serialize) -> Result<()> {
        Self::write(&json_escaped(&serde_json::to_string_pretty(value)?))
    }

    /// A value for programs, on one line.
    pub(crate) fn value_line(value: &impl Serialize) -> Result<()> {
        Self::write(&json_escaped(&serde_json::to_string(value)?))
    }

    /// Text for people: what a terminal would obey in it is shown.
    pub(crate) fn line(text: &str) -> Result<()> {
        Self::write(&escaped(text))
    }

    /// A line that a program printed: its colors stay where there are any, all else is shown.
    pub(crate) fn log_line(line: &str) -> Result<()> {
        let colors = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self::write(&if colors { colored(line) } else { plain(line) })
    }

    fn write(text: &str) -> Result<()> {
        Self::raw(format!("{text}\n").as_bytes())
    }

    /// Bytes as they are. A reader that has closed its end, as `head` does, is not an error: the command goes on with what
    /// it was asked to do.
    pub(crate) fn raw(bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Whether the reader of standard output has closed its end, so that nothing more needs to be printed.
    pub(crate) fn is_closed() -> bool {
        let stdout = io::stdout();
        let mut ends = [PollFd::new(&stdout, PollFlags::empty())];
        // An error on a pipe's writing end means that no one reads it; it is told without being asked for.
        let told = poll(&mut ends, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        told.is_ok_and(|count| count > 0) && ends[0].revents().intersects(PollFlags::ERR)
    }

    /// A word beside the result, for people only: on standard error.
    pub(crate) fn note(self, text: &str) {
        if !self.json {
            drop(writeln!(io::stderr().lock(), "{}", escaped(text)));
        }
    }
}

/// A row of which only the last cell may have several lines.
fn on_one_line(mut row: Vec<String>) -> Vec<String> {
    let last = row.len().saturating_sub(1);
    for cell in row.iter_mut().take(last) {
        *cell = one_line(cell).into_owned();
    }
    row
}
