//! What all calls of the runtime share.
use std::sync::Arc;
use std::time::Duration;

use refractory_core::{Clock, LaunchId};

use super::capacity::Ladder;
use super::gather::Gather;
use super::memory::Memory;
use super::sight::Sight;
use crate::{AwsConfig, Clients, EfsStorage, Ground, Naming, S3Snapshots};

/// How long a question waits for others to join it.
const WINDOW: Duration = Duration::from_millis(20);

/// What all calls of the runtime share.
#[derive(Debug)]
pub(super) struct Fleet {
    pub(super) clients: Clients,
    pub(super) ground: Ground,
    pub(super) config: AwsConfig,
    pub(super) naming: Naming,
    pub(super) volumes: EfsStorage,
    pub(super) snapshots: S3Snapshots,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ladder: Ladder,
    pub(super) memory: Memory,
    pub(super) describing: Gather<String, Sight>,
    pub(super) seeking: Gather<LaunchId, Sight>,
}

impl Fleet {
    pub(super) fn new(
        clients: Clients,
        ground: Ground,
        config: AwsConfig,
        volumes: EfsStorage,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            naming: Naming::new(&config.deployment),
            snapshots: S3Snapshots::new(volumes.clone(), &clients, &ground),
            ladder: Ladder::of(&config, &ground),
            clients,
            ground,
            config,
            volumes,
            clock,
            memory: Memory::default(),
            describing: Gather::new(WINDOW),
            seeking: Gather::new(WINDOW),
        }
    }
}
