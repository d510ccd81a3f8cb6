//! What exists and nobody explains: reported first, removed much later, data never.
mod event_walk;
mod look;
mod orphans;
mod records;
mod retention;
mod treat;
mod trim;

pub(crate) use event_walk::EventWalk;
pub(crate) use look::{Listing, Look};
pub(crate) use orphans::{Orphan, OrphanObservations};

use self::records::Records;
use crate::model::Step;
use crate::service::Deployment;
use crate::{InstanceId, LaunchId, Result};

use super::act::bounded;

impl Deployment {
    /// Looks for orphans once, and treats what has been seen for long enough. One that cannot be treated keeps nobody from the others.
    pub(crate) async fn sweep(&self, observations: &OrphanObservations) -> Result<()> {
        let look = self.look_around(observations).await?;
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
            let records = Records::read(self.ports.store.as_ref()).await?;
            self.still_there(launches, &records).await
        };
        let found = bounded(self.options.deadline, "looking for orphans", looked).await?;
        let mut look = Look::default();
        look.found(Listing::Launches, found.into_iter().map(Orphan::Launch));
        observations.note(look, self.clock.monotonic());
        Ok(())
    }

    /// Looks at everything. What cannot be listed is not taken for empty: nothing is said about what it would have shown.
    async fn look_around(&self, observations: &OrphanObservations) -> Result<Look> {
        let ports = &self.ports;
        // Ports first, records second: what was made in between is then explained.
        let (launches, names, leases, volumes, assets, remains) = tokio::join!(
            biased;
            self.listed(ports.runtime.list()),
            self.listed(ports.dns.list()),
            self.listed(ports.licenses.list()),
            self.listed(ports.storage.list()),
            self.listed(ports.assets.list()),
            self.listed(ports.orphaned_resources.list()),
        );
        let store = ports.store.as_ref();
        let (records, known) = (Records::read(store).await?, observations.known.now(store).await?);
        let mut look = Look::default();
        if let Some(names) = look.had(Listing::Names, names) {
            let odd = records.lacking(Step::Name, names.iter().map(|(_, of)| of)).await?;
            let odd = names.into_iter().filter(|(_, of)| odd.contains(of));
            look.found(Listing::Names, odd.map(|(name, of)| Orphan::Name(name, of)));
        }
        if let Some(volumes) = look.had(Listing::Volumes, volumes) {
            let odd = records.missing(volumes.iter(), &known).await?;
            look.found(Listing::Volumes, odd.into_iter().map(Orphan::Volume));
        }
        if let Some(assets) = look.had(Listing::Assets, assets) {
            let odd = records.missing(assets.iter(), &known).await?;
            look.found(Listing::Assets, odd.into_iter().map(Orphan::Assets));
        }
        if let Some(remains) = look.had(Listing::Remains, remains) {
            let odd = records.missing(remains.iter().map(|left| &left.of), &known).await?;
            let odd = remains.into_iter().filter(|left| odd.contains(&left.of));
            look.found(Listing::Remains, odd.map(Orphan::Remains));
        }
        let leases = look.had(Listing::Leases, leases);
        let Some(launches) = look.had(Listing::Launches, launches) else { return Ok(look) };
        if let Some(leases) = leases {
            let held = leases.into_iter().filter_map(|(license, of)| Some((license, of?)));
            let held: Vec<_> = held.collect();
            let odd = records.lacking(Step::License, held.iter().map(|(_, of)| of)).await?;
            let runs = |of: &InstanceId| launches.iter().any(|key| key.instance == *of);
            let odd = held.into_iter().filter(|(_, of)| odd.contains(of) && !runs(of));
            look.found(Listing::Leases, odd.map(|(license, of)| Orphan::Lease(license, of)));
        }
        let odd = self.listed(self.still_there(launches, &records)).await;
        if let Some(odd) = look.had(Listing::Launches, odd) {
            look.found(Listing::Launches, odd.into_iter().map(Orphan::Launch));
        }
        Ok(look)
    }

    /// A list has time of its own: a long one ends late, and holds none of the others up.
    async fn listed<T>(&self, list: impl Future<Output = Result<T>>) -> Result<T> {
        bounded(self.options.listing, "listing what there is", list).await
    }

    /// The launches that no record explains. One that ended between the two questions is none.
    async fn still_there(
        &self,
        launches: Vec<LaunchId>,
        records: &Records<'_>,
    ) -> Result<Vec<LaunchId>> {
        let mut odd = records.unexplained(launches).await?;
        if !odd.is_empty() {
            let again = self.ports.runtime.list().await?;
            odd.retain(|key| again.contains(key));
        }
        Ok(odd)
    }
}
