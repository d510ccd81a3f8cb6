//! Access to Foundry's setup through the edge, and its end.
use std::time::Duration;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use http::Request;
use http_body_util::{BodyExt as _, Limited};
use refractory_core::foundry::Status;
use refractory_core::{SetupPass, foundry_session_digest};
use tokio::time::timeout;

use super::body::{ActivityClock, RequestBody};
use super::client::without_port;
use super::failure::{Failure, Side};
use super::headers::{SessionRule, read_as_express};
use super::rejection::Rejection;
use super::route::Target;
use super::setup_request::{
    SESSION, SetupAccess, SetupAction, asked_sessions, cookies, is_from, is_safe,
    needs_world_check, path_within, session_cookie, to_setup,
};
use super::{Destination, Edge, Notice, Route};

/// The status of a program is a line.
const STATUS_SIZE: usize = 64 << 10;
const STATUS_WITHIN: Duration = Duration::from_secs(10);

impl Edge {
    /// The access of `request` to Foundry's setup. Asks the program whether a world is open, if that decides.
    pub(super) async fn setup_access<'r>(
        &self,
        route: &'r Route,
        target: &Target,
        request: &HttpRequest,
    ) -> Result<SetupAccess<'r>, Rejection<'static>> {
        let Some(gate) = &self.settings().setup else { return Ok(SetupAccess::default()) };
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
        if pass.is_some()
            && needs_world_check(request, target)
            && self.is_playing(target, request).await?
        {
            // Before anything of the world is passed on: its modules never run with a pass that is good.
            if let Err(error) = gate.refractory.close_setup(&route.id).await {
                tracing::warn!(%error, instance = %route.id, "passes to Foundry's setup could not be revoked");
            }
            pass = None;
        }
        let has_ended = shown.is_some() && pass.is_none();
        // What another site sends is not theirs, whatever their browser adds to it.
        let pass = pass.filter(|_| self.is_same_origin(request));
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
        Ok(SetupAccess { pass, has_ended, session })
    }

    /// Whether a world is open, or about to be, as the program reports to this visitor.
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
        let question = question.body(RequestBody::Empty).map_err(|_| odd())?;
        let pulse = ActivityClock::new(true);
        let (answer, lease) = self.upstream(target).send(question, || None, &pulse).await?;
        let body = Limited::new(answer.into_body(), STATUS_SIZE).collect();
        let late = || Failure::new(Side::Upstream, true, "reading the status of a program");
        let body = timeout(STATUS_WITHIN, body)
            .await
            .map_err(|_late| late().timed_out())?
            .map_err(|_broken| late())?;
        lease.give_back();
        Ok(Status::read(&body.to_bytes()).is_some_and(|status| status.active))
    }

    /// Whether a client with a valid pass requests the page on which Foundry wants the administrator's password.
    pub(super) fn asks_to_sign_in(request: &HttpRequest, target: &Target) -> bool {
        is_safe(request) && path_within(request, target) == Some("/auth")
    }

    /// Signs them in to Foundry's administration, and sends them on to its setup.
    pub(super) async fn sign_in(
        &self,
        route: &Route,
        target: &Target,
        pass: &SetupPass,
    ) -> Result<HttpResponse, Rejection<'static>> {
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
                Err(Rejection::Plain(status, "text/plain; charset=utf-8", said))
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

    /// Handles the consequences of `action`, which was forwarded; returns whether the pass has ended with it.
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
    pub(super) fn expired_pass_cookie(&self) -> Option<Cookie<'static>> {
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
    pub(crate) fn is_same_origin(&self, request: &HttpRequest) -> bool {
        is_from(request, self.host_of(request).ok(), &self.settings().addressing)
    }

    /// The table called `slug`, where `request` was sent to its own host; with that host's name.
    pub(crate) fn table_at_own_host(
        &self,
        request: &HttpRequest,
        slug: &str,
    ) -> Option<(std::sync::Arc<Route>, String)> {
        let host = self.host_of(request).ok()?;
        match self.find(host, &format!("/{slug}/")) {
            Destination::Table(route) if route.slug.as_str() == slug => {
                Some((route, without_port(host).to_ascii_lowercase()))
            }
            Destination::Table(_)
            | Destination::Portal
            | Destination::Damaged
            | Destination::Unknown => None,
        }
    }
}
