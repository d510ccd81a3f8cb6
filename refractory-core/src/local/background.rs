//! Work that takes longer than a call may: begun by whoever asks first, told of to whoever asks on.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::{AbortHandle, JoinSet};

use crate::{Error, Result};

/// How far something has got, as whoever does it told last.
#[derive(Debug)]
pub(super) struct Far<P>(Arc<Mutex<Option<P>>>);

impl<P> Clone for Far<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P: Copy> Far<P> {
    /// Nothing was told yet.
    fn fresh() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }

    /// Says that it has got so far.
    pub(super) fn tell(&self, far: P) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(far);
    }

    /// What was told last.
    pub(super) fn told(&self) -> Option<P> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `done` of `total` in percent, for people.
pub(super) fn percent(done: u64, total: u64) -> u8 {
    let hundredths = done.saturating_mul(100).checked_div(total);
    hundredths.and_then(|percent| u8::try_from(percent).ok()).unwrap_or(100).min(100)
}

/// Work in the background, one at a time for each key. All of it ends with its owner; what is half done then is done again.
#[derive(Debug)]
pub(super) struct Background<K, P>(Mutex<Work<K, P>>);

#[derive(Debug)]
struct Work<K, P> {
    tasks: JoinSet<(K, Result<()>)>,
    hands: BTreeMap<K, Hand<P>>,
    failed: BTreeMap<K, Error>,
}

#[derive(Debug)]
struct Hand<P> {
    far: Far<P>,
    task: AbortHandle,
}

impl<K, P> Default for Background<K, P> {
    fn default() -> Self {
        let (tasks, hands, failed) = (JoinSet::new(), BTreeMap::new(), BTreeMap::new());
        Self(Mutex::new(Work { tasks, hands, failed }))
    }
}

impl<K: Ord + Clone + Send + 'static, P: Copy> Background<K, P> {
    /// How far the work on `key` is; `None` where nobody is at it. A failure is told once: whoever asks on may begin again.
    pub(super) fn far(&self, key: &K) -> Result<Option<Far<P>>> {
        let mut work = self.gathered();
        match work.failed.remove(key) {
            Some(error) => Err(error),
            None => Ok(work.hands.get(key).map(|hand| hand.far.clone())),
        }
    }

    /// Whether somebody is at the work on `key`.
    pub(super) fn is_at(&self, key: &K) -> bool {
        self.gathered().hands.contains_key(key)
    }

    /// Begins the work on `key`, unless somebody is at it already.
    pub(super) fn begin<F>(&self, key: K, work: impl FnOnce(Far<P>) -> F) -> Far<P>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let mut all = self.gathered();
        if let Some(hand) = all.hands.get(&key) {
            return hand.far.clone();
        }
        let far = Far::fresh();
        let doing = work(far.clone());
        let of = key.clone();
        let task = all.tasks.spawn(async move { (of, doing.await) });
        all.hands.insert(key, Hand { far: far.clone(), task });
        far
    }

    /// Breaks off the work on `key`, if somebody is at it.
    pub(super) fn end(&self, key: &K) {
        let mut work = self.gathered();
        work.failed.remove(key);
        if let Some(hand) = work.hands.remove(key) {
            hand.task.abort();
        }
    }

    /// Takes in what has finished.
    fn gathered(&self) -> MutexGuard<'_, Work<K, P>> {
        let mut work = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(done) = work.tasks.try_join_next() {
            match done {
                Ok((key, outcome)) => {
                    work.hands.remove(&key);
                    if let Err(error) = outcome {
                        work.failed.insert(key, error);
                    }
                }
                // Which one it was is not told: all that is not at work any more begins again.
                Err(_) => work.hands.retain(|_, hand| !hand.task.is_finished()),
            }
        }
        work
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    async fn until_done(work: &Background<u8, u8>, key: u8) -> Result<()> {
        while work.far(&key)?.is_some() {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    #[tokio::test]
    async fn one_works_and_others_are_told_how_far() {
        let work = Background::default();
        let (go_on, waits) = tokio::sync::oneshot::channel::<()>();
        assert!(work.far(&1).unwrap().is_none());
        work.begin(1, |far| async move {
            far.tell(50);
            let _ = waits.await;
            Ok(())
        });
        tokio::task::yield_now().await;
        assert_eq!(work.far(&1).unwrap().unwrap().told(), Some(50));
        let same = work.begin(1, |_| async { panic!("somebody is at it") });
        assert_eq!(same.told(), Some(50));
        assert!(work.far(&2).unwrap().is_none());
        go_on.send(()).unwrap();
        until_done(&work, 1).await.unwrap();
    }

    #[tokio::test]
    async fn a_failure_is_told_once() {
        let work = Background::<u8, u8>::default();
        work.begin(1, |_| async { Err(Error::new(ErrorKind::Exhausted, "trying")) });
        assert_eq!(until_done(&work, 1).await.unwrap_err().kind(), ErrorKind::Exhausted);
        assert!(work.far(&1).unwrap().is_none());
    }

    #[tokio::test]
    async fn what_panics_or_is_broken_off_begins_again() {
        let work = Background::<u8, u8>::default();
        work.begin(1, |_| async { panic!("on purpose") });
        until_done(&work, 1).await.unwrap();
        work.begin(2, |_| std::future::pending());
        work.end(&2);
        assert!(work.far(&2).unwrap().is_none());
        work.begin(2, |_| async { Ok(()) });
        until_done(&work, 2).await.unwrap();
    }

    #[test]
    fn percent_is_never_above_a_hundred() {
        for (done, total, expected) in
            [(0, 3, 0), (1, 3, 33), (3, 3, 100), (9, 3, 100), (0, 0, 100)]
        {
            assert_eq!(percent(done, total), expected, "{done} of {total}");
        }
        assert_eq!(percent(u64::MAX, u64::MAX), 1, "no overflow");
    }
}
