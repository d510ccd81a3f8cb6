//! The bodies of requests: JSON, and merge patches (RFC 7396). What cannot be read is reported field by field.
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{FromRequest, HttpRequest};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connections::body_problem;
use crate::guard::check_json;
use crate::problem::{FieldProblem, MERGE_PATCH, Problem};

/// What a request without a patch is sent as.
const JSON: &str = "application/json";

/// The JSON of a request.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

/// The merge patch of a request: what it leaves out stays, and null clears.
#[derive(Debug)]
pub(crate) struct MergePatch<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let value = json(request, payload, &[JSON]);
        Box::pin(async move { read(value.await?).map(Self) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for MergePatch<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let value = json(request, payload, &[MERGE_PATCH, JSON]);
        Box::pin(async move { read(value.await?).map(Self) })
    }
}

/// The JSON of a request of one of the media types `taken`, its texts within their bounds.
fn json(
    request: &HttpRequest,
    payload: &mut Payload,
    taken: &'static [&'static str],
) -> LocalBoxFuture<'static, Result<Value, Problem>> {
    let is_taken = is_one_of(request.headers().get(CONTENT_TYPE), taken);
    let body = Bytes::from_request(request, payload);
    Box::pin(async move {
        if !is_taken {
            return Err(Problem::wrong_media_type(taken));
        }
        let body = body.await.map_err(|error| body_problem(&error).unwrap_or_else(broken_off))?;
        let value: Value = serde_json::from_slice(&body).map_err(|error| malformed(&error))?;
        check_json(&value)?;
        Ok(value)
    })
}

/// Whether `sent` is one of the media types `taken`, whatever its parameters.
fn is_one_of(sent: Option<&HeaderValue>, taken: &[&str]) -> bool {
    let essence = sent
        .and_then(|sent| sent.to_str().ok())
        .map(|sent| sent.split(';').next().unwrap_or_default().trim().to_owned());
    essence.is_some_and(|essence| taken.iter().any(|known| known.eq_ignore_ascii_case(&essence)))
}

fn broken_off() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "The request broke off. Send it again.")
}

fn malformed(error: &serde_json::Error) -> Problem {
    let sentence = format!("The body is not JSON: {error}.");
    Problem::new(StatusCode::BAD_REQUEST, sentence).coded("malformed-json")
}

/// What `value` says, or what is wrong with it at which place.
fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = pointer(error.path());
        let said = error.inner().to_string();
        Problem::of_fields(vec![field_problem(path, &said)])
    })
}

fn field_problem(path: String, said: &str) -> FieldProblem {
    if let Some(name) = named(said, "unknown field `") {
        let path = if path.ends_with(&format!("/{}", escaped(name))) {
            path
        } else {
            format!("{path}/{}", escaped(name))
        };
        let expected = said.split_once(", ").map_or(said, |(_, rest)| rest);
        let message = format!("`{name}` is not known here; {expected}.");
        return FieldProblem::at(path, "unknown-field", message);
    }
    if let Some(name) = named(said, "missing field `") {
        let message = format!("`{name}` is missing.");
        return FieldProblem::at(format!("{path}/{}", escaped(name)), "missing-field", message);
    }
    let code = if said.starts_with("invalid type") { "wrong-type" } else { "invalid-value" };
    FieldProblem::at(path, code, format!("{said}."))
}

/// The name between `before` and the next backtick.
fn named<'a>(said: &'a str, before: &str) -> Option<&'a str> {
    said.strip_prefix(before)?.split('`').next()
}

/// `path` as a JSON Pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&escaped(key));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::{InstancePatch, NewToken, NewUser};

    fn first_problem<T: DeserializeOwned>(value: Value) -> Option<(String, String)> {
        let problem = read::<T>(value).err()?;
        problem.fields().into_iter().next()
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        for (value, at, code) in [
            (json!({ "wrold": "x" }), "/wrold", "unknown-field"),
            (json!({ "limits": { "memroy": 1 } }), "/limits/memroy", "unknown-field"),
            (json!({ "a/b~c": 1 }), "/a~1b~0c", "unknown-field"),
            (json!({ "title": 5 }), "/title", "wrong-type"),
            (json!({ "limits": { "memory": "much" } }), "/limits/memory", "wrong-type"),
            (json!({ "limits": 5 }), "/limits", "wrong-type"),
            (json!("x"), "", "wrong-type"),
            (json!(null), "", "wrong-type"),
        ] {
            assert_eq!(
                first_problem::<InstancePatch>(value.clone()),
                Some((at.into(), code.into())),
                "{value}"
            );
        }
        assert_eq!(
            first_problem::<NewUser>(json!({ "name": "x" })),
            Some(("/role".into(), "missing-field".into()))
        );
        let king = json!({ "name": "x", "role": "king" });
        assert_eq!(first_problem::<NewUser>(king), Some(("/role".into(), "invalid-value".into())));
        let scopes = json!({ "name": "x", "scopes": ["read", "fly"] });
        assert_eq!(
            first_problem::<NewToken>(scopes),
            Some(("/scopes/1".into(), "invalid-value".into()))
        );
    }

    #[test]
    fn parameters_of_a_media_type_do_not_matter() {
        let sent = |text| is_one_of(Some(&HeaderValue::from_static(text)), &[MERGE_PATCH, JSON]);
        for good in ["application/json", "Application/JSON; charset=utf-8", MERGE_PATCH] {
            assert!(sent(good), "{good}");
        }
        for bad in ["", "text/plain", "application/jsonx", "application/x-www-form-urlencoded"] {
            assert!(!sent(bad), "{bad}");
        }
        assert!(!is_one_of(None, &[JSON]));
    }
}
