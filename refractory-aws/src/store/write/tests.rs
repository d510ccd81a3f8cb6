use refractory_core::model::{
    Actor, Event, EventKind, Instance, License, Named, NewInstance, Power, Purpose, Token,
};
use refractory_core::ports::{Aggregate, MAX_WRITES};
use refractory_core::{InstanceId, LicenseId, Timestamp, TokenId, UserId};

use super::*;
use crate::store::fixtures;

fn mark(revision: u64) -> Record {
    fixtures::mark("a", revision)
}

fn content() -> Content {
    Content::of(&mark(1)).unwrap()
}

fn claims(texts: &[&str]) -> Claims {
    let texts = texts.iter().map(|&text| text.to_owned()).collect();
    Claims { texts, ..Claims::default() }
}

fn planned(write: &Write, had: Claims) -> PlannedWrite<'_> {
    PlannedWrite { write, had, stamp: 7 }
}

fn had_of(write: &Write) -> Claims {
    match write {
        Write::Insert(_) => Claims::default(),
        Write::Save(row) | Write::Delete(row) => Claims::of(row),
    }
}

fn batch(writes: &[Write]) -> Result<Batch> {
    let planned: Vec<_> = writes.iter().map(|write| planned(write, had_of(write))).collect();
    Batch::of("table", &planned, Operation::fresh()?)
}

fn instance(name: &str, slug: &str) -> Instance {
    let new = NewInstance::named(slug.parse().unwrap());
    let mut instance = Instance::new(InstanceId::new(name).unwrap(), new, Timestamp(1));
    instance.owner = Some(UserId::new("owner").unwrap());
    instance.desired.power = Power::On;
    instance.revision = 1;
    instance
}

fn event(at: usize) -> Write {
    let instance = Some(Named::new(InstanceId::new("a").unwrap(), ""));
    let actor = Actor { user: Some(UserId::new("owner").unwrap()), name: String::new() };
    let event = Event::by_system(Timestamp(1), EventKind::InstanceStarted);
    let event = Event { instance, actor, ..event };
    let id = refractory_core::EventId::new(&format!("e{at}")).unwrap();
    Write::Insert(Event { id, ..event }.into_record())
}

/// The items that a batch writes, each as its table's keys.
fn keys(batch: &Batch) -> Vec<(String, String)> {
    let key = |item: &Item| {
        let of = |name| item::text_of(item, name).unwrap().to_owned();
        (of(schema::PARTITION_KEY), of(schema::SORT_KEY))
    };
    let part = |part: &TransactWriteItem| {
        let put = part.put().map(|it| key(it.item()));
        let update = part.update().map(|it| key(it.key()));
        put.or(update).or(part.delete().map(|it| key(it.key()))).unwrap()
    };
    batch.parts.iter().map(part).collect()
}

#[test]
fn a_row_remembers_eight_writes_and_forgets_the_ninth() {
    let operation = Operation::fresh().unwrap();
    let past = |revision| {
        let had = Claims::default();
        let replacement = Replacement::of(&mark(revision), &content(), &had, operation, 7);
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
        let mut item = content().item(&mark(revision), operation, 7);
        item.insert(schema::TEXTS.to_owned(), item::listed(&claims(&["slug:a"]).texts));
        item
    };
    assert_eq!(current_row(None, 3, mine), CurrentRow::Gone);
    assert_eq!(current_row(Some(&at(4, mine)), 3, mine), CurrentRow::Itself);
    assert_eq!(current_row(Some(&at(4, other)), 3, mine), CurrentRow::Moved);
    assert_eq!(current_row(Some(&at(3, other)), 3, mine), CurrentRow::Claims(claims(&["slug:a"])));
    assert_eq!(
        current_row(Some(&Item::new()), 3, mine),
        CurrentRow::Moved,
        "a row without a revision"
    );
    // Written by this one, and then by others.
    let mut later = at(6, other);
    let all = HashMap::from([("4".to_owned(), mine.value()), ("6".to_owned(), other.value())]);
    later.insert(schema::OPERATIONS.to_owned(), AttributeValue::M(all));
    assert_eq!(current_row(Some(&later), 3, mine), CurrentRow::Itself);
    assert_eq!(current_row(Some(&later), 4, mine), CurrentRow::Moved);
}

