//! Ending a launch.
use std::sync::Arc;

use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::ports::{Endpoint, Observed};
use refractory_core::{LaunchId, Result};

use super::end::ASKED;
use super::fleet::Fleet;
use super::look::Found;
use super::port::pending;
use super::sight::Stage;
use crate::error::refused;

impl Fleet {
    /// Moves the end of the launch `key` along.
    pub(super) async fn stop(self: &Arc<Self>, key: &LaunchId) -> Result<Observed<Endpoint>> {
        let sight = match self.look(key).await? {
            Found::Task(sight) => sight,
            Found::Unsure => {
                return Ok(pending("AWS does not show its task; it is waited for, to be stopped"));
            }
            Found::Nothing => {
                self.memory.forget(key);
                return Ok(Observed::Absent);
            }
        };
        match sight.stage {
            Stage::Stopped(_) => {
                self.memory.forget(key);
                return Ok(Observed::Absent);
            }
            Stage::Stopping => {}
            Stage::Starting(_) | Stage::Running(_) => self.ask_to_stop(key, &sight.arn).await?,
        }
        Ok(pending("stopping"))
    }

    async fn ask_to_stop(&self, key: &LaunchId, arn: &str) -> Result<()> {
        let call = self.clients.ecs.stop_task().cluster(&self.ground.cluster).task(arn);
        let answer = call.reason(format!("{ASKED}the launch {key} is ended")).send().await;
        self.memory.unsee(key);
        match answer {
            Ok(_) => Ok(()),
            // It went meanwhile; the next look says so.
            Err(error) if error.message().is_some_and(|text| text.contains("not found")) => Ok(()),
            Err(error) => Err(refused("stopping a task", error)),
        }
    }
}
