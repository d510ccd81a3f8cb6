//! Answers that are the edge's own.
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use refractory_core::model::Phase;
use serde_json::{Value, json};

use super::{Access, Notice, Pages, Route, Wants};

/// Says `notice` in the form that whoever asks can read, never to be kept by a cache.
pub(super) fn say(
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
    match Wants::of(request) {
        Wants::Page => response
            .content_type("text/html; charset=utf-8")
            .body(pages.html(notice, request, access)),
        Wants::Json => response.json(told(notice)),
        Wants::Text => {
            response.content_type("text/plain; charset=utf-8").body(notice.sentence() + "\n")
        }
    }
}

fn told(notice: &Notice<'_>) -> Value {
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
