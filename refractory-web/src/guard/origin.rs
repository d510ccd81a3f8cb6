//! Whether a request that changes something was sent by a page of ours.
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, ORIGIN};

use crate::problem::Problem;

/// Refuses what a browser says another site sent. Browsers say it in two ways; either is enough.
pub(crate) fn check_origin(request: &HttpRequest, https: bool) -> Result<(), Problem> {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str());
    let fetch_site_is_ours = match header("sec-fetch-site") {
        Some(Ok("same-origin" | "none")) | None => true,
        Some(_) => false,
    };
    let origin_is_ours = match (header(ORIGIN.as_str()), header(HOST.as_str())) {
        (None, _) => true,
        (Some(Ok(origin)), Some(Ok(host))) => is_ours(origin, host, https),
        _ => false,
    };
    if fetch_site_is_ours && origin_is_ours {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "The request came from another site and was rejected. Use the portal instead.",
    ))
}

fn is_ours(origin: &str, host: &str, https: bool) -> bool {
    match origin.split_once("://") {
        Some((scheme, authority)) => {
            authority.eq_ignore_ascii_case(host)
                && (scheme == "https" || (scheme == "http" && !https))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn other_sites_are_refused() {
        let rows = [
            (None, None, true),
            (Some("http://localhost:8080"), None, true),
            (Some("http://localhost:8080"), Some("same-origin"), true),
            (None, Some("none"), true),
            (Some("http://friday.localhost:8080"), None, false),
            (Some("http://localhost:8080"), Some("same-site"), false),
            (None, Some("cross-site"), false),
            (Some("null"), None, false),
            (Some("http://localhost"), None, false),
        ];
        for (origin, site, good) in rows {
            let mut request = TestRequest::post().insert_header(("host", "localhost:8080"));
            for (name, value) in [("origin", origin), ("sec-fetch-site", site)] {
                if let Some(value) = value {
                    request = request.insert_header((name, value));
                }
            }
            let checked = check_origin(&request.to_http_request(), false);
            assert_eq!(checked.is_ok(), good, "{origin:?} {site:?}");
        }
    }

    #[test]
    fn behind_https_a_plain_origin_is_another_site() {
        assert!(is_ours("https://games.example", "games.example", true));
        assert!(!is_ours("http://games.example", "games.example", true));
    }
}
