//! Bodies: JSON, or a form of files with JSON in it.
use serde_json::Value;

use crate::discord::error::{ApiError, BAD_JSON};

/// What a body says, and the names and sizes of files that came along.
pub(crate) fn read_body(
    kind: &str,
    bytes: &[u8],
) -> Result<(Value, Vec<(String, usize)>), ApiError> {
    if bytes.is_empty() {
        return Ok((Value::Null, Vec::new()));
    }
    if let Some(boundary) = kind.strip_prefix("multipart/form-data; boundary=") {
        return multipart(boundary.trim_matches('"'), bytes);
    }
    let body = serde_json::from_slice(bytes).map_err(|_| ApiError::from(BAD_JSON))?;
    Ok((body, Vec::new()))
}

fn multipart(boundary: &str, bytes: &[u8]) -> Result<(Value, Vec<(String, usize)>), ApiError> {
    let (mut body, mut files) = (Value::Null, Vec::new());
    for part in split(bytes, format!("--{boundary}").as_bytes()) {
        let Some(at) = find(part, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&part[..at]).into_owned();
        let content = part[at + 4..].strip_suffix(b"\r\n").unwrap_or(&part[at + 4..]);
        let value = |name: &str| {
            let (_, after) = head.split_once(&format!(" {name}=\""))?;
            after.split_once('"').map(|(value, _)| value.to_owned())
        };
        if value("name").as_deref() == Some("payload_json") {
            body = serde_json::from_slice(content).map_err(|_| ApiError::from(BAD_JSON))?;
        } else if let Some(name) = value("filename") {
            files.push((name, content.len()));
        }
    }
    Ok((body, files))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn split<'a>(mut bytes: &'a [u8], at: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(found) = find(bytes, at) {
        parts.push(&bytes[..found]);
        bytes = &bytes[found + at.len()..];
    }
    parts
}