fn reasons(codes: &[&str]) -> Vec<CancellationReason> {
    codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect()
}

#[test]
fn reasons_of_a_cancelled_transaction_stand_in_the_order_of_its_writes() {
    let license = License {
        id: LicenseId::new("a").unwrap(),
        name: "b".to_owned(),
        masked: String::new(),
        fingerprint: "b".to_owned(),
        eula: None,
        lease: None,
        reserved: None,
        fence: 0,
        added: Timestamp(1),
        revision: 1,
    };
    let write = Write::Save(license.into_record());
    let planned = [planned(&write, claims(&["name:a"]))];
    let batch = Batch::of("table", &planned, Operation::fresh().unwrap()).unwrap();
    assert_eq!(batch.parts().len(), 4, "the row, one text released, two claimed");
    let said = |codes: &[&str]| batch.refusal(&reasons(codes));
    let failed = "ConditionalCheckFailed";
    let row = Refusal::Rows(vec![(0, None)]);
    assert_eq!(said(&[failed, "None", "None", "None"]), row);
    assert_eq!(said(&[failed, "None", failed, "TransactionConflict"]), row);
    let text = Refusal::Text(0, "name:b".to_owned());
    assert_eq!(said(&["None", "None", "None", failed]), text);
    assert_eq!(said(&["TransactionConflict", "None", "None", failed]), text);
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
    let replacement = Replacement::of(&mark(9), &content(), &claims(&["a"]), operation, 7);
    let words = [&replacement.update, &replacement.condition];
    let words = words
        .into_iter()
        .flat_map(|text| text.split([' ', ',', '.', '=', '(', ')']))
        .filter(|word| !word.is_empty());
    for word in
        words.filter(|word| !["SET", "REMOVE", "AND", "OR", "attribute_not_exists"].contains(word))
    {
        let known = replacement.terms.names.contains_key(word)
            || replacement.terms.values.contains_key(word);
        assert!(known, "{word} in {replacement:?}");
    }
    let used = format!("{} {}", replacement.update, replacement.condition);
    for name in replacement.terms.names.keys().chain(replacement.terms.values.keys()) {
        assert!(used.contains(name.as_str()), "{name} is not used: DynamoDB refuses that");
    }
}

/// DynamoDB refuses a transaction of more than a hundred items, and one that names an item twice.
#[test]
fn a_commit_fits_into_one_transaction() {
    let events = |count: usize| (0..count).map(event);
    let full: Vec<_> = events(MAX_WRITES).collect();
    assert_eq!(batch(&full).unwrap().parts().len(), 4 * MAX_WRITES);
    // A renamed instance: itself, two keys, and four places in indexes, each old and new.
    let renamed = |at: usize| {
        let row = |slug: String| instance(&format!("i{at}"), &slug);
        let had = Claims::of(&row(format!("old{at}")).into_record());
        (Write::Save(row(format!("new{at}")).into_record()), had)
    };
    for (count, others) in [(1, MAX_WRITES - 1), (6, MAX_WRITES - 6), (MAX_WRITES, 0)] {
        let renamed: Vec<_> = (0..count).map(renamed).collect();
        let events: Vec<_> = events(others).collect();
        let saves = renamed.iter().map(|(write, had)| planned(write, had.clone()));
        let all: Vec<_> = saves.chain(events.iter().map(|it| planned(it, had_of(it)))).collect();
        let batch = Batch::of("table", &all, Operation::fresh().unwrap());
        let items = count * 11 + others * 4;
        match batch {
            Ok(batch) => {
                assert_eq!(batch.parts().len(), items);
                let mut keys = keys(&batch);
                keys.sort();
                keys.dedup();
                assert_eq!(keys.len(), items, "no item twice");
            }
            Err(error) => {
                assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Invalid, false));
                assert!(items > 100 && error.for_people().contains("several commits"), "{error}");
            }
        }
    }
}

