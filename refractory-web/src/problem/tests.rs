use std::fmt::Write as _;

use super::*;

#[test]
fn every_kind_has_its_status() {
    let kinds = [
        ErrorKind::NotFound,
        ErrorKind::Conflict,
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
