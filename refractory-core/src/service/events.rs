//! The audit log: writing events down, and reading them a page at a time.
use super::{Deployment, Refractory};
use crate::access::{Verb, can, check, check_role, may, no_such_instance};
use crate::model::{Event, EventKind, Instance, License, Principal};
use crate::ports::{Aggregate, Collection, Cursor, Index, IndexEntry, Query};
use crate::{InstanceId, Result, UserId};

/// Which events are meant. Without a condition, all are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct EventFilter {
    /// Those about this instance.
    pub instance: Option<InstanceId>,
    /// Those that this user caused.
    pub actor: Option<UserId>,
    /// Those of this kind, by its [name](EventKind::name).
    pub kind: Option<String>,
}

impl EventFilter {
    /// Those about `instance`.
    pub fn about(instance: &InstanceId) -> Self {
        Self { instance: Some(instance.clone()), ..Self::default() }
    }

    /// The same, of those that `actor` caused.
    #[must_use]
    pub fn by(mut self, actor: UserId) -> Self {
        self.actor = Some(actor);
        self
    }

    /// The same, of those of one kind.
    #[must_use]
    pub fn of_kind(mut self, name: impl Into<String>) -> Self {
        self.kind = Some(name.into());
        self
    }

    /// Whether `event` is meant.
    pub fn matches(&self, event: &Event) -> bool {
        let of_kind = self.kind.as_ref().is_none_or(|kind| kind == event.kind.name());
        let by = self.actor.is_none() || self.actor == event.actor.user;
        let about = |id: &InstanceId| event.instances().contains(&id);
        of_kind && by && self.instance.as_ref().is_none_or(about)
    }

    /// The index that holds the fewest others.
    fn query(&self) -> Query {
        match (&self.instance, &self.actor) {
            (Some(id), _) => Query::partition(Index::EventByInstance, id.as_str()),
            (None, Some(actor)) => Query::partition(Index::EventByActor, actor.as_str()),
            (None, None) => Query::index(Index::EventByTime),
        }
    }

    /// Whether the index may hold others, too.
    fn passes_over(&self) -> bool {
        self.kind.is_some() || (self.instance.is_some() && self.actor.is_some())
    }
}

/// One page of events, newest first.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct EventPage {
    /// The events. There may be fewer than were asked for, and even none, before the last page.
    pub events: Vec<Event>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
}

impl Deployment {
    /// Writes down an event that could not be committed with what it tells of, as that has been done already: one that
    /// cannot be written, as on a full disk, goes to the log of this process, and does not make the deed a failure.
    pub(crate) async fn record(&self, event: Event) {
        if let Err(error) = Collection::of(self.ports.store.as_ref()).insert(&event).await {
            let Event { kind, instance, actor, address, .. } = event;
            tracing::error!(
                ?error,
                ?kind,
                ?instance,
                actor = actor.name,
                ?address,
                "an entry of the audit log could not be written"
            );
        }
    }

    /// Fills in what licenses are called where only their ids are known.
    pub(crate) async fn name_licenses(&self, events: &mut [Event]) {
        for event in events {
            if let EventKind::LicenseGranted { license }
            | EventKind::LicenseReturned { license }
            | EventKind::LicenseHandedOver { license, .. } = &mut event.kind
                && license.name.is_empty()
            {
                let licenses = Collection::<License>::of(self.ports.store.as_ref());
                // A name that cannot be read is no reason to stop: the id says which license it was.
                if let Ok(Some(found)) = licenses.load_readable(license.id.as_str()).await {
                    license.name = found.name;
                }
            }
        }
    }
}

impl Deployment {
    /// Whether `event` names no other instance that `who` may not see. One that is gone hides nothing.
    pub(crate) async fn names_what_is_seen(&self, who: &Principal, event: &Event) -> Result<bool> {
        if may(who, Verb::ReadEvents) || event.kind.other_instances().next().is_none() {
            return Ok(true);
        }
        for id in event.instances() {
            let instances = Collection::<Instance>::of(self.ports.store.as_ref());
            let found = instances.load_readable(id.as_str()).await?;
            if found.is_some_and(|instance| !can(who, Verb::SeeInstance, &instance)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Refractory {
    /// An event that `who` causes. It is committed with what it tells of, where that is a record.
    pub(super) fn event(&self, who: &Principal, kind: EventKind) -> Event {
        Event::by(who, self.now(), kind)
    }

    /// One page of at most `limit` events, newest first: all that `filter` means, after `after`.
    ///
    /// Of an instance, those may read them who may read its log, except for events that name another instance which they may
    /// not see; of the whole deployment, administrators.
    ///
    /// # Errors
    ///
    /// `Forbidden`.
    pub async fn events(
        &self,
        who: &Principal,
        filter: &EventFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<EventPage> {
        self.check_events(who, filter).await?;
        let limit = limit.clamp(1, Query::MAX_LIMIT);
        let query = filter.query().descending().after(after);
        let query = query.limit(if filter.passes_over() { Query::MAX_LIMIT } else { limit });
        let page = self.collection::<Event>().page(&query).await?;
        let mut events = Vec::new();
        for event in page.records.into_iter().filter(|event| filter.matches(event)) {
            if self.deployment.names_what_is_seen(who, &event).await? {
                events.push(event);
            }
        }
        let mut next = page.next;
        if events.len() > limit {
            events.truncate(limit);
            next = events.last().and_then(|last| place(&query, last));
        }
        Ok(EventPage { events, next })
    }

    async fn check_events(&self, who: &Principal, filter: &EventFilter) -> Result<()> {
        let Some(id) = &filter.instance else { return check_role(who, Verb::ReadEvents) };
        match self.collection::<Instance>().load(id.as_str()).await? {
            Some(instance) => check(who, Verb::ReadLogs, &instance, id),
            // What happened to one that is gone is in the deployment's own log.
            None if may(who, Verb::ReadEvents) => Ok(()),
            None => Err(no_such_instance(id)),
        }
    }
}

/// The place after `event` in what `query` goes through.
fn place(query: &Query, event: &Event) -> Option<Cursor> {
    let entries = event.indexed();
    let is_read = |entry: &&IndexEntry| query.goes_through(entry);
    entries.iter().find(is_read).map(|entry| Cursor::new(&entry.sort, event.id.as_str()))
}
