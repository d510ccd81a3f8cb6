//! What ECS shows of one task.
use aws_sdk_ecs::types::{Attachment, Task};
use refractory_core::LaunchId;

use super::stop_reason::StopReason;
use crate::naming::{TAG_ATTEMPT, TAG_DEPLOYMENT, TAG_DIGEST, TAG_KEY, TAG_PREFIX};

/// How far a task has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TaskStage {
    /// On its way up, and where.
    Starting(&'static str),
    /// It runs, at this address of the network.
    Running(String),
    /// On its way down.
    Stopping,
    /// It has stopped, and stays so.
    Stopped(StopReason),
}

/// What ECS shows of one task of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ObservedTask {
    /// The task's own name.
    pub(super) arn: String,
    /// The launch that it is.
    pub(super) key: LaunchId,
    /// The digest of what it was launched with, as the version that launched it wrote it.
    pub(super) digest: String,
    /// Which attempt at the launch it is.
    pub(super) attempt: u32,
    /// The path that it is served under.
    pub(super) prefix: String,
    /// How far it has got.
    pub(super) stage: TaskStage,
}

impl ObservedTask {
    /// Reads `task`, described with its tags; none where it is not a launch of `deployment`.
    pub(super) fn read(task: &Task, deployment: &str) -> Option<Self> {
        let tag = |key: &str| task.tags().iter().find(|tag| tag.key() == Some(key))?.value();
        if tag(TAG_DEPLOYMENT) != Some(deployment) {
            return None;
        }
        Some(Self {
            arn: task.task_arn.clone()?,
            key: tag(TAG_KEY)?.parse().ok()?,
            digest: tag(TAG_DIGEST).unwrap_or_default().to_owned(),
            attempt: tag(TAG_ATTEMPT).and_then(|raw| raw.parse().ok()).unwrap_or_default(),
            prefix: tag(TAG_PREFIX).unwrap_or_default().to_owned(),
            stage: TaskStage::of(task),
        })
    }

    /// Whether a newer one of the same launch counts instead of it.
    pub(super) fn is_superseded_by(&self, other: &Self) -> bool {
        let rank = |sight: &Self| (!matches!(sight.stage, TaskStage::Stopped(_)), sight.attempt);
        rank(self) < rank(other)
    }
}

impl TaskStage {
    fn of(task: &Task) -> Self {
        let last = task.last_status.as_deref().unwrap_or_default();
        if last == "STOPPED" || last == "DELETED" {
            return Self::Stopped(StopReason::of(task));
        }
        if task.desired_status.as_deref() == Some("STOPPED") {
            return Self::Stopping;
        }
        match (last, address(task)) {
            ("RUNNING", Some(address)) => Self::Running(address),
            ("RUNNING", None) => Self::Starting("waiting for its address"),
            ("PENDING" | "ACTIVATING", _) => {
                Self::Starting("the image is pulled and the volume mounted")
            }
            ("DEACTIVATING" | "STOPPING" | "DEPROVISIONING", _) => Self::Stopping,
            _ => Self::Starting("AWS prepares a machine"),
        }
    }
}

/// The address of a task's network interface, once ECS shows it.
fn address(task: &Task) -> Option<String> {
    let interface =
        |attachment: &&Attachment| attachment.r#type() == Some("ElasticNetworkInterface");
    let of_interface = task.attachments().iter().filter(interface).find_map(|attachment| {
        let detail = attachment
            .details()
            .iter()
            .find(|detail| detail.name() == Some("privateIPv4Address"))?;
        detail.value().map(ToOwned::to_owned)
    });
    of_interface.filter(|address| !address.is_empty())
}

#[cfg(test)]
mod tests;
