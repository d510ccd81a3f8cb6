//! What came in, for tests of whatever stands in front. Off unless the `spy` switch is on.
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

const KEPT: usize = 200;

/// The last requests.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<VecDeque<Value>>);

impl RequestLog {
    /// Remembers a request.
    pub(crate) fn note<B>(&self, request: &http::Request<B>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() == KEPT {
            seen.pop_front();
        }
        seen.push_back(described(request));
    }

    /// The remembered requests, oldest first.
    pub(crate) fn seen(&self) -> Value {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().cloned().collect()
    }
}

/// Method, target and headers of `request`; a header sent twice is a list.
pub(crate) fn described<B>(request: &http::Request<B>) -> Value {
    let mut headers = Map::new();
    for name in request.headers().keys() {
        let values = request.headers().get_all(name).iter();
        let mut texts: Vec<Value> =
            values.map(|value| String::from_utf8_lossy(value.as_bytes()).into()).collect();
        let value = if texts.len() == 1 { texts.remove(0) } else { texts.into() };
        headers.insert(name.to_string(), value);
    }
    json!({"method": request.method().as_str(), "target": request.uri().to_string(), "headers": headers})
}
