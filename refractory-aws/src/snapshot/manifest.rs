//! What a snapshot consists of.
use refractory_core::ports::{Snapshot, SnapshotName};
use serde::{Deserialize, Serialize};

/// One piece of a packed volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    /// Its number, as its key has it.
    pub(super) name: String,
    /// Its bytes.
    pub(super) size: u64,
    /// Its SHA-256, in hex.
    pub(super) sha256: String,
}

/// What a snapshot consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// How the volume is packed.
    pub(super) packed: Packed,
    /// Which attempt its pieces are of.
    pub(super) attempt: String,
    /// Its pieces, in order.
    pub(super) pieces: Vec<Piece>,
    /// Bytes of the files in the volume, where they were counted.
    pub(super) usage: Option<u64>,
}

/// How a volume is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Packed {
    #[serde(rename = "tar+gzip")]
    TarGzip,
}

impl Manifest {
    /// Bytes that the snapshot takes.
    pub(super) fn size(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.size).sum()
    }

    /// What the port says of it.
    pub(super) fn snapshot(&self, name: &SnapshotName) -> Snapshot {
        Snapshot { name: name.clone(), size: self.size() }
    }

    /// Reads the report of the job `attempt`: `usage BYTES`, then `piece NUMBER BYTES SHA256` for each. Nothing where it is
    /// not understood.
    pub(super) fn of_report(attempt: &str, report: &str) -> Option<Self> {
        let mut manifest = Self {
            packed: Packed::TarGzip,
            attempt: attempt.to_owned(),
            pieces: Vec::new(),
            usage: None,
        };
        for line in report.lines() {
            let words: Vec<_> = line.split(' ').collect();
            match words[..] {
                ["usage", bytes] => manifest.usage = Some(bytes.parse().ok()?),
                ["piece", name, size, sha256] if sha256.len() == 64 => {
                    let in_turn = name.parse() == Ok(manifest.pieces.len());
                    let size = size.parse().ok().filter(|_| in_turn)?;
                    manifest.pieces.push(Piece {
                        name: name.to_owned(),
                        size,
                        sha256: sha256.to_owned(),
                    });
                }
                _ => return None,
            }
        }
        (!manifest.pieces.is_empty()).then_some(manifest)
    }
}
