//! Requests to Foundry's setup: their access, their action, and the headers around them. Pure.
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::{Addressing, SetupPass};
use serde_json::Value;

use super::client::without_port;
use super::guard::{PathAccess, path_access};
use super::headers::SessionRule;
use super::route::Target;

/// The cookie in which Foundry keeps its visitors apart.
pub(super) const SESSION: &str = "session";
/// No honest form of the setup page comes near it.
pub(super) const LARGEST_FORM: usize = 4 << 20;

/// As long as Foundry itself keeps a session.
const SESSION_LASTS: CookieDuration = CookieDuration::hours(24);

/// How a request stands to Foundry's setup.
#[derive(Debug, Default)]
pub(super) struct SetupAccess<'a> {
    /// A pass that is good here and now.
    pub(super) pass: Option<SetupPass>,
    /// Whether the browser shows a pass that has ended, and should forget it.
    pub(super) has_ended: bool,
    /// Which sessions the program may see: an administrator's only together with a pass, and then no other.
    pub(super) session: SessionRule<'a>,
}

/// An action in Foundry's setup, as far as it concerns the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetupAction {
    /// The program saves its settings, and exits.
    SaveSettings,
    /// They give up the administrator's rights.
    SignOut,
    /// A world is made.
    MakeWorld,
    /// Anything else.
    Other,
}

impl SetupAction {
    /// Reads it from a form or from JSON, as the program reads either.
    pub(super) fn of(request: &HttpRequest, target: &Target, body: &[u8]) -> Self {
        // From 14 on, worlds are made on their own page.
        let action = Self::from_form(body);
        let creates = path_within(request, target) == Some("/create") && !is_safe(request);
        if action == Self::Other && creates { Self::MakeWorld } else { action }
    }

    fn from_form(body: &[u8]) -> Self {
        let json = serde_json::from_slice::<Value>(body).ok();
        let action = match &json {
            Some(json) => json["action"].as_str().map(str::to_owned),
            None => actix_web::web::Query::<Vec<(String, String)>>::from_query(
                std::str::from_utf8(body).unwrap_or_default(),
            )
            .ok()
            .and_then(|fields| fields.0.into_iter().find(|(name, _)| name == "action"))
            .map(|(_, action)| action),
        };
        match action.as_deref() {
            Some("adminConfigure") => Self::SaveSettings,
            Some("adminLogout") => Self::SignOut,
            Some("createWorld") => Self::MakeWorld,
            Some(_) | None => Self::Other,
        }
    }
}

/// Leads to Foundry's setup.
pub(crate) fn to_setup(prefix: &str) -> actix_web::HttpResponseBuilder {
    let to = if prefix.is_empty() { "/setup".to_owned() } else { format!("/{prefix}/setup") };
    let mut answer = HttpResponse::build(StatusCode::SEE_OTHER);
    answer.insert_header((header::LOCATION, to));
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    answer.insert_header((header::REFERRER_POLICY, "no-referrer"));
    answer
}

/// Foundry's session as Foundry itself sets it: its own pages read it.
pub(crate) fn session_cookie(session: &str, under: Option<&str>, https: bool) -> Cookie<'static> {
    let path = under.map_or_else(|| "/".to_owned(), |slug| format!("/{slug}"));
    Cookie::build(SESSION, session.to_owned())
        .path(path)
        .secure(https)
        .same_site(SameSite::Strict)
        .max_age(SESSION_LASTS)
        .finish()
}

/// Keeps the setup out of frames of other sites, and out of caches.
pub(super) fn protect_setup_page(response: &mut HttpResponse) {
    let headers = response.headers_mut();
    for (name, value) in [("x-frame-options", "SAMEORIGIN"), ("cache-control", "no-store")] {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// Whether the page may be viewed in Foundry's setup but not acted on: what is done there is
/// undone behind the deployment's back.
pub(super) fn is_read_only(request: &HttpRequest, target: &Target) -> bool {
    is_safe(request) && path_within(request, target) == Some("/license")
}

/// Whether the answer to `request` depends on whether a world is open: every restricted path, and every page
/// that the code of a world could come with.
pub(super) fn needs_world_check(request: &HttpRequest, target: &Target) -> bool {
    let closed = path_access(request.method().as_str(), request.uri().path(), &target.prefix)
        != PathAccess::Public;
    let pages = ["", "/", "/join", "/game", "/stream", "/players"];
    closed || path_within(request, target).is_none_or(|path| pages.contains(&path))
}

/// The path below the prefix of the program; none outside it.
pub(super) fn path_within<'r>(request: &'r HttpRequest, target: &Target) -> Option<&'r str> {
    let path = request.uri().path();
    if target.prefix.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix('/')?.strip_prefix(target.prefix.as_str())?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

pub(super) fn is_safe(request: &HttpRequest) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

/// Whether a page at `host`, which is reached as `at` says, sent `request`, or a person who opened an address. Browsers say it
/// in two ways.
pub(super) fn is_from(request: &HttpRequest, host: Option<&str>, at: &Addressing) -> bool {
    let said = |name: &str| request.headers().get(name).map(HeaderValue::as_bytes);
    match said("sec-fetch-site") {
        Some(b"same-origin" | b"none") => true,
        // A link on another site may open a page, though not in a frame.
        Some(_) => {
            let opens = said("sec-fetch-mode") == Some(b"navigate");
            is_safe(request) && opens && said("sec-fetch-dest") == Some(b"document")
        }
        None => said("origin").is_none_or(|origin| {
            let origin = std::str::from_utf8(origin).unwrap_or_default();
            host.is_some_and(|host| is_own_origin(origin, host, at))
        }),
    }
}

/// Whether `origin` is `host`: as the request names it, or as people reach it. A proxy in front may leave out the port.
pub(super) fn is_own_origin(origin: &str, host: &str, at: &Addressing) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
        || origin.eq_ignore_ascii_case(&at.url_of(without_port(host)))
}

/// Every value that `request` has for the cookie `name`: a page elsewhere in the domain may have planted some.
pub(super) fn cookies<'r>(
    request: &'r HttpRequest,
    name: &'r str,
) -> impl Iterator<Item = &'r str> {
    let headers = request.headers().get_all(header::COOKIE);
    let pairs = headers.flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let (key, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    })
}

/// The sessions that the address of a socket names.
pub(super) fn asked_sessions(request: &HttpRequest) -> impl Iterator<Item = String> {
    let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let pairs = pairs.map(actix_web::web::Query::into_inner).unwrap_or_default();
    pairs.into_iter().filter(|(name, _)| name == SESSION).map(|(_, session)| session)
}

#[cfg(test)]
mod tests;
