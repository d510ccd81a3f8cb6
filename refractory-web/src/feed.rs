//! What all pages of this process know of the tables, kept up to date by one watch.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use refractory_core::model::{Event, Instance, Principal};
use refractory_core::{Changes, Error, EventFilter, InstanceId, Refractory, Subscription, Watch};
use tokio::sync::{Notify, broadcast, watch};

use crate::proxy::Edge;

/// How soon it is noticed that no one listens any more.
const IDLE: Duration = Duration::from_secs(15);

/// All tables at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    /// The tables.
    pub(crate) tables: BTreeMap<InstanceId, Arc<Instance>>,
    /// Whether these are all of them: not before the first look.
    pub(crate) is_whole: bool,
    /// Whether a worker is alive; nobody knows before the first look.
    pub(crate) worked: Option<bool>,
}

/// How many events may wait for a page that reads slowly; one that misses some looks at all of them again.
const WAITING: usize = 64;

/// The latest snapshot, for those who wait for the next, and events as they are written.
#[derive(Debug)]
pub(crate) struct Feed {
    snapshots: watch::Sender<Arc<Snapshot>>,
    events: broadcast::Sender<Option<Arc<Event>>>,
    /// Wakes up with a new listener.
    listeners: Notify,
}

impl Default for Feed {
    fn default() -> Self {
        let (snapshots, events) = (watch::Sender::default(), broadcast::Sender::new(WAITING));
        Self { snapshots, events, listeners: Notify::new() }
    }
}

impl Feed {
    /// The latest snapshot.
    pub(crate) fn now(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshots.borrow())
    }

    /// Tells of every snapshot from now on.
    pub(crate) fn follow(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.subscribe()
    }

    /// Every event from now on, and `None` where some may have been missed. What of it a user may see is the listener's to check.
    pub(crate) fn events(&self) -> broadcast::Receiver<Option<Arc<Event>>> {
        let receiver = self.events.subscribe();
        self.listeners.notify_one();
        receiver
    }

    /// Looks at everything once, so that the first request finds what there is. What changes from then on, the watch tells.
    pub(crate) async fn prime(
        &self,
        refractory: &Refractory,
        edge: &Edge,
    ) -> refractory_core::Result<Watch> {
        let mut watch = refractory.watch();
        let changes = watch.poll().await?;
        self.take(&changes, edge);
        self.look_for_workers(refractory).await;
        Ok(watch)
    }

    /// Follows the deployment for ever: the tables as `watch` tells of them.
    pub(crate) async fn run(&self, watch: Watch, refractory: &Refractory, edge: &Edge) {
        tokio::join!(
            self.follow_tables(watch, edge),
            self.follow_workers(refractory),
            self.follow_events(refractory)
        );
    }

    async fn follow_tables(&self, mut watch: Watch, edge: &Edge) {
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

    /// Follows events for as long as anybody listens; the store is not asked otherwise.
    async fn follow_events(&self, refractory: &Refractory) {
        let who = Principal::operator();
        loop {
            if self.events.receiver_count() == 0 {
                self.listeners.notified().await;
            }
            match refractory.subscribe(&who, EventFilter::default(), None).await {
                Ok(subscription) => {
                    // A reader who looked before has missed what was written until now, and looks again.
                    let _ = self.events.send(None);
                    self.pass_events_on(subscription).await;
                }
                Err(error) => unheard(&error).await,
            }
        }
    }

    /// Passes events on until nobody listens any more. A store that fails is asked again where it could not answer, so that
    /// nothing is missed meanwhile.
    async fn pass_events_on(&self, mut subscription: Subscription) {
        loop {
            tokio::select! {
                next = subscription.next() => match next {
                    // Without a listener no one misses it.
                    Ok(next) => drop(self.events.send(Some(Arc::new(next.event)))),
                    Err(error) => unheard(&error).await,
                },
                () = tokio::time::sleep(IDLE) => {}
            }
            if self.events.receiver_count() == 0 {
                return;
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
        self.snapshots.send_modify(|now| {
            let next = Arc::make_mut(now);
            next.is_whole = true;
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
        self.snapshots.send_if_modified(|now| {
            let differs = now.worked != worked;
            Arc::make_mut(now).worked = worked;
            differs
        });
    }
}

async fn unheard(error: &Error) {
    tracing::warn!(%error, "the store could not be asked for events");
    tokio::time::sleep(Duration::from_secs(1)).await;
}
