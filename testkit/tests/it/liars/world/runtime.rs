//! Runtimes that lie.
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use refractory_core::ports::{Endpoint, InstanceRuntime, LaunchSpec, Observed, Stop};
use refractory_core::{Error, ErrorKind, LaunchId, Result, async_trait};
use testkit::world::World;

use super::{LeakyLock, every_lie_is_caught, held_against};
use crate::subjects::{runtime, world};

lies! {
    SeesItElsewhere,
    LaunchesTwice,
    TakesAnySpec,
    ObserveCreates,
    RemoveOfAbsentFails,
    SaysAbsentTooSoon,
    RemovesAll,
    RemovesEveryEpoch,
    OneLaunchForEver,
    Revives,
    OneAddress,
    EnsureKeepsALock,
    RemoveKeepsALock,
    UrgentDoesNothing,
    WaitsUntilReady,
}

#[derive(Debug)]
struct Liar {
    world: World,
    lie: Lie,
    locked: LeakyLock,
    calls: AtomicU32,
}

impl Liar {
    fn new(lie: Lie) -> Self {
        Self { world: world(), lie, locked: LeakyLock::default(), calls: AtomicU32::new(0) }
    }

    async fn launch(&self, key: &LaunchId, spec: &LaunchSpec) -> Result<Observed<Endpoint>> {
        InstanceRuntime::ensure(&self.world, key, spec).await
    }

    async fn end_all(&self, which: impl Fn(&LaunchId) -> bool + Send + Sync) -> Result<()> {
        for key in InstanceRuntime::list(&self.world).await?.into_iter().filter(|key| which(key)) {
            while InstanceRuntime::remove(&self.world, &key, Stop::Now).await? != Observed::Absent {
            }
        }
        Ok(())
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl InstanceRuntime for Liar {
    async fn ensure(&self, key: &LaunchId, spec: &LaunchSpec) -> Result<Observed<Endpoint>> {
        match self.lie {
            Lie::LaunchesTwice => {
                let epoch = 100 + self.calls.fetch_add(1, Ordering::SeqCst);
                self.launch(&LaunchId { attempt: epoch, ..key.clone() }, spec).await?;
            }
            Lie::TakesAnySpec => return self.launch(key, &LaunchSpec::default()).await,
            Lie::OneLaunchForEver => {
                return self.launch(&LaunchId { attempt: 1, ..key.clone() }, spec).await;
            }
            Lie::Revives => {
                let seen = self.launch(key, spec).await?;
                let again = Endpoint::new("10.0.0.9", 9);
                let ended = matches!(seen, Observed::Broken(_));
                return Ok(if ended { Observed::Ready(again) } else { seen });
            }
            Lie::OneAddress => {
                let seen = self.launch(key, spec).await?;
                return Ok(seen.map(|_| Endpoint::new("10.0.0.9", 9)));
            }
            Lie::EnsureKeepsALock => {
                self.locked.take()?;
                let seen = self.launch(key, spec).await;
                self.locked.give_back();
                return seen;
            }
            Lie::WaitsUntilReady => tokio::time::sleep(Duration::from_secs(30)).await,
            _ => {}
        }
        self.launch(key, spec).await
    }

    async fn observe(&self, key: &LaunchId) -> Result<Observed<Endpoint>> {
        match self.lie {
            Lie::ObserveCreates => self.launch(key, &LaunchSpec::default()).await,
            Lie::SeesItElsewhere => {
                let seen = InstanceRuntime::observe(&self.world, key).await?;
                Ok(seen.map(|_| Endpoint::new("10.0.0.9", 9)))
            }
            _ => InstanceRuntime::observe(&self.world, key).await,
        }
    }

    async fn remove(&self, key: &LaunchId, how: Stop) -> Result<Observed<Endpoint>> {
        match self.lie {
            Lie::RemoveOfAbsentFails
                if !InstanceRuntime::list(&self.world).await?.contains(key) =>
            {
                return Err(Error::new(ErrorKind::NotFound, "removing a launch"));
            }
            Lie::SaysAbsentTooSoon => return Ok(Observed::Absent),
            Lie::RemovesAll => self.end_all(|_| true).await?,
            Lie::RemovesEveryEpoch => self.end_all(|it| it.instance == key.instance).await?,
            Lie::UrgentDoesNothing if how == Stop::Now => return Ok(Observed::Pending(None)),
            Lie::RemoveKeepsALock => {
                self.locked.take()?;
                let seen = InstanceRuntime::remove(&self.world, key, how).await;
                self.locked.give_back();
                return seen;
            }
            _ => {}
        }
        InstanceRuntime::remove(&self.world, key, how).await
    }

    async fn list(&self) -> Result<Vec<LaunchId>> {
        InstanceRuntime::list(&self.world).await
    }

    fn closes_within(&self) -> Option<Duration> {
        InstanceRuntime::closes_within(&self.world)
    }

    async fn tend(&self) -> Result<()> {
        InstanceRuntime::tend(&self.world).await
    }
}

#[tokio::test(start_paused = true)]
async fn every_lie_about_a_runtime_is_caught_and_every_case_catches_one() {
    every_lie_is_caught!(
        runtime_cases,
        runtime,
        LIES,
        |lie| async move { runtime(Liar::new(lie)) }
    );
}
