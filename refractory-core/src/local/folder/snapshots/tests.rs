use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::digest::sha256_hex;
use crate::local::folder::{NOTE, Note};
use crate::{Error, ErrorKind, Timestamp};

mod hostile;

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

fn name(at: u64) -> SnapshotName {
    SnapshotName { of: id("a"), at: Timestamp(at) }
}

/// A place with the volume of one table in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for folder in ["data/a", "snapshots", "trash"] {
            fs::create_dir_all(place.at(folder)).unwrap();
        }
        place
    }

    fn at(&self, inner: &str) -> PathBuf {
        self.0.path().join(inner)
    }

    fn volume(&self) -> PathBuf {
        self.at("data/a")
    }

    fn write(&self, inner: &str, text: &str) {
        let path = self.volume().join(inner);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, inner: &str) -> Option<String> {
        fs::read_to_string(self.volume().join(inner)).ok()
    }

    /// What a fresh process sees.
    fn port(&self) -> FolderSnapshots {
        FolderSnapshots::new(self.at("snapshots"), self.at("data"), self.at("trash"))
    }

    async fn taken(&self, port: &FolderSnapshots, at: u64) -> Result<Snapshot> {
        let (name, of) = (name(at), given());
        settled(|| port.ensure(&name, &of)).await
    }

    async fn restored(&self, port: &FolderSnapshots, at: u64) -> Result<Volume> {
        let (name, into) = (name(at), given());
        settled(|| port.restore(&name, &into)).await
    }

    /// The archive of the only snapshot.
    fn archive(&self) -> PathBuf {
        let mut all = fs::read_dir(self.at("snapshots/a")).unwrap();
        let only = all.next().unwrap().unwrap().path();
        assert!(all.next().is_none(), "there is one file, and nothing beside it");
        only
    }

    /// Waits until nothing is left in the trash.
    async fn tidy(&self, when: &str) {
        for _ in 0..1_000 {
            if fs::read_dir(self.at("trash")).unwrap().count() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let left: Vec<_> = fs::read_dir(self.at("trash")).unwrap().flatten().collect();
        panic!("{when}: {left:?} is left");
    }
}

fn given() -> Volume {
    Volume { of: id("a"), handle: String::new(), usage: None }
}

