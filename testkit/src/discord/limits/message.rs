//! Messages.
use serde_json::Value;

use super::components::check_components;
use super::embed::check_embeds;
use super::field::Fields;
use crate::discord::error::{ApiError, EMPTY_MESSAGE, FieldErrors};
use crate::discord::model::message::COMPONENTS_V2;

/// A message that is created or edited; `prefix` is where it lies in the body, `files` how many files come along.
pub(crate) fn check_message(
    body: &Value,
    prefix: &str,
    is_new: bool,
    files: usize,
) -> Result<(), ApiError> {
    let mut errors = FieldErrors::default();
    let message = Fields::at(body, prefix);
    let v2 = body["flags"].as_u64().unwrap_or(0) & COMPONENTS_V2 != 0;
    message.length(&mut errors, "content", 0, 2000);
    check_embeds(&mut errors, &message);
    check_components(&mut errors, &message, v2);
    message.count(&mut errors, "attachments", 0, 10);
    message.count(&mut errors, "sticker_ids", 0, 3);
    if v2 {
        for name in ["content", "embeds", "sticker_ids", "poll"] {
            let is_set = message.get(name).is_some_and(|value| {
                value.as_str().is_none_or(|text| !text.is_empty())
                    && value.as_array().is_none_or(|list| !list.is_empty())
            });
            if is_set {
                let words = format!(
                    "The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                );
                errors.add(
                    &message.path(name),
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    &words,
                );
            }
        }
    }
    check_nonce(&mut errors, &message);
    check_mentions(&mut errors, &message);
    errors.finish()?;
    let is_empty = message.text("content").trim().is_empty()
        && ["embeds", "components", "sticker_ids", "attachments"]
            .iter()
            .all(|name| message.list(name).is_empty())
        && body["poll"].is_null()
        && files == 0;
    if is_new && is_empty { Err(EMPTY_MESSAGE.into()) } else { Ok(()) }
}

fn check_nonce(errors: &mut FieldErrors, message: &Fields<'_>) {
    let Some(nonce) = message.get("nonce") else { return };
    if nonce.as_i64().is_none() {
        message.length(errors, "nonce", 0, 25);
    }
}

fn check_mentions(errors: &mut FieldErrors, message: &Fields<'_>) {
    let Some(allowed) = message.get("allowed_mentions") else { return };
    let allowed = Fields::at(allowed, message.path("allowed_mentions"));
    for kind in ["users", "roles"] {
        allowed.count(errors, kind, 0, 100);
        let parsed = allowed.list("parse").iter().any(|parse| parse == kind);
        if parsed && !allowed.list(kind).is_empty() {
            let words = format!("parse:[\"{kind}\"] and {kind}: [ids...] are mutually exclusive.");
            errors.add(&allowed.path("parse"), "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", &words);
        }
    }
    for (at, parse) in allowed.list("parse").iter().enumerate() {
        if !matches!(parse.as_str(), Some("users" | "roles" | "everyone")) {
            errors.choice(&allowed.path(&format!("parse.{at}")), "'users', 'roles', 'everyone'");
        }
    }
}
