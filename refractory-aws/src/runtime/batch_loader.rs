//! Batches concurrent lookups into one call.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use refractory_core::{Error, Result};

type SharedResults<K, V> = Arc<Result<BTreeMap<K, V>>>;
type SharedFuture<K, V> = BoxFuture<'static, SharedResults<K, V>>;
type Batches<K, V> = Arc<Mutex<Vec<Batch<K, V>>>>;

/// Batches keys that are requested within a short window into one call.
///
/// A caller that requests a key of a call in flight waits for the same result. There is no task behind
/// it: every waiting caller drives the call, so that a dropped caller breaks nothing for the others, and
/// when no caller waits any more the call is dropped.
pub(crate) struct BatchLoader<K, V> {
    window: Duration,
    batches: Batches<K, V>,
}

/// One call, and the keys that may still join it.
struct Batch<K, V> {
    stage: Arc<Mutex<BatchState<K>>>,
    work: WeakShared<SharedFuture<K, V>>,
}

/// How far a question is.
enum BatchState<K> {
    /// It takes more names.
    Open(BTreeSet<K>),
    /// It is on its way, about these.
    InFlight(BTreeSet<K>),
    /// It is answered.
    Done,
}

impl<K: Ord + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> BatchLoader<K, V> {
    pub(crate) fn new(window: Duration) -> Self {
        Self { window, batches: Arc::default() }
    }

    /// Loads `name`, together with other callers. The first one calls its own `question`, so all must mean the
    /// same; `fill` may add further names to the call, and receives those that are in flight already.
    /// `None`: the answer does not mention it.
    ///
    /// # Errors
    ///
    /// Those of the call, for every caller.
    pub(crate) async fn load<Q, F>(
        &self,
        name: K,
        fill: impl FnOnce(&mut BTreeSet<K>, &BTreeSet<K>) + Send + 'static,
        question: Q,
    ) -> Result<Option<V>>
    where
        Q: FnOnce(BTreeSet<K>) -> F + Send + 'static,
        F: Future<Output = Result<BTreeMap<K, V>>> + Send,
    {
        let answers = self.joined(&name, fill, question).await;
        match answers.as_ref() {
            Ok(answers) => Ok(answers.get(&name).cloned()),
            Err(error) => Err(shared_error(error)),
        }
    }

    fn joined<Q, F>(
        &self,
        name: &K,
        fill: impl FnOnce(&mut BTreeSet<K>, &BTreeSet<K>) + Send + 'static,
        question: Q,
    ) -> Shared<SharedFuture<K, V>>
    where
        Q: FnOnce(BTreeSet<K>) -> F + Send + 'static,
        F: Future<Output = Result<BTreeMap<K, V>>> + Send,
    {
        let mut batches = lock(&self.batches);
        batches.retain(Batch::is_awaited);
        if let Some(work) = batches.iter().find_map(|batch| batch.join(name)) {
            return work;
        }
        let stage = Arc::new(Mutex::new(BatchState::Open(BTreeSet::from([name.clone()]))));
        let (own, all, window) = (Arc::clone(&stage), Arc::clone(&self.batches), self.window);
        let work = async move {
            tokio::time::sleep(window).await;
            let names = close(&own, &all, fill);
            let answers = question(names).await;
            *lock(&own) = BatchState::Done;
            Arc::new(answers)
        };
        let work = work.boxed().shared();
        batches.extend(work.downgrade().map(|work| Batch { stage, work }));
        work
    }
}

/// Closes the batch `own` and fills it: what it is about from now on.
fn close<K: Ord + Clone, V>(
    own: &Mutex<BatchState<K>>,
    all: &Mutex<Vec<Batch<K, V>>>,
    fill: impl FnOnce(&mut BTreeSet<K>, &BTreeSet<K>),
) -> BTreeSet<K> {
    // Held throughout, so that no other caller requests what is being chosen here.
    let batches = lock(all);
    let mut asked = BTreeSet::new();
    for batch in batches.iter() {
        if let BatchState::InFlight(names) = &*lock(&batch.stage) {
            asked.extend(names.iter().cloned());
        }
    }
    let mut stage = lock(own);
    let mut names = match std::mem::replace(&mut *stage, BatchState::Done) {
        BatchState::Open(names) | BatchState::InFlight(names) => names,
        BatchState::Done => BTreeSet::new(),
    };
    fill(&mut names, &asked);
    *stage = BatchState::InFlight(names.clone());
    names
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Ord + Clone, V> Batch<K, V> {
    /// Whether a caller waits for it.
    fn is_awaited(&self) -> bool {
        self.work.upgrade().is_some() && !matches!(&*lock(&self.stage), BatchState::Done)
    }

    /// The question with `name` in it; none if it is about other names, or no caller waits for it.
    fn join(&self, name: &K) -> Option<Shared<SharedFuture<K, V>>> {
        let work = self.work.upgrade()?;
        match &mut *lock(&self.stage) {
            BatchState::Open(names) => {
                names.insert(name.clone());
                Some(work)
            }
            BatchState::InFlight(names) => names.contains(name).then_some(work),
            BatchState::Done => None,
        }
    }
}

impl<K, V> fmt::Debug for BatchLoader<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather").field("window", &self.window).finish_non_exhaustive()
    }
}

/// The same error for one more caller.
fn shared_error(error: &Error) -> Error {
    let told = Error::new(error.kind(), "asking together with others")
        .advise(error.for_people().into_owned())
        .caused_by(format!("{error:?}"));
    match (error.is_transient(), error.wait_hint()) {
        (true, Some(wait)) => told.retry_after(wait),
        // Its kind says so, or it needs an explicit wait.
        (true, None) if told.is_transient() => told,
        (true, None) => told.retry_after(Duration::from_secs(1)),
        (false, _) => told.permanent(),
    }
}

#[cfg(test)]
mod tests;
