//! From what went wrong to what a browser is told: one table for the whole crate.
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use refractory_core::{Code, Error, ErrorKind, EventId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http_rules::API;
use crate::words;

/// The media type of a merge patch (RFC 7396).
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";

/// The status that tells a kind of error.
pub(crate) fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Outdated => StatusCode::PRECONDITION_FAILED,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::Exhausted => StatusCode::INSUFFICIENT_STORAGE,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Unsupported => StatusCode::NOT_IMPLEMENTED,
        ErrorKind::Unexpected | _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The stable name of what a status says.
fn name_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "unauthenticated",
        403 => "forbidden",
        404 => "not-found",
        405 => "method-not-allowed",
        408 => "request-timeout",
        409 => "conflict",
        412 => "outdated",
        413 => "content-too-large",
        415 => "unsupported-media-type",
        422 => "invalid",
        429 => "too-many-requests",
        400..=499 => "bad-request",
        501 => "unsupported",
        503 => "unavailable",
        507 => "exhausted",
        _ => "unexpected",
    }
}

/// What is wrong at one place of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Where it stands in the body, as a JSON Pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pointer: Option<String>,
    /// Which parameter of the address it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    parameter: Option<String>,
    /// What is wrong, as a stable name.
    #[schema(example = "unknown-field")]
    code: String,
    /// What is wrong, in a sentence.
    message: String,
}

impl FieldProblem {
    /// What is wrong at `pointer` of the body.
    pub(crate) fn at(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self { pointer: Some(pointer.into()), parameter: None, code, message }
    }

    /// What is wrong with `parameter` of the address.
    pub(crate) fn parameter(parameter: &str, code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self { pointer: None, parameter: Some(parameter.to_owned()), code, message }
    }
}

/// A problem as the API tells it (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument<'a> {
    /// What kind of problem it is. Stable.
    #[serde(rename = "type")]
    #[schema(example = "urn:refractory:problem:not-found")]
    kind: String,
    /// The same in a few words.
    title: &'a str,
    /// The status of the answer.
    status: u16,
    /// What is wrong and what to do next, in a sentence.
    detail: &'a str,
    /// What is wrong, as a stable name. Finer than `type`.
    #[schema(example = "not-found")]
    code: &'a str,
    /// Where the log has more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    instance: Option<String>,
    /// The operation that is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    operation: Option<&'a BlockingOperation>,
    /// What is wrong, field by field.
    #[serde(skip_serializing_if = "<[FieldProblem]>::is_empty")]
    errors: &'a [FieldProblem],
}

/// The operation that is in the way of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct BlockingOperation {
    /// Its id.
    id: String,
    /// Its address.
    #[schema(example = "/api/v1/operations/4fjx2k9mq7tz")]
    href: String,
}

impl BlockingOperation {
    /// The one that `error` is about, where it is about one.
    fn of(error: &Error) -> Option<Self> {
        let is_one = [Code::OPERATION_IN_PROGRESS, Code::BACKUP_IN_USE].contains(error.code());
        let id = error.fact("operation").filter(|_| is_one)?.to_owned();
        Some(Self { href: format!("{API}/operations/{id}"), id })
    }
}

/// An answer that is not what was asked for, with the sentence a person reads.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: Cow<'static, str>,
    sentence: String,
    /// What is wrong, field by field.
    fields: Box<[FieldProblem]>,
    /// Shown and logged, so that one can be found by the other.
    id: Option<String>,
    wait: Option<Duration>,
    /// What would have been right.
    hints: Box<Hints>,
}

/// What would have been right, for headers.
#[derive(Debug, Default)]
struct Hints {
    /// The methods, where the one used was not.
    allow: Option<String>,
    /// The media types, where the one used was not.
    accept: &'static [&'static str],
    /// What the token that was shown lacks.
    scope: Option<String>,
    /// The operation that is in the way.
    operation: Option<BlockingOperation>,
}

