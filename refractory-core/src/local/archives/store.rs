//! The archive port over one folder.
use std::fs::{self, File};
use std::io::{ErrorKind as Io, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempPath;

use super::card::Card;
use super::trees::Trees;
use crate::blocking::{Wanted, blocking};
use crate::disk::{check_room, refused, sync_folder};
use crate::foundry::release::{Limits, check_is_file, read_archive, repack_archive};
use crate::foundry::site::{Site, SiteOptions};
use crate::id::random_text;
use crate::ports::{ArchiveInfo, ArchiveSource, Archives, Store};
use crate::{Error, ErrorKind, ReleaseId, Result, async_trait};

const STORING: &str = "storing a release";
/// What begins the name of an archive that is not whole yet, before the number of the process that adds it.
pub(super) const ADDING: &str = ".adding-";

/// Keeps archives as `<sha256>.zip` in one folder, and beside each the tree that was unpacked from it.
#[derive(Debug, Clone)]
pub struct LocalArchives {
    pub(super) folder: PathBuf,
    pub(super) trees: Arc<Trees>,
    hosts: Vec<String>,
    pins: Option<Arc<dyn Store>>,
}

impl LocalArchives {
    /// Keeps archives in `folder`.
    pub fn new(folder: PathBuf) -> Self {
        let hosts = SiteOptions::default().download_hosts;
        Self { trees: Arc::new(Trees::new(folder.clone())), folder, hosts, pins: None }
    }

    /// The same; a timed URL may point to these hosts, and to no others.
    #[must_use]
    pub fn with_hosts(mut self, hosts: Vec<String>) -> Self {
        self.hosts = hosts;
        self
    }

    /// The same; whenever an archive is added or removed, trees that no instance in `store` is pinned to go.
    #[must_use]
    pub fn with_pins(mut self, store: Arc<dyn Store>) -> Self {
        self.pins = Some(store);
        self
    }

    /// A name for what is not whole yet. It says whose it is, so that what a dead process left can be told.
    fn part(&self) -> PathBuf {
        self.folder.join(format!("{ADDING}{}-{}.part", std::process::id(), random_text(8)))
    }

    /// Fetches what a timed URL gives beside the archives, where it vanishes again unless it is kept.
    async fn fetched(&self, url: &str) -> Result<TempPath> {
        let options = SiteOptions { download_hosts: self.hosts.clone(), ..SiteOptions::default() };
        let site = Site::new(&options)?;
        let url = site.timed_url_from(url)?;
        let part = self.part();
        site.download(&url, &part, |_| {}).await?;
        TempPath::try_from_path(&part).map_err(|error| refused(error, STORING, &part))
    }

    async fn tidy(&self) {
        let Some(store) = &self.pins else { return };
        if let Err(error) = self.collect(store.as_ref()).await {
            tracing::warn!(?error, "unpacked releases were not collected");
        }
    }

    pub(super) fn zip(&self, id: &ReleaseId) -> PathBuf {
        self.folder.join(format!("{id}.zip"))
    }

    fn card(&self, id: &ReleaseId) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    /// Copies the file at `from` beside the archives, where it vanishes again unless it is kept.
    async fn copied(&self, from: &Path) -> Result<TempPath> {
        let (part, from) = (self.part(), from.to_owned());
        blocking(STORING, move |wanted| copy(&from, &part, wanted)).await
    }

    /// The archive as the vendor packs it, where somebody packed it anew.
    async fn put_back(&self, part: TempPath) -> Result<TempPath> {
        let other = self.part();
        if repack_archive(part.to_path_buf(), other.clone(), Limits::default()).await? {
            TempPath::try_from_path(&other).map_err(|error| refused(error, STORING, &other))
        } else {
            Ok(part)
        }
    }

    /// Reads a whole archive that lies beside the others, and gives it its name.
    async fn take_in(&self, part: TempPath) -> Result<ArchiveInfo> {
        let part = self.put_back(part).await?;
        let info = read_archive(part.to_path_buf(), Limits::default()).await?;
        let (me, taken) = (self.clone(), info.clone());
        blocking(STORING, move |wanted| {
            wanted.check()?;
            let (zip, card) = (me.zip(&taken.id), me.card(&taken.id));
            if !zip.exists() {
                part.persist(&zip).map_err(|error| refused(error.error, STORING, &zip))?;
            }
            Card::write(&card, &taken)
                .and_then(|()| sync_folder(&me.folder))
                .map_err(|error| refused(error, STORING, &card))
        })
        .await?;
        Ok(info)
    }

    fn stored(&self) -> Result<Vec<ReleaseId>> {
        let refuse = |error| refused(error, "listing releases", &self.folder);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(refuse)? {
            let name = entry.map_err(refuse)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".zip"));
            found.extend(id.and_then(|id| ReleaseId::new(id).ok()));
        }
        found.sort();
        Ok(found)
    }

    /// What is stored under `id`; read again where what was written down of it is lost.
    async fn info(&self, id: &ReleaseId) -> Result<ArchiveInfo> {
        let card = self.card(id);
        let known = Card::read(&card).map_err(|error| refused(error, "listing releases", &card))?;
        match known.filter(|info| info.id == *id) {
            Some(info) => Ok(info),
            None => read_archive(self.zip(id), Limits::default()).await,
        }
    }

    fn forget(&self, id: &ReleaseId) -> Result<()> {
        // The archive first: what is left then is not listed any more.
        for path in [self.zip(id), self.card(id)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != Io::NotFound => {
                    return Err(refused(error, "removing a release", &path));
                }
                Ok(()) | Err(_) => {}
            }
        }
        self.trees.discard(id)
    }
}

