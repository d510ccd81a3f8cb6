//! Node.js for a release: found, or fetched in the background.
use std::path::PathBuf;
use std::sync::Arc;

use super::background::{Background, Far, percent};
use crate::foundry::Downloading;
use crate::foundry::node::NodeFinder;
use crate::model::{Release, Waiting};
use crate::ports::{Observed, Progress};
use crate::{ErrorKind, Result};

/// What a release asks for: its generation, and the least major it names.
type Asked = (u16, Option<u16>);

/// Finds Node.js, and fetches what is not there: whoever asks is told how far it is.
#[derive(Debug, Clone)]
pub(super) struct Fetching {
    finder: Arc<NodeFinder>,
    allowed: bool,
    work: Arc<Background<Asked, Downloading>>,
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
        if let Some(far) = self.work.far(&asked)? {
            return Ok(pending(&far));
        }
        match self.finder.find(asked.0, asked.1).await {
            Err(error) if self.allowed && error.kind() == ErrorKind::NotFound => {
                let finder = Arc::clone(&self.finder);
                let far = self.work.begin(asked, |far| async move {
                    let tell = move |done| far.tell(done);
                    finder.provide(asked.0, asked.1, tell).await.map(|_| ())
                });
                Ok(pending(&far))
            }
            found => found.map(Observed::Ready),
        }
    }
}

fn pending(far: &Far<Downloading>) -> Observed<PathBuf> {
    let progress = Progress::waiting(Waiting::NodeJs);
    Observed::Pending(Some(match far.told() {
        Some(Downloading { done, total: Some(total) }) if total > 0 => {
            progress.at(percent(done, total))
        }
        Some(_) | None => progress,
    }))
}
