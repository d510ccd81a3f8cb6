//! The archive port over S3.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::operation::head_object::HeadObjectError;
use refractory_core::foundry::release::{Limits, read_archive, repack_archive};
use refractory_core::foundry::site::{Site, SiteOptions};
use refractory_core::ports::{ArchiveInfo, ArchiveSource, Archives};
use refractory_core::{Error, ErrorKind, ReleaseId, Result, async_trait};
use tempfile::TempPath;

use super::card;
use super::upload::Upload;
use crate::error::aws_error;
use crate::{Clients, StackOutputs};

/// What the keys of all archives begin with.
const PREFIX: &str = "releases/";
const LISTING: &str = "listing releases";

/// Keeps release archives in the bucket of the deployment, as `releases/{sha256}`.
#[derive(Debug, Clone)]
pub struct S3Archives {
    client: aws_sdk_s3::Client,
    bucket: String,
    scratch: PathBuf,
    hosts: Vec<String>,
    /// What was read of archives that are stored: their names are digests, so it never changes.
    known: Arc<Mutex<BTreeMap<ReleaseId, ArchiveInfo>>>,
}

impl S3Archives {
    /// Keeps archives in the bucket of `outputs`. What is fetched from a timed URL lies in `scratch` meanwhile.
    pub fn new(clients: &Clients, outputs: &StackOutputs, scratch: PathBuf) -> Self {
        let hosts = SiteOptions::default().download_hosts;
        Self {
            client: clients.s3.clone(),
            bucket: outputs.bucket.clone(),
            scratch,
            hosts,
            known: Arc::default(),
        }
    }

    /// The same; a timed URL may point to these hosts, and to no others.
    #[must_use]
    pub fn with_hosts(mut self, hosts: Vec<String>) -> Self {
        self.hosts = hosts;
        self
    }

    /// The key of the archive `id`, from which a launch fetches it.
    pub fn key(id: &ReleaseId) -> String {
        format!("{PREFIX}{id}")
    }

    /// The archive at `path` as the vendor packs it, in a file that vanishes, where it was packed anew.
    async fn put_back(&self, path: &Path) -> Result<Option<TempPath>> {
        let unwritable = |error| self.unwritable(&error);
        std::fs::create_dir_all(&self.scratch).map_err(unwritable)?;
        let other = self.part();
        let done = repack_archive(path.to_owned(), other.clone(), Limits::default())
            .await
            .map_err(|error| no_archive(path, error))?;
        if done { TempPath::try_from_path(&other).map(Some).map_err(unwritable) } else { Ok(None) }
    }

    /// A name in the scratch folder that nothing has.
    fn part(&self) -> PathBuf {
        self.scratch.join(format!("adding-{}.zip", refractory_core::InstanceId::fresh()))
    }

    fn unwritable(&self, error: &std::io::Error) -> Error {
        let shown = self.scratch.display();
        Error::new(ErrorKind::Forbidden, "fetching a release")
            .about("path", &shown)
            .advise(format!("`{shown}` cannot be written to: {error}. Check who owns it."))
    }

    async fn take_in(&self, path: &Path) -> Result<ArchiveInfo> {
        let other = self.put_back(path).await?;
        let path = other.as_deref().unwrap_or(path);
        let read = read_archive(path.to_owned(), Limits::default())
            .await
            .map_err(|error| no_archive(path, error))?;
        if let Some(stored) = self.stored(&read.id).await? {
            return Ok(stored);
        }
        let key = Self::key(&read.id);
        let upload = Upload { client: &self.client, bucket: &self.bucket, key: &key, info: &read };
        upload.run(path).await?;
        self.remember(&read);
        Ok(read)
    }

    /// Fetches what a timed URL gives into a file that vanishes when it is let go.
    async fn fetched(&self, url: &str) -> Result<TempPath> {
        let options = SiteOptions { download_hosts: self.hosts.clone(), ..SiteOptions::default() };
        let site = Site::new(&options)?;
        let url = site.timed_url_from(url)?;
        let unwritable = |error| self.unwritable(&error);
        std::fs::create_dir_all(&self.scratch).map_err(unwritable)?;
        // Its own folder: the file itself is made by the download, and must not be there before.
        let part = self.part();
        site.download(&url, &part, |_| {}).await?;
        TempPath::try_from_path(&part).map_err(unwritable)
    }

    /// What is stored under `id`, if it is stored whole.
    async fn stored(&self, id: &ReleaseId) -> Result<Option<ArchiveInfo>> {
        let asked = self.client.head_object().bucket(&self.bucket).key(Self::key(id)).send().await;
        let found = match asked {
            Ok(found) => found,
            Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => {
                return Ok(None);
            }
            Err(error) => return Err(aws_error(LISTING, error)),
        };
        let size =
            found.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        let text = found.metadata.as_ref().and_then(|entries| entries.get(card::ENTRY));
        let info = text.and_then(|text| card::read(id, size, text));
        match &info {
            Some(info) => self.remember(info),
            None => {
                tracing::warn!(release = %id, "what is stored under this name was not stored by this program");
            }
        }
        Ok(info)
    }

    fn remembered(&self, id: &ReleaseId) -> Option<ArchiveInfo> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn remember(&self, info: &ArchiveInfo) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(info.id.clone(), info.clone());
    }
}

#[async_trait]
impl Archives for S3Archives {
    async fn add(&self, source: &ArchiveSource) -> Result<ArchiveInfo> {
        match source {
            ArchiveSource::File(path) => self.take_in(path).await,
            ArchiveSource::Url(url) => {
                let fetched = self.fetched(url).await?;
                self.take_in(&fetched).await
            }
            other => Err(Error::new(ErrorKind::Unsupported, "storing a release")
                .about("source", format!("{other:?}"))),
        }
    }

    async fn remove(&self, id: &ReleaseId) -> Result<()> {
        let gone = self.client.delete_object().bucket(&self.bucket).key(Self::key(id)).send().await;
        gone.map_err(|error| aws_error("removing a release", error))?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<ArchiveInfo>> {
        let pages = self.client.list_objects_v2().bucket(&self.bucket).prefix(PREFIX);
        let mut pages = pages.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for object in
                page.map_err(|error| aws_error(LISTING, error))?.contents.unwrap_or_default()
            {
                let key = object.key.as_deref().and_then(|key| key.strip_prefix(PREFIX));
                let Some(id) = key.and_then(|id| ReleaseId::new(id).ok()) else { continue };
                let info = match self.remembered(&id) {
                    Some(info) => Some(info),
                    None => self.stored(&id).await?,
                };
                found.extend(info);
            }
        }
        Ok(found)
    }
}

/// A path that leads nowhere is a wrong argument, not a missing release.
fn no_archive(path: &Path, error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    Error::new(ErrorKind::Invalid, "storing a release")
        .about("path", path.display())
        .advise(format!("There is no file at `{}`. Check the path.", path.display()))
        .caused_by(error)
}
