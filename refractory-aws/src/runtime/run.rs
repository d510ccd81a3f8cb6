//! The call that launches.
use std::time::Duration;

use aws_sdk_ecs::operation::run_task::builders::RunTaskFluentBuilder;
use aws_sdk_ecs::operation::run_task::{RunTaskError, RunTaskOutput};
use aws_sdk_ecs::types::{
    AwsVpcConfiguration, CapacityProviderStrategyItem, LaunchType, NetworkConfiguration,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;
use refractory_core::{Error, ErrorKind, LaunchId, Result};

use super::context::FargateContext;
use super::launch_cache::PendingLaunch;
use super::placement::{CapacityProvider, Placement};
use super::register::tag;
use super::stop_reason::is_capacity;
use crate::StackOutputs;
use crate::error::aws_error;
use crate::naming::{TAG_ATTEMPT, TAG_DEPLOYMENT, TAG_DIGEST, TAG_INSTANCE, TAG_KEY, TAG_PREFIX};

const DURING: &str = "starting a task";
/// How long everything is tried once more before a launch is given up for want of a machine.
const GIVE_UP_AFTER: Duration = Duration::from_mins(5);
/// How long to wait after everything has been tried.
const RETRY_PAUSE: Duration = Duration::from_secs(30);

impl FargateContext {
    /// Asks for the task of `key`, as `begun` says, unless it is not time yet. Afterwards the memory knows the task, or when to
    /// ask again.
    ///
    /// An attempt that is repeated, because its answer was lost, is the same attempt: its token says so. The next one is made
    /// only when the last is known to have left no task that could still run.
    pub(super) async fn run(
        &self,
        key: &LaunchId,
        begun: &PendingLaunch,
        prefix: &str,
    ) -> Result<()> {
        let Some(definition) =
            begun.definition.as_deref().filter(|_| self.clock.monotonic() >= begun.retry_at)
        else {
            return Ok(());
        };
        self.cache.change(key, |begun| begun.unconfirmed = true);
        let place = self.placements.placement(begun.attempt);
        let call = placed(self.clients.ecs.run_task(), place, &self.outputs).map_err(unbuilt)?;
        let answer = call
            .cluster(&self.outputs.cluster)
            .task_definition(definition)
            .count(1)
            .client_token(self.naming.attempt_token(key, begun.attempt))
            .started_by(self.naming.started_by(key))
            .set_tags(Some(self.tags(key, begun, prefix)))
            .send()
            .await;
        match answer {
            Ok(answer) => self.handle_response(key, &answer),
            Err(error) => match error.as_service_error() {
                // The same attempt, made before with another definition: its task is there.
                Some(RunTaskError::ConflictException(there)) => {
                    match there.resource_ids().first() {
                        Some(arn) => self.cache.launched(key, arn),
                        None => drop(self.cache.change(key, |begun| begun.inherited = true)),
                    }
                    Ok(())
                }
                Some(known) => {
                    let (definite, full) = (is_definite(known), is_quota(known));
                    if definite {
                        self.cache.change(key, |begun| begun.unconfirmed = false);
                    }
                    let error = aws_error(DURING, error);
                    Err(if full { out_of_quota(error) } else { error })
                }
                None => Err(aws_error(DURING, error)),
            },
        }
    }

    fn tags(
        &self,
        key: &LaunchId,
        begun: &PendingLaunch,
        prefix: &str,
    ) -> Vec<aws_sdk_ecs::types::Tag> {
        let (launch, attempt) = (key.to_string(), begun.attempt.to_string());
        let told = [
            (TAG_DEPLOYMENT, self.naming.deployment()),
            (TAG_INSTANCE, key.instance.as_str()),
            (TAG_KEY, &launch),
            (TAG_DIGEST, &begun.digest),
            (TAG_ATTEMPT, &attempt),
            (TAG_PREFIX, prefix),
        ];
        told.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| tag(key, value))
            .collect()
    }

    fn handle_response(&self, key: &LaunchId, answer: &RunTaskOutput) -> Result<()> {
        if let Some(arn) = answer.tasks().first().and_then(|task| task.task_arn()) {
            self.cache.launched(key, arn);
            return Ok(());
        }
        self.cache.change(key, |begun| begun.unconfirmed = false);
        let reasons: Vec<_> =
            answer.failures().iter().filter_map(|failure| failure.reason()).collect();
        if reasons.iter().any(|reason| is_capacity(reason)) {
            return self.try_elsewhere(key);
        }
        Err(Error::new(ErrorKind::Unavailable, DURING).about("reasons", reasons.join("; ")))
    }

    /// There was no machine: the next attempt is made elsewhere, or later.
    pub(super) fn try_elsewhere(&self, key: &LaunchId) -> Result<()> {
        let now = self.clock.monotonic();
        let begun = self.cache.change(key, |begun| {
            begun.attempt += 1;
            begun.message = Some(self.placements.message(begun.attempt));
            begun.retry_at = if self.placements.begins_round(begun.attempt) {
                now.after(RETRY_PAUSE)
            } else {
                now
            };
        });
        self.cache.detach(key);
        match begun {
            Some(begun) if now.since(begun.since) >= GIVE_UP_AFTER => Err(no_machine()),
            Some(_) | None => Ok(()),
        }
    }
}

fn placed(
    call: RunTaskFluentBuilder,
    place: &Placement,
    outputs: &StackOutputs,
) -> Result<RunTaskFluentBuilder, BuildError> {
    let network = AwsVpcConfiguration::builder()
        .set_subnets(Some(place.subnets.clone()))
        .security_groups(&outputs.task_group)
        // Without a NAT gateway, which would cost more than the tables, the way out to registry, secrets and log.
        .assign_public_ip(outputs.assign_public_ip())
        .build()?;
    let call = call.network_configuration(
        NetworkConfiguration::builder().awsvpc_configuration(network).build(),
    );
    Ok(match place.provider {
        CapacityProvider::OnDemand => call.launch_type(LaunchType::Fargate),
        CapacityProvider::Spot => {
            let item = CapacityProviderStrategyItem::builder();
            call.capacity_provider_strategy(
                item.capacity_provider(place.provider.name()).weight(1).build()?,
            )
        }
    })
}

fn unbuilt(error: BuildError) -> Error {
    Error::new(ErrorKind::Unexpected, DURING).caused_by(error)
}

/// Whether nothing was launched, for certain.
fn is_definite(error: &RunTaskError) -> bool {
    !matches!(error, RunTaskError::ServerException(_) | RunTaskError::ConflictException(_))
        && error.code().is_some_and(|code| code != "ServerException" && code != "InternalFailure")
}

fn is_quota(error: &RunTaskError) -> bool {
    error.message().is_some_and(|text| text.contains("vCPUs you can run concurrently"))
}

fn out_of_quota(error: Error) -> Error {
    Error::new(ErrorKind::Exhausted, DURING).caused_by(error).advise(
        "This account runs as many cores on Fargate as it may. Stop other tables, or ask AWS for a higher quota: `refractory doctor` names it.",
    )
}

fn no_machine() -> Error {
    Error::new(ErrorKind::Exhausted, DURING).advise(
        "AWS has no capacity left for this table in any zone. Try again later, or allow `on_demand` or more zones.",
    )
}
