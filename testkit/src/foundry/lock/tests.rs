use super::*;

const STALE: Duration = Duration::from_secs(10);

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("options.json.lock");
    (folder, lock)
}

fn age(path: &Path, by: Duration) {
    File::open(path).unwrap().set_times(FileTimes::new().set_modified(now() - by)).unwrap();
}

#[test]
fn a_fresh_lock_is_refused_and_a_released_one_is_not() {
    let (_folder, path) = folder();
    let lock = Lock::take(path.clone(), STALE).unwrap();
    assert_eq!(Lock::take(path.clone(), STALE).unwrap_err(), HELD);
    lock.release();
    assert!(!path.exists());
    Lock::take(path, STALE).unwrap();
}

#[test]
fn a_lock_nobody_refreshed_is_taken_over_once_it_is_stale() {
    let (_folder, path) = folder();
    drop(Lock::take(path.clone(), STALE).unwrap());
    age(&path, Duration::from_secs(9));
    assert!(Lock::take(path.clone(), STALE).is_err());
    age(&path, Duration::from_secs(11));
    Lock::take(path, STALE).unwrap();
}

#[test]
fn a_lock_that_was_taken_away_is_noticed() {
    let (_folder, path) = folder();
    let mut lock = Lock::take(path.clone(), STALE).unwrap();
    lock.refresh().unwrap();
    fs::remove_dir(&path).unwrap();
    assert!(lock.refresh().is_err_and(|why| why.contains("ECOMPROMISED")));
}
