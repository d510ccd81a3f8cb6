//! Whether anybody does the work.
use super::Refractory;
use crate::Result;
use crate::model::WorkerMark;

impl Refractory {
    /// The workers that have said lately that they live.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn workers(&self) -> Result<Vec<WorkerMark>> {
        let mut all = self.collection::<WorkerMark>().list().await?;
        let (clock, known) = (&self.deployment.clock, &self.deployment.liveness);
        let now = (clock.now(), clock.monotonic());
        known.keep(&all);
        all.retain(|mark| known.is_alive(mark, now, self.worker_options().silence()));
        Ok(all)
    }
}
