//! Runtimes that lie.
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use refractory_core::ports::{Endpoint, InstanceRuntime, LaunchSpec, Observed, Stop};
use refractory_core::{Error, ErrorKind, Key, Result, async_trait};
use testkit::world::World;

use super::{every_lie_is_caught, held_against};
use crate::subjects::{runtime, world};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Lie {
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

const LIES: [(&str, Lie); 15] = [
    ("sees it elsewhere", Lie::SeesItElsewhere),
    ("launches twice", Lie::LaunchesTwice),
    ("takes any spec", Lie::TakesAnySpec),
    ("observe creates", Lie::ObserveCreates),
    ("remove of absent fails", Lie::RemoveOfAbsentFails),
    ("says absent too soon", Lie::SaysAbsentTooSoon),
    ("removes all", Lie::RemovesAll),
    ("removes every epoch", Lie::RemovesEveryEpoch),
    ("one launch for ever", Lie::OneLaunchForEver),
    ("revives", Lie::Revives),
    ("one address", Lie::OneAddress),
    ("ensure keeps a lock", Lie::EnsureKeepsALock),
    ("remove keeps a lock", Lie::RemoveKeepsALock),
    ("urgent does nothing", Lie::UrgentDoesNothing),
    ("waits until ready", Lie::WaitsUntilReady),
];

#[derive(Debug)]
struct Liar {
    world: World,
    lie: Lie,
    locked: AtomicBool,
    calls: AtomicU32,
}

impl Liar {
    fn new(lie: Lie) -> Self {
        Self { world: world(), lie, locked: AtomicBool::new(false), calls: AtomicU32::new(0) }
    }

    /// Takes a lock that a dropped call leaves behind.
    fn lock(&self) -> Result<()> {
        if self.locked.swap(true, Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "waiting for a lock"));
        }
        Ok(())
    }

    fn unlock(&self) {
        self.locked.store(false, Ordering::SeqCst);
    }

    async fn launch(&self, key: &Key, spec: &LaunchSpec) -> Result<Observed<Endpoint>> {
        InstanceRuntime::ensure(&self.world, key, spec).await
    }

    async fn end_all(&self, which: impl Fn(&Key) -> bool + Send + Sync) -> Result<()> {
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
    async fn ensure(&self, key: &Key, spec: &LaunchSpec) -> Result<Observed<Endpoint>> {
        match self.lie {
            Lie::LaunchesTwice => {
                let epoch = 100 + self.calls.fetch_add(1, Ordering::SeqCst);
                self.launch(&Key { epoch, ..key.clone() }, spec).await?;
            }
            Lie::TakesAnySpec => return self.launch(key, &LaunchSpec::default()).await,
            Lie::OneLaunchForEver => {
                return self.launch(&Key { epoch: 1, ..key.clone() }, spec).await;
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
                self.lock()?;
                let seen = self.launch(key, spec).await;
                self.unlock();
                return seen;
            }
            Lie::WaitsUntilReady => tokio::time::sleep(Duration::from_secs(30)).await,
            _ => {}
        }
        self.launch(key, spec).await
    }

    async fn observe(&self, key: &Key) -> Result<Observed<Endpoint>> {
        match self.lie {
            Lie::ObserveCreates => self.launch(key, &LaunchSpec::default()).await,
            Lie::SeesItElsewhere => {
                let seen = InstanceRuntime::observe(&self.world, key).await?;
                Ok(seen.map(|_| Endpoint::new("10.0.0.9", 9)))
            }
            _ => InstanceRuntime::observe(&self.world, key).await,
        }
    }

    async fn remove(&self, key: &Key, how: Stop) -> Result<Observed<Endpoint>> {
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
                self.lock()?;
                let seen = InstanceRuntime::remove(&self.world, key, how).await;
                self.unlock();
                return seen;
            }
            _ => {}
        }
        InstanceRuntime::remove(&self.world, key, how).await
    }

    async fn list(&self) -> Result<Vec<Key>> {
        InstanceRuntime::list(&self.world).await
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
