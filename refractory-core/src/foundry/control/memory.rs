//! What is remembered of each program between calls.
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::closing::Closing;
use super::launch::Launch;
use crate::Secret;
use crate::ports::Endpoint;

/// Programs remembered at once; beyond it those that are not launching anything are forgotten.
const MOST: usize = 4096;

/// What is remembered of one program. All of it may be lost: it only saves sessions and repeated
/// commands.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The session that all questions share, so that probing adds none.
    pub(super) session: Option<String>,
    /// The password that session may have been made the administrator's with.
    pub(super) password: Secret,
    /// The launch that was asked for.
    pub(super) launch: Option<Launch>,
    /// The close that was last asked for.
    pub(super) closing: Option<Closing>,
}

/// What is remembered of every program. An endpoint carries its process, so that a program started
/// anew is a stranger.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<Endpoint, Known>>);

impl Memory {
    /// Looks at, or changes, what is known of the program at `endpoint`.
    pub(super) fn with<T>(&self, endpoint: &Endpoint, look: impl FnOnce(&mut Known) -> T) -> T {
        let mut all = self.lock();
        if all.len() >= MOST && !all.contains_key(endpoint) {
            all.retain(|_, known| known.launch.is_some());
        }
        look(all.entry(endpoint.clone()).or_default())
    }

    /// Forgets a program that is not there.
    pub(super) fn forget(&self, endpoint: &Endpoint) {
        self.lock().remove(endpoint);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Endpoint, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
