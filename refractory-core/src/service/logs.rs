//! What the program of an instance prints.
use super::Refractory;
use crate::access::{Verb, check};
use crate::model::Principal;
use crate::ports::{LogChunk, LogPosition};
use crate::{InstanceId, Result};

impl Refractory {
    /// At most `limit` lines after `from`, or the last `limit` lines where `from` is `None`.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`, and as [`LogSource::read`](crate::ports::LogSource::read) has them.
    pub async fn logs(
        &self,
        who: &Principal,
        of: &InstanceId,
        from: Option<&LogPosition>,
        limit: usize,
    ) -> Result<LogChunk> {
        let instance = self.get(who, of).await?;
        check(who, Verb::ReadLogs, &instance, of)?;
        self.deployment.ports.logs.read(of, from, limit).await
    }
}
