//! What every page has around its content.
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, HttpResponseBuilder};
use refractory_core::Verb;
use refractory_core::model::Role;
use serde::Serialize;

use crate::problem::Problem;
use crate::session::{Flash, Visitor};
use crate::shared::Shared;
use crate::statics;

/// Who is signed in, and where they may go.
#[derive(Debug, Clone, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "what somebody may do is a list of yes and no")]
pub(crate) struct Viewer {
    pub(crate) name: String,
    pub(crate) role: &'static str,
    pub(crate) creates: bool,
    pub(crate) licenses: bool,
    pub(crate) releases: bool,
    pub(crate) people: bool,
    pub(crate) groups: bool,
    pub(crate) system: bool,
    pub(crate) manages_licenses: bool,
    pub(crate) manages_releases: bool,
}

impl Viewer {
    fn of(visitor: &Visitor) -> Option<Self> {
        visitor.who.as_ref().map(|who| Self {
            name: who.name().to_owned(),
            role: role_in_words(who.role()),
            creates: visitor.may(Verb::CreateInstance),
            licenses: visitor.may(Verb::SeeLicenses),
            releases: visitor.may(Verb::SeeReleases),
            people: visitor.may(Verb::ManagePeople),
            groups: visitor.may(Verb::ManageGroups) || who.administers_a_group(),
            system: visitor.may(Verb::SeeDeployment),
            manages_licenses: visitor.may(Verb::ManageLicenses),
            manages_releases: visitor.may(Verb::ManageReleases),
        })
    }
}

/// A role as people say it.
pub(crate) fn role_in_words(role: Role) -> &'static str {
    match role {
        Role::Player => "Player",
        Role::GameMaster => "Game master",
        Role::Admin => "Administrator",
    }
}

/// What every page has around its content.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Chrome {
    pub(crate) title: String,
    /// Which entry of the navigation is this page.
    pub(crate) nav: &'static str,
    pub(crate) viewer: Option<Viewer>,
    pub(crate) csrf: String,
    pub(crate) theme: &'static str,
    pub(crate) flash: Option<Flash>,
    /// Whether nobody does the work.
    pub(crate) idle: bool,
    pub(crate) css: String,
    pub(crate) js: String,
    pub(crate) icon: String,
    /// Path and query of this page.
    pub(crate) at: String,
    /// Where live changes of this page come from.
    pub(crate) live: Option<String>,
    /// Seconds after which a browser without scripts loads the page again.
    pub(crate) refresh: Option<u64>,
}

impl Chrome {
    /// Around a page called `title`.
    pub(crate) fn of(shared: &Shared, visitor: &Visitor, title: &str, nav: &'static str) -> Self {
        let viewer = Viewer::of(visitor);
        Self {
            title: title.to_owned(),
            nav,
            idle: viewer.is_some() && shared.feed.now().worked == Some(false),
            viewer,
            csrf: visitor.csrf(),
            theme: visitor.theme,
            flash: visitor.flash.clone(),
            css: statics::url("portal.css"),
            js: statics::url("portal.js"),
            icon: statics::url("icon.svg"),
            at: visitor.at.clone(),
            live: None,
            refresh: None,
        }
    }

    /// The same, kept up to date from `live`, or by loading it again every few seconds where `busy`.
    #[must_use]
    pub(crate) fn live(mut self, live: &str, busy: bool) -> Self {
        self.live = Some(live.to_owned());
        self.refresh = Some(if busy { 3 } else { 20 });
        self
    }
}

/// Sends the browser on to `path` after a form.
pub(crate) fn see_other(path: &str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(StatusCode::SEE_OTHER);
    answer.insert_header((LOCATION, path));
    answer
}

/// The same, with a sentence for the page there.
pub(crate) fn say_at(
    shared: &Shared,
    visitor: &Visitor,
    path: &str,
    flash: &Flash,
) -> HttpResponse {
    let cookie: Cookie<'static> = flash.seal(&visitor.secret, shared.https());
    see_other(path).cookie(cookie).finish()
}

/// After a change: `good` at `path`, or the reason why not, at the same place.
pub(crate) fn say_result<T>(
    shared: &Shared,
    visitor: &Visitor,
    path: &str,
    result: refractory_core::Result<T>,
    good: &str,
) -> Result<HttpResponse, Problem> {
    match result {
        Ok(_) => Ok(say_at(shared, visitor, path, &Flash::good(good))),
        Err(error) => {
            let problem = Problem::from(error).for_form()?;
            if problem.status() == StatusCode::FORBIDDEN {
                return Err(problem);
            }
            Ok(say_at(shared, visitor, path, &Flash::bad(problem.sentence())))
        }
    }
}

/// `raw` if it is a path on this host, else `/`.
pub(crate) fn local(raw: &str) -> &str {
    let mut letters = raw.chars();
    let rooted = letters.next() == Some('/');
    let elsewhere = matches!(letters.next(), Some('/' | '\\'));
    if rooted && !elsewhere && !raw.chars().any(char::is_control) { raw } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for good in ["/", "/tables/friday?x=1"] {
            assert_eq!(local(good), good);
        }
        for bad in ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb"] {
            assert_eq!(local(bad), "/", "{bad:?}");
        }
    }
}
