//! A deployment, put together.
use std::sync::Arc;

use anyhow::Result;
use refractory_core::config::{Base, CoreConfig, Settings, StoreConfig};
use refractory_core::local::DataDir;
use refractory_core::{Addressing, Builder, Ports, Refractory, SystemClock, Worker};
use refractory_web::WebConfig;

use super::{Desk, Whereabouts, open_folder, open_store};

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
        let ports = connect(desk, &settings, &core, &dir).await?;
        let web: WebConfig = settings.section()?;
        let port = Whereabouts::read(&dir).map_or_else(|| port_of(&web.listen), |up| up.port);
        let (refractory, _) = build(ports, &core, web.addressing(port));
        Ok(Self { refractory, dir })
    }
}

/// Opens the store and the backend that the settings name.
pub(crate) async fn connect(
    desk: &Desk,
    settings: &Settings,
    core: &CoreConfig,
    dir: &DataDir,
) -> Result<Ports> {
    let backend = desk.backend(core)?;
    let store = open_store(&settings.section::<StoreConfig>()?, dir).await?;
    let base = Base { data: dir.root().to_owned(), store, clock: Arc::new(SystemClock) };
    Ok(backend.connect(settings, base).await?)
}

/// The handle and the worker over `ports`.
pub(crate) fn build(ports: Ports, core: &CoreConfig, at: Addressing) -> (Refractory, Worker) {
    Builder::from_ports(ports).addressing(at).patience(|patience| core.apply(patience)).build()
}

fn port_of(listen: &str) -> u16 {
    listen.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default()
}
