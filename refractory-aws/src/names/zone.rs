//! Names as records of a hosted zone.
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_route53::types::{ChangeStatus, ResourceRecordSet, RrType};
use refractory_core::model::Hostname;
use refractory_core::ports::{DnsZone, NameRecord, Observed, Progress};
use refractory_core::{Error, ErrorKind, InstanceId, Result, async_trait};

use super::batch::{BUSY, BatchResult, ChangeBatcher, MAX_WAIT};
use super::marker::{marked_name, marked_owner};
use super::pending_changes::{PendingChange, PendingChanges};
use super::rate_limiter::RateLimiter;
use super::record::{DesiredRecord, NameState, RecordTarget, name_state, release_found};
use crate::deadline::{with_deadline, with_list_deadline};
use crate::error::{aws_error, code_is};
use crate::{Clients, Naming, StackOutputs};

/// How long a list waits for its turn, page by page.
const LIST_MAX_WAIT: Duration = Duration::from_secs(20);

/// A hosted zone of Route 53 in which each name is its own record that points to the load balancer.
///
/// A TXT record beside each record names its owner; both come and go in one change. A record without it is
/// not managed here and is never touched. Ready means that every name server of the zone has it.
#[derive(Debug, Clone)]
pub struct Route53Zone(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clients: Clients,
    zone: String,
    lead: RecordTarget,
    naming: Naming,
    pace: Arc<RateLimiter>,
    batches: ChangeBatcher,
    memory: PendingChanges,
}

impl Route53Zone {
    /// The zone of `outputs`, with names that lead to its load balancer.
    ///
    /// # Errors
    ///
    /// `Invalid` where the stack knows no zone.
    pub fn new(clients: Clients, outputs: &StackOutputs, naming: Naming) -> Result<Self> {
        let zone = outputs.zone.clone().ok_or_else(no_zone)?;
        Ok(Self::with_target(clients, zone, RecordTarget::to_balancer(outputs), naming))
    }

    /// `zone`, for cleanup: names are only released, wherever they point.
    pub(crate) fn for_cleanup(clients: Clients, zone: String, naming: Naming) -> Self {
        Self::with_target(clients, zone, RecordTarget::Cname(String::new()), naming)
    }

    fn with_target(clients: Clients, zone: String, lead: RecordTarget, naming: Naming) -> Self {
        let pace = Arc::new(RateLimiter::new());
        let batches = ChangeBatcher::new(clients.route53.clone(), zone.clone(), Arc::clone(&pace));
        let memory = PendingChanges::default();
        Self(Arc::new(Inner { clients, zone, lead, naming, pace, batches, memory }))
    }

    fn desired_record(&self, owner: &InstanceId, name: &Hostname) -> DesiredRecord {
        DesiredRecord {
            name: name.clone(),
            owner: owner.clone(),
            target: self.0.lead.clone(),
            naming: self.0.naming.clone(),
        }
    }

