//! What a deployment made beside its stack, as its tables came and went.
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{TaskDefinitionFamilyStatus, TaskDefinitionField, TaskDefinitionStatus};
use aws_sdk_iam::types::User;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};
use refractory_core::{InstanceId, Result};

use super::data::gone;
use super::stack::Stack;
use super::{Extent, Infra, empty};
use crate::error::{code_is, refused};
use crate::naming::TAG_DEPLOYMENT;

/// What one secret costs a month, in cents.
const SECRET: u64 = 40;
/// How many things one question about tags may name.
const TAGS_AT_ONCE: usize = 20;

/// Something a deployment made beside its stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outside {
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
    /// A secret: keys, passwords, what a launch is told.
    Secret(String),
}

impl Outside {
    /// What it is, in a word or two.
    pub fn what(&self) -> &'static str {
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
    pub fn handle(&self) -> &str {
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
    pub fn cents(&self) -> u64 {
        if matches!(self, Self::Secret(_)) { SECRET } else { 0 }
    }
}

impl Infra {
    /// What there is beside `stack`. `inside` is what that holds, by what it is called in AWS.
    pub(super) async fn outside(
        &self,
        stack: &Stack,
        inside: &BTreeSet<String>,
    ) -> Result<Vec<Outside>> {
        let mut all: Vec<_> = self.tasks().await?.into_iter().map(Outside::Task).collect();
        all.extend(self.names(stack).await?);
        all.extend(self.target_groups().await?.into_iter().map(Outside::TargetGroup));
        all.extend(self.definitions().await?);
        all.extend(self.upload_buckets().await?.into_iter().map(Outside::Bucket));
        all.extend(self.users().await?.into_iter().map(Outside::User));
        all.extend(self.secrets().await?.into_iter().map(Outside::Secret));
        all.retain(|one| !inside.contains(one.handle()));
        Ok(all)
    }

    /// Removes something beside the stack.
    pub(super) async fn discard(&self, one: &Outside, extent: Extent) -> Result<()> {
        match one {
            Outside::Task(arn) => self.stop(arn).await,
            // Given up before the stack went.
            Outside::Name(..) => Ok(()),
            Outside::TargetGroup(arn) => {
                let asked =
                    self.clients.elb.delete_target_group().target_group_arn(arn).send().await;
                gone(asked, "deleting a target group", &["TargetGroupNotFound"])
            }
            Outside::TaskDefinition(arn, active) => self.discard_definition(arn, *active).await,
            Outside::Bucket(name) => empty::remove(&self.clients.s3, name).await,
            Outside::User(name) => self.discard_user(name).await,
            Outside::Secret(name) => {
                let asked = self.clients.secrets.delete_secret().secret_id(name);
                let asked = match extent.recovery_days() {
                    Some(days) => asked.recovery_window_in_days(days),
                    None => asked.force_delete_without_recovery(true),
                };
                gone(asked.send().await, "deleting a secret", &["ResourceNotFoundException"])
            }
        }
    }

