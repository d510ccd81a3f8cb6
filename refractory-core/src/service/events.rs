//! The audit trail.
use super::policy::{Relation, Verb, check};
use super::{Deployment, Refractory};
use crate::model::{Event, EventKind, Instance, Principal};
use crate::ports::Table;
use crate::{InstanceId, Result};

impl Deployment {
    /// Writes an entry down.
    pub(crate) async fn record(&self, event: Event) -> Result<()> {
        Table::of(self.ports.store.as_ref()).insert(&event).await.map(|_| ())
    }
}

impl Refractory {
    pub(super) async fn tell(
        &self,
        who: &Principal,
        kind: EventKind,
        instance: Option<&InstanceId>,
        text: String,
    ) -> Result<()> {
        self.deployment.record(Event::by(who, self.now(), kind, instance, text)).await
    }

    /// The latest `limit` entries, newest first: of one instance, or of the whole deployment.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn events(
        &self,
        who: &Principal,
        of: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<Event>> {
        match of {
            Some(id) => {
                let owner = self
                    .table::<Instance>()
                    .load(id.as_str())
                    .await?
                    .and_then(|instance| instance.owner);
                check(who, Verb::ReadLogs, Relation::of(who, owner.as_ref()))?;
            }
            None => check(who, Verb::ReadEvents, Relation::Stranger)?,
        }
        let mut all = self.table::<Event>().list().await?;
        all.retain(|event| of.is_none_or(|id| event.instance.as_ref() == Some(id)));
        all.sort_by_key(|event| std::cmp::Reverse(event.at));
        all.truncate(limit);
        Ok(all)
    }
}
