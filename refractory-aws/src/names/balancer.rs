//! Names as rules of a load balancer.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, HostHeaderConditionConfig, Rule, RuleCondition,
};
use refractory_core::model::Hostname;
use refractory_core::ports::{DnsZone, NameRecord, Observed, Progress};
use refractory_core::{Clock, Error, ErrorKind, InstanceId, Result, async_trait};

use super::Route53Zone;
use super::listener::{self, is_for, load_balancer_full};
use crate::backoff::PollBackoff;
use crate::deadline::{with_deadline, with_list_deadline};
use crate::error::{aws_error, code_is};
use crate::{Clients, Naming, StackOutputs};

/// How often another priority is chosen after a conflict.
const TRIES: usize = 4;

/// A load balancer that routes each name to its instance directly: one target group and one rule for each.
///
/// Requests bypass the edge: access rights are not checked, joining cannot be stopped, and the paths that
/// the edge closes to players are closed to everyone, by a rule that comes before those of all instances.
///
/// Ready means that the load balancer finds the table well. It ends at about a hundred tables, which is what a load
/// balancer has room for; that is refused with a sentence and leaves nothing behind.
#[derive(Debug, Clone)]
pub struct LoadBalancerNames {
    clients: Clients,
    vpc: String,
    listener: String,
    naming: Naming,
    clock: Arc<dyn Clock>,
    records: Option<Route53Zone>,
    waits: Arc<PollBackoff<(InstanceId, NameKey)>>,
}

/// A target group that is there.
#[derive(Debug, Clone)]
pub(super) struct TargetGroup {
    /// Its handle.
    pub(super) arn: String,
    /// The owner, if it belongs to this deployment.
    pub(super) of: Option<(Hostname, InstanceId)>,
}

/// A name and where it should lead.
type NameKey = (Hostname, String);

