//! The shared state of the runtime.
use std::sync::Arc;
use std::time::Duration;

use refractory_core::{Clock, LaunchId};

use super::batch_loader::BatchLoader;
use super::launch_cache::LaunchCache;
use super::observed_task::ObservedTask;
use super::placement::PlacementPlan;
use crate::{AwsConfig, Clients, EfsStorage, Naming, S3Snapshots, StackOutputs};

/// How long a question waits for others to join it.
const WINDOW: Duration = Duration::from_millis(20);

/// The shared state of the runtime.
#[derive(Debug)]
pub(super) struct FargateContext {
    pub(super) clients: Clients,
    pub(super) outputs: StackOutputs,
    pub(super) config: AwsConfig,
    pub(super) naming: Naming,
    pub(super) volumes: EfsStorage,
    pub(super) snapshots: S3Snapshots,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) placements: PlacementPlan,
    pub(super) cache: LaunchCache,
    pub(super) describing: BatchLoader<String, ObservedTask>,
    pub(super) seeking: BatchLoader<LaunchId, ObservedTask>,
}

impl FargateContext {
    pub(super) fn new(
        clients: Clients,
        outputs: StackOutputs,
        config: AwsConfig,
        volumes: EfsStorage,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            naming: Naming::new(&config.deployment),
            snapshots: S3Snapshots::new(volumes.clone(), &clients, &outputs),
            placements: PlacementPlan::of(&config, &outputs),
            clients,
            outputs,
            config,
            volumes,
            clock,
            cache: LaunchCache::default(),
            describing: BatchLoader::new(WINDOW),
            seeking: BatchLoader::new(WINDOW),
        }
    }
}
