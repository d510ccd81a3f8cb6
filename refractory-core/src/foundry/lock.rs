//! `Config/options.json.lock`: the folder by which a running program keeps others off its data.
use std::io;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use crate::blocking::blocking;
use crate::disk::refused;
use crate::{Error, ErrorKind, Result, Timestamp};

const DURING: &str = "looking at the lock of a data folder";
/// After this long without a refresh the program itself takes a lock over.
const STALE: Duration = Duration::from_secs(10);

/// What the one who runs programs knows of whoever may hold the lock.
///
/// The age of a lock proves nothing: a live holder looks stale when its disk is slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// It is proved that no program can still be working on this data.
    Dead,
    /// It runs, or may run.
    Unknown,
}

/// Removes a lock that its holder left behind. Says whether there was one.
///
/// *Repeat*: no lock is fine. A lock is removed only with proof that its holder is dead; an old one
/// is otherwise left for the program to judge.
///
/// # Errors
///
/// `Conflict` (a fresh lock, and no proof; it says how long to wait), `Forbidden`, `Unavailable`.
pub async fn clear_lock(config: &Path, holder: Holder, now: Timestamp) -> Result<bool> {
    let path = config.join("options.json.lock");
    blocking(DURING, move |_| {
        let Some(age) = age(&path, now).map_err(|error| refused(error, DURING, &path))? else {
            return Ok(false);
        };
        match holder {
            Holder::Dead => remove(&path).map_err(|error| refused(error, DURING, &path)),
            Holder::Unknown if age > STALE => Ok(true),
            Holder::Unknown => Err(in_use(&path, STALE.saturating_sub(age))),
        }
    })
    .await
}

fn in_use(path: &Path, wait: Duration) -> Error {
    Error::new(ErrorKind::Conflict, DURING)
        .about("path", path.display())
        .retry_after(wait.max(Duration::from_secs(1)))
        .advise(
            "Another Foundry seems to be using this data folder. Stop it first. If it has just crashed, wait ten seconds.",
        )
}

/// How long ago the lock was refreshed; none where there is no lock. A lock from a time to come was not refreshed since the
/// clock was set back, and is as old as it is ahead.
fn age(path: &Path, now: Timestamp) -> io::Result<Option<Duration>> {
    match std::fs::symlink_metadata(path).and_then(|lock| lock.modified()) {
        Ok(refreshed) => {
            let now = now.since(Timestamp::default());
            Ok(Some(now.abs_diff(refreshed.duration_since(UNIX_EPOCH).unwrap_or_default())))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The lock is an empty folder: anything else under its name is not a lock, and stays.
fn remove(path: &Path) -> io::Result<bool> {
    match std::fs::remove_dir(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
