//! Rows as text.
use super::entity::row;
use crate::ports::{Body, Kind};
use crate::{Error, ErrorKind, Result};

/// How bodies are written now. It moves when an older program could no longer read them; a field that is
/// added as an `Option` does not move it.
pub(super) const FORMAT: i32 = 1;

/// `body` as JSON.
pub(super) fn written(body: &Body) -> Result<String> {
    serde_json::to_string(body).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "writing a row as text")
            .about("kind", body.kind().name())
            .about("id", body.id())
            .caused_by(error)
    })
}

/// The aggregate in `model`; its column decides about the revision.
pub(super) fn read(kind: Kind, model: &row::Model) -> Result<Body> {
    if model.format != FORMAT {
        return Err(newer(model));
    }
    let body: Body =
        serde_json::from_str(&model.body).map_err(|error| unreadable(model).caused_by(error))?;
    if body.kind() != kind || body.id() != model.id {
        return Err(
            unreadable(model).about("holds", format!("{} {}", body.kind().name(), body.id()))
        );
    }
    Ok(body.at_revision(u64::try_from(model.revision).unwrap_or_default()))
}

/// Every aggregate in `models`, or one error that names all rows that cannot be read.
///
/// Nothing is left out silently: a machine whose row were hidden would look like nobody's, and be removed.
pub(super) fn read_all(kind: Kind, models: &[row::Model]) -> Result<Vec<Body>> {
    let mut rows = Vec::with_capacity(models.len());
    let mut failed: Option<Error> = None;
    for model in models {
        match (read(kind, model), failed.take()) {
            (Ok(row), None) => rows.push(row),
            (Ok(_), Some(first)) => failed = Some(first),
            (Err(error), None) => failed = Some(error),
            (Err(_), Some(first)) => failed = Some(first.about("also", &model.id)),
        }
    }
    failed.map_or(Ok(rows), Err)
}

fn named(model: &row::Model) -> Error {
    Error::new(ErrorKind::Unexpected, "reading a row")
        .about("kind", &model.kind)
        .about("id", &model.id)
}

fn unreadable(model: &row::Model) -> Error {
    named(model).advise(format!(
        "The {} `{}` cannot be read from the database: it was changed by hand, or it is damaged. \
         Restore the database from a backup; nothing was changed.",
        model.kind, model.id
    ))
}

fn newer(model: &row::Model) -> Error {
    named(model).about("format", model.format).advise(format!(
        "The {} `{}` was written by a newer version of Refractory. Run that version here too.",
        model.kind, model.id
    ))
}

#[cfg(test)]
mod tests;
