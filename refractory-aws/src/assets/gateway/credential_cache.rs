//! The keys of tables, remembered for a while: a scene of three hundred pictures asks for them once.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use refractory_core::{InstanceId, MonotonicTime, Secret};
use tokio::sync::OnceCell;

/// How long a lookup is used for requests whose key it contains.
const FRESH_FOR: Duration = Duration::from_mins(5);
/// How long a lookup is used for requests with another key. A key may have been replaced, and anyone can invent one.
const UNKNOWN_KEY_FRESH_FOR: Duration = Duration::from_secs(10);
/// How long a failed lookup is kept before the next attempt.
const FAILURE_FRESH_FOR: Duration = Duration::from_secs(1);
/// Number of instances in the cache. The oldest entry is evicted first.
const CAPACITY: usize = 1_024;

/// What is known of one table's uploads.
#[derive(Debug)]
pub(super) struct BucketCredentials {
    /// Where its bucket is, without a slash at the end.
    pub(super) at: String,
    /// The key that launches are given, and the one that the present launch may still have.
    pub(super) keys: Vec<(String, Secret)>,
}

impl BucketCredentials {
    /// The secret of the key `id`.
    pub(super) fn secret(&self, id: &str) -> Option<&Secret> {
        self.keys.iter().find_map(|(known, secret)| (known == id).then_some(secret))
    }
}

/// What came of reading.
#[derive(Debug)]
pub(super) enum Lookup {
    Found(Arc<BucketCredentials>),
    /// There is no key.
    Missing,
    /// It could not be read; the log says why.
    Failed,
}

/// One lookup. The first caller makes it and the others wait for it; if that caller is dropped, the next one continues.
pub(super) type SharedLookup = Arc<OnceCell<Lookup>>;

/// What is remembered. Holds no secret for longer than it is good.
#[derive(Debug, Default)]
pub(super) struct CredentialCache(Mutex<HashMap<InstanceId, (MonotonicTime, SharedLookup)>>);

impl CredentialCache {
    /// Returns the lookup to use for `of`: a new one if the cached one is too old. `found_good` says whether the caller found its key in it.
    pub(super) fn lookup(
        &self,
        of: &InstanceId,
        found_good: bool,
        now: MonotonicTime,
    ) -> SharedLookup {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((begun, reading)) = all.get(of)
            && now.since(*begun) < lifetime(reading, found_good)
        {
            return Arc::clone(reading);
        }
        all.retain(|_, (begun, _)| now.since(*begun) < FRESH_FOR);
        if all.len() >= CAPACITY
            && let Some(oldest) = all.iter().min_by_key(|(_, (begun, _))| *begun)
        {
            let oldest = oldest.0.clone();
            all.remove(&oldest);
        }
        let fresh = SharedLookup::default();
        all.insert(of.clone(), (now, Arc::clone(&fresh)));
        fresh
    }
}

fn lifetime(reading: &SharedLookup, found_good: bool) -> Duration {
    match reading.get() {
        Some(Lookup::Found(_)) if found_good => FRESH_FOR,
        // A lookup in progress is fresh for every caller.
        Some(Lookup::Found(_) | Lookup::Missing) | None => UNKNOWN_KEY_FRESH_FOR,
        Some(Lookup::Failed) => FAILURE_FRESH_FOR,
    }
}

#[cfg(test)]
mod tests;
