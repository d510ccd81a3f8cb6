use refractory_core::model::{Purpose, Token};
use refractory_core::ports::Aggregate;
use refractory_core::{Timestamp, TokenId, UserId};

use super::*;
use crate::store::fixtures;

fn mark(id: &str) -> Record {
    fixtures::mark(id, 3)
}

fn item(id: &str) -> Item {
    Content::of(&mark(id)).unwrap().item(&mark(id), Operation::fresh().unwrap(), 7)
}

fn with(mut item: Item, name: &str, value: AttributeValue) -> Item {
    item.insert(name.to_owned(), value);
    item
}

fn without(mut item: Item, name: &str) -> Item {
    assert!(item.remove(name).is_some(), "{name}");
    item
}

#[test]
fn a_row_is_read_at_the_revision_of_its_attribute() {
    let item = with(item("a"), schema::REVISION, number(4));
    let row = read(Kind::Worker, &item).unwrap();
    assert_eq!((row.id(), row.revision()), ("a", 4));
    assert_eq!(change(&item), Some(Change { id: "a".to_owned(), revision: Some(4) }));
    let gone = deletion_key(Kind::Worker, "a");
    assert_eq!(change(&gone), Some(Change { id: "a".to_owned(), revision: None }));
}

#[test]
fn a_row_that_cannot_be_read_names_its_kind_and_id() {
    for (kind, item) in [
        (Kind::Worker, with(item("a"), schema::BODY, text("{\"worker\":{"))),
        (Kind::User, item("a")),
        (Kind::Worker, with(item("b"), schema::SORT_KEY, text("a"))),
        (Kind::Worker, with(item("a"), schema::FORMAT, number(3))),
        (Kind::Worker, with(item("a"), schema::REVISION, text("3"))),
        (Kind::Worker, without(item("a"), schema::FORMAT)),
        (Kind::Worker, without(item("a"), schema::BODY)),
        (Kind::Worker, without(item("a"), schema::REVISION)),
        (Kind::Worker, without(item("a"), schema::INDEX_SORT_KEY)),
    ] {
        let error = read(kind, &item).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Damaged);
        let sentence = error.for_people();
        assert!(sentence.contains(&format!("{} `a`", kind.name())), "{sentence}");
        let newer = item.get(schema::FORMAT) == Some(&number(3));
        assert_eq!(sentence.contains("newer version"), newer, "{sentence}");
    }
}

/// As a program of the version before wrote it, while or after the table was brought up to date.
#[test]
fn a_row_of_the_former_version_is_read() {
    let former = with(item("a"), schema::FORMAT, number(1));
    let former = with(without(former, schema::PLACES), schema::INDEX_SORT_KEY, text("a"));
    assert!(is_former(&former) && !is_former(&item("a")));
    assert_eq!(read(Kind::Worker, &former).unwrap(), mark("a"));
    let broken = with(former, schema::BODY, text("{"));
    let error = read(Kind::Worker, &broken).unwrap_err();
    let sentence = error.for_people();
    assert!(!sentence.contains("newer version"), "{sentence}");
}

#[test]
fn a_record_that_cannot_be_read_keeps_what_is_known_of_it() {
    let damaged = with(item("b"), schema::BODY, text("{\"worker\""));
    let error = read(Kind::Worker, &damaged).unwrap_err();
    let record = record(Kind::Worker, &damaged, &error);
    assert_eq!((record.id.as_str(), record.revision), ("b", 3));
    assert_eq!(record.text, "{\"worker\"");
    assert!(!record.reason.is_empty());
}

#[test]
fn places_are_in_the_order_of_sort_values_and_then_of_ids() {
    let place = |sort: &str, id: &str| {
        let place = IndexEntry(format!("event-by-time/\u{1}{sort}"));
        text_of(&place.key(id), schema::SORT_KEY).unwrap().to_owned()
    };
    let sorted =
        [place("", "b"), place("a", "a"), place("a", "b"), place("a-b", "a"), place("ab", "a")];
    assert!(sorted.is_sorted(), "{sorted:?}");
    let in_one = IndexEntry("event-by-instance/one\u{1}1".to_owned());
    let key = in_one.key("a");
    assert_eq!(text_of(&key, schema::PARTITION_KEY), Some("index/event-by-instance/one"));
    assert!(in_one.is_in(&place_partition("event-by-instance", "one")));
    assert!(!in_one.is_in(&place_partition("event-by-instance", "on")));
    assert_eq!(in_one.item("a", Some(7)).get(schema::TIME_TO_LIVE), Some(&number(7)));
}

#[test]
fn a_row_that_dynamodb_would_not_take_is_invalid() {
    let long = |length: usize| {
        use refractory_core::model::{Event, EventKind};
        let kind = EventKind::Recorded { name: "up".to_owned(), text: "x".repeat(length) };
        Event::by_system(Timestamp(1), kind).into_record()
    };
    assert!(Content::of(&long(400_000)).is_ok());
    let error = Content::of(&long(410_000)).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Invalid, false));
    assert!(error.for_people().contains("400 KB"), "{error:?}");
}

#[test]
fn only_rows_that_end_and_claim_nothing_are_left_to_dynamodb() {
    let token = |purpose| Token {
        id: TokenId::new("a").unwrap(),
        purpose,
        made: Timestamp(0),
        until: Timestamp(3_600_000),
        epoch: 0,
        revision: 1,
    };
    let ends = |row: Record| Content::of(&row).unwrap().ends;
    let user = UserId::new("ada").unwrap();
    let after_a_day = Some(3_600 + 24 * 3_600);
    assert_eq!(ends(token(Purpose::Session(user.clone())).into_record()), after_a_day);
    assert_eq!(ends(token(Purpose::SignIn(user)).into_record()), after_a_day);
    assert_eq!(ends(token(Purpose::Setup).into_record()), None, "its text would stay for ever");
    assert_eq!(ends(mark("a")), None);
}

#[test]
fn keys_of_texts_are_short_and_differ() {
    let long = |last: char| format!("{}{last}", "x".repeat(1_000));
    let digest = text_key(Kind::User, &long('a'));
    let short = text_of(&digest, schema::SORT_KEY).unwrap()[1..].to_owned();
    let texts = [String::new(), "a".to_owned(), "=a".to_owned(), short, long('a'), long('b')];
    let keys: BTreeSet<_> = texts
        .iter()
        .map(|text| text_of(&text_key(Kind::User, text), schema::SORT_KEY).unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), texts.len());
    assert!(keys.iter().all(|key| (1..=1024).contains(&key.len())), "{keys:?}");
    assert_ne!(text_key(Kind::User, "a"), text_key(Kind::License, "a"));
}
