//! What an archive is, read from the archive itself.
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::entries::{Entries, Entry, Kind, damaged};
use super::other_files::{BEGINNING, kind_of};
use super::refusal::shown;
use super::{Limits, Refusal};
use crate::blocking::blocking;
use crate::disk::refused;
use crate::foundry::node;
use crate::model::{Layout, Program, Version};
use crate::ports::ArchiveInfo;
use crate::text::decode;
use crate::{ReleaseId, Result};

/// The name in `package.json` that makes a release demo (stand-in for Foundry).
const DEMO: &str = "refractory-demo";
/// The generations that are spoken to here.
const OLDEST: u16 = 9;
const NEWEST: u16 = 14;
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
    /// What releases before generation 9 are called.
    #[serde(default)]
    version: String,
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
pub fn inspect<R: Read + Seek>(reader: R, limits: &Limits) -> Result<Contents, Refusal> {
    let mut archive = open(reader)?;
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

/// Opens an archive, and tells what is no zip at all from a zip whose end is missing.
pub(super) fn open<R: Read + Seek>(mut reader: R) -> Result<ZipArchive<R>, Refusal> {
    let mut beginning = Vec::new();
    let read = Read::by_ref(&mut reader).take(BEGINNING as u64).read_to_end(&mut beginning);
    read.and_then(|_| reader.rewind()).map_err(|error| Refusal::Damaged(error.to_string()))?;
    let magic = beginning.get(..4).unwrap_or_default();
    if !matches!(magic, b"PK\x03\x04" | b"PK\x05\x06" | b"PK\x07\x08") {
        let end = end_of(&mut reader).unwrap_or_default();
        return Err(kind_of(&beginning, &end).map_or(Refusal::NotAZip, Refusal::Other));
    }
    ZipArchive::new(reader).map_err(|error| damaged(&error))
}

fn end_of<R: Read + Seek>(reader: &mut R) -> std::io::Result<Vec<u8>> {
    let length = reader.seek(SeekFrom::End(0))?;
    reader.seek(SeekFrom::Start(length.saturating_sub(BEGINNING as u64)))?;
    let mut end = Vec::new();
    reader.take(BEGINNING as u64).read_to_end(&mut end)?;
    Ok(end)
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
    let something_else = || something_else(entries);
    let (layout, entry) = found.ok_or_else(|| {
        let refusal = something_else().or_else(|| hidden_release(entries));
        refusal.unwrap_or_else(|| not("it has no package.json"))
    })?;
    let package = match read_package(archive, entry) {
        Ok(package) => package,
        Err(refusal) => return Err(something_else().unwrap_or(refusal)),
    };
    let Some(release) = package.release else {
        return Err(match something_else() {
            Some(refusal) => refusal,
            None if is_before_generations(&package) => not(&format!(
                "{} is older than generation {OLDEST}, the oldest that runs here",
                package.version.chars().take(20).collect::<String>()
            )),
            None => not("its package.json names no release"),
        });
    };
    if let Some(refusal) = other_build(entries) {
        return Err(refusal);
    }
    let script = ["main.mjs", "main.js"];
    if !script.iter().any(|main| is_file(entries, &format!("{}{main}", layout.root()))) {
        return Err(not("it has no main.js"));
    }
    let version = Version::new(release.generation, release.build);
    check_generation(version)?;
    let program = if package.name == DEMO { Program::Demo } else { Program::Node };
    let node_major = match program {
        Program::Demo => None,
        Program::Node => release.node_version.or_else(|| node::least_major(version.generation)),
    };
    Ok(Contents { version, layout, program, node_major })
}

fn check_generation(version: Version) -> Result<(), Refusal> {
    let said = if version.generation < OLDEST {
        format!("{version} is older than generation {OLDEST}, the oldest that runs here")
    } else if version.generation > NEWEST {
        format!(
            "there is no generation {} that this version of Refractory knows; it runs {OLDEST} to {NEWEST}. If it is new, update Refractory",
            version.generation
        )
    } else if version.build == 0 {
        format!("there is no build {version}")
    } else {
        return Ok(());
    };
    Err(Refusal::NotFoundry(said))
}

fn is_before_generations(package: &Package) -> bool {
    package.name.to_lowercase().contains("foundry") && package.version.starts_with("0.")
}

/// What else of Foundry's world an archive is, by what lies at its top or in the one folder there.
fn something_else(entries: &Entries) -> Option<Refusal> {
    let holds = |file: &str| {
        entries.iter().any(|(name, _)| {
            name == file || name.split_once('/').is_some_and(|(_, inside)| inside == file)
        })
    };
    let kinds = [
        ("module.json", "it is a module. Modules are installed in Foundry's own setup"),
        ("system.json", "it is a game system. Systems are installed in Foundry's own setup"),
        ("world.json", "it is a world, which belongs into the data of a table"),
    ];
    let kind = kinds.iter().find(|(file, _)| holds(file)).map(|(_, said)| (*said).to_owned());
    kind.map(Refusal::NotFoundry).or_else(|| other_build(entries))
}

/// A release in a folder, where it cannot be told from what lies beside it.
fn hidden_release(entries: &Entries) -> Option<Refusal> {
    let folder = entries.iter().find_map(|(name, _)| {
        let folder = name.strip_suffix("/package.json")?;
        let mut main = ["main.mjs", "main.js"].iter().map(|main| format!("{folder}/{main}"));
        (!folder.contains("node_modules") && main.any(|main| is_file(entries, &main)))
            .then_some(folder)
    })?;
    Some(Refusal::NotFoundry(format!(
        "it was repacked: a release seems to be inside the folder `{}`, with other things beside it",
        shown(folder)
    )))
}

/// A build of Foundry for another system.
fn other_build(entries: &Entries) -> Option<Refusal> {
    let is = |test: fn(&str) -> bool| entries.iter().any(|(name, _)| test(name));
    let kind = if is(|name| name.contains(".app/Contents/")) {
        "it is the build for macOS"
    } else if is(|name| !name.contains('/') && name.to_lowercase().ends_with(".exe")) {
        "it is the build for Windows"
    } else {
        return None;
    };
    Some(Refusal::NotFoundry(kind.to_owned()))
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
    let text = decode(&text).map_err(|_| not())?;
    serde_json::from_str(text).map_err(|_| not())
}

#[cfg(test)]
mod tests;
