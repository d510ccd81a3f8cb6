//! What runs tables, chosen by its name in the file.
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use super::nearest::{did_you_mean, nearest};
use super::{Complaint, Complaints, Schema, Settings};
use crate::finding::Finding;
use crate::ports::Store;
use crate::service::{Addressing, Ports};
use crate::{Clock, Result, async_trait};

/// What a program has before it knows what runs tables.
#[derive(Debug, Clone)]
pub struct Base {
    /// The data folder. It exists, and nobody else works in it.
    pub data: PathBuf,
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How the deployment is reached from outside.
    pub addressing: Addressing,
}

/// Something that tables run on: one machine, a cloud. A program lists those that it knows.
#[async_trait]
pub trait Backend: Debug + Send + Sync + 'static {
    /// What `[core] backend` calls it.
    fn name(&self) -> &'static str;

    /// Adds the sections that it reads.
    fn declare(&self, schema: Schema) -> Schema;

    /// Whether workers on several machines may share it. Where not, whoever has the data folder is the only one.
    fn is_shared(&self) -> bool;

    /// Where everything is written down when `[store]` says nothing; none for a database in the data folder.
    ///
    /// # Errors
    ///
    /// As the provider has them.
    async fn store(&self, settings: &Settings) -> Result<Option<Arc<dyn Store>>>;

    /// What of its surroundings is missing or wrong, for a deployment of so many tables. Each answer stands by itself:
    /// what cannot be looked at is a finding too, and keeps nothing else from being looked at. Changes nothing.
    async fn examine(&self, settings: &Settings, tables: usize) -> Vec<Finding>;

    /// One of each port, as `settings` want them.
    ///
    /// # Errors
    ///
    /// `Invalid` for settings that cannot work together, and as the provider has them.
    async fn connect(&self, settings: &Settings, base: Base) -> Result<Ports>;
}

/// The one of `backends` that is called `name`.
///
/// # Errors
///
/// `Invalid` when none is; the sentence names those that there are.
pub fn pick<'a>(backends: &[&'a dyn Backend], name: &str) -> Result<&'a dyn Backend> {
    let found = backends.iter().find(|backend| backend.name() == name);
    found.copied().ok_or_else(|| {
        let names = || backends.iter().map(|backend| backend.name());
        let all = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let hint = did_you_mean(nearest(name, names()));
        let sentence = format!("unknown backend `{name}`{hint} The available backends are {all}.");
        Complaints(vec![Complaint::about("core.backend", sentence)]).into()
    })
}
