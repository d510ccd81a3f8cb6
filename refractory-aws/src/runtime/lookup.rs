//! Finding launches: by the names of their tasks, and by the names of their families.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ecs::types::{DesiredStatus, TaskField};
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretError;
use futures_util::future::try_join_all;
use refractory_core::{InstanceId, LaunchId, Result};

use super::context::FargateContext;
use super::launch_cache::GRACE;
use super::observed_task::{ObservedTask, TaskStage};
use crate::error::aws_error;

const DURING: &str = "looking at tasks";
/// How many tasks one call describes.
const MAX_DESCRIBED: usize = 100;

/// What there is of a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LaunchLookup {
    /// Its task.
    Task(ObservedTask),
    /// It was begun, and ECS does not show it: that may not be believed yet.
    Uncertain,
    /// Nothing, and that may be believed.
    Absent,
}

impl FargateContext {
    /// What there is of the launch `key`.
    pub(super) async fn find_launch(self: &Arc<Self>, key: &LaunchId) -> Result<LaunchLookup> {
        let sight = match self.cache.arn(key) {
            Some(arn) => self.describe(arn).await?,
            None => self.find_task(key).await?,
        };
        match sight {
            Some(sight) => Ok(LaunchLookup::Task(sight)),
            None if self.cache.arn(key).is_some() || self.was_ever_begun(key).await? => {
                Ok(self.not_shown(key))
            }
            None => Ok(LaunchLookup::Absent),
        }
    }

    /// ECS shows nothing of `key`, which was begun.
    pub(super) fn not_shown(&self, key: &LaunchId) -> LaunchLookup {
        let missed = self.cache.missed(key, self.clock.monotonic());
        if missed < GRACE { LaunchLookup::Uncertain } else { LaunchLookup::Absent }
    }

    /// One task, described together with all that are asked about now.
    async fn describe(self: &Arc<Self>, arn: String) -> Result<Option<ObservedTask>> {
        let (me, filler) = (Arc::clone(self), Arc::clone(self));
        let fill = move |arns: &mut BTreeSet<String>, asked: &BTreeSet<String>| {
            let most = arns.len().next_multiple_of(MAX_DESCRIBED);
            filler.cache.fill(arns, asked, most);
        };
        let question = move |arns: BTreeSet<String>| async move {
            me.describe_all(arns.into_iter().collect()).await
        };
        self.describing.load(arn, fill, question).await
    }

    /// A launch whose task is not known here, sought together with all that are sought now.
    pub(super) async fn find_task(
        self: &Arc<Self>,
        key: &LaunchId,
    ) -> Result<Option<ObservedTask>> {
        let me = Arc::clone(self);
        let question = move |keys| async move { me.find_tasks(keys).await };
        self.seeking.load(key.clone(), |_, _| {}, question).await
    }

    async fn find_tasks(
        &self,
        keys: BTreeSet<LaunchId>,
    ) -> Result<BTreeMap<LaunchId, ObservedTask>> {
        // A few are asked for by family; more, as after a restart, by listing everything there is.
        let sights = if keys.len() > 1 + self.cache.len() / MAX_DESCRIBED {
            let (running, stopped) = self.listed(None).await?;
            self.describe_all(running.into_iter().chain(stopped).collect()).await?
        } else {
            let instances: BTreeSet<_> = keys.iter().map(|key| &key.instance).collect();
            let of_each = try_join_all(instances.into_iter().map(|of| self.of_family(of))).await?;
            of_each.into_iter().flatten().collect()
        };
        let mut found: BTreeMap<LaunchId, ObservedTask> = BTreeMap::new();
        for sight in sights.into_values().filter(|sight| keys.contains(&sight.key)) {
            if found.get(&sight.key).is_none_or(|other| other.is_superseded_by(&sight)) {
                found.insert(sight.key.clone(), sight);
            }
        }
        Ok(found)
    }

    async fn of_family(&self, of: &InstanceId) -> Result<BTreeMap<String, ObservedTask>> {
        let (running, stopped) = self.listed(Some(of)).await?;
        self.describe_all(running.into_iter().chain(stopped).collect()).await
    }

