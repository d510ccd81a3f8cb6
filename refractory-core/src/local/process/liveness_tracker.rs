//! Which programs were heard of, and for how long each has not been.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::local::logs::PrintMark;
use crate::{LaunchId, MonotonicTime};

#[derive(Debug, Clone)]
struct Voice {
    session: Option<String>,
    /// When it was last asked.
    asked: MonotonicTime,
    /// For how long it has been asked in vain.
    silent: Duration,
    printed: Option<PrintMark>,
}

/// What each launch last said, as far as this process knows.
#[derive(Debug, Default)]
pub(super) struct LivenessTracker(Mutex<BTreeMap<LaunchId, Voice>>);

impl LivenessTracker {
    fn all(&self) -> MutexGuard<'_, BTreeMap<LaunchId, Voice>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session the program of `key` gave to whoever asks it here.
    pub(super) fn session(&self, key: &LaunchId) -> Option<String> {
        self.all().get(key).and_then(|voice| voice.session.clone())
    }

    /// It answered, and perhaps gave a new session.
    pub(super) fn heard(&self, key: &LaunchId, session: Option<String>, now: MonotonicTime) {
        let mut all = self.all();
        let session = session.or_else(|| all.get(key).and_then(|voice| voice.session.clone()));
        let voice = Voice { session, asked: now, silent: Duration::ZERO, printed: None };
        all.insert(key.clone(), voice);
    }

    /// It was asked in vain, and has `printed` this; for how long that has been so, with no sign of life in between.
    ///
    /// From one question to the next `longest` is counted at most: a time in which nobody asked, because this process or the
    /// whole machine slept, is no silence.
    pub(super) fn unheard(
        &self,
        key: &LaunchId,
        printed: Option<PrintMark>,
        now: MonotonicTime,
        longest: Duration,
    ) -> Duration {
        let mut all = self.all();
        let first = Voice { session: None, asked: now, silent: Duration::ZERO, printed };
        let voice = all.entry(key.clone()).or_insert(first);
        let spoke = voice.printed.is_some() && voice.printed != printed;
        let passed = now.since(voice.asked).min(longest);
        voice.silent = if spoke { Duration::ZERO } else { voice.silent + passed };
        (voice.asked, voice.printed) = (now, printed);
        voice.silent
    }

    pub(super) fn forget(&self, key: &LaunchId) {
        self.all().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(30);

    fn key() -> LaunchId {
        "abc.1".parse().unwrap()
    }

    fn at(seconds: u64) -> MonotonicTime {
        MonotonicTime(Duration::from_secs(seconds))
    }

    fn silent(voices: &LivenessTracker, seconds: u64) -> u64 {
        voices.unheard(&key(), None, at(seconds), LONGEST).as_secs()
    }

    #[test]
    fn silence_is_counted_by_questions_and_ends_with_an_answer() {
        let voices = LivenessTracker::default();
        voices.heard(&key(), Some("session".to_owned()), at(0));
        assert_eq!([5, 10, 15].map(|seconds| silent(&voices, seconds)), [5, 10, 15]);
        voices.heard(&key(), None, at(20));
        assert_eq!(voices.session(&key()).as_deref(), Some("session"));
        assert_eq!(silent(&voices, 25), 5);
    }

    #[test]
    fn a_time_without_questions_is_no_silence() {
        let voices = LivenessTracker::default();
        voices.heard(&key(), None, at(0));
        assert_eq!(silent(&voices, 7_200), 30, "this process slept for two hours");
        assert_eq!(silent(&voices, 7_205), 35);
        assert_eq!(
            silent(&LivenessTracker::default(), 9_000),
            0,
            "a process that was born just now"
        );
    }

    #[test]
    fn who_prints_is_not_silent() {
        let folder = tempfile::tempdir().unwrap();
        let logs = crate::local::logs::LogFiles::new(folder.path().to_owned(), 1 << 20, 2);
        let (voices, of) = (LivenessTracker::default(), key().instance);
        logs.note(&of, "one").unwrap();
        let mark = || logs.print_mark(&of);
        voices.heard(&key(), None, at(0));
        assert_eq!(voices.unheard(&key(), mark(), at(20), LONGEST).as_secs(), 20);
        logs.note(&of, "two").unwrap();
        assert_eq!(voices.unheard(&key(), mark(), at(40), LONGEST).as_secs(), 0);
        assert_eq!(voices.unheard(&key(), mark(), at(60), LONGEST).as_secs(), 20);
    }
}
