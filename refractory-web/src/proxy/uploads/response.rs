//! What becomes of an answer of the store's on its way to a browser.
use actix_web::http::StatusCode as ActixStatus;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderMap as ActixMap, HeaderName as ActixName, HeaderValue as ActixValue,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode};
use refractory_core::ports::AssetRefusal;

use crate::proxy::Notice;
use crate::proxy::failure::{Failure, Side};
use crate::proxy::rejection::Rejection;

/// Headers of an upload that are forwarded. All others of the store are dropped.
const FORWARDED_HEADERS: &[&str] = &[
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
];

/// Passes on what is an answer to a reader; everything else is said in our words.
pub(super) fn check(status: StatusCode) -> Result<(), Rejection<'static>> {
    match status {
        StatusCode::OK
        | StatusCode::PARTIAL_CONTENT
        | StatusCode::NOT_MODIFIED
        | StatusCode::PRECONDITION_FAILED
        | StatusCode::RANGE_NOT_SATISFIABLE => Ok(()),
        StatusCode::NOT_FOUND => Err(missing().into()),
        StatusCode::FORBIDDEN => Err(store_denied().into()),
        _ => Err(Failure::new(Side::Upstream, true, "reading an upload: the store refused").into()),
    }
}

/// The headers of an upload for a browser, with its restrictions.
pub(super) fn browser_headers(theirs: &HeaderMap, ours: &mut ActixMap) {
    for (name, value) in
        theirs.iter().filter(|(name, _)| FORWARDED_HEADERS.contains(&name.as_str()))
    {
        let name = ActixName::from_bytes(name.as_str().as_bytes());
        if let (Ok(name), Ok(value)) = (name, ActixValue::from_bytes(value.as_bytes())) {
            ours.append(name, value);
        }
    }
    ours.insert(X_CONTENT_TYPE_OPTIONS, ActixValue::from_static("nosniff"));
    if !ours.contains_key(CACHE_CONTROL) {
        // As the table's other files: kept by the browser, and asked about each time.
        ours.insert(CACHE_CONTROL, ActixValue::from_static("private, no-cache"));
    }
    if !is_inert(ours) {
        // Opened directly, it is no page of the game: no script, no session. As a picture it is drawn as ever.
        ours.insert(CONTENT_SECURITY_POLICY, ActixValue::from_static("sandbox"));
    }
}

/// Lets pages of `origin` read an answer that comes from another one.
pub(super) fn allow_origin(origin: &str, ours: &mut ActixMap) {
    if let Ok(origin) = ActixValue::from_str(origin) {
        ours.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

/// Whether an upload can do nothing, even when it is opened directly.
fn is_inert(headers: &ActixMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let drawn = kind.starts_with("image/") && kind != "image/svg+xml";
    drawn
        || ["audio/", "video/", "font/"].iter().any(|begin| kind.starts_with(begin))
        // A browser's own viewer shows these, and not in a sandbox.
        || kind == "application/pdf"
}

/// The response to a refusal of the gateway.
pub(super) fn refused(refusal: AssetRefusal) -> Rejection<'static> {
    let status = ActixStatus::from_u16(refusal.status).unwrap_or(ActixStatus::FORBIDDEN);
    if let Some((media, body)) = refusal.told {
        return Rejection::Plain(status, media, body);
    }
    if status == ActixStatus::METHOD_NOT_ALLOWED {
        let why = "Only uploads can be read here.";
        return Notice::Method { allow: "GET, HEAD", why }.into();
    }
    let why = match status {
        ActixStatus::BAD_REQUEST => "This isn't the address of an upload.",
        _ => "Uploads can't be listed. Use the address of a file.",
    };
    Notice::Refused { status, why }.into()
}

/// The gateway allowed it and the store refused: an operator has to see that.
pub(super) fn store_denied() -> Failure {
    Failure::new(Side::Upstream, true, "reading an upload: the store refuses the table's key")
}

fn missing() -> Notice<'static> {
    let why = "File not found. It may have been moved or deleted. Ask your game master.";
    Notice::Refused { status: ActixStatus::NOT_FOUND, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(theirs: &[(&'static str, &'static str)]) -> ActixMap {
        let mut head = HeaderMap::new();
        for (name, value) in theirs {
            head.insert(*name, http::HeaderValue::from_static(value));
        }
        let mut ours = ActixMap::new();
        browser_headers(&head, &mut ours);
        ours
    }

    #[test]
    fn a_browser_is_told_what_an_upload_is_and_nothing_of_the_store() {
        let ours = told(&[
            ("content-type", "image/webp"),
            ("etag", "\"x\""),
            ("content-range", "bytes 0-1/2"),
            ("x-amz-request-id", "1"),
            ("x-amz-version-id", "v"),
            ("x-amz-meta-note", "n"),
            ("server", "AmazonS3"),
            ("set-cookie", "a=1"),
        ]);
        let mut names: Vec<_> = ours.keys().map(ActixName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["cache-control", "content-range", "content-type", "etag", "x-content-type-options"]
        );
        assert_eq!(ours.get(CACHE_CONTROL).unwrap(), "private, no-cache");
        let own = told(&[("cache-control", "public, max-age=60")]);
        assert_eq!(own.get(CACHE_CONTROL).unwrap(), "public, max-age=60");
    }

    #[test]
    fn what_could_act_by_itself_is_put_into_a_sandbox() {
        for kind in [
            "image/webp",
            "IMAGE/PNG",
            "audio/ogg",
            "video/webm; x=1",
            "font/woff2",
            "application/pdf",
        ] {
            assert!(
                !told(&[("content-type", kind)]).contains_key(CONTENT_SECURITY_POLICY),
                "{kind}"
            );
        }
        for kind in [
            "text/html",
            "image/svg+xml",
            "Image/SVG+XML; charset=utf-8",
            "application/xhtml+xml",
            "text/plain",
            "application/octet-stream",
            "",
        ] {
            let ours = told(&[("content-type", kind)]);
            assert_eq!(ours.get(CONTENT_SECURITY_POLICY).unwrap(), "sandbox", "{kind}");
        }
        assert!(told(&[]).contains_key(CONTENT_SECURITY_POLICY));
    }
}
