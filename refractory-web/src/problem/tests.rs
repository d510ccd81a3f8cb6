use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex};

use super::*;

#[test]
fn every_kind_has_its_status() {
    let kinds = [
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Outdated,
        ErrorKind::Invalid,
        ErrorKind::Forbidden,
        ErrorKind::Exhausted,
        ErrorKind::Unavailable,
        ErrorKind::Unsupported,
        ErrorKind::Unexpected,
    ];
    let mut table = String::new();
    for kind in kinds {
        let problem = Problem::from(Error::new(kind, "testing"));
        let id = if problem.id.is_some() { "with an id" } else { "" };
        writeln!(table, "{kind:<12} {} {} {id}", problem.status.as_u16(), problem.sentence)
            .unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_problem_is_told_without_its_inside() {
    let error = Error::new(ErrorKind::Unexpected, "reading the vault")
        .about("path", "/secret/place")
        .caused_by("ENOENT");
    let problem = Problem::from(error);
    assert!(!problem.to_string().contains("secret"));
    assert_eq!(problem.error_response().status(), 500);
}

#[test]
fn what_has_an_id_is_logged_under_it() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let (defect, error) = tracing::subscriber::with_default(subscriber, || {
        let error = Error::new(ErrorKind::Unexpected, "testing").caused_by("ENOENT");
        (Problem::defect(&"a template without an end"), Problem::from(error))
    });
    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for (problem, cause) in [(&defect, "a template without an end"), (&error, "ENOENT")] {
        let id = problem.id().unwrap();
        let lines: Vec<_> = written.lines().filter(|line| line.contains(id)).collect();
        assert_eq!(lines.len(), 1, "{id}: {written}");
        assert!(written.contains(cause), "{written}");
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
