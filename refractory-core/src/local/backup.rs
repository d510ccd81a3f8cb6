//! A copy of what a deployment knows of itself: its database, the key of its secrets, its name. Not the data of tables.
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use tar::{Archive, Builder, Header};

use super::{DataDir, KeyFile, Keyring};
use crate::digest::sha256_hex;
use crate::disk::{private_folder, refused, sync_folder};
use crate::ports::{Kind, Store};
use crate::{Error, ErrorKind, Result, Timestamp};

const BACKING_UP: &str = "backing a deployment up";
const RESTORING: &str = "restoring a deployment";
/// How such a file is laid out. It moves when an older program could no longer read one.
const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "refractory.db";
const KEY: &str = "secret.key";
const NAME: &str = "deployment";
/// What may be in one, in the order in which a folder gets it back: the name last, as it is what makes the folder one.
const FILES: [&str; 3] = [DATABASE, KEY, NAME];

/// What a backup holds, as its first entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentBackup {
    format: u32,
    /// The deployment it is of.
    pub deployment: String,
    /// When it was made.
    pub made: Timestamp,
    /// The digests of its files.
    files: BTreeMap<String, String>,
}

impl DeploymentBackup {
    /// Whether the database is in it: not where a server keeps it.
    pub fn has_database(&self) -> bool {
        self.files.contains_key(DATABASE)
    }

    /// Whether a key of secrets is in it.
    pub fn has_key(&self) -> bool {
        self.files.contains_key(KEY)
    }

    /// Copies the deployment in `dir`, which keeps its records in `store`, into the new file `to`, for its owner only. The file
    /// is there whole and read back once, or not at all.
    ///
    /// # Errors
    ///
    /// `Conflict` where something is at `to` already and may not be replaced, or is neither an earlier backup nor empty;
    /// `Exhausted`, `Forbidden`, `Unavailable`;
    /// `Unexpected` where the copy does not read as what was copied.
    pub async fn make(
        dir: &DataDir,
        store: &Arc<dyn Store>,
        to: &Path,
        replace: bool,
        now: Timestamp,
    ) -> Result<Self> {
        match fs::symlink_metadata(to) {
            Ok(_) if !replace => return Err(taken(to)),
            Ok(_) => check_replaceable(to, dir)?,
            Err(_) => {}
        }
        let beside = Beside::of(to)?;
        let database = beside.0.path().join(DATABASE);
        private_file(&database)?;
        match store.copy_to(&database).await {
            Ok(()) => check_copy(&database, dir).await?,
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                fs::remove_file(&database)
                    .map_err(|error| refused(error, BACKING_UP, &database))?;
            }
            Err(error) => return Err(error),
        }
        let (dir, to) = (dir.clone(), to.to_owned());
        crate::blocking::blocking(BACKING_UP, move |_| {
            let mut parts = BTreeMap::new();
            for name in FILES {
                let from = if name == DATABASE { &database } else { &dir.root().join(name) };
                if let Some(bytes) =
                    crate::disk::read_if_any(from).map_err(|error| refused(error, BACKING_UP, from))?
                {
                    parts.insert(name, bytes);
                }
            }
            let files = parts.iter().map(|(name, bytes)| ((*name).to_owned(), sha256_hex(&[bytes])));
            let backup = Self {
                format: FORMAT,
                deployment: dir.deployment().to_owned(),
                made: now,
                files: files.collect(),
            };
            let whole = beside.0.path().join("backup");
            backup.write(&parts, &whole).map_err(|error| refused(error, BACKING_UP, &whole))?;
            if read(&whole)?.0 != backup {
                return Err(Error::new(ErrorKind::Unexpected, BACKING_UP).advise(
                    "The backup did not read back as it was written, so it was thrown away. Check the disk, then try again.",
                ));
            }
            publish(&whole, &to, replace)?;
            Ok(backup)
        })
        .await
    }

    fn write(&self, parts: &BTreeMap<&str, Vec<u8>>, whole: &Path) -> std::io::Result<()> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(whole)?;
        crate::disk::only_owner(whole, 0o600)?;
        let mut tar = Builder::new(GzEncoder::new(BufWriter::new(file), Compression::default()));
        let manifest = serde_json::to_vec_pretty(self)?;
        let entries = std::iter::once((MANIFEST, &manifest))
            .chain(FILES.iter().filter_map(|name| Some((*name, parts.get(name)?))));
        for (name, bytes) in entries {
            let mut header = Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o600);
            header.set_mtime(self.made.0 / 1000);
            header.set_cksum();
            tar.append_data(&mut header, name, bytes.as_slice())?;
        }
        tar.into_inner()?
            .finish()?
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?
            .sync_all()
    }

    /// Puts the backup at `from` into the data folder `into`, which must be empty or not there.
    ///
    /// # Errors
    ///
    /// `Conflict` where anything is in `into`, `Invalid` where `from` is no backup, or a damaged one, `NotFound`, `Exhausted`,
    /// `Forbidden`.
    pub async fn restore(from: &Path, into: &Path) -> Result<Self> {
        check_empty(into)?;
        let path = from.to_owned();
        let (backup, parts) = crate::blocking::blocking(RESTORING, move |_| read(&path)).await?;
        private_folder(into).map_err(|error| refused(error, RESTORING, into))?;
        let draft = tempfile::Builder::new()
            .prefix(".restoring-")
            .tempdir_in(into)
            .map_err(|error| refused(error, RESTORING, into))?;
        for (name, bytes) in &parts {
            let path = draft.path().join(name);
            crate::disk::write_whole(&path, bytes, 0o600)
                .map_err(|error| refused(error, RESTORING, &path))?;
        }
        if backup.has_database() {
            check_restored(&backup, draft.path()).await?;
        }
        for name in FILES.into_iter().filter(|name| parts.contains_key(*name)) {
            let path = into.join(name);
            fs::rename(draft.path().join(name), &path)
                .and_then(|()| sync_folder(into))
                .map_err(|error| refused(error, RESTORING, &path))?;
        }
        Ok(backup)
    }
}

