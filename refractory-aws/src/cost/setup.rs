//! What is set up, as far as it costs.
use refractory_core::WorkerOptions;

use crate::config::{Architecture, AssetAccess, AwsConfig, NamingChoice, Routing};

/// Upgraded connections that one portal takes: the edge's own limit.
const SOCKETS: f64 = 20_000.0;
/// Units of a look at what has changed, whatever there is: `tests/it/store/cost.rs` of this package measures it.
const LOOK: f64 = 1.0;
/// Units of a look for operations that have not ended, where there is none.
const OPERATIONS: f64 = 1.0;
/// Units of a worker's sign of life: its own record is read and written, and the records of all workers are read, by the worker
/// and by the portal beside it.
const SIGN_OF_LIFE: SignOfLife = SignOfLife { written: 4.0, read: 3.0 };
/// What a look reads of each change, in bytes: its entry in the index of stamps and revisions.
const ENTRY: f64 = 56.0;
/// For how many seconds each look reads a change again.
const AGAIN: f64 = 10.0;

/// Units of DynamoDB for signs of life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SignOfLife {
    /// Units written.
    pub(super) written: f64,
    /// Units read.
    pub(super) read: f64,
}

/// What is set up, as far as it costs or has a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "choices that do not depend on each other")]
pub struct Setup {
    /// The processors that tables run on.
    pub architecture: Architecture,
    /// Processors of a table.
    pub cpu: f64,
    /// Memory of a table, in GB.
    pub memory: f64,
    /// Whether tables run on spare capacity.
    pub spot: bool,
    /// Whether each table has a bucket and a user for its uploads.
    pub buckets: bool,
    /// Whether each table that is on has its own DNS record.
    pub records: bool,
    /// Whether each table that is on has its own rule and target group.
    pub rules: bool,
    /// Whether tasks sit behind a NAT gateway instead of having their own addresses.
    pub nat: bool,
    /// Portals, each with the edge.
    pub portals: u32,
    /// Processors of a portal.
    pub portal_cpu: f64,
    /// Memory of a portal, in GB.
    pub portal_memory: f64,
    /// Seconds between two looks at what others have changed: `[core] resync`.
    pub resync: f64,
    /// Seconds between two looks at the index of operations.
    pub operations: f64,
    /// Seconds between two signs of life of a worker.
    pub heartbeat: f64,
    /// Seconds between two looks at a table that is on: `[core] probe`.
    pub probe: f64,
}

impl Setup {
    /// The default setup.
    pub(super) fn default_setup() -> Self {
        Self::of(&AwsConfig::default())
    }

    /// As the first platform was set up: a rule, a target group and a record for each table.
    pub(super) fn per_table() -> Self {
        Self::of(&AwsConfig {
            names: NamingChoice::Records,
            routing: Routing::LoadBalancer,
            ..AwsConfig::default()
        })
    }

    /// What `config` says, on a stack as it is deployed where nothing else is asked for.
    pub fn of(config: &AwsConfig) -> Self {
        let options = WorkerOptions::default();
        Self {
            architecture: config.architecture,
            cpu: f64::from(config.cpu_millis) / 1000.0,
            memory: gib(config.memory.bytes()),
            spot: config.spot,
            buckets: config.assets != AssetAccess::Volume,
            records: config.names == NamingChoice::Records,
            rules: config.routing == Routing::LoadBalancer,
            nat: false,
            portals: 1,
            portal_cpu: 0.25,
            portal_memory: 0.5,
            resync: options.resync.as_secs_f64(),
            operations: options.operations.as_secs_f64(),
            heartbeat: options.heartbeat.as_secs_f64(),
            probe: options.probe.as_secs_f64(),
        }
    }

    /// Portals that so many sockets need, and never fewer than there are.
    pub(super) fn portals_for(&self, sockets: f64) -> f64 {
        (sockets / SOCKETS).ceil().max(f64::from(self.portals))
    }

    /// Number of processes' parts that follow changes: the edge and the worker of each portal.
    fn followers(&self, sockets: f64) -> f64 {
        2.0 * self.portals_for(sockets)
    }

    /// Read units of DynamoDB per second for change polls that find nothing.
    pub(super) fn idle_read_units(&self, sockets: f64) -> f64 {
        self.followers(sockets) * LOOK / self.resync
    }

    /// Read units of DynamoDB per second for operations where there are none, of the worker of each portal: looks at what was
    /// written of them, and at their index.
    pub(super) fn operation_read_units(&self, sockets: f64) -> f64 {
        self.portals_for(sockets) * (LOOK / self.resync + OPERATIONS / self.operations)
    }

    /// Units of DynamoDB per second for the signs of life of all workers.
    pub(super) fn signs_of_life(&self, sockets: f64) -> SignOfLife {
        let signs = self.portals_for(sockets) / self.heartbeat;
        let SignOfLife { written, read } = SIGN_OF_LIFE;
        SignOfLife { written: signs * written, read: signs * read }
    }

    /// Read units of DynamoDB for one change: each follower loads the record, and later polls read the change again for a while.
    pub(super) fn change_read_units(&self, sockets: f64) -> f64 {
        self.followers(sockets) * (1.0 + AGAIN / self.resync * ENTRY / 4096.0)
    }

    /// Secrets that each table has: the launch secret, its administrator's password, the key of its bucket.
    pub(super) fn secrets_per_table(&self) -> f64 {
        if self.buckets { 3.0 } else { 2.0 }
    }
}

/// Bytes as GB, to the nearest MiB: the bill is no more precise.
fn gib(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes >> 20).unwrap_or(u32::MAX)) / 1024.0
}
