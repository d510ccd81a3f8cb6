//! The mark that every program of ours carries in its environment.
use std::io;

use super::proc::{self, Stat};
use crate::{InstanceId, LaunchId};

/// The variable that names the launch, as `<deployment>/<key>`. Children inherit it.
pub(super) const VARIABLE: &str = "REFRACTORY_KEY";

/// A process that carries the mark of this deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) key: LaunchId,
    pub(super) stat: Stat,
}

/// What the variable says for `key`.
pub(super) fn text(deployment: &str, key: &LaunchId) -> String {
    format!("{deployment}/{key}")
}

/// Every process of this deployment that runs, whatever else is known of it.
pub(super) fn scan(deployment: &str) -> io::Result<Vec<Marked>> {
    let mut found = Vec::new();
    for pid in proc::all()? {
        if let Some(key) = carried(pid, deployment)?
            // Read after the mark: the mark is this very process's, or it has ended since.
            && let Some(stat) = proc::stat(pid)?
            && !stat.ended
        {
            found.push(Marked { key, stat });
        }
    }
    Ok(found)
}

/// The processes of one launch; the one that leads its session first.
pub(super) fn of_launch(deployment: &str, key: &LaunchId) -> io::Result<Vec<Stat>> {
    let mut found: Vec<_> = scan(deployment)?
        .into_iter()
        .filter(|marked| marked.key == *key)
        .map(|marked| marked.stat)
        .collect();
    found.sort_by_key(|stat| (stat.session != stat.process.pid, stat.process.start));
    Ok(found)
}

/// The processes of any launch of one instance.
pub(super) fn of_instance(deployment: &str, of: &InstanceId) -> io::Result<Vec<Marked>> {
    Ok(scan(deployment)?.into_iter().filter(|marked| marked.key.instance == *of).collect())
}

fn carried(pid: u32, deployment: &str) -> io::Result<Option<LaunchId>> {
    let mark = proc::variable(pid, VARIABLE)?;
    Ok(mark.and_then(|mark| mark.strip_prefix(deployment)?.strip_prefix('/')?.parse().ok()))
}
