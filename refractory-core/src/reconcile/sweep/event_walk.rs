//! Going through the audit log, a page each time, for what it has no room for any more.
use std::time::Duration;

use tokio::sync::Mutex;

use super::retention::{Entry, superfluous};
use crate::model::Event;
use crate::ports::{Collection, Cursor, Index, Query};
use crate::service::Deployment;
use crate::{EventId, MonotonicTime, Result};

/// How long nothing is read once everything was gone through.
const REST: Duration = Duration::from_hours(1);

/// How far a worker has come. It is not written down: a new process begins anew, and deletes nothing twice.
#[derive(Debug, Default)]
pub(crate) struct EventWalk(Mutex<Walk>);

#[derive(Debug)]
enum Walk {
    /// Reading on, with what was read so far.
    Reading(Vec<Entry>, Option<Cursor>),
    /// Deleting these, the last first.
    Deleting(Vec<EventId>),
    /// Done for now.
    Resting(MonotonicTime),
}

impl Default for Walk {
    fn default() -> Self {
        Self::Reading(Vec::new(), None)
    }
}

impl Deployment {
    /// Reads or deletes one page of events: what is too old, and what takes more than a fair share of the room there is.
    pub(super) async fn trim_events(&self) -> Result<()> {
        let now = self.clock.monotonic();
        // Where two sweeps meet, one goes on.
        let Ok(mut walk) = self.event_walk.0.try_lock() else { return Ok(()) };
        match &mut *walk {
            Walk::Resting(until) if now < *until => Ok(()),
            Walk::Resting(_) => {
                *walk = Walk::default();
                Ok(())
            }
            Walk::Reading(entries, cursor) => {
                let query = Query::index(Index::EventByTime).after(cursor.clone());
                let events = Collection::<Event>::of(self.ports.store.as_ref());
                let page = events.page(&query).await?;
                entries.extend(page.records.iter().map(Entry::of));
                *cursor = page.next;
                if cursor.is_none() {
                    let age = |at| self.clock.age(at).unwrap_or_default();
                    let gone = superfluous(entries, age, &self.options);
                    *walk = Walk::Deleting(gone.into_iter().rev().collect());
                }
                Ok(())
            }
            Walk::Deleting(gone) => {
                let rest = gone.len().saturating_sub(Query::MAX_LIMIT);
                self.delete_events(&gone[rest..]).await?;
                gone.truncate(rest);
                if gone.is_empty() {
                    *walk = Walk::Resting(now.after(REST));
                }
                Ok(())
            }
        }
    }

    async fn delete_events(&self, ids: &[EventId]) -> Result<()> {
        let events = Collection::<Event>::of(self.ports.store.as_ref());
        for id in ids {
            let event = events.load_readable(id.as_str()).await?;
            self.delete_all(event.into_iter()).await?;
        }
        Ok(())
    }
}
