//! Rows that have had their day.
use std::time::Duration;

use crate::model::Token;
use crate::ports::{Aggregate, Collection, Index, Query};
use crate::service::Deployment;
use crate::{ErrorKind, Result};

impl Deployment {
    /// Deletes sessions and links that have ended, and what the audit trail no longer has room for.
    pub(in crate::reconcile) async fn trim(&self) -> Result<()> {
        let tokens = Collection::<Token>::of(self.ports.store.as_ref());
        let now = self.clock.now();
        // Dated later than now: the clock was set back since.
        for token in tokens.gather(Query::index(Index::TokenByMade).since(now)).await?.0 {
            self.date_anew(token).await?;
        }
        // One that ends at this very moment has ended.
        let past = Query::index(Index::TokenByExpiry).until(now.after(Duration::from_millis(1)));
        let (past, _) = tokens.gather(past).await?;
        self.delete_all(past.into_iter().filter(|token| self.has_ended(token))).await?;
        self.purge_old_admin_keys().await?;
        self.trim_events().await
    }

    pub(super) async fn delete_all<T: Aggregate>(
        &self,
        rows: impl Iterator<Item = T> + Send,
    ) -> Result<()> {
        let table = Collection::<T>::of(self.ports.store.as_ref());
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
