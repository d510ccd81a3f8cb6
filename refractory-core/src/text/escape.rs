//! Text from outside, shown and not obeyed.
use std::borrow::Cow;
use std::fmt::Write as _;

/// The longest sequence of a color that is passed on.
const LONGEST_COLOR: usize = 40;

/// Whether a terminal or a page obeys `c` instead of showing it: control characters, line separators,
/// and what turns the direction of writing.
pub fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with every character that would be obeyed written out, as `\x1b`. Line ends and tabs stay.
pub fn escaped(text: &str) -> Cow<'_, str> {
    rewritten(text, |c, rest| match c {
        '\n' | '\t' => Step::Keep,
        // A line end of Windows' is one.
        '\r' if rest.starts_with('\n') => Step::Keep,
        c if is_obeyed(c) => Step::Show,
        _ => Step::Keep,
    })
}

/// The same for what must stay on one line: line ends and tabs are written out too.
pub fn one_line(text: &str) -> Cow<'_, str> {
    rewritten(text, |c, _| if is_obeyed(c) { Step::Show } else { Step::Keep })
}

/// One line of a log for a terminal: as [`escaped`], but colors stay, and end with the line.
pub fn colored(line: &str) -> Cow<'_, str> {
    let mut painted = false;
    let shown = rewritten(line, |c, rest| match color_at(c, rest) {
        Some(length) => {
            painted = true;
            Step::Pass(length)
        }
        None if c == '\t' || !is_obeyed(c) => Step::Keep,
        None => Step::Show,
    });
    if painted { Cow::Owned(format!("{shown}\x1b[0m")) } else { shown }
}

/// One line of a log where there are no colors: they are left out, all else is as [`escaped`] has it.
pub fn plain(line: &str) -> Cow<'_, str> {
    rewritten(line, |c, rest| match color_at(c, rest) {
        Some(length) => Step::Drop(length),
        None if c == '\t' || !is_obeyed(c) => Step::Keep,
        None => Step::Show,
    })
}

/// The text of a JSON document with everything that a terminal would obey as `\u001b`: the same document.
pub fn json_escaped(json: &str) -> Cow<'_, str> {
    let kept = |c: char| matches!(c, '\n' | '\t' | '\r') || !is_obeyed(c);
    if json.chars().all(kept) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if kept(c) {
            out.push(c);
        } else {
            // Everything that is obeyed is in the first plane.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
    }
    Cow::Owned(out)
}

/// The first `most` characters of `text` without control characters: for a sentence that quotes it.
pub(crate) fn excerpt(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

/// What becomes of a character; bytes after it may go the same way.
enum Step {
    Keep,
    Show,
    Pass(usize),
    Drop(usize),
}

fn rewritten(text: &str, mut step: impl FnMut(char, &str) -> Step) -> Cow<'_, str> {
    if !text.chars().any(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let used = match step(c, after) {
            Step::Keep => {
                out.push(c);
                0
            }
            Step::Show => {
                show(&mut out, c);
                0
            }
            Step::Pass(length) => {
                out.push(c);
                out.push_str(&after[..length]);
                length
            }
            Step::Drop(length) => length,
        };
        rest = &after[used..];
    }
    Cow::Owned(out)
}

fn show(out: &mut String, c: char) {
    let code = u32::from(c);
    // Writing to a text cannot fail.
    let _ = match c {
        '\r' => out.write_str("\\r"),
        '\n' => out.write_str("\\n"),
        '\t' => out.write_str("\\t"),
        _ if code < 0x100 => write!(out, "\\x{code:02x}"),
        _ => write!(out, "\\u{{{code:x}}}"),
    };
}

/// How many bytes after an escape character choose a color, where they do that and nothing else.
fn color_at(c: char, rest: &str) -> Option<usize> {
    if c != '\x1b' {
        return None;
    }
    let inside = rest.strip_prefix('[')?;
    let end = inside.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b';'))?;
    let is_color = end <= LONGEST_COLOR && inside.as_bytes().get(end) == Some(&b'm');
    (is_color && !conceals(&inside[..end])).then_some(end + 2)
}

