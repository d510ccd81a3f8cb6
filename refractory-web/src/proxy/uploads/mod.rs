//! Uploads that lie where only the deployment may read them: asked for there with its signature, and passed on.
//!
//! To a browser they are files of the table, at the table's own address: no other origin, no redirect, nothing to sign. To
//! Foundry's program the same address is the store itself. Who may have what, and how the store is asked, is the
//! handle's to say; the edge moves bytes.
mod ask;
mod response;

use std::rc::Rc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use refractory_core::ports::{AccessDecision, AssetReader, AssetRequest, SignedRequest};
use refractory_core::{ErrorKind, Refractory};
use tokio::time::timeout;

use super::body::{ActivityClock, RequestBody, WaitLimit};
use super::destination::is_home;
use super::failure::{Failure, Side};
use super::forward::{new_response, size_of};
use super::headers::{SessionRule, response_headers};
use super::pool::ConnectionLease;
use super::rejection::Rejection;
use super::response_body::ResponseBody;
use super::route::Target;
use super::{Edge, Notice, Route};

/// Limits for draining a response, such as a refusal of the store, to reuse its connection.
const DRAIN_LIMIT: usize = 16 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Something that was asked of uploads, and how the store is asked for it.
pub(super) struct AuthorizedUpload {
    ask: AssetRequest,
    signed: SignedRequest,
}

/// An answer of the store, and the connection it comes over.
type StoreResponse = (Response<Incoming>, ConnectionLease, Rc<ActivityClock>);

impl Edge {
    /// How the store is asked for what `request` wants of the uploads of `route`; none where it is not about them.
    ///
    /// Browsers are served while the table is awake, as its other files are. Its program is served as long as a launch is
    /// known: it looks through its bucket before anyone may join, and may still write while its world closes.
    pub(super) async fn authorize_upload<'a>(
        &self,
        route: &'a Route,
        request: &HttpRequest,
    ) -> Result<Option<AuthorizedUpload>, Rejection<'a>> {
        let Some(refractory) = &self.settings().uploads else { return Ok(None) };
        let Some(ask) = ask::of(route, request) else { return Ok(None) };
        if !ask.is_signed() && route.target().is_none() {
            return Err(Notice::Waiting(route).into());
        }
        Ok(admit(refractory, &ask).await?.map(|signed| AuthorizedUpload { ask, signed }))
    }

    /// The response of the store, as far as the client may see it.
    pub(super) async fn fetch_upload<'a>(
        &self,
        route: &'a Route,
        request: &HttpRequest,
        admitted: AuthorizedUpload,
        body: web::Payload,
    ) -> Result<HttpResponse, Rejection<'a>> {
        match admitted.signed.to {
            AssetReader::Program => {
                let (body, pulse) = self.body_of(request, body);
                let answer = self.send_to_store(&admitted.signed, body, pulse).await?;
                let (head, mut response) = self.relayed(request, answer);
                response_headers(
                    &head,
                    response.headers_mut(),
                    &self.scene(route, request, SessionRule::Any)?,
                );
                Ok(response)
            }
            AssetReader::Browser => {
                let answer = self.read(admitted).await?;
                if let Err(stop) = response::check(answer.0.status()) {
                    discard(answer).await;
                    return Err(stop);
                }
                let (head, mut response) = self.relayed(request, answer);
                response::browser_headers(&head, response.headers_mut());
                self.allow_former_name(route, request, &mut response)?;
                Ok(response)
            }
        }
    }

    /// Asks for one upload; once more with another key where the store knows the first no longer.
    async fn read(&self, admitted: AuthorizedUpload) -> Result<StoreResponse, Rejection<'static>> {
        let AuthorizedUpload { mut ask, signed } = admitted;
        let answer =
            self.send_to_store(&signed, RequestBody::Empty, ActivityClock::new(true)).await?;
        if answer.0.status() != StatusCode::FORBIDDEN {
            return Ok(answer);
        }
        let Some(refractory) = &self.settings().uploads else { return Ok(answer) };
        ask.refused = Some(signed.with);
        discard(answer).await;
        match admit(refractory, &ask).await {
            Ok(Some(again)) => {
                Ok(self.send_to_store(&again, RequestBody::Empty, ActivityClock::new(true)).await?)
            }
            Err(Rejection::Failure(failure)) => Err(failure.into()),
            // There is no other key.
            Ok(None) | Err(Rejection::Notice(_) | Rejection::Plain(..)) => {
                Err(response::store_denied().into())
            }
        }
    }

    async fn send_to_store(
        &self,
        signed: &SignedRequest,
        body: RequestBody,
        pulse: Rc<ActivityClock>,
    ) -> Result<StoreResponse, Failure> {
        let at: Uri = signed.url.parse().map_err(|error| store_failure().caused_by(error))?;
        let target = self.target_of(&at)?;
        let reads = matches!(signed.method.as_str(), "GET" | "HEAD");
        let again = || reads.then(|| question(signed, &at, RequestBody::Empty));
        let store_request = question(signed, &at, body)?;
        let (answer, lease) = self.upstream(&target).send(store_request, again, &pulse).await?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Failure::new(Side::Upstream, true, "reading an unexpected response"));
        }
        Ok((answer, lease, pulse))
    }

    fn target_of(&self, at: &Uri) -> Result<Target, Failure> {
        let host = at.host().ok_or_else(store_failure)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let https = at.scheme_str() == Some("https");
        let tls = if https { Some(self.tls()?) } else { None };
        let port = at.port_u16().unwrap_or(if https { 443 } else { 80 });
        Ok(Target::store(host, port, tls))
    }

    /// `answer` on its way, without its headers, and what these were.
    fn relayed(&self, request: &HttpRequest, answer: StoreResponse) -> (HeaderMap, HttpResponse) {
        let (answer, lease, pulse) = answer;
        let (head, body) = answer.into_parts();
        let size = size_of(&head);
        let wait = WaitLimit::at_most(self.settings().timeouts.body);
        let relay = ResponseBody::new(None, body, size, wait, (lease, pulse));
        let response = new_response(request, head.status, relay, size);
        (head.headers, response)
    }

    /// Lets the table's own pages draw what they find at a name that it had before.
    fn allow_former_name(
        &self,
        route: &Route,
        request: &HttpRequest,
        response: &mut HttpResponse,
    ) -> Result<(), Notice<'static>> {
        let at = &self.settings().addressing;
        if !is_home(at, self.host_of(request)?, route.slug.as_str()) {
            let origin = at.url_of(&format!("{}.{}", route.slug, at.domain.trim_matches('.')));
            response::allow_origin(&origin, response.headers_mut());
        }
        Ok(())
    }
}

