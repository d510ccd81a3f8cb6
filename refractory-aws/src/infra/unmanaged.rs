//! What a deployment made beside its stack, as its tables came and went.
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{TaskDefinitionFamilyStatus, TaskDefinitionField, TaskDefinitionStatus};
use aws_sdk_iam::types::User;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};
use refractory_core::model::Hostname;
use refractory_core::ports::{DnsZone as _, Observed};
use refractory_core::{InstanceId, Result};

use super::stack::Stack;
use super::{Infra, buckets};
use crate::Route53Zone;
use crate::error::{aws_error, code_is, ignore_absent};
use crate::naming::TAG_DEPLOYMENT;

/// What one secret costs a month, in cents.
const SECRET: u64 = 40;
/// How many things one question about tags may name.
const TAGS_AT_ONCE: usize = 20;

/// How much is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DestroyScope {
    /// The stack. Data, and what was made beside the stack, stays.
    Stack,
    /// Everything, data too. Deleted secrets can be brought back for so many days; none where it is zero.
    Everything {
        /// Days, 7 to 30, or zero.
        recovery: i64,
    },
}

impl DestroyScope {
    pub(super) fn recovery_days(self) -> Option<i64> {
        match self {
            Self::Everything { recovery } if recovery > 0 => Some(recovery),
            Self::Everything { .. } | Self::Stack => None,
        }
    }
}

/// Something a deployment made beside its stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnmanagedResource {
    /// A running task, by its ARN.
    Task(String),
    /// A name of a table in the hosted zone, and whose it is.
    Name(String, InstanceId),
    /// A target group, by its ARN.
    TargetGroup(String),
    /// A task definition, by its ARN, and whether tasks can still be run from it.
    TaskDefinition(String, bool),
    /// A bucket of uploads.
    Bucket(String),
    /// The user that reaches a bucket of uploads.
    User(String),
    /// A secret: keys, passwords, a launch secret.
    Secret(String),
}

impl UnmanagedResource {
    /// What it is, in a word or two.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Task(_) => "task",
            Self::Name(..) => "name",
            Self::TargetGroup(_) => "target group",
            Self::TaskDefinition(..) => "task definition",
            Self::Bucket(_) => "bucket of uploads",
            Self::User(_) => "user of uploads",
            Self::Secret(_) => "secret",
        }
    }

    /// What it is called in AWS.
    pub fn resource_id(&self) -> &str {
        match self {
            Self::Task(handle)
            | Self::Name(handle, _)
            | Self::TargetGroup(handle)
            | Self::TaskDefinition(handle, _)
            | Self::Bucket(handle)
            | Self::User(handle)
            | Self::Secret(handle) => handle,
        }
    }

    /// What it costs a month to leave it, in cents; what a bucket holds comes on top.
    pub fn monthly_cents(&self) -> u64 {
        if matches!(self, Self::Secret(_)) { SECRET } else { 0 }
    }
}

impl Infra {
    /// What there is beside `stack`. `inside` is what that holds, by what it is called in AWS.
    pub(super) async fn unmanaged(
        &self,
        stack: &Stack,
        inside: &BTreeSet<String>,
    ) -> Result<Vec<UnmanagedResource>> {
        let mut all: Vec<_> =
            self.tasks().await?.into_iter().map(UnmanagedResource::Task).collect();
        all.extend(self.name_records(stack).await?);
        all.extend(self.target_groups().await?.into_iter().map(UnmanagedResource::TargetGroup));
        all.extend(self.unmanaged_definitions().await?);
        all.extend(self.upload_buckets().await?.into_iter().map(UnmanagedResource::Bucket));
        all.extend(self.users().await?.into_iter().map(UnmanagedResource::User));
        all.extend(self.secrets().await?.into_iter().map(UnmanagedResource::Secret));
        all.retain(|one| !inside.contains(one.resource_id()));
        Ok(all)
    }

    /// Removes something beside the stack.
    pub(super) async fn remove_unmanaged(
        &self,
        one: &UnmanagedResource,
        extent: DestroyScope,
    ) -> Result<()> {
        match one {
            UnmanagedResource::Task(arn) => self.stop(arn).await,
            // Given up before the stack went.
            UnmanagedResource::Name(..) => Ok(()),
            UnmanagedResource::TargetGroup(arn) => {
                let asked =
                    self.clients.elb.delete_target_group().target_group_arn(arn).send().await;
                ignore_absent(asked, "deleting a target group", &["TargetGroupNotFound"])
            }
            UnmanagedResource::TaskDefinition(arn, active) => {
                self.discard_definition(arn, *active).await
            }
            UnmanagedResource::Bucket(name) => buckets::remove(&self.clients.s3, name).await,
            UnmanagedResource::User(name) => self.discard_user(name).await,
            UnmanagedResource::Secret(name) => {
                let asked = self.clients.secrets.delete_secret().secret_id(name);
                let asked = match extent.recovery_days() {
                    Some(days) => asked.recovery_window_in_days(days),
                    None => asked.force_delete_without_recovery(true),
                };
                ignore_absent(
                    asked.send().await,
                    "deleting a secret",
                    &["ResourceNotFoundException"],
                )
            }
        }
    }

