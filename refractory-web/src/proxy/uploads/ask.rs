//! The request for an upload, as the asset gateway reads it.
use actix_web::HttpRequest;
use actix_web::http::header;
use refractory_core::model::Phase;
use refractory_core::ports::{AssetRequest, is_signature};

use crate::proxy::Route;
use crate::proxy::destination::first_segment;
use crate::proxy::headers::{Handshake, handshake};

/// What `request` asks of the uploads of `route`; none where it is about something else.
///
/// Whatever is signed as the store wants it is for the store: the program knows no such requests.
pub(super) fn of(route: &Route, request: &HttpRequest) -> Option<AssetRequest> {
    let handle = route.uploads()?;
    let uri = request.uri();
    let mut signatures = request.headers().get_all(header::AUTHORIZATION);
    let is_signed = signatures.any(|value| value.to_str().is_ok_and(is_signature));
    if (first_segment(uri.path()) != handle && !is_signed)
        || handshake(request.head()) != Handshake::Absent
    {
        return None;
    }
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers().iter();
    Some(AssetRequest {
        of: route.id.clone(),
        handle: handle.to_owned(),
        launched: route.phase != Phase::Off,
        method: request.method().as_str().to_owned(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers: headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        refused: None,
    })
}
