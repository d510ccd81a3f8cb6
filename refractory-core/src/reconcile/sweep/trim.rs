//! Rows that have had their day.
use super::retention::superfluous;
use crate::model::{Event, Token};
use crate::ports::{Aggregate, Table};
use crate::service::Deployment;
use crate::{ErrorKind, Result, Timestamp};

impl Deployment {
    /// Deletes sessions and links that have ended, and what the audit trail no longer has room for.
    pub(super) async fn trim(&self, now: Timestamp) -> Result<()> {
        let tokens = Table::<Token>::of(self.ports.store.as_ref()).list().await?;
        self.delete_all(tokens.into_iter().filter(|token| token.until <= now)).await?;
        let events = Table::<Event>::of(self.ports.store.as_ref()).list().await?;
        let gone = superfluous(&events, now, &self.patience);
        self.delete_all(events.into_iter().filter(|event| gone.contains(&event.id))).await
    }

    async fn delete_all<T: Aggregate>(&self, rows: impl Iterator<Item = T> + Send) -> Result<()> {
        let table = Table::<T>::of(self.ports.store.as_ref());
        for row in rows {
            match table.delete(&row).await {
                Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) => {
                }
                other => other?,
            }
        }
        Ok(())
    }
}
