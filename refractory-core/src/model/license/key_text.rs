//! Where a license key stands in a text: alone, beside a label, in a file with comments, or as Foundry's
//! own `license.json`.
use crate::text::{is_dash, is_invisible, is_quote, trimmed};

/// The texts in `raw` that may be a key, likeliest first.
///
/// Whatever `raw` is, each is short work: nothing is parsed, only cut.
pub(super) fn candidates(raw: &str) -> Vec<&str> {
    let raw = trimmed(raw);
    if raw.starts_with('{') {
        return json_values(raw);
    }
    let lines = raw.split(|c| {
        matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
    });
    let found: Vec<_> = lines.map(labeled).filter(|(_, value)| !value.is_empty()).collect();
    let ranked = [Label::License, Label::None, Label::Other];
    // Where a line says that it holds the key, the others hold something else.
    let best = ranked.into_iter().find(|label| found.iter().any(|(found, _)| found == label));
    found.into_iter().filter(|(label, _)| Some(*label) == best).map(|(_, value)| value).collect()
}

/// What stands before a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    License,
    None,
    Other,
}

/// A line without its comment, as label and value.
fn labeled(line: &str) -> (Label, &str) {
    let end = [line.find('#'), line.find("//"), line.find(';')].into_iter().flatten().min();
    let line = &line[..end.unwrap_or(line.len())];
    match line.rsplit_once([':', '=', '\u{ff1a}', '\u{ff1d}']) {
        None => (Label::None, unquoted(line)),
        Some((label, value)) => {
            let is_license = means_license(label);
            (if is_license { Label::License } else { Label::Other }, unquoted(value))
        }
    }
}

/// Whether a label is that of a license key, as `FOUNDRY_LICENSE_KEY`, `License key` or `key`.
fn means_license(label: &str) -> bool {
    let letters: String =
        label.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    letters.contains("licens")
        || letters.contains("licenc")
        || matches!(letters.as_str(), "key" | "yourkey" | "foundrykey")
}

fn unquoted(value: &str) -> &str {
    value.trim_matches(|c: char| {
        c.is_whitespace() || is_invisible(c) || is_quote(c) || matches!(c, ',' | '<' | '>')
    })
}

/// The texts that a JSON object names as its license. A key has nothing in it that JSON escapes.
fn json_values(json: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let parts: Vec<&str> = json.split('"').collect();
    // Between quotes stand, in turn, what is outside of a text and what is inside.
    for window in parts.windows(4) {
        let [_, name, between, value] = window else { continue };
        if between.trim() == ":" && means_license(name) {
            found.push(*value);
        }
    }
    found
}

/// The plain letter or digit that `c` stands for: full-width forms, which Asian keyboards write, are folded.
pub(super) fn folded(c: char) -> char {
    let plain = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    plain.to_ascii_uppercase()
}

/// Whether `c` only separates: a blank or a dash of some kind.
pub(super) fn separates(c: char) -> bool {
    c.is_whitespace() || is_dash(c)
}
