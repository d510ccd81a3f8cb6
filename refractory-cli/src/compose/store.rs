//! The store that a URL means.
use std::sync::Arc;

use anyhow::Result;
use refractory_core::Secret;
use refractory_core::config::StoreConfig;
use refractory_core::local::DataDir;
use refractory_core::ports::Store;
use refractory_core::sql::{SqlOptions, SqlStore};

/// Opens the store that `[store] url` means; `SQLite` in the data folder where it says nothing.
pub(crate) async fn open_store(config: &StoreConfig, dir: &DataDir) -> Result<Arc<dyn Store>> {
    let own = || Secret::new(format!("sqlite:{}", dir.database().display()));
    let url = config.url.clone().unwrap_or_else(own);
    Ok(Arc::new(SqlStore::open(&url, &SqlOptions::default()).await?))
}