/// A folder beside a file that is to be made, for its owner only; gone when this is.
struct Beside(tempfile::TempDir);

impl Beside {
    fn of(to: &Path) -> Result<Self> {
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let made = tempfile::Builder::new().prefix(".refractory-backup-").tempdir_in(folder);
        made.map(Self).map_err(|error| refused(error, BACKING_UP, folder))
    }
}

fn private_file(path: &Path) -> Result<()> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map(|_| ())
        .map_err(|error| refused(error, BACKING_UP, path))
}

fn publish(whole: &Path, to: &Path, replace: bool) -> Result<()> {
    let published = if replace { fs::rename(whole, to) } else { fs::hard_link(whole, to) };
    published.map_err(|error| {
        let there = error.kind() == std::io::ErrorKind::AlreadyExists;
        if there { taken(to) } else { refused(error, BACKING_UP, to) }
    })?;
    let folder = to.parent().unwrap_or(Path::new("."));
    sync_folder(folder).map_err(|error| refused(error, BACKING_UP, folder))
}

fn taken(to: &Path) -> Error {
    Error::new(ErrorKind::Conflict, BACKING_UP).permanent().about("file", to.display()).advise(format!(
        "There is a file `{}` already, and it was left as it is. Choose another name, or say `--overwrite`.",
        to.display()
    ))
}

/// Refuses to replace what no backup left there: it may be the database itself.
fn check_replaceable(to: &Path, dir: &DataDir) -> Result<()> {
    let is_ours = fs::canonicalize(to).is_ok_and(|path| path.parent() == Some(dir.root()));
    let is_blank = fs::metadata(to).is_ok_and(|found| found.is_file() && found.len() == 0);
    if is_backup(to) || is_blank && !is_ours {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Conflict, BACKING_UP).permanent().about("file", to.display()).advise(
        format!(
            "`{}` is not a backup, so it was left as it is: `--overwrite` replaces only an earlier backup. Choose another name.",
            to.display()
        ),
    ))
}

/// Whether the file at `path` begins as a backup does.
fn is_backup(path: &Path) -> bool {
    // Opening a pipe would wait for its other end.
    let Some(file) = path.is_file().then(|| File::open(path).ok()).flatten() else { return false };
    let mut archive = Archive::new(GzDecoder::new(BufReader::new(file)));
    let Some(Ok(first)) = archive.entries().ok().and_then(|mut entries| entries.next()) else {
        return false;
    };
    first.path().is_ok_and(|name| name == Path::new(MANIFEST))
}

fn check_empty(into: &Path) -> Result<()> {
    let entries = match fs::read_dir(into) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| refused(error, RESTORING, into))?,
    };
    // What a file system has of its own is nobody's.
    let mut others = entries.flatten().filter(|entry| entry.file_name() != "lost+found");
    if others.next().is_none() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Conflict, RESTORING).permanent().about("folder", into.display()).advise(format!(
        "`{0}` is not empty, and a backup is never restored over what is there. Stop `up`, move `{0}` away, restore into an \
         empty folder, then move `data`, `releases` and `snapshots` from the old folder into it. Nothing was changed.",
        into.display()
    )))
}

