//! The contracts of the ports, kept by this machine.
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use refractory_core::local::{DataDir, Keyring, LocalPorts};
use refractory_core::model::Version;
use refractory_core::ports::{ArchiveSource, Archives, LogSource, SnapshotName, WorldStorage};
use refractory_core::{InstanceId, MemoryStore, SystemClock, async_trait};
use testkit::conformance::archives::{ArchivesSubject, Sources};
use testkit::conformance::logs::{LogsSubject, Printer};
use testkit::conformance::runtime::{RuntimeSubject, instances};
use testkit::conformance::snapshots::{SnapshotsSubject, Tamper, Volumes};
use testkit::conformance::storage::StorageSubject;
use testkit::conformance::{Contents, Subject};
use testkit::foundry::{Layout, Version as StandInVersion, release_zip};

use super::bed::Bed;

fn folder() -> (tempfile::TempDir, LocalPorts) {
    let place = tempfile::tempdir().unwrap();
    let dir = DataDir::open(place.path()).unwrap();
    (place, LocalPorts::new(dir, Arc::new(MemoryStore::default()), Arc::new(SystemClock)))
}

async fn keyring() -> Keyring {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(MemoryStore::default());
    Keyring::open(&folder.path().join("secret.key"), store).await.unwrap()
}

async fn runtime() -> RuntimeSubject {
    let bed = Bed::made().await;
    for instance in instances() {
        fs::create_dir(bed.root().join("data").join(instance.as_str())).unwrap();
    }
    Subject::new(Arc::new(bed.runtime()) as _, bed.spec.clone()).keeping(bed)
}

#[derive(Debug)]
struct Files(PathBuf);

impl Contents for Files {
    fn write(&self, of: &InstanceId, text: &str) {
        fs::write(self.0.join(of.as_str()).join("world"), text).unwrap();
    }

    fn read(&self, of: &InstanceId) -> Option<String> {
        fs::read_to_string(self.0.join(of.as_str()).join("world")).ok()
    }
}

/// The folder of the snapshots.
#[derive(Debug)]
struct Copies(PathBuf);

#[async_trait]
impl Tamper for Copies {
    async fn tamper(&self, name: &SnapshotName) {
        let begins = format!("{}-", name.at.0);
        for entry in fs::read_dir(self.0.join(name.of.as_str())).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_string_lossy().starts_with(&begins) {
                let mut bytes = fs::read(entry.path()).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0xff;
                fs::write(entry.path(), bytes).unwrap();
            }
        }
    }
}

fn storage() -> StorageSubject {
    let (place, ports) = folder();
    let files: Arc<dyn Contents> = Arc::new(Files(place.path().join("data")));
    let storage: Arc<dyn WorldStorage> = Arc::new(ports.storage());
    Subject::new(storage, files).keeping(place)
}

fn snapshots() -> SnapshotsSubject {
    let (place, ports) = folder();
    let runtime = ports.runtime(ports.archives()).unwrap();
    let volumes = Volumes {
        storage: Arc::new(ports.storage()),
        contents: Arc::new(Files(place.path().join("data"))),
        tamper: Arc::new(Copies(place.path().join("snapshots"))),
    };
    Subject::new(Arc::new(ports.snapshots(runtime)) as _, volumes).keeping(place)
}

fn archive(place: &Path, name: &str, bytes: &[u8]) -> ArchiveSource {
    let path = place.join(name);
    fs::write(&path, bytes).unwrap();
    ArchiveSource::File(path)
}

fn archives() -> ArchivesSubject {
    let (place, ports) = folder();
    let zip = |build| release_zip(StandInVersion::new(13, build), Layout::Node).unwrap();
    let (one, other) = (zip(350), zip(351));
    let sources = Sources {
        good: [
            (archive(place.path(), "one.zip", &one), Version::new(13, 350)),
            (archive(place.path(), "other.zip", &other), Version::new(13, 351)),
        ],
        copy: archive(place.path(), "copy.zip", &one),
        bad: archive(place.path(), "bad.zip", &one[..one.len() / 2]),
    };
    let archives: Arc<dyn Archives> = Arc::new(ports.archives());
    Subject::new(archives, sources).keeping(place)
}

#[derive(Debug)]
struct Current(PathBuf);

impl Printer for Current {
    fn print(&self, of: &InstanceId, line: &str) {
        let folder = self.0.join(of.as_str());
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("current.log");
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        writeln!(file, "{line}").unwrap();
    }
}

async fn logs() -> LogsSubject {
    let (place, ports) = folder();
    let printer: Arc<dyn Printer> = Arc::new(Current(place.path().join("logs")));
    let logs: Arc<dyn LogSource> = ports.connect().await.unwrap().logs;
    Subject::new(logs, printer).keeping(place)
}

mod vault {
    testkit::conform_vault!(real_time, super::keyring().await);
}

mod runs {
    testkit::conform_runtime!(real_time, super::runtime().await);
}

mod volumes {
    testkit::conform_storage!(real_time, super::storage());
}

mod copies {
    testkit::conform_snapshots!(real_time, super::snapshots());
}

mod releases {
    testkit::conform_archives!(real_time, super::archives());
}

mod output {
    testkit::conform_logs!(real_time, super::logs().await);
}
