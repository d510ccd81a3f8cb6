//! The runtime port over ECS.
use std::sync::Arc;
use std::time::Duration;

use refractory_core::ports::{
    Endpoint, InstanceRuntime, LaunchSpec, Observed, Progress, Reason, Stop,
};
use refractory_core::{Clock, Error, ErrorKind, InstanceId, LaunchId, Result, async_trait};

use super::context::FargateContext;
use super::definition::PORT;
use super::lookup::LaunchLookup;
use super::observed_task::{ObservedTask, TaskStage};
use super::stop_reason::StopReason;
use crate::EfsStorage;
use crate::deadline::{with_deadline, with_list_deadline};
use crate::{AwsConfig, Clients, StackOutputs};

/// How long a plain reading of a launch that runs is answered again. Shorter than the wait for a second reading of an odd
/// one, and odd ones are never answered from memory.
const OBSERVATION_FRESH_FOR: Duration = Duration::from_millis(2_500);

/// Runs each launch as a task of ECS on Fargate.
///
/// **Found again**: a task carries the tags of its deployment, its instance and its key; the launch secret is written,
/// as a version named after the key, before the task is asked for. So a new process knows whether a launch was ever begun,
/// and finds its task by its family. Client tokens are made of key and attempt: a lost answer launches nothing twice.
///
/// **Absent**: a launch that ECS does not show is missed for a minute before that is believed.
///
/// **Secrets** stand in one secret of Secrets Manager for each table, never in a task definition.
///
/// **Costs**: looks at launches are gathered, a hundred in one call, and each call looks at as many others that run as fit.
///
/// **Stopping**: ECS signals a task and forces it after `[aws] stop_within`; it offers no shorter bound for one in a hurry, so
/// [`Stop::Now`] is the same. The world was closed before.
#[derive(Debug, Clone)]
pub struct FargateRuntime(pub(super) Arc<FargateContext>);

impl FargateRuntime {
    /// Runs tasks on `outputs`, with the volumes of `volumes`.
    pub fn new(
        clients: Clients,
        outputs: StackOutputs,
        config: AwsConfig,
        volumes: EfsStorage,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(FargateContext::new(clients, outputs, config, volumes, clock)))
    }

    /// Removes what launches of `of` leave behind: task definitions, and the launch secret. For a table
    /// that is gone; absent is fine.
    ///
    /// *Answers*: `Absent`, `Pending`. *Dropped*: some may be left; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    pub async fn remove_artifacts(&self, of: &InstanceId) -> Result<Observed<()>> {
        with_deadline("forgetting a table", Box::pin(self.0.remove_artifacts(of))).await
    }
}

#[async_trait]
impl InstanceRuntime for FargateRuntime {
    async fn ensure(&self, key: &LaunchId, spec: &LaunchSpec) -> Result<Observed<Endpoint>> {
        with_deadline("starting a table", Box::pin(self.0.ensure(key, spec))).await
    }

    async fn observe(&self, key: &LaunchId) -> Result<Observed<Endpoint>> {
        let now = self.0.clock.monotonic();
        if let Some(sight) = self.0.cache.running(key, now, OBSERVATION_FRESH_FOR) {
            return Ok(observation(&sight));
        }
        if let Some(begun) = self.0.cache.begun(key)
            && self.0.cache.arn(key).is_none()
            && !begun.inherited
        {
            return Ok(pending(begun.message.as_deref().unwrap_or(ASKING)));
        }
        match with_deadline("looking at a table", Box::pin(self.0.find_launch(key))).await? {
            LaunchLookup::Task(sight) => Ok(observation(&sight)),
            LaunchLookup::Uncertain => Ok(pending(UNSEEN)),
            LaunchLookup::Absent => Ok(Observed::Absent),
        }
    }

    async fn remove(&self, key: &LaunchId, _how: Stop) -> Result<Observed<Endpoint>> {
        with_deadline("stopping a table", Box::pin(self.0.stop_launch(key))).await
    }

    async fn list(&self) -> Result<Vec<LaunchId>> {
        with_list_deadline("listing tables", Box::pin(self.0.list_launches())).await
    }
}

const ASKING: &str = "AWS is asked for a machine";
const UNSEEN: &str = "AWS does not show its task yet";
/// The last words about a launch that found no machine, when this process cannot try elsewhere.
const NO_MACHINE: &str = "AWS had no capacity for it. It is tried again.";

