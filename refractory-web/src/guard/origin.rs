//! Whether a request that changes something was sent by a page of ours.
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderName, ORIGIN};
use refractory_core::Addressing;

use crate::problem::Problem;
use crate::proxy::{Network, forwarded_host};

/// Refuses requests that another site sent, as the browser reports. Browsers report it in two ways; either is enough.
///
/// The portal's own origin is the configured one, whatever Host a proxy passes on. If users reach it by another
/// name, as by the address of the machine, it is the host that they asked for.
pub(crate) fn check_origin(
    request: &HttpRequest,
    at: &Addressing,
    trusted: &[Network],
) -> Result<(), Problem> {
    let mut origins = request.headers().get_all(ORIGIN).map(|origin| origin.to_str());
    let origin_is_ours = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(Ok(origin)), None) => is_ours(origin, request, at, trusted),
        _ => false,
    };
    if origin_is_ours && is_sent_from_here(request) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "The request came from another site and was rejected. Use the portal instead.",
    ))
}

fn is_sent_from_here(request: &HttpRequest) -> bool {
    let name = HeaderName::from_static("sec-fetch-site");
    let mut sites = request.headers().get_all(name);
    sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"))
}

fn is_ours(origin: &str, request: &HttpRequest, at: &Addressing, trusted: &[Network]) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    if is_same(authority, scheme, &at.portal_url()) {
        return true;
    }
    let is_safe = scheme == "https" || (scheme == "http" && !at.https);
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let mut hosts = host.into_iter().chain(forwarded_host(request, trusted));
    is_safe && hosts.any(|host| authority.eq_ignore_ascii_case(host))
}

/// Whether `scheme://authority` is the origin `url`. Browsers leave out the port that a scheme has anyway.
fn is_same(authority: &str, scheme: &str, url: &str) -> bool {
    let Some((own_scheme, own)) = url.split_once("://") else { return false };
    let usual = if own_scheme == "https" { ":443" } else { ":80" };
    let bare = |authority: &str| {
        let lower = authority.to_ascii_lowercase();
        lower.strip_suffix(usual).map_or(lower.clone(), ToOwned::to_owned)
    };
    scheme == own_scheme && bare(authority) == bare(own)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn is_taken(at: &Addressing, trusted: &[Network], headers: &[(&str, &str)]) -> bool {
        let request = TestRequest::post().peer_addr("127.0.0.1:4000".parse().unwrap());
        let request = headers
            .iter()
            .fold(request, |request, (name, value)| request.append_header((*name, *value)));
        check_origin(&request.to_http_request(), at, trusted).is_ok()
    }

    #[test]
    fn other_sites_are_refused() {
        let at = Addressing::new("localhost", 8080, false);
        for (origin, site, good) in [
            (None, None, true),
            (Some("http://localhost:8080"), None, true),
            (Some("http://localhost:8080"), Some("same-origin"), true),
            (None, Some("none"), true),
            (Some("http://friday.localhost:8080"), None, false),
            (Some("http://localhost:8080"), Some("same-site"), false),
            (None, Some("cross-site"), false),
            (Some("null"), None, false),
            (Some(""), None, false),
            (Some("http://localhost"), None, false),
            (Some("http://localhost:8080.evil.example"), None, false),
            (Some("http://evil.example/http://localhost:8080"), None, false),
        ] {
            let mut headers = vec![("host", "localhost:8080")];
            headers.extend(origin.map(|origin| ("origin", origin)));
            headers.extend(site.map(|site| ("sec-fetch-site", site)));
            assert_eq!(is_taken(&at, &[], &headers), good, "{origin:?} {site:?}");
        }
        let two = [("host", "localhost:8080"), ("origin", "http://localhost:8080")];
        assert!(!is_taken(&at, &[], &[two[0], two[1], ("origin", "http://evil.example")]));
    }

    #[test]
    fn the_configured_origin_is_ours_whatever_host_a_proxy_passes_on() {
        let plain = Addressing::new("games.lan", 8081, false);
        let tls = Addressing::new("Games.example", 443, true);
        for host in ["games.lan", "127.0.0.1:8080", "refractory:8080", "evil.example"] {
            let asked = |at, origin| is_taken(at, &[], &[("host", host), ("origin", origin)]);
            assert!(asked(&plain, "http://games.lan:8081"), "{host}");
            assert!(asked(&plain, "http://GAMES.lan:8081"), "{host}");
            assert!(asked(&tls, "https://games.example"), "{host}");
            assert!(asked(&tls, "https://games.example:443"), "{host}");
            assert!(!asked(&plain, "http://games.lan:8082"), "{host}");
            assert!(!asked(&plain, "https://games.lan:8081"), "{host}");
            assert!(!asked(&tls, "http://games.example"), "{host}");
            assert!(!asked(&tls, "https://friday.games.example"), "{host}");
            assert!(!asked(&tls, "https://games.example:444"), "{host}");
        }
    }

    #[test]
    fn a_host_counts_where_a_trusted_proxy_says_it() {
        let at = Addressing::new("games.example", 8080, false);
        let said = [
            ("host", "refractory:8080"),
            ("x-forwarded-host", "192.168.1.20:8080"),
            ("origin", "http://192.168.1.20:8080"),
        ];
        assert!(is_taken(&at, &["127.0.0.1".parse().unwrap()], &said));
        assert!(!is_taken(&at, &["10.0.0.1".parse().unwrap()], &said));
        assert!(!is_taken(&at, &[], &said));
    }

    #[test]
    fn behind_https_a_plain_origin_is_another_site() {
        let at = Addressing::new("games.example", 443, true);
        let asked = |origin| is_taken(&at, &[], &[("host", "games.example"), ("origin", origin)]);
        assert!(asked("https://games.example"));
        assert!(!asked("http://games.example"));
    }
}
