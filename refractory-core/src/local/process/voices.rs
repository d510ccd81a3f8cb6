//! Which programs were heard of, and when.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Key, Timestamp};

#[derive(Debug, Clone)]
struct Voice {
    session: Option<String>,
    heard: Timestamp,
}

/// When each launch last answered, as far as this process knows.
#[derive(Debug, Default)]
pub(super) struct Voices(Mutex<BTreeMap<Key, Voice>>);

impl Voices {
    fn all(&self) -> MutexGuard<'_, BTreeMap<Key, Voice>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session the program of `key` gave to whoever asks it here.
    pub(super) fn session(&self, key: &Key) -> Option<String> {
        self.all().get(key).and_then(|voice| voice.session.clone())
    }

    /// It answered, and perhaps gave a new session.
    pub(super) fn heard(&self, key: &Key, session: Option<String>, now: Timestamp) {
        let mut all = self.all();
        let voice = all.entry(key.clone()).or_insert(Voice { session: None, heard: now });
        voice.heard = now;
        voice.session = session.or(voice.session.take());
    }

    /// When it was last heard: now, where this process never asked before.
    pub(super) fn last(&self, key: &Key, now: Timestamp) -> Timestamp {
        self.all().entry(key.clone()).or_insert(Voice { session: None, heard: now }).heard
    }

    pub(super) fn forget(&self, key: &Key) {
        self.all().remove(key);
    }
}
