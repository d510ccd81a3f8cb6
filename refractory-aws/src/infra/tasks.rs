//! The tasks of a deployment's cluster, until they have really ended.
//!
//! A task that was asked to stop is listed under "to be stopped" at once, and writes its data for two minutes more.
use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ecs::types::DesiredStatus;
use refractory_core::{Error, ErrorKind, Result};

use super::Infra;
use super::data::gone;
use super::follow::{Progress, State, Tell};
use crate::error::{code_is, refused};

/// The service that is the portal.
const PORTAL: &str = "portal";
/// How long tasks may take to end: the two minutes that ECS gives them, and some.
const ENDING: Duration = Duration::from_mins(5);
/// How many tasks one question may name.
const AT_ONCE: usize = 100;
/// What ECS says of a cluster or a service that is not there.
const ABSENT: &[&str] = &["ClusterNotFoundException", "ServiceNotFoundException"];

/// A task that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unended {
    arn: String,
    /// Whether it was asked to stop.
    asked: bool,
}

impl Infra {
    /// The tasks that are to run, without those of the portal.
    pub(super) async fn tasks(&self) -> Result<Vec<String>> {
        let all = self.listed(None, DesiredStatus::Running).await?;
        if all.is_empty() {
            return Ok(all);
        }
        let served = self.listed(Some(PORTAL), DesiredStatus::Running).await?;
        Ok(all.into_iter().filter(|task| !served.contains(task)).collect())
    }

    /// Ends what runs in the cluster, and waits until it has: first the portal, whose worker would start tables again, then
    /// tables.
    pub(super) async fn quiet(&self, tell: &mut Tell<'_>) -> Result<()> {
        let asked =
            self.clients.ecs.update_service().cluster(self.name()).service(PORTAL).desired_count(0);
        let absent =
            ["ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException"];
        gone(asked.send().await, "stopping the portal", &absent)?;
        let ended = async {
            self.ended(Some(PORTAL), tell).await?;
            self.ended(None, tell).await
        };
        tokio::time::timeout(ENDING, ended).await.map_err(|_| late())?
    }

    /// Waits until no task is left; those that nobody else ends are asked to.
    async fn ended(&self, service: Option<&str>, tell: &mut Tell<'_>) -> Result<()> {
        let mut told = BTreeSet::new();
        loop {
            let left = self.unended(service).await?;
            if left.is_empty() {
                return Ok(());
            }
            for task in left {
                if service.is_none() && !task.asked {
                    self.stop(&task.arn).await?;
                }
                if told.insert(task.arn.clone()) {
                    tell(&Progress::ours(&task.arn, "task", State::Begun, "STOPPING"));
                }
            }
            tokio::time::sleep(self.pace).await;
        }
    }

    async fn unended(&self, service: Option<&str>) -> Result<Vec<Unended>> {
        let running = self.listed(service, DesiredStatus::Running).await?;
        let stopping = self.listed(service, DesiredStatus::Stopped).await?;
        let running = running.into_iter().map(|arn| Unended { arn, asked: false });
        let mut all: Vec<_> = running.collect();
        for some in stopping.chunks(AT_ONCE) {
            let asked = self.clients.ecs.describe_tasks().cluster(self.name());
            let told = asked.set_tasks(Some(some.to_vec())).send().await;
            let told = told.map_err(|error| refused("looking at tasks", error))?;
            let alive = told.tasks.unwrap_or_default().into_iter();
            let alive = alive.filter(|task| task.last_status() != Some("STOPPED"));
            all.extend(alive.filter_map(|task| Some(Unended { arn: task.task_arn?, asked: true })));
        }
        Ok(all)
    }

    async fn listed(&self, service: Option<&str>, status: DesiredStatus) -> Result<Vec<String>> {
        let asked = self.clients.ecs.list_tasks().cluster(self.name());
        let asked = asked.desired_status(status).set_service_name(service.map(Into::into));
        let mut pages = asked.into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => all.extend(page.task_arns.unwrap_or_default()),
                Err(error) if code_is(&error, ABSENT) => break,
                Err(error) => return Err(refused("listing tasks", error)),
            }
        }
        Ok(all)
    }

    /// Asks one task to end.
    pub(super) async fn stop(&self, task: &str) -> Result<()> {
        let asked = self.clients.ecs.stop_task().cluster(self.name()).task(task);
        let asked = asked.reason("the deployment is taken away").send().await;
        gone(asked, "stopping a task", &["ClusterNotFoundException", "InvalidParameterException"])
    }
}

fn late() -> Error {
    Error::new(ErrorKind::Unavailable, "waiting for tasks to end").advise(
        "Tasks take long to end, or are started again. Stop every `refractory up` of this deployment, then run `refractory infra destroy` again.",
    )
}
