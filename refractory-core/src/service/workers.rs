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
        let now = self.now();
        let mut all = self.table::<WorkerMark>().list().await?;
        all.retain(|mark| self.patience().is_alive(mark.seen, now));
        Ok(all)
    }
}