impl LoadBalancerNames {
    /// Rules of the listener of `outputs`, for names that lead to its load balancer already, as a wildcard does.
    pub fn new(
        clients: Clients,
        outputs: &StackOutputs,
        naming: Naming,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            clients,
            vpc: outputs.vpc.clone(),
            listener: outputs.listener.clone(),
            naming,
            clock,
            records: None,
            waits: Arc::default(),
        }
    }

    /// The same with a record for each name, too.
    #[must_use]
    pub fn with_records(mut self, records: Route53Zone) -> Self {
        self.records = Some(records);
        self
    }

    pub(super) fn elb(&self) -> &aws_sdk_elasticloadbalancingv2::Client {
        &self.clients.elb
    }

    pub(super) fn naming(&self) -> &Naming {
        &self.naming
    }

    pub(super) fn listener(&self) -> &str {
        &self.listener
    }

    pub(super) fn vpc(&self) -> &str {
        &self.vpc
    }

    /// The rules of the listener.
    async fn rules(&self) -> Result<Vec<Rule>> {
        let mut all = Vec::new();
        let asked = self.elb().describe_rules().listener_arn(&self.listener).page_size(400);
        let mut pages = asked.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| aws_error("reading the rules of the load balancer", error))?;
            all.extend(page.rules.unwrap_or_default());
        }
        Ok(all)
    }

    /// The target group of `name`, if it is `owner`'s; made where there is none.
    async fn own_group(&self, owner: &InstanceId, record: &NameRecord) -> Result<String> {
        let mut found = self.group(&record.name).await?;
        if found.is_none() {
            self.make_group(owner, &record.name, &record.target).await?;
            found = self.group(&record.name).await?;
        }
        match found {
            Some(TargetGroup { arn, of: Some((name, of)) })
                if name == record.name && of == *owner =>
            {
                Ok(arn)
            }
            Some(TargetGroup { of: Some(_), .. }) => Err(taken_by_other_instance(&record.name)),
            Some(TargetGroup { of: None, .. }) => Err(not_managed(&record.name)),
            // Made, and not to be seen yet.
            None => Err(Error::new(ErrorKind::Unavailable, "making a target group")),
        }
    }

    /// Has the listener send `name` to `group`.
    async fn make_rule(&self, name: &Hostname, group: &str) -> Result<()> {
        let mut tuned = false;
        for _ in 0..TRIES {
            // Read again after each refusal: the rule that has the priority may be our own, made by a call whose
            // answer was lost.
            let rules = self.rules().await?;
            let is_made = rules.iter().any(|rule| sends_to(rule, group));
            if !is_made && rules.iter().any(|rule| is_for(rule, name.as_str())) {
                return Err(not_managed(name));
            }
            if !self.restrict_paths(name, &rules).await? {
                continue;
            }
            if is_made {
                return Ok(());
            }
            if !tuned {
                self.configure_group(group).await?;
                tuned = true;
            }
            let used = rules.iter().filter_map(|rule| rule.priority()?.parse().ok()).collect();
            if self.create_rule(name, group, &used).await? {
                return Ok(());
            }
        }
        Err(Error::new(ErrorKind::Unavailable, "finding a free priority"))
    }

    /// Makes the rule; false where its priority was taken a moment ago.
    async fn create_rule(
        &self,
        name: &Hostname,
        group: &str,
        used: &BTreeSet<u32>,
    ) -> Result<bool> {
        let priority =
            listener::free(name, used).ok_or_else(|| load_balancer_full(no_priority()))?;
        let host = HostHeaderConditionConfig::builder().values(name.as_str()).build();
        let condition =
            RuleCondition::builder().field("host-header").host_header_config(host).build();
        let action =
            Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group).build();
        let made = self
            .elb()
            .create_rule()
            .listener_arn(&self.listener)
            .priority(i32::try_from(priority).unwrap_or(i32::MAX))
            .conditions(condition)
            .actions(action)
            .send()
            .await;
        match made {
            Ok(_) => Ok(true),
            Err(error) if code_is(&error, &["PriorityInUse"]) => Ok(false),
            Err(error) => {
                Err(load_balancer_full(aws_error("making a rule of the load balancer", error)))
            }
        }
    }

    /// Deletes every rule that sends to `group`.
    async fn delete_rules(&self, group: &str) -> Result<()> {
        for rule in self.rules().await?.iter().filter(|rule| sends_to(rule, group)) {
            let gone = self.elb().delete_rule().set_rule_arn(rule.rule_arn.clone()).send().await;
            match gone {
                Err(error) if !code_is(&error, &["RuleNotFound"]) => {
                    return Err(aws_error("deleting a rule of the load balancer", error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The record of a name that leads to its table, where there is to be one.
    async fn write_record(
        &self,
        owner: &InstanceId,
        record: &NameRecord,
    ) -> Result<Observed<Hostname>> {
        match &self.records {
            Some(records) => records.ensure(owner, record).await,
            None => Ok(Observed::Ready(record.name.clone())),
        }
    }
}

#[async_trait]
impl DnsZone for LoadBalancerNames {
    async fn ensure(&self, owner: &InstanceId, record: &NameRecord) -> Result<Observed<Hostname>> {
        with_deadline("taking a name", self.take(owner, record)).await
    }

    async fn remove(&self, owner: &InstanceId, name: &Hostname) -> Result<Observed<Hostname>> {
        with_deadline("giving up a name", self.give_up(owner, name)).await
    }

    async fn list(&self) -> Result<Vec<(Hostname, InstanceId)>> {
        with_list_deadline("listing names", self.taken()).await
    }

    fn bypasses_proxy(&self) -> bool {
        true
    }
}

impl LoadBalancerNames {
    async fn take(&self, owner: &InstanceId, record: &NameRecord) -> Result<Observed<Hostname>> {
        let key = (owner.clone(), (record.name.clone(), record.target.authority()));
        if let Some(progress) = self.waits.pending(&key, self.clock.monotonic()) {
            return Ok(Observed::Pending(Some(progress)));
        }
        let group = self.own_group(owner, record).await?;
        self.make_rule(&record.name, &group).await?;
        if let Some(progress) = self.set_target(&group, &record.target).await? {
            self.waits.postpone(&key, self.clock.monotonic(), progress.clone());
            return Ok(Observed::Pending(Some(progress)));
        }
        let written = self.write_record(owner, record).await?;
        if matches!(written, Observed::Ready(_)) {
            self.waits.clear(&key);
        }
        Ok(written)
    }

    async fn give_up(&self, owner: &InstanceId, name: &Hostname) -> Result<Observed<Hostname>> {
        if let Some(records) = &self.records {
            match records.remove(owner, name).await? {
                Observed::Absent => {}
                going @ (Observed::Pending(_) | Observed::Ready(_) | Observed::Broken(_)) => {
                    return Ok(going);
                }
            }
        }
        let group = match self.group(name).await? {
            Some(TargetGroup { arn, of: Some((_, of)) }) if of == *owner => arn,
            _ => return Ok(Observed::Absent),
        };
        self.delete_rules(&group).await?;
        if self.delete_group(&group).await? {
            return Ok(Observed::Absent);
        }
        Ok(Observed::Pending(Some(Progress::new("the load balancer lets go of the table"))))
    }

    async fn taken(&self) -> Result<Vec<(Hostname, InstanceId)>> {
        let groups = self.groups().await?;
        let mut all: BTreeMap<_, _> = groups.into_iter().filter_map(|group| group.of).collect();
        if let Some(records) = &self.records {
            all.extend(records.list().await?);
        }
        Ok(all.into_iter().collect())
    }
}

fn sends_to(rule: &Rule, group: &str) -> bool {
    rule.actions().iter().any(|action| action.target_group_arn() == Some(group))
}

fn no_priority() -> Error {
    Error::new(ErrorKind::Exhausted, "finding a free priority")
}

fn taken_by_other_instance(name: &Hostname) -> Error {
    Error::new(ErrorKind::Conflict, "taking a name")
        .about("name", name)
        .advise(format!("`{name}` is another table's. Rename one of the two."))
}

fn not_managed(name: &Hostname) -> Error {
    Error::new(ErrorKind::Conflict, "taking a name").about("name", name).permanent().advise(format!(
        "The load balancer has something for `{name}` that Refractory did not make. Rename the table, or delete that \
         rule or target group."
    ))
}
