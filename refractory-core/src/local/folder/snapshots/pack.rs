//! Writing a volume into one archive.
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind as Io, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::fs::OFlags;
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use super::GoOn;
use crate::disk::refused;
use crate::local::folder::NOTE;
use crate::{Error, ErrorKind, Result};

const DURING: &str = "copying a volume";

/// What an archive came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packed {
    /// SHA-256 of its bytes.
    pub(super) digest: String,
    /// Files, folders and links in it.
    pub(super) entries: u64,
}

/// Writes what is in `volume` to a new file at `part`, and waits until that is on disk. Files, folders and links: a link is
/// kept as the link it is and never followed, files that share their data are kept one by one, and pipes, sockets
/// and devices have nothing to keep. The note of the quota is the volume's own and stays behind.
pub(super) fn pack(
    volume: &Path,
    part: &Path,
    go_on: GoOn<'_>,
    tell: &dyn Fn(u64),
) -> Result<Packed> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(part);
    let file = file.map_err(|error| refused(error, DURING, part))?;
    pack_into(file, volume, part, go_on, tell)
}

/// The same into the open `file`, which is at `part`.
pub(super) fn pack_into(
    file: File,
    volume: &Path,
    part: &Path,
    go_on: GoOn<'_>,
    tell: &dyn Fn(u64),
) -> Result<Packed> {
    let hashing = Hashing { to: BufWriter::new(file), digest: Sha256::new() };
    let out = Builder::new(GzEncoder::new(hashing, Compression::fast()));
    let mut packing = Packing { volume, part, out, entries: 0, bytes: 0, go_on, tell };
    packing.everything()?;
    let (entries, finished) = (packing.entries, finish(packing.out));
    let digest = finished.map_err(|error| refused(error, DURING, part))?;
    Ok(Packed { digest, entries })
}

type Out = Builder<GzEncoder<Hashing>>;

fn finish(out: Out) -> io::Result<String> {
    let Hashing { to, digest } = out.into_inner()?.finish()?;
    to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(hex::encode(digest.finalize()))
}

struct Packing<'a> {
    volume: &'a Path,
    part: &'a Path,
    out: Out,
    entries: u64,
    bytes: u64,
    go_on: GoOn<'a>,
    tell: &'a dyn Fn(u64),
}

impl Packing<'_> {
    /// Everything, in the same order each time; a folder comes before what is in it.
    fn everything(&mut self) -> Result<()> {
        let mut left = vec![PathBuf::new()];
        while let Some(folder) = left.pop() {
            for inner in self.inside(&folder)? {
                (self.go_on)()?;
                if inner.as_os_str() != NOTE && self.add(&inner)? {
                    left.push(inner);
                }
            }
        }
        Ok(())
    }

    /// What is in `folder`, by paths from the volume on.
    fn inside(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let path = self.volume.join(folder);
        let names = || -> io::Result<Vec<PathBuf>> {
            fs::read_dir(&path)?.map(|entry| Ok(folder.join(entry?.file_name()))).collect()
        };
        let mut names = names().map_err(|error| self.told(error, &path))?;
        names.sort();
        Ok(names)
    }

    /// Adds one entry; whether it is a folder.
    fn add(&mut self, inner: &Path) -> Result<bool> {
        let path = self.volume.join(inner);
        let found = fs::symlink_metadata(&path).map_err(|error| self.told(error, &path))?;
        let kind = found.file_type();
        if kind.is_file() {
            self.add_file(inner, &path)?;
        } else if kind.is_dir() {
            let mut header = header(&found, EntryType::Directory);
            let added = self.out.append_data(&mut header, inner, io::empty());
            added.map_err(|error| self.told(error, &path))?;
        } else if kind.is_symlink() {
            let target = fs::read_link(&path).map_err(|error| self.told(error, &path))?;
            self.add_link(&header(&found, EntryType::Symlink), inner, &target)
                .map_err(|error| self.told(error, &path))?;
        } else {
            return Ok(false);
        }
        self.entries += 1;
        Ok(kind.is_dir())
    }

    fn add_file(&mut self, inner: &Path, path: &Path) -> Result<()> {
        // Not what has come in its place since it was looked at: a link would lead elsewhere, a pipe would never end.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let opened = || -> io::Result<_> {
            let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
            let found = file.metadata()?;
            if found.is_file() { Ok((file, found)) } else { Err(Io::InvalidInput.into()) }
        };
        let (file, found) = opened().map_err(|error| self.told(error, path))?;
        let mut header = header(&found, EntryType::Regular);
        header.set_size(found.len());
        let (go_on, tell, before) = (self.go_on, self.tell, self.bytes);
        let mut from =
            Watched { from: file.take(found.len()), read: 0, before, go_on, tell, ended: None };
        let added = self.out.append_data(&mut header, inner, &mut from);
        let Watched { read, ended, .. } = from;
        if let Some(error) = ended {
            return Err(error);
        }
        added.map_err(|error| self.told(error, path))?;
        self.bytes += read;
        // The header has promised so much, and what follows would be read as part of it.
        if read == found.len() { Ok(()) } else { Err(changed(path)) }
    }

    fn add_link(&mut self, header: &Header, inner: &Path, target: &Path) -> io::Result<()> {
        let mut header = header.clone();
        if target.as_os_str().as_bytes().len() <= 100 {
            // As it is: what would be tidied up may mean something.
            header.set_link_name_literal(target.as_os_str().as_bytes())?;
            self.out.append_data(&mut header, inner, io::empty())
        } else {
            self.out.append_link(&mut header, inner, target)
        }
    }

    /// What a refusal means; only the archive grows.
    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else is about what is read")]
    fn told(&self, error: io::Error, path: &Path) -> Error {
        match error.kind() {
            Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => {
                refused(error, DURING, self.part)
            }
            _ => refused(error, DURING, path),
        }
    }
}

fn header(found: &fs::Metadata, kind: EntryType) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(found.mode() & 0o777);
    header.set_mtime(u64::try_from(found.mtime()).unwrap_or_default());
    header.set_size(0);
    header
}

fn changed(path: &Path) -> Error {
    Error::new(ErrorKind::Unavailable, DURING).about("path", path.display()).advise(format!(
        "`{}` changed during the backup. Stop the program that uses it, then try again.",
        path.display()
    ))
}

/// Digests what passes through it.
struct Hashing {
    to: BufWriter<File>,
    digest: Sha256,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// A long file is no reason not to hear that nobody waits any more.
struct Watched<'a> {
    from: io::Take<File>,
    read: u64,
    before: u64,
    go_on: GoOn<'a>,
    tell: &'a dyn Fn(u64),
    ended: Option<Error>,
}

impl Read for Watched<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Err(error) = (self.go_on)() {
            self.ended = Some(error);
            return Err(io::Error::other("broken off"));
        }
        let read = self.from.read(into)?;
        self.read += read as u64;
        (self.tell)(self.before + self.read);
        Ok(read)
    }
}
