//! From what went wrong to what a browser is told: one table for the whole crate.
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use refractory_core::{Error, ErrorKind, EventId};
use serde_json::json;

use crate::words;

/// The status that tells a kind of error.
pub(crate) fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::Exhausted => StatusCode::INSUFFICIENT_STORAGE,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Unsupported => StatusCode::NOT_IMPLEMENTED,
        ErrorKind::Unexpected | _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// An answer that is not what was asked for, with the sentence a person reads.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    sentence: String,
    /// Shown and logged, so that one can be found by the other.
    id: Option<String>,
    wait: Option<Duration>,
    /// The methods that would have been right, where the one used was not.
    allow: Option<String>,
}

impl Problem {
    /// A refusal of ours.
    pub(crate) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into(), id: None, wait: None, allow: None }
    }

    /// Nobody is signed in, and somebody has to be.
    pub(crate) fn sign_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Sign in to continue.")
    }

    /// What was sent did not come in time.
    pub(crate) fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "That did not arrive in time. Try again.")
    }

    /// What was sent is longer than anything that belongs there.
    pub(crate) fn too_long() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "What was sent is too long. Send less, and try again.",
        )
    }

    /// There is no such page.
    pub(crate) fn no_page() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no page at this address.")
    }

    /// The address is one of ours, and takes other methods than `method`: those in `allow`.
    pub(crate) fn wrong_method(method: &str, allow: String) -> Self {
        let method: String = method.chars().take(20).collect();
        let sentence = format!("This address doesn't accept {method}. Use one of: {allow}.");
        Self { allow: Some(allow), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, sentence) }
    }

    /// Something that only a defect or a broken machine explains.
    pub(crate) fn defect(error: &dyn fmt::Display) -> Self {
        let id = EventId::fresh().to_string();
        tracing::error!(%id, %error, "a request failed");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            sentence: "Something went wrong in Refractory. See the log for details.".to_owned(),
            id: Some(id),
            wait: None,
            allow: None,
        }
    }

    /// The same, to be tried again after `wait`.
    #[must_use]
    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.wait = Some(wait);
        self
    }

    /// The same where a form says it beside its fields; a fault of ours, which no other word in a field would mend, is refused.
    pub(crate) fn for_form(self) -> Result<Self, Self> {
        if self.id.is_some() { Err(self) } else { Ok(self) }
    }

    /// The same where other input may mend it; what is refused or gone is no matter of a field.
    pub(crate) fn about_input(self) -> Result<Self, Self> {
        let mends = [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::CONFLICT];
        if mends.contains(&self.status) { Ok(self) } else { Err(self) }
    }

    /// What a person is told.
    pub(crate) fn sentence(&self) -> &str {
        &self.sentence
    }

    /// After which time it may be tried again.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.wait
    }

    /// The id under which the log has more, for faults of ours.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = status_of(error.kind());
        let id = status.is_server_error().then(|| EventId::fresh().to_string());
        if let Some(id) = &id {
            tracing::error!(%id, ?error, "a request failed");
        }
        let sentence = words::sentence(&words::error(&error));
        Self { status, sentence, id, wait: error.wait_hint(), allow: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status.as_u16(), self.sentence)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        answer.insert_header((CACHE_CONTROL, "no-store"));
        if let Some(wait) = self.wait {
            answer.insert_header((RETRY_AFTER, wait.as_secs().max(1)));
        }
        if let Some(allow) = &self.allow {
            answer.insert_header((ALLOW, allow.as_str()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // Not `Basic`: browsers would ask for a password of their own accord.
            answer.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"refractory\""));
        }
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Problem"),
            "status": self.status.as_u16(),
            "detail": self.sentence,
        });
        if let Some(id) = &self.id {
            body["instance"] = json!(format!("urn:refractory:problem:{id}"));
        }
        answer.content_type("application/problem+json").body(body.to_string())
    }
}

#[cfg(test)]
mod tests;
