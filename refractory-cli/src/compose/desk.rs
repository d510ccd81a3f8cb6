//! Where a command stands: what was said to all commands, and what there is to choose from.
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use refractory_core::config::{Loader, Schema, Settings, Sources};
use refractory_web::WebConfig;

use super::{Backends, Station};
use crate::args::Global;
use crate::exit::Exit;
use crate::output::{Failure, Out};

/// The file that is read where it is there and none is named.
const FILE: &str = "refractory.toml";

/// Where a command stands.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) out: Out,
    data: Option<PathBuf>,
    config: Option<PathBuf>,
    loader: Loader,
}

impl Desk {
    pub(crate) fn new(global: Global, backends: Backends) -> Self {
        let Global { data, config, json, .. } = global;
        let loader = Loader::new(backends).with::<WebConfig>();
        Self { out: Out::new(json), data, config, loader }
    }

    /// Every section of the file.
    pub(crate) fn schema(&self) -> Schema {
        self.loader.schema()
    }

    /// What file, environment and flags say.
    pub(crate) fn settings(&self, listen: Option<&str>) -> Result<Settings> {
        let named = self.config.as_deref();
        let mut sources = Sources::new()
            .file(named.unwrap_or(Path::new(FILE)), named.is_some())
            .environment(variables());
        if let Some(data) = &self.data {
            let Some(data) = data.to_str() else {
                bail!(Failure::new(
                    Exit::Invalid,
                    format!(
                        "The path `{}` of the data folder is not UTF-8. Give the folder another name.",
                        data.display()
                    )
                ));
            };
            sources = sources.flag("--data", "core.data", data);
        }
        if let Some(listen) = listen {
            sources = sources.flag("--listen", "web.listen", listen);
        }
        Ok(self.loader.load(sources)?)
    }

    /// What puts a deployment together.
    pub(crate) fn loader(&self) -> &Loader {
        &self.loader
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
