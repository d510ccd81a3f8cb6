//! A deployment, put together.
use anyhow::Result;
use refractory_core::config::{CoreConfig, Loader, Settings};
use refractory_core::local::DataDir;
use refractory_core::{Addressing, Ports, Refractory};
use refractory_web::WebConfig;

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
}

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