    async fn unmanaged_definitions(&self) -> Result<Vec<UnmanagedResource>> {
        let prefix = format!("{}-", self.name());
        let asked = self.clients.ecs.list_task_definition_families().family_prefix(prefix);
        let mut pages = asked.status(TaskDefinitionFamilyStatus::All).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws_error("listing task definitions", error))?;
            for family in page.families.unwrap_or_default() {
                let active = self.revisions(&family, TaskDefinitionStatus::Active).await?;
                let inactive = self.revisions(&family, TaskDefinitionStatus::Inactive).await?;
                let Some(any) = active.first().or(inactive.first()) else { continue };
                // Another deployment's name may begin with ours.
                if self.defines_ours(any).await? {
                    found.extend(
                        active.into_iter().map(|arn| UnmanagedResource::TaskDefinition(arn, true)),
                    );
                    found.extend(
                        inactive
                            .into_iter()
                            .map(|arn| UnmanagedResource::TaskDefinition(arn, false)),
                    );
                }
            }
        }
        Ok(found)
    }

    /// What the portal was, once the stack has let go of it: with that, and with each new image, a definition only becomes
    /// inactive.
    pub(super) async fn portal_definitions(&self) -> Result<Vec<UnmanagedResource>> {
        let family = format!("{}_portal", self.name());
        let left = self.revisions(&family, TaskDefinitionStatus::Inactive).await?;
        Ok(left.into_iter().map(|arn| UnmanagedResource::TaskDefinition(arn, false)).collect())
    }

    async fn revisions(&self, family: &str, status: TaskDefinitionStatus) -> Result<Vec<String>> {
        let asked = self.clients.ecs.list_task_definitions().family_prefix(family).status(status);
        let mut pages = asked.into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws_error("listing task definitions", error))?;
            all.extend(page.task_definition_arns.unwrap_or_default());
        }
        Ok(all)
    }

    async fn defines_ours(&self, arn: &str) -> Result<bool> {
        let asked = self
            .clients
            .ecs
            .describe_task_definition()
            .task_definition(arn)
            .include(TaskDefinitionField::Tags);
        let told =
            asked.send().await.map_err(|error| aws_error("looking at a task definition", error))?;
        let tags = told.tags.unwrap_or_default();
        Ok(tags.iter().any(|tag| self.is_our_tag(tag.key(), tag.value())))
    }

    async fn discard_definition(&self, arn: &str, active: bool) -> Result<()> {
        if active {
            let asked =
                self.clients.ecs.deregister_task_definition().task_definition(arn).send().await;
            asked.map_err(|error| aws_error("deregistering a task definition", error))?;
        }
        let asked = self.clients.ecs.delete_task_definitions().task_definitions(arn).send().await;
        asked.map(drop).map_err(|error| aws_error("deleting a task definition", error))
    }

    async fn target_groups(&self) -> Result<Vec<String>> {
        let mut pages = self.clients.elb.describe_target_groups().into_paginator().send();
        let mut arns = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws_error("listing target groups", error))?;
            arns.extend(
                page.target_groups
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|group| group.target_group_arn),
            );
        }
        let mut ours = Vec::new();
        for some in arns.chunks(TAGS_AT_ONCE) {
            let asked = self
                .clients
                .elb
                .describe_tags()
                .set_resource_arns(Some(some.to_vec()))
                .send()
                .await;
            let told =
                asked.map_err(|error| aws_error("reading the tags of target groups", error))?;
            for one in told.tag_descriptions.unwrap_or_default() {
                let mine = one.tags().iter().any(|tag| self.is_our_tag(tag.key(), tag.value()));
                ours.extend(one.resource_arn.filter(|_| mine));
            }
        }
        Ok(ours)
    }

    async fn upload_buckets(&self) -> Result<Vec<String>> {
        let mut pages = self.clients.s3.list_buckets().prefix("foundry-").into_paginator().send();
        let mut ours = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws_error("listing buckets", error))?;
            for name in
                page.buckets.unwrap_or_default().into_iter().filter_map(|bucket| bucket.name)
            {
                if name.starts_with("foundry-") && self.bucket_is_ours(&name).await? == Some(true) {
                    ours.push(name);
                }
            }
        }
        Ok(ours)
    }

    async fn users(&self) -> Result<Vec<String>> {
        let prefix = format!("{}-assets-", self.name());
        let mut pages = self.clients.iam.list_users().into_paginator().send();
        let mut ours = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws_error("listing users", error))?;
            for user in page.users.into_iter().filter(|user| user.user_name.starts_with(&prefix)) {
                if self.is_our_user(&user).await? {
                    ours.push(user.user_name);
                }
            }
        }
        Ok(ours)
    }

    async fn is_our_user(&self, user: &User) -> Result<bool> {
        let asked = self.clients.iam.list_user_tags().user_name(&user.user_name).send().await;
        match asked {
            Ok(told) => {
                Ok(told.tags.iter().any(|tag| self.is_our_tag(Some(tag.key()), Some(tag.value()))))
            }
            Err(error) if code_is(&error, &["NoSuchEntity"]) => Ok(false),
            Err(error) => Err(aws_error("reading a user's tags", error)),
        }
    }

    async fn discard_user(&self, name: &str) -> Result<()> {
        let iam = &self.clients.iam;
        let keys = match iam.list_access_keys().user_name(name).send().await {
            Ok(told) => told.access_key_metadata,
            Err(error) if code_is(&error, &["NoSuchEntity"]) => return Ok(()),
            Err(error) => return Err(aws_error("listing a user's keys", error)),
        };
        for key in keys.into_iter().filter_map(|key| key.access_key_id) {
            let asked = iam.delete_access_key().user_name(name).access_key_id(key).send().await;
            ignore_absent(asked, "deleting a user's key", &["NoSuchEntity"])?;
        }
        let asked = iam.list_user_policies().user_name(name).send().await;
        let policies =
            asked.map_err(|error| aws_error("listing a user's policies", error))?.policy_names;
        for policy in policies {
            let asked = iam.delete_user_policy().user_name(name).policy_name(policy).send().await;
            ignore_absent(asked, "deleting a user's policy", &["NoSuchEntity"])?;
        }
        ignore_absent(
            iam.delete_user().user_name(name).send().await,
            "deleting a user",
            &["NoSuchEntity"],
        )
    }

    async fn secrets(&self) -> Result<Vec<String>> {
        let prefix = format!("{}/", self.name());
        let filter = Filter::builder().key(FilterNameStringType::Name).values(&prefix).build();
        let mut pages = self.clients.secrets.list_secrets().filters(filter).into_paginator().send();
        let mut ours = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws_error("listing secrets", error))?;
            // What an operator keeps under our prefix, as a bot's token, has no tag of ours.
            let mine = page.secret_list.unwrap_or_default().into_iter().filter(|secret| {
                secret.tags().iter().any(|tag| self.is_our_tag(tag.key(), tag.value()))
            });
            let names = mine.filter_map(|secret| secret.name);
            ours.extend(names.filter(|name| name.starts_with(&prefix)));
        }
        Ok(ours)
    }

    fn is_our_tag(&self, key: Option<&str>, value: Option<&str>) -> bool {
        key == Some(TAG_DEPLOYMENT) && value == Some(self.name())
    }
}

