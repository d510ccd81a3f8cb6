//! Parses `X-Forwarded-For` and `Forwarded` (RFC 7239).
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::http::header::{HeaderMap, HeaderName};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED: HeaderName = HeaderName::from_static("forwarded");

/// Addresses that proxies passed on, nearest first. `None` is one that cannot be read: `unknown`, hidden or garbled.
pub(super) type Hops = Vec<Option<IpAddr>>;

/// The hops in `X-Forwarded-For`; none where there is no such header.
pub(super) fn forwarded_for(headers: &HeaderMap) -> Option<Hops> {
    hops(headers, &FORWARDED_FOR, |line| line.split(',').map(listed).collect())
}

/// The hops in `Forwarded`; none where there is no such header.
pub(super) fn forwarded(headers: &HeaderMap) -> Option<Hops> {
    hops(headers, &FORWARDED, |line| split(line, ',').into_iter().map(element).collect())
}

/// Whether the header `name`, in lower case, describes the origin of a request: only a trusted proxy may send it.
pub(super) fn is_origin_header(name: &str) -> bool {
    let name = &*super::headers::hyphenated(name);
    name.starts_with("x-forwarded")
        || matches!(
            name,
            "forwarded"
                | "forwarded-for"
                | "x-real-ip"
                | "x-client-ip"
                | "x-cluster-client-ip"
                | "x-original-forwarded-for"
                | "x-original-host"
                | "x-host"
                | "x-envoy-external-address"
                | "x-azure-clientip"
                | "x-appengine-user-ip"
                | "client-ip"
                | "true-client-ip"
                | "cf-connecting-ip"
                | "cf-connecting-ipv6"
                | "fastly-client-ip"
                | "fly-client-ip"
                | "incap-client-ip"
                | "x-sucuri-clientip"
                | "x-azure-socketip"
                | "x-proxyuser-ip"
                | "x-original-url"
                | "x-rewrite-url"
                | "x-scheme"
                | "front-end-https"
        )
}

/// Whether the headers show that a proxy forwarded the request.
pub(super) fn is_forwarded(headers: &HeaderMap) -> bool {
    let passed_on = |name: &str| is_proxy_trace(name) || is_origin_header(name);
    headers.keys().any(|name| passed_on(name.as_str()))
}

/// Whether proxies and networks for delivery add `name`, in lower case, to what they pass on, though it says nothing of where
/// that came from.
fn is_proxy_trace(name: &str) -> bool {
    const FAMILIES: [&str; 8] =
        ["cf-", "fastly-", "x-akamai-", "x-amz-cf-", "x-amzn-", "x-arr-", "x-azure-", "x-varnish"];
    matches!(name, "via" | "cdn-loop" | "x-nginx-proxy" | "x-proxy-id" | "proxy-connection")
        || FAMILIES.iter().any(|family| name.starts_with(family))
}

fn hops(headers: &HeaderMap, name: &HeaderName, read: impl Fn(&str) -> Hops) -> Option<Hops> {
    let mut hops = Hops::new();
    for value in headers.get_all(name) {
        // A line that is no text is one hop that cannot be read, however many it holds.
        hops.extend(value.to_str().map_or_else(|_| vec![None], &read));
    }
    hops.reverse();
    headers.contains_key(name).then_some(hops)
}

/// The address in one entry of `X-Forwarded-For`, which some proxies quote as in `Forwarded`.
pub(crate) fn listed(entry: &str) -> Option<IpAddr> {
    address(&unquoted(entry.trim())?)
}

/// The `for` of one element of `Forwarded`.
fn element(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in split(element, ';') {
        let Some((name, value)) = pair.split_once('=') else { continue };
        if name.trim().eq_ignore_ascii_case("for") && found.replace(value).is_some() {
            return None;
        }
    }
    address(&unquoted(found?.trim())?)
}

/// Splits at `separator`, but not within quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(|c: char| {
        let is_plain = !std::mem::take(&mut escaped);
        match c {
            '\\' if quoted && is_plain => escaped = true,
            '"' if is_plain => quoted = !quoted,
            _ => {}
        }
        c == separator && !quoted
    })
    .collect()
}

/// `text` without its quotes, if it has any. Nothing where they do not match.
fn unquoted(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix('"') else {
        return (!text.contains('"')).then(|| text.to_owned());
    };
    let mut inner = String::with_capacity(rest.len());
    let mut letters = rest.chars();
    loop {
        match letters.next()? {
            '"' => return letters.next().is_none().then_some(inner),
            '\\' => inner.push(letters.next()?),
            letter => inner.push(letter),
        }
    }
}

/// The address in `node`: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
fn address(node: &str) -> Option<IpAddr> {
    if let Some(rest) = node.strip_prefix('[') {
        let (inner, after) = rest.split_once(']')?;
        let is_whole = after.is_empty() || after.strip_prefix(':').is_some_and(is_port);
        return v6(inner).filter(|_| is_whole);
    }
    match node.split_once(':') {
        Some((host, port)) if !port.contains(':') => {
            let host: Ipv4Addr = host.parse().ok()?;
            is_port(port).then_some(host.into())
        }
        Some(_) => v6(node),
        None => node.parse::<Ipv4Addr>().ok().map(IpAddr::from),
    }
}

/// An IPv6 address, whose zone only its own machine knows. One that holds an IPv4 address is that.
fn v6(text: &str) -> Option<IpAddr> {
    let bare = text.split_once('%').map_or(text, |(bare, _)| bare);
    bare.parse::<Ipv6Addr>().ok().map(|address| IpAddr::from(address).to_canonical())
}

/// A port, or what RFC 7239 lets a proxy write instead of one.
fn is_port(text: &str) -> bool {
    let hidden = |rest: &str| {
        !rest.is_empty()
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    let digits = (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits || text.strip_prefix('_').is_some_and(hidden)
}
