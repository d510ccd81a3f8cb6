use super::*;

#[test]
fn a_file_is_replaced_whole_and_no_draft_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("options.json");
    replace(&path, b"one").unwrap();
    replace(&path, b"two").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"two");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_replaced_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("license.json");
    replace(&path, b"{}").unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_full_disk_is_a_limit_and_a_missing_file_is_not() {
    let kind = |kind: io::ErrorKind| trouble("testing", Path::new("x"), kind.into()).kind();
    assert_eq!(kind(io::ErrorKind::StorageFull), ErrorKind::Exhausted);
    assert_eq!(kind(io::ErrorKind::NotFound), ErrorKind::NotFound);
    assert_eq!(kind(io::ErrorKind::ReadOnlyFilesystem), ErrorKind::Forbidden);
    assert_eq!(kind(io::ErrorKind::Other), ErrorKind::Unavailable);
}
