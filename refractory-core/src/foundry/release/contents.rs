//! What an archive is, read from the archive itself.
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::entries::{Entries, Entry, Kind, damaged};
use super::{Limits, Refusal};
use crate::blocking::blocking;
use crate::disk::refused;
use crate::foundry::node;
use crate::model::{Layout, Program, Version};
use crate::ports::ArchiveInfo;
use crate::{ReleaseId, Result};

/// The name in `package.json` that makes a release demo (stand-in for Foundry).
const DEMO: &str = "refractory-demo";
/// The oldest generation that is spoken to here.
const OLDEST: u16 = 9;
/// A `package.json` is a few kilobytes.
const LARGEST_PACKAGE_JSON: u64 = 1 << 20;

/// What an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// What its `package.json` says.
    pub version: Version,
    /// Where the server sits.
    pub layout: Layout,
    /// What runs it.
    pub program: Program,
    /// The least major of Node.js it starts on: what it names itself, else what is known of its
    /// generation. None for the demo.
    pub node_major: Option<u16>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    name: String,
    release: Option<ReleaseData>,
}

#[derive(Deserialize)]
struct ReleaseData {
    generation: u16,
    build: u32,
    #[serde(default)]
    node_version: Option<u16>,
}

/// Reads a whole archive: its directory, its `package.json`, and every byte against its checksum.
///
/// Blocks for as long as reading takes. Nothing is written.
///
/// # Errors
///
/// A [`Refusal`].
pub fn inspect<R: Read + Seek>(mut reader: R, limits: &Limits) -> Result<Contents, Refusal> {
    check_signature(&mut reader)?;
    let mut archive = ZipArchive::new(reader).map_err(|error| damaged(&error))?;
    let entries = Entries::read(&mut archive, limits)?;
    let contents = identify(&mut archive, &entries)?;
    for (name, entry) in entries.iter().filter(|(_, entry)| entry.kind != Kind::Folder) {
        entry.read(&mut archive, name, |_| Ok::<(), Refusal>(()))?;
    }
    Ok(contents)
}

/// Reads the archive at `path` whole, for its digest and for what it is.
///
/// # Errors
///
/// `Invalid` with the sentence of a [`Refusal`]; `NotFound`, `Forbidden`, `Unavailable` where the file cannot be read.
pub async fn read_archive(path: PathBuf, limits: Limits) -> Result<ArchiveInfo> {
    blocking("reading a release archive", move |_| read_blocking(&path, &limits)).await
}

fn read_blocking(path: &Path, limits: &Limits) -> Result<ArchiveInfo> {
    let refuse = |error| refused(error, "reading a release archive", path);
    let mut file = File::open(path).map_err(refuse)?;
    let size = file.metadata().map_err(refuse)?.len();
    let contents = inspect(std::io::BufReader::new(&file), limits)?;
    file.seek(SeekFrom::Start(0)).map_err(refuse)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(refuse)? {
            0 => break,
            got => hasher.update(&buffer[..got]),
        }
    }
    Ok(ArchiveInfo {
        id: ReleaseId::new(&hex::encode(hasher.finalize()))?,
        version: contents.version,
        layout: contents.layout,
        program: contents.program,
        node_major: contents.node_major,
        size,
    })
}

/// Tells what is no zip at all from a zip whose end is missing.
fn check_signature<R: Read + Seek>(reader: &mut R) -> Result<(), Refusal> {
    let mut start = [0; 4];
    let got = reader.read_exact(&mut start).and_then(|()| reader.rewind());
    if got.is_err() || !matches!(&start, b"PK\x03\x04" | b"PK\x05\x06" | b"PK\x07\x08") {
        return Err(Refusal::NotAZip);
    }
    Ok(())
}

/// Finds the server in an archive and reads which one it is.
pub(super) fn identify<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    entries: &Entries,
) -> Result<Contents, Refusal> {
    let not = |why: &str| Refusal::NotFoundry(why.to_owned());
    let found = [Layout::Electron, Layout::Node].into_iter().find_map(|layout| {
        let entry = entries.get(&format!("{}package.json", layout.root()))?;
        Some((layout, entry))
    });
    let (layout, entry) = found.ok_or_else(|| not("it has no package.json"))?;
    let package = read_package(archive, entry)?;
    let release = package.release.ok_or_else(|| not("its package.json names no release"))?;
    let script = ["main.mjs", "main.js"];
    if !script.iter().any(|main| is_file(entries, &format!("{}{main}", layout.root()))) {
        return Err(not("it has no main.js"));
    }
    let version = Version::new(release.generation, release.build);
    if version.generation < OLDEST {
        return Err(not(&format!("{version} is older than generation {OLDEST}")));
    }
    let program = if package.name == DEMO { Program::Demo } else { Program::Node };
    let node_major = match program {
        Program::Demo => None,
        Program::Node => release.node_version.or_else(|| node::least_major(version.generation)),
    };
    Ok(Contents { version, layout, program, node_major })
}

fn is_file(entries: &Entries, name: &str) -> bool {
    matches!(entries.get(name), Some(Entry { kind: Kind::File { .. }, .. }))
}

fn read_package<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    entry: &Entry,
) -> Result<Package, Refusal> {
    let not = || Refusal::NotFoundry("its package.json is not that of a release".into());
    if entry.size > LARGEST_PACKAGE_JSON {
        return Err(not());
    }
    let mut text = Vec::new();
    entry.read(archive, "package.json", |piece| {
        text.extend_from_slice(piece);
        Ok::<(), Refusal>(())
    })?;
    serde_json::from_slice(&text).map_err(|_| not())
}

#[cfg(test)]
mod tests;
