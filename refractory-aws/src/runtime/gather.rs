//! Questions that are asked together.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use refractory_core::{Error, Result};

type Answers<K, V> = Arc<Result<BTreeMap<K, V>>>;
type Work<K, V> = BoxFuture<'static, Answers<K, V>>;
type Batches<K, V> = Arc<Mutex<Vec<Batch<K, V>>>>;

/// Gathers what is asked about within a short window into one question.
///
/// Whoever asks about something that a question on its way asks about already waits for the same answer. There is no task behind
/// it: everybody who waits for an answer drives the question, so that whoever stops waiting breaks nothing for the others, and
/// when nobody waits any more the question is dropped.
pub(crate) struct Gather<K, V> {
    window: Duration,
    batches: Batches<K, V>,
}

/// One question, and who may join it.
struct Batch<K, V> {
    stage: Arc<Mutex<Stage<K>>>,
    work: WeakShared<Work<K, V>>,
}

/// How far a question is.
enum Stage<K> {
    /// It takes more names.
    Open(BTreeSet<K>),
    /// It is on its way, about these.
    Asked(BTreeSet<K>),
    /// It is answered.
    Over,
}

impl<K: Ord + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Gather<K, V> {
    pub(crate) fn new(window: Duration) -> Self {
        Self { window, batches: Arc::default() }
    }

    /// Asks about `name`, together with whoever else asks now. The first asks with its own `question`, so all must mean the
    /// same; `fill` may add to the names what may as well be asked about, and is told what is being asked about already.
    /// `None`: the answer does not mention it.
    ///
    /// # Errors
    ///
    /// Those of the question, for everybody who asked.
    pub(crate) async fn ask<Q, F>(
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
            Err(error) => Err(again(error)),
        }
    }

    fn joined<Q, F>(
        &self,
        name: &K,
        fill: impl FnOnce(&mut BTreeSet<K>, &BTreeSet<K>) + Send + 'static,
        question: Q,
    ) -> Shared<Work<K, V>>
    where
        Q: FnOnce(BTreeSet<K>) -> F + Send + 'static,
        F: Future<Output = Result<BTreeMap<K, V>>> + Send,
    {
        let mut batches = lock(&self.batches);
        batches.retain(Batch::lives);
        if let Some(work) = batches.iter().find_map(|batch| batch.join(name)) {
            return work;
        }
        let stage = Arc::new(Mutex::new(Stage::Open(BTreeSet::from([name.clone()]))));
        let (own, all, window) = (Arc::clone(&stage), Arc::clone(&self.batches), self.window);
        let work = async move {
            tokio::time::sleep(window).await;
            let names = close(&own, &all, fill);
            let answers = question(names).await;
            *lock(&own) = Stage::Over;
            Arc::new(answers)
        };
        let work = work.boxed().shared();
        batches.extend(work.downgrade().map(|work| Batch { stage, work }));
        work
    }
}

/// Closes the batch `own` and fills it: what it is about from now on.
fn close<K: Ord + Clone, V>(
    own: &Mutex<Stage<K>>,
    all: &Mutex<Vec<Batch<K, V>>>,
    fill: impl FnOnce(&mut BTreeSet<K>, &BTreeSet<K>),
) -> BTreeSet<K> {
    // Held throughout, so that nobody asks about what is being chosen here.
    let batches = lock(all);
    let mut asked = BTreeSet::new();
    for batch in batches.iter() {
        if let Stage::Asked(names) = &*lock(&batch.stage) {
            asked.extend(names.iter().cloned());
        }
    }
    let mut stage = lock(own);
    let mut names = match std::mem::replace(&mut *stage, Stage::Over) {
        Stage::Open(names) | Stage::Asked(names) => names,
        Stage::Over => BTreeSet::new(),
    };
    fill(&mut names, &asked);
    *stage = Stage::Asked(names.clone());
    names
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Ord + Clone, V> Batch<K, V> {
    /// Whether anybody waits for it who may still be joined.
    fn lives(&self) -> bool {
        self.work.upgrade().is_some() && !matches!(&*lock(&self.stage), Stage::Over)
    }

    /// The question with `name` in it; none where it asks about other things, or nobody waits for it.
    fn join(&self, name: &K) -> Option<Shared<Work<K, V>>> {
        let work = self.work.upgrade()?;
        match &mut *lock(&self.stage) {
            Stage::Open(names) => {
                names.insert(name.clone());
                Some(work)
            }
            Stage::Asked(names) => names.contains(name).then_some(work),
            Stage::Over => None,
        }
    }
}

impl<K, V> fmt::Debug for Gather<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather").field("window", &self.window).finish_non_exhaustive()
    }
}

/// The same error for one more caller.
fn again(error: &Error) -> Error {
    let told = Error::new(error.kind(), "asking together with others")
        .advise(error.for_people().into_owned())
        .caused_by(format!("{error:?}"));
    match (error.is_transient(), error.wait_hint()) {
        (true, Some(wait)) => told.retry_after(wait),
        // Its kind says so by itself, or has to be told with a wait.
        (true, None) if told.is_transient() => told,
        (true, None) => told.retry_after(Duration::from_secs(1)),
        (false, _) => told.permanent(),
    }
}

#[cfg(test)]
mod tests;
