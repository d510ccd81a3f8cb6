//! What is done about an orphan: people are told, and much later it goes, without hurting anybody.
use super::orphans::{Orphan, OrphanObservation};
use crate::model::{Event, EventKind, Instance, Urgency, Version};
use crate::ports::{Collection, GameTarget, Observed};
use crate::reconcile::act::bounded;
use crate::service::Deployment;
use crate::{LaunchId, Result};

impl Deployment {
    /// Tells of an orphan the second time it is seen, and removes it once it is old enough.
    pub(super) async fn treat(&self, sighting: &OrphanObservation) -> Result<()> {
        let OrphanObservation { orphan, age, times } = sighting;
        if *times == 2 {
            tracing::warn!(?orphan, "orphaned resource");
            let kind = EventKind::OrphanFound { orphan: orphan.report() };
            let event = Event::by_system(self.clock.now(), kind);
            self.record(event).await;
        }
        if *times > 2 && *age >= self.options.stray_age && !self.is_named(orphan).await? {
            bounded(self.options.deadline, "removing a stray", self.clear_away(orphan)).await?;
        }
        Ok(())
    }

    /// Whether a launch still has a name that leads to it. Asked on the time of a list, which may be a long one.
    async fn is_named(&self, orphan: &Orphan) -> Result<bool> {
        let Orphan::Launch(key) = orphan else { return Ok(false) };
        let names = bounded(self.options.listing, "listing names", self.ports.dns.list()).await?;
        Ok(names.iter().any(|(_, of)| *of == key.instance))
    }

    async fn clear_away(&self, orphan: &Orphan) -> Result<()> {
        let ports = &self.ports;
        match orphan {
            Orphan::Name(name, of) => ports.dns.remove(of, name).await.map(|_| ()),
            Orphan::Launch(key) => self.end(key).await,
            Orphan::Lease(_, of) => {
                // Looked at once more: it may have been switched on since it was seen.
                let row =
                    Collection::<Instance>::of(ports.store.as_ref()).load(of.as_str()).await?;
                if row.is_none_or(|row| row.journal.get(crate::model::Step::License).is_none()) {
                    ports.licenses.remove(of).await?;
                }
                Ok(())
            }
            Orphan::Remains(left) => {
                // Looked at once more: a store put back from a backup may explain it again.
                let row =
                    Collection::<Instance>::of(ports.store.as_ref()).load(left.of.as_str()).await?;
                if row.is_none() {
                    ports.orphaned_resources.remove(&left.of).await?;
                }
                Ok(())
            }
            Orphan::Volume(_) | Orphan::Assets(_) => Ok(()),
        }
    }

    /// Ends a launch that nobody explains and that no name leads to: not while anybody plays or it cannot
    /// be asked, and its world is closed first.
    async fn end(&self, key: &LaunchId) -> Result<()> {
        let ports = &self.ports;
        // Without a password the instance was forgotten before this launch came: nobody was ever led to it.
        if let Observed::Ready(endpoint) = ports.runtime.observe(key).await?
            && let Some(admin_key) = self.former_admin_key(&key.instance).await?
        {
            let target = GameTarget { endpoint, version: Version::new(13, 0), admin_key };
            match ports.game.observe(&target).await? {
                Observed::Ready(status) if status.players > 0 => return Ok(()),
                Observed::Pending(_) => return Ok(()),
                Observed::Ready(_) | Observed::Absent | Observed::Broken(_) => {}
            }
            if !matches!(ports.game.remove(&target, Urgency::Gentle).await?, Observed::Absent) {
                return Ok(());
            }
        }
        ports.runtime.remove(key, Urgency::Gentle).await.map(|_| ())
    }
}
