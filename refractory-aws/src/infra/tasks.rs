//! The tasks of a deployment's cluster, until they have really ended.
//!
//! A task that was asked to stop is listed under "to be stopped" at once, and writes its data for two minutes more.
use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ecs::types::DesiredStatus;
use refractory_core::{Error, ErrorKind, Result};

use super::Infra;
use super::progress::{OnProgress, ResourceProgress, ResourceState};
use crate::error::{aws_error, code_is, ignore_absent};

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
struct RunningTask {
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
    pub(super) async fn stop_all_tasks(&self, tell: &mut OnProgress<'_>) -> Result<()> {
        let asked =
            self.clients.ecs.update_service().cluster(self.name()).service(PORTAL).desired_count(0);
        let absent =
            ["ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException"];
        ignore_absent(asked.send().await, "stopping the portal", &absent)?;
        let wait_until_stopped = async {
            self.ended(Some(PORTAL), tell).await?;
            self.ended(None, tell).await
        };
        tokio::time::timeout(ENDING, wait_until_stopped).await.map_err(|_| stop_timed_out())?
    }

    /// Waits until no task is left; tasks that no service stops are asked to stop.
    async fn ended(&self, service: Option<&str>, tell: &mut OnProgress<'_>) -> Result<()> {
        let mut told = BTreeSet::new();
        loop {
            let left = self.running_tasks(service).await?;
            if left.is_empty() {
                return Ok(());
            }
            for task in left {
                if service.is_none() && !task.asked {
                    self.stop(&task.arn).await?;
                }
                if told.insert(task.arn.clone()) {
                    tell(&ResourceProgress::ours(
                        &task.arn,
                        "task",
                        ResourceState::Begun,
                        "STOPPING",
                    ));
                }
            }
            tokio::time::sleep(self.pace).await;
        }
    }

    async fn running_tasks(&self, service: Option<&str>) -> Result<Vec<RunningTask>> {
        let running = self.listed(service, DesiredStatus::Running).await?;
        let stopping = self.listed(service, DesiredStatus::Stopped).await?;
        let running = running.into_iter().map(|arn| RunningTask { arn, asked: false });
        let mut all: Vec<_> = running.collect();
        for some in stopping.chunks(AT_ONCE) {
            let asked = self.clients.ecs.describe_tasks().cluster(self.name());
            let told = asked.set_tasks(Some(some.to_vec())).send().await;
            let told = told.map_err(|error| aws_error("looking at tasks", error))?;
            let alive = told.tasks.unwrap_or_default().into_iter();
            let alive = alive.filter(|task| task.last_status() != Some("STOPPED"));
            all.extend(
                alive.filter_map(|task| Some(RunningTask { arn: task.task_arn?, asked: true })),
            );
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
                Err(error) => return Err(aws_error("listing tasks", error)),
            }
        }
        Ok(all)
    }

    /// Asks one task to end.
    pub(super) async fn stop(&self, task: &str) -> Result<()> {
        let asked = self.clients.ecs.stop_task().cluster(self.name()).task(task);
        let asked = asked.reason("the deployment is taken away").send().await;
        ignore_absent(
            asked,
            "stopping a task",
            &["ClusterNotFoundException", "InvalidParameterException"],
        )
    }
}

fn stop_timed_out() -> Error {
    Error::new(ErrorKind::Unavailable, "waiting for tasks to end").advise(
        "Tasks take long to end, or are started again. Stop every `refractory up` of this deployment, then run `refractory infra destroy` again.",
    )
}