/// How many there are of each kind.
pub(super) fn count_by_kind(all: &[UnmanagedResource]) -> BTreeMap<&'static str, usize> {
    all.iter().fold(BTreeMap::new(), |mut counts, one| {
        *counts.entry(one.kind()).or_default() += 1;
        counts
    })
}

/// Name records of instances in the hosted zone. They point to a load balancer that goes with the stack.
impl Infra {
    /// The names of tables that the zone of `stack` has.
    pub(super) async fn name_records(&self, stack: &Stack) -> Result<Vec<UnmanagedResource>> {
        let Some(zone) = self.table_zone(stack) else { return Ok(Vec::new()) };
        let names = zone.list().await?.into_iter();
        Ok(names.map(|(name, of)| UnmanagedResource::Name(name.to_string(), of)).collect())
    }

    /// Gives up the names of tables, before what they lead to goes.
    pub(super) async fn remove_name_records(&self, stack: &Stack) -> Result<()> {
        let Some(zone) = self.table_zone(stack) else { return Ok(()) };
        for (name, of) in zone.list().await? {
            self.remove_name_record(&zone, &of, &name).await?;
        }
        Ok(())
    }

    async fn remove_name_record(
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
    fn table_zone(&self, stack: &Stack) -> Option<Route53Zone> {
        let zone = stack.parameters.get("Zone").filter(|zone| !zone.is_empty())?;
        Some(Route53Zone::for_cleanup(self.clients.clone(), zone.clone(), self.naming.clone()))
    }
}
