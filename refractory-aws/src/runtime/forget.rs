//! What launches leave behind, taken away with the table.
use aws_sdk_ecs::types::{DesiredStatus, TaskDefinitionStatus};
use aws_sdk_secretsmanager::operation::delete_secret::DeleteSecretError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::ports::{Observed, Progress};
use refractory_core::{InstanceId, Result};

use super::fleet::Fleet;
use crate::error::refused;

const DURING: &str = "removing task definitions";
/// How many definitions one call may delete.
const MOST: usize = 10;

impl Fleet {
    /// Takes away the definitions and the secret of `of`, a few at a time.
    pub(super) async fn forget(&self, of: &InstanceId) -> Result<Observed<()>> {
        if !self.listed_as(Some(of), DesiredStatus::Running).await?.is_empty() {
            return Ok(later("its task is still there"));
        }
        if self.forget_definitions(of).await? {
            return Ok(later("its task definitions are removed"));
        }
        self.forget_secret(of).await?;
        Ok(Observed::Absent)
    }

    /// Whether there were any to take away.
    async fn forget_definitions(&self, of: &InstanceId) -> Result<bool> {
        let (active, inactive) = futures_util::try_join!(
            self.definitions(of, TaskDefinitionStatus::Active),
            self.definitions(of, TaskDefinitionStatus::Inactive)
        )?;
        for arn in active.iter().take(MOST) {
            let call = self.clients.ecs.deregister_task_definition().task_definition(arn);
            if let Err(error) = call.send().await
                && error.message().is_none_or(|text| !text.contains("inactive"))
            {
                return Err(refused(DURING, error));
            }
        }
        let doomed: Vec<_> =
            active.iter().take(MOST).chain(&inactive).take(MOST).cloned().collect();
        if doomed.is_empty() {
            return Ok(false);
        }
        let call = self.clients.ecs.delete_task_definitions().set_task_definitions(Some(doomed));
        call.send().await.map_err(|error| refused(DURING, error))?;
        Ok(active.len() + inactive.len() > MOST)
    }

    async fn definitions(
        &self,
        of: &InstanceId,
        status: TaskDefinitionStatus,
    ) -> Result<Vec<String>> {
        let family = self.naming.family(of);
        let call = self.clients.ecs.list_task_definitions().family_prefix(&family).status(status);
        let page = call.send().await.map_err(|error| refused(DURING, error))?;
        // A prefix of ours may be the whole of another's.
        let ours = |arn: &String| {
            let name = arn.rsplit('/').next().and_then(|name| name.rsplit_once(':'));
            name.is_some_and(|(name, _)| name == family)
        };
        Ok(page.task_definition_arns.unwrap_or_default().into_iter().filter(ours).collect())
    }

    async fn forget_secret(&self, of: &InstanceId) -> Result<()> {
        // Nothing in it is worth bringing back: each launch writes it anew.
        let call = self.clients.secrets.delete_secret().secret_id(self.naming.launch_secret(of));
        match call.force_delete_without_recovery(true).send().await {
            Ok(_) => {}
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DeleteSecretError::is_resource_not_found_exception) => {}
            Err(error) => return Err(refused("removing what a launch was told", error)),
        }
        self.memory.note_told(of, false);
        Ok(())
    }
}

fn later(what: &str) -> Observed<()> {
    Observed::Pending(Some(Progress::new(what)))
}
