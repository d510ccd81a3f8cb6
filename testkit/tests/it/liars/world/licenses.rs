//! Pools that lie.
use refractory_core::model::LicenseChoice;
use refractory_core::ports::{Granted, LicensePool, Observed};
use refractory_core::{InstanceId, LicenseId, Result, StorePool, async_trait};

use super::{LeakyLock, every_lie_is_caught, held_against};
use crate::subjects::{licenses, world};

lies! {
    ForgetsTheAgreement,
    MovesOnAWish,
    LeasesTwice,
    OneKeyForAll,
    AnyWillDo,
    AnUnknownOneIsWaitedFor,
    ObserveLeases,
    ReturnsEverybodys,
    OneFence,
    NothingIsKept,
    KeepsForEver,
    KeepsALock,
    WinsWithoutALease,
}

#[derive(Debug)]
struct Liar {
    pool: StorePool,
    lie: Lie,
    locked: LeakyLock,
}

impl Liar {
    async fn grant(&self, owner: &InstanceId, choice: &LicenseChoice) -> Result<Observed<Granted>> {
        let granted = self.pool.ensure(owner, choice).await?;
        let holder = self.pool.list().await?.into_iter().find_map(|(_, holder)| holder);
        match (self.lie, granted, holder) {
            (Lie::ForgetsTheAgreement, granted, _) => {
                Ok(granted.map(|granted| Granted { eula_accepted: false, ..granted }))
            }
            (Lie::OneKeyForAll, granted, _) => {
                Ok(granted.map(|granted| Granted { key: "one".into_secret(), ..granted }))
            }
            (Lie::OneFence, Observed::Ready(mut granted), _) => {
                granted.lease.fence = 1;
                Ok(Observed::Ready(granted))
            }
            (Lie::LeasesTwice | Lie::WinsWithoutALease, Observed::Pending(_), Some(holder)) => {
                let stolen = self.pool.observe(&holder).await?;
                Ok(stolen.map(|mut granted| {
                    granted.lease.holder = owner.clone();
                    granted
                }))
            }
            (Lie::NothingIsKept, Observed::Pending(told), _) => {
                self.pool.remove(owner).await?;
                Ok(Observed::Pending(told))
            }
            (_, granted, _) => Ok(granted),
        }
    }
}

trait IntoSecret {
    fn into_secret(self) -> refractory_core::Secret;
}

impl IntoSecret for &str {
    fn into_secret(self) -> refractory_core::Secret {
        refractory_core::Secret::new(self)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl LicensePool for Liar {
    async fn ensure(
        &self,
        owner: &InstanceId,
        choice: &LicenseChoice,
    ) -> Result<Observed<Granted>> {
        if self.lie == Lie::KeepsALock {
            self.locked.take()?;
        }
        if self.lie == Lie::MovesOnAWish {
            self.pool.remove(owner).await?;
        }
        let choice = if self.lie == Lie::AnyWillDo { &LicenseChoice::Any } else { choice };
        let granted = self.grant(owner, choice).await;
        self.locked.give_back();
        match granted {
            Err(_) if self.lie == Lie::AnUnknownOneIsWaitedFor => Ok(Observed::Pending(None)),
            granted => granted,
        }
    }

    async fn observe(&self, owner: &InstanceId) -> Result<Observed<Granted>> {
        if self.lie == Lie::ObserveLeases {
            return self.pool.ensure(owner, &LicenseChoice::Any).await;
        }
        self.pool.observe(owner).await
    }

    async fn remove(&self, owner: &InstanceId) -> Result<Observed<Granted>> {
        if self.lie == Lie::ReturnsEverybodys {
            for (_, holder) in self.pool.list().await? {
                self.pool.remove(holder.as_ref().unwrap_or(owner)).await?;
            }
        }
        let holds = matches!(self.pool.observe(owner).await?, Observed::Ready(_));
        if self.lie == Lie::KeepsForEver && !holds {
            return Ok(Observed::Absent);
        }
        self.pool.remove(owner).await
    }

    async fn list(&self) -> Result<Vec<(LicenseId, Option<InstanceId>)>> {
        self.pool.list().await
    }
}

#[tokio::test(start_paused = true)]
async fn every_lie_about_licenses_is_caught_and_every_case_catches_one() {
    every_lie_is_caught!(licenses_cases, licenses, LIES, |lie| async move {
        let world = world();
        let liar = Liar { pool: world.pool(), lie, locked: LeakyLock::default() };
        licenses(&world, liar).await
    });
}
