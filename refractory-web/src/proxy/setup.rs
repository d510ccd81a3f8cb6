//! Foundry's setup through the edge: who may pass, and when that ends.
use std::time::Duration;

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use http::Request;
use http_body_util::{BodyExt as _, Limited};
use refractory_core::foundry::Status;
use refractory_core::{Addressing, SetupPass, foundry_session_digest};
use serde_json::Value;
use tokio::time::timeout;

use super::body::{Outgoing, Pulse};
use super::edge::Stop;
use super::failure::{Failure, Side};
use super::find::without_port;
use super::guard::{Door, door};
use super::headers::{SessionRule, read_as_express};
use super::route::Target;
use super::{Edge, Found, Notice, Route};

/// The cookie in which Foundry keeps its visitors apart.
const SESSION: &str = "session";
/// As long as Foundry itself keeps a session.
const SESSION_LASTS: CookieDuration = CookieDuration::hours(24);
/// The status of a program is a line.
const STATUS_SIZE: usize = 64 << 10;
const STATUS_WITHIN: Duration = Duration::from_secs(10);
/// No honest form of the setup page comes near it.
pub(super) const LARGEST_FORM: usize = 4 << 20;

/// How a request stands to Foundry's setup.
#[derive(Debug, Default)]
pub(super) struct SetupStanding<'a> {
    /// A pass that is good here and now.
    pub(super) pass: Option<SetupPass>,
    /// Whether the browser shows a pass that has ended, and should forget it.
    pub(super) has_ended: bool,
    /// Which sessions the program may see: an administrator's only together with a pass, and then no other.
    pub(super) session: SessionRule<'a>,
}

