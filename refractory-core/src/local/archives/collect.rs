//! Which script runs a release, and which unpacked trees are of no use any more.
use std::fs;
use std::path::PathBuf;

use super::LocalArchives;
use crate::blocking::blocking;
use crate::disk::refused;
use crate::model::{Instance, Release};
use crate::ports::{Collection, Index, Observed, Query, Reason, Store};
use crate::{ReleaseId, Result};

impl LocalArchives {
    /// The script of `release`, unpacked: `Pending` while that goes on, in the background.
    ///
    /// # Errors
    ///
    /// As unpacking has them: `Invalid`, `NotFound`, `Exhausted`, `Unavailable`, `Forbidden`.
    pub fn script(&self, release: &Release) -> Result<Observed<PathBuf>> {
        let zip = self.zip(&release.id);
        let tree = self.trees.tree(&release.id, &zip)?;
        let root = release.layout.root();
        match tree {
            Observed::Ready(tree) => Ok(main_script(&tree.join(root))),
            Observed::Pending(progress) => Ok(Observed::Pending(progress)),
            Observed::Absent => Ok(Observed::Absent),
            Observed::Broken(reason) => Ok(Observed::Broken(reason)),
        }
    }

    /// Removes the unpacked trees of releases that no instance in `store` is pinned to, and what
    /// crashes left behind. Archives stay. Says how many trees went.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    pub async fn collect(&self, store: &dyn Store) -> Result<usize> {
        // Trees first, rows second: what is pinned in between is then seen.
        let me = self.clone();
        let (trees, rests) = blocking("collecting releases", move |_| me.trees.found()).await?;
        let mut unused = Vec::new();
        for id in trees {
            if !is_used(&id, store).await? {
                unused.push(id);
            }
        }
        let me = self.clone();
        blocking("collecting releases", move |wanted| {
            let mut gone = 0;
            for id in unused {
                wanted.check()?;
                if !me.trees.is_at_work_on(&id) {
                    me.trees.discard(&id)?;
                    gone += 1;
                }
            }
            for rest in rests {
                wanted.check()?;
                let gone =
                    if rest.is_dir() { fs::remove_dir_all(&rest) } else { fs::remove_file(&rest) };
                gone.map_err(|error| refused(error, "collecting releases", &rest))?;
            }
            Ok(gone)
        })
        .await
    }
}

/// Whether an instance is pinned to the release `id`, or may be: what a record that cannot be read is pinned to is not known.
async fn is_used(id: &ReleaseId, store: &dyn Store) -> Result<bool> {
    let theirs = Query::partition(Index::InstanceByRelease, id.as_str());
    let mut pages = Collection::<Instance>::of(store).pages(theirs);
    while let Some(page) = pages.next().await? {
        let is_pinned = |instance: &Instance| instance.release.as_ref() == Some(id);
        if !page.damaged.is_empty() || page.records.iter().any(is_pinned) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn main_script(root: &std::path::Path) -> Observed<PathBuf> {
    let found =
        ["main.js", "main.mjs"].map(|name| root.join(name)).into_iter().find(|path| path.is_file());
    found.map_or_else(
        || {
            Observed::Broken(Reason(
                "The unpacked release has no main script. Add the release again.".to_owned(),
            ))
        },
        Observed::Ready,
    )
}
