//! Runs jobs as ECS tasks.
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ecs::types::Container;
use aws_sdk_ecs::types::{
    AwsVpcConfiguration, DesiredStatus, LaunchType, NetworkConfiguration, Task,
    TaskDefinitionStatus, TaskField,
};
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use refractory_core::digest::sha256_hex;
use refractory_core::{Clock, Error, ErrorKind, InstanceId, Result, Timestamp};

use super::definition::{EcsJob, JobTemplate};
use super::history::{FinishedJob, JobHistory};
use crate::error::aws_error;
use crate::naming::{Naming, TAG_JOB};
use crate::{AwsConfig, Clients, StackOutputs};

const LOOKING: &str = "looking for tasks on a volume";
const STARTING: &str = "starting a task on a volume";
const ENDING: &str = "ending a task on a volume";
const TIDYING: &str = "removing what errands left";
/// Within this time a repeated start is the same start: longer than ECS takes to list what it has begun.
const SAME_START: Duration = Duration::from_mins(5);

/// The jobs of one deployment.
#[derive(Debug, Clone)]
pub(crate) struct EcsJobs {
    clients: Clients,
    naming: Naming,
    look: Arc<JobTemplate>,
    clock: Arc<dyn Clock>,
}

impl EcsJobs {
    pub(crate) fn new(
        clients: Clients,
        outputs: StackOutputs,
        config: &AwsConfig,
        naming: Naming,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let look = JobTemplate {
            deployment: config.deployment.clone(),
            image: config.helper_image.clone(),
            architecture: config.architecture,
            region: clients.region.clone(),
            outputs,
        };
        Self { clients, naming, look: Arc::new(look), clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The history of the jobs of `of`.
    pub(crate) async fn history(&self, of: &InstanceId) -> Result<JobHistory> {
        let mut standing = JobHistory::default();
        for task in self.tasks(&self.naming.job_family(of)).await? {
            let what = what(&task);
            if is_over(&task) {
                standing.ended.push(ended(what, &task));
            } else {
                standing.working.push((what, task.task_arn.unwrap_or_default()));
            }
        }
        Ok(standing)
    }

    /// Whether a task of the table itself is there, or has not quite ended.
    pub(crate) async fn table_runs(&self, of: &InstanceId) -> Result<bool> {
        let tasks = self.tasks(&self.naming.family(of)).await?;
        Ok(tasks.iter().any(|task| !is_over(task)))
    }

    /// Starts a job. Called again within minutes, it is the same start.
    pub(crate) async fn start(&self, job: &EcsJob<'_>) -> Result<()> {
        let definition = self.registered(job).await?;
        let answer = self
            .clients
            .ecs
            .run_task()
            .cluster(&self.look.outputs.cluster)
            .task_definition(definition)
            .launch_type(LaunchType::Fargate)
            .client_token(self.token(job))
            .network_configuration(self.network()?)
            .set_tags(Some(self.look.tags(job)))
            .started_by("refractory-errand")
            .send()
            .await;
        match answer {
            Ok(begun) => match begun.failures.unwrap_or_default().first() {
                None => Ok(()),
                Some(failure) => {
                    Err(no_capacity(failure.reason.as_deref().unwrap_or("no reason is given")))
                }
            },
            // The start before this one, with another revision of the definition: it has begun, and is not listed yet.
            Err(error) if error.code() == Some("ConflictException") => Ok(()),
            Err(error) => Err(aws_error(STARTING, error)),
        }
    }

    /// Asks the task `arn` to end.
    pub(crate) async fn end(&self, arn: &str) -> Result<()> {
        let stop = self.clients.ecs.stop_task().cluster(&self.look.outputs.cluster).task(arn);
        let answer = stop.reason("its purpose has ended").send().await;
        answer.map(|_| ()).map_err(|error| aws_error(ENDING, error))
    }

    /// Removes what jobs of `of` have left: definitions, and the secret with their input.
    pub(crate) async fn clean_up(&self, of: &InstanceId) -> Result<()> {
        self.delete_input(of).await?;
        let family = self.naming.job_family(of);
        for status in [TaskDefinitionStatus::Active, TaskDefinitionStatus::Inactive] {
            let known = self.definitions(&family, status.clone()).await?;
            if status == TaskDefinitionStatus::Active {
                for arn in &known {
                    let gone = self
                        .clients
                        .ecs
                        .deregister_task_definition()
                        .task_definition(arn)
                        .send()
                        .await;
                    gone.map_err(|error| aws_error(TIDYING, error))?;
                }
            }
            for some in known.chunks(10) {
                let gone = self
                    .clients
                    .ecs
                    .delete_task_definitions()
                    .set_task_definitions(Some(some.to_vec()));
                gone.send().await.map_err(|error| aws_error(TIDYING, error))?;
            }
        }
        Ok(())
    }

    /// Writes the input of a job, and returns the ARN of its secret.
    pub(crate) async fn write_input(&self, of: &InstanceId, orders: String) -> Result<String> {
        const DURING: &str = "writing down the orders of an errand";
        let (name, secrets) = (self.naming.job_secret(of), &self.clients.secrets);
        let put = secrets.put_secret_value().secret_id(&name).secret_string(&orders).send().await;
        let arn = match put {
            Ok(put) => put.arn,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutSecretValueError::is_resource_not_found_exception) =>
            {
                let tag = |key: &str, value: &str| {
                    aws_sdk_secretsmanager::types::Tag::builder().key(key).value(value).build()
                };
                let made = secrets
                    .create_secret()
                    .name(&name)
                    .description("What a task on a table's volume may read and write. It is gone when the task has ended.")
                    .secret_string(orders)
                    .tags(tag(crate::naming::TAG_DEPLOYMENT, &self.look.deployment))
                    .tags(tag(crate::naming::TAG_INSTANCE, of.as_str()))
                    .send()
                    .await;
                made.map_err(|error| aws_error(DURING, error))?.arn
            }
            // It was deleted a moment ago, and is not quite gone.
            Err(error) if error.code() == Some("InvalidRequestException") => {
                return Err(Error::new(ErrorKind::Unavailable, DURING).caused_by(error));
            }
            Err(error) => return Err(aws_error(DURING, error)),
        };
        arn.ok_or_else(|| Error::new(ErrorKind::Unexpected, DURING))
    }

    /// Deletes the input of a job; absent is fine.
    pub(crate) async fn delete_input(&self, of: &InstanceId) -> Result<()> {
        let delete = self.clients.secrets.delete_secret().secret_id(self.naming.job_secret(of));
        match delete.force_delete_without_recovery(true).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if matches!(
                    error.code(),
                    Some("ResourceNotFoundException" | "InvalidRequestException")
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(aws_error("deleting the orders of an errand", error)),
        }
    }

    async fn registered(&self, job: &EcsJob<'_>) -> Result<String> {
        let built = self.look.definition(&self.naming, job);
        let built =
            built.map_err(|error| Error::new(ErrorKind::Unexpected, STARTING).caused_by(error))?;
        let made =
            built.send_with(&self.clients.ecs).await.map_err(|error| aws_error(STARTING, error))?;
        made.task_definition
            .and_then(|made| made.task_definition_arn)
            .ok_or_else(|| Error::new(ErrorKind::Unexpected, STARTING))
    }

    async fn definitions(&self, family: &str, status: TaskDefinitionStatus) -> Result<Vec<String>> {
        let pages = self.clients.ecs.list_task_definitions().family_prefix(family).status(status);
        let mut pages = pages.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(arn) = pages.next().await {
            found.push(arn.map_err(|error| aws_error(TIDYING, error))?);
        }
        Ok(found)
    }

    async fn tasks(&self, family: &str) -> Result<Vec<Task>> {
        let (running, stopped) = tokio::try_join!(
            self.listed(family, DesiredStatus::Running),
            self.listed(family, DesiredStatus::Stopped)
        )?;
        let mut found = Vec::new();
        for some in [running, stopped].concat().chunks(100) {
            let asked = self.clients.ecs.describe_tasks().cluster(&self.look.outputs.cluster);
            let asked = asked.set_tasks(Some(some.to_vec())).include(TaskField::Tags).send().await;
            found.extend(
                asked.map_err(|error| aws_error(LOOKING, error))?.tasks.unwrap_or_default(),
            );
        }
        Ok(found)
    }

    async fn listed(&self, family: &str, status: DesiredStatus) -> Result<Vec<String>> {
        let pages =
            self.clients.ecs.list_tasks().cluster(&self.look.outputs.cluster).family(family);
        let mut pages = pages.desired_status(status).into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(arn) = pages.next().await {
            found.push(arn.map_err(|error| aws_error(LOOKING, error))?);
        }
        Ok(found)
    }

    /// The same for the same start: what, for whom, after how many tries, and when, roughly.
    fn token(&self, job: &EcsJob<'_>) -> String {
        let when = u128::from(self.now().0) / SAME_START.as_millis();
        let parts =
            format!("{}/errand/{}/{}/{}/{when}", self.look.deployment, job.of, job.name, job.tries);
        sha256_hex(&[parts.as_bytes()])
    }

    fn network(&self) -> Result<NetworkConfiguration> {
        let inside = AwsVpcConfiguration::builder()
            .set_subnets(Some(self.look.outputs.subnets.clone()))
            .security_groups(&self.look.outputs.task_group)
            // Where there is no NAT gateway, its own address is how it reaches the registry and S3. Nothing is let in.
            .assign_public_ip(self.look.outputs.assign_public_ip())
            .build()
            .map_err(|error| Error::new(ErrorKind::Unexpected, STARTING).caused_by(error))?;
        Ok(NetworkConfiguration::builder().awsvpc_configuration(inside).build())
    }
}

fn what(task: &Task) -> String {
    let tag = task.tags().iter().find(|tag| tag.key() == Some(TAG_JOB));
    tag.and_then(|tag| tag.value()).unwrap_or_default().to_owned()
}

fn is_over(task: &Task) -> bool {
    task.last_status() == Some("STOPPED")
}

fn ended(what: String, task: &Task) -> FinishedJob {
    let container = task.containers().first();
    let of_container = container.and_then(|container| container.reason());
    let code = container.and_then(Container::exit_code);
    let of_task = task.stopped_reason().filter(|reason| !reason.is_empty());
    let reason = match (of_container.or(of_task), code) {
        // The reason of every job that ends normally.
        (Some(reason), Some(code)) if reason.starts_with("Essential container") => {
            format!("it ended with {code}")
        }
        (Some(reason), _) => reason.to_owned(),
        (None, Some(code)) => format!("it ended with {code}"),
        (None, None) => "it ended, and no reason is given".to_owned(),
    };
    let at =
        task.stopped_at().and_then(|at| at.to_millis().ok()).and_then(|at| u64::try_from(at).ok());
    FinishedJob { name: what, code, reason, at: Timestamp(at.unwrap_or_default()) }
}

fn no_capacity(reason: &str) -> Error {
    Error::new(ErrorKind::Unavailable, STARTING).about("reason", reason).advise(format!(
        "AWS could not start the task that works on the data of this table: {}. It is tried again.",
        reason.trim_end_matches('.')
    ))
}