#[test]
fn a_key_that_is_handed_over_is_written_once() {
    let (one, two) = (instance("a", "friday"), instance("b", "sunday"));
    let swapped = |row: &Instance, slug: &str| {
        Write::Save(Instance { slug: slug.parse().unwrap(), ..row.clone() }.into_record())
    };
    let writes = [swapped(&one, "sunday"), swapped(&two, "friday")];
    let had = [&one, &two].map(|row| Claims::of(&row.clone().into_record()));
    let all: Vec<_> = writes.iter().zip(had).map(|(write, had)| planned(write, had)).collect();
    let batch = Batch::of("table", &all, Operation::fresh().unwrap()).unwrap();
    let keys = keys(&batch);
    let texts: Vec<_> = keys.iter().filter(|(of, _)| of == "text/instance").collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    let twice =
        [Write::Insert(one.into_record()), Write::Insert(instance("c", "friday").into_record())];
    assert_eq!(self::batch(&twice).unwrap_err().kind(), ErrorKind::Conflict);
}

/// A deletion is noted, and the note goes with the next record of the same id.
#[test]
fn deletions_are_noted_of_kinds_that_tell_of_them() {
    let notes = |write: Write| {
        let keys = keys(&batch(&[write]).unwrap());
        keys.into_iter().filter(|(_, sort)| sort.starts_with('~')).count()
    };
    let row = || instance("a", "friday").into_record();
    assert_eq!(notes(Write::Delete(row())), 1);
    assert_eq!(notes(Write::Insert(row())), 1);
    assert_eq!(notes(Write::Save(row())), 0);
    assert_eq!(notes(Write::Delete(mark(1))), 0);
    assert_eq!(notes(event(1)), 0);
}

/// A record with a time to live has index entries that end with it.
#[test]
fn places_end_with_their_record() {
    let token = |purpose| {
        let until = Timestamp(3_600_000);
        let id = TokenId::new("a").unwrap();
        Token { id, purpose, made: Timestamp(0), until, epoch: 0, revision: 1 }.into_record()
    };
    let ends = |batch: &Batch| {
        let puts = batch.parts.iter().filter_map(|part| part.put().map(Put::item));
        let places = puts.filter(|item| {
            item::text_of(item, schema::PARTITION_KEY).unwrap().starts_with("index/")
        });
        places.map(|item| item.get(schema::TIME_TO_LIVE).cloned()).collect::<Vec<_>>()
    };
    let session = || token(Purpose::Session(UserId::new("ada").unwrap()));
    let at = Some(number(3_600 + 24 * 3_600));
    let all = ends(&batch(&[Write::Insert(session())]).unwrap());
    assert!(all.len() > 1 && all.iter().all(|it| *it == at), "{all:?}");
    let setup = ends(&batch(&[Write::Insert(token(Purpose::Setup))]).unwrap());
    assert!(setup.iter().all(Option::is_none), "{setup:?}");
    let write = Write::Save(token(Purpose::Setup));
    let turned = [planned(&write, Claims::of(&session()))];
    let turned = Batch::of("table", &turned, Operation::fresh().unwrap()).unwrap();
    assert_eq!(ends(&turned), setup, "a place that stays has another end");
    let Record::Token(longer) = session() else { panic!("a token") };
    let longer = Token { until: Timestamp(7_200_000), ..*longer };
    let write = Write::Save(longer.into_record());
    let longer = [planned(&write, Claims::of(&session()))];
    let longer = Batch::of("table", &longer, Operation::fresh().unwrap()).unwrap();
    let at = Some(number(7_200 + 24 * 3_600));
    let moved = ends(&longer);
    assert!(moved.len() == all.len() && moved.iter().all(|it| *it == at), "{moved:?}");
    assert_eq!(ends(&batch(&[event(1)]).unwrap()), [None, None, None]);
}
