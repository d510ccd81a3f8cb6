use super::*;
use crate::model::WorkerMark;
use crate::ports::Aggregate;
use crate::{Timestamp, WorkerId};

fn model(id: &str) -> record::Model {
    let id = WorkerId::new(id).unwrap();
    let mark = WorkerMark {
        id,
        born: Timestamp(1),
        seen: Timestamp(2),
        unlisted: Vec::new(),
        duties: Vec::new(),
        revision: 3,
    }
    .into_record();
    record::Model {
        kind: "worker".to_owned(),
        id: mark.id().to_owned(),
        revision: 4,
        format: FORMAT,
        body: written(&mark).unwrap(),
        position: 1,
        claims: String::new(),
    }
}

#[test]
fn a_row_is_read_at_the_revision_of_its_column() {
    let row = read(Kind::Worker, &model("a")).unwrap();
    assert_eq!((row.id(), row.revision()), ("a", 4));
}

#[test]
fn a_row_that_cannot_be_read_names_its_kind_and_id() {
    let damaged = record::Model { body: "{\"worker\":{".to_owned(), ..model("a") };
    let foreign = record::Model { kind: "user".to_owned(), ..model("a") };
    let swapped = record::Model { id: "b".to_owned(), ..model("a") };
    let newer = record::Model { format: FORMAT + 1, ..model("a") };
    for (kind, model) in [
        (Kind::Worker, damaged),
        (Kind::User, foreign),
        (Kind::Worker, swapped),
        (Kind::Worker, newer),
    ] {
        let error = read(kind, &model).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Damaged);
        let sentence = error.for_people().into_owned();
        assert!(sentence.contains(&format!("{} `{}`", model.kind, model.id)), "{sentence}");
    }
}
