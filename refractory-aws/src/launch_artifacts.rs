//! Orphaned artifacts of launches, beside tasks, data, uploads and names.
use std::collections::BTreeMap;

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, SecretListEntry};
use refractory_core::ports::{Observed, OrphanedResource, OrphanedResources};
use refractory_core::{InstanceId, Result, async_trait};

use crate::deadline::{with_deadline, with_list_deadline};
use crate::error::aws_error;
use crate::naming::TAG_INSTANCE;
use crate::{AwsConfig, Clients, CloudWatchLogs, EfsStorage, FargateRuntime, Naming};

/// What one secret costs a month, in thousandths of a dollar: the same in every region.
const MONTHLY_MILLS: u32 = 400;

/// Finds and removes what launches and jobs leave behind: a secret for each, their task definitions, and their logs.
///
/// The secrets are the index: each is written before the first definition and deleted after the last, so one list
/// of secrets finds all there is. Definitions cost nothing.
#[derive(Debug, Clone)]
pub struct LaunchArtifacts {
    clients: Clients,
    naming: Naming,
    volumes: EfsStorage,
    runtime: FargateRuntime,
    logs: CloudWatchLogs,
}

impl LaunchArtifacts {
    /// The artifacts that `runtime` and `volumes` leave.
    pub fn new(
        clients: Clients,
        config: &AwsConfig,
        volumes: EfsStorage,
        runtime: FargateRuntime,
        logs: CloudWatchLogs,
    ) -> Self {
        Self { clients, naming: Naming::new(&config.deployment), volumes, runtime, logs }
    }

    async fn secrets(&self) -> Result<Vec<SecretListEntry>> {
        let ours = Filter::builder()
            .key(FilterNameStringType::Name)
            .values(self.naming.task_secrets())
            .build();
        let pages = self.clients.secrets.list_secrets().filters(ours).max_results(100);
        let mut pages = pages.into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws_error("listing what launches were told", error))?;
            all.extend(page.secret_list.unwrap_or_default());
        }
        Ok(all)
    }

    async fn all(&self) -> Result<Vec<OrphanedResource>> {
        let mut of_each: BTreeMap<String, OrphanedResource> = BTreeMap::new();
        for secret in self.secrets().await? {
            if let Some(left) = self.leftover(&secret) {
                of_each.insert(left.name.clone(), left);
            }
        }
        Ok(of_each.into_values().collect())
    }

    /// What `secret` is; none for one that is not ours, whatever its name, or that is on its way out.
    fn leftover(&self, secret: &SecretListEntry) -> Option<OrphanedResource> {
        let name = secret.name().filter(|name| name.starts_with(&self.naming.task_secrets()))?;
        let tag = secret.tags().iter().find(|tag| tag.key() == Some(TAG_INSTANCE))?;
        let of = InstanceId::new(tag.value()?).ok().filter(|_| secret.deleted_date().is_none())?;
        Some(OrphanedResource {
            name: name.to_owned(),
            of,
            what: format!("the secret `{name}`, and the task definitions that read it"),
            monthly_mills: Some(MONTHLY_MILLS),
        })
    }

    async fn clear(&self, of: &InstanceId) -> Result<Observed<()>> {
        self.volumes.jobs.clean_up(of).await?;
        // Before the secret is deleted: without it no list would show that a log is left.
        match self.logs.remove_logs(of).await? {
            Observed::Absent => self.runtime.remove_artifacts(of).await,
            going @ (Observed::Pending(_) | Observed::Ready(()) | Observed::Broken(_)) => Ok(going),
        }
    }
}

#[async_trait]
impl OrphanedResources for LaunchArtifacts {
    async fn list(&self) -> Result<Vec<OrphanedResource>> {
        with_list_deadline("listing what is left of tables", self.all()).await
    }

    async fn remove(&self, of: &InstanceId) -> Result<Observed<()>> {
        with_deadline("removing what is left of a table", self.clear(of)).await
    }
}

#[cfg(test)]
mod tests {
    use super::MONTHLY_MILLS;
    use crate::cost::Prices;

    #[test]
    fn the_price_of_a_secret_is_the_one_of_the_list() {
        for prices in [Prices::EU_CENTRAL_1, Prices::US_EAST_1] {
            assert!((prices.secret * 1000.0 - f64::from(MONTHLY_MILLS)).abs() < 1e-6);
        }
    }
}
