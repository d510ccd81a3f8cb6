//! Checks forms posted to `/join`.
//!
//! Foundry reads such a form with Express: `application/json` by `JSON.parse`, `application/x-www-form-urlencoded` by `qs`
//! or, where it is not extended, by a plainer reader. Only what all of them read in one and the same way is passed on.
use std::collections::BTreeSet;
use std::fmt;

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// What a form posted to `/join` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proxy) enum JoinDecision {
    /// To play.
    Play,
    /// What is the deployment's to do.
    Admin,
    /// It is ambiguous, so it is not forwarded.
    Refused(StatusCode, &'static str),
}

const UNREADABLE: JoinDecision = JoinDecision::Refused(
    StatusCode::BAD_REQUEST,
    "The form could not be read. Reload the page and try again.",
);
const TOO_MANY: JoinDecision =
    JoinDecision::Refused(StatusCode::PAYLOAD_TOO_LARGE, "The form has too many fields.");
const UNKNOWN_FORM: JoinDecision = JoinDecision::Refused(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "This form format isn't accepted. Send JSON or URL-encoded data, uncompressed, in UTF-8.",
);

/// No honest form at `/join` has a tenth of it. Express stops at a thousand, and some readers quietly.
const MAX_FIELDS: usize = 100;
/// What players do there. Whatever else the program may do for that word is not for them.
const PLAYERS: [&str; 3] = ["", "join", "loginAs"];

/// Reads what `body`, posted to `/join`, asks for. Whatever programs might read differently is refused.
pub(in crate::proxy) fn decide_join(request: &HttpRequest, body: &[u8]) -> JoinDecision {
    if body.is_empty() {
        return JoinDecision::Play;
    }
    let mut codings = request.headers().get_all(header::CONTENT_ENCODING);
    if codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return UNKNOWN_FORM;
    }
    let kinds: Vec<_> = request.headers().get_all(header::CONTENT_TYPE).collect();
    let [kind] = kinds.as_slice() else { return UNKNOWN_FORM };
    match media_type(kind.to_str().unwrap_or_default()).as_deref() {
        Some("application/json") => decide_if_readable(fields_of_json(body)),
        Some("application/x-www-form-urlencoded") => decide_if_readable(fields_of_form(body)),
        _ => UNKNOWN_FORM,
    }
}

fn decide_if_readable(fields: Result<Vec<Field>, JoinDecision>) -> JoinDecision {
    fields.map_or_else(|refused| refused, |fields| decide(&fields))
}

/// The media type in lower case, where nothing stands beside it but that it is UTF-8.
fn media_type(kind: &str) -> Option<String> {
    let kind = kind.to_ascii_lowercase();
    let mut parts = kind.split(';').map(str::trim);
    let essence = parts.next()?.to_owned();
    match (parts.next(), parts.next()) {
        (None, _) | (Some("charset=utf-8" | "charset=\"utf-8\""), None) => Some(essence),
        _ => None,
    }
}

/// One field by its name: a text, or what JSON has instead of one. Fields without a meaning are left out.
type Field = (String, Value);

fn decide(fields: &[Field]) -> JoinDecision {
    let mut seen = BTreeSet::new();
    let mut verdict = JoinDecision::Play;
    for (name, value) in fields {
        let asks = match value {
            Value::String(said) => is_admin_action(name, said),
            Value::Bool(true) => is_telling(name),
            Value::Null | Value::Bool(false) => false,
            Value::Number(_) | Value::Array(_) | Value::Object(_) => return UNREADABLE,
        };
        if asks {
            return JoinDecision::Admin;
        }
        // Programs differ in which of two they believe, and in what names they do not take for a field at all.
        if !seen.insert(name) || is_inherited(name) {
            verdict = UNREADABLE;
        }
    }
    verdict
}

fn is_telling(name: &str) -> bool {
    name.eq_ignore_ascii_case("action") || name.eq_ignore_ascii_case("shutdown")
}

fn is_admin_action(name: &str, value: &str) -> bool {
    if name.eq_ignore_ascii_case("shutdown") {
        let value = value.trim();
        return !value.is_empty() && !value.eq_ignore_ascii_case("false");
    }
    name.eq_ignore_ascii_case("action") && !PLAYERS.contains(&value)
}

/// What every object of JavaScript has: a field of that name may change more than itself.
fn is_inherited(name: &str) -> bool {
    name.starts_with("__")
        || [
            "constructor",
            "prototype",
            "hasOwnProperty",
            "isPrototypeOf",
            "propertyIsEnumerable",
            "toLocaleString",
            "toString",
            "valueOf",
        ]
        .contains(&name)
}

/// Every field of a JSON object, repeated ones included.
struct Fields(Vec<Field>);

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
                    let value = if is_telling(&name) {
                        map.next_value()?
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        Value::Null
                    };
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(All)
    }
}

fn fields_of_json(body: &[u8]) -> Result<Vec<Field>, JoinDecision> {
    let Fields(fields) = serde_json::from_slice(body).map_err(|_| UNREADABLE)?;
    if fields.len() > MAX_FIELDS { Err(TOO_MANY) } else { Ok(fields) }
}

fn fields_of_form(body: &[u8]) -> Result<Vec<Field>, JoinDecision> {
    let mut fields = Vec::new();
    for pair in body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
        if fields.len() == MAX_FIELDS {
            return Err(TOO_MANY);
        }
        fields.push(field_of_form(pair).ok_or(UNREADABLE)?);
    }
    Ok(fields)
}

/// One pair of a form, as all readers split and read it.
///
/// `qs` cuts a pair at `]=` where there is one, and makes trees out of brackets in a name; so no bracket may stand where it
/// looks for them.
fn field_of_form(pair: &[u8]) -> Option<Field> {
    let mut halves = pair.splitn(2, |b| *b == b'=');
    let name = plain(halves.next()?)?;
    let written = halves.next().unwrap_or_default();
    let is_name = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let unbracketed = written.to_ascii_lowercase();
    let has_cut = |cut: &[u8]| unbracketed.windows(cut.len()).any(|window| window == cut);
    (is_name && !has_cut(b"]=") && !has_cut(b"%5d="))
        .then(|| plain(written).map(|value| (name, Value::String(value))))
        .flatten()
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
