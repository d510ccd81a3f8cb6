//! Text from users within a message: shown, and not obeyed by Discord.
use refractory_core::text::{escaped, one_line};

/// Breaks up what Discord would recognize, and cannot be seen.
const INVISIBLE: char = '\u{200b}';

/// How long Discord takes `text` to be. Its clients count in units of UTF-16, its servers in characters: the longer of both.
pub(crate) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// `text` on one line, without markdown, mentions or links.
pub(crate) fn line(text: &str) -> String {
    inert(&one_line(text))
}

/// `text` with its line ends, without markdown, mentions or links.
pub(crate) fn lines(text: &str) -> String {
    inert(&escaped(text))
}

/// `text` where Discord reads no markdown, such as on a button or in a choice: on one line, and cut to `most`.
pub(crate) fn label(text: &str, most: usize) -> String {
    cut(one_line(text).trim(), most)
}

/// `text` with at most `most` units; what is cut off is marked with an ellipsis.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    let mut left = most.saturating_sub(1);
    let fits = |c: &char| {
        let fits = c.len_utf16() <= left;
        left = if fits { left - c.len_utf16() } else { 0 };
        fits
    };
    let kept: String = text.chars().take_while(fits).collect();
    // A backslash at the end would escape what follows.
    let kept = kept.trim_end_matches('\\');
    if most == 0 { String::new() } else { format!("{kept}\u{2026}") }
}

fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut starts_line = true;
    let mut digits_since_start = false;
    for (at, c) in text.char_indices() {
        let is_list = match c {
            '-' | '+' => starts_line,
            '.' | ')' => digits_since_start,
            _ => false,
        };
        if is_list || matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '<' | '>' | '[' | ']' | '#')
        {
            out.push('\\');
        }
        out.push(c);
        if c == '@'
            || (c == ':' && text[at + 1..].starts_with("//"))
            || ends_with_discord(&text[..at], c)
        {
            out.push(INVISIBLE);
        }
        digits_since_start = c.is_ascii_digit() && (starts_line || digits_since_start);
        starts_line = c == '\n' || (starts_line && c == ' ');
    }
    out
}

/// Whether `c` ends a name that invitations to other servers begin with: those are unfolded without a scheme.
fn ends_with_discord(before: &str, c: char) -> bool {
    const NAME: &str = "discord";
    let start = before.len().checked_sub(NAME.len() - 1);
    c.eq_ignore_ascii_case(&'d')
        && start
            .and_then(|start| before.get(start..))
            .is_some_and(|before| before.eq_ignore_ascii_case(&NAME[..NAME.len() - 1]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_of_a_users_text_is_obeyed() {
        for (text, shown) in [
            ("**bold** _it_ ~~no~~", "\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~"),
            ("`code` ||spoiler||", "\\`code\\` \\|\\|spoiler\\|\\|"),
            ("@everyone <@123> <#4>", "@\u{200b}everyone \\<@\u{200b}123\\> \\<\\#4\\>"),
            ("[here](https://evil.test)", "\\[here\\](https:\u{200b}//evil.test)"),
            ("join Discord.gg/abc", "join Discord\u{200b}.gg/abc"),
            ("a\\", "a\\\\"),
            ("- item", "\\- item"),
            ("  1. item", "  1\\. item"),
            ("1) item", "1\\) item"),
            ("a - b, 1.5", "a - b, 1.5"),
            ("two\nlines", "two\\nlines"),
            ("\u{202e}exe", "\\u{202e}exe"),
        ] {
            assert_eq!(line(text), shown.replace("\\n", "\\\\n").replace("\\u", "\\\\u"), "{text}");
        }
        assert_eq!(lines("two\n# lines\n- x"), "two\n\\# lines\n\\- x");
    }

    #[test]
    fn cut_text_ends_with_an_ellipsis_and_escapes_nothing() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde\u{2026}");
        assert_eq!(cut("abcd\\efg", 6), "abcd\u{2026}");
        assert_eq!(cut("🏰🏰🏰", 5), "🏰🏰\u{2026}");
        assert_eq!(cut("abc", 0), "");
    }

    proptest! {
        #[test]
        fn no_text_pings_or_links(text in "(@everyone|<@1>|https?://|discord\\.gg/|\\PC|[\\\\*_`\n]){0,30}") {
            for shown in [line(&text), lines(&text)] {
                prop_assert!(!shown.contains("@e") && !shown.contains("@1"));
                prop_assert!(!shown.contains("://"));
                prop_assert!(!shown.to_lowercase().contains("discord.gg"));
                for (at, c) in shown.char_indices().filter(|(_, c)| matches!(c, '<' | '`' | '*' | '[')) {
                    let escapes = shown[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
                    prop_assert!(escapes % 2 == 1, "{:?} at {} in {:?}", c, at, shown);
                }
            }
        }

        #[test]
        fn cut_text_is_never_too_long(text in any::<String>(), most in 0_usize..40) {
            prop_assert!(length(&cut(&text, most)) <= most);
        }
    }
}
