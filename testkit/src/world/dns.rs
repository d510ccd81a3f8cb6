//! Public names.
use refractory_core::model::Hostname;
use refractory_core::ports::{DnsZone, NameRecord, Observed};
use refractory_core::{Error, ErrorKind, InstanceId, Result, async_trait};

use super::World;

#[async_trait]
impl DnsZone for World {
    async fn ensure(&self, owner: &InstanceId, record: &NameRecord) -> Result<Observed<Hostname>> {
        let (owner, record) = (owner.clone(), record.clone());
        self.call("dns.ensure", move |world| {
            let mut ledger = world.ledger();
            if ledger.names.get(&record.name).is_some_and(|(holder, _)| *holder != owner) {
                return Err(Error::new(ErrorKind::Conflict, "taking a name"));
            }
            ledger.names.insert(record.name.clone(), (owner, record.target));
            Ok(Observed::Ready(record.name))
        })
        .await
    }

    async fn remove(&self, owner: &InstanceId, name: &Hostname) -> Result<Observed<Hostname>> {
        let (owner, name) = (owner.clone(), name.clone());
        self.call("dns.remove", move |world| {
            let mut ledger = world.ledger();
            if ledger.names.get(&name).is_some_and(|(holder, _)| *holder == owner) {
                ledger.names.remove(&name);
            }
            Ok(Observed::Absent)
        })
        .await
    }

    async fn list(&self) -> Result<Vec<(Hostname, InstanceId)>> {
        self.call("dns.list", |world| {
            let ledger = world.ledger();
            Ok(ledger.names.iter().map(|(name, (of, _))| (name.clone(), of.clone())).collect())
        })
        .await
    }

    fn bypasses_proxy(&self) -> bool {
        self.ledger().settings.past_the_edge
    }
}

impl World {
    /// The names that lead somewhere, with their owners.
    pub fn names(&self) -> Vec<(String, InstanceId)> {
        let ledger = self.ledger();
        ledger.names.iter().map(|(name, (of, _))| (name.to_string(), of.clone())).collect()
    }
}
