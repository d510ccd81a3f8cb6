//! Removing a volume, with everything in it.
use refractory_core::ports::{Observed, Progress, Volume};
use refractory_core::{InstanceId, Result};

use super::EfsStorage;
use super::access_point::{AccessPoint, RemovalStage};
use super::job::{EcsJob, NextAction, Script};

impl EfsStorage {
    /// Takes the removal one step further. Each step is written down before the next one: on the access point, which goes last.
    ///
    /// What EFS keeps after that is the empty folder that the access point led to. Only a task that mounts the folder of
    /// *all* tables could remove it, and none here may: it holds nothing and costs nothing.
    pub(super) async fn remove_step(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        let Some(point) = self.points.describe(of).await? else { return Ok(Observed::Absent) };
        match point.stage {
            RemovalStage::Kept if self.jobs.table_runs(of).await? => {
                Ok(pending("its task has not ended yet"))
            }
            RemovalStage::Kept => {
                self.points.set_stage(&point.id, RemovalStage::Clearing).await?;
                self.clear_files(of, &point).await
            }
            RemovalStage::Clearing => self.clear_files(of, &point).await,
            RemovalStage::Cleared => self.delete_access_point(of, &point).await,
        }
    }

    async fn clear_files(&self, of: &InstanceId, point: &AccessPoint) -> Result<Observed<Volume>> {
        // An access point is made once and its id used once, so what has been done through it stays done.
        let what = format!("clear:{}", point.id);
        let standing = self.jobs.history(of).await?;
        if standing.done(&what) {
            self.points.set_stage(&point.id, RemovalStage::Cleared).await?;
            return self.delete_access_point(of, point).await;
        }
        match standing.next(&what, self.jobs.now()) {
            NextAction::Wait => Ok(pending("its files are removed")),
            NextAction::Failed(error) => Err(error),
            NextAction::Start(tries) => {
                let (script, access_point) = (Script::Clear, point.id.as_str());
                let job = EcsJob {
                    of,
                    name: what,
                    script,
                    access_point,
                    attempt: None,
                    input: None,
                    tries,
                };
                self.jobs.start(&job).await?;
                Ok(pending("its files are removed"))
            }
        }
    }

    async fn delete_access_point(
        &self,
        of: &InstanceId,
        point: &AccessPoint,
    ) -> Result<Observed<Volume>> {
        self.jobs.clean_up(of).await?;
        self.points.delete(&point.id).await?;
        Ok(pending("its access point is removed"))
    }
}

fn pending(message: &str) -> Observed<Volume> {
    Observed::Pending(Some(Progress::new(message)))
}
