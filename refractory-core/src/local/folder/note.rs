//! What is written down in a volume about itself.
use std::path::Path;

use crate::Result;
use crate::disk::{read_if_any, refused, write_whole};

/// The file in a volume that remembers its quota.
pub(super) const NOTE: &str = ".volume.json";

/// What is written down in a volume about itself.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, Default)]
#[serde(default)]
pub(super) struct Note {
    pub(super) quota: Option<u64>,
}

impl Note {
    /// The note in `volume`. A damaged one costs nothing: the next `ensure` writes it again.
    pub(super) fn read(volume: &Path) -> Result<Self> {
        let path = volume.join(NOTE);
        let read = read_if_any(&path).map_err(|error| refused(error, "reading a quota", &path))?;
        Ok(read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    pub(super) fn write(&self, volume: &Path) -> Result<()> {
        let path = volume.join(NOTE);
        let text = serde_json::to_vec(self).unwrap_or_default();
        write_whole(&path, &text, 0o644).map_err(|error| refused(error, "writing a quota", &path))
    }
}
