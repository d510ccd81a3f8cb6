//! What a form or a JSON body says.
use std::io;

use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Limited};
use serde_json::{Map, Value};

use super::serve::Request;

/// No form of the program is anywhere near this size.
const LIMIT: usize = 16 << 20;

/// The fields of a request's body, whichever way they were encoded.
#[derive(Debug, Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads the body of `request`: JSON where it says so, urlencoded otherwise.
    pub(crate) async fn of(request: Request) -> io::Result<Self> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_json = kind.is_some_and(|kind| kind.starts_with("application/json"));
        let body = Limited::new(request.into_body(), LIMIT).collect().await;
        let body = body.map_err(io::Error::other)?.to_bytes();
        if !is_json {
            let pairs = url::form_urlencoded::parse(&body);
            let text = |(name, value): (_, std::borrow::Cow<'_, str>)| {
                (String::from(name), Value::String(value.into_owned()))
            };
            return Ok(Self(pairs.map(text).collect()));
        }
        match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(io::Error::other("the JSON body is not an object")),
            Err(why) => Err(io::Error::other(why)),
        }
    }

    /// A field as text; empty where it is missing or no text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether a field was sent at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether a field says yes, as JSON or as a form does.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(on)) => *on,
            Some(Value::String(text)) => matches!(text.as_str(), "true" | "on" | "1"),
            _ => false,
        }
    }

    /// All fields.
    pub(crate) fn into_map(self) -> Map<String, Value> {
        self.0
    }
}

/// The value of `name` in the query of `request`.
pub(crate) fn query<B>(request: &http::Request<B>, name: &str) -> Option<String> {
    let query = request.uri().query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
