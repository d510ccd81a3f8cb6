//! Whose address a request comes from.
use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use actix_web::http::header::HOST;

use super::Network;
use super::forwarded::{Hops, forwarded, forwarded_for, is_forwarded};

/// The address of a client that is not known: no machine has it, least of all this one.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Returns who asks: the other end of the connection, or, where that is a trusted proxy, the nearest address it passes on
/// that is not one. What a client writes there itself stands further left and is never reached.
///
/// If a trusted proxy sends something that cannot be parsed, or contradicts itself, the nearest proxy that can be
/// identified counts. The result is a loopback address only for what [comes from this machine](is_from_this_machine):
/// otherwise it is `0.0.0.0`.
pub fn client_address(request: &HttpRequest, trusted: &[Network]) -> IpAddr {
    let peer = peer_address(request);
    let address =
        if is_trusted(&peer, trusted) { from_headers(request, peer, trusted) } else { peer };
    if address.is_loopback() && !is_from_this_machine(request) { UNKNOWN } else { address }
}

/// Whether `request` was made on this machine: it came over loopback, no header shows a proxy, and the host it is for is
/// this machine's own. A proxy that adds no header passes on the public name.
pub fn is_from_this_machine(request: &HttpRequest) -> bool {
    peer_address(request).is_loopback()
        && !is_forwarded(request.headers())
        && request.headers().get_all(HOST).all(|host| host.to_str().is_ok_and(is_own_name))
}

/// Whether `host` is how programs call the machine they run on.
fn is_own_name(host: &str) -> bool {
    let name = without_port(host).to_ascii_lowercase();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = bare.parse::<IpAddr>().is_ok_and(|at| at.to_canonical().is_loopback());
    is_loopback || name == "localhost" || name.ends_with(".localhost")
}

/// Whether the other end of the connection is a trusted proxy.
pub(super) fn comes_from_trusted(request: &HttpRequest, trusted: &[Network]) -> bool {
    !trusted.is_empty() && is_trusted(&peer_address(request), trusted)
}

/// The other end of the connection. A socket without addresses is local.
pub(super) fn peer_address(request: &HttpRequest) -> IpAddr {
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    request.peer_addr().map_or(local, |peer| peer.ip().to_canonical())
}

fn is_trusted(address: &IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(*address))
}

/// The client address in the headers of the trusted proxy at `peer`. Most write one of the headers and forward what a client wrote into the other:
/// where they differ, one of them is the client's own.
fn from_headers(request: &HttpRequest, peer: IpAddr, trusted: &[Network]) -> IpAddr {
    let headers = request.headers();
    let nearest = |hops: Hops| nearest_untrusted(hops, peer, trusted);
    match (forwarded_for(headers).map(nearest), forwarded(headers).map(nearest)) {
        (Some(one), Some(other)) if one != other => peer,
        (Some(one), _) | (None, Some(one)) => one,
        (None, None) => peer,
    }
}

/// The nearest hop that is not a trusted proxy, or the last one before a hop that cannot be read.
fn nearest_untrusted(hops: Hops, peer: IpAddr, trusted: &[Network]) -> IpAddr {
    let mut nearest = peer;
    for hop in hops {
        let Some(address) = hop else { return nearest };
        nearest = address;
        if !is_trusted(&nearest, trusted) {
            break;
        }
    }
    nearest
}

pub(super) fn without_port(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => {
            name
        }
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests;
