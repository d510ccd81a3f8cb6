//! From the backends that a program lists to a deployment.
use std::path::Path;
use std::sync::Arc;

use super::{
    Backend, Base, Complaints, CoreConfig, Schema, Section, Settings, Sources, StoreConfig, pick,
};
use crate::ports::Store;
use crate::{Addressing, Builder, Ports, Refractory, Result, SystemClock, Worker};

/// The backends that a program lists, and the sections that it and they read: what every `main.rs` has in common.
#[derive(Debug)]
pub struct Loader {
    own: Schema,
    backends: Vec<Box<dyn Backend>>,
}

impl Loader {
    /// A program that knows `backends`, and reads `[core]` and `[store]`.
    pub fn new(backends: Vec<Box<dyn Backend>>) -> Self {
        Self { own: Schema::new().with::<CoreConfig>().with::<StoreConfig>(), backends }
    }

    /// The same for a program that reads section `S` too.
    #[must_use]
    pub fn with<S: Section>(mut self) -> Self {
        self.own = self.own.with::<S>();
        self
    }

    /// Every section: the program's own, then those of its backends.
    pub fn schema(&self) -> Schema {
        let own = self.own.clone();
        self.backends.iter().fold(own, |schema, backend| backend.declare(schema))
    }

    /// What `sources` say.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them, at once.
    pub fn load(&self, sources: Sources) -> Result<Settings, Complaints> {
        self.schema().load(sources)
    }

    /// The backend that the settings name.
    ///
    /// # Errors
    ///
    /// `Invalid` when this program does not know it.
    pub fn backend(&self, settings: &Settings) -> Result<&dyn Backend> {
        let known: Vec<&dyn Backend> = self.backends.iter().map(AsRef::as_ref).collect();
        pick(&known, &settings.section::<CoreConfig>()?.backend)
    }

    /// One of each port, over the store that the settings mean: what `[store] url` names, or else what the
    /// backend keeps by itself, or else `SQLite` at `database`. The folder `data` exists.
    ///
    /// # Errors
    ///
    /// As the backend and the store have them; `Unsupported` for a database that this program was built without; `Conflict`
    /// where the database of a data folder that has been in use is not there: none is made in its place.
    pub async fn connect(
        &self,
        settings: &Settings,
        data: &Path,
        database: &Path,
        addressing: &Addressing,
    ) -> Result<Ports> {
        let (backend, store) =
            (self.backend(settings)?, self.store(settings, data, database).await?);
        let (data, addressing) = (data.to_owned(), addressing.clone());
        let base = Base { data, store, clock: Arc::new(SystemClock), addressing };
        backend.connect(settings, base).await
    }

    /// The store that the settings mean, as [`connect`](Self::connect) has it.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect) has them of the store.
    pub async fn store(
        &self,
        settings: &Settings,
        data: &Path,
        database: &Path,
    ) -> Result<Arc<dyn Store>> {
        let config: StoreConfig = settings.section()?;
        let kept = match &config.url {
            None => self.backend(settings)?.store(settings).await?,
            Some(_) => None,
        };
        if let Some(store) = kept {
            return Ok(store);
        }
        check_not_lost(&config, data, database)?;
        database_of(&config, database).await
    }

    /// The handle and the worker over `ports`, for a deployment that is reached like this.
    ///
    /// # Errors
    ///
    /// None but for settings that this loader did not load.
    pub fn build(
        settings: &Settings,
        ports: Ports,
        at: Addressing,
    ) -> Result<(Refractory, Worker)> {
        let core: CoreConfig = settings.section()?;
        let builder = Builder::from_ports(ports).addressing(at);
        Ok(builder.worker_options(|options| core.apply(options)).build())
    }
}

/// Refuses to make a database where one must have been: opening it would throw the log away that may still lie beside it.
#[cfg(feature = "local")]
fn check_not_lost(config: &StoreConfig, data: &Path, database: &Path) -> Result<()> {
    let there = || std::fs::metadata(database).is_ok_and(|found| found.len() > 0);
    if config.url.is_none() && crate::local::DataDir::was_used(data) && !there() {
        return Err(crate::local::emptied(data, database));
    }
    Ok(())
}

#[cfg(not(feature = "local"))]
#[expect(clippy::unnecessary_wraps, reason = "with a data folder it looks there")]
fn check_not_lost(_: &StoreConfig, _: &Path, _: &Path) -> Result<()> {
    Ok(())
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
async fn database_of(config: &StoreConfig, database: &Path) -> Result<Arc<dyn Store>> {
    use crate::sql::{SqlOptions, SqlStore};
    let options = SqlOptions::default();
    // A path of ours is never read as a URL: it may have `?` and `%` in it.
    Ok(Arc::new(match &config.url {
        Some(url) => SqlStore::open(url, &options).await?,
        None => SqlStore::open_file(database, &options).await?,
    }))
}

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
#[expect(clippy::unused_async, reason = "with a database it waits for it")]
async fn database_of(config: &StoreConfig, _: &Path) -> Result<Arc<dyn Store>> {
    use crate::{Error, ErrorKind};
    Err(Error::new(ErrorKind::Unsupported, "opening the database").about("scheme", config.scheme()).advise(
        "This build has no database support. Remove `url` in `[store]`, and choose a backend with its own store, such as \"aws\".",
    ))
}

#[cfg(test)]
mod tests;
