//! One request and its answer, as its connection sees them.
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Payload, RequestHead, ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorBadRequest, InternalError};
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use actix_web::http::{ConnectionType, Method, StatusCode, Version};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse};
use bytes::Bytes;

use crate::connections::{BodyPace, Connection, PacedBody};
use crate::proxy::{Destination, Handshake, handshake};
use crate::shared::Shared;

/// Where files are uploaded to the portal.
const UPLOADS: [&str; 2] = ["/releases/upload", "/api/v1/releases"];

/// Marks the begin and end of a request on its connection, and limits the pace of its body. The outermost middleware.
pub(crate) async fn exchange<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<TrackedBody<B>>, Error> {
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let more = BodyFraming::of(request.head());
    let turn = connection.clone().map(|connection| RequestGuard::begin(connection, more));
    let Some(connection) = connection else {
        return Ok(next.call(request).await?.map_body(|_, body| TrackedBody::new(body, turn)));
    };
    if connection.is_over() {
        // The end was announced; whatever still stands behind it was not meant for us.
        return Err(ErrorBadRequest("This connection has come to its end."));
    }
    if request.head().connection_type() == ConnectionType::Close {
        connection.end_here();
    }
    own_headers(request.headers_mut());
    if more.is_body() {
        let shared = Shared::of(request.request())?;
        let pace = pace_of(&shared, &request);
        let body = request.take_payload();
        let paced = PacedBody::new(body, more.length(), pace, Some(Arc::clone(&connection)));
        request.set_payload(Payload::Stream { payload: Box::pin(paced) });
    }
    match next.call(request).await {
        Ok(mut answer) => {
            conclude(&connection, answer.response_mut());
            Ok(answer.map_body(|_, body| TrackedBody::new(body, turn)))
        }
        Err(error) => {
            let mut answer = error.error_response();
            conclude(&connection, &mut answer);
            Err(InternalError::from_response(error, answer).into())
        }
    }
}

/// Closes the connection behind `answer` if it is unclear what follows there: a part of the request was not read, and
/// its rest may still be coming.
fn conclude<B>(connection: &Connection, answer: &mut HttpResponse<B>) {
    // The server uses heads of answers again, and leaves in them the version of the last one: that of a client of HTTP/1.0 would
    // end the connections of others. What it sends is the version of the request in any case.
    answer.head_mut().version = Version::HTTP_11;
    let is_upgraded = answer.status() == StatusCode::SWITCHING_PROTOCOLS;
    if connection.is_unread() && !is_upgraded {
        answer.head_mut().set_connection_type(ConnectionType::Close);
    }
    if is_upgraded || answer.head().connection_type() == ConnectionType::Close {
        connection.end_here();
    }
}

/// Gives the headers their own memory. The parser has them share that of everything that came with them, and the server
/// keeps the heads of many requests for later ones.
fn own_headers(headers: &mut HeaderMap) {
    headers.retain(|_, value| {
        if let Ok(own) = HeaderValue::from_bytes(value.as_bytes()) {
            *value = own;
        }
        true
    });
}

/// What belongs to a request behind its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyFraming {
    Nothing,
    /// A body of so many bytes.
    Length(u64),
    /// A body in chunks.
    Chunks,
    /// Whatever comes: the parser has let go of the connection.
    Anything,
}

impl BodyFraming {
    fn of(head: &RequestHead) -> Self {
        let headers = head.headers();
        let length = || headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok();
        if headers.contains_key(TRANSFER_ENCODING) {
            Self::Chunks
        } else if handshake(head) != Handshake::Absent || head.method == Method::CONNECT {
            Self::Anything
        } else {
            length().filter(|length| *length > 0).map_or(Self::Nothing, Self::Length)
        }
    }

    /// An upgraded connection is no body: it may be silent.
    fn is_body(self) -> bool {
        matches!(self, Self::Length(_) | Self::Chunks)
    }

    fn length(self) -> Option<u64> {
        if let Self::Length(length) = self { Some(length) } else { None }
    }

    fn most(self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Length(length) => length,
            Self::Chunks | Self::Anything => u64::MAX,
        }
    }
}

fn pace_of(shared: &Shared, request: &ServiceRequest) -> BodyPace {
    let is_table = matches!(shared.edge.locate(request.request()), Ok(Destination::Table(_)));
    if is_table || UPLOADS.contains(&request.path()) {
        BodyPace::of_files(shared.config.stalled_after.get())
    } else {
        BodyPace::FORM
    }
}

/// The time from a request to the end of its answer.
#[derive(Debug)]
struct RequestGuard(Arc<Connection>);

impl RequestGuard {
    fn begin(connection: Arc<Connection>, more: BodyFraming) -> Self {
        connection.begin(more.most());
        Self(connection)
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The body of an answer, whose end is the end of the turn.
#[derive(Debug)]
pub(crate) struct TrackedBody<B> {
    body: Pin<Box<B>>,
    _turn: Option<RequestGuard>,
}

impl<B> TrackedBody<B> {
    fn new(body: B, turn: Option<RequestGuard>) -> Self {
        Self { body: Box::pin(body), _turn: turn }
    }
}

impl<B: MessageBody> MessageBody for TrackedBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.get_mut().body.as_mut().poll_next(cx)
    }
}