    async fn definitions(&self) -> Result<Vec<Outside>> {
        let prefix = format!("{}-", self.name());
        let asked = self.clients.ecs.list_task_definition_families().family_prefix(prefix);
        let mut pages = asked.status(TaskDefinitionFamilyStatus::All).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| refused("listing task definitions", error))?;
            for family in page.families.unwrap_or_default() {
                let active = self.revisions(&family, TaskDefinitionStatus::Active).await?;
                let inactive = self.revisions(&family, TaskDefinitionStatus::Inactive).await?;
                let Some(any) = active.first().or(inactive.first()) else { continue };
                // Another deployment's name may begin with ours.
                if self.defines_ours(any).await? {
                    found.extend(active.into_iter().map(|arn| Outside::TaskDefinition(arn, true)));
                    found.extend(
                        inactive.into_iter().map(|arn| Outside::TaskDefinition(arn, false)),
                    );
                }
            }
        }
        Ok(found)
    }

    /// What the portal was, once the stack has let go of it: with that, and with each new image, a definition only becomes
    /// inactive.
    pub(super) async fn portals(&self) -> Result<Vec<Outside>> {
        let family = format!("{}_portal", self.name());
        let left = self.revisions(&family, TaskDefinitionStatus::Inactive).await?;
        Ok(left.into_iter().map(|arn| Outside::TaskDefinition(arn, false)).collect())
    }

    async fn revisions(&self, family: &str, status: TaskDefinitionStatus) -> Result<Vec<String>> {
        let asked = self.clients.ecs.list_task_definitions().family_prefix(family).status(status);
        let mut pages = asked.into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| refused("listing task definitions", error))?;
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
            asked.send().await.map_err(|error| refused("looking at a task definition", error))?;
        let tags = told.tags.unwrap_or_default();
        Ok(tags.iter().any(|tag| self.marks(tag.key(), tag.value())))
    }

    async fn discard_definition(&self, arn: &str, active: bool) -> Result<()> {
        if active {
            let asked =
                self.clients.ecs.deregister_task_definition().task_definition(arn).send().await;
            asked.map_err(|error| refused("deregistering a task definition", error))?;
        }
        let asked = self.clients.ecs.delete_task_definitions().task_definitions(arn).send().await;
        asked.map(drop).map_err(|error| refused("deleting a task definition", error))
    }

    async fn target_groups(&self) -> Result<Vec<String>> {
        let mut pages = self.clients.elb.describe_target_groups().into_paginator().send();
        let mut arns = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| refused("listing target groups", error))?;
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
                asked.map_err(|error| refused("reading the tags of target groups", error))?;
            for one in told.tag_descriptions.unwrap_or_default() {
                let mine = one.tags().iter().any(|tag| self.marks(tag.key(), tag.value()));
                ours.extend(one.resource_arn.filter(|_| mine));
            }
        }
        Ok(ours)
    }

    async fn upload_buckets(&self) -> Result<Vec<String>> {
        let mut pages = self.clients.s3.list_buckets().prefix("foundry-").into_paginator().send();
        let mut ours = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| refused("listing buckets", error))?;
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
            let page = page.map_err(|error| refused("listing users", error))?;
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
                Ok(told.tags.iter().any(|tag| self.marks(Some(tag.key()), Some(tag.value()))))
            }
            Err(error) if code_is(&error, &["NoSuchEntity"]) => Ok(false),
            Err(error) => Err(refused("reading a user's tags", error)),
        }
    }

    async fn discard_user(&self, name: &str) -> Result<()> {
        let iam = &self.clients.iam;
        let keys = match iam.list_access_keys().user_name(name).send().await {
            Ok(told) => told.access_key_metadata,
            Err(error) if code_is(&error, &["NoSuchEntity"]) => return Ok(()),
            Err(error) => return Err(refused("listing a user's keys", error)),
        };
        for key in keys.into_iter().filter_map(|key| key.access_key_id) {
            let asked = iam.delete_access_key().user_name(name).access_key_id(key).send().await;
            gone(asked, "deleting a user's key", &["NoSuchEntity"])?;
        }
        let asked = iam.list_user_policies().user_name(name).send().await;
        let policies =
            asked.map_err(|error| refused("listing a user's policies", error))?.policy_names;
        for policy in policies {
            let asked = iam.delete_user_policy().user_name(name).policy_name(policy).send().await;
            gone(asked, "deleting a user's policy", &["NoSuchEntity"])?;
        }
        gone(iam.delete_user().user_name(name).send().await, "deleting a user", &["NoSuchEntity"])
    }

    async fn secrets(&self) -> Result<Vec<String>> {
        let prefix = format!("{}/", self.name());
        let filter = Filter::builder().key(FilterNameStringType::Name).values(&prefix).build();
        let mut pages = self.clients.secrets.list_secrets().filters(filter).into_paginator().send();
        let mut ours = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| refused("listing secrets", error))?;
            // What an operator keeps under our prefix, as a bot's token, has no tag of ours.
            let mine = page.secret_list.unwrap_or_default().into_iter().filter(|secret| {
                secret.tags().iter().any(|tag| self.marks(tag.key(), tag.value()))
            });
            let names = mine.filter_map(|secret| secret.name);
            ours.extend(names.filter(|name| name.starts_with(&prefix)));
        }
        Ok(ours)
    }

    fn marks(&self, key: Option<&str>, value: Option<&str>) -> bool {
        key == Some(TAG_DEPLOYMENT) && value == Some(self.name())
    }
}

/// How many there are of each kind.
pub(super) fn counted(all: &[Outside]) -> BTreeMap<&'static str, usize> {
    all.iter().fold(BTreeMap::new(), |mut counts, one| {
        *counts.entry(one.what()).or_default() += 1;
        counts
    })
}
