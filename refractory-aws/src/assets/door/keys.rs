//! The keys of tables, remembered for a while: a scene of three hundred pictures asks for them once.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use refractory_core::{InstanceId, MonotonicTime, Secret};
use tokio::sync::OnceCell;

/// How long what was read is good for whoever finds in it what they need.
const GOOD: Duration = Duration::from_mins(5);
/// How long it is good for whoever does not: a key may have been replaced, and anybody can invent one.
const GOOD_FOR_NOTHING: Duration = Duration::from_secs(10);
/// How long nobody asks again after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// Tables remembered at once; whoever was read longest ago goes first.
const MOST: usize = 1_024;

/// What is known of one table's uploads.
#[derive(Debug)]
pub(super) struct Known {
    /// Where its bucket is, without a slash at the end.
    pub(super) at: String,
    /// The key that launches are given, and the one that the present launch may still have.
    pub(super) keys: Vec<(String, Secret)>,
}

impl Known {
    /// The secret of the key `id`.
    pub(super) fn secret(&self, id: &str) -> Option<&Secret> {
        self.keys.iter().find_map(|(known, secret)| (known == id).then_some(secret))
    }
}

/// What came of reading.
#[derive(Debug)]
pub(super) enum Read {
    Known(Arc<Known>),
    /// There is no key.
    Nothing,
    /// It could not be read; the log says why.
    Failed,
}

/// One reading, by whoever comes first; the others wait for it. Who gives up on the way leaves it to the next.
pub(super) type Reading = Arc<OnceCell<Read>>;

/// What is remembered. Holds no secret for longer than it is good.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<InstanceId, (MonotonicTime, Reading)>>);

impl Memory {
    /// The reading to use for `of`: a new one where what is remembered is too old for whoever has found it good, or not.
    pub(super) fn reading(&self, of: &InstanceId, found_good: bool, now: MonotonicTime) -> Reading {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((begun, reading)) = all.get(of)
            && now.since(*begun) < lasts(reading, found_good)
        {
            return Arc::clone(reading);
        }
        all.retain(|_, (begun, _)| now.since(*begun) < GOOD);
        if all.len() >= MOST
            && let Some(oldest) = all.iter().min_by_key(|(_, (begun, _))| *begun)
        {
            let oldest = oldest.0.clone();
            all.remove(&oldest);
        }
        let fresh = Reading::default();
        all.insert(of.clone(), (now, Arc::clone(&fresh)));
        fresh
    }
}

fn lasts(reading: &Reading, found_good: bool) -> Duration {
    match reading.get() {
        Some(Read::Known(_)) if found_good => GOOD,
        // What is still being read is news to everybody.
        Some(Read::Known(_) | Read::Nothing) | None => GOOD_FOR_NOTHING,
        Some(Read::Failed) => PAUSE,
    }
}

#[cfg(test)]
mod tests;
