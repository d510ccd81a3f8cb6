//! Questions that are asked together.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use refractory_core::{Error, Result};

type Answers<K, V> = Arc<Result<BTreeMap<K, V>>>;
type Work<K, V> = BoxFuture<'static, Answers<K, V>>;
type Names<K> = Arc<Mutex<Option<BTreeSet<K>>>>;

/// Gathers what is asked about within a short window into one question.
///
/// There is no task behind it: everybody who waits for an answer drives the question, so that whoever stops waiting breaks
/// nothing for the others, and when nobody waits any more the question is dropped.
pub(crate) struct Gather<K, V> {
    window: Duration,
    open: Mutex<Option<Batch<K, V>>>,
}

/// One question, as long as it takes more names.
struct Batch<K, V> {
    names: Names<K>,
    work: WeakShared<Work<K, V>>,
}

impl<K: Ord + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Gather<K, V> {
    pub(crate) fn new(window: Duration) -> Self {
        Self { window, open: Mutex::default() }
    }

    /// Asks about `name`, together with whoever else asks now. The first asks with its own `question`, so all must mean the
    /// same. `None`: the answer does not mention it.
    ///
    /// # Errors
    ///
    /// Those of the question, for everybody who asked.
    pub(crate) async fn ask<Q, F>(&self, name: K, question: Q) -> Result<Option<V>>
    where
        Q: FnOnce(BTreeSet<K>) -> F + Send + 'static,
        F: Future<Output = Result<BTreeMap<K, V>>> + Send,
    {
        let answers = self.joined(&name, question).await;
        match answers.as_ref() {
            Ok(answers) => Ok(answers.get(&name).cloned()),
            Err(error) => Err(again(error)),
        }
    }

    fn joined<Q, F>(&self, name: &K, question: Q) -> Shared<Work<K, V>>
    where
        Q: FnOnce(BTreeSet<K>) -> F + Send + 'static,
        F: Future<Output = Result<BTreeMap<K, V>>> + Send,
    {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(work) = open.as_ref().and_then(|batch| batch.join(name)) {
            return work;
        }
        let names: Names<K> = Arc::new(Mutex::new(Some(BTreeSet::from([name.clone()]))));
        let (taken, window) = (Arc::clone(&names), self.window);
        let work = async move {
            tokio::time::sleep(window).await;
            let names = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
            Arc::new(question(names.unwrap_or_default()).await)
        };
        let work = work.boxed().shared();
        *open = work.downgrade().map(|work| Batch { names, work });
        work
    }
}

impl<K: Ord + Clone, V> Batch<K, V> {
    /// The question with `name` in it; none where it has been asked already, or nobody waits for it.
    fn join(&self, name: &K) -> Option<Shared<Work<K, V>>> {
        let work = self.work.upgrade()?;
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.as_mut()?.insert(name.clone());
        Some(work)
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
