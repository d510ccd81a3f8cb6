//! Redirects absolute paths on pages of tables that share a host.
use actix_web::HttpRequest;
use actix_web::http::uri::Uri;
use actix_web::http::{Method, header};
use refractory_core::Addressing;

use super::Routes;
use super::destination::first_segment;

/// Where a page of a table means to lead by `request`, which came to `host` and names no table.
///
/// Only what is read can be asked for once more at another address: forms and websockets are not led anywhere.
pub(super) fn redirect_target(
    at: &Addressing,
    routes: &Routes,
    request: &HttpRequest,
    host: &str,
) -> Option<String> {
    if !at.by_path || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let referer: Uri = request.headers().get(header::REFERER)?.to_str().ok()?.parse().ok()?;
    let page = referer.authority()?.as_str();
    let own = at.portal_url();
    let is_here = |host: &str| page.eq_ignore_ascii_case(host);
    if !is_here(host) && !own.split_once("://").is_some_and(|(_, own)| is_here(own)) {
        return None;
    }
    let table = routes.by_slug(first_segment(referer.path()))?;
    let path = request.uri().path_and_query()?.as_str();
    path.starts_with('/').then(|| format!("/{}{path}", table.slug))
}