impl FargateContext {
    async fn ensure(
        self: &Arc<Self>,
        key: &LaunchId,
        spec: &LaunchSpec,
    ) -> Result<Observed<Endpoint>> {
        let digest = spec.digest();
        if self.cache.begun(key).is_some_and(|begun| begun.digest != digest) {
            return Err(changed(key));
        }
        if self.cache.arn(key).is_some() {
            return self.ensured(key, spec).await;
        }
        let begun = self.begin_launch(key, spec, &digest).await?;
        let begun = Box::pin(self.prepare_launch(key, spec, begun)).await?;
        if begun.inherited {
            return self.ensured(key, spec).await;
        }
        self.run(key, &begun, &spec.route_prefix).await?;
        let story = self.cache.begun(key).and_then(|begun| begun.message);
        Ok(pending(story.as_deref().unwrap_or(ASKING)))
    }

    /// Turns a lookup into an observation for a launch that is desired: one that has ended is not begun again.
    async fn ensured(
        self: &Arc<Self>,
        key: &LaunchId,
        spec: &LaunchSpec,
    ) -> Result<Observed<Endpoint>> {
        let sight = match self.find_launch(key).await? {
            LaunchLookup::Task(sight) => sight,
            LaunchLookup::Uncertain => return Ok(pending(UNSEEN)),
            LaunchLookup::Absent => {
                return Ok(broken(
                    "It was begun, and AWS does not know of it. It is launched afresh.",
                ));
            }
        };
        if !spec.matches_digest(&sight.digest) {
            return Err(changed(key));
        }
        match &sight.stage {
            TaskStage::Running(_) => {
                self.retire_replaced(key).await;
                self.cache.launch_confirmed(key);
            }
            TaskStage::Starting(_) => self.retire_replaced(key).await,
            TaskStage::Stopped(StopReason::Capacity) if self.can_go_elsewhere(key) => {
                self.try_elsewhere(key)?;
                let story = self.cache.begun(key).and_then(|begun| begun.message);
                return Ok(pending(story.as_deref().unwrap_or(ASKING)));
            }
            // It would fail each time, at the price of a start each time.
            TaskStage::Stopped(StopReason::Permanent(sentence)) => {
                return Err(cannot_start(sentence));
            }
            TaskStage::Stopped(_) | TaskStage::Stopping => {}
        }
        Ok(observation(&sight))
    }

    /// Whether this process knows how the launch was begun.
    fn can_go_elsewhere(&self, key: &LaunchId) -> bool {
        self.cache.begun(key).is_some_and(|begun| !begun.inherited)
    }

    /// Once it is launched there is time to take away the definition that it replaced.
    async fn retire_replaced(&self, key: &LaunchId) {
        let retired = self.cache.begun(key).and_then(|begun| begun.retired);
        if let Some(arn) = retired {
            self.cache.change(key, |begun| begun.retired = None);
            self.retire(&arn).await;
        }
    }
}

/// The observation that a task amounts to.
pub(super) fn observation(sight: &ObservedTask) -> Observed<Endpoint> {
    match &sight.stage {
        TaskStage::Starting(what) => pending(what),
        TaskStage::Running(address) => {
            Observed::Ready(Endpoint::new(address, PORT).with_prefix(&sight.prefix))
        }
        TaskStage::Stopping => pending("stopping"),
        TaskStage::Stopped(StopReason::Requested) => {
            broken("This launch was removed. Start the table again.")
        }
        TaskStage::Stopped(StopReason::Capacity) => broken(NO_MACHINE),
        TaskStage::Stopped(StopReason::Ended(sentence) | StopReason::Permanent(sentence)) => {
            broken(sentence)
        }
    }
}

pub(super) fn pending(what: &str) -> Observed<Endpoint> {
    Observed::Pending(Some(Progress::new(what)))
}

fn broken(sentence: &str) -> Observed<Endpoint> {
    Observed::Broken(Reason(sentence.to_owned()))
}

fn changed(key: &LaunchId) -> Error {
    Error::new(ErrorKind::Invalid, "looking at a launch").about("key", key).advise(
        "This table was started with other settings. Stop and start it to use the new ones.",
    )
}

fn cannot_start(sentence: &str) -> Error {
    Error::new(ErrorKind::Invalid, "starting a task").advise(sentence.to_owned())
}

#[cfg(test)]
mod tests;
