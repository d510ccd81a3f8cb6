//! The edge itself.
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::body::{Outgoing, Pulse, Upload};
use super::client::client_address;
use super::failure::{Failure, Side, fresh_id};
use super::find::{asked_host, is_home, without_port};
use super::forward::Errand;
use super::guard::{Door, Verdict, door, judge, opens_session};
use super::headers::{Handshake, Scene, SessionRule, handshake, settle};
use super::peek::{read_form, read_up_to};
use super::pool::Pool;
use super::route::Target;
use super::setup::{self, SetupAction, SetupStanding};
use super::tls::Tls;
use super::way::Way;
use super::{Access, EdgeSettings, Found, Notice, Route, Routes, referer, say};
use crate::connections::Slots;

/// Numbers edges, so that each has connections of its own on every thread.
static EDGES: AtomicU64 = AtomicU64::new(0);

/// Serves every table's traffic. Clones are handles to one edge.
#[derive(Debug, Clone)]
pub struct Edge(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    number: u64,
    settings: EdgeSettings,
    routes: Routes,
    open: Arc<AtomicUsize>,
    by_client: Slots,
    tls: OnceLock<Tls>,
}

/// What is said to a method that no table is asked with.
pub(crate) const NOT_PASSED_ON: Notice<'static> =
    Notice::Method { allow: PASSED_ON, why: "This method isn't allowed here." };

/// The methods in common use, all of which tables are asked with.
pub(crate) const PASSED_ON: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// Whether requests of this kind end here: they are about the connection, not about anything a table has.
pub(crate) fn is_never_passed_on(method: &Method) -> bool {
    matches!(*method, Method::CONNECT | Method::TRACE)
}

/// Why a request is not passed on.
pub(super) enum Stop<'a> {
    Notice(Notice<'a>),
    Failure(Failure),
    /// It is answered at once, in words that are not ours.
    Told(StatusCode, &'static str, String),
}

/// What is done with the body of a request that is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    /// It is passed on unread.
    Free,
    /// It is read, and passed on if it asks to play.
    Join,
    /// It is read, to know what Foundry is about to do.
    Setup,
}

impl<'a> From<Notice<'a>> for Stop<'a> {
    fn from(notice: Notice<'a>) -> Self {
        Self::Notice(notice)
    }
}

