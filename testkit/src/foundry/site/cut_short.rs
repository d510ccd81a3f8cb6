//! Answers that end too early.
use std::io;

use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;

use crate::foundry::http::Reply;

/// The beginning of a body, and then a broken connection.
pub(super) fn cut_short(kind: &'static str, beginning: Bytes) -> Reply {
    let frames = stream::iter([
        Ok(Frame::data(beginning)),
        Err(io::Error::other("the connection is cut on purpose")),
    ]);
    let mut reply = Reply::new(BodyExt::boxed_unsync(StreamBody::new(frames)));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}
