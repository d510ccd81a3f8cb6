//! Too many cookies: what answers a browser that sends more of them than can be read.
//!
//! A table's page may set cookies for the parent domain, and a browser then sends them to the portal and to every other
//! table. Users could not remove them by hand, so the response does: each under every domain and path it may have been set
//! for. What the reader needs to stay signed in is left where only its owner can have set it.
use std::fmt::Write as _;
use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

/// Counts the answers of one flood, so that none goes on for ever.
pub(crate) const ROUND: &str = "refractory_cookies";
/// After so many the page no longer reloads automatically.
const ROUNDS: usize = 20;
/// Browsers read no longer heads than some 250 KiB.
const BUDGET: usize = 160 * 1024;
/// Foundry's own, at a table's address.
const FOUNDRYS: &str = "session";
/// Deeper paths than this are not tried.
const DEEPEST: usize = 4;

const HEADERS: [(&str, &str); 5] = [
    ("cache-control", "no-store"),
    ("content-type", "text/html; charset=utf-8"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-robots-tag", "noindex"),
];

/// A request with more in its head than can be read.
#[derive(Debug, Default)]
pub(crate) struct OversizedCookies<'a> {
    host: &'a str,
    path: &'a str,
    /// The pairs of all `Cookie` lines.
    pairs: Vec<&'a [u8]>,
}

impl<'a> OversizedCookies<'a> {
    /// Reads it from the bytes of a head, which may have no end.
    pub(crate) fn of_head(head: &'a [u8]) -> Self {
        let mut flood = Self::default();
        let mut lines = head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
        let asked =
            lines.next().and_then(|line| std::str::from_utf8(line).ok()).unwrap_or_default();
        flood.path = path_of(asked.split(' ').nth(1).unwrap_or_default());
        for line in lines {
            let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"host") {
                flood.host = std::str::from_utf8(value).unwrap_or_default();
            } else if name.eq_ignore_ascii_case(b"cookie") {
                flood.add(value);
            }
        }
        flood
    }

    /// The same of a request that was read.
    pub(crate) fn of_request(request: &'a HttpRequest) -> Self {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let mut flood =
            Self { host: host.unwrap_or_default(), path: request.path(), pairs: Vec::new() };
        for value in request.headers().get_all(header::COOKIE) {
            flood.add(value.as_bytes());
        }
        flood
    }

    /// Whether there are any cookies.
    pub(crate) fn has_cookies(&self) -> bool {
        !self.pairs.is_empty()
    }

    fn add(&mut self, value: &'a [u8]) {
        let pairs = value.split(|b| *b == b';').map(<[u8]>::trim_ascii);
        self.pairs.extend(pairs.filter(|pair| !pair.is_empty()));
    }

    /// The answer as bytes; `ours` are the names of the portal's cookies.
    pub(crate) fn bytes(&self, ours: &[String]) -> Vec<u8> {
        let page = self.page();
        let mut answer =
            b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n".to_vec();
        for (name, value) in HEADERS {
            answer.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        for removal in self.removals(ours) {
            answer.extend_from_slice(b"set-cookie: ");
            answer.extend_from_slice(&removal);
            answer.extend_from_slice(b"\r\n");
        }
        answer
            .extend_from_slice(format!("content-length: {}\r\n\r\n{page}", page.len()).as_bytes());
        answer
    }

    /// The answer.
    pub(crate) fn answer(&self, ours: &[String]) -> HttpResponse {
        let mut answer = HttpResponse::build(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        for header in HEADERS {
            answer.insert_header(header);
        }
        for removal in self.removals(ours) {
            if let Ok(removal) = HeaderValue::from_bytes(&removal) {
                answer.append_header((header::SET_COOKIE, removal));
            }
        }
        answer.force_close().body(self.page())
    }

    fn round(&self) -> usize {
        let round = self.pairs.iter().find(|pair| name_of(pair) == ROUND.as_bytes());
        let round = round.and_then(|pair| std::str::from_utf8(&pair[ROUND.len() + 1..]).ok());
        round.and_then(|round| round.parse::<usize>().ok()).unwrap_or_default().min(ROUNDS)
    }

    fn page(&self) -> String {
        let (said, again) = if self.has_cookies() {
            let again = if self.round() < ROUNDS {
                "<meta http-equiv=\"refresh\" content=\"1\">"
            } else {
                ""
            };
            (
                "This browser sent more cookies than can be read here. They are being removed. This page loads again \
                 when they are gone; if it does not, delete the cookies of this site in the browser's settings.",
                again,
            )
        } else {
            ("The request is longer than any that belongs here.", "")
        };
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             {again}<title>Too many cookies</title><style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;\
             padding:0 1rem}}</style></head><body><h1>Too many cookies</h1><p>{said}</p><p><a href=\"\">Try again</a></p></body></html>"
        )
    }

    /// What takes the cookies away, the largest first, as far as one answer may be long. Later rounds begin with what the
    /// ones before did not come to.
    fn removals(&self, ours: &[String]) -> Vec<Vec<u8>> {
        if !self.has_cookies() {
            return Vec::new();
        }
        let mut pairs: Vec<_> = self.pairs.iter().filter(|pair| is_sendable(pair)).collect();
        pairs.sort_by_key(|pair| std::cmp::Reverse(pair.len()));
        let scopes = self.wheres();
        let all = pairs.iter().flat_map(|pair| {
            let is_ours =
                ours.iter().any(|ours| ours.as_bytes().eq_ignore_ascii_case(name_of(pair)));
            let is_kept = is_ours || name_of(pair) == FOUNDRYS.as_bytes();
            let wheres = scopes.iter().filter(move |place| !(is_kept && place.is_owners()));
            wheres.map(|place| place.removal(pair))
        });
        let all: Vec<_> = all.collect();
        let round = self.round();
        let fits = fitting(&all).max(1);
        let start = if all.is_empty() { 0 } else { round * fits % all.len() };
        let mut told: Vec<_> =
            all[start..].iter().chain(&all[..start]).take(fits).cloned().collect();
        told.push(
            format!("{ROUND}={}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax", round + 1)
                .into_bytes(),
        );
        told
    }

    /// Everywhere the cookies may have been set for.
    fn wheres(&self) -> Vec<CookieScope> {
        let mut paths = vec!["/".to_owned()];
        let mut path = String::new();
        for segment in self.path.split('/').filter(|segment| !segment.is_empty()).take(DEEPEST) {
            path.push('/');
            path.push_str(segment);
            paths.extend([path.clone(), format!("{path}/")]);
        }
        let domains = domains(self.host);
        let places = paths.iter().flat_map(|path| {
            domains.iter().map(|domain| CookieScope { domain: domain.clone(), path: path.clone() })
        });
        places.collect()
    }
}

