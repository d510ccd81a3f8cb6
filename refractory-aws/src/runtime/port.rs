//! The runtime port over ECS.
use std::sync::Arc;
use std::time::Duration;

use refractory_core::ports::{
    Endpoint, InstanceRuntime, LaunchSpec, Observed, Progress, Reason, Stop,
};
use refractory_core::{Clock, Error, ErrorKind, InstanceId, LaunchId, Result, async_trait};

use super::definition::PORT;
use super::end::End;
use super::fleet::Fleet;
use super::look::Found;
use super::sight::{Sight, Stage};
use crate::EfsStorage;
use crate::bound::{bounded, listed};
use crate::{AwsConfig, Clients, Ground};

/// How long a plain reading of a launch that runs is answered again. Shorter than the wait for a second reading of an odd
/// one, and odd ones are never answered from memory.
const FRESH: Duration = Duration::from_millis(2_500);

/// Runs each launch as a task of ECS on Fargate.
///
/// **Found again**: a task carries the tags of its deployment, its instance and its key; what a launch is told is written,
/// as a version named after the key, before the task is asked for. So whoever remembers nothing knows whether a launch was ever begun,
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
pub struct FargateRuntime(pub(super) Arc<Fleet>);

impl FargateRuntime {
    /// Runs tasks on `ground`, with the volumes of `volumes`.
    pub fn new(
        clients: Clients,
        ground: Ground,
        config: AwsConfig,
        volumes: EfsStorage,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Fleet::new(clients, ground, config, volumes, clock)))
    }

    /// Takes away what launches of `of` leave behind: task definitions, and the secret with what they were told. For a table
    /// that is gone; absent is fine.
    ///
    /// *Answers*: `Absent`, `Pending`. *Dropped*: some may be left; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    pub async fn forget(&self, of: &InstanceId) -> Result<Observed<()>> {
        bounded("forgetting a table", Box::pin(self.0.forget(of))).await
    }
}

#[async_trait]
impl InstanceRuntime for FargateRuntime {
    async fn ensure(&self, key: &LaunchId, spec: &LaunchSpec) -> Result<Observed<Endpoint>> {
        bounded("starting a table", Box::pin(self.0.ensure(key, spec))).await
    }

    async fn observe(&self, key: &LaunchId) -> Result<Observed<Endpoint>> {
        let now = self.0.clock.monotonic();
        if let Some(sight) = self.0.memory.running(key, now, FRESH) {
            return Ok(seen(&sight));
        }
        if let Some(begun) = self.0.memory.begun(key)
            && self.0.memory.arn(key).is_none()
            && !begun.inherited
        {
            return Ok(pending(begun.story.as_deref().unwrap_or(ASKING)));
        }
        match bounded("looking at a table", Box::pin(self.0.look(key))).await? {
            Found::Task(sight) => Ok(seen(&sight)),
            Found::Unsure => Ok(pending(UNSEEN)),
            Found::Nothing => Ok(Observed::Absent),
        }
    }

    async fn remove(&self, key: &LaunchId, _how: Stop) -> Result<Observed<Endpoint>> {
        bounded("stopping a table", Box::pin(self.0.stop(key))).await
    }

    async fn list(&self) -> Result<Vec<LaunchId>> {
        listed("listing tables", Box::pin(self.0.all())).await
    }
}

const ASKING: &str = "AWS is asked for a machine";
const UNSEEN: &str = "AWS does not show its task yet";
/// The last words about a launch that found no machine, when nobody here can try elsewhere.
const NO_MACHINE: &str = "AWS had no capacity for it. It is tried again.";

impl Fleet {
    async fn ensure(
        self: &Arc<Self>,
        key: &LaunchId,
        spec: &LaunchSpec,
    ) -> Result<Observed<Endpoint>> {
        let digest = spec.digest();
        if self.memory.begun(key).is_some_and(|begun| begun.digest != digest) {
            return Err(changed(key));
        }
        if self.memory.arn(key).is_some() {
            return self.ensured(key, spec).await;
        }
        let begun = self.begin(key, spec, &digest).await?;
        let begun = Box::pin(self.prepare(key, spec, begun)).await?;
        if begun.inherited {
            return self.ensured(key, spec).await;
        }
        self.run(key, &begun, &spec.route_prefix).await?;
        let story = self.memory.begun(key).and_then(|begun| begun.story);
        Ok(pending(story.as_deref().unwrap_or(ASKING)))
    }

    /// What there is of a launch means this to whoever wants it: what is over is not begun again.
    async fn ensured(
        self: &Arc<Self>,
        key: &LaunchId,
        spec: &LaunchSpec,
    ) -> Result<Observed<Endpoint>> {
        let sight = match self.look(key).await? {
            Found::Task(sight) => sight,
            Found::Unsure => return Ok(pending(UNSEEN)),
            Found::Nothing => {
                return Ok(broken(
                    "It was begun, and AWS does not know of it. It is launched afresh.",
                ));
            }
        };
        if !spec.matches_digest(&sight.digest) {
            return Err(changed(key));
        }
        match &sight.stage {
            Stage::Running(_) => {
                self.tidy(key).await;
                self.memory.settle(key);
            }
            Stage::Starting(_) => self.tidy(key).await,
            Stage::Stopped(End::Capacity) if self.can_go_elsewhere(key) => {
                self.elsewhere(key)?;
                let story = self.memory.begun(key).and_then(|begun| begun.story);
                return Ok(pending(story.as_deref().unwrap_or(ASKING)));
            }
            // It would fail each time, at the price of a start each time.
            Stage::Stopped(End::Misplaced(sentence)) => return Err(misplaced(sentence)),
            Stage::Stopped(_) | Stage::Stopping => {}
        }
        Ok(seen(&sight))
    }

    /// Whether this process knows how the launch was begun.
    fn can_go_elsewhere(&self, key: &LaunchId) -> bool {
        self.memory.begun(key).is_some_and(|begun| !begun.inherited)
    }

    /// Once it is launched there is time to take away the definition that it replaced.
    async fn tidy(&self, key: &LaunchId) {
        let retired = self.memory.begun(key).and_then(|begun| begun.retired);
        if let Some(arn) = retired {
            self.memory.change(key, |begun| begun.retired = None);
            self.retire(&arn).await;
        }
    }
}

/// What a task that was seen means to anybody.
pub(super) fn seen(sight: &Sight) -> Observed<Endpoint> {
    match &sight.stage {
        Stage::Starting(what) => pending(what),
        Stage::Running(address) => {
            Observed::Ready(Endpoint::new(address, PORT).with_prefix(&sight.prefix))
        }
        Stage::Stopping => pending("stopping"),
        Stage::Stopped(End::Asked) => broken("This launch was removed. Start the table again."),
        Stage::Stopped(End::Capacity) => broken(NO_MACHINE),
        Stage::Stopped(End::Over(sentence) | End::Misplaced(sentence)) => broken(sentence),
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

fn misplaced(sentence: &str) -> Error {
    Error::new(ErrorKind::Invalid, "starting a task").advise(sentence.to_owned())
}

#[cfg(test)]
mod tests;
