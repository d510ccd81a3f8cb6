//! The audit trail.
use super::policy::{Relation, Verb, check};
use super::{Deployment, Refractory};
use crate::model::{Event, EventKind, Instance, Principal};
use crate::ports::{Collection, Index, Query};
use crate::{InstanceId, Result};

impl Deployment {
    /// Writes down an entry that could not be committed with what it tells of, as that has been done already: an entry that
    /// cannot be written, as on a full disk, goes to the log of this process, and does not make the deed a failure.
    pub(crate) async fn record(&self, event: Event) {
        if let Err(error) = Collection::of(self.ports.store.as_ref()).insert(&event).await {
            let Event { kind, instance, name, address, text, .. } = event;
            tracing::error!(
                ?error,
                ?kind,
                ?instance,
                name,
                ?address,
                text,
                "an entry of the audit log could not be written"
            );
        }
    }
}

impl Refractory {
    /// An entry about what `who` does. It is committed with what it tells of, where that is a record.
    pub(super) fn entry(
        &self,
        who: &Principal,
        kind: EventKind,
        instance: Option<&InstanceId>,
        text: String,
    ) -> Event {
        Event::by(who, self.now(), kind, instance, text)
    }

    /// Writes down an entry of its own, about what is no record, or was done in several steps.
    pub(super) async fn tell(
        &self,
        who: &Principal,
        kind: EventKind,
        instance: Option<&InstanceId>,
        text: String,
    ) {
        self.deployment.record(self.entry(who, kind, instance, text)).await;
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
                    .collection::<Instance>()
                    .load(id.as_str())
                    .await?
                    .and_then(|instance| instance.owner);
                check(who, Verb::ReadLogs, Relation::of(who, owner.as_ref()))?;
            }
            None => check(who, Verb::ReadEvents, Relation::Stranger)?,
        }
        let query = match of {
            Some(id) => Query::partition(Index::EventByInstance, id.as_str()),
            None => Query::index(Index::EventByTime),
        };
        self.collection().first(query.descending(), limit).await
    }
}