/// A place a cookie can be set for.
struct CookieScope {
    /// None for the host alone.
    domain: Option<String>,
    path: String,
}

impl CookieScope {
    /// Where the portal and Foundry set theirs, and no other host can.
    fn is_owners(&self) -> bool {
        self.domain.is_none() && self.path == "/"
    }

    fn removal(&self, pair: &[u8]) -> Vec<u8> {
        let name = name_of(pair);
        // A cookie without a name comes as its bare value.
        let mut removal = if pair.contains(&b'=') { name.to_vec() } else { Vec::new() };
        removal.push(b'=');
        if removal.len() == 1 {
            removal.extend_from_slice(pair.strip_prefix(b"=").unwrap_or(pair));
        }
        let mut rest = format!("; Path={}", self.path);
        if let Some(domain) = &self.domain {
            let _infallible = write!(rest, "; Domain={domain}");
        }
        rest.push_str("; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
        if name.starts_with(b"__") {
            // Browsers accept such a name only with this attribute.
            rest.push_str("; Secure");
        }
        removal.extend_from_slice(rest.as_bytes());
        removal
    }
}

/// How many of these one answer can hold.
fn fitting(removals: &[Vec<u8>]) -> usize {
    let mut length = 0;
    let fits = removals.iter().take_while(|removal| {
        length += removal.len() + "set-cookie: \r\n".len();
        length <= BUDGET
    });
    fits.count()
}

/// The host alone, then the host and its parents as domains, as far as a cookie can be set for them.
fn domains(host: &str) -> Vec<Option<String>> {
    let host = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host }
    });
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let mut all = vec![None];
    if host.parse::<IpAddr>().is_ok() || host.is_empty() || !host.chars().all(legal) {
        return all;
    }
    let mut domain = host.trim_end_matches('.');
    all.push(Some(domain.to_owned()));
    while let Some((_, parent)) = domain.split_once('.') {
        domain = parent;
        if domain.contains('.') || domain == "localhost" {
            all.push(Some(domain.to_owned()));
        }
    }
    all
}

/// The path of a request's target, as far as it can stand in a header.
fn path_of(target: &str) -> &str {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let is_plain = path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic() && b != b';');
    if is_plain { path } else { "/" }
}

fn name_of(pair: &[u8]) -> &[u8] {
    pair.split(|b| *b == b'=').next().unwrap_or_default().trim_ascii()
}

/// Whether the name can stand in a header of ours.
fn is_sendable(pair: &[u8]) -> bool {
    let told = if pair.contains(&b'=') && !pair.starts_with(b"=") { name_of(pair) } else { pair };
    told.len() <= 4_096 && told.iter().all(|b| *b >= b' ' && *b != 0x7f)
}

#[cfg(test)]
mod tests;