/// What somebody in Foundry's setup is about to do, as far as it concerns the deployment.
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
        // From 14 on a page of its own makes worlds.
        let said = Self::said(body);
        let creates = path_within(request, target) == Some("/create") && !is_safe(request);
        if said == Self::Other && creates { Self::MakeWorld } else { said }
    }

    fn said(body: &[u8]) -> Self {
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

impl Edge {
    /// How `request` stands to Foundry's setup. Asks the program whether a world is open, where that decides; else nobody.
    pub(super) async fn setup_standing<'r>(
        &self,
        route: &'r Route,
        target: &Target,
        request: &HttpRequest,
    ) -> Result<SetupStanding<'r>, Stop<'static>> {
        let Some(gate) = &self.settings().setup else { return Ok(SetupStanding::default()) };
        let mut shown = None;
        for value in cookies(request, &gate.cookie) {
            let pass = gate.refractory.setup_pass(value).await;
            shown = shown.or(pass.filter(|pass| pass.instance == route.id));
        }
        let now = gate.refractory.now();
        let is_good = |pass: &SetupPass| {
            pass.is_good_for(route.setup.generation, now) && !route.setup.is_playing
        };
        let mut pass = shown.clone().filter(is_good);
        if pass.is_some() && decides(request, target) && self.is_playing(target, request).await? {
            // Before anything of the world is passed on: its modules never run with a pass that is good.
            if let Err(error) = gate.refractory.close_setup(&route.id).await {
                tracing::warn!(%error, instance = %route.id, "passes to Foundry's setup could not be revoked");
            }
            pass = None;
        }
        let has_ended = shown.is_some() && pass.is_none();
        // What another site sends is not theirs, whatever their browser adds to it.
        let pass = pass.filter(|_| self.is_from_here(request));
        let sessions = &route.setup.sessions;
        let is_admins = |session: &str| sessions.contains(&foundry_session_digest(session));
        let alone = pass.is_none() && !sessions.is_empty();
        if alone && asked_sessions(request).any(|session| is_admins(&session)) {
            return Err(Notice::Refused {
                status: StatusCode::FORBIDDEN,
                why: "Foundry's setup is closed here. Manage the table in the portal.",
            }
            .into());
        }
        let shown = |session: &str| is_admins(&read_as_express(session));
        let session = if !cookies(request, SESSION).any(shown) {
            SessionRule::Any
        } else if alone {
            SessionRule::Hidden
        } else {
            SessionRule::Only(sessions)
        };
        Ok(SetupStanding { pass, has_ended, session })
    }

    /// Whether a world is open, or about to be, as the program says to this visitor.
    async fn is_playing(&self, target: &Target, request: &HttpRequest) -> Result<bool, Failure> {
        let odd = || Failure::new(Side::Us, false, "asking for the status of a program");
        let path = match target.prefix.as_str() {
            "" => "/api/status".to_owned(),
            prefix => format!("/{prefix}/api/status"),
        };
        let mut question = Request::get(path).header("host", target.authority.as_ref());
        // Without its session each question would make the program another one.
        if let Some(session) = cookies(request, SESSION).next() {
            question = question.header("cookie", format!("{SESSION}={session}"));
        }
        let question = question.body(Outgoing::Empty).map_err(|_| odd())?;
        let pulse = Pulse::new(true);
        let (answer, lease) = self.way_to(target).ask(question, || None, &pulse).await?;
        let body = Limited::new(answer.into_body(), STATUS_SIZE).collect();
        let late = || Failure::new(Side::Upstream, true, "reading the status of a program");
        let body = timeout(STATUS_WITHIN, body)
            .await
            .map_err(|_late| late().timed_out())?
            .map_err(|_broken| late())?;
        lease.give_back();
        Ok(Status::read(&body.to_bytes()).is_some_and(|status| status.active))
    }

    /// Whether somebody with a good pass asks for the page on which Foundry wants the administrator's password.
    pub(super) fn asks_to_sign_in(request: &HttpRequest, target: &Target) -> bool {
        is_safe(request) && path_within(request, target) == Some("/auth")
    }

    /// Signs them in to Foundry's administration, and sends them on to its setup.
    pub(super) async fn signed_in(
        &self,
        route: &Route,
        target: &Target,
        pass: &SetupPass,
    ) -> Result<HttpResponse, Stop<'static>> {
        let Some(gate) = &self.settings().setup else {
            return Err(Notice::Unknown.into());
        };
        match gate.refractory.administer_setup(pass).await {
            Ok(session) => {
                let at = &self.settings().addressing;
                let under = at.by_path.then_some(route.slug.as_str());
                Ok(to_setup(&target.prefix)
                    .cookie(session_cookie(session.expose(), under, at.https))
                    .finish())
            }
            Err(error) => {
                tracing::warn!(%error, instance = %route.id, "signing in to Foundry's setup failed");
                let status = StatusCode::BAD_GATEWAY;
                let said = format!("{}\n", crate::words::error(&error));
                Err(Stop::Told(status, "text/plain; charset=utf-8", said))
            }
        }
    }

    /// Does what has to be done before `action` is passed on.
    pub(super) async fn prepare_for(&self, route: &Route, action: SetupAction) {
        let Some(gate) = &self.settings().setup else { return };
        if action == SetupAction::SaveSettings
            && let Err(error) = gate.refractory.settings_saved(&route.id).await
        {
            tracing::warn!(%error, instance = %route.id, "a restart could not be written down");
        }
    }

    /// Does what follows from `action`, which was passed on; says whether the pass has ended with it.
    pub(super) async fn follow_up(&self, route: &Route, action: SetupAction) -> bool {
        let Some(gate) = &self.settings().setup else { return false };
        let done = match action {
            SetupAction::SignOut => gate.refractory.close_setup(&route.id).await,
            SetupAction::MakeWorld => gate.refractory.note_worlds(&route.id).await,
            SetupAction::SaveSettings | SetupAction::Other => Ok(()),
        };
        if let Err(error) = done {
            tracing::warn!(%error, instance = %route.id, "what was done in Foundry's setup could not be written down");
        }
        action == SetupAction::SignOut
    }

    /// The cookie that takes a pass away.
    pub(super) fn no_pass(&self) -> Option<Cookie<'static>> {
        let gate = self.settings().setup.as_ref()?;
        let mut gone = Cookie::build(gate.cookie.clone(), "")
            .path("/")
            .http_only(true)
            .secure(self.settings().addressing.https)
            .same_site(SameSite::Strict)
            .finish();
        gone.make_removal();
        Some(gone)
    }

    /// Whether a page of the host that `request` is for has sent it, or a person who opened an address.
    pub(crate) fn is_from_here(&self, request: &HttpRequest) -> bool {
        is_from(request, self.host_of(request).ok(), &self.settings().addressing)
    }

    /// The table called `slug`, where `request` was sent to its own host; with that host's name.
    pub(crate) fn at_home(
        &self,
        request: &HttpRequest,
        slug: &str,
    ) -> Option<(std::sync::Arc<Route>, String)> {
        let host = self.host_of(request).ok()?;
        match self.find(host, &format!("/{slug}/")) {
            Found::Table(route) if route.slug.as_str() == slug => {
                Some((route, without_port(host).to_ascii_lowercase()))
            }
            Found::Table(_) | Found::Portal | Found::Damaged | Found::Unknown => None,
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
pub(super) fn enclose(response: &mut HttpResponse) {
    let headers = response.headers_mut();
    for (name, value) in [("x-frame-options", "SAMEORIGIN"), ("cache-control", "no-store")] {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// Whether the page is one of those that somebody in Foundry's setup may look at, and not act on: what is done there is
/// undone behind the deployment's back.
pub(super) fn is_read_only(request: &HttpRequest, target: &Target) -> bool {
    is_safe(request) && path_within(request, target) == Some("/license")
}

/// Whether the answer to `request` depends on whether a world is open: everything behind a closed door, and every page
/// that the code of a world could come with.
fn decides(request: &HttpRequest, target: &Target) -> bool {
    let closed =
        door(request.method().as_str(), request.uri().path(), &target.prefix) != Door::Open;
    let pages = ["", "/", "/join", "/game", "/stream", "/players"];
    closed || path_within(request, target).is_none_or(|path| pages.contains(&path))
}

/// The path below the prefix of the program; none outside it.
fn path_within<'r>(request: &'r HttpRequest, target: &Target) -> Option<&'r str> {
    let path = request.uri().path();
    if target.prefix.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix('/')?.strip_prefix(target.prefix.as_str())?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

fn is_safe(request: &HttpRequest) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

/// Whether a page at `host`, which is reached as `at` says, sent `request`, or a person who opened an address. Browsers say it
/// in two ways.
fn is_from(request: &HttpRequest, host: Option<&str>, at: &Addressing) -> bool {
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
fn is_own_origin(origin: &str, host: &str, at: &Addressing) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
        || origin.eq_ignore_ascii_case(&at.url_of(without_port(host)))
}

/// Every value that `request` has for the cookie `name`: a page elsewhere in the domain may have planted some.
fn cookies<'r>(request: &'r HttpRequest, name: &'r str) -> impl Iterator<Item = &'r str> {
    let headers = request.headers().get_all(header::COOKIE);
    let pairs = headers.flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let (key, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    })
}

/// The sessions that the address of a socket names.
fn asked_sessions(request: &HttpRequest) -> impl Iterator<Item = String> {
    let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let pairs = pairs.map(actix_web::web::Query::into_inner).unwrap_or_default();
    pairs.into_iter().filter(|(name, _)| name == SESSION).map(|(_, session)| session)
}

#[cfg(test)]
mod tests;
