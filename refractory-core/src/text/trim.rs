//! What mail programs, editors and shells put around and into a text that was copied.

/// Whether nothing is seen of `c`, and nothing is meant by it where a word is expected: zero-width
/// characters, soft hyphens, directional marks, byte order marks, fillers.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether `c` is a dash of some kind: Unicode's dash punctuation, and what looks like it.
pub fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{58a}' | '\u{5be}' | '\u{1400}' | '\u{1806}' | '\u{2010}'
            ..='\u{2015}'
            | '\u{2e17}'
            | '\u{2e1a}'
            | '\u{2e3a}'
            | '\u{2e3b}'
            | '\u{2e40}'
            | '\u{2e5d}'
            | '\u{301c}'
            | '\u{3030}'
            | '\u{30a0}'
            | '\u{fe31}'
            | '\u{fe32}'
            | '\u{fe58}'
            | '\u{fe63}'
            | '\u{ff0d}'
            | '\u{10d6e}'
            | '\u{10ead}'
            // The minus sign, the hyphen bullet, modifiers, box drawings, the long vowel mark.
            | '\u{2d7}'
            | '\u{6d4}'
            | '\u{2043}'
            | '\u{207b}'
            | '\u{2212}'
            | '\u{23af}'
            | '\u{23e4}'
            | '\u{2500}'
            | '\u{2501}'
            | '\u{2796}'
            | '\u{30fc}'
            | '\u{ff70}'
    )
}

/// `raw` without blanks and invisible characters at its ends: a name, as it was meant.
pub fn trimmed(raw: &str) -> &str {
    raw.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// One word that was pasted, as an address: without invisible characters anywhere, and without the
/// blanks, quotes and angle brackets around it.
pub fn pasted(raw: &str) -> String {
    let seen: String = raw.chars().filter(|c| !is_invisible(*c)).collect();
    seen.trim_matches(|c: char| c.is_whitespace() || is_quote(c) || matches!(c, '<' | '>'))
        .to_owned()
}

/// Whether `c` is a quotation mark of some kind.
pub(crate) fn is_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | '`' | '\u{b4}' | '\u{ab}' | '\u{bb}' | '\u{2018}'..='\u{201f}' | '\u{2039}' | '\u{203a}'
            | '\u{300c}'..='\u{300f}' | '\u{ff02}' | '\u{ff07}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_copied_is_read_as_it_was_meant() {
        assert_eq!(trimmed("\u{feff} Club key 1\u{200b}\r\n"), "Club key 1");
        assert_eq!(pasted(" <\u{feff}https://x.example/a\u{ad}b>\n"), "https://x.example/ab");
        assert_eq!(pasted("\u{201c}https://x.example/\u{201d}"), "https://x.example/");
    }

    proptest! {
        #[test]
        fn trimming_twice_is_trimming_once(raw in "\\PC*") {
            prop_assert_eq!(trimmed(trimmed(&raw)), trimmed(&raw));
            prop_assert_eq!(pasted(&pasted(&raw)), pasted(&raw));
        }
    }
}
