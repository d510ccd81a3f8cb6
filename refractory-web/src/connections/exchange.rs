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

use super::pace::Paced;
use super::{Connection, Pace};
use crate::proxy::{Found, Handshake, handshake};
use crate::shared::Shared;

/// Where files are uploaded to the portal.
const UPLOADS: [&str; 2] = ["/releases/upload", "/api/v1/releases"];

/// Tells the connection when a request begins and ends, and keeps its body to a pace. Around everything else.
pub(crate) async fn exchange<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Watched<B>>, Error> {
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let more = More::of(request.head());
    let turn = connection.clone().map(|connection| Turn::begin(connection, more));
    let Some(connection) = connection else {
        return Ok(next.call(request).await?.map_body(|_, body| Watched::new(body, turn)));
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
        let paced = Paced::new(body, more.length(), pace, Some(Arc::clone(&connection)));
        request.set_payload(Payload::Stream { payload: Box::pin(paced) });
    }
    match next.call(request).await {
        Ok(mut answer) => {
            conclude(&connection, answer.response_mut());
            Ok(answer.map_body(|_, body| Watched::new(body, turn)))
        }
        Err(error) => {
            let mut answer = error.error_response();
            conclude(&connection, &mut answer);
            Err(InternalError::from_response(error, answer).into())
        }
    }
}

/// Ends the connection behind `answer` where nobody could tell what follows there: something of the request was not read, and
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

/// Gives the headers memory of their own. The parser has them share that of everything that came with them, and the server
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
enum More {
    Nothing,
    /// A body of so many bytes.
    Length(u64),
    /// A body in chunks.
    Chunks,
    /// Whatever comes: the parser has let go of the connection.
    Anything,
}

impl More {
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

fn pace_of(shared: &Shared, request: &ServiceRequest) -> Pace {
    let is_table = matches!(shared.edge.locate(request.request()), Ok(Found::Table(_)));
    if is_table || UPLOADS.contains(&request.path()) {
        Pace::of_files(shared.config.stalled_after.get())
    } else {
        Pace::FORM
    }
}

/// The time from a request to the end of its answer.
#[derive(Debug)]
struct Turn(Arc<Connection>);

impl Turn {
    fn begin(connection: Arc<Connection>, more: More) -> Self {
        connection.begin(more.most());
        Self(connection)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The body of an answer, whose end is the end of the turn.
#[derive(Debug)]
pub(crate) struct Watched<B> {
    body: Pin<Box<B>>,
    _turn: Option<Turn>,
}

impl<B> Watched<B> {
    fn new(body: B, turn: Option<Turn>) -> Self {
        Self { body: Box::pin(body), _turn: turn }
    }
}

impl<B: MessageBody> MessageBody for Watched<B> {
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