impl From<Failure> for Stop<'_> {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Edge {
    /// An edge that knows no tables yet.
    pub fn new(settings: EdgeSettings) -> Self {
        let number = EDGES.fetch_add(1, Ordering::Relaxed);
        let (routes, open, tls) = (Routes::default(), Arc::default(), OnceLock::new());
        let by_client = Slots::new(settings.tunnels, settings.tunnels_client);
        Self(Arc::new(Inner { number, settings, routes, open, by_client, tls }))
    }

    /// Where the tables are, to be kept up to date.
    pub fn routes(&self) -> &Routes {
        &self.0.routes
    }

    /// Upgraded connections to all instances at this moment.
    pub fn open(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// Ends every upgraded connection there is: for whoever shuts down, because none of them ends by itself.
    pub fn hang_up(&self) {
        self.0.routes.hang_up();
    }

    /// Whom `host` (as the header has it) and `path` mean.
    pub fn find(&self, host: &str, path: &str) -> Found {
        Found::by(&self.0.settings.addressing, &self.0.routes, host, path)
    }

    /// Whom `request` is for.
    ///
    /// # Errors
    ///
    /// What to [`say`](Self::say) instead, where its host is missing, odd or contradicted.
    pub fn locate(&self, request: &HttpRequest) -> Result<Found, Notice<'static>> {
        self.host_of(request).map(|host| self.find(host, request.path()))
    }

    /// Where a page of a table means to lead by `request`, which names no table: where tables share a host, an absolute path
    /// on such a page lacks the name of its table, which the `Referer` has.
    pub fn referred(&self, request: &HttpRequest) -> Option<String> {
        let at = &self.0.settings.addressing;
        let host = self.host_of(request).ok()?;
        referer::place(at, &self.0.routes, request, host)
    }

    /// The host that `request` is for.
    pub(super) fn host_of<'r>(&self, request: &'r HttpRequest) -> Result<&'r str, Notice<'static>> {
        asked_host(request, &self.0.settings)
    }

    /// Answers `request`, which is for the table `route`, on behalf of somebody with `access`.
    ///
    /// The answer must reach the client as it is: no compression, no changes to its headers.
    pub async fn serve(
        &self,
        route: Arc<Route>,
        request: HttpRequest,
        body: web::Payload,
        access: Access,
    ) -> HttpResponse {
        let mut ended = false;
        let mut answer = match self.pass(&route, &request, body, access, &mut ended).await {
            Ok(answer) => answer,
            Err(Stop::Notice(notice)) => self.say(&notice, &request, access),
            Err(Stop::Failure(failure)) => self.fail(&route, &failure, &request, access),
            Err(Stop::Told(status, media, body)) => HttpResponse::build(status)
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .content_type(media)
                .body(body),
        };
        if ended && let Some(gone) = self.no_pass() {
            // Only a name or a value that no header can carry is refused, and ours can be carried.
            let _carried = answer.add_cookie(&gone);
        }
        settle(request.head(), &mut answer);
        answer
    }

    /// Says `notice` in the form that whoever asks can read, never to be kept by a cache.
    pub fn say(&self, notice: &Notice<'_>, request: &HttpRequest, access: Access) -> HttpResponse {
        say::say(self.0.settings.pages.as_ref(), notice, request, access)
    }

    async fn pass<'a>(
        &self,
        route: &'a Route,
        request: &HttpRequest,
        body: web::Payload,
        access: Access,
        ended: &mut bool,
    ) -> Result<HttpResponse, Stop<'a>> {
        if is_never_passed_on(request.method()) {
            return Err(NOT_PASSED_ON.into());
        }
        let handshake = handshake(request.head());
        if let Handshake::Refused(why) = handshake {
            return Err(Notice::Refused { status: StatusCode::BAD_REQUEST, why }.into());
        }
        // What a program signs is told by its signature, whoever may play.
        if !is_signed(request) {
            self.check_admission(route, request, access).await?;
        }
        if let Some(errand) = self.admitted(route, request).await? {
            return self.fetched(route, request, errand, body).await;
        }
        let settings = &self.0.settings;
        if !is_home(&settings.addressing, self.host_of(request)?, route.slug.as_str()) {
            return Err(Notice::Unknown.into());
        }
        self.check_admission(route, request, access).await?;
        let target = route.target().ok_or(Notice::Waiting(route))?;
        let standing = self.setup_standing(route, target, request).await?;
        *ended = standing.has_ended;
        let entry = self.check_door(route, target, request, access, &standing)?;
        if let Some(pass) = &standing.pass
            && Self::asks_to_sign_in(request, target)
        {
            return self.signed_in(route, target, pass).await;
        }
        let errand = Errand {
            way: self.way_to(target),
            line: &route.line,
            moves: route.line.moves(),
            request,
            scene: self.scene(route, request, standing.session)?,
        };
        if handshake == Handshake::Websocket {
            return self.tunnel(route, &errand, body).await;
        }
        match entry {
            Entry::Free => {
                let (body, pulse) = self.body_of(request, body);
                Ok(errand.run(body, pulse).await?)
            }
            Entry::Join => join(route, &errand, body).await,
            Entry::Setup => self.set_up(route, &errand, body, ended).await,
        }
    }

    /// Hides a table from those who may not play there, but for whoever was let into its setup.
    async fn check_admission<'a>(
        &self,
        route: &'a Route,
        request: &HttpRequest,
        access: Access,
    ) -> Result<(), Stop<'a>> {
        if route.admits(access) {
            return Ok(());
        }
        let Some(target) = route.target() else { return Err(Notice::Unknown.into()) };
        let standing = self.setup_standing(route, target, request).await?;
        if standing.pass.is_some() { Ok(()) } else { Err(Notice::Unknown.into()) }
    }

    /// Passes on what somebody does in Foundry's setup.
    async fn set_up<'a>(
        &self,
        route: &'a Route,
        errand: &Errand<'_>,
        body: web::Payload,
        ended: &mut bool,
    ) -> Result<HttpResponse, Stop<'a>> {
        let form = read_up_to(setup::LARGEST_FORM, body, errand.way.patience.body).await?;
        let action = SetupAction::of(errand.request, errand.way.target, &form);
        self.prepare_for(route, action).await;
        let body = if form.is_empty() { Outgoing::Empty } else { Outgoing::Whole(Some(form)) };
        let mut answer = errand.run(body, Pulse::new(true)).await?;
        *ended |= self.follow_up(route, action).await;
        setup::enclose(&mut answer);
        Ok(answer)
    }

    /// Whether this door is open for them; and whether what they post there must be read first.
    fn check_door<'a>(
        &self,
        route: &'a Route,
        target: &Target,
        request: &HttpRequest,
        access: Access,
        standing: &SetupStanding<'_>,
    ) -> Result<Entry, Notice<'a>> {
        let passes = self.0.settings.managers_pass && access == Access::Manager;
        let sets_up = standing.pass.is_some();
        let path = request.uri().path();
        let entry = match door(request.method().as_str(), path, &target.prefix) {
            Door::Never if sets_up && setup::is_read_only(request, target) => Entry::Free,
            Door::Never => return Err(Notice::Closed(route)),
            Door::Admin if sets_up => Entry::Setup,
            Door::Admin if !passes => return Err(Notice::Closed(route)),
            Door::Admin | Door::Open => Entry::Free,
            Door::Join if route.preemption => return Err(Notice::HandOver(route)),
            Door::Join if passes => Entry::Free,
            Door::Join => Entry::Join,
        };
        let is_new = handshake(request.head()) != Handshake::Absent || path.contains("socket.io");
        let query = request.query_string();
        let goes_on = path.contains("socket.io") && !opens_session(path, query);
        if route.preemption && is_new && !goes_on {
            return Err(Notice::HandOver(route));
        }
        Ok(entry)
    }

    async fn tunnel<'a>(
        &self,
        route: &'a Route,
        errand: &Errand<'_>,
        client: web::Payload,
    ) -> Result<HttpResponse, Stop<'a>> {
        let settings = &self.0.settings;
        let address = client_address(errand.request, &settings.trusted_proxies);
        let slot = self.0.by_client.take(address).ok_or(Notice::Full(route))?;
        let place = route
            .line
            .enter(&self.0.open, settings.tunnels_each, settings.tunnels)
            .ok_or(Notice::Full(route))?;
        Ok(errand.upgrade(client, place.with(slot)).await?)
    }

    pub(super) fn settings(&self) -> &EdgeSettings {
        &self.0.settings
    }

    /// Over connections of this edge on this thread.
    pub(super) fn way_to<'t>(&self, target: &'t Target) -> Way<'t> {
        let patience = self.0.settings.patience;
        Way { pool: Pool::here(self.0.number, &patience), target, patience }
    }

    /// How to speak HTTPS.
    pub(super) fn tls(&self) -> Result<Tls, Failure> {
        Tls::of(&self.0.tls)
    }

    pub(super) fn scene<'s>(
        &'s self,
        route: &'s Route,
        request: &'s HttpRequest,
        session: SessionRule<'s>,
    ) -> Result<Scene<'s>, Notice<'static>> {
        let host = without_port(self.host_of(request)?);
        let slug = route.slug.as_str();
        Ok(Scene { settings: &self.0.settings, host, slug, session })
    }

    pub(super) fn body_of(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> (Outgoing, Rc<Pulse>) {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.trim().parse::<u64>().ok());
        let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
        if length.unwrap_or(0) == 0 && !is_chunked {
            return (Outgoing::Empty, Pulse::new(true));
        }
        let pulse = Pulse::new(false);
        let patience = self.0.settings.patience.body;
        let upload = Upload::new(payload, length, Rc::clone(&pulse), patience);
        (Outgoing::Upload(upload), pulse)
    }

    fn fail(
        &self,
        route: &Route,
        failure: &Failure,
        request: &HttpRequest,
        access: Access,
    ) -> HttpResponse {
        let id = fresh_id();
        tracing::warn!(
            %id, instance = %route.id, method = %request.method(), path = request.path(),
            cause = failure.chain(), "an exchange broke off"
        );
        let status = failure.status();
        let notice = match failure.side {
            Side::Downstream => {
                Notice::Refused { status, why: "The request was incomplete. Try again." }
            }
            Side::Upstream | Side::Us => Notice::Failed { route, status, id: &id },
        };
        self.say(&notice, request, access)
    }
}

/// Whether `request` has the form of one that a program signed for its uploads.
fn is_signed(request: &HttpRequest) -> bool {
    request.headers().contains_key(header::AUTHORIZATION)
        || request.query_string().contains("X-Amz-Signature=")
}

/// Passes a form on that was posted to `/join`, if it asks to play.
async fn join<'a>(
    route: &'a Route,
    errand: &Errand<'_>,
    body: web::Payload,
) -> Result<HttpResponse, Stop<'a>> {
    let form = read_form(body, errand.way.patience.body).await?;
    match judge(errand.request, &form) {
        Verdict::Fine => {}
        Verdict::Admin => return Err(Notice::Closed(route).into()),
        Verdict::Refused(status, why) => return Err(Notice::Refused { status, why }.into()),
    }
    Ok(errand.run(Outgoing::Whole(Some(form)), Pulse::new(true)).await?)
}
