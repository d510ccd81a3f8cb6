//! Lists with more than one page.
use refractory_core::{Cursor, ListQuery};
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Which page of a list is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PageQuery {
    /// Where the page before ended.
    #[serde(default)]
    after: String,
    /// What names begin with.
    #[serde(default)]
    search: String,
}

impl PageQuery {
    /// The same for the handle.
    pub(crate) fn part(&self, limit: usize) -> Result<ListQuery, Problem> {
        let after = Some(self.after.as_str()).filter(|after| !after.is_empty());
        let after = after.map(str::parse::<Cursor>).transpose()?;
        Ok(ListQuery::first(limit).after(after).starting_with(&self.search))
    }
}

/// Where a page leads on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Pages {
    /// The address of the next page.
    pub(crate) next: Option<String>,
    /// The address of the first page, where this is another one.
    pub(crate) first: Option<String>,
    /// What names begin with.
    pub(crate) search: String,
    /// Whether to offer a search: there is more than this page, or one was asked for.
    pub(crate) searches: bool,
}

impl Pages {
    /// Those around the page at `path` that `asked` was for, where the list goes on at `next`.
    pub(crate) fn of(asked: &PageQuery, path: &str, next: Option<&Cursor>) -> Self {
        let search = asked.search.trim().to_owned();
        let term = |joint: &str| {
            if search.is_empty() {
                String::new()
            } else {
                format!("{joint}search={}", escaped(&search))
            }
        };
        let first = (!asked.after.is_empty()).then(|| format!("{path}{}", term("?")));
        let next = next.map(|next| format!("{path}?after={next}{}", term("&")));
        let searches = next.is_some() || first.is_some() || !search.is_empty();
        Self { next, first, search, searches }
    }

    /// The same of a list that is not searched.
    #[must_use]
    pub(crate) fn unsearched(self) -> Self {
        Self { searches: false, ..self }
    }

    /// Whether the page is the whole list.
    pub(crate) fn is_all(&self) -> bool {
        !self.searches
    }
}

/// `text` as part of an address.
pub(crate) fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_leads_to_the_next_one_and_keeps_the_search() {
        let asked = PageQuery { after: String::new(), search: " fri day".to_owned() };
        let cursor = Cursor::new("friday", "a");
        let pages = Pages::of(&asked, "/", Some(&cursor));
        assert_eq!(pages.next, Some(format!("/?after={cursor}&search=fri%20day")));
        assert_eq!(pages.first, None);
        assert!(!pages.is_all());
        let last = PageQuery { after: cursor.to_string(), search: String::new() };
        let pages = Pages::of(&last, "/people", None);
        assert_eq!((pages.first.as_deref(), pages.next), (Some("/people"), None));
        assert!(Pages::of(&PageQuery::default(), "/", None).is_all());
        assert!(PageQuery { after: "zz".to_owned(), search: String::new() }.part(1).is_err());
    }
}
