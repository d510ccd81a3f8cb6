//! Routes for tests of proxies in front: big answers, big uploads, slow answers, echoes.
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::header::ETAG;
use http::{HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::foundry::http::{Range, Reply, Request, json, query, stream, text};
use crate::foundry::request_log::described;
use crate::foundry::state::FoundryState;

const PIECE: u64 = 64 << 10;

/// The answer to a probe; anything else is handed back.
pub(super) async fn answer(
    table: &FoundryState,
    path: &str,
    request: Request,
) -> Result<Reply, Request> {
    if let Some(size) = path.strip_prefix("/assets/").and_then(|size| size.parse().ok()) {
        return Ok(asset(size, &request));
    }
    match path {
        "/upload" if *request.method() == Method::POST => Ok(upload(request).await),
        "/stand-in/drip" => Ok(drip(&request)),
        "/stand-in/echo" if table.switches.now().spy => {
            Ok(json(StatusCode::OK, &described(&request)))
        }
        "/stand-in/requests" if table.switches.now().spy => {
            Ok(json(StatusCode::OK, &table.spy.seen()))
        }
        _ => Err(request),
    }
}

/// `size` bytes that are the same each time, whole or in part.
fn asset(size: u64, request: &Request) -> Reply {
    let Some(range) = Range::asked(request.headers(), size) else {
        return text(StatusCode::RANGE_NOT_SATISFIABLE, "");
    };
    let pieces = stream::unfold((range.from, range.length), |(from, left)| async move {
        let length = u64::min(left, PIECE);
        (length > 0).then(|| (Ok(piece(from, length)), (from + length, left - length)))
    });
    let mut reply = range.label(stream("application/octet-stream", pieces));
    let etag = HeaderValue::try_from(format!("\"asset-{size}\""));
    reply.headers_mut().extend(etag.ok().map(|etag| (ETAG, etag)));
    reply
}

/// At most [`PIECE`] bytes of the pattern all generated assets repeat: 0 to 250, a prime number of
/// them, so that a piece that is shifted or missing shows.
fn piece(from: u64, length: u64) -> Bytes {
    static PATTERN: LazyLock<Bytes> = LazyLock::new(|| {
        (0..=250).cycle().take(251 + usize::try_from(PIECE).unwrap_or(0)).collect()
    });
    let at = |position: u64| usize::try_from(position).unwrap_or(0);
    PATTERN.slice(at(from % 251)..at(from % 251 + length))
}

/// Swallows a body of any size, and says what it was.
async fn upload(request: Request) -> Reply {
    let mut body = request.into_body();
    let (mut size, mut digest) = (0, Sha256::new());
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return text(StatusCode::BAD_REQUEST, "") };
        if let Some(data) = frame.data_ref() {
            size += data.len();
            digest.update(data);
        }
    }
    let sha256 = hex::encode(digest.finalize());
    json(StatusCode::OK, &json!({"status": "success", "size": size, "sha256": sha256}))
}

/// `pieces` lines, one every `every` milliseconds, without a length.
fn drip(request: &Request) -> Reply {
    let number = |name, default| {
        query(request, name).and_then(|number| number.parse().ok()).unwrap_or(default)
    };
    let (pieces, every) = (number("pieces", 5), Duration::from_millis(number("every", 100)));
    let lines = stream::iter(0..pieces).then(move |piece: u64| async move {
        tokio::time::sleep(every).await;
        Ok(Bytes::from(format!("data: {piece}\n\n")))
    });
    stream("text/event-stream", lines)
}
