//! Following events, in whatever process they are written.
use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::events::EventFilter;
use super::watch::WriteSignal;
use super::{Deployment, Refractory};
use crate::access::{Verb, can, has_scope, may};
use crate::model::{Event, EventKind, Instance, Principal};
use crate::ports::{Collection, Index, Kind, Position, Query};
use crate::{Code, Error, ErrorKind, EventId, Result, Timestamp};

/// How many changes are read at once.
const PAGE: usize = 100;
/// How many ids of events that were returned are remembered: a store may report a write more than once.
const REMEMBERED: usize = 512;
/// How much earlier than the last event one may be that is written after it, where positions were forgotten.
const SLACK: Duration = Duration::from_mins(1);

/// A place in the order in which events were written. [`Refractory::subscribe`] returns what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCursor {
    position: Position,
    /// The event before it; none where it is no event's.
    seen: Option<EventId>,
    /// When that happened, for a store that has forgotten the position.
    at: Timestamp,
}

/// As text: for addresses, and for `Last-Event-ID`.
impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.seen.as_ref().map_or("", EventId::as_str);
        write!(f, "{:x}_{:x}_{seen}", self.position.0, self.at.0)
    }
}

impl FromStr for EventCursor {
    type Err = Error;

    fn from_str(raw: &str) -> Result<Self> {
        let read = || {
            let mut parts = raw.splitn(3, '_');
            let mut number = || u64::from_str_radix(parts.next()?, 16).ok();
            let (position, at) = (Position(number()?), Timestamp(number()?));
            let seen = match parts.next()? {
                "" => None,
                id => Some(EventId::new(id).ok()?),
            };
            Some(Self { position, seen, at })
        };
        read().ok_or_else(no_cursor)
    }
}

/// What is no place of the list that it was given for.
pub(super) fn no_cursor() -> Error {
    Error::new(ErrorKind::Invalid, "reading a cursor").coded(Code::NO_CURSOR)
}

/// An event, and where to go on after it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FollowedEvent {
    /// The event.
    pub event: Event,
    /// The place after it.
    pub cursor: EventCursor,
}

/// Events as they are written. What could not be read is returned by the next call.
#[derive(Debug)]
pub struct Subscription {
    deployment: Arc<Deployment>,
    signal: WriteSignal,
    who: Principal,
    filter: EventFilter,
    /// Where the pending page begins, and where the next one does.
    cursor: EventCursor,
    next: Position,
    pending: VecDeque<EventId>,
    /// Events that were written while the position was forgotten, oldest first.
    found: VecDeque<Event>,
    /// What is still to be read of these.
    unread: Option<Query>,
    /// What was taken and is not returned yet: a call that is dropped loses nothing.
    current: Option<Event>,
    recent: VecDeque<EventId>,
}

impl Refractory {
    /// Follows the events that `filter` means and that `who` may read: those after `after`, or from now on.
    ///
    /// None that was written is missed, in whatever process, also by who goes on at a cursor after a while. One may be
    /// returned twice after an interruption. Nothing is read while nothing is written.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn subscribe(
        &self,
        who: &Principal,
        filter: EventFilter,
        after: Option<EventCursor>,
    ) -> Result<Subscription> {
        let cursor = match after {
            Some(cursor) => cursor,
            None => self.event_cursor().await?,
        };
        Ok(Subscription {
            deployment: Arc::clone(&self.deployment),
            signal: WriteSignal::of(&self.deployment),
            who: who.clone(),
            filter,
            next: cursor.position,
            cursor,
            pending: VecDeque::new(),
            found: VecDeque::new(),
            unread: None,
            current: None,
            recent: VecDeque::new(),
        })
    }

    /// The place after every event that is written.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn event_cursor(&self) -> Result<EventCursor> {
        let position = self.deployment.ports.store.position(Kind::Event).await?;
        Ok(EventCursor { position, seen: None, at: self.now() })
    }
}

impl Subscription {
    /// Goes on as `who`: rights may have changed meanwhile.
    pub fn look_as(&mut self, who: Principal) {
        self.who = who;
    }

    /// The place after the last event that was returned.
    pub fn cursor(&self) -> &EventCursor {
        &self.cursor
    }

    /// The next event; waits for it.
    ///
    /// # Errors
    ///
    /// As the store has them; the next call goes on where this one could not.
    pub async fn next(&mut self) -> Result<FollowedEvent> {
        loop {
            self.signal.begin();
            loop {
                let event = match &self.current {
                    Some(event) => event.clone(),
                    None => match self.take().await? {
                        Some(event) => event,
                        None => break,
                    },
                };
                self.current = Some(event.clone());
                let is_meant = self.filter.matches(&event)
                    && self.deployment.may_read(&self.who, &event).await?;
                self.current = None;
                if is_meant {
                    return Ok(FollowedEvent { event, cursor: self.cursor.clone() });
                }
            }
            self.signal.wait().await;
        }
    }

