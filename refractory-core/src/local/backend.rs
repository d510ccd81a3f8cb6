//! One machine, put together.
use std::path::PathBuf;
use std::sync::Arc;

use super::logs::LogFiles;
use super::{
    DataDir, DemoProgram, FolderLogs, FolderStorage, Keyring, LocalArchives, LocalConfig,
    Passwords, ProcessRuntime, Programs, ReleasePrograms,
};
use crate::config::{Backend, Base, Schema, Settings};
use crate::null::{NoAssets, NoDns, NoGame, NoSnapshots};
use crate::ports::Store;
use crate::{Clock, Ports, Result, StorePool, async_trait};

/// The backend `local`: this machine.
#[derive(Debug, Clone, Default)]
pub struct LocalBackend {
    demo: Option<DemoProgram>,
}

impl LocalBackend {
    /// This machine, with `demo` for releases of the demo.
    pub fn new(demo: Option<DemoProgram>) -> Self {
        Self { demo }
    }
}

#[async_trait]
impl Backend for LocalBackend {
    fn name(&self) -> &'static str {
        "local"
    }

    fn declare(&self, schema: Schema) -> Schema {
        schema.with::<LocalConfig>()
    }

    async fn connect(&self, settings: &Settings, base: Base) -> Result<Ports> {
        let config: LocalConfig = settings.section()?;
        let dir = DataDir::open(&base.data)?;
        LocalPorts::new(dir, base.store, base.clock)
            .with_demo(self.demo.clone())
            .with_config(config)
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
    demo: Option<DemoProgram>,
}

impl LocalPorts {
    /// Ports on the data folder `dir`, with everything written down in `store`.
    pub fn new(dir: DataDir, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { dir, store, clock, config: LocalConfig::default(), demo: None }
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

    fn log_files(&self) -> LogFiles {
        LogFiles::new(self.dir.logs(), self.config.log_size.bytes(), self.config.log_files)
    }

    /// Where archives are kept.
    pub fn archives(&self) -> LocalArchives {
        LocalArchives::new(self.dir.releases())
    }

    /// Where data is kept. What is known of launches and what they printed goes with it.
    pub fn storage(&self) -> FolderStorage {
        FolderStorage::new(self.dir.volumes(), self.dir.trash(), Arc::clone(&self.clock))
            .with_beside(self.dir.logs())
            .with_beside(self.dir.runtime())
    }

    /// The runtime for stored releases.
    ///
    /// # Errors
    ///
    /// As [`runtime_for`](Self::runtime_for).
    pub fn runtime(&self, archives: LocalArchives) -> Result<ProcessRuntime> {
        let programs = ReleasePrograms::new(archives)
            .with_node(self.config.node.as_ref().map(PathBuf::from))
            .with_demo(self.demo.clone());
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
    /// As [`Keyring::open`] and [`runtime`](Self::runtime) have them.
    pub async fn connect(self) -> Result<Ports> {
        let archives = self.archives();
        let vault: Arc<Keyring> =
            Arc::new(Keyring::open(&self.dir.key_file(), Arc::clone(&self.store)).await?);
        let pool = StorePool::new(
            Arc::clone(&self.store),
            Arc::clone(&vault) as _,
            Arc::clone(&self.clock),
        );
        Ok(Ports {
            runtime: Arc::new(self.runtime(archives.clone())?),
            storage: Arc::new(self.storage()),
            assets: Arc::new(NoAssets),
            snapshots: Arc::new(NoSnapshots),
            game: Arc::new(NoGame),
            dns: Arc::new(NoDns),
            licenses: Arc::new(pool),
            vault,
            archives: Arc::new(archives),
            logs: Arc::new(FolderLogs::new(self.log_files())),
            auth: Arc::new(Passwords::new(Arc::clone(&self.store))),
            store: self.store,
        })
    }
}
