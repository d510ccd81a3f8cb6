//! Standard output: tables for people, JSON for programs.
use std::io::{self, ErrorKind, IsTerminal, Write};

use anyhow::Result;
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
        for line in columns(&head.into_iter().chain(rows).collect::<Vec<_>>()) {
            Self::line(&line)?;
        }
        Ok(())
    }

    /// A value for programs.
    pub(crate) fn value(value: &impl Serialize) -> Result<()> {
        Self::line(&serde_json::to_string_pretty(value)?)
    }

    /// One line, whoever reads.
    pub(crate) fn line(text: &str) -> Result<()> {
        let mut out = io::stdout().lock();
        match writeln!(out, "{text}").and_then(|()| out.flush()) {
            // Whoever read has seen enough, as `head` does.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// A word beside the result, for people only: on standard error.
    pub(crate) fn note(self, text: &str) {
        if !self.json {
            drop(writeln!(io::stderr().lock(), "{text}"));
        }
    }
}
