//! Removing a volume, with everything in it.
use refractory_core::ports::{Observed, Progress, Volume};
use refractory_core::{InstanceId, Result};

use super::EfsStorage;
use super::errand::{Errand, Next, Script};
use super::point::{Point, Stage};

impl EfsStorage {
    /// Takes the removal one step further. Each step is written down before the next one: on the access point, which goes last.
    ///
    /// What EFS keeps after that is the empty folder that the access point led to. Only somebody who mounts the folder of
    /// *all* tables could take it away, and nobody here may: it holds nothing and costs nothing.
    pub(super) async fn removed(&self, of: &InstanceId) -> Result<Observed<Volume>> {
        let Some(point) = self.points.look(of).await? else { return Ok(Observed::Absent) };
        match point.stage {
            Stage::Kept if self.errands.table_runs(of).await? => {
                Ok(pending("its task has not ended yet"))
            }
            Stage::Kept => {
                self.points.mark(&point.id, Stage::Clearing).await?;
                self.cleared(of, &point).await
            }
            Stage::Clearing => self.cleared(of, &point).await,
            Stage::Cleared => self.closed(of, &point).await,
        }
    }

    async fn cleared(&self, of: &InstanceId, point: &Point) -> Result<Observed<Volume>> {
        // An access point is made once and its id used once, so what has been done through it stays done.
        let what = format!("clear:{}", point.id);
        let standing = self.errands.standing(of).await?;
        if standing.done(&what) {
            self.points.mark(&point.id, Stage::Cleared).await?;
            return self.closed(of, point).await;
        }
        match standing.next(&what, self.errands.now()) {
            Next::Wait => Ok(pending("its files are removed")),
            Next::Failed(error) => Err(error),
            Next::Start(tries) => {
                let (script, access_point) = (Script::Clear, point.id.as_str());
                let errand =
                    Errand { of, what, script, access_point, attempt: None, orders: None, tries };
                self.errands.start(&errand).await?;
                Ok(pending("its files are removed"))
            }
        }
    }

    async fn closed(&self, of: &InstanceId, point: &Point) -> Result<Observed<Volume>> {
        self.errands.tidy(of).await?;
        self.points.delete(&point.id).await?;
        Ok(pending("its access point is removed"))
    }
}

fn pending(message: &str) -> Observed<Volume> {
    Observed::Pending(Some(Progress::new(message)))
}
