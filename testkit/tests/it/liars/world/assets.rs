//! Places for uploads that lie.
use std::sync::atomic::{AtomicU32, Ordering};

use refractory_core::ports::{AssetSpace, AssetStore, Observed};
use refractory_core::{Error, ErrorKind, InstanceId, Result, Timestamp, async_trait};
use testkit::world::World;

use super::{LeakyLock, every_lie_is_caught, held_against};
use crate::subjects::{assets, world};

lies! {
    AnotherPlaceEachTime,
    OnePlaceForAll,
    RemoveOfAbsentFails,
    RemovesByPrefix,
    KeepsALock,
    RotatesWhatIsNotThere,
    RotatesIntoAnotherPlace,
    RotatesAtEachRequest,
    DeniesItsKeys,
}

#[derive(Debug)]
struct Liar {
    world: World,
    lie: Lie,
    locked: LeakyLock,
    calls: AtomicU32,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl AssetStore for Liar {
    async fn ensure(&self, of: &InstanceId) -> Result<Observed<AssetSpace>> {
        if self.lie == Lie::KeepsALock {
            self.locked.take()?;
        }
        let made = AssetStore::ensure(&self.world, of).await;
        self.locked.give_back();
        let handle = match self.lie {
            Lie::AnotherPlaceEachTime => {
                format!("place {}", self.calls.fetch_add(1, Ordering::SeqCst))
            }
            Lie::OnePlaceForAll => "the place".to_owned(),
            _ => return made,
        };
        Ok(made?.map(|space| AssetSpace { handle, ..space }))
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<AssetSpace>> {
        let all = AssetStore::list(&self.world).await?;
        if self.lie == Lie::RemoveOfAbsentFails && !all.contains(of) {
            return Err(Error::new(ErrorKind::NotFound, "removing a place"));
        }
        if self.lie == Lie::RemovesByPrefix {
            for other in all.iter().filter(|id| id.as_str().starts_with(of.as_str())) {
                AssetStore::remove(&self.world, other).await?;
            }
        }
        AssetStore::remove(&self.world, of).await
    }

    async fn rotate(&self, of: &InstanceId, before: Timestamp) -> Result<Observed<AssetSpace>> {
        match self.lie {
            Lie::RotatesWhatIsNotThere => _ = AssetStore::ensure(&self.world, of).await?,
            Lie::RotatesAtEachRequest
                if self.calls.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) =>
            {
                return Ok(Observed::Pending(None));
            }
            _ => {}
        }
        let turned = AssetStore::rotate(&self.world, of, before).await?;
        Ok(turned.map(|space| match self.lie {
            Lie::RotatesIntoAnotherPlace => AssetSpace { handle: "another".to_owned(), ..space },
            _ => space,
        }))
    }

    fn has_keys(&self) -> bool {
        self.lie != Lie::DeniesItsKeys
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        AssetStore::list(&self.world).await
    }
}

#[tokio::test(start_paused = true)]
async fn every_lie_about_assets_is_caught_and_every_case_catches_one() {
    every_lie_is_caught!(assets_cases, assets, LIES, |lie| async move {
        let (locked, calls) = (LeakyLock::default(), AtomicU32::new(0));
        assets(Liar { world: world(), lie, locked, calls })
    });
}
