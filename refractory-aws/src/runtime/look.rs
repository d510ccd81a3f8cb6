//! Finding launches: by the names of their tasks, and by the names of their families.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ecs::types::{DesiredStatus, TaskField};
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretError;
use futures_util::future::try_join_all;
use refractory_core::{InstanceId, LaunchId, Result};

use super::fleet::Fleet;
use super::memory::GRACE;
use super::sight::{Sight, Stage};
use crate::error::refused;

const DURING: &str = "looking at tasks";
/// How many tasks one call describes.
const MOST: usize = 100;

/// What there is of a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Its task.
    Task(Sight),
    /// It was begun, and ECS does not show it: that may not be believed yet.
    Unsure,
    /// Nothing, and that may be believed.
    Nothing,
}

impl Fleet {
    /// What there is of the launch `key`.
    pub(super) async fn look(self: &Arc<Self>, key: &LaunchId) -> Result<Found> {
        let sight = match self.memory.arn(key) {
            Some(arn) => self.describe(arn).await?,
            None => self.seek(key).await?,
        };
        match sight {
            Some(sight) => Ok(Found::Task(sight)),
            None if self.memory.arn(key).is_some() || self.was_begun(key).await? => {
                Ok(self.missing(key))
            }
            None => Ok(Found::Nothing),
        }
    }

    /// ECS shows nothing of `key`, which was begun.
    pub(super) fn missing(&self, key: &LaunchId) -> Found {
        let missed = self.memory.missed(key, self.clock.monotonic());
        if missed < GRACE { Found::Unsure } else { Found::Nothing }
    }

    /// One task, described together with all that are asked about now.
    async fn describe(self: &Arc<Self>, arn: String) -> Result<Option<Sight>> {
        let (me, filler) = (Arc::clone(self), Arc::clone(self));
        let fill = move |arns: &mut BTreeSet<String>, asked: &BTreeSet<String>| {
            let most = arns.len().next_multiple_of(MOST);
            filler.memory.fill(arns, asked, most);
        };
        let question = move |arns: BTreeSet<String>| async move {
            me.describe_all(arns.into_iter().collect()).await
        };
        self.describing.ask(arn, fill, question).await
    }

    /// A launch whose task is not known here, sought together with all that are sought now.
    pub(super) async fn seek(self: &Arc<Self>, key: &LaunchId) -> Result<Option<Sight>> {
        let me = Arc::clone(self);
        let question = move |keys| async move { me.seek_all(keys).await };
        self.seeking.ask(key.clone(), |_, _| {}, question).await
    }

    async fn seek_all(&self, keys: BTreeSet<LaunchId>) -> Result<BTreeMap<LaunchId, Sight>> {
        // A few are asked for by family; more, as after a restart, by listing everything there is.
        let sights = if keys.len() > 1 + self.memory.len() / MOST {
            let (running, stopped) = self.listed(None).await?;
            self.describe_all(running.into_iter().chain(stopped).collect()).await?
        } else {
            let instances: BTreeSet<_> = keys.iter().map(|key| &key.instance).collect();
            let of_each = try_join_all(instances.into_iter().map(|of| self.of_family(of))).await?;
            of_each.into_iter().flatten().collect()
        };
        let mut found: BTreeMap<LaunchId, Sight> = BTreeMap::new();
        for sight in sights.into_values().filter(|sight| keys.contains(&sight.key)) {
            if found.get(&sight.key).is_none_or(|other| other.yields_to(&sight)) {
                found.insert(sight.key.clone(), sight);
            }
        }
        Ok(found)
    }

    async fn of_family(&self, of: &InstanceId) -> Result<BTreeMap<String, Sight>> {
        let (running, stopped) = self.listed(Some(of)).await?;
        self.describe_all(running.into_iter().chain(stopped).collect()).await
    }

    /// The tasks of an instance, or of everybody: those that are to run, and those that are to stop or have lately.
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
            let call = self.clients.ecs.list_tasks().cluster(&self.ground.cluster);
            let call = call
                .set_family(family.clone())
                .desired_status(as_what.clone())
                .set_next_token(next);
            let page = call.send().await.map_err(|error| refused(DURING, error))?;
            arns.extend(page.task_arns.unwrap_or_default());
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(arns);
            }
        }
    }

    /// Describes `arns`, a hundred in one call; those that are launches of ours, by their names.
    pub(super) async fn describe_all(&self, arns: Vec<String>) -> Result<BTreeMap<String, Sight>> {
        let calls = arns.chunks(MOST).map(|arns| self.describe_some(arns));
        Ok(try_join_all(calls).await?.into_iter().flatten().collect())
    }

    async fn describe_some(&self, arns: &[String]) -> Result<Vec<(String, Sight)>> {
        let call = self.clients.ecs.describe_tasks().cluster(&self.ground.cluster);
        let call = call.set_tasks(Some(arns.to_vec())).include(TaskField::Tags);
        let answer = call.send().await.map_err(|error| refused(DURING, error))?;
        let now = self.clock.monotonic();
        let mut sights = Vec::new();
        for task in answer.tasks() {
            let (Some(arn), sight) = (task.task_arn(), Sight::read(task, self.naming.deployment()))
            else {
                continue;
            };
            self.memory.saw(arn, sight.as_ref(), now);
            sights.extend(sight.map(|sight| (arn.to_owned(), sight)));
        }
        Ok(sights)
    }

    /// Whether anybody has ever begun `key`: the launch secret was written for it first.
    async fn was_begun(&self, key: &LaunchId) -> Result<bool> {
        if let Some(begun) = self.memory.begun(key)
            && !begun.inherited
        {
            return Ok(begun.in_doubt);
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
            Err(error) => Err(refused("looking for what a launch was told", error)),
        }
    }

    /// Every launch of this deployment that runs, starts or stops.
    pub(super) async fn all(&self) -> Result<Vec<LaunchId>> {
        let (running, stopped) = self.listed(None).await?;
        let every: Vec<String> = running.iter().chain(&stopped).cloned().collect();
        self.memory.keep_labels(&every.iter().collect());
        let labels = self.memory.labels(&every);
        let known = |arn: &String| labels.get(arn);
        // Whose task it is never changes, nor that it has stopped. Whether one is still stopping has to be asked.
        let unknown = running.iter().filter(|arn| known(arn).is_none());
        let stopping = stopped.iter().filter(|arn| known(arn).is_none_or(|label| !label.over));
        let asked = self.describe_all(unknown.chain(stopping).cloned().collect()).await?;
        let seen = asked.into_values().filter(|sight| !matches!(sight.stage, Stage::Stopped(_)));
        let mut keys: BTreeSet<LaunchId> = seen.map(|sight| sight.key).collect();
        keys.extend(running.iter().filter_map(|arn| known(arn)?.key.clone()));
        Ok(keys.into_iter().collect())
    }
}
