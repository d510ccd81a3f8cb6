//! The destination of a request.
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::uri::Authority;
use actix_web::http::{StatusCode, header};
use refractory_core::Addressing;

use super::client::{comes_from_trusted, without_port};
use super::{EdgeSettings, Network, Notice, Route, Routes};

/// The destination of a request.
#[derive(Debug, Clone)]
pub enum Destination {
    /// A table.
    Table(Arc<Route>),
    /// The portal.
    Portal,
    /// A table whose record cannot be read.
    Damaged,
    /// None of these.
    Unknown,
}

impl Destination {
    /// Whom `host` (as the header has it) and `path` mean. A bare address or `localhost` means the portal: it is what
    /// checks on this machine use, and no page elsewhere can take it over by changing a name.
    pub(super) fn resolve(
        addressing: &Addressing,
        routes: &Routes,
        host: &str,
        path: &str,
    ) -> Self {
        let name = folded(without_port(host));
        if addressing.by_path {
            let first = first_segment(path.trim_start_matches('/'));
            let other = || if routes.is_damaged(first) { Self::Damaged } else { Self::Portal };
            return routes.by_slug(first).map_or_else(other, Self::Table);
        }
        let domain = addressing.domain.trim_matches('.');
        let Some(label) = label_under(&name, domain) else {
            let ours = name.eq_ignore_ascii_case(domain) || is_own_name(&name) || is_address(&name);
            return if ours { Self::Portal } else { Self::Unknown };
        };
        // Scenes hold whole addresses of uploads: those of a table that was renamed are still its own, as long as no other
        // table has its former name. The edge serves nothing else there.
        let renamed = || routes.by_uploads(first_segment(path));
        let other = || if routes.is_damaged(label) { Self::Damaged } else { Self::Unknown };
        routes.by_slug(label).or_else(renamed).map_or_else(other, Self::Table)
    }
}

/// The first segment of `path`, as it is written.
pub(super) fn first_segment(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path).split(['/', '?']).next().unwrap_or_default()
}

/// Whether `host` is the name of the table called `slug`. Where tables share a host, it is always theirs.
pub(super) fn is_home(addressing: &Addressing, host: &str, slug: &str) -> bool {
    let domain = addressing.domain.trim_matches('.');
    let label = label_under(without_port(host), domain);
    addressing.by_path || label.is_some_and(|label| label.eq_ignore_ascii_case(slug))
}

/// The host that a request is for. If the one it names is of no use, the header of a trusted proxy counts: some of them
/// connect by an address, or by a private name, and send the requested host in a header.
///
/// A name of ours in `Host` is never overruled: a proxy that passes it on may pass on a header of the client's, too.
pub(super) fn requested_host<'r>(
    request: &'r HttpRequest,
    settings: &EdgeSettings,
) -> Result<&'r str, Notice<'static>> {
    let named = named_host(request);
    let domain = settings.addressing.domain.trim_matches('.');
    let is_certain = match &named {
        Ok(host) => is_ours_for_sure(without_port(host), domain),
        Err(_) => request.headers().contains_key(header::HOST),
    };
    if is_certain {
        return named;
    }
    forwarded_host(request, &settings.trusted_proxies).map_or(named, Ok)
}

/// The requested host in the header of a trusted proxy.
pub(crate) fn forwarded_host<'r>(request: &'r HttpRequest, trusted: &[Network]) -> Option<&'r str> {
    if !comes_from_trusted(request, trusted) {
        return None;
    }
    // The nearest proxy added the last one.
    let said = request.headers().get_all("x-forwarded-host").last()?.to_str().ok()?;
    said.rsplit(',').next().map(str::trim).filter(|host| is_plausible(host))
}

/// `localhost` is the portal's name on a machine of one's own, and what programs call their own machine anywhere.
fn is_ours_for_sure(name: &str, domain: &str) -> bool {
    let is_portal = name.eq_ignore_ascii_case(domain) && !domain.eq_ignore_ascii_case("localhost");
    is_portal || label_under(name, domain).is_some()
}

/// The host a request names. One that is missing, odd, or named twice over in different ways is refused.
fn named_host(request: &HttpRequest) -> Result<&str, Notice<'static>> {
    let refused = |why| Notice::Refused { status: StatusCode::BAD_REQUEST, why };
    let absolute = request.uri().authority().map(Authority::as_str);
    let host = match request.headers().get(header::HOST) {
        Some(host) => host.to_str().ok(),
        None => absolute,
    };
    let Some(host) = host.filter(|host| is_plausible(host)) else {
        let why = if request.headers().contains_key(header::HOST) {
            "The Host header can't be read. Send a name or an address, and a port where there is one."
        } else {
            "The request has no Host header. Send one."
        };
        return Err(refused(why));
    };
    match absolute {
        Some(absolute) if !absolute.eq_ignore_ascii_case(host) => {
            Err(refused("The request names two different hosts. Send one Host header."))
        }
        _ => Ok(host),
    }
}

fn is_plausible(host: &str) -> bool {
    let legal =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    (1..=255).contains(&host.len()) && host.chars().all(legal)
}

fn folded(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

fn label_under<'a>(name: &'a str, domain: &str) -> Option<&'a str> {
    let cut = name.len().checked_sub(domain.len())?;
    let (label, rest) = name.split_at_checked(cut)?;
    label.strip_suffix('.').filter(|_| rest.eq_ignore_ascii_case(domain))
}

/// How every machine calls itself.
fn is_own_name(name: &str) -> bool {
    name == "localhost"
}

fn is_address(name: &str) -> bool {
    name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests;
