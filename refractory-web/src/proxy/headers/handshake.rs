//! The one place that decides whether a request opens a websocket.
//!
//! Two must agree on it: we, who answer 101, and the server's parser, which from then on reads no further requests from the
//! connection. The parser takes everything behind a head for raw bytes only where one `Upgrade` line is `websocket` and
//! nothing else; whatever merely resembles that is refused, so that a tunnel in front of us never carries a second request.
use actix_web::HttpResponse;
use actix_web::dev::RequestHead;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode, Version};

/// The upgrade offer of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// Nothing that concerns us: another protocol in `Upgrade` is an offer, and offers may be ignored.
    Absent,
    /// It opens a websocket, and the parser has let go of the connection.
    Websocket,
    /// It speaks of a websocket in a way that we and others could understand differently.
    Refused(&'static str),
}

/// Reads the upgrade offer of a request.
pub(crate) fn handshake(head: &RequestHead) -> Handshake {
    let mentioned = words(head, &header::UPGRADE).any(|word| {
        word.split('/').next().unwrap_or_default().trim().eq_ignore_ascii_case(WEBSOCKET)
    });
    let has_chunks = head.headers().contains_key(header::TRANSFER_ENCODING);
    let is_alone = lines(head, &header::UPGRADE).any(|line| line.eq_ignore_ascii_case(WEBSOCKET));
    if !mentioned {
        return Handshake::Absent;
    }
    let is_get = head.method == Method::GET && head.version == Version::HTTP_11;
    if !is_get || has_chunks || announces_body(head) {
        return Handshake::Refused("A websocket request must be an HTTP/1.1 GET without a body.");
    }
    if !words(head, &header::CONNECTION).any(|word| word.eq_ignore_ascii_case("upgrade")) {
        return Handshake::Refused(
            "A websocket request needs `Connection: Upgrade` and `Upgrade: websocket`. Configure the proxy to pass both.",
        );
    }
    if !is_alone {
        return Handshake::Refused(
            "Only websocket upgrades are supported. Send `Upgrade: websocket` and no other protocol.",
        );
    }
    Handshake::Websocket
}

/// Ends the connection behind an answer to a request that offered to leave HTTP and was answered in HTTP: what the client
/// takes the following bytes for is uncertain.
pub(crate) fn close_after_offer<B>(head: &RequestHead, answer: &mut HttpResponse<B>) {
    let offered = head.connection_type() == ConnectionType::Upgrade
        || head.headers().contains_key(header::UPGRADE);
    if offered && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        answer.head_mut().set_connection_type(ConnectionType::Close);
    }
}

const WEBSOCKET: &str = "websocket";

/// `Content-Length: 0` announces no body (RFC 9110, section 8.6).
fn announces_body(head: &RequestHead) -> bool {
    let length = |value: &HeaderValue| value.to_str().ok()?.trim().parse::<u64>().ok();
    head.headers().get_all(header::CONTENT_LENGTH).any(|value| length(value) != Some(0))
}

/// The lines of the header `name`. One that is no text names nothing.
fn lines<'h>(head: &'h RequestHead, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    head.headers().get_all(name).filter_map(|value| value.to_str().ok()).map(str::trim)
}

fn words<'h>(head: &'h RequestHead, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    lines(head, name).flat_map(|line| line.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests;
