//! Answers that end too early.
use std::io;

use bytes::Bytes;
use futures_util::stream::iter;

use crate::foundry::http::{Reply, stream};

/// The beginning of a body, and then a broken connection.
pub(super) fn cut_short(kind: &'static str, beginning: Bytes) -> Reply {
    stream(kind, iter([Ok(beginning), Err(io::Error::other("the connection is cut on purpose"))]))
}