impl Problem {
    /// A refusal of ours.
    pub(crate) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self {
            status,
            code: name_of(status).into(),
            sentence: sentence.into(),
            fields: Box::default(),
            id: None,
            wait: None,
            hints: Box::default(),
        }
    }

    /// Fields of the body that cannot be used.
    pub(crate) fn of_fields(fields: Vec<FieldProblem>) -> Self {
        let sentence = sentence_of(&fields);
        Self { fields: fields.into(), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, sentence) }
    }

    /// Parameters of the address that cannot be used.
    pub(crate) fn of_parameters(fields: Vec<FieldProblem>) -> Self {
        let sentence = sentence_of(&fields);
        Self { fields: fields.into(), ..Self::new(StatusCode::BAD_REQUEST, sentence) }
            .coded("invalid-parameter")
    }

    /// A body of a media type that is not taken there.
    pub(crate) fn wrong_media_type(accept: &'static [&'static str]) -> Self {
        let sentence = format!("Send the body with `Content-Type: {}`.", accept.join("` or `"));
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence)
            .hinting(Hints { accept, ..Hints::default() })
    }

    /// What `If-Match` names was changed since.
    pub(crate) fn outdated() -> Self {
        Error::new(ErrorKind::Outdated, "comparing revisions").into()
    }

    fn hinting(self, hints: Hints) -> Self {
        Self { hints: Box::new(hints), ..self }
    }

    /// The same under a finer name.
    #[must_use]
    pub(crate) fn coded(self, code: impl Into<Cow<'static, str>>) -> Self {
        Self { code: code.into(), ..self }
    }

    /// The same where it is about the field at `pointer`; what is refused, or fails, is no matter of a field.
    #[must_use]
    pub(crate) fn in_field(mut self, pointer: &str) -> Self {
        let is_input = matches!(self.status.as_u16(), 404 | 409 | 422);
        if is_input && self.fields.is_empty() {
            self.fields = [FieldProblem::at(pointer, &self.code, self.sentence.clone())].into();
            if self.status == StatusCode::NOT_FOUND {
                // What was asked for is there; what it names is not.
                (self.status, self.code) = (StatusCode::UNPROCESSABLE_ENTITY, "invalid".into());
            }
        }
        self
    }

    /// What is wrong, field by field.
    #[cfg(test)]
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let place = |it: &FieldProblem| it.pointer.clone().or_else(|| it.parameter.clone());
        self.fields.iter().map(|it| (place(it).unwrap_or_default(), it.code.clone())).collect()
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
        Self::new(StatusCode::METHOD_NOT_ALLOWED, sentence)
            .hinting(Hints { allow: Some(allow), ..Hints::default() })
    }

    /// Something that only a defect or a broken machine explains.
    pub(crate) fn defect(error: &dyn fmt::Display) -> Self {
        let id = EventId::fresh().to_string();
        tracing::error!(%id, %error, "a request failed");
        let sentence = "Something went wrong in Refractory. See the log for details.";
        Self { id: Some(id), ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, sentence) }
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

/// The sentence about several fields.
fn sentence_of(fields: &[FieldProblem]) -> String {
    fields.iter().map(|field| words::sentence(&field.message)).collect::<Vec<_>>().join(" ")
}

/// Makes the problem of what is wrong with the field at `pointer`.
pub(crate) fn in_field<E: Into<Error>>(pointer: &str) -> impl Fn(E) -> Problem {
    move |error| Problem::from(error.into()).in_field(pointer)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = status_of(error.kind());
        // What this installation does not offer is no failure, and there is nothing to look up.
        let has_failed = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
        let id = has_failed.then(|| EventId::fresh().to_string());
        if let Some(id) = &id {
            tracing::error!(%id, ?error, "a request failed");
        }
        let sentence = words::sentence(&words::error(&error));
        let problem = Self { id, wait: error.wait_hint(), ..Self::new(status, sentence) };
        let scope = error.fact("scope").filter(|_| *error.code() == Code::INSUFFICIENT_SCOPE);
        let operation = BlockingOperation::of(&error);
        let hints = Hints { scope: scope.map(ToOwned::to_owned), operation, ..Hints::default() };
        problem.hinting(hints).coded(error.code().to_string())
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
        if let Some(allow) = &self.hints.allow {
            answer.insert_header((ALLOW, allow.as_str()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // Not `Basic`: browsers would ask for a password of their own accord.
            answer.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"refractory\""));
        }
        if let Some(scope) = &self.hints.scope {
            let challenge = format!(
                "Bearer realm=\"refractory\", error=\"insufficient_scope\", scope=\"{scope}\""
            );
            answer.insert_header((WWW_AUTHENTICATE, challenge));
        }
        if self.hints.accept.contains(&MERGE_PATCH) {
            answer.insert_header((
                HeaderName::from_static("accept-patch"),
                self.hints.accept.join(", "),
            ));
        }
        let document = ProblemDocument {
            kind: format!("urn:refractory:problem:{}", name_of(self.status)),
            title: self.status.canonical_reason().unwrap_or("Problem"),
            status: self.status.as_u16(),
            detail: &self.sentence,
            code: &self.code,
            instance: self.id.as_ref().map(|id| format!("urn:refractory:failure:{id}")),
            operation: self.hints.operation.as_ref(),
            errors: &self.fields,
        };
        let body = serde_json::to_string(&document).unwrap_or_default();
        answer.content_type("application/problem+json").body(body)
    }
}

#[cfg(test)]
mod tests;
