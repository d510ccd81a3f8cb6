//! The edge.
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::body::{ActivityClock, RequestBody, Upload};
use super::client::{client_address, without_port};
use super::destination::{is_home, requested_host};
use super::failure::{Failure, Side, new_failure_id};
use super::form::{read_form, read_up_to};
use super::forward::ProxyRequest;
use super::guard::{JoinDecision, PathAccess, decide_join, opens_session, path_access};
use super::headers::{ForwardedContext, Handshake, SessionRule, close_after_offer, handshake};
use super::pool::Pool;
use super::rejection::Rejection;
use super::route::Target;
use super::setup_request::{self, SetupAccess, SetupAction};
use super::tls::Tls;
use super::upstream::Upstream;
use super::{Access, Destination, EdgeSettings, Notice, Route, Routes, referer, respond};
use crate::connections::Slots;

/// Numbers edges, so that each has its own connections on every thread.
static EDGES: AtomicU64 = AtomicU64::new(0);

/// Serves every table's traffic. Clones are handles to one edge.
#[derive(Debug, Clone)]
pub struct Edge(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    number: u64,
    settings: EdgeSettings,
    routes: Routes,
    open_connections: Arc<AtomicUsize>,
    by_client: Slots,
    tls: OnceLock<Tls>,
}

/// What is said to a method that no table is asked with.
pub(crate) const METHOD_REFUSED: Notice<'static> =
    Notice::Method { allow: ALLOWED_METHODS, why: "This method isn't allowed here." };

/// The methods in common use, all of which tables are asked with.
pub(crate) const ALLOWED_METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// Whether requests of this kind end here: they are about the connection, not about anything a table has.
pub(crate) fn is_refused_method(method: &Method) -> bool {
    matches!(*method, Method::CONNECT | Method::TRACE)
}

/// What is done with the body of a request that is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyPolicy {
    /// It is passed on unread.
    PassThrough,
    /// It is read, and passed on if it asks to play.
    JoinForm,
    /// It is read, to know what Foundry is about to do.
    SetupForm,
}

impl Edge {
    /// An edge that knows no tables yet.
    pub fn new(settings: EdgeSettings) -> Self {
        let number = EDGES.fetch_add(1, Ordering::Relaxed);
        let (routes, open, tls) = (Routes::default(), Arc::default(), OnceLock::new());
        let by_client = Slots::new(settings.tunnels, settings.tunnels_per_client);
        Self(Arc::new(Inner { number, settings, routes, open_connections: open, by_client, tls }))
    }

    /// Where the tables are, to be kept up to date.
    pub fn routes(&self) -> &Routes {
        &self.0.routes
    }

    /// Upgraded connections to all instances at this moment.
    pub fn open(&self) -> usize {
        self.0.open_connections.load(Ordering::Relaxed)
    }

    /// Closes every upgraded connection, for a shutdown: none of them ends on its own.
    pub fn close_connections(&self) {
        self.0.routes.close_connections();
    }

    /// Whom `host` (as the header has it) and `path` mean.
    pub fn find(&self, host: &str, path: &str) -> Destination {
        Destination::resolve(&self.0.settings.addressing, &self.0.routes, host, path)
    }

