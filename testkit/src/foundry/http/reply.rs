//! Answers.
use std::io;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use serde_json::Value;

/// The body of an answer; an error in it cuts the connection.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// An answer.
pub(crate) type Reply = http::Response<Body>;

/// `body` with a status and a content type.
pub(crate) fn bytes(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    of(status, kind, Full::new(body.into()).map_err(|never| match never {}).boxed_unsync())
}

/// Plain text.
pub(crate) fn text(status: StatusCode, body: impl Into<String>) -> Reply {
    bytes(status, "text/plain; charset=utf-8", body.into())
}

/// An HTML page.
pub(crate) fn page(html: String) -> Reply {
    bytes(StatusCode::OK, "text/html; charset=utf-8", html)
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, value: &Value) -> Reply {
    bytes(status, "application/json; charset=utf-8", value.to_string())
}

/// 302 to `to`.
pub(crate) fn redirect(to: &str) -> Reply {
    let mut reply = text(StatusCode::FOUND, format!("Found. Redirecting to {to}"));
    let to = HeaderValue::try_from(to).unwrap_or_else(|_| HeaderValue::from_static("/"));
    reply.headers_mut().insert(LOCATION, to);
    reply
}

/// A body whose pieces come one by one.
pub(crate) fn stream(
    kind: &'static str,
    pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> Reply {
    let frames = pieces.map(|piece| piece.map(Frame::data));
    of(StatusCode::OK, kind, BodyExt::boxed_unsync(StreamBody::new(frames)))
}

fn of(status: StatusCode, kind: &'static str, body: Body) -> Reply {
    let mut reply = Reply::new(body);
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}
