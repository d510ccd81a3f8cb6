//! Names as records of a hosted zone.
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_route53::types::{ChangeStatus, ResourceRecordSet, RrType};
use refractory_core::model::Hostname;
use refractory_core::ports::{DnsZone, NameRecord, Observed, Progress};
use refractory_core::{Error, ErrorKind, InstanceId, Result, async_trait};

use super::batch::{Answer, BUSY, Batches, PATIENCE};
use super::marker::{marked_name, marked_owner};
use super::memory::{Memory, Ticket};
use super::pace::Pace;
use super::record::{Lead, Standing, Wanted, release_found, standing};
use crate::bound::{bounded, listed};
use crate::error::{code_is, refused};
use crate::{Clients, Ground, Naming};

/// How long a list waits for its turn, page by page.
const LIST_PATIENCE: Duration = Duration::from_secs(20);

/// A hosted zone of Route 53 in which each name is a record of its own that leads to the load balancer.
///
/// A text beside each record says whose it is; both come and go in one change. A record without that text is somebody
/// else's and is never touched. Ready means that every name server of the zone has it.
#[derive(Debug, Clone)]
pub struct Route53Zone(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clients: Clients,
    zone: String,
    lead: Lead,
    naming: Naming,
    pace: Arc<Pace>,
    batches: Batches,
    memory: Memory,
}

impl Route53Zone {
    /// The zone of `ground`, with names that lead to its load balancer.
    ///
    /// # Errors
    ///
    /// `Invalid` where the stack knows no zone.
    pub fn new(clients: Clients, ground: &Ground, naming: Naming) -> Result<Self> {
        let zone = ground.zone.clone().ok_or_else(no_zone)?;
        Ok(Self::leading(clients, zone, Lead::to_balancer(ground), naming))
    }

    /// `zone`, for whoever gives names up and takes none: wherever they lead.
    pub(crate) fn to_clear(clients: Clients, zone: String, naming: Naming) -> Self {
        Self::leading(clients, zone, Lead::Cname(String::new()), naming)
    }

    fn leading(clients: Clients, zone: String, lead: Lead, naming: Naming) -> Self {
        let pace = Arc::new(Pace::new());
        let batches = Batches::new(clients.route53.clone(), zone.clone(), Arc::clone(&pace));
        let memory = Memory::default();
        Self(Arc::new(Inner { clients, zone, lead, naming, pace, batches, memory }))
    }

    fn wanted(&self, owner: &InstanceId, name: &Hostname) -> Wanted {
        Wanted {
            name: name.clone(),
            owner: owner.clone(),
            lead: self.0.lead.clone(),
            naming: self.0.naming.clone(),
        }
    }

    /// Ready once every name server has what was written. Who asks in between costs nothing.
    async fn synced(&self, name: &Hostname, ticket: &Ticket) -> Result<Observed<Hostname>> {
        if ticket.is_due(|| self.0.pace.free()) {
            let asked = self.0.clients.route53.get_change().id(&ticket.change).send().await;
            match asked {
                Ok(answer) => {
                    let status = answer.change_info.map(|info| info.status);
                    if status == Some(ChangeStatus::Insync) {
                        ticket.settle();
                    }
                }
                // Forgotten, which changes are after a while: it has long been everywhere.
                Err(error) if code_is(&error, &["NoSuchChange"]) => ticket.settle(),
                Err(error) if code_is(&error, BUSY) => {}
                Err(error) => return Err(refused("asking how far a record is", error)),
            }
        }
        if ticket.in_sync() {
            self.0.memory.forget(name);
            return Ok(Observed::Ready(name.clone()));
        }
        Ok(pending("the name is on its way to the name servers"))
    }

    /// Has a name for which there is something already, or which somebody else may have.
    async fn take_over(&self, wanted: &Wanted) -> Result<Observed<Hostname>> {
        let changes = match self.look(&wanted.name).await? {
            None => return Ok(busy()),
            Some(Standing::Free) => wanted.claim()?,
            Some(Standing::Marked(owner, found)) if owner == wanted.owner => {
                wanted.renew(&found)?
            }
            Some(Standing::Marked(..)) => return Err(another_tables(&wanted.name)),
            Some(Standing::Foreign) => return Err(not_ours(&wanted.name)),
        };
        match self.0.batches.submit(&wanted.name, changes).await? {
            Answer::Written(ticket) => Ok(self.written(wanted, ticket)),
            Answer::Busy => Ok(busy()),
            Answer::Clash(said) if is_race(&said) => Ok(busy()),
            Answer::Clash(said) => Err(unacceptable(&wanted.name, said)),
        }
    }

    fn written(&self, wanted: &Wanted, ticket: Arc<Ticket>) -> Observed<Hostname> {
        self.0.memory.remember(&wanted.owner, &wanted.name, ticket);
        pending("the name is on its way to the name servers")
    }

    /// What the zone says about `name`; none where Route 53 has too much to do.
    async fn look(&self, name: &Hostname) -> Result<Option<Standing>> {
        let Some(found) = self.records(Some(name)).await? else { return Ok(None) };
        Ok(Some(standing(&self.0.naming, name, &found)))
    }

