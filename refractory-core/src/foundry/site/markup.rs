//! Just enough HTML to find a few fields in a page: tags, their attributes, and text.

/// A piece of a page, in reading order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Open(Tag<'a>),
    Text(&'a str),
}

/// A tag that opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    attributes: &'a str,
}

impl Tag<'_> {
    /// The value of `attribute`, with its entities resolved.
    pub(super) fn attribute(&self, attribute: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            let (name, after) = rest.split_at(end);
            let (value, after) = value(after.trim_start());
            if name.eq_ignore_ascii_case(attribute) {
                return Some(plain(value));
            }
            rest = after;
        }
    }

    /// Whether it is a `name` of `class`.
    pub(super) fn is(&self, name: &str, class: &str) -> bool {
        let classes = || self.attribute("class").unwrap_or_default();
        self.name.eq_ignore_ascii_case(name) && classes().split_whitespace().any(|c| c == class)
    }
}

/// The value after a name, if an equals sign follows, and what is left.
fn value(after: &str) -> (&str, &str) {
    let Some(rest) = after.strip_prefix('=') else { return ("", after) };
    let rest = rest.trim_start();
    for quote in ['"', '\''] {
        if let Some(quoted) = rest.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()))
}

/// The pieces of `html`; comments and scripts are passed over.
pub(super) fn pieces(html: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let Some(inside) = rest.strip_prefix('<') else {
                let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
                rest = after;
                return Some(Piece::Text(text));
            };
            if let Some(comment) = inside.strip_prefix("!--") {
                rest = comment.split_once("-->").map_or("", |(_, after)| after);
                continue;
            }
            let (tag, after) = tag(inside);
            rest = after;
            if tag.name.eq_ignore_ascii_case("script") || tag.name.eq_ignore_ascii_case("style") {
                rest = rest.find("</").map_or("", |at| &rest[at..]);
            } else if tag.name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return Some(Piece::Open(tag));
            }
        }
    })
}

/// The tag that begins after a `<`, and what follows its `>`.
fn tag(inside: &str) -> (Tag<'_>, &str) {
    let mut quote = None;
    let end = inside.find(|c: char| {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        quote.is_none() && c == '>'
    });
    let (whole, after) = match end {
        Some(end) => (&inside[..end], &inside[end + 1..]),
        None => (inside, ""),
    };
    let name = whole.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(whole.len());
    (Tag { name: &whole[..name], attributes: &whole[name..] }, after)
}

/// `text` with the entities that names and links are written with.
pub(super) fn plain(text: &str) -> String {
    [
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(text.trim().to_owned(), |text, (entity, sign)| text.replace(entity, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(html: &str) -> Vec<Tag<'_>> {
        let open = |piece| match piece {
            Piece::Open(tag) => Some(tag),
            Piece::Text(_) => None,
        };
        pieces(html).filter_map(open).collect()
    }

    #[test]
    fn attributes_are_read_in_any_dress() {
        let html =
            "<input  type=text NAME='a b' value=\"x &amp; &#x27;y&#x27;\" readonly data-x = 1/>";
        let tag = tags(html)[0];
        assert_eq!(tag.attribute("name").as_deref(), Some("a b"));
        assert_eq!(tag.attribute("value").as_deref(), Some("x & 'y'"));
        assert_eq!(tag.attribute("readonly").as_deref(), Some(""));
        assert_eq!(tag.attribute("absent"), None);
    }

    #[test]
    fn classes_are_words() {
        let tag = tags(r#"<div class="license  mine">"#)[0];
        assert!(tag.is("div", "license") && !tag.is("div", "lic") && !tag.is("span", "mine"));
    }

    #[test]
    fn comments_and_scripts_are_no_tags() {
        let html = "<!-- <a> --><script>if (a<b) x('<a>')</script><b>t</b><!doctype html>";
        assert_eq!(tags(html).iter().map(|tag| tag.name).collect::<Vec<_>>(), ["b"]);
        let found: Vec<_> = pieces("<b>t</b>").collect();
        assert_eq!(found[1], Piece::Text("t"));
    }

    #[test]
    fn nothing_makes_it_panic_or_hang() {
        for html in
            ["<", "<>", "<a", "<a b", "<a b=", "<a b='", "<!--", "<script>", "é<é é=é>é", "</"]
        {
            for tag in tags(html) {
                let _ = tag.attribute("b");
            }
        }
    }
}
