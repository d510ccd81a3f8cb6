//! Things of instances that only the net beneath finds again.
use refractory_core::ports::{Observed, OrphanedResource, OrphanedResources};
use refractory_core::{InstanceId, Result, async_trait};

use super::World;
use crate::conformance::orphaned_resources::Litter;

fn leftover(name: &str, of: &InstanceId) -> OrphanedResource {
    OrphanedResource {
        name: name.to_owned(),
        of: of.clone(),
        what: format!("a thing called {name}"),
        monthly_mills: Some(400),
    }
}

impl World {
    /// Whose things are left, one entry for each.
    pub fn remains(&self) -> Vec<InstanceId> {
        self.ledger().remains.values().cloned().collect()
    }
}

#[async_trait]
impl OrphanedResources for World {
    async fn list(&self) -> Result<Vec<OrphanedResource>> {
        self.call("orphaned_resources.list", |world| {
            Ok(world.ledger().remains.iter().map(|(name, of)| leftover(name, of)).collect())
        })
        .await
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<()>> {
        let of = of.clone();
        self.call("orphaned_resources.remove", move |world| {
            world.ledger().remains.retain(|_, owner| *owner != of);
            Ok(Observed::Absent)
        })
        .await
    }
}

#[async_trait]
impl Litter for World {
    async fn leave(&self, of: &InstanceId) {
        let mut ledger = self.ledger();
        let name = format!("thing-{}", ledger.remains.len());
        ledger.remains.insert(name, of.clone());
    }
}
