//! The context of a command: global options, output and configuration.
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use refractory_core::config::{Loader, Schema, Settings, Sources};
use refractory_web::WebConfig;

use super::{App, Backends};
use crate::args::Global;
use crate::exit::Exit;
use crate::output::{Failure, Out};

/// The configuration file that is read if none is named.
const DEFAULT_FILE: &str = "refractory.toml";

/// The context of a command: global options, output and configuration.
#[derive(Debug)]
pub(crate) struct CliContext {
    pub(crate) out: Out,
    data: Option<PathBuf>,
    config: Option<PathBuf>,
    loader: Loader,
}

impl CliContext {
    pub(crate) fn new(global: Global, backends: Backends) -> Self {
        let Global { data, config, json, .. } = global;
        let loader = Loader::new(backends).with::<WebConfig>();
        #[cfg(feature = "discord")]
        let loader = loader.with::<refractory_discord::DiscordConfig>();
        Self { out: Out::new(json), data, config, loader }
    }

    /// Every section of the file.
    pub(crate) fn schema(&self) -> Schema {
        self.loader.schema()
    }

    /// The settings from file, environment and flags.
    pub(crate) fn settings(&self, listen: Option<&str>) -> Result<Settings> {
        let named = self.config.as_deref();
        let mut sources = Sources::new()
            .file(named.unwrap_or(Path::new(DEFAULT_FILE)), named.is_some())
            .environment(environment_variables());
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

    /// The loader of deployments.
    pub(crate) fn loader(&self) -> &Loader {
        &self.loader
    }

    /// Opens the deployment in the data folder; an error if there is no such folder.
    pub(crate) async fn open(&self) -> Result<App> {
        App::open(&self.loader, self.settings(None)?, false).await
    }

    /// Opens the deployment in the data folder, which is created if it is missing.
    pub(crate) async fn create(&self) -> Result<App> {
        App::open(&self.loader, self.settings(None)?, true).await
    }
}

/// The environment variables that are text. Others cannot be ours.
fn environment_variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)))
}
