use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn a_file_is_replaced_whole_with_its_mode_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    write_whole(&path, b"one", 0o644).unwrap();
    write_whole(&path, b"two", 0o600).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_first_writer_of_a_file_that_is_written_once_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    assert!(write_once(&path, b"one", 0o600).unwrap());
    assert!(!write_once(&path, b"two", 0o600).unwrap());
    assert_eq!(read_if_any(&path).unwrap().unwrap(), b"one");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn each_refusal_says_what_to_do() {
    let says = |kind: Io| refused(kind.into(), "writing", Path::new("/x"));
    assert_eq!(says(Io::StorageFull).kind(), ErrorKind::Exhausted);
    assert!(says(Io::StorageFull).for_people().contains("Free some space"));
    assert_eq!(says(Io::PermissionDenied).kind(), ErrorKind::Forbidden);
    assert!(says(Io::PermissionDenied).for_people().contains("chown"));
    assert!(says(Io::ReadOnlyFilesystem).for_people().contains("read-only"));
    assert_eq!(says(Io::NotFound).kind(), ErrorKind::NotFound);
    assert_eq!(says(Io::NotADirectory).kind(), ErrorKind::Invalid);
    assert_eq!(says(Io::Other).kind(), ErrorKind::Unavailable);
    assert!(says(Io::TimedOut).is_transient());
}

#[test]
fn what_does_not_fit_is_refused_before_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    check_room(folder.path(), 1, "testing").unwrap();
    let error = check_room(folder.path(), u64::MAX, "testing").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exhausted);
    assert!(error.for_people().contains("MiB are free"), "{}", error.for_people());
}

#[test]
fn a_path_that_is_too_long_is_asked_for_wrongly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x".repeat(400));
    let error = refused(File::open(&path).unwrap_err(), "testing", &path);
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.for_people().contains("shorter"), "{}", error.for_people());
}
