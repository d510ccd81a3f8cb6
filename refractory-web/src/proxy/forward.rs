//! One request and its answer.
use std::rc::Rc;

use actix_web::body::BodySize;
use actix_web::http::{ConnectionType, Version, header};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::Line;
use super::body::{Outgoing, Pulse, Relay, Wait};
use super::failure::{Failure, Side};
use super::headers::{Scene, answer_headers, ask_headers};
use super::pool::Lease;
use super::way::Way;
use crate::connections::Flood;

/// One request on its way to an instance.
pub(super) struct Errand<'a> {
    pub(super) way: Way<'a>,
    pub(super) line: &'a Line,
    /// Where the instance had moved to when the request came.
    pub(super) moves: u64,
    pub(super) request: &'a HttpRequest,
    pub(super) scene: Scene<'a>,
}

impl Errand<'_> {
    /// Asks the instance and passes on what it answers.
    pub(super) async fn run(
        &self,
        body: Outgoing,
        pulse: Rc<Pulse>,
    ) -> Result<HttpResponse, Failure> {
        let repeatable = self.is_repeatable(&body);
        let question = self.compose(body, false)?;
        let again = || repeatable.then(|| self.compose(Outgoing::Empty, false));
        let (answer, lease) = self.way.ask(question, again, &pulse).await?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Failure::new(Side::Upstream, true, "reading an unexpected response"));
        }
        if answer.status() == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE {
            let flood = Flood::of_request(self.request);
            if flood.has_cookies() {
                return Ok(flood.answer(&self.scene.settings.cookies));
            }
        }
        self.relayed(answer, lease, pulse).await
    }

    /// The question as the instance gets it.
    pub(super) fn compose(
        &self,
        body: Outgoing,
        upgrade: bool,
    ) -> Result<Request<Outgoing>, Failure> {
        let odd = |_| Failure::new(Side::Downstream, false, "reading the request line");
        let path = self.request.uri().path_and_query().map_or("*", |path| path.as_str());
        let mut question = Request::new(body);
        *question.method_mut() = Method::from_bytes(self.request.method().as_str().as_bytes())
            .map_err(|_| Failure::new(Side::Downstream, false, "reading the method"))?;
        *question.uri_mut() = path.parse().map_err(odd)?;
        *question.headers_mut() = ask_headers(self.request, &self.scene, upgrade);
        Ok(question)
    }

    /// The answer as the client gets it. Where a page's first words never come, that can still be told on a page.
    pub(super) async fn relayed(
        &self,
        answer: Response<Incoming>,
        lease: Lease,
        pulse: Rc<Pulse>,
    ) -> Result<HttpResponse, Failure> {
        let patience = self.way.patience;
        let (head, mut body) = answer.into_parts();
        let early = if is_of(&head, "text/html") {
            timeout(patience.body, first_words(&mut body)).await.unwrap_or_else(|_late| {
                Err(Failure::new(Side::Upstream, true, "waiting for a page").timed_out())
            })?
        } else {
            None
        };
        let wait = if is_of(&head, "text/event-stream") {
            // As quiet as a socket may be. Whoever has gone is noticed only when there is something to tell.
            let over = Box::pin(self.line.left(self.moves));
            Wait { patience: patience.tunnel, over: Some(over) }
        } else {
            Wait::at_most(patience.body)
        };
        let size = size_of(&head);
        let relay = Relay::new(early, body, size, wait, (lease, pulse));
        let mut response = passed_on(self.request, head.status, relay, size);
        answer_headers(&head.headers, response.headers_mut(), &self.scene);
        Ok(response)
    }

    fn is_repeatable(&self, body: &Outgoing) -> bool {
        let method = self.request.method();
        matches!(body, Outgoing::Empty) && (method.is_safe() || method.is_idempotent())
    }
}

/// An answer to `request` with this body, which has this size, and without headers so far.
pub(super) fn passed_on(
    request: &HttpRequest,
    status: StatusCode,
    body: Relay,
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
fn is_of(head: &http::response::Parts, kind: &str) -> bool {
    let said = head.headers.get(header::CONTENT_TYPE.as_str());
    let said = said.and_then(|said| said.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(kind)
}

/// The first piece of a body; none where it is empty.
async fn first_words(body: &mut Incoming) -> Result<Option<Bytes>, Failure> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::exchange(error, true))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// What the instance announced. A client is told the same length, so that it notices a body that is cut short.
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
