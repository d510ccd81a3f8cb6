//! Rows as text.
use sea_orm::QueryResult;

use super::entity::record;
use crate::ports::{DamagedRecord, Kind, Record, damaged};
use crate::{Error, ErrorKind, Remedy, Result};

/// How bodies are written now. It moves when an older program could no longer read them; a field that is
/// added as an `Option` does not move it.
pub(super) const FORMAT: i32 = 2;

/// `body` as JSON.
pub(super) fn written(record: &Record) -> Result<String> {
    serde_json::to_string(record).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "writing a row as text")
            .about("kind", record.kind().name())
            .about("id", record.id())
            .caused_by(error)
    })
}

/// The aggregate in `model`; its column decides about the revision.
pub(super) fn read(kind: Kind, model: &record::Model) -> Result<Record> {
    if model.format != FORMAT {
        return Err(newer(kind, model));
    }
    let read: Record = serde_json::from_str(&model.body)
        .map_err(|error| damaged(kind, &model.id).caused_by(error))?;
    if read.kind() != kind || read.id() != model.id {
        return Err(damaged(kind, &model.id)
            .about("holds", format!("{} {}", read.kind().name(), read.id())));
    }
    Ok(read.at_revision(u64::try_from(model.revision).unwrap_or_default()))
}

/// What a row of the table is, column by column: what cannot be read keeps no other row from being read.
pub(super) fn model_of(kind: Kind, found: &QueryResult) -> record::Model {
    let text = |column: &str| {
        let bytes = || found.try_get::<Vec<u8>>("", column).unwrap_or_default();
        let text = found.try_get::<String>("", column);
        // What is no text in the table is none that JSON is read from, either.
        text.unwrap_or_else(|_| String::from_utf8_lossy(&bytes()).into_owned())
    };
    record::Model {
        kind: kind.name().to_owned(),
        id: text("id"),
        revision: found.try_get("", "revision").unwrap_or_default(),
        format: found.try_get("", "format").unwrap_or_default(),
        body: text("body"),
        position: found.try_get("", "position").unwrap_or_default(),
        claims: text("claims"),
    }
}

/// What is told of a row that cannot be read, and claims `unique`.
pub(super) fn record(
    kind: Kind,
    model: record::Model,
    unique: Vec<String>,
    error: &Error,
) -> DamagedRecord {
    DamagedRecord {
        kind,
        id: model.id,
        revision: u64::try_from(model.revision).unwrap_or_default(),
        unique,
        reason: std::error::Error::source(error)
            .map_or_else(|| error.to_string(), ToString::to_string),
        text: model.body,
    }
}

fn newer(kind: Kind, model: &record::Model) -> Error {
    Error::new(ErrorKind::Damaged, "reading a row")
        .about("kind", kind.name())
        .about("id", &model.id)
        .about("format", model.format)
        .advise(format!(
            "The {} `{}` is not in the form that this version writes: a newer version of Refractory wrote it, or it is damaged. \
             Run that version here too.",
            kind.name(), model.id
        ))
        .helped_by(Remedy::ListDamagedRecords)
}

#[cfg(test)]
mod tests;
