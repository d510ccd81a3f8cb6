//! Rows as JSON.
use super::entity::row;
use crate::ports::{Body, Kind};
use crate::{Error, ErrorKind, Result};

/// What is written for `body`, with `revision` inside as well.
pub(super) fn encode(body: &Body) -> Result<String> {
    serde_json::to_string(body).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "writing a row as JSON")
            .about("id", body.id())
            .caused_by(error)
    })
}

/// What was written.
pub(super) fn decode(kind: Kind, model: &row::Model) -> Result<Body> {
    let unreadable = || {
        Error::new(ErrorKind::Unexpected, "reading a row").about("kind", kind.name()).about("id", &model.id).advise(format!(
            "The {} `{}` in the database cannot be read: it was written by another version, or it is damaged. Nothing was changed.",
            kind.name(),
            model.id
        ))
    };
    let body: Body =
        serde_json::from_str(&model.body).map_err(|error| unreadable().caused_by(error))?;
    if body.kind() != kind || body.id() != model.id {
        return Err(unreadable());
    }
    Ok(body.at_revision(u64::try_from(model.revision).map_err(|_| unreadable())?))
}