    /// Ready once every name server has what was written. Calls in between cost nothing.
    async fn synced(&self, name: &Hostname, ticket: &PendingChange) -> Result<Observed<Hostname>> {
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
                Err(error) => return Err(aws_error("asking how far a record is", error)),
            }
        }
        if ticket.in_sync() {
            self.0.memory.forget(name);
            return Ok(Observed::Ready(name.clone()));
        }
        Ok(pending("the name is on its way to the name servers"))
    }

    /// Takes a name that has records already, perhaps of another owner.
    async fn take_over(&self, wanted: &DesiredRecord) -> Result<Observed<Hostname>> {
        let changes = match self.name_state(&wanted.name).await? {
            None => return Ok(busy()),
            Some(NameState::Free) => wanted.claim()?,
            Some(NameState::Owned(owner, found)) if owner == wanted.owner => {
                wanted.renew(&found)?
            }
            Some(NameState::Owned(..)) => return Err(taken_by_other_instance(&wanted.name)),
            Some(NameState::Foreign) => return Err(not_managed(&wanted.name)),
        };
        match self.0.batches.submit(&wanted.name, changes).await? {
            BatchResult::Written(ticket) => Ok(self.written(wanted, ticket)),
            BatchResult::Busy => Ok(busy()),
            BatchResult::Clash(said) if is_race(&said) => Ok(busy()),
            BatchResult::Clash(said) => Err(unacceptable(&wanted.name, said)),
        }
    }

    fn written(&self, wanted: &DesiredRecord, ticket: Arc<PendingChange>) -> Observed<Hostname> {
        self.0.memory.remember(&wanted.owner, &wanted.name, ticket);
        pending("the name is on its way to the name servers")
    }

    /// What the zone says about `name`; none where Route 53 has too much to do.
    async fn name_state(&self, name: &Hostname) -> Result<Option<NameState>> {
        let Some(found) = self.records(Some(name)).await? else { return Ok(None) };
        Ok(Some(name_state(&self.0.naming, name, &found)))
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
        let max_wait = if of.is_some() { MAX_WAIT } else { LIST_MAX_WAIT };
        let mut all = Vec::new();
        let mut next: (_, Option<RrType>, Option<String>) =
            (of.map(Hostname::to_string), None, None);
        loop {
            if !self.0.pace.wait(max_wait).await {
                return Ok(None);
            }
            let (name, kind, set) = next.clone();
            let asked =
                self.0.clients.route53.list_resource_record_sets().hosted_zone_id(&self.0.zone);
            let asked = asked.set_start_record_name(name).set_start_record_type(kind);
            let page = match asked.set_start_record_identifier(set).send().await {
                // No caller waits for a whole list, and it would never end if it began anew each time.
                Err(error) if code_is(&error, BUSY) && of.is_none() => continue,
                Err(error) if code_is(&error, BUSY) => return Ok(None),
                page => page.map_err(|error| aws_error("reading records", error))?,
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
        with_deadline("taking a name", self.take(owner, &record.name)).await
    }

    async fn remove(&self, owner: &InstanceId, name: &Hostname) -> Result<Observed<Hostname>> {
        with_deadline("giving up a name", self.give_up(owner, name)).await
    }

    async fn list(&self) -> Result<Vec<(Hostname, InstanceId)>> {
        with_list_deadline("listing names", self.taken()).await
    }
}

impl Route53Zone {
    async fn take(&self, owner: &InstanceId, name: &Hostname) -> Result<Observed<Hostname>> {
        if let Some(ticket) = self.0.memory.pending(owner, name) {
            return self.synced(name, &ticket).await;
        }
        let wanted = self.desired_record(owner, name);
        match self.0.batches.submit(&wanted.name, wanted.claim()?).await? {
            BatchResult::Written(ticket) => Ok(self.written(&wanted, ticket)),
            BatchResult::Busy => Ok(busy()),
            BatchResult::Clash(_) => self.take_over(&wanted).await,
        }
    }

    async fn give_up(&self, owner: &InstanceId, name: &Hostname) -> Result<Observed<Hostname>> {
        self.0.memory.forget(name);
        let wanted = self.desired_record(owner, name);
        match self.0.batches.submit(name, wanted.release()?).await? {
            BatchResult::Written(_) => return Ok(Observed::Absent),
            BatchResult::Busy => return Ok(busy()),
            BatchResult::Clash(_) => {}
        }
        let changes = match self.name_state(name).await? {
            None => return Ok(busy()),
            Some(NameState::Owned(marked, found)) if marked == *owner => release_found(&found)?,
            Some(NameState::Free | NameState::Owned(..) | NameState::Foreign) => {
                return Ok(Observed::Absent);
            }
        };
        match self.0.batches.submit(name, changes).await? {
            BatchResult::Written(_) => Ok(Observed::Absent),
            BatchResult::Busy | BatchResult::Clash(_) => Ok(busy()),
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

/// Whether another writer came between, in contrast to a request that can never succeed.
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

fn taken_by_other_instance(name: &Hostname) -> Error {
    Error::new(ErrorKind::Conflict, "taking a name")
        .about("name", name)
        .advise(format!("`{name}` is another table's. Rename one of the two."))
}

fn not_managed(name: &Hostname) -> Error {
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
