//! The templates, compiled once and checked against what pages give them.
use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use refractory_core::text::escaped;
use serde::Serialize;
use tera::{Context, Tera};

use crate::problem::Problem;

/// Every template with its text.
pub(crate) const FILES: [(&str, &str); 27] = [
    ("parts.html", include_str!("templates/parts.html")),
    ("base.html", include_str!("templates/base.html")),
    ("card.html", include_str!("templates/card.html")),
    ("panel.html", include_str!("templates/panel.html")),
    ("setup.html", include_str!("templates/setup.html")),
    ("sign-in.html", include_str!("templates/sign-in.html")),
    ("link.html", include_str!("templates/link.html")),
    ("tables.html", include_str!("templates/tables.html")),
    ("new-table.html", include_str!("templates/new-table.html")),
    ("confirm-stop.html", include_str!("templates/confirm-stop.html")),
    ("table.html", include_str!("templates/table.html")),
    ("backups.html", include_str!("templates/backups.html")),
    ("settings.html", include_str!("templates/settings.html")),
    ("licenses.html", include_str!("templates/licenses.html")),
    ("releases.html", include_str!("templates/releases.html")),
    ("people.html", include_str!("templates/people.html")),
    ("groups.html", include_str!("templates/groups.html")),
    ("group.html", include_str!("templates/group.html")),
    ("account.html", include_str!("templates/account.html")),
    ("activity.html", include_str!("templates/activity.html")),
    ("audit.html", include_str!("templates/audit.html")),
    ("about.html", include_str!("templates/about.html")),
    ("error.html", include_str!("templates/error.html")),
    ("set-up.html", include_str!("templates/set-up.html")),
    ("foundry-setup.html", include_str!("templates/foundry-setup.html")),
    ("door.html", include_str!("templates/door.html")),
    ("waiting.html", include_str!("templates/waiting.html")),
];

/// What one template is given.
pub(crate) trait Page: Serialize {
    /// The template's name.
    const TEMPLATE: &'static str;
}

macro_rules! page {
    ($($page:ty => $template:literal;)*) => { $(
        impl $crate::templates::Page for $page {
            const TEMPLATE: &'static str = $template;
        }
    )* };
}
pub(crate) use page;

/// The compiled templates.
#[derive(Debug)]
pub(crate) struct Templates(Tera);

impl Templates {
    /// Compiles every template.
    ///
    /// # Errors
    ///
    /// A template that cannot be read: a defect of this build.
    pub(crate) fn new() -> Result<Self, tera::Error> {
        let mut tera = Tera::new();
        tera.add_raw_templates(FILES)?;
        Ok(Self(tera))
    }

    /// The HTML of `page`.
    pub(crate) fn html<P: Page>(&self, page: &P) -> Result<String, Problem> {
        let context = Context::from_serialize(page).map_err(|error| Problem::defect(&error))?;
        let html = self.0.render(P::TEMPLATE, &context);
        html.map(shown).map_err(|error| Problem::defect(&chain(&error)))
    }

    /// An answer with `page`.
    pub(crate) fn answer<P: Page>(
        &self,
        status: StatusCode,
        page: &P,
    ) -> Result<HttpResponse, Problem> {
        let html = self.html(page)?;
        Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html))
    }

    #[cfg(test)]
    pub(crate) fn names_in(&self, template: &str) -> Vec<String> {
        let found = self.0.get_template_variables(template).unwrap();
        found.into_iter().map(str::to_owned).collect()
    }
}

/// A page on which titles, names and messages of programs show what a browser would obey: no template has any of it.
fn shown(html: String) -> String {
    match escaped(&html) {
        Cow::Borrowed(_) => html,
        Cow::Owned(shown) => shown,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_what_a_browser_would_obey() {
        let html = "<p>Friday \u{202e}txt.exe</p>\n<p>\u{1b}[2J \u{0} \u{9b}</p>\r\n".to_owned();
        let page = shown(html);
        assert_eq!(page, "<p>Friday \\u{202e}txt.exe</p>\n<p>\\x1b[2J \\x00 \\x9b</p>\r\n");
    }
}