    /// Whom `request` is for.
    ///
    /// # Errors
    ///
    /// The notice to [`respond`](Self::respond) with, if its host is missing, malformed or contradictory.
    pub fn locate(&self, request: &HttpRequest) -> Result<Destination, Notice<'static>> {
        self.host_of(request).map(|host| self.find(host, request.path()))
    }

    /// Where a page of a table means to lead by `request`, which names no table: where tables share a host, an absolute path
    /// on such a page lacks the name of its table, which the `Referer` has.
    pub fn referred(&self, request: &HttpRequest) -> Option<String> {
        let at = &self.0.settings.addressing;
        let host = self.host_of(request).ok()?;
        referer::redirect_target(at, &self.0.routes, request, host)
    }

    /// The host that `request` is for.
    pub(super) fn host_of<'r>(&self, request: &'r HttpRequest) -> Result<&'r str, Notice<'static>> {
        requested_host(request, &self.0.settings)
    }

    /// Serves `request`, which is for the table `route`, for a client with `access`.
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
        let mut answer = match self.forward(&route, &request, body, access, &mut ended).await {
            Ok(answer) => answer,
            Err(Rejection::Notice(notice)) => self.respond(&notice, &request, access),
            Err(Rejection::Failure(failure)) => self.fail(&route, &failure, &request, access),
            Err(Rejection::Plain(status, media, body)) => HttpResponse::build(status)
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .content_type(media)
                .body(body),
        };
        if ended && let Some(gone) = self.expired_pass_cookie() {
            // Only a name or a value that no header can carry is refused, and ours can be carried.
            let _carried = answer.add_cookie(&gone);
        }
        close_after_offer(request.head(), &mut answer);
        answer
    }

    /// Returns `notice` in the format that the client accepts, never cached.
    pub fn respond(
        &self,
        notice: &Notice<'_>,
        request: &HttpRequest,
        access: Access,
    ) -> HttpResponse {
        respond::respond(self.0.settings.pages.as_ref(), notice, request, access)
    }

    async fn forward<'a>(
        &self,
        route: &'a Route,
        request: &HttpRequest,
        body: web::Payload,
        access: Access,
        ended: &mut bool,
    ) -> Result<HttpResponse, Rejection<'a>> {
        if is_refused_method(request.method()) {
            return Err(METHOD_REFUSED.into());
        }
        let handshake = handshake(request.head());
        if let Handshake::Refused(why) = handshake {
            return Err(Notice::Refused { status: StatusCode::BAD_REQUEST, why }.into());
        }
        // What a program signs is checked by its signature, whatever the access.
        let signed = is_signed(request);
        let admission =
            if signed { None } else { self.check_admission(route, request, access).await? };
        if let Some(upload) = self.authorize_upload(route, request).await? {
            return self.fetch_upload(route, request, upload, body).await;
        }
        let settings = &self.0.settings;
        if !is_home(&settings.addressing, self.host_of(request)?, route.slug.as_str()) {
            return Err(Notice::Unknown.into());
        }
        let admission =
            if signed { self.check_admission(route, request, access).await? } else { admission };
        let target = route.target().ok_or(Notice::Waiting(route))?;
        let standing = match admission {
            Some(standing) => standing,
            None => self.setup_access(route, target, request).await?,
        };
        *ended = standing.has_ended;
        let entry = self.check_path(route, target, request, access, &standing)?;
        if let Some(pass) = &standing.pass
            && Self::asks_to_sign_in(request, target)
        {
            return self.sign_in(route, target, pass).await;
        }
        let proxy_request = ProxyRequest {
            upstream: self.upstream(target),
            connections: &route.connections,
            relocations: route.connections.relocations(),
            request,
            context: self.scene(route, request, standing.session)?,
        };
        if handshake == Handshake::Websocket {
            return self.tunnel(route, &proxy_request, body).await;
        }
        match entry {
            BodyPolicy::PassThrough => {
                let (body, pulse) = self.body_of(request, body);
                Ok(proxy_request.run(body, pulse).await?)
            }
            BodyPolicy::JoinForm => forward_join(route, &proxy_request, body).await,
            BodyPolicy::SetupForm => self.forward_setup(route, &proxy_request, body, ended).await,
        }
    }

    /// Hides a table from clients that may not play there, except those with a pass to its setup: returns their access to it.
    async fn check_admission<'a>(
        &self,
        route: &'a Route,
        request: &HttpRequest,
        access: Access,
    ) -> Result<Option<SetupAccess<'a>>, Rejection<'a>> {
        if route.admits(access) {
            return Ok(None);
        }
        let Some(target) = route.target() else { return Err(Notice::Unknown.into()) };
        let standing = self.setup_access(route, target, request).await?;
        if standing.pass.is_some() { Ok(Some(standing)) } else { Err(Notice::Unknown.into()) }
    }

    /// Forwards a request to Foundry's setup.
    async fn forward_setup<'a>(
        &self,
        route: &'a Route,
        proxy_request: &ProxyRequest<'_>,
        body: web::Payload,
        ended: &mut bool,
    ) -> Result<HttpResponse, Rejection<'a>> {
        let form =
            read_up_to(setup_request::LARGEST_FORM, body, proxy_request.upstream.timeouts.body)
                .await?;
        let action = SetupAction::of(proxy_request.request, proxy_request.upstream.target, &form);
        self.prepare_for(route, action).await;
        let body =
            if form.is_empty() { RequestBody::Empty } else { RequestBody::Whole(Some(form)) };
        let mut answer = proxy_request.run(body, ActivityClock::new(true)).await?;
        *ended |= self.follow_up(route, action).await;
        setup_request::protect_setup_page(&mut answer);
        Ok(answer)
    }

    /// Whether the client may use this path, and how its body is treated.
    fn check_path<'a>(
        &self,
        route: &'a Route,
        target: &Target,
        request: &HttpRequest,
        access: Access,
        standing: &SetupAccess<'_>,
    ) -> Result<BodyPolicy, Notice<'a>> {
        let passes = self.0.settings.managers_pass && access == Access::Manager;
        let sets_up = standing.pass.is_some();
        let path = request.uri().path();
        let entry = match path_access(request.method().as_str(), path, &target.prefix) {
            PathAccess::Forbidden if sets_up && setup_request::is_read_only(request, target) => {
                BodyPolicy::PassThrough
            }
            PathAccess::Forbidden => return Err(Notice::Closed(route)),
            PathAccess::Admin if sets_up => BodyPolicy::SetupForm,
            PathAccess::Admin if !passes => return Err(Notice::Closed(route)),
            PathAccess::Admin | PathAccess::Public => BodyPolicy::PassThrough,
            PathAccess::Join if route.preemption => return Err(Notice::HandOver(route)),
            PathAccess::Join if passes => BodyPolicy::PassThrough,
            PathAccess::Join => BodyPolicy::JoinForm,
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
        proxy_request: &ProxyRequest<'_>,
        client: web::Payload,
    ) -> Result<HttpResponse, Rejection<'a>> {
        let settings = &self.0.settings;
        let address = client_address(proxy_request.request, &settings.trusted_proxies);
        let slot = self.0.by_client.take(address).ok_or(Notice::Full(route))?;
        let place = route
            .connections
            .enter(&self.0.open_connections, settings.tunnels_per_instance, settings.tunnels)
            .ok_or(Notice::Full(route))?;
        Ok(proxy_request.upgrade(client, place.with(slot)).await?)
    }

    pub(super) fn settings(&self) -> &EdgeSettings {
        &self.0.settings
    }

    /// Over connections of this edge on this thread.
    pub(super) fn upstream<'t>(&self, target: &'t Target) -> Upstream<'t> {
        let timeouts = self.0.settings.timeouts;
        Upstream { pool: Pool::for_thread(self.0.number, &timeouts), target, timeouts }
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
    ) -> Result<ForwardedContext<'s>, Notice<'static>> {
        let host = without_port(self.host_of(request)?);
        let slug = route.slug.as_str();
        Ok(ForwardedContext { settings: &self.0.settings, host, slug, session })
    }

    pub(super) fn body_of(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> (RequestBody, Rc<ActivityClock>) {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.trim().parse::<u64>().ok());
        let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
        if length.unwrap_or(0) == 0 && !is_chunked {
            return (RequestBody::Empty, ActivityClock::new(true));
        }
        let pulse = ActivityClock::new(false);
        let limit = self.0.settings.timeouts.body;
        let upload = Upload::new(payload, length, Rc::clone(&pulse), limit);
        (RequestBody::ClientBody(upload), pulse)
    }

    fn fail(
        &self,
        route: &Route,
        failure: &Failure,
        request: &HttpRequest,
        access: Access,
    ) -> HttpResponse {
        let id = new_failure_id();
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
        self.respond(&notice, request, access)
    }
}

/// Whether `request` has the form of one that a program signed for its uploads.
fn is_signed(request: &HttpRequest) -> bool {
    request.headers().contains_key(header::AUTHORIZATION)
        || request.query_string().contains("X-Amz-Signature=")
}

/// Passes a form on that was posted to `/join`, if it asks to play.
async fn forward_join<'a>(
    route: &'a Route,
    proxy_request: &ProxyRequest<'_>,
    body: web::Payload,
) -> Result<HttpResponse, Rejection<'a>> {
    let form = read_form(body, proxy_request.upstream.timeouts.body).await?;
    match decide_join(proxy_request.request, &form) {
        JoinDecision::Play => {}
        JoinDecision::Admin => return Err(Notice::Closed(route).into()),
        JoinDecision::Refused(status, why) => return Err(Notice::Refused { status, why }.into()),
    }
    Ok(proxy_request.run(RequestBody::Whole(Some(form)), ActivityClock::new(true)).await?)
}
