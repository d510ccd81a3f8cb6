use refractory_core::model::WorkerMark;
use refractory_core::ports::Aggregate;
use refractory_core::{Timestamp, WorkerId};

use super::*;

fn mark(revision: u64) -> Body {
    let id = WorkerId::new("a").unwrap();
    WorkerMark { id, born: Timestamp(1), seen: Timestamp(2), unlisted: Vec::new(), revision }
        .into_body()
}

fn content() -> Content {
    Content::of(&mark(1)).unwrap()
}

fn texts(all: &[&str]) -> Texts {
    all.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn a_row_remembers_eight_writes_and_forgets_the_ninth() {
    let operation = Operation::fresh().unwrap();
    let past = |revision| {
        let replacement = Replacement::of(&mark(revision), &content(), &Texts::new(), operation);
        assert_eq!(replacement.terms.names["#now"], (revision + 1).to_string());
        replacement.terms.names.get("#past").cloned()
    };
    assert_eq!(past(1), None);
    assert_eq!(past(6), None);
    assert_eq!(past(8), Some("1".to_owned()));
    assert_eq!(past(20), Some("13".to_owned()));
}

#[test]
fn what_a_write_met_is_told_by_the_row_that_is_there() {
    let (mine, other) = (Operation::fresh().unwrap(), Operation::fresh().unwrap());
    let at = |revision, operation: Operation| {
        let mut item = content().item(&mark(revision), operation);
        item.insert(schema::TEXTS.to_owned(), listed(&texts(&["slug:a"])));
        item
    };
    assert_eq!(met(None, 3, mine), Met::Gone);
    assert_eq!(met(Some(&at(4, mine)), 3, mine), Met::Itself);
    assert_eq!(met(Some(&at(4, other)), 3, mine), Met::Moved);
    assert_eq!(met(Some(&at(3, other)), 3, mine), Met::Texts(texts(&["slug:a"])));
    assert_eq!(met(Some(&Item::new()), 3, mine), Met::Moved, "a row without a revision");
    // Written by this one, and then by others.
    let mut later = at(6, other);
    let all = HashMap::from([("4".to_owned(), mine.value()), ("6".to_owned(), other.value())]);
    later.insert(schema::OPERATIONS.to_owned(), AttributeValue::M(all));
    assert_eq!(met(Some(&later), 3, mine), Met::Itself);
    assert_eq!(met(Some(&later), 4, mine), Met::Moved);
}

fn reasons(codes: &[&str]) -> Vec<CancellationReason> {
    codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect()
}

#[test]
fn reasons_of_a_cancelled_transaction_stand_in_the_order_of_its_writes() {
    let operation = Operation::fresh().unwrap();
    let batch = Batch::replacing(
        "table",
        &mark(1),
        &Content { texts: texts(&["name:b", "key:b"]), ..content() },
        &texts(&["name:a"]),
        operation,
    )
    .unwrap();
    assert_eq!(batch.parts().len(), 4, "the row, one text released, two claimed");
    let said = |codes: &[&str]| batch.refusal(&reasons(codes));
    let failed = "ConditionalCheckFailed";
    assert_eq!(said(&[failed, "None", "None", "None"]), Refusal::Row(None));
    assert_eq!(said(&[failed, "None", failed, "TransactionConflict"]), Refusal::Row(None));
    assert_eq!(said(&["None", "None", "None", failed]), Refusal::Text("name:b".to_owned()));
    assert_eq!(
        said(&["TransactionConflict", "None", "None", failed]),
        Refusal::Text("name:b".to_owned())
    );
    assert_eq!(said(&["None", "None", "TransactionConflict", "None"]), Refusal::Busy);
    assert_eq!(
        said(&["ThrottlingError", "None", "None", "ProvisionedThroughputExceeded"]),
        Refusal::Busy
    );
    for (code, kind) in [
        ("ItemCollectionSizeLimitExceeded", ErrorKind::Exhausted),
        ("ValidationError", ErrorKind::Invalid),
        ("Teapot", ErrorKind::Unexpected),
    ] {
        assert_eq!(said(&["TransactionConflict", code, "None", "None"]), Refusal::Other(kind));
    }
    assert_eq!(said(&[]), Refusal::Other(ErrorKind::Unexpected));
}

#[test]
fn every_name_in_an_expression_has_an_alias() {
    let operation = Operation::fresh().unwrap();
    let replacement = Replacement::of(&mark(9), &content(), &texts(&["a"]), operation);
    let words = [&replacement.update, &replacement.condition];
    let words = words
        .into_iter()
        .flat_map(|text| text.split([' ', ',', '.', '=']))
        .filter(|word| !word.is_empty());
    for word in words.filter(|word| !["SET", "REMOVE", "AND"].contains(word)) {
        let known = replacement.terms.names.contains_key(word)
            || replacement.terms.values.contains_key(word);
        assert!(known, "{word} in {replacement:?}");
    }
    let used = format!("{} {}", replacement.update, replacement.condition);
    for name in replacement.terms.names.keys().chain(replacement.terms.values.keys()) {
        assert!(used.contains(name.as_str()), "{name} is not used: DynamoDB refuses that");
    }
}
