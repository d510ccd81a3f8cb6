//! What is asked of the zone, as changes that come about together or not at all.
//!
//! A change is its own question. Claiming creates, which fails where there is a record already; renewing and releasing
//! delete the text that says whose the name is, which fails where it does not say exactly that. So nothing is
//! read first, and no other writer can come between.
use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ResourceRecord, ResourceRecordSet, RrType,
};
use refractory_core::model::Hostname;
use refractory_core::{InstanceId, Result};

use super::marker::{marked_owner, marker_name, marker_text};
use crate::error::built;
use crate::{Naming, StackOutputs};

/// How long a record may be remembered: a minute, so that a name that moved is soon found.
const TTL: i64 = 60;

/// How many records a name has that leads to a load balancer: the text that says whose it is, and one for each kind of address.
pub(crate) const RECORDS_EACH: u32 = 3;

/// Where every name leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RecordTarget {
    /// To something of AWS, by a record that costs nothing to ask for.
    Alias {
        /// The hosted zone that its name is in.
        zone: String,
        /// Its name.
        name: String,
    },
    /// To another name.
    Cname(String),
}

impl RecordTarget {
    /// To the load balancer of `outputs`.
    pub(super) fn to_balancer(outputs: &StackOutputs) -> Self {
        let name = outputs.balancer_name.trim_end_matches('.').to_lowercase();
        if outputs.balancer_zone.is_empty() {
            Self::Cname(name)
        } else {
            Self::Alias { zone: outputs.balancer_zone.clone(), name: format!("{name}.") }
        }
    }

    /// The records of `name` that lead there.
    fn records(&self, name: &Hostname) -> Result<Vec<ResourceRecordSet>> {
        match self {
            Self::Alias { zone, name: target } => {
                let alias = |kind: RrType| {
                    let target = AliasTarget::builder()
                        .hosted_zone_id(zone)
                        .dns_name(target)
                        .evaluate_target_health(false);
                    let target = built(target.build())?;
                    let record = ResourceRecordSet::builder().name(absolute(name.as_str()));
                    built(record.r#type(kind).alias_target(target).build())
                };
                Ok(vec![alias(RrType::A)?, alias(RrType::Aaaa)?])
            }
            Self::Cname(target) => {
                Ok(vec![plain(name.as_str(), RrType::Cname, &absolute(target))?])
            }
        }
    }
}

/// What the zone says about one name.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum NameState {
    /// It has no records.
    Free,
    /// It is marked as this instance's; these are its records, the mark among them.
    Owned(InstanceId, Vec<ResourceRecordSet>),
    /// Not managed by this deployment.
    Foreign,
}

/// Everything that a set of changes is written for.
#[derive(Debug, Clone)]
pub(super) struct DesiredRecord {
    /// The name.
    pub(super) name: Hostname,
    /// Whose it is.
    pub(super) owner: InstanceId,
    /// Where it leads.
    pub(super) target: RecordTarget,
    /// Whose the deployment is.
    pub(super) naming: Naming,
}

impl DesiredRecord {
    fn marker(&self) -> Result<ResourceRecordSet> {
        let text = marker_text(&self.naming, &self.owner);
        plain(&marker_name(&self.name), RrType::Txt, &text)
    }

    /// The mark and the records, as they are written.
    fn all(&self) -> Result<Vec<ResourceRecordSet>> {
        let mut all = vec![self.marker()?];
        all.extend(self.target.records(&self.name)?);
        Ok(all)
    }

    /// The changes that take a free name.
    pub(super) fn claim(&self) -> Result<Vec<Change>> {
        self.all()?.into_iter().map(|record| change(ChangeAction::Create, record)).collect()
    }

    /// Gives up a name that leads where it was claimed to lead.
    pub(super) fn release(&self) -> Result<Vec<Change>> {
        self.all()?.into_iter().map(|record| change(ChangeAction::Delete, record)).collect()
    }

    /// Has a name of ours lead where it should, whatever its records were.
    pub(super) fn renew(&self, found: &[ResourceRecordSet]) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        // Both together fail if the name is not ours any more.
        changes.push(change(ChangeAction::Delete, self.marker()?)?);
        changes.push(change(ChangeAction::Create, self.marker()?)?);
        let wanted = self.target.records(&self.name)?;
        let kinds: Vec<&RrType> = wanted.iter().map(ResourceRecordSet::r#type).collect();
        for record in found
            .iter()
            .filter(|record| is_address_record(record) && !kinds.contains(&record.r#type()))
        {
            changes.push(change(ChangeAction::Delete, record.clone())?);
        }
        for record in wanted {
            changes.push(change(ChangeAction::Upsert, record)?);
        }
        Ok(changes)
    }
}

/// Gives up a name with exactly the records that were `found`.
pub(super) fn release_found(found: &[ResourceRecordSet]) -> Result<Vec<Change>> {
    found.iter().map(|record| change(ChangeAction::Delete, record.clone())).collect()
}

/// What `records`, all that the zone has at `name` and below, say about it.
pub(super) fn name_state(
    naming: &Naming,
    name: &Hostname,
    records: &[ResourceRecordSet],
) -> NameState {
    let at = |record: &ResourceRecordSet, name: &str| record.name().trim_end_matches('.') == name;
    let marker = marker_name(name);
    let mark = records.iter().find(|record| at(record, &marker) && *record.r#type() == RrType::Txt);
    let leading =
        records.iter().filter(|record| at(record, name.as_str()) && is_address_record(record));
    let owner =
        mark.and_then(|mark| marked_owner(naming, mark.resource_records().first()?.value()));
    match (mark, owner) {
        (Some(mark), Some(owner)) => {
            NameState::Owned(owner, std::iter::once(mark).chain(leading).cloned().collect())
        }
        (Some(_), None) => NameState::Foreign,
        (None, _) if leading.count() > 0 => NameState::Foreign,
        (None, _) => NameState::Free,
    }
}

/// Whether a record gives its name an address.
fn is_address_record(record: &ResourceRecordSet) -> bool {
    matches!(record.r#type(), RrType::A | RrType::Aaaa | RrType::Cname)
}

fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

fn plain(name: &str, kind: RrType, value: &str) -> Result<ResourceRecordSet> {
    let value = built(ResourceRecord::builder().value(value).build())?;
    let record = ResourceRecordSet::builder().name(absolute(name)).r#type(kind).ttl(TTL);
    built(record.resource_records(value).build())
}

fn change(action: ChangeAction, record: ResourceRecordSet) -> Result<Change> {
    built(Change::builder().action(action).resource_record_set(record).build())
}

#[cfg(test)]
mod tests;