    /// The tasks of an instance, or of all: those that are to run, and those that are to stop or have lately.
    pub(super) async fn listed(
        &self,
        of: Option<&InstanceId>,
    ) -> Result<(Vec<String>, Vec<String>)> {
        futures_util::try_join!(
            self.listed_as(of, DesiredStatus::Running),
            self.listed_as(of, DesiredStatus::Stopped)
        )
    }

    pub(super) async fn listed_as(
        &self,
        of: Option<&InstanceId>,
        as_what: DesiredStatus,
    ) -> Result<Vec<String>> {
        let family = of.map(|of| self.naming.family(of));
        let mut arns = Vec::new();
        let mut next = None;
        loop {
            let call = self.clients.ecs.list_tasks().cluster(&self.outputs.cluster);
            let call = call
                .set_family(family.clone())
                .desired_status(as_what.clone())
                .set_next_token(next);
            let page = call.send().await.map_err(|error| aws_error(DURING, error))?;
            arns.extend(page.task_arns.unwrap_or_default());
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(arns);
            }
        }
    }

    /// Describes `arns`, a hundred in one call; those that are launches of ours, by their names.
    pub(super) async fn describe_all(
        &self,
        arns: Vec<String>,
    ) -> Result<BTreeMap<String, ObservedTask>> {
        let calls = arns.chunks(MAX_DESCRIBED).map(|arns| self.describe_some(arns));
        Ok(try_join_all(calls).await?.into_iter().flatten().collect())
    }

    async fn describe_some(&self, arns: &[String]) -> Result<Vec<(String, ObservedTask)>> {
        let call = self.clients.ecs.describe_tasks().cluster(&self.outputs.cluster);
        let call = call.set_tasks(Some(arns.to_vec())).include(TaskField::Tags);
        let answer = call.send().await.map_err(|error| aws_error(DURING, error))?;
        let now = self.clock.monotonic();
        let mut sights = Vec::new();
        for task in answer.tasks() {
            let (Some(arn), sight) =
                (task.task_arn(), ObservedTask::read(task, self.naming.deployment()))
            else {
                continue;
            };
            self.cache.record_observation(arn, sight.as_ref(), now);
            sights.extend(sight.map(|sight| (arn.to_owned(), sight)));
        }
        Ok(sights)
    }

    /// Whether any process has ever begun `key`: the launch secret is written first.
    async fn was_ever_begun(&self, key: &LaunchId) -> Result<bool> {
        if let Some(begun) = self.cache.begun(key)
            && !begun.inherited
        {
            return Ok(begun.unconfirmed);
        }
        let name = self.naming.launch_secret(&key.instance);
        let answer = self.clients.secrets.describe_secret().secret_id(name).send().await;
        match answer {
            Ok(secret) => {
                let version = self.naming.launch_version(key);
                Ok(secret
                    .version_ids_to_stages
                    .is_some_and(|versions| versions.contains_key(&version)))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeSecretError::is_resource_not_found_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(aws_error("looking for what a launch was told", error)),
        }
    }

    /// Every launch of this deployment that runs, starts or stops.
    pub(super) async fn list_launches(&self) -> Result<Vec<LaunchId>> {
        let (running, stopped) = self.listed(None).await?;
        let every: Vec<String> = running.iter().chain(&stopped).cloned().collect();
        self.cache.keep_labels(&every.iter().collect());
        let labels = self.cache.labels(&every);
        let known = |arn: &String| labels.get(arn);
        // Whose task it is never changes, nor that it has stopped. Whether one is still stopping has to be asked.
        let unknown = running.iter().filter(|arn| known(arn).is_none());
        let stopping =
            stopped.iter().filter(|arn| known(arn).is_none_or(|label| !label.has_stopped));
        let asked = self.describe_all(unknown.chain(stopping).cloned().collect()).await?;
        let seen =
            asked.into_values().filter(|sight| !matches!(sight.stage, TaskStage::Stopped(_)));
        let mut keys: BTreeSet<LaunchId> = seen.map(|sight| sight.key).collect();
        keys.extend(running.iter().filter_map(|arn| known(arn)?.key.clone()));
        Ok(keys.into_iter().collect())
    }
}
