//! What exists and nobody explains: reported first, removed much later, data never.
mod event_walk;
mod look;
mod orphans;
mod retention;
mod treat;
mod trim;

pub(crate) use event_walk::EventWalk;
pub(crate) use look::{Listing, Look};
pub(crate) use orphans::{Orphan, OrphanObservations};

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Instance, Step};
use crate::ports::Collection;
use crate::service::Deployment;
use crate::{InstanceId, LaunchId, Result};

use super::act::bounded;

impl Deployment {
    /// Looks for orphans once, and treats what has been seen for long enough. One that cannot be treated keeps nobody from the others.
    pub(crate) async fn sweep(&self, observations: &OrphanObservations) -> Result<()> {
        let look = self.look_around().await?;
        let (now, seen) = (self.clock.monotonic(), look.seen.clone());
        observations.note(look, now);
        let mut swept = Ok(());
        for sighting in observations.count(now, &seen, self.options.sweep * 3) {
            swept = swept.and(self.treat(&sighting).await);
        }
        swept
    }

    /// Looks for launches that nobody explains and for nothing else: those stand for keys in use, and somebody waits for the answer.
    pub(crate) async fn look_for_launches(&self, observations: &OrphanObservations) -> Result<()> {
        let looked = async {
            let launches = self.ports.runtime.list().await?;
            let rows = self.rows().await?;
            self.still_there(launches, &rows).await
        };
        let found = bounded(self.options.deadline, "looking for orphans", looked).await?;
        let mut look = Look::default();
        look.found(Listing::Launches, found.into_iter().map(Orphan::Launch));
        observations.note(look, self.clock.monotonic());
        Ok(())
    }

    /// Looks at everything. What cannot be listed is not taken for empty: nothing is said about what it would have shown.
    async fn look_around(&self) -> Result<Look> {
        let ports = &self.ports;
        // Ports first, rows second: what was made in between is then explained.
        let (launches, names, leases, volumes, assets, remains) = tokio::join!(
            biased;
            self.listed(ports.runtime.list()),
            self.listed(ports.dns.list()),
            self.listed(ports.licenses.list()),
            self.listed(ports.storage.list()),
            self.listed(ports.assets.list()),
            self.listed(ports.orphaned_resources.list()),
        );
        let rows = self.rows().await?;
        let odd = |of: &InstanceId| !rows.exist(of);
        let mut look = Look::default();
        if let Some(names) = look.had(Listing::Names, names) {
            let odd = names.into_iter().filter(|(_, of)| !rows.has(of, Step::Name));
            look.found(Listing::Names, odd.map(|(name, of)| Orphan::Name(name, of)));
        }
        if let Some(volumes) = look.had(Listing::Volumes, volumes) {
            look.found(Listing::Volumes, volumes.into_iter().filter(odd).map(Orphan::Volume));
        }
        if let Some(assets) = look.had(Listing::Assets, assets) {
            look.found(Listing::Assets, assets.into_iter().filter(odd).map(Orphan::Assets));
        }
        if let Some(remains) = look.had(Listing::Remains, remains) {
            let odd = remains.into_iter().filter(|left| odd(&left.of));
            look.found(Listing::Remains, odd.map(Orphan::Remains));
        }
        let leases = look.had(Listing::Leases, leases);
        let Some(launches) = look.had(Listing::Launches, launches) else { return Ok(look) };
        if let Some(leases) = leases {
            let odd = leases.into_iter().filter_map(|(license, of)| Some((license, of?)));
            let odd = odd.filter(|(_, of)| !rows.has(of, Step::License));
            let odd = odd.filter(|(_, of)| launches.iter().all(|key| key.instance != *of));
            look.found(Listing::Leases, odd.map(|(license, of)| Orphan::Lease(license, of)));
        }
        let odd = self.listed(self.still_there(launches, &rows)).await;
        if let Some(odd) = look.had(Listing::Launches, odd) {
            look.found(Listing::Launches, odd.into_iter().map(Orphan::Launch));
        }
        Ok(look)
    }

    /// A list has time of its own: a long one ends late, and holds none of the others up.
    async fn listed<T>(&self, list: impl Future<Output = Result<T>>) -> Result<T> {
        bounded(self.options.listing, "listing what there is", list).await
    }

    async fn rows(&self) -> Result<Rows> {
        let (all, damaged) = Collection::<Instance>::of(self.ports.store.as_ref()).scan().await?;
        Ok(Rows {
            readable: all.into_iter().map(|row| (row.id.clone(), row)).collect(),
            damaged: damaged.into_iter().filter_map(|row| InstanceId::new(&row.id).ok()).collect(),
        })
    }

    /// The launches that no row explains. One that ended between the two questions is none.
    async fn still_there(&self, mut launches: Vec<LaunchId>, rows: &Rows) -> Result<Vec<LaunchId>> {
        launches.retain(|key| !rows.explain(key));
        if !launches.is_empty() {
            let again = self.ports.runtime.list().await?;
            launches.retain(|key| again.contains(key));
        }
        Ok(launches)
    }
}

/// What the journals say there should be. One that cannot be read may explain anything of its instance, so all of it is explained.
struct Rows {
    readable: BTreeMap<InstanceId, Instance>,
    damaged: BTreeSet<InstanceId>,
}

impl Rows {
    fn exist(&self, id: &InstanceId) -> bool {
        self.readable.contains_key(id) || self.damaged.contains(id)
    }

    fn has(&self, id: &InstanceId, step: Step) -> bool {
        self.damaged.contains(id)
            || self.readable.get(id).is_some_and(|row| row.journal.get(step).is_some())
    }

    fn explain(&self, key: &LaunchId) -> bool {
        let runs = |row: &Instance| row.journal.get(Step::Runtime).is_some();
        self.damaged.contains(&key.instance)
            || self
                .readable
                .get(&key.instance)
                .is_some_and(|row| runs(row) && row.launch_id() == *key)
    }
}
