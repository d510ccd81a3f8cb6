//! Zones that lie.
use refractory_core::model::Hostname;
use refractory_core::ports::{DnsZone, NameRecord, Observed};
use refractory_core::{Error, ErrorKind, InstanceId, Result, async_trait};
use testkit::world::World;

use super::{LeakyLock, every_lie_is_caught, held_against};
use crate::subjects::{dns, world};

lies! {
    ListsNothing,
    RefusesToReplace,
    TakesFromOthers,
    RemovesFromOthers,
    RemovesByPrefix,
    RemovesNothing,
    KeepsALock,
}

#[derive(Debug)]
struct Liar {
    world: World,
    lie: Lie,
    locked: LeakyLock,
}

impl Liar {
    async fn holders(&self, of: impl Fn(&Hostname) -> bool) -> Result<Vec<(Hostname, InstanceId)>> {
        let all = DnsZone::list(&self.world).await?;
        Ok(all.into_iter().filter(|(name, _)| of(name)).collect())
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl DnsZone for Liar {
    async fn ensure(&self, owner: &InstanceId, record: &NameRecord) -> Result<Observed<Hostname>> {
        let holders = self.holders(|name| *name == record.name).await?;
        match self.lie {
            Lie::RefusesToReplace if !holders.is_empty() => {
                return Err(Error::new(ErrorKind::Conflict, "taking a name"));
            }
            Lie::TakesFromOthers => {
                for (name, holder) in &holders {
                    DnsZone::remove(&self.world, holder, name).await?;
                }
            }
            Lie::KeepsALock => self.locked.take()?,
            _ => {}
        }
        let made = DnsZone::ensure(&self.world, owner, record).await;
        self.locked.give_back();
        made
    }

    async fn remove(&self, owner: &InstanceId, name: &Hostname) -> Result<Observed<Hostname>> {
        let going = match self.lie {
            Lie::RemovesNothing => return Ok(Observed::Absent),
            Lie::RemovesFromOthers => self.holders(|other| other == name).await?,
            Lie::RemovesByPrefix => {
                self.holders(|other| other.label().starts_with(name.label())).await?
            }
            _ => Vec::new(),
        };
        for (name, holder) in &going {
            DnsZone::remove(&self.world, holder, name).await?;
        }
        DnsZone::remove(&self.world, owner, name).await
    }

    async fn list(&self) -> Result<Vec<(Hostname, InstanceId)>> {
        if self.lie == Lie::ListsNothing {
            return Ok(Vec::new());
        }
        DnsZone::list(&self.world).await
    }

    fn bypasses_proxy(&self) -> bool {
        self.world.bypasses_proxy()
    }
}

#[tokio::test(start_paused = true)]
async fn every_lie_about_names_is_caught_and_every_case_catches_one() {
    every_lie_is_caught!(dns_cases, dns, LIES, |lie| async move {
        dns(Liar { world: world(), lie, locked: LeakyLock::default() })
    });
}
