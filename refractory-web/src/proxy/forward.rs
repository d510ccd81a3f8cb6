//! Forwards one request and its response.
use std::rc::Rc;

use actix_web::body::BodySize;
use actix_web::http::{ConnectionType, Version, header};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::InstanceConnections;
use super::body::{ActivityClock, RequestBody, WaitLimit};
use super::failure::{Failure, Side};
use super::headers::{ForwardedContext, request_headers, response_headers};
use super::pool::ConnectionLease;
use super::response_body::ResponseBody;
use super::upstream::Upstream;
use crate::connections::OversizedCookies;

/// One request on its way to an instance.
pub(super) struct ProxyRequest<'a> {
    pub(super) upstream: Upstream<'a>,
    pub(super) connections: &'a InstanceConnections,
    /// Where the instance had moved to when the request came.
    pub(super) relocations: u64,
    pub(super) request: &'a HttpRequest,
    pub(super) context: ForwardedContext<'a>,
}

impl ProxyRequest<'_> {
    /// Sends the request to the instance and relays its response.
    pub(super) async fn run(
        &self,
        body: RequestBody,
        pulse: Rc<ActivityClock>,
    ) -> Result<HttpResponse, Failure> {
        let repeatable = self.is_repeatable(&body);
        let question = self.compose(body, false)?;
        let again = || repeatable.then(|| self.compose(RequestBody::Empty, false));
        let (answer, lease) = self.upstream.send(question, again, &pulse).await?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Failure::new(Side::Upstream, true, "reading an unexpected response"));
        }
        if answer.status() == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE {
            let flood = OversizedCookies::of_request(self.request);
            if flood.has_cookies() {
                return Ok(flood.answer(&self.context.settings.cookies));
            }
        }
        self.relay(answer, lease, pulse).await
    }

    /// The request for the instance.
    pub(super) fn compose(
        &self,
        body: RequestBody,
        upgrade: bool,
    ) -> Result<Request<RequestBody>, Failure> {
        let odd = |_| Failure::new(Side::Downstream, false, "reading the request line");
        let path = self.request.uri().path_and_query().map_or("*", |path| path.as_str());
        let mut question = Request::new(body);
        *question.method_mut() = Method::from_bytes(self.request.method().as_str().as_bytes())
            .map_err(|_| Failure::new(Side::Downstream, false, "reading the method"))?;
        *question.uri_mut() = path.parse().map_err(odd)?;
        *question.headers_mut() = request_headers(self.request, &self.context, upgrade);
        Ok(question)
    }

    /// The response for the client. If the first chunk of a page never comes, an error page is still possible.
    pub(super) async fn relay(
        &self,
        answer: Response<Incoming>,
        lease: ConnectionLease,
        pulse: Rc<ActivityClock>,
    ) -> Result<HttpResponse, Failure> {
        let timeouts = self.upstream.timeouts;
        let (head, mut body) = answer.into_parts();
        let early = if has_media_type(&head, "text/html") {
            timeout(timeouts.body, first_chunk(&mut body)).await.unwrap_or_else(|_late| {
                Err(Failure::new(Side::Upstream, true, "waiting for a page").timed_out())
            })?
        } else {
            None
        };
        let wait = if has_media_type(&head, "text/event-stream") {
            // It may be as quiet as a websocket. A client that has gone is noticed only at the next write.
            let over = Box::pin(self.connections.departed(self.relocations));
            WaitLimit { timeout: timeouts.tunnel, canceled: Some(over) }
        } else {
            WaitLimit::at_most(timeouts.body)
        };
        let size = size_of(&head);
        let relay = ResponseBody::new(early, body, size, wait, (lease, pulse));
        let mut response = new_response(self.request, head.status, relay, size);
        response_headers(&head.headers, response.headers_mut(), &self.context);
        Ok(response)
    }

    fn is_repeatable(&self, body: &RequestBody) -> bool {
        let method = self.request.method();
        matches!(body, RequestBody::Empty) && (method.is_safe() || method.is_idempotent())
    }
}

/// An answer to `request` with this body, which has this size, and without headers so far.
pub(super) fn new_response(
    request: &HttpRequest,
    status: StatusCode,
    body: ResponseBody,
    size: BodySize,
) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status.as_u16())
        .ok()
        // An interim answer is none, and only a tunnel may say 101.
        .filter(|status| !status.is_informational())
        .unwrap_or(actix_web::http::StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::with_body(status, body);
    if size == BodySize::Stream && request.version() == Version::HTTP_10 {
        // HTTP/1.0 knows no chunks: there the end of the connection is the end of the body.
        response.head_mut().no_chunking(true);
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    response.map_into_boxed_body()
}

/// Whether the answer is of this media type.
fn has_media_type(head: &http::response::Parts, kind: &str) -> bool {
    let said = head.headers.get(header::CONTENT_TYPE.as_str());
    let said = said.and_then(|said| said.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(kind)
}

/// The first piece of a body; none where it is empty.
async fn first_chunk(body: &mut Incoming) -> Result<Option<Bytes>, Failure> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::exchange(error, true))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// What the instance announced. The client gets the same length, so that it notices a truncated body.
pub(super) fn size_of(head: &http::response::Parts) -> BodySize {
    if head.status == StatusCode::NO_CONTENT || head.status == StatusCode::NOT_MODIFIED {
        return BodySize::None;
    }
    if head.headers.contains_key(header::TRANSFER_ENCODING.as_str()) {
        return BodySize::Stream;
    }
    let length = head.headers.get(header::CONTENT_LENGTH.as_str());
    match length.and_then(|length| length.to_str().ok()?.trim().parse().ok()) {
        Some(length) => BodySize::Sized(length),
        None => BodySize::Stream,
    }
}
