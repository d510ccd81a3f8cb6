//! What is answered without asking the API.
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Method, Response, StatusCode};
use lambda_http::{Body, Request};
use serde_json::json;

/// The largest event that Lambda takes, and the largest answer.
pub(super) const MAX_EVENT: usize = 6 << 20;

/// An answer that is not what was asked for: the same form that the API has.
pub(super) fn problem(status: StatusCode, sentence: &str) -> Response<Body> {
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Problem"),
        "status": status.as_u16(),
        "detail": sentence,
    });
    let mut answer = Response::new(Body::Text(body.to_string()));
    *answer.status_mut() = status;
    let mut set = |name, value| answer.headers_mut().insert(name, value);
    set(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    set(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Why `request`, for `path`, is not passed on, if it is not.
pub(super) fn refusal(request: &Request, path: &str) -> Option<Response<Body>> {
    let (status, sentence) = match (request.method(), path) {
        (_, "/api/v1/stream") => (
            StatusCode::NOT_IMPLEMENTED,
            "Event streams aren't available behind Lambda. Poll `/api/v1/instances`, or use the portal.",
        ),
        (&Method::POST, "/api/v1/releases" | "/api/v1/releases/fetch") => (
            StatusCode::NOT_IMPLEMENTED,
            "A release is too large for Lambda. Add it in the portal or with `refractory release add`.",
        ),
        (_, "/healthz" | "/readyz") => return None,
        (_, path) if !path.starts_with("/api/v1/") => {
            (StatusCode::NOT_FOUND, "Not found. The API is at `/api/v1/`.")
        }
        _ if request.body().len() > MAX_EVENT => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request is larger than Lambda's limit of 6 MB. Send less at a time.",
        ),
        _ => return None,
    };
    Some(problem(status, sentence))
}
