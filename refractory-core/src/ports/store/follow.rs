//! Following the changes of one kind.
use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Kind, Position, Store};
use crate::Result;

/// Follows the records of one kind: which are new or were written, and which are gone.
#[derive(Debug)]
pub struct Follower {
    kind: Kind,
    position: Position,
    known: BTreeMap<String, u64>,
    /// What was met since a reading from the start began that is to tell what is gone.
    met: Option<BTreeSet<String>>,
    pending: Followed,
}

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Followed {
    /// Ids and revisions of records that are new or were written, damaged ones too.
    pub written: BTreeMap<String, u64>,
    /// Ids of records that are gone.
    pub gone: BTreeSet<String>,
}

impl Follower {
    /// A follower that first tells of every record of `kind` there is.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            position: Position::START,
            known: BTreeMap::new(),
            met: None,
            pending: Followed::default(),
        }
    }

    /// What has changed since the last call.
    ///
    /// # Errors
    ///
    /// As [`Store::changes`]; the next call tells what this one could not.
    pub async fn poll(&mut self, store: &dyn Store) -> Result<Followed> {
        const PAGE: usize = 1_000;
        loop {
            let told = store.changes(self.kind, self.position, PAGE).await?;
            if told.expired {
                self.position = Position::START;
                self.met = Some(BTreeSet::new());
                continue;
            }
            self.position = told.next;
            for change in told.changes {
                self.take(change);
            }
            if !told.more {
                self.forget_what_was_not_met();
                return Ok(std::mem::take(&mut self.pending));
            }
        }
    }

    /// Whether the record `id` was there when the store was last asked.
    pub fn knows(&self, id: &str) -> bool {
        self.known.contains_key(id)
    }

    /// Takes `revision` of a record that was told of for known: it need not be told.
    pub fn note(&mut self, id: &str, revision: u64) {
        if let Some(known) = self.known.get_mut(id) {
            *known = revision;
        }
    }

    fn take(&mut self, change: Change) {
        let Change { id, revision } = change;
        match revision {
            Some(revision) => {
                if let Some(met) = &mut self.met {
                    met.insert(id.clone());
                }
                if self.known.insert(id.clone(), revision) != Some(revision) {
                    self.pending.gone.remove(&id);
                    self.pending.written.insert(id, revision);
                }
            }
            None => self.lose(&id),
        }
    }

    fn lose(&mut self, id: &str) {
        if self.known.remove(id).is_some() {
            self.pending.written.remove(id);
            self.pending.gone.insert(id.to_owned());
        }
    }

    fn forget_what_was_not_met(&mut self) {
        let Some(met) = self.met.take() else { return };
        let gone: Vec<_> = self.known.keys().filter(|id| !met.contains(*id)).cloned().collect();
        for id in gone {
            self.lose(&id);
        }
    }
}
