//! One machine, put together.
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use super::logs::LogFiles;
use super::pairing::check_pairing;
use super::{
    DataDir, DemoProgram, FolderLogs, FolderSnapshots, FolderStorage, Keyring, LocalArchives,
    LocalConfig, NodeConfig, Passwords, ProcessRuntime, Programs, ReleasePrograms,
};
use crate::config::{Backend, Base, Schema, Settings};
use crate::finding::Finding;
use crate::foundry::FoundryControl;
use crate::foundry::node::NodeOptions;
use crate::null::{NoAssetGateway, NoAssets, NoDns, NoOrphanedResources};
use crate::ports::Store;
use crate::{Clock, Ports, Result, StorePool, async_trait};

/// The backend `local`: this machine.
#[derive(Debug, Clone, Default)]
pub struct LocalBackend {
    demo: Option<DemoProgram>,
    search: Vec<PathBuf>,
    environment: Vec<(OsString, OsString)>,
    registry: Option<String>,
}

impl LocalBackend {
    /// This machine, with `demo` for releases of the demo.
    pub fn new(demo: Option<DemoProgram>) -> Self {
        Self { demo, search: Vec::new(), environment: Vec::new(), registry: None }
    }

    /// The same; Node.js is looked for in these folders too, as the `PATH` of whoever starts us lists them.
    #[must_use]
    pub fn with_search(mut self, folders: Vec<PathBuf>) -> Self {
        self.search = folders;
        self
    }

    /// The same; shims of version managers are asked in this environment, that of whoever starts us.
    #[must_use]
    pub fn with_environment(mut self, variables: Vec<(OsString, OsString)>) -> Self {
        self.environment = variables;
        self
    }

    /// The same; where the configuration names no npm registry, this one is meant.
    #[must_use]
    pub fn with_registry(mut self, registry: Option<String>) -> Self {
        self.registry = registry;
        self
    }
}

#[async_trait]
impl Backend for LocalBackend {
    fn name(&self) -> &'static str {
        "local"
    }

    fn declare(&self, schema: Schema) -> Schema {
        schema.with::<LocalConfig>().with::<NodeConfig>()
    }

    fn is_shared(&self) -> bool {
        false
    }

    async fn store(&self, _: &Settings) -> Result<Option<Arc<dyn Store>>> {
        Ok(None)
    }

    async fn examine(&self, _: &Settings, _: usize) -> Vec<Finding> {
        Vec::new()
    }

    async fn connect(&self, settings: &Settings, base: Base) -> Result<Ports> {
        let config: LocalConfig = settings.section()?;
        let mut node: NodeConfig = settings.section()?;
        node.registry = node.registry.or_else(|| self.registry.clone());
        let dir = DataDir::open(&base.data)?;
        LocalPorts::new(dir, base.store, base.clock)
            .with_demo(self.demo.clone())
            .with_config(config)
            .with_node(node, self.search.clone())
            .with_environment(self.environment.clone())
            .connect()
            .await
    }
}

/// Puts the ports of one machine together.
#[derive(Debug, Clone)]
pub struct LocalPorts {
    dir: DataDir,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    config: LocalConfig,
    node: NodeConfig,
    search: Vec<PathBuf>,
    environment: Vec<(OsString, OsString)>,
    demo: Option<DemoProgram>,
}

impl LocalPorts {
    /// Ports on the data folder `dir`, with everything written down in `store`.
    pub fn new(dir: DataDir, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        let (config, node) = (LocalConfig::default(), NodeConfig::default());
        Self {
            dir,
            store,
            clock,
            config,
            node,
            search: Vec::new(),
            environment: Vec::new(),
            demo: None,
        }
    }

    /// The same with these settings.
    #[must_use]
    pub fn with_config(mut self, config: LocalConfig) -> Self {
        self.config = config;
        self
    }

    /// The same with this for releases of the demo.
    #[must_use]
    pub fn with_demo(mut self, demo: Option<DemoProgram>) -> Self {
        self.demo = demo;
        self
    }

