//! Storages that lie.
use std::time::Duration;

use refractory_core::ports::{Observed, Volume, VolumeSpec, WorldStorage};
use refractory_core::{Error, ErrorKind, InstanceId, Result, async_trait};
use testkit::conformance::Contents;
use testkit::world::World;

use super::{LeakyLock, every_lie_is_caught, held_against};
use crate::subjects::{storage, world};

lies! {
    OtherHandle,
    EmptiesOnEnsure,
    KeepsTheOldQuota,
    ObserveCreates,
    RemoveOfAbsentFails,
    RemoveKeepsTheData,
    RemovesByPrefix,
    OneVolumeForAll,
    KeepsALock,
    Copies,
}

#[derive(Debug)]
struct Liar {
    world: World,
    lie: Lie,
    locked: LeakyLock,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl WorldStorage for Liar {
    async fn ensure(&self, of: &InstanceId, spec: &VolumeSpec) -> Result<Observed<Volume>> {
        let of = match self.lie {
            Lie::OneVolumeForAll => &InstanceId::new("all")?,
            _ => of,
        };
        if self.lie == Lie::EmptiesOnEnsure {
            self.world.write(of, "");
        }
        if self.lie == Lie::Copies {
            tokio::time::sleep(Duration::from_secs(30)).await;
        }
        if self.lie == Lie::KeepsALock {
            self.locked.take()?;
        }
        let spec = if self.lie == Lie::KeepsTheOldQuota { &VolumeSpec::default() } else { spec };
        let made = WorldStorage::ensure(&self.world, of, spec).await;
        self.locked.give_back();
        made
    }

    async fn observe(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        match self.lie {
            Lie::ObserveCreates => {
                WorldStorage::ensure(&self.world, of, &VolumeSpec::default()).await
            }
            Lie::OtherHandle => {
                let seen = WorldStorage::observe(&self.world, of).await?;
                Ok(seen.map(|volume| Volume { handle: "another".to_owned(), ..volume }))
            }
            _ => WorldStorage::observe(&self.world, of).await,
        }
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        let all = WorldStorage::list(&self.world).await?;
        match self.lie {
            Lie::RemoveOfAbsentFails if !all.contains(of) => {
                return Err(Error::new(ErrorKind::NotFound, "removing a volume"));
            }
            Lie::RemoveKeepsTheData => return Ok(Observed::Absent),
            Lie::RemovesByPrefix => {
                for other in all.iter().filter(|id| id.as_str().starts_with(of.as_str())) {
                    WorldStorage::remove(&self.world, other).await?;
                }
            }
            _ => {}
        }
        WorldStorage::remove(&self.world, of).await
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        WorldStorage::list(&self.world).await
    }
}

#[tokio::test(start_paused = true)]
async fn every_lie_about_a_storage_is_caught_and_every_case_catches_one() {
    every_lie_is_caught!(storage_cases, storage, LIES, |lie| async move {
        let world = world();
        storage(&world, Liar { world: world.clone(), lie, locked: LeakyLock::default() })
    });
}