    /// As a stream that never ends. After an error it goes on.
    pub fn into_stream(
        self,
    ) -> impl futures_util::Stream<Item = Result<FollowedEvent>> + Send + 'static {
        futures_util::stream::unfold(self, |mut subscription| async move {
            let next = subscription.next().await;
            if next.is_err() {
                subscription.signal.wait().await;
            }
            Some((next, subscription))
        })
    }

    /// The next event that is written already, whatever it is.
    async fn take(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.found.pop_front() {
                self.advance(&event);
                if self.remember(&event.id) {
                    return Ok(Some(event));
                }
                continue;
            }
            if let Some(query) = self.unread.clone() {
                self.find_on(query).await?;
                continue;
            }
            let Some(id) = self.pending.front().cloned() else {
                if !self.read_on().await? {
                    return Ok(None);
                }
                continue;
            };
            let events = Collection::<Event>::of(self.deployment.ports.store.as_ref());
            // One that is gone was deleted meanwhile, and one that cannot be read keeps no one from the others.
            let event = events.load_readable(id.as_str()).await?;
            self.pending.pop_front();
            if let Some(event) = event {
                self.advance(&event);
                if self.remember(&id) {
                    return Ok(Some(event));
                }
            }
        }
    }

    fn advance(&mut self, event: &Event) {
        self.cursor.seen = Some(event.id.clone());
        self.cursor.at = event.at;
        if self.pending.is_empty() && self.found.is_empty() && self.unread.is_none() {
            self.cursor.position = self.next;
        }
    }

    /// Whether it was not returned lately.
    fn remember(&mut self, id: &EventId) -> bool {
        if self.recent.contains(id) {
            return false;
        }
        if self.recent.len() >= REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(id.clone());
        true
    }

    /// Reads the next page; whether there was anything new.
    async fn read_on(&mut self) -> Result<bool> {
        let store = self.deployment.ports.store.as_ref();
        let page = store.changes(Kind::Event, self.next, PAGE).await?;
        if page.expired {
            self.next = store.position(Kind::Event).await?;
            self.unread =
                Some(Query::index(Index::EventByTime).since(self.cursor.at.before(SLACK)));
            return Ok(true);
        }
        self.cursor.position = self.next;
        self.next = page.next;
        self.pending = page.changes.iter().filter_map(|change| change.id.parse().ok()).collect();
        self.skip_what_was_seen();
        if self.pending.is_empty() {
            self.cursor.position = self.next;
        }
        Ok(!self.pending.is_empty() || page.more)
    }

    /// Who comes back with a cursor from the middle of a page has seen the beginning of the page.
    fn skip_what_was_seen(&mut self) {
        let seen = self.cursor.seen.as_ref();
        let at = seen.and_then(|seen| self.pending.iter().position(|id| id == seen));
        if let Some(at) = at
            && self.recent.is_empty()
        {
            self.pending.drain(..=at);
        }
    }

    /// Reads a page of what was written since a position that the store has forgotten, by the date of the last event that was
    /// returned. Until the last page is read, the cursor stays where it was.
    async fn find_on(&mut self, query: Query) -> Result<()> {
        let events = Collection::<Event>::of(self.deployment.ports.store.as_ref());
        let page = events.page(&query).await?;
        let seen = self.cursor.seen.as_ref();
        self.found = page.records.into_iter().filter(|event| Some(&event.id) != seen).collect();
        self.unread = page.next.map(|next| query.after(Some(next)));
        if self.found.is_empty() && self.unread.is_none() {
            self.cursor.position = self.next;
        }
        Ok(())
    }
}

impl Deployment {
    /// Whether `who` may read `event`, with the rights there are now.
    async fn may_read(&self, who: &Principal, event: &Event) -> Result<bool> {
        if may(who, Verb::ReadEvents) {
            return Ok(true);
        }
        if let EventKind::InstanceRemoved { owner } = &event.kind {
            // Its grants went with it.
            return Ok(has_scope(who, Verb::ReadEvents.scope()) && who.is(owner.as_ref()));
        }
        for id in event.instances() {
            let instances = Collection::<Instance>::of(self.ports.store.as_ref());
            let row = instances.load_readable(id.as_str()).await?;
            if row.is_some_and(|row| can(who, Verb::ReadLogs, &row)) {
                return self.names_what_is_seen(who, event).await;
            }
        }
        Ok(false)
    }
}

impl Refractory {
    /// Whether `who` may read `event`, with the rights there are now: for front ends that pass events on to several readers.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn may_read_event(&self, who: &Principal, event: &Event) -> Result<bool> {
        self.deployment.may_read(who, event).await
    }
}
