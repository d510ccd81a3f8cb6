//! Reading an archive of a volume, to its last byte.
use std::fs::File;
use std::io::{self, BufReader, ErrorKind as Io, Read};
use std::path::{Component, Path, PathBuf};

use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};
use tar::{Archive, EntryType};

use super::GoOn;
use super::pack::Packed;
use crate::disk::refused;
use crate::{Error, ErrorKind, Result};

const DURING: &str = "reading a copy of a volume";

/// One thing in an archive. Its path leads on from the volume, and never out of it.
pub(super) struct Entry<'a> {
    pub(super) path: PathBuf,
    /// The nine bits of who may do what.
    pub(super) mode: u32,
    /// Seconds since 1970.
    pub(super) modified: u64,
    pub(super) what: What<'a>,
}

pub(super) enum What<'a> {
    Folder,
    File(&'a mut dyn Read),
    Link(PathBuf),
}

/// Shows `visit` everything in the archive at `path`, in its order; answers what it came to.
///
/// # Errors
///
/// `Unexpected` where it is damaged, or holds what no snapshot of ours does.
#[expect(clippy::wildcard_enum_match_arm, reason = "no snapshot of ours holds anything else")]
pub(super) fn read(
    path: &Path,
    go_on: GoOn<'_>,
    visit: &mut dyn FnMut(Entry<'_>) -> Result<()>,
) -> Result<Packed> {
    let file = File::open(path).map_err(|error| refused(error, DURING, path))?;
    let hashing = BufReader::new(Hashing { from: file, digest: Sha256::new() });
    let mut archive = Archive::new(GzDecoder::new(hashing));
    let mut entries = 0;
    for entry in archive.entries().map_err(|error| unreadable(error, path))? {
        go_on()?;
        let mut entry = entry.map_err(|error| unreadable(error, path))?;
        let Some((inner, kind)) = name(&entry) else { return Err(strange(path)) };
        let header = entry.header();
        let mode = header.mode().map_err(|error| unreadable(error, path))? & 0o777;
        let modified = header.mtime().map_err(|error| unreadable(error, path))?;
        let what = match kind {
            EntryType::Directory => What::Folder,
            EntryType::Symlink => match entry.link_name() {
                Ok(Some(target)) => What::Link(target.into_owned()),
                Ok(None) | Err(_) => return Err(strange(path)),
            },
            EntryType::Regular => What::File(&mut entry),
            _ => return Err(strange(path)),
        };
        visit(Entry { path: inner, mode, modified, what })?;
        entries += 1;
    }
    let digest = rest(archive).map_err(|error| unreadable(error, path))?;
    Ok(Packed { digest, entries })
}

/// What lies behind the last entry belongs to the digest too.
fn rest(archive: Archive<GzDecoder<BufReader<Hashing>>>) -> io::Result<String> {
    let mut packed = archive.into_inner();
    io::copy(&mut packed, &mut io::sink())?;
    let mut hashing = packed.into_inner();
    io::copy(&mut hashing, &mut io::sink())?;
    Ok(hex::encode(hashing.into_inner().digest.finalize()))
}

/// Where an entry belongs, if that is inside, and what it is.
fn name(entry: &tar::Entry<'_, impl Read>) -> Option<(PathBuf, EntryType)> {
    let path = entry.path().ok()?.into_owned();
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (inside && path.components().next().is_some()).then(|| (path, entry.header().entry_type()))
}

/// Where what is read from the archive at `path` cannot be made sense of.
#[expect(clippy::wildcard_enum_match_arm, reason = "everything else is the disk's")]
pub(super) fn unreadable(error: io::Error, path: &Path) -> Error {
    match error.kind() {
        Io::InvalidData | Io::InvalidInput | Io::UnexpectedEof | Io::Other => {
            damaged(path).caused_by(error)
        }
        _ => refused(error, DURING, path),
    }
}

/// The archive at `path` is not what was written.
pub(super) fn damaged(path: &Path) -> Error {
    Error::new(ErrorKind::Unexpected, DURING).about("path", path.display()).advise(format!(
        "The backup `{}` is damaged, so nothing was restored. Use another one.",
        path.display()
    ))
}

fn strange(path: &Path) -> Error {
    Error::new(ErrorKind::Unexpected, DURING).about("path", path.display()).advise(format!(
        "The backup `{}` contains unexpected entries, so nothing was restored. Use another one.",
        path.display()
    ))
}

struct Hashing {
    from: File,
    digest: Sha256,
}

impl Read for Hashing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.digest.update(&into[..read]);
        Ok(read)
    }
}
