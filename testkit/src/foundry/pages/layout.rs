//! The frame around every page.
use std::fmt::Write;

use crate::foundry::state::FoundryState;

/// A page in the making.
pub(super) struct Page {
    title: String,
    prefix: String,
    version: String,
    class: &'static str,
    body: String,
    scripts: String,
}

impl Page {
    pub(super) fn new(table: &FoundryState, title: &str) -> Self {
        Self {
            title: escape(title),
            prefix: escape(&table.prefixed("")),
            version: table.program.version.to_string(),
            class: "",
            body: String::new(),
            scripts: String::new(),
        }
    }

    /// The main part, in which `{prefix}` stands for the route prefix.
    pub(super) fn part(mut self, class: &'static str, html: &str) -> Self {
        self.class = class;
        self.body = html.replace("{prefix}", &self.prefix);
        self
    }

    /// A script, after the ones before it.
    pub(super) fn script(mut self, script: &str) -> Self {
        // Writing to a string cannot fail.
        let _ = write!(self.scripts, "<script>\n{script}</script>");
        self
    }

    pub(super) fn html(self) -> String {
        let Self { title, prefix, version, class, body, scripts } = self;
        let style = include_str!("style.css");
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{title} · stand-in</title><link rel=\"icon\" href=\"data:,\">\
             <style>\n{style}</style></head>\
             <body class=\"vtt {class}\" data-prefix=\"{prefix}\">\
             <p class=\"ribbon\">Stand-in: not Foundry. It plays version {version}.</p>\
             <main>{body}</main>{scripts}</body></html>"
        )
    }
}

/// `text` so that it means itself in HTML.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}
