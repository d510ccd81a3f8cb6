//! Requests to the vendor's site.
use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{COOKIE, LOCATION, REFERER, RETRY_AFTER, SET_COOKIE};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use url::Url;

use crate::foundry::http::{self, Timeouts};
use crate::{Error, ErrorKind, Result};

/// A page is well under this.
const LARGEST_PAGE: usize = 8 << 20;

/// Where the site is, and where its downloads come from.
#[derive(Debug, Clone)]
pub struct SiteOptions {
    /// The site.
    pub base: String,
    /// Hosts, with their port where it is not the usual one, that a timed URL may point to.
    pub download_hosts: Vec<String>,
    /// How long it is waited for.
    pub timeouts: Timeouts,
}

impl Default for SiteOptions {
    fn default() -> Self {
        Self {
            base: "https://foundryvtt.com/".into(),
            download_hosts: vec!["r2.foundryvtt.com".into()],
            timeouts: Timeouts::default(),
        }
    }
}

/// The vendor's site. It limits how often it is asked: keep what it answered.
#[derive(Debug, Clone)]
pub struct Site {
    pub(super) http: Client,
    base: Url,
    pub(super) download_hosts: Vec<String>,
}

impl Site {
    /// The site that `options` name. Asks nothing yet.
    ///
    /// # Errors
    ///
    /// `Invalid` (the base is no address), `Unavailable` (the machine has no certificates).
    pub fn new(options: &SiteOptions) -> Result<Self> {
        let base = Url::parse(&options.base).map_err(|error| {
            Error::new(ErrorKind::Invalid, "reading the address of the vendor's site")
                .caused_by(error)
                .advise(format!(
                    "`{}` is not a URL. Enter one such as `https://foundryvtt.com/`.",
                    options.base
                ))
        })?;
        let http = http::client(options.timeouts)?;
        Ok(Self { http, base, download_hosts: options.download_hosts.clone() })
    }

    /// `path` on the site.
    pub(super) fn at(&self, path: &str) -> Result<Url> {
        self.base.join(path).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "addressing the vendor's site").caused_by(error)
        })
    }

    /// Asks with the cookies of `jar`, and puts what is set into it.
    pub(super) async fn send(
        &self,
        request: RequestBuilder,
        jar: &mut Jar,
        during: &'static str,
    ) -> Result<Response> {
        let request = request
            .header(COOKIE, jar.header())
            .header(REFERER, self.base.as_str())
            .header("DNT", "1");
        let response =
            request.send().await.map_err(|error| http::unreachable_error(during, error))?;
        jar.keep(&response);
        checked(response, during)
    }

    /// Asks for a page, and follows where it leads, as long as it leads within the site.
    pub(super) async fn page(
        &self,
        request: RequestBuilder,
        jar: &mut Jar,
        during: &'static str,
    ) -> Result<String> {
        let mut response = self.send(request, jar, during).await?;
        for _ in 0..5 {
            if !response.status().is_redirection() {
                let page = http::body(response, LARGEST_PAGE, during).await?;
                return Ok(String::from_utf8_lossy(&page).into_owned());
            }
            let next = location(&response)
                .and_then(|to| response.url().join(&to).ok())
                .filter(|next| next.origin() == self.base.origin())
                .ok_or_else(|| odd(during))?;
            response = self.send(self.http.get(next), jar, during).await?;
        }
        Err(odd(during))
    }
}

/// Where a redirect leads.
pub(super) fn location(response: &Response) -> Option<String> {
    Some(response.headers().get(LOCATION)?.to_str().ok()?.to_owned())
}

/// The site has changed, or something stands in its place.
pub(super) fn odd(during: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, during).advise(
        "foundryvtt.com sent an unexpected response. Download the release yourself and add the file.",
    )
}

/// Turns an answer that is none into an error: 429 with how long to wait.
pub(super) fn checked(response: Response, during: &'static str) -> Result<Response> {
    let status = response.status();
    if status == StatusCode::TOO_MANY_REQUESTS {
        let wait = wait_asked(&response);
        return Err(Error::new(ErrorKind::Unavailable, during).retry_after(wait).advise(format!(
            "foundryvtt.com limits requests. Try again in {} seconds.",
            wait.as_secs()
        )));
    }
    if status.is_server_error() {
        return Err(Error::new(ErrorKind::Unavailable, during)
            .about("status", status.as_u16())
            .advise("foundryvtt.com isn't responding correctly. Try again later."));
    }
    Ok(response)
}

/// How long a 429 asks to wait; two minutes where it does not say.
fn wait_asked(response: &Response) -> Duration {
    let seconds = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
    Duration::from_secs(seconds.unwrap_or(120).clamp(1, 24 * 3600))
}

/// The cookies of one visit.
#[derive(Clone, Default)]
pub(super) struct Jar(BTreeMap<String, String>);

impl Jar {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn header(&self) -> String {
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep(&mut self, response: &Response) {
        for header in response.headers().get_all(SET_COOKIE) {
            let pair =
                header.to_str().ok().and_then(|text| text.split(';').next()?.split_once('='));
            if let Some((name, value)) = pair {
                self.0.insert(name.trim().to_owned(), value.trim().trim_matches('"').to_owned());
            }
        }
    }
}

impl std::fmt::Debug for Jar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
