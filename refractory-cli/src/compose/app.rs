//! The deployment that a command works on.
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use refractory_core::config::{CoreConfig, Loader, Settings};
use refractory_core::local::DataDir;
use refractory_core::model::WorkerMark;
use refractory_core::{Addressing, Ports, Refractory};
use refractory_web::WebConfig;

use super::RuntimeInfo;
use crate::exit::Exit;
use crate::output::Failure;

/// The deployment that a command works on.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) refractory: Refractory,
    pub(crate) dir: DataDir,
}

impl App {
    pub(crate) async fn open(loader: &Loader, settings: Settings, make: bool) -> Result<Self> {
        let core: CoreConfig = settings.section()?;
        let dir = open_folder(&core, make)?;
        let web: WebConfig = settings.section()?;
        let port = RuntimeInfo::of_running(&dir).map_or_else(|| port_of(&web.listen), |up| up.port);
        let at = web.addressing(port);
        let ports = connect(loader, &settings, &dir, &at).await?;
        let (refractory, _) = Loader::build(&settings, ports, at)?;
        Ok(Self { refractory, dir })
    }

    /// Returns the live workers. If an `up` runs here and no worker is seen, waits for its next heartbeat: the clock may have
    /// been set since the last one.
    pub(crate) async fn workers(&self) -> Result<Vec<WorkerMark>> {
        if self.running_up().is_none() {
            return Ok(self.refractory.workers().await?);
        }
        let heartbeat = self.refractory.worker_options().heartbeat;
        Ok(self.refractory.workers_within(heartbeat + HEARTBEAT_SLACK).await?)
    }

    /// The `up` that runs in the data folder, whether its worker is seen or not.
    pub(crate) fn running_up(&self) -> Option<RuntimeInfo> {
        RuntimeInfo::of_running(&self.dir)
    }
}

/// How late a heartbeat may come.
const HEARTBEAT_SLACK: Duration = Duration::from_secs(1);

/// Opens the store and the backend that the settings name.
pub(crate) async fn connect(
    loader: &Loader,
    settings: &Settings,
    dir: &DataDir,
    at: &Addressing,
) -> Result<Ports> {
    Ok(loader.connect(settings, dir.root(), &dir.database(), at).await?)
}

fn port_of(listen: &str) -> u16 {
    listen.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default()
}

/// Opens the data folder; creates it if it is missing and `make` is set.
pub(crate) fn open_folder(core: &CoreConfig, make: bool) -> Result<DataDir> {
    let path = Path::new(&core.data);
    if !make && !path.exists() {
        bail!(Failure::new(
            Exit::NotFound,
            format!(
                "There is no data folder `{}`. Run `refractory up` to create it, or name the right folder with `--data`.",
                path.display()
            )
        ));
    }
    Ok(DataDir::open(path)?)
}
