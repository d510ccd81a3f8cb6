//! What is known of a stored archive, so that it need not be read again.
use std::path::Path;

use crate::ReleaseId;
use crate::disk::{read_if_any, write_whole};
use crate::model::{Layout, Program, Version};
use crate::ports::ArchiveInfo;

/// An [`ArchiveInfo`] as it is written down beside its archive.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Card {
    id: ReleaseId,
    version: Version,
    layout: Layout,
    program: Program,
    node_major: Option<u16>,
    size: u64,
}

impl Card {
    /// The card at `path`, if it is there and can be read.
    pub(super) fn read(path: &Path) -> std::io::Result<Option<ArchiveInfo>> {
        let read = read_if_any(path)?;
        Ok(read.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok()).map(Into::into))
    }

    /// Writes `info` down at `path`.
    pub(super) fn write(path: &Path, info: &ArchiveInfo) -> std::io::Result<()> {
        let card = Self {
            id: info.id.clone(),
            version: info.version,
            layout: info.layout,
            program: info.program,
            node_major: info.node_major,
            size: info.size,
        };
        write_whole(path, &serde_json::to_vec_pretty(&card)?, 0o644)
    }
}

impl From<Card> for ArchiveInfo {
    fn from(card: Card) -> Self {
        Self {
            id: card.id,
            version: card.version,
            layout: card.layout,
            program: card.program,
            node_major: card.node_major,
            size: card.size,
        }
    }
}
