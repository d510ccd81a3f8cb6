//! What was written and is not everywhere yet. Only a hint: what is not in here is read from the zone.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use refractory_core::InstanceId;
use refractory_core::model::Hostname;
use tokio::time::Instant;

/// The first wait before Route 53 is asked whether a change is everywhere; it doubles.
const FIRST: Duration = Duration::from_secs(1);
/// The longest one. A change takes about a minute.
const LONGEST: Duration = Duration::from_secs(8);

/// One change, with which several names may have come about.
#[derive(Debug)]
pub(super) struct PendingChange {
    /// As Route 53 calls it.
    pub(super) change: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    in_sync: bool,
    due: Instant,
    gap: Duration,
}

impl PendingChange {
    pub(super) fn new(change: String) -> Arc<Self> {
        let state = State { in_sync: false, due: Instant::now() + FIRST, gap: FIRST };
        Arc::new(Self { change, state: Mutex::new(state) })
    }

    /// Whether every name server knows it.
    pub(super) fn in_sync(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).in_sync
    }

    /// Whether it is time for one of the waiting callers to ask; `may` is called last.
    pub(super) fn is_due(&self, may: impl FnOnce() -> bool) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if state.in_sync || now < state.due || !may() {
            return false;
        }
        state.gap = (state.gap * 2).min(LONGEST);
        state.due = now + state.gap;
        true
    }

    /// Every name server knows it.
    pub(super) fn settle(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).in_sync = true;
    }
}

/// The changes that names wait for.
#[derive(Debug, Default)]
pub(super) struct PendingChanges(Mutex<BTreeMap<Hostname, (InstanceId, Arc<PendingChange>)>>);

impl PendingChanges {
    /// The change that `name` came to be `owner`'s with.
    pub(super) fn pending(
        &self,
        owner: &InstanceId,
        name: &Hostname,
    ) -> Option<Arc<PendingChange>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, ticket) = known.get(name)?;
        (of == owner).then(|| Arc::clone(ticket))
    }

    pub(super) fn remember(&self, owner: &InstanceId, name: &Hostname, ticket: Arc<PendingChange>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(name.clone(), (owner.clone(), ticket));
    }

    pub(super) fn forget(&self, name: &Hostname) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}
