//! Ending a launch.
use std::sync::Arc;

use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::ports::{Endpoint, Observed};
use refractory_core::{LaunchId, Result};

use super::context::FargateContext;
use super::lookup::LaunchLookup;
use super::observed_task::TaskStage;
use super::port::pending;
use super::stop_reason::STOP_PREFIX;
use crate::error::aws_error;

impl FargateContext {
    /// Moves the end of the launch `key` along.
    pub(super) async fn stop_launch(
        self: &Arc<Self>,
        key: &LaunchId,
    ) -> Result<Observed<Endpoint>> {
        let sight = match self.find_launch(key).await? {
            LaunchLookup::Task(sight) => sight,
            LaunchLookup::Uncertain => {
                return Ok(pending("AWS does not show its task; it is waited for, to be stopped"));
            }
            LaunchLookup::Absent => {
                self.cache.forget(key);
                return Ok(Observed::Absent);
            }
        };
        match sight.stage {
            TaskStage::Stopped(_) => {
                self.cache.forget(key);
                return Ok(Observed::Absent);
            }
            TaskStage::Stopping => {}
            TaskStage::Starting(_) | TaskStage::Running(_) => {
                self.ask_to_stop(key, &sight.arn).await?;
            }
        }
        Ok(pending("stopping"))
    }

    async fn ask_to_stop(&self, key: &LaunchId, arn: &str) -> Result<()> {
        let call = self.clients.ecs.stop_task().cluster(&self.outputs.cluster).task(arn);
        let answer = call.reason(format!("{STOP_PREFIX}the launch {key} is ended")).send().await;
        self.cache.invalidate(key);
        match answer {
            Ok(_) => Ok(()),
            // It went meanwhile; the next look says so.
            Err(error) if error.message().is_some_and(|text| text.contains("not found")) => Ok(()),
            Err(error) => Err(aws_error("stopping a task", error)),
        }
    }
}
