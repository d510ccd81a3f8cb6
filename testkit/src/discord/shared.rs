//! What the threads of a stand-in and the test share.
use std::fmt;
use std::fs::File;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::clock::StandInClock;
use super::interactions::Transport;
use super::world::World;

/// A stand-in, as its server and its handle see it.
pub(crate) struct Shared {
    world: Mutex<World>,
    changed: watch::Sender<u64>,
    runtime: Handle,
    pub(crate) clock: StandInClock,
    pub(crate) transport: Transport,
    /// `host:port` of the server.
    pub(crate) base: String,
    /// Where bodies of requests are written for a check against Discord's own description.
    pub(crate) record: Option<Mutex<File>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("base", &self.base).finish_non_exhaustive()
    }
}

/// The world, to be changed: those who wait look again when this is dropped.
pub(crate) struct WorldGuard<'a> {
    world: Option<MutexGuard<'a, World>>,
    changed: &'a watch::Sender<u64>,
}

impl Shared {
    pub(crate) fn new(
        world: World,
        (runtime, base): (Handle, String),
        transport: Transport,
        record: Option<File>,
    ) -> Arc<Self> {
        let (changed, _) = watch::channel(0);
        let clock = world.clock.clone();
        let record = record.map(Mutex::new);
        Arc::new(Self {
            world: Mutex::new(world),
            changed,
            runtime,
            clock,
            transport,
            base,
            record,
        })
    }

    /// The world, to be read.
    pub(crate) fn read(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world, to be changed.
    pub(crate) fn write(&self) -> WorldGuard<'_> {
        WorldGuard { world: Some(self.read()), changed: &self.changed }
    }

    /// Tells when anything changes.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Runs a task on the stand-in's own thread; it ends with the stand-in.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.runtime.spawn(task));
    }
}

impl Deref for WorldGuard<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        self.world
            .as_ref()
            .unwrap_or_else(|| unreachable!("the guard is there until it is dropped"))
    }
}

impl DerefMut for WorldGuard<'_> {
    fn deref_mut(&mut self) -> &mut World {
        self.world
            .as_mut()
            .unwrap_or_else(|| unreachable!("the guard is there until it is dropped"))
    }
}

impl Drop for WorldGuard<'_> {
    fn drop(&mut self) {
        self.world = None;
        self.changed.send_modify(|version| *version += 1);
    }
}