#[async_trait]
impl Archives for LocalArchives {
    async fn add(&self, source: &ArchiveSource) -> Result<ArchiveInfo> {
        self.tidy().await;
        let part = match source {
            ArchiveSource::File(path) => self.copied(path).await?,
            ArchiveSource::Url(url) => self.fetched(url).await?,
        };
        self.take_in(part).await
    }

    async fn remove(&self, id: &ReleaseId) -> Result<()> {
        let (me, id) = (self.clone(), id.clone());
        blocking("removing a release", move |_| me.forget(&id)).await?;
        self.tidy().await;
        Ok(())
    }

    async fn list(&self) -> Result<Vec<ArchiveInfo>> {
        let me = self.clone();
        let mut found = Vec::new();
        for id in blocking("listing releases", move |_| me.stored()).await? {
            match self.info(&id).await {
                // One that cannot be read is not stored whole.
                Err(error) if !error.is_transient() => {
                    tracing::warn!(release = %id, ?error, "a stored archive is damaged");
                }
                info => found.push(info?),
            }
        }
        Ok(found)
    }
}

fn copy(from: &Path, part: &Path, wanted: &Wanted) -> Result<TempPath> {
    // Looked at before it is opened: a pipe that nobody writes to would be waited for.
    let found = fs::metadata(from).map_err(|error| unreadable(error, from))?;
    check_is_file(from, &found)?;
    check_room(part.parent().unwrap_or(Path::new(".")), found.len(), STORING)?;
    let mut source = File::open(from).map_err(|error| unreadable(error, from))?;
    let refuse = |error| refused(error, STORING, part);
    let mut file = File::create_new(part).map_err(refuse)?;
    let kept = TempPath::try_from_path(part).map_err(refuse)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        wanted.check()?;
        let read = source.read(&mut buffer).map_err(|error| unreadable(error, from))?;
        if read == 0 {
            break;
        }
        file.write_all(&buffer[..read]).map_err(refuse)?;
    }
    file.sync_all().map_err(refuse)?;
    Ok(kept)
}

fn unreadable(error: std::io::Error, path: &Path) -> Error {
    if !matches!(error.kind(), Io::NotFound | Io::IsADirectory | Io::NotADirectory) {
        return refused(error, STORING, path);
    }
    Error::new(ErrorKind::Invalid, STORING)
        .about("path", path.display())
        .advise(format!("There is no file at `{}`. Check the path.", path.display()))
        .caused_by(error)
}
