//! The files every page needs, under addresses that change with their content.
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};

use crate::problem::Problem;
use crate::proxy::{Access, Notice};
use crate::shared::Shared;

/// Below this, everything is the portal's on every host: no slug begins with an underscore.
pub(crate) const OWN: &str = "/_refractory";

struct File {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const FILES: [File; 3] = [
    File {
        name: "portal.css",
        kind: "text/css; charset=utf-8",
        bytes: include_bytes!("static/portal.css"),
    },
    File {
        name: "portal.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("static/portal.js"),
    },
    File { name: "icon.svg", kind: "image/svg+xml", bytes: include_bytes!("static/icon.svg") },
];

/// The address of a file, with the beginning of its digest.
pub(crate) fn url(name: &str) -> String {
    let digest = FILES.iter().find(|file| file.name == name).map(digest).unwrap_or_default();
    format!("{OWN}/static/{digest}/{name}")
}

fn digest(file: &File) -> String {
    hex::encode(&Sha256::digest(file.bytes)[..6])
}

/// There is nothing at this address, said at the host that was asked: to a person with a page.
pub(crate) fn nothing_here(shared: &Shared, request: &HttpRequest) -> HttpResponse {
    let why = "There is no page at this address. Check it, or go back.";
    let notice = Notice::Refused { status: StatusCode::NOT_FOUND, why };
    shared.edge.respond(&notice, request, Access::Anonymous)
}

/// Serves a file. An address with an older digest gets the present file, to be kept by nobody.
pub(crate) async fn serve(path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (asked, name) = path.into_inner();
    let file = FILES.iter().find(|file| file.name == name).ok_or_else(Problem::no_page)?;
    let digest = digest(file);
    let caching = if asked == digest { "public, max-age=31536000, immutable" } else { "no-store" };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, caching))
        .insert_header((ETAG, format!("\"{digest}\"")))
        .content_type(file.kind)
        .body(file.bytes))
}
