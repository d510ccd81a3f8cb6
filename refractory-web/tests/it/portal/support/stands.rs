//! What stands in for the outside world.
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use refractory_core::model::{Layout, PasswordHash, Program, User, Version};
use refractory_core::ports::{
    ArchiveInfo, ArchiveSource, Archives, AuthenticatedUser, Authenticator, Collection, Credential,
    Endpoint, GameControl, GameStatus, GameTarget, InstanceRuntime, LaunchSpec, LogChunk,
    LogPosition, LogSource, Observed, Progress, Stop, Store, UniqueKey, WorldRef,
};
use refractory_core::{
    Error, ErrorKind, InstanceId, LaunchId, MemoryStore, ReleaseId, Result, async_trait,
};

/// One store in two hands: the deployment's and the authenticator's.
pub(crate) type SharedStore = Arc<MemoryStore>;

/// Compares passwords as they are: hashing is another crate's.
#[derive(Debug)]
pub(crate) struct PlainAuth(pub(crate) Arc<dyn Store>);

#[async_trait]
impl Authenticator for PlainAuth {
    async fn authenticate(&self, credential: &Credential) -> Result<Option<AuthenticatedUser>> {
        let Credential::Password { name, password } = credential else { return Ok(None) };
        let user = Collection::<User>::of(self.0.as_ref()).find(&UniqueKey::user(name)).await?;
        let good = user.and_then(|user| user.password)
            == Some(PasswordHash(format!("plain:{}", password.expose())));
        Ok(good.then(|| AuthenticatedUser::new(name.clone())))
    }
}

/// A runtime whose launches come up once they are let.
#[derive(Debug, Clone)]
pub(crate) struct Knob {
    pub(crate) open: Arc<AtomicBool>,
    launches: Arc<Mutex<BTreeMap<LaunchId, Endpoint>>>,
    at: SocketAddr,
}

impl Knob {
    pub(super) fn new(at: SocketAddr) -> Self {
        Self { open: Arc::new(AtomicBool::new(true)), launches: Arc::default(), at }
    }
}

#[async_trait]
impl InstanceRuntime for Knob {
    async fn ensure(&self, key: &LaunchId, _: &LaunchSpec) -> Result<Observed<Endpoint>> {
        if !self.open.load(Ordering::SeqCst) {
            return Ok(Observed::Pending(Some(Progress::new("unpacking the release").at(40))));
        }
        let endpoint = Endpoint::new(self.at.ip().to_string(), self.at.port());
        self.launches.lock().unwrap().insert(key.clone(), endpoint.clone());
        Ok(Observed::Ready(endpoint))
    }
    async fn observe(&self, key: &LaunchId) -> Result<Observed<Endpoint>> {
        let found = self.launches.lock().unwrap().get(key).cloned();
        Ok(found.map_or(Observed::Absent, Observed::Ready))
    }
    async fn remove(&self, key: &LaunchId, _: Stop) -> Result<Observed<Endpoint>> {
        self.launches.lock().unwrap().remove(key);
        Ok(Observed::Absent)
    }
    async fn list(&self) -> Result<Vec<LaunchId>> {
        Ok(self.launches.lock().unwrap().keys().cloned().collect())
    }
}

/// Who plays at every table that is on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guests(pub(crate) Arc<Mutex<Vec<String>>>);

impl Guests {
    fn status(&self) -> GameStatus {
        let players = u32::try_from(self.0.lock().unwrap().len()).unwrap();
        GameStatus { version: None, world: None, players }
    }
}

#[async_trait]
impl GameControl for Guests {
    async fn ensure(&self, _: &GameTarget, _: &WorldRef) -> Result<Observed<GameStatus>> {
        Ok(Observed::Ready(self.status()))
    }
    async fn observe(&self, _: &GameTarget) -> Result<Observed<GameStatus>> {
        Ok(Observed::Ready(self.status()))
    }
    async fn players(&self, _: &GameTarget) -> Result<Option<Vec<String>>> {
        Ok(Some(self.0.lock().unwrap().clone()))
    }
    async fn remove(&self, _: &GameTarget, _: Stop) -> Result<Observed<GameStatus>> {
        Ok(Observed::Absent)
    }
}

/// Takes files that begin with `foundry` and a version.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf {
    /// The bytes of the last file, to see that they came through.
    pub(crate) last: Arc<Mutex<Option<u64>>>,
}

#[async_trait]
impl Archives for Shelf {
    async fn add(&self, source: &ArchiveSource) -> Result<ArchiveInfo> {
        let invalid = |sentence| Error::new(ErrorKind::Invalid, "reading a zip").advise(sentence);
        let ArchiveSource::File(path) = source else {
            let silent = |url: &String| url.contains("silent");
            if matches!(source, ArchiveSource::Url(url) if silent(url)) {
                return Err(Error::new(ErrorKind::Unavailable, "fetching a zip")
                    .advise("The site is not responding. Try again later."));
            }
            let breaks = matches!(source, ArchiveSource::Url(url) if url.contains("broken"));
            let broken = Error::new(ErrorKind::Unexpected, "storing a zip");
            let broken = broken.caused_by("the disk is gone");
            let strange = invalid("This address is not foundryvtt.com's.");
            return Err(if breaks { broken } else { strange });
        };
        let bytes = std::fs::read(path).map_err(|_| invalid("No such file."))?;
        *self.last.lock().unwrap() = Some(bytes.len() as u64);
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(30)]).into_owned();
        let version: Version = text
            .strip_prefix("foundry ")
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|word| word.parse().ok())
            .ok_or_else(|| {
                invalid("This zip is not a Foundry release. Download one for Linux or Node.js.")
            })?;
        Ok(ArchiveInfo {
            id: ReleaseId::new(&format!("{:064x}", version.build))?,
            version,
            layout: Layout::Node,
            program: Program::Node,
            node_major: Some(22),
            size: bytes.len() as u64,
        })
    }
    async fn remove(&self, _: &ReleaseId) -> Result<()> {
        Ok(())
    }
    async fn list(&self) -> Result<Vec<ArchiveInfo>> {
        Ok(Vec::new())
    }
}

/// A log that grows when a test writes to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paper(pub(crate) Arc<Mutex<Vec<String>>>);

#[async_trait]
impl LogSource for Paper {
    async fn read(
        &self,
        _: &InstanceId,
        from: Option<&LogPosition>,
        limit: usize,
    ) -> Result<LogChunk> {
        let lines = self.0.lock().unwrap().clone();
        let start = match from {
            Some(LogPosition(at)) => at.parse().unwrap_or(0),
            None => lines.len().saturating_sub(limit),
        };
        let end = lines.len().min(start + limit);
        let next = LogPosition(end.to_string());
        Ok(LogChunk { lines: lines[start.min(end)..end].to_vec(), next })
    }
}
