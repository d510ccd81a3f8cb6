//! The contract of [`LogSource`].
use std::fmt::Debug;
use std::sync::Arc;

use refractory_core::InstanceId;
use refractory_core::ports::{LogChunk, LogPosition, LogSource};

use super::Subject;

/// Has programs print.
pub trait Printer: Debug + Send + Sync + 'static {
    /// Has the program of `of` print one line.
    fn print(&self, of: &InstanceId, line: &str);
}

/// Logs, with something that prints.
pub type LogsSubject = Subject<dyn LogSource, Arc<dyn Printer>>;

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).expect("an id")
}

fn print(subject: &LogsSubject, of: &str, lines: std::ops::Range<u32>) {
    for line in lines {
        subject.with.print(&id(of), &format!("line {line}"));
    }
}

fn lines(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|line| format!("line {line}")).collect()
}

async fn read(subject: &LogsSubject, from: Option<&LogPosition>, limit: usize) -> LogChunk {
    subject.port.read(&id("a"), from, limit).await.expect("read")
}

/// A log that was never written is empty.
pub async fn an_unwritten_log_is_empty(subject: &LogsSubject) {
    let chunk = read(subject, None, 10).await;
    assert_eq!(chunk.lines, Vec::<String>::new());
    assert_eq!(read(subject, Some(&chunk.next), 10).await.lines, Vec::<String>::new());
}

/// Without a position come the last lines, oldest first.
pub async fn the_last_lines_come_first(subject: &LogsSubject) {
    print(subject, "a", 0..50);
    assert_eq!(read(subject, None, 5).await.lines, lines(45..50));
    assert_eq!(read(subject, None, 500).await.lines, lines(0..50));
}

/// A position goes on where the last chunk ended: nothing twice, nothing left out.
pub async fn a_position_goes_on(subject: &LogsSubject) {
    print(subject, "a", 0..10);
    let first = read(subject, None, 4).await;
    assert_eq!(first.lines, lines(6..10));
    print(subject, "a", 10..17);
    let second = read(subject, Some(&first.next), 4).await;
    assert_eq!(second.lines, lines(10..14));
    let third = read(subject, Some(&second.next), 4).await;
    assert_eq!(third.lines, lines(14..17));
    assert_eq!(read(subject, Some(&third.next), 4).await.lines, Vec::<String>::new());
}

/// Reading the same position twice gives the same lines.
pub async fn reading_repeats(subject: &LogsSubject) {
    print(subject, "a", 0..3);
    let begin = read(subject, None, 1).await;
    print(subject, "a", 3..6);
    let first = read(subject, Some(&begin.next), 10).await;
    assert_eq!(read(subject, Some(&begin.next), 10).await, first);
    assert_eq!(first.lines, lines(3..6));
}

/// One instance's log has nothing of another's.
pub async fn logs_are_apart(subject: &LogsSubject) {
    print(subject, "a", 0..2);
    print(subject, "b", 7..9);
    assert_eq!(read(subject, None, 10).await.lines, lines(0..2));
}

/// A position that means nothing goes on with the oldest line there is.
pub async fn a_strange_position_begins_anew(subject: &LogsSubject) {
    print(subject, "a", 0..3);
    let strange = LogPosition("no position at all".to_owned());
    assert_eq!(read(subject, Some(&strange), 10).await.lines, lines(0..3));
}

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! logs_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            an_unwritten_log_is_empty, the_last_lines_come_first, a_position_goes_on, reading_repeats,
            logs_are_apart, a_strange_position_begins_anew
        }
    };
}

/// One test for each case, against what `$make` makes afresh.
#[macro_export]
macro_rules! conform_logs {
    (real_time, $make:expr) => { $crate::logs_cases!([$crate::conform_each] real_time logs $make); };
    ($make:expr) => { $crate::logs_cases!([$crate::conform_each] paused logs $make); };
}
