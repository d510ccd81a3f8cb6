//! Names of tables in the hosted zone: they lead to a load balancer that goes with the stack.
use refractory_core::model::Hostname;
use refractory_core::ports::{DnsZone as _, Observed};
use refractory_core::{InstanceId, Result};

use super::stack::Stack;
use super::{Infra, Outside};
use crate::Route53Zone;

impl Infra {
    /// The names of tables that the zone of `stack` has.
    pub(super) async fn names(&self, stack: &Stack) -> Result<Vec<Outside>> {
        let Some(zone) = self.table_names(stack) else { return Ok(Vec::new()) };
        let names = zone.list().await?.into_iter();
        Ok(names.map(|(name, of)| Outside::Name(name.to_string(), of)).collect())
    }

    /// Gives up the names of tables, before what they lead to goes.
    pub(super) async fn forget_names(&self, stack: &Stack) -> Result<()> {
        let Some(zone) = self.table_names(stack) else { return Ok(()) };
        for (name, of) in zone.list().await? {
            self.forget_name(&zone, &of, &name).await?;
        }
        Ok(())
    }

    async fn forget_name(
        &self,
        zone: &Route53Zone,
        of: &InstanceId,
        name: &Hostname,
    ) -> Result<()> {
        while zone.remove(of, name).await? != Observed::Absent {
            tokio::time::sleep(self.pace).await;
        }
        Ok(())
    }

    /// Where the names of tables stand; none where the stack has no zone.
    fn table_names(&self, stack: &Stack) -> Option<Route53Zone> {
        let zone = stack.parameters.get("Zone").filter(|zone| !zone.is_empty())?;
        Some(Route53Zone::to_clear(self.clients.clone(), zone.clone(), self.naming.clone()))
    }
}