    /// The records of `name` and of all names below it, or all there are; none where Route 53 has too much to do.
    async fn records(&self, of: Option<&Hostname>) -> Result<Option<Vec<ResourceRecordSet>>> {
        let below = of.map(|name| format!(".{name}"));
        let belongs = |record: &ResourceRecordSet| match (of, &below) {
            (Some(name), Some(below)) => {
                let found = record.name().trim_end_matches('.');
                found == name.as_str() || found.ends_with(below)
            }
            _ => true,
        };
        let patience = if of.is_some() { PATIENCE } else { LIST_PATIENCE };
        let mut all = Vec::new();
        let mut next: (_, Option<RrType>, Option<String>) =
            (of.map(Hostname::to_string), None, None);
        loop {
            if !self.0.pace.wait(patience).await {
                return Ok(None);
            }
            let (name, kind, set) = next.clone();
            let asked =
                self.0.clients.route53.list_resource_record_sets().hosted_zone_id(&self.0.zone);
            let asked = asked.set_start_record_name(name).set_start_record_type(kind);
            let page = match asked.set_start_record_identifier(set).send().await {
                // Nobody waits for a whole list, and it would never end if it began anew each time.
                Err(error) if code_is(&error, BUSY) && of.is_none() => continue,
                Err(error) if code_is(&error, BUSY) => return Ok(None),
                page => page.map_err(|error| refused("reading records", error))?,
            };
            let whole = page.resource_record_sets.iter().all(belongs);
            all.extend(page.resource_record_sets.into_iter().filter(belongs));
            match page.next_record_name {
                Some(name) if page.is_truncated && whole => {
                    next = (Some(name), page.next_record_type, page.next_record_identifier);
                }
                _ => return Ok(Some(all)),
            }
        }
    }
}

#[async_trait]
impl DnsZone for Route53Zone {
    async fn ensure(&self, owner: &InstanceId, record: &NameRecord) -> Result<Observed<Hostname>> {
        bounded("taking a name", self.take(owner, &record.name)).await
    }

    async fn remove(&self, owner: &InstanceId, name: &Hostname) -> Result<Observed<Hostname>> {
        bounded("giving up a name", self.give_up(owner, name)).await
    }

    async fn list(&self) -> Result<Vec<(Hostname, InstanceId)>> {
        listed("listing names", self.taken()).await
    }
}

impl Route53Zone {
    async fn take(&self, owner: &InstanceId, name: &Hostname) -> Result<Observed<Hostname>> {
        if let Some(ticket) = self.0.memory.ticket(owner, name) {
            return self.synced(name, &ticket).await;
        }
        let wanted = self.wanted(owner, name);
        match self.0.batches.submit(&wanted.name, wanted.claim()?).await? {
            Answer::Written(ticket) => Ok(self.written(&wanted, ticket)),
            Answer::Busy => Ok(busy()),
            Answer::Clash(_) => self.take_over(&wanted).await,
        }
    }

    async fn give_up(&self, owner: &InstanceId, name: &Hostname) -> Result<Observed<Hostname>> {
        self.0.memory.forget(name);
        let wanted = self.wanted(owner, name);
        match self.0.batches.submit(name, wanted.release()?).await? {
            Answer::Written(_) => return Ok(Observed::Absent),
            Answer::Busy => return Ok(busy()),
            Answer::Clash(_) => {}
        }
        let changes = match self.look(name).await? {
            None => return Ok(busy()),
            Some(Standing::Marked(marked, found)) if marked == *owner => release_found(&found)?,
            Some(Standing::Free | Standing::Marked(..) | Standing::Foreign) => {
                return Ok(Observed::Absent);
            }
        };
        match self.0.batches.submit(name, changes).await? {
            Answer::Written(_) => Ok(Observed::Absent),
            Answer::Busy | Answer::Clash(_) => Ok(busy()),
        }
    }

    async fn taken(&self) -> Result<Vec<(Hostname, InstanceId)>> {
        let all = self.records(None).await?.ok_or_else(too_busy)?;
        let marks = all.iter().filter(|record| *record.r#type() == RrType::Txt);
        let ours = marks.filter_map(|record| {
            let text = record.resource_records().first()?.value();
            Some((marked_name(record.name())?, marked_owner(&self.0.naming, text)?))
        });
        Ok(ours.collect())
    }
}

fn pending(message: &'static str) -> Observed<Hostname> {
    Observed::Pending(Some(Progress::new(message)))
}

fn busy() -> Observed<Hostname> {
    pending("waiting for a turn with Route 53")
}

/// Whether somebody came between, and not something that will never do.
fn is_race(said: &str) -> bool {
    ["already exists", "not found", "do not match"].iter().any(|part| said.contains(part))
}

fn too_busy() -> Error {
    Error::new(ErrorKind::Unavailable, "reading records")
}

fn no_zone() -> Error {
    Error::new(ErrorKind::Invalid, "looking for a hosted zone").advise(
        "The stack was made without a hosted zone, so there is none for `names = \"records\"`. Give `refractory infra deploy` \
         the id of the zone, or set `names = \"wildcard\"` under `[aws]`.",
    )
}

fn another_tables(name: &Hostname) -> Error {
    Error::new(ErrorKind::Conflict, "taking a name")
        .about("name", name)
        .advise(format!("`{name}` is another table's. Rename one of the two."))
}

fn not_ours(name: &Hostname) -> Error {
    Error::new(ErrorKind::Conflict, "taking a name").about("name", name).permanent().advise(format!(
        "There is a record for `{name}` in Route 53 that Refractory did not make. Rename the table, or delete that record."
    ))
}

fn unacceptable(name: &Hostname, said: String) -> Error {
    Error::new(ErrorKind::Invalid, "taking a name").about("name", name).caused_by(said).advise(format!(
        "Route 53 does not take `{name}`: it has to lie in the hosted zone of the stack. Check `[web] domain`."
    ))
}

#[cfg(test)]
mod tests;
