//! A data folder with a release and a volume in it, for one test.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use refractory_core::local::{DataDir, LocalConfig, LocalPorts, ProcessRuntime};
use refractory_core::model::{Release, Urgency};
use refractory_core::ports::{
    ArchiveSource, Archives, Endpoint, InstanceRuntime, LaunchSpec, Observed, VolumeSpec,
    WorldStorage,
};
use refractory_core::{
    DeploymentId, InstanceId, LaunchId, MemoryStore, Pairing, Secret, SystemClock, Timestamp, pair,
};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use testkit::foundry::{DataFolder, LICENSE_KEY, Layout, Version, release_zip};
use tokio::time::{Instant, sleep};

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(20);
const VERSION: Version = Version::new(13, 351);
pub(super) const ADMIN_KEY: &str = "the-password-of-the-administrator";

/// A data folder with a release and a volume in it; dropping it kills what runs there.
pub(super) struct Bed {
    place: TempDir,
    pub(super) spec: LaunchSpec,
    pub(super) config: LocalConfig,
    pub(super) instance: InstanceId,
}

impl Bed {
    pub(super) async fn made() -> Self {
        let place = TempDir::new().unwrap();
        let config: LocalConfig = LocalConfig::default();
        let mut bed =
            Self { place, spec: LaunchSpec::default(), config, instance: InstanceId::fresh() };
        bed.config.node = Some(env!("CARGO_BIN_EXE_foundry-stand-in").to_owned());
        bed.config.stop_within = Duration::from_secs(20).into();
        bed.spec = spec(&bed.ports()).await;
        bed.ports().storage().ensure(&bed.instance, &VolumeSpec::default()).await.unwrap();
        bed
    }

    /// The bed that another process made in `place`, with the same release.
    pub(super) fn root(&self) -> &Path {
        self.place.path()
    }

    pub(super) fn ports(&self) -> LocalPorts {
        ports(self.place.path(), self.config.clone())
    }

    /// The same over a store that is the folder's own, as one that was there from the beginning.
    pub(super) async fn own_ports(&self) -> LocalPorts {
        let dir = DataDir::open(self.place.path()).unwrap();
        let store = Arc::new(MemoryStore::default());
        let id = DeploymentId::new(dir.deployment()).unwrap();
        let paired = pair(store.as_ref(), &id, async || Ok(false), Timestamp(1)).await;
        assert_eq!(paired.unwrap(), Pairing::Same);
        LocalPorts::new(dir, store, Arc::new(SystemClock)).with_config(self.config.clone())
    }

    /// A runtime that knows nothing but what is on disk and in the kernel.
    pub(super) fn runtime(&self) -> ProcessRuntime {
        let ports = self.ports();
        ports.runtime(ports.archives()).unwrap()
    }

    pub(super) fn key(&self, epoch: u32) -> LaunchId {
        LaunchId { instance: self.instance.clone(), attempt: epoch }
    }

    pub(super) fn volume(&self) -> DataFolder {
        DataFolder::at(self.place.path().join("data").join(self.instance.as_str()))
    }

    /// Tells the stand-in what to do wrong.
    pub(super) fn control(&self, switches: &str) {
        let file = self.volume().root().join("stand-in.json");
        let draft = file.with_extension("new");
        fs::write(&draft, switches).unwrap();
        fs::rename(draft, file).unwrap();
    }

    pub(super) fn note(&self, epoch: u32) -> PathBuf {
        self.root().join(format!("runtime/{}/{epoch}.json", self.instance))
    }

    pub(super) fn log(&self) -> String {
        let path = self.root().join(format!("logs/{}/current.log", self.instance));
        fs::read_to_string(path).unwrap()
    }

    /// Asks for the launch until it is ready, and says where.
    pub(super) async fn up(&self, runtime: &ProcessRuntime, epoch: u32) -> Endpoint {
        up(runtime, &self.key(epoch), &self.spec).await
    }

    /// Asks for the launch until it is broken, and says why.
    pub(super) async fn broken(&self, runtime: &ProcessRuntime, epoch: u32) -> String {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            match runtime.ensure(&self.key(epoch), &self.spec).await {
                Ok(Observed::Broken(reason)) => return reason.0,
                Ok(_) => sleep(Duration::from_millis(20)).await,
                Err(error) => panic!("{error:?}"),
            }
        }
        panic!("never broken; the log: {}", self.log());
    }

    /// Asks it to end until it has ended; says how often it was asked.
    pub(super) async fn down(&self, runtime: &ProcessRuntime, epoch: u32, how: Urgency) -> u32 {
        let started = Instant::now();
        for asked in 1.. {
            match runtime.remove(&self.key(epoch), how).await.unwrap() {
                Observed::Absent => return asked,
                Observed::Pending(_) if started.elapsed() < PATIENCE => {
                    sleep(Duration::from_millis(20)).await;
                }
                other => panic!("{other:?}"),
            }
        }
        unreachable!()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let deployment = fs::read_to_string(self.root().join("deployment")).unwrap_or_default();
        for pid in marked(deployment.trim()) {
            kill(pid, Signal::KILL);
        }
    }
}

pub(super) fn ports(root: &Path, config: LocalConfig) -> LocalPorts {
    let dir = DataDir::open(root).unwrap();
    LocalPorts::new(dir, Arc::new(MemoryStore::default()), Arc::new(SystemClock))
        .with_config(config)
}

/// A launch of a release that is stored by it.
pub(super) async fn spec(ports: &LocalPorts) -> LaunchSpec {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), release_zip(VERSION, Layout::Node).unwrap()).unwrap();
    let source = ArchiveSource::File(file.path().to_owned());
    let info = ports.archives().add(&source).await.unwrap();
    let release = Release {
        id: info.id,
        version: info.version,
        layout: info.layout,
        program: info.program,
        node_major: info.node_major,
        size: info.size,
        added: Timestamp::default(),
        revision: 0,
    };
    LaunchSpec::default().with(|spec| {
        spec.release = Some(release);
        spec.admin_key = Secret::new(ADMIN_KEY);
        spec.license = Some(Secret::new(LICENSE_KEY));
        spec.hostname = Some("friday.localhost".to_owned());
        spec.public = Some((8080, false));
    })
}

pub(super) async fn up(runtime: &ProcessRuntime, key: &LaunchId, spec: &LaunchSpec) -> Endpoint {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        match runtime.ensure(key, spec).await.unwrap() {
            Observed::Ready(endpoint) => return endpoint,
            Observed::Pending(_) => sleep(Duration::from_millis(20)).await,
            other => panic!("{other:?}"),
        }
    }
    panic!("never ready");
}

/// The processes that carry the mark of `deployment`.
pub(super) fn marked(deployment: &str) -> Vec<u32> {
    let mark = format!("REFRACTORY_KEY={deployment}/");
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_ours = |pid: &u32| {
        fs::read(format!("/proc/{pid}/environ")).is_ok_and(|all| {
            all.split(|byte| *byte == 0).any(|entry| entry.starts_with(mark.as_bytes()))
        })
    };
    pids.filter(is_ours).collect()
}

pub(super) fn kill(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    // It may have ended by itself.
    let _ = kill_process(pid, signal);
}

pub(super) fn runs(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().starts_with(" Z"))
}

pub(super) async fn gone(pid: u32) {
    while runs(pid) {
        sleep(Duration::from_millis(10)).await;
    }
}
