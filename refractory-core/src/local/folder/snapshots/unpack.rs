//! Unpacking an archive of a volume into a folder of its own.
use std::fs::{self, DirBuilder, File, FileTimes, OpenOptions, Permissions};
use std::io::{ErrorKind as Io, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::GoOn;
use super::read::{Entry, What, damaged, read, unreadable};
use crate::disk::{refused, sync_tree};
use crate::{Error, ErrorKind, Result};

const DURING: &str = "restoring a volume";

/// What is unpacked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// The archive.
    pub(super) path: &'a Path,
    /// What its bytes must digest to.
    pub(super) digest: &'a str,
}

/// Unpacks `source` into the new folder `into`, all of it on disk, or fails; what is in `into` then is worth nothing.
///
/// # Errors
///
/// `Exhausted` where it takes more than `quota` or the disk is full, `Unexpected` where it is damaged.
pub(super) fn unpack(
    source: Source<'_>,
    into: &Path,
    quota: Option<u64>,
    go_on: GoOn<'_>,
    tell: &dyn Fn(u64),
) -> Result<()> {
    go_on()?;
    let made = DirBuilder::new().mode(0o700).create(into);
    made.map_err(|error| refused(error, DURING, into))?;
    let mut unpacking = Unpacking {
        source,
        into,
        quota,
        bytes: 0,
        folders: Vec::new(),
        links: Vec::new(),
        go_on,
        tell,
    };
    let packed = read(source.path, go_on, &mut |entry| unpacking.put(entry))?;
    if packed.digest != source.digest {
        return Err(damaged(source.path));
    }
    unpacking.finish()
}

struct Unpacking<'a> {
    source: Source<'a>,
    into: &'a Path,
    quota: Option<u64>,
    bytes: u64,
    folders: Vec<(PathBuf, u32)>,
    links: Vec<(PathBuf, PathBuf)>,
    go_on: GoOn<'a>,
    tell: &'a dyn Fn(u64),
}

impl Unpacking<'_> {
    /// A name that is there already, or whose folder is not, is none that was ever packed.
    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else is the disk's")]
    fn told(&self, error: std::io::Error, path: &Path) -> Error {
        match error.kind() {
            Io::AlreadyExists | Io::NotFound | Io::NotADirectory | Io::InvalidInput => {
                damaged(self.source.path).caused_by(error)
            }
            _ => refused(error, DURING, path),
        }
    }

    fn put(&mut self, entry: Entry<'_>) -> Result<()> {
        let path = self.into.join(&entry.path);
        match entry.what {
            What::Folder => {
                let made = DirBuilder::new().mode(0o700).create(&path);
                made.map_err(|error| self.told(error, &path))?;
                self.folders.push((path, entry.mode));
                Ok(())
            }
            What::File(from) => {
                let opened =
                    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
                let mut file = opened.map_err(|error| self.told(error, &path))?;
                self.fill(&mut file, from, &path)?;
                let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(entry.modified);
                file.set_permissions(Permissions::from_mode(entry.mode))
                    .and_then(|()| file.set_times(FileTimes::new().set_modified(modified)))
                    .map_err(|error| self.told(error, &path))
            }
            What::Link(target) => {
                self.links.push((path, target));
                Ok(())
            }
        }
    }

    fn fill(&mut self, file: &mut File, from: &mut dyn Read, path: &Path) -> Result<()> {
        let mut piece = vec![0; 64 << 10];
        loop {
            (self.go_on)()?;
            let read =
                from.read(&mut piece).map_err(|error| unreadable(error, self.source.path))?;
            if read == 0 {
                return Ok(());
            }
            self.bytes += read as u64;
            if let Some(quota) = self.quota.filter(|quota| self.bytes > *quota) {
                return Err(too_large(quota));
            }
            file.write_all(&piece[..read]).map_err(|error| refused(error, DURING, path))?;
            (self.tell)(self.bytes);
        }
    }

    /// Links come last, so that nothing is ever written through one; then folders get back their rights, inner ones first.
    fn finish(self) -> Result<()> {
        for (path, target) in &self.links {
            (self.go_on)()?;
            symlink(target, path).map_err(|error| self.told(error, path))?;
        }
        for (path, mode) in self.folders.iter().rev() {
            let set = fs::set_permissions(path, Permissions::from_mode(*mode));
            set.map_err(|error| refused(error, DURING, path))?;
        }
        (self.go_on)()?;
        sync_tree(self.into).map_err(|error| refused(error, DURING, self.into))
    }
}

fn too_large(quota: u64) -> Error {
    Error::new(ErrorKind::Exhausted, DURING).permanent().advise(format!(
        "This backup needs more than the table's limit of {} MiB. Raise the limit, then restore again.",
        quota >> 20
    ))
}
