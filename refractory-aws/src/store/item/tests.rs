use refractory_core::model::{Purpose, Token, WorkerMark};
use refractory_core::ports::Aggregate;
use refractory_core::{Timestamp, TokenId, UserId, WorkerId};

use super::*;

fn mark(id: &str) -> Body {
    let id = WorkerId::new(id).unwrap();
    WorkerMark { id, born: Timestamp(1), seen: Timestamp(2), unlisted: Vec::new(), revision: 3 }
        .into_body()
}

fn item(id: &str) -> Item {
    Content::of(&mark(id)).unwrap().item(&mark(id), Operation::fresh().unwrap())
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
    assert_eq!(head(&item), Some(Head { id: "a".to_owned(), revision: 4 }));
}

#[test]
fn a_row_that_cannot_be_read_names_its_kind_and_id() {
    for (kind, item) in [
        (Kind::Worker, with(item("a"), schema::BODY, text("{\"worker\":{"))),
        (Kind::User, item("a")),
        (Kind::Worker, with(item("b"), schema::SORT_KEY, text("a"))),
        (Kind::Worker, with(item("a"), schema::FORMAT, number(2))),
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
        let newer = item.get(schema::FORMAT) == Some(&number(2));
        assert_eq!(sentence.contains("newer version"), newer, "{sentence}");
    }
}

#[test]
fn a_list_with_damaged_rows_has_the_others_and_tells_of_each_that_is_damaged() {
    let damaged = |id| with(item(id), schema::BODY, text(""));
    let items = [item("a"), damaged("b"), item("c"), damaged("d")];
    let all = read_all(Kind::Worker, &items);
    assert_eq!(all.rows.iter().map(Body::id).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(all.damaged.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["b", "d"]);
    assert!(!all.damaged[0].reason.is_empty());
}

#[test]
fn a_row_that_dynamodb_would_not_take_is_invalid() {
    let long = |length: usize| {
        use refractory_core::model::{Event, EventKind};
        Event::by_system(Timestamp(1), EventKind::Up, None, "x".repeat(length)).into_body()
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
    let ends = |row: Body| Content::of(&row).unwrap().ends;
    let user = UserId::new("ada").unwrap();
    let after_a_day = Some(3_600 + 24 * 3_600);
    assert_eq!(ends(token(Purpose::Session(user.clone())).into_body()), after_a_day);
    assert_eq!(ends(token(Purpose::SignIn(user)).into_body()), after_a_day);
    assert_eq!(ends(token(Purpose::Setup).into_body()), None, "its text would stay for ever");
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
