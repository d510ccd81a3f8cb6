//! What all pages of this process know of the tables, kept up to date by one watch.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use refractory_core::model::Instance;
use refractory_core::{Changes, InstanceId, Refractory};
use tokio::sync::watch;

use crate::proxy::Edge;

/// All tables at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    /// The tables.
    pub(crate) tables: BTreeMap<InstanceId, Arc<Instance>>,
    /// Whether a worker is alive; nobody knows before the first look.
    pub(crate) worked: Option<bool>,
}

/// The latest snapshot, for whoever waits for the next.
#[derive(Debug, Default)]
pub(crate) struct Feed(watch::Sender<Arc<Snapshot>>);

impl Feed {
    /// The latest snapshot.
    pub(crate) fn now(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.borrow())
    }

    /// Tells of every snapshot from now on.
    pub(crate) fn follow(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.0.subscribe()
    }

    /// Looks at everything once, so that the first request finds what there is.
    pub(crate) async fn prime(
        &self,
        refractory: &Refractory,
        edge: &Edge,
    ) -> refractory_core::Result<()> {
        let changes = refractory.watch().poll().await?;
        self.take(&changes, edge);
        self.look_for_workers(refractory).await;
        Ok(())
    }

    /// Follows the deployment for ever.
    pub(crate) async fn run(&self, refractory: &Refractory, edge: &Edge) {
        tokio::join!(self.follow_tables(refractory, edge), self.follow_workers(refractory));
    }

    async fn follow_tables(&self, refractory: &Refractory, edge: &Edge) {
        let mut watch = refractory.watch();
        loop {
            match watch.next().await {
                Ok(changes) => self.take(&changes, edge),
                Err(error) => {
                    tracing::warn!(%error, "the store could not be asked for changes");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    async fn follow_workers(&self, refractory: &Refractory) {
        loop {
            self.look_for_workers(refractory).await;
            tokio::time::sleep(refractory.worker_options().heartbeat).await;
        }
    }

    fn take(&self, changes: &Changes, edge: &Edge) {
        edge.routes().apply(changes);
        self.0.send_modify(|now| {
            let next = Arc::make_mut(now);
            for id in &changes.gone {
                next.tables.remove(id);
            }
            for table in &changes.changed {
                next.tables.insert(table.id.clone(), Arc::new(table.clone()));
            }
        });
    }

    async fn look_for_workers(&self, refractory: &Refractory) {
        let Ok(alive) = refractory.workers().await else { return };
        let worked = Some(!alive.is_empty());
        self.0.send_if_modified(|now| {
            let differs = now.worked != worked;
            Arc::make_mut(now).worked = worked;
            differs
        });
    }
}
