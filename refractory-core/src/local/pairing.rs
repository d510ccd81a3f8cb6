//! Whether a data folder and a store belong together, in words for people.
use std::path::Path;

use super::DataDir;
use crate::ports::Store;
use crate::service::{Pairing, pair};
use crate::{DeploymentId, Error, ErrorKind, Result, Timestamp};

const DURING: &str = "comparing the data folder with the database";

/// Refuses a store that is not the one of `dir`, before anything is made that would make them look alike.
pub(super) async fn check_pairing(dir: &DataDir, store: &dyn Store, now: Timestamp) -> Result<()> {
    let id = DeploymentId::new(dir.deployment())?;
    let refusal = match pair(store, &id, async || Ok(DataDir::was_used(dir.root())), now).await? {
        Pairing::Same => return Ok(()),
        Pairing::Emptied => emptied(dir.root(), &dir.database()),
        Pairing::Foreign(other) if DataDir::was_used(dir.root()) => foreign(dir, &other),
        Pairing::Foreign(other) => foreign_to_new(dir, &other),
    };
    // What was opened only to look at it is left as small as it can be: its log would spoil a file that is put in its place.
    if let Err(error) = store.close().await {
        tracing::debug!(?error, "closing a store that is not ours");
    }
    Err(refusal)
}

fn refused(folder: &Path, advice: String) -> Error {
    Error::new(ErrorKind::Conflict, DURING)
        .permanent()
        .about("folder", folder.display())
        .advise(advice)
}

/// The database is there and holds nothing, or is not there.
pub(crate) fn emptied(folder: &Path, database: &Path) -> Error {
    refused(
        folder,
        format!(
            "The database of the deployment in `{0}` is empty or missing, and the folder has been in use: its key, or data of \
             its tables, is there. Put the database back: `{1}` together with the `-wal` and `-shm` files that were beside it, \
             a copy made by `refractory deployment backup`, or the server that `url` in `[store]` named before. To begin with \
             nothing, choose an empty folder with `--data`. Nothing was changed.",
            folder.display(),
            database.display()
        ),
    )
}

fn foreign(dir: &DataDir, other: &str) -> Error {
    refused(
        dir.root(),
        format!(
            "The data folder `{0}` is that of deployment `{1}`, and the database is that of deployment `{other}`. Use the two \
             that belong together: correct `--data`, or `url` in `[store]`. Each deployment needs a database of its own. \
             Where this folder is the right one and lost its file `deployment`, write `{other}` into it. Nothing was changed.",
            dir.root().display(),
            dir.deployment()
        ),
    )
}

fn foreign_to_new(dir: &DataDir, other: &str) -> Error {
    refused(
        dir.root(),
        format!(
            "The database is that of deployment `{other}`, and the data folder `{0}` is a new one. Name the data folder of \
             `{other}` with `--data`: its key opens the secrets in the database. For a deployment of its own, give this folder \
             another database with `url` in `[store]`. Nothing was changed.",
            dir.root().display()
        ),
    )
}
