//! Lists that are printed as they are read, a page at a time.
use anyhow::Result;
use refractory_core::text::json_escaped;
use serde::Serialize;

use super::Out;

/// A list of which a part was printed.
#[derive(Debug)]
pub(crate) struct PagedList<'a> {
    out: Out,
    heads: &'a [&'a str],
    printed: usize,
}

impl Out {
    /// A table for people, with these heads; a list for programs.
    pub(crate) fn paged<'a>(self, heads: &'a [&'a str]) -> PagedList<'a> {
        PagedList { out: self, heads, printed: 0 }
    }
}

impl PagedList<'_> {
    /// Prints one page. Columns are as wide as the page needs.
    pub(crate) fn page<T: Serialize>(&mut self, rows: &[(T, Vec<String>)]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let is_first = self.printed == 0;
        self.printed += rows.len();
        if !self.out.is_json() {
            let heads = if is_first { self.heads } else { &[] };
            return Out::table(heads, rows.iter().map(|(_, cells)| cells.clone()));
        }
        let mut text = String::new();
        for (at, (value, _)) in rows.iter().enumerate() {
            text += if is_first && at == 0 { "[\n" } else { ",\n" };
            text += &indented(&serde_json::to_string_pretty(value)?);
        }
        Out::raw(json_escaped(&text).as_bytes())
    }

    /// Ends the list; `nothing` is said to people where there was nothing.
    pub(crate) fn end(self, nothing: &str) -> Result<()> {
        match (self.out.is_json(), self.printed) {
            (true, 0) => Out::raw(b"[]\n"),
            (true, _) => Out::raw(b"\n]\n"),
            (false, 0) => Out::line(nothing),
            (false, _) => Ok(()),
        }
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
