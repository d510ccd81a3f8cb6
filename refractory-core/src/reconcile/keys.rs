//! Keys for uploads that were asked to be replaced: seen through until nothing has the old one.
use super::Worker;
use super::act::bounded;
use crate::model::{Event, EventKind, Instance, Power};
use crate::ports::{Collection, Observed};
use crate::{ErrorKind, Result, Timestamp};

impl Worker {
    /// Brings every key that is being replaced one step further. [`run_until`](Self::run_until) does it by itself.
    ///
    /// # Errors
    ///
    /// As the store has them. A key that cannot be replaced now is tried again, and keeps none of the others.
    pub async fn rotate_keys(&self) -> Result<()> {
        let all = Collection::<Instance>::of(self.deployment.ports.store.as_ref()).list().await?;
        self.rotate_keys_of(&all).await
    }

    pub(super) async fn rotate_keys_of(&self, rows: &[Instance]) -> Result<()> {
        let mut done = Ok(());
        for row in rows {
            let wanted = row.rekey.filter(|_| row.desired.power != Power::Gone);
            // Whoever has it in hand goes on with its key as well.
            let ages = self.ages_of(row);
            if let Some(before) = wanted
                && self.claimed_by_another(row, &ages).is_none()
            {
                done = done.and(self.rotate_key(row, before).await);
            }
        }
        done
    }

    async fn rotate_key(&self, row: &Instance, before: Timestamp) -> Result<()> {
        let deadline = self.deployment.options.deadline;
        let turn = self.deployment.ports.assets.rotate(&row.id, before);
        match bounded(deadline, "replacing a key for uploads", turn).await {
            Ok(Observed::Ready(_)) => {
                self.over(row, before, Some(EventKind::CredentialsRotated)).await
            }
            Ok(Observed::Absent) => self.over(row, before, None).await,
            Ok(Observed::Pending(_) | Observed::Broken(_)) => Ok(()),
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                self.over(row, before, None).await
            }
            Err(error) => {
                tracing::warn!(instance = %row.id, ?error, "replacing a key for uploads is tried again");
                Ok(())
            }
        }
    }

    async fn over(&self, row: &Instance, before: Timestamp, told: Option<EventKind>) -> Result<()> {
        let now = self.deployment.clock.now();
        let table = Collection::<Instance>::of(self.deployment.ports.store.as_ref());
        let cleared = table.update_with_events(row.id.as_str(), |row| {
            let mine = row.rekey == Some(before);
            row.rekey = row.rekey.filter(|_| !mine);
            let kind = told.clone().filter(|_| mine);
            let event = kind.map(|kind| Event::by_system(now, kind).about(row));
            Ok((mine, event.into_iter().collect()))
        });
        cleared.await.map(|_| ())
    }
}
