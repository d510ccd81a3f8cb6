//! Channels and threads.
use serde_json::Value;

use super::field::Fields;
use crate::discord::error::{ApiError, FieldErrors};
use crate::discord::model::Id;

/// Whether a name has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    Required,
    Optional,
}

/// A channel, category or thread that is created or edited.
pub(crate) fn check_channel(body: &Value, naming: Naming) -> Result<(), ApiError> {
    let mut errors = FieldErrors::default();
    let channel = Fields::at(body, "");
    if naming == Naming::Required {
        channel.required(&mut errors, "name", 100);
    } else {
        channel.length(&mut errors, "name", 1, 100);
    }
    channel.length(&mut errors, "topic", 0, 1024);
    channel.number(&mut errors, "rate_limit_per_user", 0, 21_600);
    channel.number(&mut errors, "position", 0, i64::from(i32::MAX));
    if let Some(after) = channel.get("auto_archive_duration")
        && !matches!(after.as_u64(), Some(60 | 1440 | 4320 | 10080))
    {
        errors.choice("auto_archive_duration", "60, 1440, 4320, 10080");
    }
    for (at, over) in channel.list("permission_overwrites").iter().enumerate() {
        let over = Fields::at(over, format!("permission_overwrites.{at}"));
        if over.text("id").parse::<u64>().map(Id).is_err() {
            errors.required(&over.path("id"));
        }
        if !matches!(over.value["type"].as_u64(), Some(0 | 1)) {
            errors.choice(&over.path("type"), "0, 1");
        }
    }
    errors.finish()
}
