use super::*;

#[test]
fn an_empty_place_becomes_a_data_folder_and_stays_the_same_deployment() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a/b");
    let first = DataDir::open(&path).unwrap();
    assert!(first.volumes().is_dir() && first.trash().is_dir());
    assert_eq!(first.deployment(), DataDir::open(&path).unwrap().deployment());
}

#[test]
fn two_of_us_on_one_folder_is_refused_with_the_holder() {
    let place = tempfile::tempdir().unwrap();
    let dir = DataDir::open(place.path()).unwrap();
    let held = dir.lock().unwrap();
    let error = DataDir::open(place.path()).unwrap().lock().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(!error.is_transient());
    assert!(error.for_people().contains(&format!("process {}", std::process::id())), "{error:?}");
    drop(held);
    assert!(dir.lock().is_ok());
}

#[test]
fn a_file_and_a_damaged_name_are_refused_with_a_sentence() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    let error = DataDir::open(&file).unwrap_err();
    assert!(error.for_people().contains("is a file, not a folder"), "{error:?}");
    DataDir::open(place.path()).unwrap();
    fs::write(place.path().join("deployment"), "two\nlines").unwrap();
    let error = DataDir::open(place.path()).unwrap_err();
    assert!(error.for_people().contains("Restore it"), "{error:?}");
}

#[test]
fn the_folder_of_somebody_else_is_refused_with_the_command_to_run() {
    // Only root can give a folder away; for anybody else the root of the file system is somebody else's.
    let place = tempfile::tempdir().unwrap();
    let given = std::os::unix::fs::chown(place.path(), Some(12_345), None).is_ok();
    let path = if given { place.path() } else { Path::new("/") };
    let error = DataDir::open(path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(error.for_people().contains("chown -R"), "{error:?}");
}

#[test]
fn a_folder_that_is_opened_again_is_not_written_to_so_a_full_disk_can_be_looked_at() {
    let place = tempfile::tempdir().unwrap();
    DataDir::open(place.path()).unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000);
    let folder = File::open(place.path()).unwrap();
    folder.set_times(fs::FileTimes::new().set_modified(long_ago)).unwrap();
    DataDir::open(place.path()).unwrap();
    assert_eq!(fs::metadata(place.path()).unwrap().modified().unwrap(), long_ago);
}

fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
}

#[test]
fn what_others_could_read_is_taken_from_them_at_the_next_start() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let dir = DataDir::open(&place.path().join("made")).unwrap();
    for name in ["", "data", "logs", "runtime", "releases", "snapshots", "trash", "node"] {
        assert_eq!(mode(&dir.root().join(name)), 0o700, "{name}");
    }
    let open =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let files = [
        "logs/a/current.log",
        "logs/a/1.log",
        "refractory.db",
        "refractory.db-wal",
        "refractory.db-shm",
    ];
    let folders = ["data/a", "logs/a", "runtime/a", "snapshots/a"];
    for folder in folders {
        fs::create_dir_all(dir.root().join(folder)).unwrap();
        open(&dir.root().join(folder), 0o755);
    }
    for file in files {
        fs::write(dir.root().join(file), "x").unwrap();
        open(&dir.root().join(file), 0o644);
    }
    open(&dir.volumes(), 0o777);
    let again = DataDir::open(dir.root()).unwrap();
    assert_eq!(mode(&dir.volumes()), 0o700);
    let _held = again.lock().unwrap();
    for folder in folders {
        assert_eq!(mode(&dir.root().join(folder)), 0o700, "{folder}");
    }
    for file in files {
        assert_eq!(mode(&dir.root().join(file)), 0o600, "{file}");
    }
}

#[test]
fn a_folder_that_was_used_is_known_by_its_key_or_by_data() {
    for used in ["secret.key", "data/a/x", "releases/x.zip", "snapshots/a/x"] {
        let place = tempfile::tempdir().unwrap();
        let dir = DataDir::open(place.path()).unwrap();
        drop(dir.lock().unwrap());
        fs::create_dir_all(dir.logs().join("a")).unwrap();
        assert!(!DataDir::was_used(dir.root()), "a first start that was cut off");
        let path = dir.root().join(used);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
        assert!(DataDir::was_used(dir.root()), "{used}");
    }
}