/// The manifest of a backup, and its files, each with the digest that it should have.
fn read(from: &Path) -> Result<(DeploymentBackup, BTreeMap<String, Vec<u8>>)> {
    let file = File::open(from).map_err(|error| refused(error, RESTORING, from))?;
    let damaged = |why: String| {
        Error::new(ErrorKind::Invalid, RESTORING).about("file", from.display()).advise(format!(
            "`{}` is not a backup of a deployment, or it is damaged: {why}. Use another one; `refractory deployment backup` makes them.",
            from.display()
        ))
    };
    let mut archive = Archive::new(GzDecoder::new(BufReader::new(file)));
    let mut parts = BTreeMap::new();
    for entry in archive.entries().map_err(|error| damaged(error.to_string()))? {
        let mut entry = entry.map_err(|error| damaged(error.to_string()))?;
        let path: PathBuf = entry.path().map_err(|error| damaged(error.to_string()))?.into_owned();
        let known = FILES.iter().chain(&[MANIFEST]).find(|name| path == Path::new(name));
        let name =
            known.ok_or_else(|| damaged(format!("`{}` does not belong there", path.display())))?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|error| damaged(error.to_string()))?;
        parts.insert((*name).to_owned(), bytes);
    }
    let manifest =
        parts.remove(MANIFEST).ok_or_else(|| damaged("it says nothing of itself".to_owned()))?;
    let backup: DeploymentBackup =
        serde_json::from_slice(&manifest).map_err(|error| damaged(error.to_string()))?;
    if backup.format != FORMAT {
        return Err(damaged("a newer version of Refractory made it".to_owned()));
    }
    let digests = parts.iter().map(|(name, bytes)| (name.clone(), sha256_hex(&[bytes.as_slice()])));
    if backup.files != digests.collect() || !backup.files.contains_key(NAME) {
        return Err(damaged("its files are not what was written".to_owned()));
    }
    Ok((backup, parts))
}

/// Opens the copied database with the key beside it, as the next `up` would.
async fn check_copy(database: &Path, dir: &DataDir) -> Result<()> {
    check(database, &dir.key_file(), dir.deployment(), BACKING_UP).await
}

async fn check_restored(backup: &DeploymentBackup, draft: &Path) -> Result<()> {
    check(&draft.join(DATABASE), &draft.join(KEY), &backup.deployment, RESTORING).await
}

async fn check(database: &Path, key: &Path, deployment: &str, during: &'static str) -> Result<()> {
    let unlike = |what: &str| {
        Error::new(ErrorKind::Unexpected, during).advise(format!(
            "{what}, so nothing was kept of it. See what `refractory doctor` says of the deployment."
        ))
    };
    let store = opened(database).await?;
    let marks = store.ids_of(Kind::Deployment).await?;
    if !marks.is_empty() && marks.iter().all(|mark| mark != deployment) {
        return Err(unlike("The copied database is another deployment's"));
    }
    let sealed = store.holds_any(Kind::Secret).await?;
    let good = Keyring::examine(key, Arc::clone(&store)).await? == KeyFile::Good;
    for kind in Kind::ALL {
        store.ids_of(kind).await?;
    }
    closed(&store, database).await?;
    if sealed && !good {
        Err(unlike("The key does not open the secrets of the copied database"))
    } else {
        Ok(())
    }
}

#[cfg(feature = "sqlite")]
async fn opened(database: &Path) -> Result<Arc<dyn Store>> {
    use crate::sql::{SqlOptions, SqlStore};
    let options = SqlOptions::default().with_connections(1);
    Ok(Arc::new(SqlStore::open_file(database, &options).await?))
}

#[cfg(not(feature = "sqlite"))]
#[expect(clippy::unused_async, reason = "with a database it waits for it")]
async fn opened(database: &Path) -> Result<Arc<dyn Store>> {
    Err(Error::new(ErrorKind::Unsupported, "opening the database")
        .about("file", database.display()))
}

/// Leaves the database whole in one file.
async fn closed(store: &Arc<dyn Store>, database: &Path) -> Result<()> {
    store.close().await?;
    for end in ["-wal", "-shm"] {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        match fs::remove_file(Path::new(&name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(refused(error, BACKING_UP, Path::new(&name)));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
