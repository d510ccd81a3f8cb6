//! Where a command stands: what was said to all commands, and what there is to choose from.
use std::path::{Path, PathBuf};

use anyhow::Result;
use refractory_core::config::{Backend, CoreConfig, Schema, Settings, Sources, StoreConfig, pick};
use refractory_web::WebConfig;

use super::{Backends, Station};
use crate::args::Global;
use crate::output::Out;

/// The file that is read where it is there and none is named.
const FILE: &str = "refractory.toml";

/// Where a command stands.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) out: Out,
    data: Option<PathBuf>,
    config: Option<PathBuf>,
    backends: Backends,
}

impl Desk {
    pub(crate) fn new(global: Global, backends: Backends) -> Self {
        let Global { data, config, json, .. } = global;
        Self { out: Out::new(json), data, config, backends }
    }

    /// Every section of the file.
    pub(crate) fn schema(&self) -> Schema {
        let own = Schema::new().with::<CoreConfig>().with::<StoreConfig>().with::<WebConfig>();
        self.backends.iter().fold(own, |schema, backend| backend.declare(schema))
    }

    /// What file, environment and flags say.
    pub(crate) fn settings(&self, listen: Option<&str>) -> Result<Settings> {
        let named = self.config.as_deref();
        let mut sources = Sources::new()
            .file(named.unwrap_or(Path::new(FILE)), named.is_some())
            .environment(variables());
        if let Some(data) = &self.data {
            sources = sources.flag("--data", "core.data", &data.display().to_string());
        }
        if let Some(listen) = listen {
            sources = sources.flag("--listen", "web.listen", listen);
        }
        Ok(self.schema().load(sources)?)
    }

    /// The backend that the settings name.
    pub(crate) fn backend(&self, core: &CoreConfig) -> Result<&dyn Backend> {
        let known: Vec<&dyn Backend> = self.backends.iter().map(AsRef::as_ref).collect();
        Ok(pick(&known, &core.backend)?)
    }

    /// The deployment in the data folder; an error where there is no such folder.
    pub(crate) async fn open(&self) -> Result<Station> {
        Station::open(self, self.settings(None)?, false).await
    }

    /// The deployment in the data folder, which is made where it is not there.
    pub(crate) async fn make(&self) -> Result<Station> {
        Station::open(self, self.settings(None)?, true).await
    }
}

/// The environment, without what is not text: none of that can be ours.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)))
}
