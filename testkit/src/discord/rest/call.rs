//! A call, and its answer.
use std::collections::HashMap;

use serde_json::Value;

use crate::discord::error::ApiError;
use crate::discord::model::Id;

/// A call of an app.
#[derive(Debug, Default)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// The path without `/api/v10`.
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) body: Value,
    /// Files that came along: name and size.
    pub(crate) files: Vec<(String, usize)>,
}

/// An answer: a status, and a body where it is not 204.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
}

/// What a handler returns.
pub(crate) type Answered = Result<Answer, ApiError>;

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body) }
    }

    pub(crate) fn created(body: Value) -> Self {
        Self { status: 201, body: Some(body) }
    }

    pub(crate) fn empty() -> Self {
        Self { status: 204, body: None }
    }
}

impl Call {
    pub(crate) fn parts(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    /// A number of the query, within bounds.
    pub(crate) fn number(
        &self,
        name: &str,
        default: usize,
        most: usize,
    ) -> Result<usize, ApiError> {
        let Some(text) = self.query.get(name) else { return Ok(default) };
        match text.parse() {
            Ok(number) if (1..=most).contains(&number) => Ok(number),
            _ => Err(ApiError::field(
                name,
                "NUMBER_TYPE_MAX",
                &format!("int value should be less than or equal to {most}."),
            )),
        }
    }

    /// An id of the query.
    pub(crate) fn id(&self, name: &str) -> Option<Id> {
        self.query.get(name).and_then(|text| Id::parse(text))
    }
}

/// An id of a path.
pub(crate) fn path_id(text: &str) -> Result<Id, ApiError> {
    let words = || format!("Value \"{text}\" is not snowflake.");
    Id::parse(text).ok_or_else(|| ApiError::field("id", "NUMBER_TYPE_COERCE", &words()))
}

/// An id in a body, where it is set.
pub(crate) fn body_id(value: &Value) -> Option<Id> {
    value.as_str().and_then(Id::parse).or_else(|| value.as_u64().map(Id))
}

/// Bits of permissions in a body: a text, or a number.
pub(crate) fn bits(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).or_else(|| value.as_u64()).unwrap_or(0)
}
