//! What somebody asks for by posting to `/join`.
use std::fmt;

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::super::headers::says;

/// What a form posted to `/join` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proxy) enum Verdict {
    /// To play.
    Fine,
    /// What is the deployment's to do.
    Admin,
    /// It cannot be told, so it is not passed on.
    Refused(StatusCode, &'static str),
}

const UNREADABLE: Verdict =
    Verdict::Refused(StatusCode::BAD_REQUEST, "The form could not be read. Load the page again.");
const UNKNOWN_FORM: Verdict = Verdict::Refused(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "The form comes in a shape that is not passed on. Send it as JSON or urlencoded, in UTF-8, uncompressed.",
);

/// Reads what `body`, posted to `/join`, asks for. Whatever a program might read differently is refused.
pub(in crate::proxy) fn judge(request: &HttpRequest, body: &[u8]) -> Verdict {
    if body.is_empty() {
        return Verdict::Fine;
    }
    let encoded = request.headers().contains_key(header::CONTENT_ENCODING)
        && !says(request, &header::CONTENT_ENCODING, "identity");
    let kinds: Vec<_> = request.headers().get_all(header::CONTENT_TYPE).collect();
    let [kind] = kinds.as_slice() else { return UNKNOWN_FORM };
    let kind = kind.to_str().unwrap_or_default().to_ascii_lowercase();
    let mut parts = kind.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let foreign = parts.any(|part| part.starts_with("charset") && !part.contains("utf-8"));
    match (encoded || foreign, essence) {
        (false, "application/json") => judge_json(body),
        (false, "application/x-www-form-urlencoded") => judge_form(body),
        _ => UNKNOWN_FORM,
    }
}

/// Every field of a JSON object, repeated ones included: programs differ in which of them they believe.
struct Fields(Vec<(String, Value)>);

impl<'de> serde::Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if is_telling(&name) {
                        fields.push((name, map.next_value()?));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(All)
    }
}

fn judge_json(body: &[u8]) -> Verdict {
    let Ok(Fields(fields)) = serde_json::from_slice(body) else { return UNREADABLE };
    let mut verdict = Verdict::Fine;
    for (name, value) in fields {
        match value {
            Value::String(action) if !is_admins(&name, &action) => {}
            Value::Null | Value::Bool(false) => {}
            Value::String(_) | Value::Bool(true) => verdict = Verdict::Admin,
            Value::Number(_) | Value::Array(_) | Value::Object(_) => return UNREADABLE,
        }
    }
    verdict
}

fn judge_form(body: &[u8]) -> Verdict {
    let mut verdict = Verdict::Fine;
    for pair in body.split(|b| *b == b'&') {
        let mut halves = pair.splitn(2, |b| *b == b'=');
        let (Some(name), Some(value)) =
            (plain(halves.next().unwrap_or_default()), plain(halves.next().unwrap_or_default()))
        else {
            return UNREADABLE;
        };
        // `action[]=…` becomes a list under `action`.
        let base = name.split('[').next().unwrap_or_default();
        if is_telling(base) {
            if base.len() != name.len() {
                return UNREADABLE;
            }
            if is_admins(base, &value) {
                verdict = Verdict::Admin;
            }
        }
    }
    verdict
}

fn is_telling(name: &str) -> bool {
    name.eq_ignore_ascii_case("action") || name.eq_ignore_ascii_case("shutdown")
}

fn is_admins(name: &str, value: &str) -> bool {
    let value = value.trim();
    if name.eq_ignore_ascii_case("shutdown") {
        return !value.is_empty() && !value.eq_ignore_ascii_case("false");
    }
    let admins = ["shutdown", "login", "adminLogin", "adminAuth", "auth", "adminConfigure"];
    admins.iter().any(|action| value.eq_ignore_ascii_case(action))
}

/// Undoes the encoding of forms; nothing where that leaves no text.
fn plain(raw: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let pair = after.get(..2).and_then(|pair| hex::decode(pair).ok())?;
                bytes.extend_from_slice(&pair);
                rest = &after[2..];
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
