//! The metadata of a stored archive, as the metadata of its object.
use refractory_core::ReleaseId;
use refractory_core::model::{Layout, Program, Version};
use refractory_core::ports::ArchiveInfo;
use serde::{Deserialize, Serialize};

/// The one entry of an object's metadata that holds it.
pub(super) const ENTRY: &str = "refractory-release";

/// An [`ArchiveInfo`] as it is written down. Only ASCII: it travels as a header.
#[derive(Debug, Serialize, Deserialize)]
struct Card {
    version: Version,
    layout: Layout,
    program: Program,
    node_major: Option<u16>,
    size: u64,
}

/// `info` as text.
pub(super) fn write(info: &ArchiveInfo) -> serde_json::Result<String> {
    serde_json::to_string(&Card {
        version: info.version,
        layout: info.layout,
        program: info.program,
        node_major: info.node_major,
        size: info.size,
    })
}

/// What `text` says of the archive `id` of `size` bytes; nothing where it says something else, or is not understood.
pub(super) fn read(id: &ReleaseId, size: u64, text: &str) -> Option<ArchiveInfo> {
    let card: Card = serde_json::from_str(text).ok().filter(|card: &Card| card.size == size)?;
    Some(ArchiveInfo {
        id: id.clone(),
        version: card.version,
        layout: card.layout,
        program: card.program,
        node_major: card.node_major,
        size: card.size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_fits_a_header() {
        let info = ArchiveInfo {
            id: ReleaseId::new(&"ab".repeat(32)).unwrap(),
            version: Version::new(13, 351),
            layout: Layout::Node,
            program: Program::Node,
            node_major: Some(20),
            size: 12,
        };
        let text = write(&info).unwrap();
        assert!(text.is_ascii() && text.len() < 1024);
        assert_eq!(read(&info.id, 12, &text), Some(info.clone()));
        assert_eq!(read(&info.id, 11, &text), None);
        assert_eq!(read(&info.id, 12, "{}"), None);
    }
}
