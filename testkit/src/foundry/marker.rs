//! What the last process to open a world's database left behind, for a test to look at.
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder::{DataFolder, write_whole};

/// Whether a world's database was closed before its process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Database {
    /// A process has it open, or died with it open.
    Open,
    /// A process is, or died while, rewriting it for a newer version.
    Migrating,
    /// Closed over HTTP, as the stop protocol asks.
    ClosedByRequest,
    /// Closed because of a signal.
    ClosedBySignal,
}

/// `Data/worlds/<id>/data/stand-in-marker.json`: a record the real program does not keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorldMarker {
    /// The state of the database.
    pub database: Database,
    /// The process that wrote this.
    pub pid: u32,
    /// How often the world was launched.
    pub launches: u32,
    /// How often a launch found the database still open.
    pub repairs: u32,
    /// How often a launch found a migration cut short, which loses data for good.
    pub broken_migrations: u32,
}

impl WorldMarker {
    /// The marker of world `id`, if it was ever launched.
    pub fn read(data: &DataFolder, id: &str) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path(&data.world(id).join("data"))).ok()?).ok()
    }

    /// The marker for a launch after `last`.
    pub(crate) fn opening(last: Option<Self>) -> Self {
        let found = last.as_ref().map(|marker| marker.database);
        let last = last.unwrap_or(Self {
            database: Database::Open,
            pid: 0,
            launches: 0,
            repairs: 0,
            broken_migrations: 0,
        });
        Self {
            database: Database::Open,
            pid: std::process::id(),
            launches: last.launches + 1,
            repairs: last.repairs + u32::from(found == Some(Database::Open)),
            broken_migrations: last.broken_migrations
                + u32::from(found == Some(Database::Migrating)),
        }
    }

    /// Writes the marker into the database folder with its new state.
    pub(crate) fn write(&mut self, database: Database, folder: &Path) -> io::Result<()> {
        self.database = database;
        write_whole(&path(folder), &serde_json::to_vec(self)?)
    }
}

fn path(database: &Path) -> PathBuf {
    database.join("stand-in-marker.json")
}
