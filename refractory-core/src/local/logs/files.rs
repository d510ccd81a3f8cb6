//! One folder of log files for each instance.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::InstanceId;
use crate::disk::{private_folder, sync_folder};

/// The file that is written to.
const CURRENT: &str = "current.log";

/// A place in the output of an instance: which file, counted from one, and how far into it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
pub(in crate::local) struct Place {
    /// Which file, counted through all rotations.
    pub(in crate::local) file: u64,
    /// Bytes into it.
    pub(in crate::local) offset: u64,
}

/// Differs from the one before if something was printed meanwhile. It says nothing about when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::local) struct PrintMark(std::time::SystemTime, u64);

/// The log files of every instance: `current.log`, and `1.log`, `2.log`, ... rotated away from it.
///
/// A program writes to `current.log` by itself, so the file cannot be swapped under it: rotation
/// copies it and then cuts it to nothing. What is printed between the two, microseconds, is lost; what was
/// printed before is there at least once, whenever the machine stops.
#[derive(Debug, Clone)]
pub(in crate::local) struct LogFiles {
    root: PathBuf,
    largest: u64,
    kept: u64,
}

impl LogFiles {
    /// Files under `root`, rotated at `largest` bytes; `kept` rotated ones are kept.
    pub(in crate::local) fn new(root: PathBuf, largest: u64, kept: u64) -> Self {
        Self { root, largest, kept }
    }

    fn folder(&self, of: &InstanceId) -> PathBuf {
        self.root.join(of.as_str())
    }

    /// The file a program of `of` writes to, opened to be appended to.
    pub(in crate::local) fn open(&self, of: &InstanceId) -> io::Result<File> {
        let folder = self.folder(of);
        private_folder(&folder)?;
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        private(&options, &folder.join(CURRENT))
    }

    /// Adds one line of ours.
    pub(in crate::local) fn note(&self, of: &InstanceId, line: &str) -> io::Result<()> {
        self.open(of)?.write_all(format!("--- {line}\n").as_bytes())
    }

    /// The end of what was printed so far.
    pub(in crate::local) fn end(&self, of: &InstanceId) -> io::Result<Place> {
        let folder = self.folder(of);
        let offset = match fs::metadata(folder.join(CURRENT)) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Place { file: self.current(of)?, offset })
    }

    /// The numbers of the rotated files, oldest first.
    pub(super) fn rotated(&self, of: &InstanceId) -> io::Result<Vec<u64>> {
        let entries = match fs::read_dir(self.folder(of)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let number = |entry: fs::DirEntry| {
            entry.file_name().to_str()?.strip_suffix(".log")?.parse::<u64>().ok()
        };
        let mut found: Vec<_> = entries.flatten().filter_map(number).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The number of the file that is written to.
    pub(super) fn current(&self, of: &InstanceId) -> io::Result<u64> {
        Ok(self.rotated(of)?.last().map_or(1, |last| last + 1))
    }

    /// Rotates what has grown too large, and removes what is too old.
    pub(in crate::local) fn rotate(&self, of: &InstanceId) -> io::Result<()> {
        let folder = self.folder(of);
        let current = folder.join(CURRENT);
        match fs::metadata(&current) {
            Ok(found) if found.len() > self.largest => {}
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(_) | Err(_) => return Ok(()),
        }
        let number = self.current(of)?;
        let part = folder.join("rotating.part");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let mut copy = private(&options, &part)?;
        let mut from = OpenOptions::new().read(true).write(true).open(&current)?;
        io::copy(&mut from, &mut copy)?;
        copy.sync_all()?;
        // What came while it was written to disk.
        io::copy(&mut from, &mut copy)?;
        fs::rename(&part, folder.join(format!("{number}.log")))?;
        from.set_len(0)?;
        sync_folder(&current)?;
        self.drop_old(of)
    }

    fn drop_old(&self, of: &InstanceId) -> io::Result<()> {
        let rotated = self.rotated(of)?;
        let kept = usize::try_from(self.kept).unwrap_or(usize::MAX);
        for old in rotated.iter().rev().skip(kept) {
            fs::remove_file(self.folder(of).join(format!("{old}.log")))?;
        }
        Ok(())
    }

    /// At most `limit` bytes from `at` on, and where they end; `None` where that file is not there any more.
    pub(super) fn read(
        &self,
        of: &InstanceId,
        at: Place,
        limit: u64,
    ) -> io::Result<Option<Vec<u8>>> {
        read_part(&self.path(of, at.file)?, at.offset, limit)
    }

    fn path(&self, of: &InstanceId, file: u64) -> io::Result<PathBuf> {
        let current = self.current(of)? == file;
        let name = if current { CURRENT.to_owned() } else { format!("{file}.log") };
        Ok(self.folder(of).join(name))
    }

    /// How many bytes a file has.
    pub(super) fn length(&self, of: &InstanceId, file: u64) -> io::Result<u64> {
        Ok(fs::metadata(self.path(of, file)?)?.len())
    }

    /// The last bytes printed since `since`, at most `limit`, as text.
    pub(in crate::local) fn tail(
        &self,
        of: &InstanceId,
        since: Place,
        limit: u64,
    ) -> io::Result<String> {
        let end = self.end(of)?;
        let floor = if since.file == end.file { since.offset } else { 0 };
        let offset = end.offset.saturating_sub(limit).max(floor);
        let bytes = self.read(of, Place { file: end.file, offset }, limit)?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What changes whenever something is printed.
    pub(in crate::local) fn print_mark(&self, of: &InstanceId) -> Option<PrintMark> {
        let found = fs::metadata(self.folder(of).join(CURRENT)).ok()?;
        Some(PrintMark(found.modified().ok()?, found.len()))
    }
}

/// Opens `path` as `options` say, for its owner only, whatever the umask says and whoever made it.
fn private(options: &OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.clone().mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o777 != 0o600 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

fn read_part(path: &Path, offset: u64, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
