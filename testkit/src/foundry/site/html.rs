//! The pages of the fake site: just the marks a client looks for.
use super::account::Account;
use crate::foundry::version::Version;

/// The front page, with a greeting for a signed-in user.
pub(super) fn front(token: &str, signed_in: Option<&str>) -> String {
    let welcome = signed_in.map_or_else(String::new, |name| {
        format!(
            "<p id=\"login-welcome\">Welcome <a href=\"/community/{}\">{name}</a></p>",
            name.to_lowercase()
        )
    });
    page(&format!(
        "{welcome}<form method=\"post\" action=\"/auth/login/\">\
         <input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"{token}\">\
         <input name=\"username\"><input name=\"password\" type=\"password\"></form>"
    ))
}

/// The licenses of an account.
pub(super) fn licenses(account: &Account) -> String {
    let one = |(key, name): &(String, String)| {
        format!(
            "<div class=\"license\"><span class=\"license-name\">{name}</span>\
             <label class=\"copy\"><input type=\"text\" readonly value=\"{key}\"></label></div>"
        )
    };
    page(&account.licenses.iter().map(one).collect::<String>())
}

/// The list of releases, newest first.
pub(super) fn releases(account: &Account) -> String {
    let mut versions = account.releases.clone();
    versions.sort_by(|one, other| other.cmp(one));
    let one = |version: &Version| {
        format!(
            "<li class=\"release\"><a href=\"/releases/{version}\">Release {version}</a>\
             <span class=\"release-tag\">Full</span><span class=\"release-tag\">Stable</span>\
             <span class=\"release-time\">April 01, 2026</span></li>"
        )
    };
    page(&format!("<ul>{}</ul>", versions.iter().map(one).collect::<String>()))
}

fn page(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Fake site</title>\
         </head><body><p>Stand-in: not foundryvtt.com.</p>{body}</body></html>"
    )
}
