//! Responses of the edge itself.
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::model::Phase;
use serde_json::{Value, json};

use super::{Access, Notice, Pages, ResponseFormat, Route};

/// Returns `notice` in the format that the client accepts, never cached.
pub(super) fn respond(
    pages: &dyn Pages,
    notice: &Notice<'_>,
    request: &HttpRequest,
    access: Access,
) -> HttpResponse {
    let mut response = HttpResponse::build(notice.status());
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response.insert_header((header::VARY, "Accept"));
    response.insert_header(("x-robots-tag", "noindex"));
    if let Some(wait) = notice.retry_after() {
        response.insert_header((header::RETRY_AFTER, HeaderValue::from(wait.as_secs())));
    }
    if let Notice::Method { allow, .. } = notice {
        response.insert_header((header::ALLOW, *allow));
    }
    match ResponseFormat::of(request) {
        ResponseFormat::Html => response
            .content_type("text/html; charset=utf-8")
            .body(pages.html(notice, request, access)),
        ResponseFormat::Json => response.json(json_body(notice)),
        ResponseFormat::Text => {
            response.content_type("text/plain; charset=utf-8").body(notice.sentence() + "\n")
        }
    }
}

fn json_body(notice: &Notice<'_>) -> Value {
    let mut told = json!({ "error": notice.code(), "message": notice.sentence() });
    match notice {
        Notice::Waiting(route)
        | Notice::HandOver(route)
        | Notice::Closed(route)
        | Notice::Full(route) => told["phase"] = phase(route).into(),
        Notice::Failed { route, id, .. } => {
            told["phase"] = phase(route).into();
            told["id"] = (*id).into();
        }
        Notice::Refused { .. } | Notice::Method { .. } | Notice::Damaged | Notice::Unknown => {}
    }
    told
}

fn phase(route: &Route) -> &'static str {
    match route.phase {
        Phase::Off => "off",
        Phase::Starting(_) => "starting",
        Phase::On(_) => "on",
        Phase::Stopping(_) => "stopping",
    }
}
