//! What exists and nobody explains: reported first, removed much later, data never.
mod sightings;
mod treat;
mod trim;

pub(crate) use sightings::{Sightings, Stray};

use crate::model::{Instance, Step};
use crate::ports::Table;
use crate::service::Deployment;
use crate::{InstanceId, Key, Result};

use super::act::bounded;

impl Deployment {
    /// Looks for strays once, and treats what has been seen for long enough.
    pub(crate) async fn sweep(&self, sightings: &Sightings) -> Result<()> {
        self.look_for_strays(sightings).await?;
        let now = self.clock.now();
        self.trim(now).await?;
        for sighting in sightings.count(now) {
            self.treat(&sighting).await?;
        }
        Ok(())
    }

    /// Looks only. What cannot be asked is skipped, except for launches: those stand for keys in use.
    pub(crate) async fn look_for_strays(&self, sightings: &Sightings) -> Result<()> {
        let deadline = self.patience.deadline;
        let strays = bounded(deadline, "looking for strays", self.strays()).await?;
        sightings.note(strays, self.clock.now());
        Ok(())
    }

    async fn strays(&self) -> Result<Vec<Stray>> {
        let ports = &self.ports;
        // Ports first, rows second: what was made in between is then explained.
        let launches = ports.runtime.list().await?;
        let names = ports.dns.list().await.unwrap_or_default();
        let leases = ports.licenses.list().await.unwrap_or_default();
        let volumes = ports.storage.list().await.unwrap_or_default();
        let assets = ports.assets.list().await.unwrap_or_default();
        let remains = ports.leftovers.list().await.unwrap_or_default();
        let rows = Rows(Table::<Instance>::of(ports.store.as_ref()).list().await?);
        let mut strays = Vec::new();
        let odd_names = names.into_iter().filter(|(_, of)| !rows.has(of, Step::Name));
        strays.extend(odd_names.map(|(name, of)| Stray::Name(name, of)));
        let odd_leases = leases
            .into_iter()
            .filter_map(|(license, of)| Some((license, of?)))
            .filter(|(_, of)| !rows.has(of, Step::License));
        let holders = odd_leases.filter(|(_, of)| launches.iter().all(|key| key.instance != *of));
        strays.extend(holders.map(|(license, of)| Stray::Lease(license, of)));
        strays.extend(volumes.into_iter().filter(|of| !rows.exist(of)).map(Stray::Volume));
        strays.extend(assets.into_iter().filter(|of| !rows.exist(of)).map(Stray::Assets));
        strays.extend(remains.into_iter().filter(|it| !rows.exist(&it.of)).map(Stray::Remains));
        strays.extend(self.still_there(launches, &rows).await?.into_iter().map(Stray::Launch));
        Ok(strays)
    }

    /// The launches that no row explains. One that ended between the two questions is none.
    async fn still_there(&self, mut launches: Vec<Key>, rows: &Rows) -> Result<Vec<Key>> {
        launches.retain(|key| !rows.explain(key));
        if !launches.is_empty() {
            let again = self.ports.runtime.list().await?;
            launches.retain(|key| again.contains(key));
        }
        Ok(launches)
    }
}

/// What the journals say there should be.
struct Rows(Vec<Instance>);

impl Rows {
    fn exist(&self, id: &InstanceId) -> bool {
        self.0.iter().any(|row| row.id == *id)
    }

    fn has(&self, id: &InstanceId, step: Step) -> bool {
        self.0.iter().any(|row| row.id == *id && row.journal.get(step).is_some())
    }

    fn explain(&self, key: &Key) -> bool {
        let runs = |row: &&Instance| row.journal.get(Step::Runtime).is_some();
        self.0.iter().filter(runs).any(|row| row.key() == *key)
    }
}
