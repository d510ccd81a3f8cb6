//! The one folder that a deployment on one machine lives in.
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use crate::disk::{only_owner, private_folder, read_if_any, refused, write_once};
use crate::id::random_text;
use crate::{Error, ErrorKind, Result};

const DURING: &str = "opening the data folder";

/// The folder that a deployment lives in, opened: it is there, writable, ours, and laid out.
///
/// | Within | What |
/// |---|---|
/// | `data/<instance>/` | the volume of an instance: Foundry's user data folder |
/// | `logs/<instance>/` | what its program printed |
/// | `runtime/<instance>/` | what is known of its launches |
/// | `releases/` | archives by content, and trees unpacked from them |
/// | `snapshots/<instance>/` | copies of volumes |
/// | `trash/` | volumes on their way out |
/// | `node/` | Node.js, where it was fetched |
/// | `secret.key` | opens the sealed secrets of the store |
/// | `deployment` | the name of this deployment, made once |
/// | `lock` | held by the one process that works here |
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
    deployment: String,
}

/// The right to work in a data folder, held by one process until it is dropped or the process ends.
///
/// A child that has not yet begun its own program holds it too: whoever gets it knows that no launch
/// of a predecessor is still about to happen.
#[derive(Debug)]
pub struct DataLock(#[expect(dead_code, reason = "the lock is the open file")] File);

impl DataDir {
    /// Opens the folder at `path`, and makes it and its layout where they are missing.
    ///
    /// # Errors
    ///
    /// `Forbidden` where it is read-only or somebody else's, `Exhausted` where the disk is full,
    /// `Invalid` where it is no folder; each with a sentence that says what to do.
    pub fn open(path: &Path) -> Result<Self> {
        // One that is there may be meant for others too; what is in it is ours.
        if !path.is_dir() {
            private_folder(path).map_err(|error| {
                let file = path.is_file();
                if file { no_folder(path) } else { refused(error, DURING, path) }
            })?;
        }
        let root = fs::canonicalize(path).map_err(|error| refused(error, DURING, path))?;
        check_owner(&root)?;
        for name in ["data", "logs", "runtime", "releases", "snapshots", "trash", "node"] {
            let folder = root.join(name);
            private_folder(&folder).map_err(|error| refused(error, DURING, &folder))?;
        }
        let deployment = deployment(&root.join("deployment"))?;
        Ok(Self { root, deployment })
    }

    /// Takes the right to work here, and takes from other users of the machine what an older version let them read. Whoever
    /// only reads or changes desired states needs no lock.
    ///
    /// A full or read-only disk is no reason to refuse: the lock needs a file, and nothing in it.
    ///
    /// # Errors
    ///
    /// `Conflict` where another process has it, named in the sentence.
    pub fn lock(&self) -> Result<DataLock> {
        let path = self.root.join("lock");
        let writable = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path);
        // Where none can be made, nobody holds one, and the folder itself is what is locked.
        let mut file = writable
            .or_else(|error| {
                File::open(&path).or_else(|_| File::open(&self.root)).map_err(|_| error)
            })
            .map_err(|error| refused(error, DURING, &path))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(self.taken(&mut file)),
            Err(error) => return Err(refused(error.into(), DURING, &path)),
        }
        let pid = format!("{}\n", std::process::id());
        let noted = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(pid.as_bytes()));
        if let Err(error) = noted {
            tracing::warn!(%error, path = %path.display(), "the lock is held, and does not name its holder");
        }
        self.keep_private();
        Ok(DataLock(file))
    }

    /// Takes from other users of the machine what they could read here: folders of tables, logs, the database.
    fn keep_private(&self) {
        let mut failed = None;
        let mut keep = |path: &Path, mode| {
            if let Err(error) = only_owner(path, mode) {
                failed.get_or_insert((path.to_owned(), error));
            }
        };
        for folder in [self.volumes(), self.logs(), self.runtime(), self.snapshots()] {
            for entry in entries(&folder) {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    keep(&entry.path(), 0o700);
                }
            }
        }
        for log in entries(&self.logs()).iter().flat_map(|folder| entries(&folder.path())) {
            if log.file_type().is_ok_and(|kind| kind.is_file()) {
                keep(&log.path(), 0o600);
            }
        }
        for file in self.database_files().into_iter().filter(|file| file.is_file()) {
            keep(&file, 0o600);
        }
        if let Some((path, error)) = failed {
            tracing::warn!(path = %path.display(), %error, "other users of this machine may be able to read this");
        }
    }

    fn taken(&self, file: &mut File) -> Error {
        let mut pid = String::new();
        let holder = match file.read_to_string(&mut pid) {
            Ok(_) if !pid.trim().is_empty() => format!("process {}", pid.trim()),
            Ok(_) | Err(_) => "another process".to_owned(),
        };
        Error::new(ErrorKind::Conflict, "locking the data folder").permanent().about("holder", &holder).advise(format!(
            "Another `refractory up` is already using `{}`: {holder}. Use that one, stop it first, or choose another folder with `--data`.",
            self.root.display()
        ))
    }

    /// The folder itself, as an absolute path without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The name of this deployment: twelve characters, made once, kept in the folder.
    pub fn deployment(&self) -> &str {
        &self.deployment
    }

    /// Where volumes are.
    pub fn volumes(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Where the output of programs is.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// Where launches are written down.
    pub fn runtime(&self) -> PathBuf {
        self.root.join("runtime")
    }

    /// Where release archives are.
    pub fn releases(&self) -> PathBuf {
        self.root.join("releases")
    }

    /// Where copies of volumes are.
    pub fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// Where volumes on their way out are.
    pub fn trash(&self) -> PathBuf {
        self.root.join("trash")
    }

    /// Where Node.js is kept that was fetched.
    pub fn node(&self) -> PathBuf {
        self.root.join("node")
    }

    /// The file that opens sealed secrets.
    pub fn key_file(&self) -> PathBuf {
        self.root.join("secret.key")
    }

    /// The embedded database.
    pub fn database(&self) -> PathBuf {
        self.root.join("refractory.db")
    }

    /// The embedded database, and the files that SQLite keeps beside it.
    fn database_files(&self) -> Vec<PathBuf> {
        ["", "-wal", "-shm"].map(|end| self.root.join(format!("refractory.db{end}"))).into()
    }

    /// Whether a deployment has worked in the folder `root`, opened or not: its key is there, or data of tables, archives, copies.
    pub fn was_used(root: &Path) -> bool {
        let filled = |name: &str| !entries(&root.join(name)).is_empty();
        root.join("secret.key").exists()
            || ["data", "snapshots", "releases"].into_iter().any(filled)
    }
}

