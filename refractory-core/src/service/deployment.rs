//! Everything a deployment is made of.
use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;

#[cfg(feature = "accounts")]
use crate::Secret;
use crate::WorkerOptions;
use crate::clock::ClockHistory;
use crate::ports::{
    Archives, AssetGateway, AssetStore, Authenticator, DnsZone, GameControl, InstanceRuntime,
    LicensePool, LogSource, OrphanedResources, Snapshots, Store, Vault, WorldStorage,
};
use crate::reconcile::{EventWalk, Known, Liveness};

/// How the deployment is reached from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Addressing {
    /// The domain under which every instance has its name.
    pub domain: String,
    /// The public port.
    pub port: u16,
    /// Whether the public side is HTTPS.
    pub https: bool,
    /// Whether instances are served under `/slug` of one host instead of names of their own.
    pub by_path: bool,
    /// Names that no instance may get, because paths of the portal begin with them.
    pub reserved: BTreeSet<String>,
}

impl Default for Addressing {
    fn default() -> Self {
        Self::new("localhost", 8080, false)
    }
}

impl Addressing {
    /// Names under `domain`, served at `port`.
    pub fn new(domain: impl Into<String>, port: u16, https: bool) -> Self {
        Self { domain: domain.into(), port, https, by_path: false, reserved: BTreeSet::new() }
    }

    /// The same with instances under paths of one host.
    #[must_use]
    pub fn by_path(mut self, by_path: bool) -> Self {
        self.by_path = by_path;
        self
    }

    /// The same where no instance may be called by one of `names`. One that is called so already keeps its name.
    #[must_use]
    pub fn reserving(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.reserved.extend(names);
        self
    }

    /// Where the portal is, without a slash at the end.
    pub fn portal_url(&self) -> String {
        self.url_of(&self.domain)
    }

    /// `host` as people open it, without a slash at the end.
    pub fn url_of(&self, host: &str) -> String {
        match (self.https, self.port) {
            (true, 443) => format!("https://{host}"),
            (true, port) => format!("https://{host}:{port}"),
            (false, 80) => format!("http://{host}"),
            (false, port) => format!("http://{host}:{port}"),
        }
    }
}

/// Everything a backend brings: one of each port.
#[derive(Debug, Clone)]
pub struct Ports {
    /// Runs programs.
    pub runtime: Arc<dyn InstanceRuntime>,
    /// Keeps data.
    pub storage: Arc<dyn WorldStorage>,
    /// Keeps uploads.
    pub assets: Arc<dyn AssetStore>,
    /// Lets players and programs reach uploads through the deployment.
    pub asset_gateway: Arc<dyn AssetGateway>,
    /// Keeps copies of data.
    pub snapshots: Arc<dyn Snapshots>,
    /// Talks to programs.
    pub game: Arc<dyn GameControl>,
    /// Gives names.
    pub dns: Arc<dyn DnsZone>,
    /// Leases licenses.
    pub licenses: Arc<dyn LicensePool>,
    /// Keeps secrets.
    pub vault: Arc<dyn Vault>,
    /// Finds what a crash left behind.
    pub orphaned_resources: Arc<dyn OrphanedResources>,
    /// Keeps release archives.
    pub archives: Arc<dyn Archives>,
    /// Reads logs.
    pub logs: Arc<dyn LogSource>,
    /// Checks credentials.
    pub auth: Arc<dyn Authenticator>,
    /// Writes everything down.
    pub store: Arc<dyn Store>,
}

/// What the handle and its workers share.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) ports: Ports,
    pub(crate) clock: ClockHistory,
    pub(crate) options: WorkerOptions,
    pub(crate) addressing: Addressing,
    pub(crate) known: Known,
    /// What marks of devices are signed with, once it was read.
    #[cfg(feature = "accounts")]
    pub(crate) device_key: tokio::sync::OnceCell<Secret>,
    /// What passes to Foundry's setup are signed with, once it was needed.
    #[cfg(feature = "accounts")]
    pub(crate) setup_key: tokio::sync::OnceCell<Secret>,
    pub(crate) liveness: Liveness,
    /// How far this process has gone through the audit log.
    pub(crate) event_walk: EventWalk,
    /// Counts writes made in this process, so that nobody here waits for the next poll of the store.
    pub(crate) nudge: watch::Sender<u64>,
    /// Counts operations asked for in this process.
    pub(crate) operations_nudge: watch::Sender<u64>,
}

impl Deployment {
    /// Says that there is an operation to begin.
    pub(crate) fn nudge_operations(&self) {
        self.operations_nudge.send_modify(|count| *count = count.wrapping_add(1));
        self.nudge();
    }

    pub(crate) fn nudge(&self) {
        self.nudge.send_modify(|count| *count = count.wrapping_add(1));
    }
}
