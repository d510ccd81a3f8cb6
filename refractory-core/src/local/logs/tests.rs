use std::fs;
use std::io::Write;
use std::path::Path;

use super::{FolderLogs, LogFiles};
use crate::InstanceId;
use crate::ports::{LogPosition, LogSource};

fn id() -> InstanceId {
    InstanceId::new("a").unwrap()
}

fn files(place: &Path) -> LogFiles {
    LogFiles::new(place.to_owned(), 100, 2)
}

async fn all(logs: &FolderLogs, from: &mut Option<LogPosition>, limit: usize) -> Vec<String> {
    let chunk = logs.read(&id(), from.as_ref(), limit).await.unwrap();
    *from = Some(chunk.next);
    chunk.lines
}

#[tokio::test]
async fn a_follower_sees_each_whole_line_once_through_rotations() {
    let place = tempfile::tempdir().unwrap();
    let (files, mut from, mut seen) = (files(place.path()), None, Vec::new());
    let logs = FolderLogs::new(files.clone());
    assert!(all(&logs, &mut from, 10).await.is_empty());
    // The same open file through every rotation, as a running program has it.
    let mut program = files.open(&id()).unwrap();
    for line in 0..50 {
        program.write_all(format!("line {line} ").as_bytes()).unwrap();
        seen.extend(all(&logs, &mut from, 3).await);
        program.write_all(b"ends\n").unwrap();
        seen.extend(all(&logs, &mut from, 3).await);
        files.rotate(&id()).unwrap();
    }
    assert_eq!(seen, (0..50).map(|line| format!("line {line} ends")).collect::<Vec<_>>());
    assert!(fs::read_dir(place.path().join("a")).unwrap().count() <= 3);
}

#[tokio::test]
async fn the_last_lines_reach_into_the_files_before() {
    let place = tempfile::tempdir().unwrap();
    let files = files(place.path());
    let mut program = files.open(&id()).unwrap();
    (0..12).for_each(|line| writeln!(program, "number {line}").unwrap());
    files.rotate(&id()).unwrap();
    writeln!(program, "number 12").unwrap();
    fs::write(place.path().join("a/2.log"), "").unwrap();
    let last = FolderLogs::new(files).read(&id(), None, 3).await.unwrap();
    assert_eq!(last.lines, ["number 10", "number 11", "number 12"]);
}

#[tokio::test]
async fn a_place_that_was_rotated_away_goes_on_with_the_oldest_line() {
    let place = tempfile::tempdir().unwrap();
    let files = files(place.path());
    let mut program = files.open(&id()).unwrap();
    for line in 0..60 {
        writeln!(program, "number {line}").unwrap();
        files.rotate(&id()).unwrap();
    }
    let logs = FolderLogs::new(files);
    for from in ["1:3", "nonsense", "99:0"] {
        let chunk = logs.read(&id(), Some(&LogPosition(from.to_owned())), 1).await.unwrap();
        let oldest: u32 = chunk.lines[0].strip_prefix("number ").unwrap().parse().unwrap();
        assert!((20..50).contains(&oldest), "{from}: {oldest}");
    }
}

#[tokio::test]
async fn endless_lines_are_cut_and_a_launch_sees_only_its_own_words() {
    let place = tempfile::tempdir().unwrap();
    let files = LogFiles::new(place.path().to_owned(), 1 << 20, 2);
    let mut program = files.open(&id()).unwrap();
    program.write_all(&vec![b'x'; 40_000]).unwrap();
    program.write_all(b"\n").unwrap();
    let before = files.end(&id()).unwrap();
    writeln!(program, "mine").unwrap();
    assert_eq!(files.tail(&id(), before, 1000).unwrap(), "mine\n");
    let logs = FolderLogs::new(files);
    let chunk = logs.read(&id(), Some(&LogPosition("1:0".to_owned())), 10).await.unwrap();
    assert_eq!(chunk.lines.iter().map(String::len).sum::<usize>(), 40_004);
}

#[test]
fn only_the_owner_can_read_a_log_whoever_made_it() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let files = files(place.path());
    let mode =
        |name: &str| fs::metadata(place.path().join(name)).unwrap().permissions().mode() & 0o777;
    files.note(&id(), &"x".repeat(200)).unwrap();
    assert_eq!((mode("a"), mode("a/current.log")), (0o700, 0o600));
    fs::set_permissions(place.path().join("a/current.log"), fs::Permissions::from_mode(0o644))
        .unwrap();
    files.rotate(&id()).unwrap();
    files.note(&id(), "more").unwrap();
    assert_eq!((mode("a/1.log"), mode("a/current.log")), (0o600, 0o600));
}
