//! Nets that lie.
use refractory_core::ports::{Observed, OrphanedResource, OrphanedResources};
use refractory_core::{Error, ErrorKind, InstanceId, Result, async_trait};
use testkit::world::World;

use super::{LeakyLock, every_lie_is_caught, held_against};
use crate::subjects::{orphaned_resources, world};

lies! {
    ForgetsWhose,
    OneNameForAll,
    RemovesByPrefix,
    RemoveOfAbsentFails,
    KeepsALock,
}

#[derive(Debug)]
struct Liar {
    world: World,
    lie: Lie,
    locked: LeakyLock,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl OrphanedResources for Liar {
    async fn list(&self) -> Result<Vec<OrphanedResource>> {
        let mut all = OrphanedResources::list(&self.world).await?;
        for left in &mut all {
            match self.lie {
                Lie::ForgetsWhose => left.of = InstanceId::new("nobody")?,
                Lie::OneNameForAll => "thing".clone_into(&mut left.name),
                _ => {}
            }
        }
        Ok(all)
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<()>> {
        if self.lie == Lie::KeepsALock {
            self.locked.take()?;
        }
        let all = OrphanedResources::list(&self.world).await?;
        if self.lie == Lie::RemoveOfAbsentFails && all.iter().all(|left| left.of != *of) {
            return Err(Error::new(ErrorKind::NotFound, "removing a thing"));
        }
        if self.lie == Lie::RemovesByPrefix {
            for other in all.iter().filter(|left| left.of.as_str().starts_with(of.as_str())) {
                OrphanedResources::remove(&self.world, &other.of).await?;
            }
        }
        let removed = OrphanedResources::remove(&self.world, of).await;
        self.locked.give_back();
        removed
    }
}

#[tokio::test(start_paused = true)]
async fn every_lie_about_leftovers_is_caught_and_every_case_catches_one() {
    every_lie_is_caught!(leftovers_cases, orphaned_resources, LIES, |lie| async move {
        let world = world();
        orphaned_resources(&world.clone(), Liar { world, lie, locked: LeakyLock::default() })
    });
}