/// Reads a discarded response to its end, if that is soon, so that its connection can be reused.
async fn discard((answer, lease, pulse): StoreResponse) {
    let rest = Limited::new(answer.into_body(), DRAIN_LIMIT).collect();
    if pulse.is_done() && matches!(timeout(DRAIN_TIMEOUT, rest).await, Ok(Ok(_))) {
        lease.give_back();
    }
}

async fn admit(
    refractory: &Refractory,
    ask: &AssetRequest,
) -> Result<Option<SignedRequest>, Rejection<'static>> {
    match refractory.admit_upload(ask).await {
        Ok(AccessDecision::Send(signed)) => Ok(Some(signed)),
        Ok(AccessDecision::Refuse(refusal)) => Err(response::refused(refusal)),
        // Without an asset gateway the address is the program's.
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(None),
        Err(error) => {
            let doing = "preparing access to uploads";
            Err(Failure::new(Side::Upstream, false, doing).caused_by(error).into())
        }
    }
}

/// The request to the store: what the gateway signed, and nothing else.
fn question(
    signed: &SignedRequest,
    at: &Uri,
    body: RequestBody,
) -> Result<Request<RequestBody>, Failure> {
    let path = at.path_and_query().map_or("/", |path| path.as_str());
    let mut question = Request::builder().method(signed.method.as_str()).uri(path);
    for (name, value) in &signed.headers {
        question = question.header(name, value.as_bytes());
    }
    question.body(body).map_err(|error| store_failure().caused_by(error))
}

fn store_failure() -> Failure {
    Failure::new(Side::Us, false, "putting a question to the store of uploads together")
}