/// Calls until it is ready.
async fn settled<T: std::fmt::Debug, F: Future<Output = Result<Observed<T>>>>(
    call: impl Fn() -> F,
) -> Result<T> {
    loop {
        match call().await? {
            Observed::Ready(made) => return Ok(made),
            Observed::Pending(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            other @ (Observed::Absent | Observed::Broken(_)) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn everything_in_a_volume_comes_back_as_it_was() {
    let place = Place::new();
    let long = format!("Data/{}/{}.webp", "deep".repeat(30), "name".repeat(40));
    place.write("Data/worlds/strahd/world.json", "{}");
    place.write(&long, "long");
    place.write("Data/large.bin", &"0123456789".repeat(50_000));
    place.write("run.sh", "#!/bin/sh\n");
    fs::create_dir_all(place.volume().join("Data/empty")).unwrap();
    let odd = place.volume().join(OsStr::from_bytes(b"Data/\xff\xfe \n'odd"));
    fs::write(&odd, "odd").unwrap();
    fs::set_permissions(place.volume().join("run.sh"), Permissions::from_mode(0o750)).unwrap();
    let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_mins(25_000_000);
    let world = File::options().write(true).open(place.volume().join("run.sh")).unwrap();
    world.set_times(fs::FileTimes::new().set_modified(old)).unwrap();
    symlink("Data/worlds", place.volume().join("inside")).unwrap();
    symlink("/nowhere/at/all/../x//y", place.volume().join("outside")).unwrap();
    symlink("x".repeat(300), place.volume().join("far")).unwrap();
    fs::hard_link(place.volume().join("run.sh"), place.volume().join("same.sh")).unwrap();

    let port = place.port();
    let snapshot = place.taken(&port, 7).await.unwrap();
    assert_eq!(snapshot.size, fs::metadata(place.archive()).unwrap().len());
    assert_eq!(fs::metadata(place.archive()).unwrap().mode() & 0o777, 0o600);
    fs::remove_dir_all(place.volume()).unwrap();
    fs::create_dir(place.volume()).unwrap();
    place.write("Data/later", "gone after the restore");
    place.restored(&port, 7).await.unwrap();

    assert_eq!(place.read("Data/worlds/strahd/world.json").unwrap(), "{}");
    assert_eq!(place.read(&long).unwrap(), "long");
    assert_eq!(place.read("Data/large.bin").unwrap().len(), 500_000);
    assert_eq!(fs::read_to_string(odd).unwrap(), "odd");
    assert!(place.volume().join("Data/empty").is_dir());
    assert_eq!(place.read("Data/later"), None);
    let script = fs::metadata(place.volume().join("run.sh")).unwrap();
    assert_eq!((script.mode() & 0o777, script.mtime()), (0o750, 1_500_000_000));
    assert_eq!(place.read("same.sh").unwrap(), "#!/bin/sh\n");
    let target = |link: &str| fs::read_link(place.volume().join(link)).unwrap();
    assert_eq!(target("inside"), Path::new("Data/worlds"));
    assert_eq!(target("outside"), Path::new("/nowhere/at/all/../x//y"));
    assert_eq!(target("far"), Path::new(&"x".repeat(300)));
    place.tidy("after a restore").await;
}

#[tokio::test]
async fn pipes_and_sockets_are_passed_over_and_the_quota_stays_the_volumes_own() {
    let place = Place::new();
    place.write("world", "one");
    Note { quota: Some(1 << 20) }.write(&place.volume()).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        place.volume().join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(place.volume().join("socket")).unwrap();
    assert!(fs::metadata(place.volume().join("pipe")).unwrap().file_type().is_fifo());
    let port = place.port();
    place.taken(&port, 1).await.unwrap();
    Note { quota: Some(2 << 20) }.write(&place.volume()).unwrap();
    let volume = place.restored(&port, 1).await.unwrap();
    assert_eq!(volume.usage.unwrap().quota, Some(2 << 20));
    let mut left: Vec<_> =
        fs::read_dir(place.volume()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [OsStr::new(NOTE), OsStr::new("world")]);
}

/// Goes on so many times, and then never again.
fn steps(allowed: usize) -> impl Fn() -> Result<()> {
    let left = Cell::new(allowed);
    move || {
        if left.get() == 0 {
            return Err(Error::new(ErrorKind::Unavailable, "the power was cut"));
        }
        left.set(left.get() - 1);
        Ok(())
    }
}

#[tokio::test]
async fn a_snapshot_that_is_cut_off_at_any_step_is_not_listed_and_can_be_taken_again() {
    for step in 0.. {
        let place = Place::new();
        place.write("Data/one", "1");
        place.write("Data/two", &"2".repeat(100_000));
        let cut = place.port().take_now(&name(1), &id("a"), None, &steps(step), &|_| {});
        let port = place.port();
        if cut.is_ok() {
            assert!(step > 8, "there are some steps: {step}");
            assert_eq!(port.list(&id("a")).await.unwrap().len(), 1);
            break;
        }
        assert_eq!(port.list(&id("a")).await.unwrap(), [], "cut at step {step}");
        place.taken(&port, 1).await.unwrap();
        place.archive();
        place.write("Data/one", "changed");
        place.restored(&port, 1).await.unwrap();
        assert_eq!(place.read("Data/one").unwrap(), "1", "cut at step {step}");
    }
}

#[tokio::test]
async fn a_restore_that_is_cut_off_at_any_step_leaves_the_old_data_or_the_new() {
    let place = Place::new();
    place.write("Data/one", "old 1");
    place.write("two", "old 2");
    Note { quota: Some(1 << 30) }.write(&place.volume()).unwrap();
    place.taken(&place.port(), 1).await.unwrap();
    let kept = place.port().find(&name(1)).unwrap().unwrap();
    for step in 0.. {
        let when = format!("cut at step {step}");
        place.write("Data/one", "new 1");
        place.write("two", "new 2");
        place.write("three", "new 3");
        let (port, cut) = (place.port(), steps(step));
        let done = port
            .unpack_now(&name(1), &kept, &id("a"), &cut, &|_| {})
            .and_then(|()| port.swapped(&name(1), &id("a"), &cut));
        let all = ["Data/one", "two", "three"].map(|inner| place.read(inner));
        let texts = |texts: [Option<&str>; 3]| texts.map(|text| text.map(ToOwned::to_owned));
        let new = texts([Some("new 1"), Some("new 2"), Some("new 3")]);
        let old = texts([Some("old 1"), Some("old 2"), None]);
        assert_eq!(all, if done.is_ok() { old.clone() } else { new }, "{when}");
        assert_eq!(Note::read(&place.volume()).unwrap().quota, Some(1 << 30), "{when}");
        let later = place.port();
        place.write("three", "played on");
        place.restored(&later, 1).await.unwrap();
        let all = ["Data/one", "two", "three"].map(|inner| place.read(inner));
        assert_eq!(all, old, "{when}, and restored again");
        place.tidy(&when).await;
        if done.is_ok() {
            assert!(step > 8, "there are some steps: {step}");
            break;
        }
    }
}

#[tokio::test]
async fn what_fails_leaves_nothing_behind() {
    let place = Place::new();
    place.write("Data/one", "1");
    let port = place.port();
    let taken = port.taken(&name(1), &id("a"), None, &steps(4), &|_| {});
    assert!(taken.is_err());
    assert!(!place.at("snapshots/a").exists());
    place.taken(&port, 1).await.unwrap();
    Note { quota: Some(0) }.write(&place.volume()).unwrap();
    let full = place.restored(&port, 1).await.unwrap_err();
    assert_eq!((full.kind(), full.is_transient()), (ErrorKind::Exhausted, false));
    assert!(full.for_people().contains("limit of 0 MiB"), "{}", full.for_people());
    assert_eq!(place.read("Data/one").unwrap(), "1");
    place.tidy("a copy that is too large").await;
}

#[test]
fn a_full_disk_is_told_as_one() {
    let place = Place::new();
    place.write("Data/one", &"1".repeat(1 << 20));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let part = place.at("snapshots/part");
    let error = pack::pack_into(full, &place.volume(), &part, &|| Ok(()), &|_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exhausted, "{error:?}");
    assert!(error.for_people().contains("Free some space"), "{}", error.for_people());
    assert!(error.for_people().contains("snapshots/part"), "{}", error.for_people());
}

#[tokio::test]
async fn a_volume_that_is_not_there_is_neither_copied_nor_brought_back() {
    let place = Place::new();
    place.write("world", "1");
    let port = place.port();
    place.taken(&port, 1).await.unwrap();
    fs::remove_dir_all(place.volume()).unwrap();
    let nothing = port.ensure(&name(2), &given()).await.unwrap();
    assert!(matches!(nothing, Observed::Broken(_)), "{nothing:?}");
    let error = port.restore(&name(1), &given()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!place.volume().exists());
}

#[tokio::test]
async fn where_two_folders_cannot_be_swapped_in_one_step_it_takes_two() {
    let place = Place::new();
    let (fresh, old) = (place.at("trash/fresh"), place.volume());
    fs::create_dir(&fresh).unwrap();
    fs::write(fresh.join("x"), "fresh").unwrap();
    restore::in_two_steps(&fresh, &old).unwrap();
    assert_eq!(fs::read_to_string(old.join("x")).unwrap(), "fresh");
    assert!(place.at("trash/fresh-aside").is_dir(), "what was there is in the trash");
    assert!(restore::in_two_steps(&place.at("trash/none"), &old).is_err());
    assert_eq!(fs::read_to_string(old.join("x")).unwrap(), "fresh", "and is put back");
}

#[tokio::test]
async fn a_copy_that_a_launch_came_between_is_thrown_away() {
    let place = Place::new();
    place.write("world", "1");
    let dir = crate::local::DataDir::open(place.0.path()).unwrap();
    let ports = crate::local::LocalPorts::new(
        dir,
        Arc::new(crate::MemoryStore::default()),
        Arc::new(crate::SystemClock),
    );
    let port = ports.snapshots(ports.runtime(ports.archives()).unwrap());
    fs::create_dir(place.at("runtime/a")).unwrap();
    fs::write(place.at("runtime/a/5.json"), "{}").unwrap();
    let changed = port.taken(&name(1), &id("a"), Some(4), &|| Ok(()), &|_| {}).unwrap_err();
    assert_eq!((changed.kind(), changed.is_transient()), (ErrorKind::Unavailable, true));
    assert!(changed.for_people().contains("started during the backup"), "{}", changed.for_people());
    assert!(!place.at("snapshots/a").exists());
    port.taken(&name(1), &id("a"), Some(5), &|| Ok(()), &|_| {}).unwrap();
    assert_eq!(port.list(&id("a")).await.unwrap().len(), 1);
}

/// What the first one came to was not asked: its user canceled it.
#[tokio::test]
async fn what_a_canceled_reading_found_is_no_answer_to_a_later_one() {
    let place = Place::new();
    place.write("Data/world", "a world");
    let port = place.port();
    place.taken(&port, 1).await.unwrap();
    assert!(matches!(port.verify(&name(1), "first").await.unwrap(), Observed::Pending(_)));
    while port.work.is_at(&(Job::Verify, name(1), id("a"))) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    fs::write(place.archive(), "damaged").unwrap();
    let later = loop {
        match port.verify(&name(1), "second").await.unwrap() {
            Observed::Pending(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            found @ (Observed::Absent | Observed::Ready(_) | Observed::Broken(_)) => break found,
        }
    };
    assert!(matches!(later, Observed::Broken(_)), "{later:?}");
}
