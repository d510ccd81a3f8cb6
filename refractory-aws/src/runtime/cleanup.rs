//! What launches leave behind, taken away with the table.
use aws_sdk_ecs::types::{DesiredStatus, TaskDefinitionStatus};
use aws_sdk_secretsmanager::operation::delete_secret::DeleteSecretError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::ports::{Observed, Progress};
use refractory_core::{InstanceId, Result};

use super::context::FargateContext;
use crate::error::aws_error;

const DURING: &str = "removing task definitions";
/// How many definitions one call may delete.
const MAX_DELETED: usize = 10;

impl FargateContext {
    /// Takes away the definitions and the secret of `of`, a few at a time.
    pub(super) async fn remove_artifacts(&self, of: &InstanceId) -> Result<Observed<()>> {
        if !self.listed_as(Some(of), DesiredStatus::Running).await?.is_empty() {
            return Ok(removal_pending("its task is still there"));
        }
        if self.remove_definitions(of).await? {
            return Ok(removal_pending("its task definitions are removed"));
        }
        self.remove_secret(of).await?;
        Ok(Observed::Absent)
    }

    /// Whether there were any to take away.
    async fn remove_definitions(&self, of: &InstanceId) -> Result<bool> {
        let (active, inactive) = futures_util::try_join!(
            self.definitions(of, TaskDefinitionStatus::Active),
            self.definitions(of, TaskDefinitionStatus::Inactive)
        )?;
        for arn in active.iter().take(MAX_DELETED) {
            let call = self.clients.ecs.deregister_task_definition().task_definition(arn);
            if let Err(error) = call.send().await
                && error.message().is_none_or(|text| !text.contains("inactive"))
            {
                return Err(aws_error(DURING, error));
            }
        }
        let doomed: Vec<_> =
            active.iter().take(MAX_DELETED).chain(&inactive).take(MAX_DELETED).cloned().collect();
        if doomed.is_empty() {
            return Ok(false);
        }
        let call = self.clients.ecs.delete_task_definitions().set_task_definitions(Some(doomed));
        call.send().await.map_err(|error| aws_error(DURING, error))?;
        Ok(active.len() + inactive.len() > MAX_DELETED)
    }

    async fn definitions(
        &self,
        of: &InstanceId,
        status: TaskDefinitionStatus,
    ) -> Result<Vec<String>> {
        let family = self.naming.family(of);
        let call = self.clients.ecs.list_task_definitions().family_prefix(&family).status(status);
        let page = call.send().await.map_err(|error| aws_error(DURING, error))?;
        // A prefix of ours may be the whole of another's.
        let ours = |arn: &String| {
            let name = arn.rsplit('/').next().and_then(|name| name.rsplit_once(':'));
            name.is_some_and(|(name, _)| name == family)
        };
        Ok(page.task_definition_arns.unwrap_or_default().into_iter().filter(ours).collect())
    }

    async fn remove_secret(&self, of: &InstanceId) -> Result<()> {
        // Nothing in it is worth bringing back: each launch writes it anew.
        let call = self.clients.secrets.delete_secret().secret_id(self.naming.launch_secret(of));
        match call.force_delete_without_recovery(true).send().await {
            Ok(_) => {}
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DeleteSecretError::is_resource_not_found_exception) => {}
            Err(error) => return Err(aws_error("removing what a launch was told", error)),
        }
        self.cache.record_secret(of, false);
        Ok(())
    }
}

fn removal_pending(what: &str) -> Observed<()> {
    Observed::Pending(Some(Progress::new(what)))
}