/// What is in `folder`; nothing where it cannot be looked into.
fn entries(folder: &Path) -> Vec<fs::DirEntry> {
    fs::read_dir(folder).map(|entries| entries.flatten().collect()).unwrap_or_default()
}

fn no_folder(path: &Path) -> Error {
    Error::new(ErrorKind::Invalid, DURING).about("path", path.display()).advise(format!(
        "`{}` is a file, not a folder. Choose another data folder with `--data`.",
        path.display()
    ))
}

fn check_owner(root: &Path) -> Result<()> {
    let owner = fs::metadata(root).map_err(|error| refused(error, DURING, root))?.uid();
    let me = rustix::process::geteuid().as_raw();
    if owner == me {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Forbidden, DURING).about("path", root.display()).advise(format!(
        "`{root}` belongs to user {owner}, but Refractory runs as user {me}. Run it as the owner, or change the owner with `chown -R {me} {root}`.",
        root = root.display()
    )))
}

fn deployment(path: &Path) -> Result<String> {
    let refuse = |error| refused(error, DURING, path);
    let mut read = read_if_any(path).map_err(refuse)?;
    // A disk that has filled up since is no reason not to look at what is there.
    if read.is_none() {
        write_once(path, format!("{}\n", random_text(12)).as_bytes(), 0o644).map_err(refuse)?;
        read = read_if_any(path).map_err(refuse)?;
    }
    let read = read.unwrap_or_default();
    let text = String::from_utf8_lossy(&read).trim().to_owned();
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if text.len() == 12 && text.chars().all(legal) {
        return Ok(text);
    }
    Err(Error::new(ErrorKind::Invalid, DURING).about("path", path.display()).advise(format!(
        "`{}` is damaged: it should contain the twelve characters that identify this deployment. Restore it from your backup.",
        path.display()
    )))
}

#[cfg(test)]
mod tests;
