//! Headers passed on.
use actix_web::HttpRequest;
use actix_web::http::header::{
    HeaderMap as ActixMap, HeaderName as ActixName, HeaderValue as ActixValue,
};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::cookie::{CookieFilter, SessionRule};
use super::hop::ConnectionOptions;
use super::identity::is_identity_header;
use crate::proxy::EdgeSettings;
use crate::proxy::client::{comes_from_trusted, peer_address};
use crate::proxy::forwarded::is_origin_header;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Where an exchange takes place, as far as its headers depend on it.
#[derive(Debug, Clone, Copy)]
pub(in crate::proxy) struct ForwardedContext<'a> {
    pub(in crate::proxy) settings: &'a EdgeSettings,
    /// The host as the request names it, without port.
    pub(in crate::proxy) host: &'a str,
    /// The label of the instance.
    pub(in crate::proxy) slug: &'a str,
    /// The sessions that the instance sees.
    pub(in crate::proxy) session: SessionRule<'a>,
}

impl<'a> ForwardedContext<'a> {
    fn cookie_filter(&self) -> CookieFilter<'a> {
        CookieFilter {
            portal: &self.settings.cookies,
            host: self.host,
            under: self.settings.addressing.by_path.then_some(self.slug),
            session: self.session,
        }
    }
}

/// The request headers for the instance.
pub(in crate::proxy) fn request_headers(
    request: &HttpRequest,
    scene: &ForwardedContext<'_>,
    upgrade: bool,
) -> HeaderMap {
    let theirs = request.headers();
    let connection = theirs.get_all(actix_web::http::header::CONNECTION);
    let named = ConnectionOptions::in_values(connection.map(ActixValue::as_bytes));
    let trusted = comes_from_trusted(request, &scene.settings.trusted_proxies);
    let mut ours = HeaderMap::with_capacity(theirs.len() + 5);
    for (name, value) in theirs {
        let name = name.as_str();
        if named.ends(name) || is_identity_header(name) || (is_origin_header(name) && !trusted) {
            continue;
        }
        // `Content-Length: 0` may stand on a handshake; behind it there is no body to count.
        if upgrade && name == "content-length" {
            continue;
        }
        let value = if name == "cookie" {
            let Some(kept) = scene.cookie_filter().for_instance(value.as_bytes()) else { continue };
            HeaderValue::from_bytes(&kept)
        } else {
            HeaderValue::from_bytes(value.as_bytes())
        };
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
            ours.append(name, value);
        }
    }
    add_forwarded(&mut ours, request, scene);
    if upgrade {
        ours.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        ours.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    }
    ours
}

/// The response headers for the client.
pub(in crate::proxy) fn response_headers(
    theirs: &HeaderMap,
    ours: &mut ActixMap,
    scene: &ForwardedContext<'_>,
) {
    let connection = theirs.get_all(header::CONNECTION);
    let named = ConnectionOptions::in_values(connection.iter().map(HeaderValue::as_bytes));
    for (name, value) in theirs {
        // That header wipes the cookies of the whole site: the portal's, and every other table's.
        if named.ends(name.as_str()) || name.as_str() == "clear-site-data" {
            continue;
        }
        let value = if *name == header::SET_COOKIE {
            let Some(kept) = scene.cookie_filter().for_browser(value.as_bytes()) else { continue };
            ActixValue::from_bytes(&kept)
        } else {
            ActixValue::from_bytes(value.as_bytes())
        };
        if let (Ok(name), Ok(value)) = (ActixName::from_bytes(name.as_str().as_bytes()), value) {
            ours.append(name, value);
        }
    }
}

/// Adds where the request came from. What is there by now was said by a proxy that is trusted.
fn add_forwarded(headers: &mut HeaderMap, request: &HttpRequest, scene: &ForwardedContext<'_>) {
    let peer = peer_address(request);
    let mut hops = String::new();
    for value in headers.get_all(FORWARDED_FOR) {
        hops.push_str(value.to_str().unwrap_or_default());
        hops.push_str(", ");
    }
    hops.push_str(&peer.to_string());
    if let Ok(hops) = HeaderValue::try_from(hops) {
        headers.insert(FORWARDED_FOR, hops);
    }
    if !headers.contains_key(FORWARDED_PROTO) {
        let proto = if scene.settings.addressing.https { "https" } else { "http" };
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static(proto));
    }
    if !headers.contains_key(FORWARDED_HOST)
        && let Some(host) = headers.get(header::HOST).cloned()
    {
        headers.insert(FORWARDED_HOST, host);
    }
}