    /// The same with Node.js as `node` says, looked for in the folders of `search` too.
    #[must_use]
    pub fn with_node(mut self, node: NodeConfig, search: Vec<PathBuf>) -> Self {
        self.node = node;
        self.search = search;
        self
    }

    /// The same; shims of version managers are asked in this environment.
    #[must_use]
    pub fn with_environment(mut self, variables: Vec<(OsString, OsString)>) -> Self {
        self.environment = variables;
        self
    }

    fn log_files(&self) -> LogFiles {
        LogFiles::new(self.dir.logs(), self.config.log_size.bytes(), self.config.log_files)
    }

    /// Where archives are kept.
    pub fn archives(&self) -> LocalArchives {
        LocalArchives::new(self.dir.releases())
            .with_hosts(self.config.download_hosts.clone())
            .with_pins(Arc::clone(&self.store))
    }

    /// Where data is kept. What is known of launches and what they printed goes with it.
    pub fn storage(&self) -> FolderStorage {
        FolderStorage::new(self.dir.volumes(), self.dir.trash(), Arc::clone(&self.clock))
            .with_beside(self.dir.logs())
            .with_beside(self.dir.runtime())
    }

    /// Where copies of data are kept, of tables that `runtime` launches.
    pub fn snapshots(&self, runtime: ProcessRuntime) -> FolderSnapshots {
        FolderSnapshots::new(self.dir.snapshots(), self.dir.volumes(), self.dir.trash())
            .with_launches(runtime)
    }

    /// Where Node.js is looked for.
    pub fn nodes(&self) -> NodeOptions {
        self.config.nodes(&self.node, &self.search, &self.environment, self.dir.node())
    }

    /// The runtime for stored releases.
    ///
    /// # Errors
    ///
    /// As [`runtime_for`](Self::runtime_for).
    pub fn runtime(&self, archives: LocalArchives) -> Result<ProcessRuntime> {
        let programs = ReleasePrograms::new(archives, self.nodes()).with_demo(self.demo.clone());
        self.runtime_for(Arc::new(programs))
    }

    /// The runtime for whatever `programs` know.
    ///
    /// # Errors
    ///
    /// `Unsupported` on a machine without `/proc`.
    pub fn runtime_for(&self, programs: Arc<dyn Programs>) -> Result<ProcessRuntime> {
        let (settings, logs) = (self.config.settings(), self.log_files());
        ProcessRuntime::new(self.dir.clone(), programs, settings, logs, Arc::clone(&self.clock))
    }

    /// All ports.
    ///
    /// # Errors
    ///
    /// `Conflict` where the folder and the store are not of one deployment, and as [`Keyring::open`],
    /// [`runtime`](Self::runtime) and [`FoundryControl::new`] have them.
    pub async fn connect(self) -> Result<Ports> {
        check_pairing(&self.dir, self.store.as_ref(), self.clock.now()).await?;
        let archives = self.archives();
        let vault: Arc<Keyring> =
            Arc::new(Keyring::open(&self.dir.key_file(), Arc::clone(&self.store)).await?);
        let pool =
            StorePool::new(Arc::clone(&self.store), Arc::clone(&vault), Arc::clone(&self.clock));
        let runtime = self.runtime(archives.clone())?;
        Ok(Ports {
            snapshots: Arc::new(self.snapshots(runtime.clone())),
            runtime: Arc::new(runtime),
            storage: Arc::new(self.storage()),
            assets: Arc::new(NoAssets),
            asset_gateway: Arc::new(NoAssetGateway),
            game: Arc::new(FoundryControl::new()?),
            dns: Arc::new(NoDns),
            licenses: Arc::new(pool),
            vault,
            orphaned_resources: Arc::new(NoOrphanedResources),
            archives: Arc::new(archives),
            logs: Arc::new(FolderLogs::new(self.log_files())),
            auth: Arc::new(Passwords::new(Arc::clone(&self.store))),
            store: self.store,
        })
    }
}
