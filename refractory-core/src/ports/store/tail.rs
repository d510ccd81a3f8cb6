//! Reading what is written from now on.
use std::collections::BTreeMap;

use super::{Change, Kind, Position, Store};
use crate::Result;

/// How many changes are read at once.
const PAGE: usize = 100;

/// Reads what is written of one kind from the first poll on, and nothing of what was there before.
#[derive(Debug)]
pub(crate) struct ChangeTail {
    kind: Kind,
    position: Option<Position>,
    /// What the last poll read: a store may report a write more than once.
    last: BTreeMap<String, Option<u64>>,
}

impl ChangeTail {
    /// A tail of the changes of `kind`.
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, position: None, last: BTreeMap::new() }
    }

    /// Returns what was written since the last poll; `None` where that is not known, as at the first poll and where the store has
    /// forgotten the position.
    ///
    /// # Errors
    ///
    /// As [`Store::changes`]; the next poll returns what this one could not.
    pub(crate) async fn poll(&mut self, store: &dyn Store) -> Result<Option<Vec<Change>>> {
        let Some(mut position) = self.position else { return self.begin(store).await };
        let mut read = BTreeMap::new();
        loop {
            let page = store.changes(self.kind, position, PAGE).await?;
            if page.expired {
                return self.begin(store).await;
            }
            position = page.next;
            read.extend(page.changes.into_iter().map(|change| (change.id, change.revision)));
            if !page.more {
                break;
            }
        }
        self.position = Some(position);
        let last = std::mem::replace(&mut self.last, read);
        let news = self.last.iter().filter(|(id, revision)| last.get(*id) != Some(*revision));
        let change = |(id, revision): (&String, &Option<u64>)| Change {
            id: id.clone(),
            revision: *revision,
        };
        Ok(Some(news.map(change).collect()))
    }

    async fn begin(&mut self, store: &dyn Store) -> Result<Option<Vec<Change>>> {
        self.position = Some(store.position(self.kind).await?);
        self.last.clear();
        Ok(None)
    }
}
