//! One visit to a running program: a request with the session's cookie, an answer with its state.
use std::time::Duration;

use reqwest::header::{COOKIE, LOCATION, ORIGIN};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

use super::http::{self, Timeouts};
use crate::ports::Endpoint;
use crate::{Error, ErrorKind, Result};

const DURING: &str = "talking to Foundry";
/// Pages are a few kilobytes, answers fewer.
const LARGEST_BODY: usize = 4 << 20;

/// What the program answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The last part of the path it leads to, for a redirect.
    pub(crate) leads_to: Option<String>,
    /// The session it gave, where it gave a new one.
    pub(crate) session: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Why the program refused, in its own words; it may say so with status 200.
    pub(crate) fn complaint(&self) -> Option<String> {
        let body = self.json();
        let failed = self.status.is_client_error() || body["status"] == "failed";
        let words = body["error"].as_str().or(body["message"].as_str());
        match words {
            Some(words) if failed || body["error"].is_string() => Some(clipped(words)),
            Some(_) | None if failed => Some(format!("status {}", self.status.as_u16())),
            Some(_) | None => None,
        }
    }
}

/// What the program says, as far as it fits in a sentence.
fn clipped(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// What to send along with a POST.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fields<'a> {
    Form(&'a [(&'a str, &'a str)]),
    Json(&'a Value),
}

/// A client for running programs.
#[derive(Debug, Clone)]
pub(crate) struct Visitor(Client);

impl Visitor {
    pub(crate) fn new() -> Result<Self> {
        Self::waiting(Duration::from_secs(8))
    }

    /// A client for requests that are answered only when something long is over.
    pub(crate) fn patient() -> Result<Self> {
        Self::waiting(Duration::from_mins(5))
    }

    fn waiting(silence: Duration) -> Result<Self> {
        http::plain_client(Timeouts { connect: Duration::from_secs(2), silence }).map(Self)
    }

    /// `GET path`; none where nothing listens.
    pub(crate) async fn get(
        &self,
        at: &Endpoint,
        path: &str,
        session: Option<&str>,
    ) -> Result<Option<Answer>> {
        send(self.request(Method::GET, at, path, session).timeout(Duration::from_secs(4))).await
    }

    /// `POST path`; none where nothing listens.
    pub(crate) async fn post(
        &self,
        at: &Endpoint,
        path: &str,
        session: Option<&str>,
        fields: Fields<'_>,
    ) -> Result<Option<Answer>> {
        let origin = format!("http://{}", at.authority());
        let request = self.request(Method::POST, at, path, session).header(ORIGIN, origin);
        send(match fields {
            Fields::Form(form) => request.form(form),
            Fields::Json(json) => request.json(json),
        })
        .await
    }

    fn request(
        &self,
        method: Method,
        at: &Endpoint,
        path: &str,
        session: Option<&str>,
    ) -> RequestBuilder {
        let request = self.0.request(method, at.url(path));
        match session {
            Some(session) => request.header(COOKIE, format!("session={session}")),
            None => request,
        }
    }
}

async fn send(request: RequestBuilder) -> Result<Option<Answer>> {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) if http::is_refused(&error) => return Ok(None),
        Err(error) => return Err(http::unreachable_error(DURING, error)),
    };
    let status = response.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(Error::new(ErrorKind::Unavailable, DURING)
            .about("status", status.as_u16())
            .advise("Foundry isn't responding correctly. Try again in a moment."));
    }
    let leads_to =
        response.headers().get(LOCATION).and_then(|to| Some(last_part(to.to_str().ok()?)));
    let session = http::cookie_set(&response, "session").filter(|session| is_plain(session));
    let body = http::body(response, LARGEST_BODY, DURING).await?;
    Ok(Some(Answer {
        status,
        leads_to: leads_to.filter(|_| status.is_redirection()),
        session,
        body,
    }))
}

/// What can stand in a header and in a query as it is.
fn is_plain(session: &str) -> bool {
    !session.is_empty() && session.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn last_part(location: &str) -> String {
    let path = location.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    path.rsplit('/').next().unwrap_or_default().to_owned()
}