/// Whether one of these parameters makes text invisible.
fn conceals(parameters: &str) -> bool {
    let mut parameters = parameters.split(';').map(|one| one.trim_start_matches('0'));
    while let Some(one) = parameters.next() {
        match one {
            "8" => return true,
            // A color of the palette or of its own: what follows is no parameter.
            "38" | "48" | "58" => {
                let more = match parameters.next() {
                    Some("5") => 1,
                    Some("2") => 3,
                    _ => 0,
                };
                for _ in 0..more {
                    parameters.next();
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_be_obeyed_is_shown() {
        for (text, shown) in [
            ("\x1b]0;owned\x07title", "\\x1b]0;owned\\x07title"),
            ("\x1b[2J\x1b[Hcleared", "\\x1b[2J\\x1b[Hcleared"),
            ("\x1b]52;c;cm0=\x07", "\\x1b]52;c;cm0=\\x07"),
            ("nul \0 bell \x07 back\x08 del\x7f", "nul \\x00 bell \\x07 back\\x08 del\\x7f"),
            ("real line\rhidden", "real line\\rhidden"),
            ("\u{9b}2J \u{9d}0;x\u{9c}", "\\x9b2J \\x9d0;x\\x9c"),
            ("txt.\u{202e}exe", "txt.\\u{202e}exe"),
            ("two\r\nlines\tand a tab", "two\r\nlines\tand a tab"),
            ("Höhle 🏰 \u{200d}", "Höhle 🏰 \u{200d}"),
        ] {
            assert_eq!(escaped(text), shown, "{text:?}");
        }
        assert_eq!(one_line("a\nb\tc"), "a\\nb\\tc");
    }

    #[test]
    fn colors_stay_where_there_are_any_and_end_with_the_line() {
        assert_eq!(colored("\x1b[32minfo\x1b[39m ok"), "\x1b[32minfo\x1b[39m ok\x1b[0m");
        assert_eq!(colored("\x1b[38;5;8mgrey\x1b[m"), "\x1b[38;5;8mgrey\x1b[m\x1b[0m");
        assert_eq!(plain("\x1b[1;32minfo\x1b[0m ok"), "info ok");
        assert_eq!(colored("no colors"), "no colors");
        for hostile in
            ["\x1b[8mhidden", "\x1b[0;08mhidden", "\x1b[3;1H", "\x1b[?25l", "\x1b[31", "\x1b["]
        {
            assert!(!colored(hostile).contains('\x1b'), "{hostile:?}");
            assert!(plain(hostile).contains("\\x1b"), "{hostile:?}");
        }
    }

    #[test]
    fn json_is_the_same_document() {
        let json = "{\"line\":\"a\u{9b}2J\u{202e}\u{7f}\"}\n";
        let shown = json_escaped(json);
        assert_eq!(shown, "{\"line\":\"a\\u009b2J\\u202e\\u007f\"}\n");
    }

    proptest! {
        #[test]
        fn nothing_is_obeyed_and_nothing_else_is_changed(text in any::<String>()) {
            let (many, one) = (escaped(&text), one_line(&text));
            let ends = |c: char| matches!(c, '\n' | '\t' | '\r');
            prop_assert!(many.chars().all(|c| !is_obeyed(c) || ends(c)));
            prop_assert!(one.chars().all(|c| !is_obeyed(c)));
            prop_assert!(plain(&text).chars().all(|c| !is_obeyed(c) || c == '\t'));
            let visible: String = text.chars().filter(|c| !is_obeyed(*c)).collect();
            let mut left = one.chars();
            prop_assert!(visible.chars().all(|c| left.any(|other| other == c)));
        }

        #[test]
        fn of_escapes_only_colors_are_left(text in "(\\PC|\u{1b}|\\[|\\]|[0-9;mHJK]|\u{7}|\u{9b})*") {
            let shown = colored(&text);
            for (at, _) in shown.match_indices('\x1b') {
                let rest = &shown[at + 1..];
                prop_assert!(color_at('\x1b', rest).is_some(), "{:?}", shown);
            }
        }
    }
}
