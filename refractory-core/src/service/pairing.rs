//! Whether a store and what lies beside it belong to one deployment.
use crate::model::DeploymentMark;
use crate::ports::{Collection, Kind, Store};
use crate::{DeploymentId, ErrorKind, Result, Timestamp};

/// How a store stands to what lies beside it: a data folder, the volumes of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pairing {
    /// It is this deployment's. It may have been marked just now.
    Same,
    /// It holds nothing at all, while what lies beside it has been worked with: it was emptied, deleted, or is another one.
    Emptied,
    /// It is the store of this other deployment.
    Foreign(String),
}

/// Kinds of which one record shows that people have worked with a store.
const SIGNS: [Kind; 7] = [
    Kind::User,
    Kind::Secret,
    Kind::Token,
    Kind::Instance,
    Kind::License,
    Kind::Release,
    Kind::Event,
];

/// Sees to it that `store` is the one of deployment `id`, and marks one that has no mark yet. `was_used` says whether a
/// deployment has worked with what lies beside the store; it is asked only where that matters.
///
/// Whoever calls this makes nothing beside the store before it answers [`Pairing::Same`]: then a crash in between leaves
/// either nothing, or a mark.
///
/// # Errors
///
/// As the store has them. A store that is in use and cannot be marked now is marked another time.
pub async fn pair(
    store: &dyn Store,
    id: &DeploymentId,
    was_used: impl AsyncFnOnce() -> Result<bool>,
    now: Timestamp,
) -> Result<Pairing> {
    if let Some(known) = marked(store, id).await? {
        return Ok(known);
    }
    let in_use = is_in_use(store).await?;
    if !in_use && was_used().await? {
        // What lies beside a store is made after its mark: another process may have made both since the first look.
        return Ok(marked(store, id).await?.unwrap_or(Pairing::Emptied));
    }
    let mark = DeploymentMark { id: id.clone(), marked: now, revision: 0 };
    let table = Collection::<DeploymentMark>::of(store);
    match table.insert(&mark).await {
        // Another one may have marked it in the same moment. Both read after they wrote, so one of them sees the other, and
        // whoever does gives way.
        Ok(mark) => match other_than(store, id).await? {
            Some(other) => {
                table.delete(&mark).await?;
                Ok(Pairing::Foreign(other))
            }
            None => Ok(Pairing::Same),
        },
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(Pairing::Same),
        Err(error) if in_use => {
            tracing::warn!(?error, "the store is not marked as this deployment's yet");
            Ok(Pairing::Same)
        }
        Err(error) => Err(error),
    }
}

/// What the marks in `store` say to `id`; `None` where there are none. A mark that cannot be read is one still.
async fn marked(store: &dyn Store, id: &DeploymentId) -> Result<Option<Pairing>> {
    let marks = store.ids_of(Kind::Deployment).await?;
    if marks.iter().any(|mark| mark == id.as_str()) {
        return Ok(Some(Pairing::Same));
    }
    Ok(marks.into_iter().next().map(Pairing::Foreign))
}

async fn other_than(store: &dyn Store, id: &DeploymentId) -> Result<Option<String>> {
    let marks = store.ids_of(Kind::Deployment).await?;
    Ok(marks.into_iter().find(|mark| mark != id.as_str()))
}

async fn is_in_use(store: &dyn Store) -> Result<bool> {
    for kind in SIGNS {
        if store.holds_any(kind).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
