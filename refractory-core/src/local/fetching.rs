//! Node.js for a release: found, or fetched in the background.
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinSet;

use crate::foundry::Downloading;
use crate::foundry::node::NodeFinder;
use crate::model::Release;
use crate::ports::{Observed, Progress};
use crate::{Error, ErrorKind, Result};

type Far = Arc<Mutex<Option<Downloading>>>;
/// What a release asks for: its generation, and the least major it names.
type Asked = (u16, Option<u16>);

/// Finds Node.js, and fetches what is not there: whoever asks is told how far it is.
#[derive(Debug, Clone)]
pub(super) struct Fetching {
    finder: Arc<NodeFinder>,
    allowed: bool,
    work: Arc<Mutex<Work>>,
}

#[derive(Debug, Default)]
struct Work {
    tasks: JoinSet<(Asked, Result<PathBuf>)>,
    far: BTreeMap<Asked, Far>,
    failed: BTreeMap<Asked, Error>,
}

impl Fetching {
    /// Fetches only where it is `allowed`, which takes a registry that the finder knows.
    pub(super) fn new(finder: NodeFinder, allowed: bool) -> Self {
        Self { finder: Arc::new(finder), allowed, work: Arc::default() }
    }

    /// The Node.js that fits `release`: `Pending` while it is fetched. A failure is told once; whoever
    /// asks again begins again.
    pub(super) async fn node(&self, release: &Release) -> Result<Observed<PathBuf>> {
        let asked = (release.version.generation, release.node_major);
        if let Some(told) = self.under_way(asked) {
            return told;
        }
        match self.finder.find(asked.0, asked.1).await {
            Err(error) if self.allowed && error.kind() == ErrorKind::NotFound => {
                Ok(self.begin(asked))
            }
            found => found.map(Observed::Ready),
        }
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn under_way(&self, asked: Asked) -> Option<Result<Observed<PathBuf>>> {
        let mut work = self.work();
        work.gather();
        if let Some(error) = work.failed.remove(&asked) {
            return Some(Err(error));
        }
        work.far.get(&asked).map(|far| Ok(pending(far)))
    }

    fn begin(&self, asked: Asked) -> Observed<PathBuf> {
        let mut work = self.work();
        if let Some(far) = work.far.get(&asked) {
            return pending(far);
        }
        let far = Far::default();
        work.far.insert(asked, Arc::clone(&far));
        let (finder, told) = (Arc::clone(&self.finder), Arc::clone(&far));
        work.tasks.spawn(async move {
            let tell =
                move |done| *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            (asked, finder.provide(asked.0, asked.1, tell).await)
        });
        pending(&far)
    }
}

impl Work {
    fn gather(&mut self) {
        while let Some(done) = self.tasks.try_join_next() {
            match done {
                Ok((asked, fetched)) => {
                    self.far.remove(&asked);
                    if let Err(error) = fetched {
                        self.failed.insert(asked, error);
                    }
                }
                // Which one it was is not told: all that is not at work any more begins again.
                Err(_) => self.far.retain(|_, far| Arc::strong_count(far) > 1),
            }
        }
    }
}

fn pending(far: &Far) -> Observed<PathBuf> {
    let progress = Progress::new("fetching Node.js");
    let far = *far.lock().unwrap_or_else(PoisonError::into_inner);
    Observed::Pending(Some(match far {
        Some(Downloading { done, total: Some(total) }) if total > 0 => {
            progress.at(u8::try_from(done.saturating_mul(100) / total).unwrap_or(100))
        }
        Some(_) | None => progress,
    }))
}
