//! A deployment, put together.
use std::time::Duration;

use anyhow::Result;
use refractory_core::config::{CoreConfig, Loader, Settings};
use refractory_core::local::DataDir;
use refractory_core::model::WorkerMark;
use refractory_core::{Addressing, Ports, Refractory};
use refractory_web::WebConfig;
use tokio::time::Instant;

use super::{Desk, Whereabouts, open_folder};

/// A deployment, put together: for one command.
#[derive(Debug)]
pub(crate) struct Station {
    pub(crate) refractory: Refractory,
    pub(crate) dir: DataDir,
}

impl Station {
    pub(crate) async fn open(desk: &Desk, settings: Settings, make: bool) -> Result<Self> {
        let core: CoreConfig = settings.section()?;
        let dir = open_folder(&core, make)?;
        let web: WebConfig = settings.section()?;
        let port = Whereabouts::of_running(&dir).map_or_else(|| port_of(&web.listen), |up| up.port);
        let at = web.addressing(port);
        let ports = connect(desk, &settings, &dir, &at).await?;
        let (refractory, _) = Loader::build(&settings, ports, at)?;
        Ok(Self { refractory, dir })
    }

    /// The workers that live. One that was not heard of while an `up` runs here is given the time to write its next sign of
    /// life: the clock may have been set since the last one.
    pub(crate) async fn workers(&self) -> Result<Vec<WorkerMark>> {
        let until = Instant::now() + self.refractory.worker_options().heartbeat + LATE;
        loop {
            let alive = self.refractory.workers().await?;
            let over = Instant::now() >= until;
            if !alive.is_empty() || over || self.running_up().is_none() {
                return Ok(alive);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The `up` that runs in the data folder, whether its worker is heard of or not.
    pub(crate) fn running_up(&self) -> Option<Whereabouts> {
        Whereabouts::of_running(&self.dir)
    }
}

/// How much later than it is due a sign of life may come.
const LATE: Duration = Duration::from_secs(1);
/// How often one is looked for: nothing that happens in the store crosses processes.
const LOOK: Duration = Duration::from_millis(200);

/// Opens the store and the backend that the settings name.
pub(crate) async fn connect(
    desk: &Desk,
    settings: &Settings,
    dir: &DataDir,
    at: &Addressing,
) -> Result<Ports> {
    Ok(desk.loader().connect(settings, dir.root(), &dir.database(), at).await?)
}

fn port_of(listen: &str) -> u16 {
    listen.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default()
}
