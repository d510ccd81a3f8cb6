//! Several writes that are made together.
use refractory_core::ErrorKind;
use refractory_core::model::{Event, Instance, Slug};
use refractory_core::ports::{
    Aggregate, Collection, Commit, Kind, MAX_WRITES, Store, UniqueKey, Write,
};

use super::support::{expect_error, heads, list, written};
use crate::conformance::concurrency::{POLLS, poll_then_drop};
use crate::conformance::sample;

fn renamed(row: &Instance, slug: &str) -> Instance {
    Instance { slug: Slug::new(slug).expect("a slug"), ..row.clone() }
}

/// A record and the events that it causes are there together, each as it would be alone.
pub async fn a_record_is_committed_with_its_events(store: &dyn Store) {
    let row = written(store, "a", "friday").await;
    let events = [sample::event("one"), sample::event("two")];
    let commit = Commit::save(&renamed(&row, "sunday")).events(events.clone());
    let back = store.commit(commit.writes()).await.expect("a commit");
    let expected = [
        Instance { revision: 2, ..renamed(&row, "sunday") }.into_record(),
        Event { revision: 1, ..events[0].clone() }.into_record(),
        Event { revision: 1, ..events[1].clone() }.into_record(),
    ];
    assert_eq!(back, expected, "the answer of commit");
    for record in expected {
        assert_eq!(store.load(record.kind(), record.id()).await.expect("a load"), Some(record));
    }
    let gone = Commit::delete(&Instance { revision: 2, ..renamed(&row, "sunday") });
    store.commit(gone.event(sample::event("three")).writes()).await.expect("a commit");
    assert_eq!(list(store, Kind::Instance).await, Vec::new());
    assert_eq!(list(store, Kind::Event).await.len(), 3);
}

/// Whichever of its writes is refused, nothing of a commit is made.
pub async fn a_commit_is_made_whole_or_not_at_all(store: &dyn Store) {
    let row = written(store, "a", "friday").await;
    written(store, "b", "sunday").await;
    let kept = Collection::of(store).insert(&sample::event("kept")).await.expect("an insert");
    let stale = Instance { revision: 9, ..row.clone() };
    let absent = Instance { revision: 1, ..sample::bare("c", "monday") };
    let good = || Commit::save(&renamed(&row, "tuesday")).event(sample::event("new"));
    for (what, commit, kind) in [
        ("an id", good().event(sample::event("kept")), ErrorKind::Conflict),
        ("a key", good().and(Commit::insert(&sample::bare("d", "sunday"))), ErrorKind::Conflict),
        ("a revision", Commit::save(&stale).event(sample::event("new")), ErrorKind::Conflict),
        ("a delete", good().and(Commit::delete(&absent)), ErrorKind::NotFound),
        ("a save", good().and(Commit::save(&absent)), ErrorKind::NotFound),
        (
            "its own key",
            Commit::insert(&sample::bare("d", "one"))
                .and(Commit::insert(&sample::bare("e", "one"))),
            ErrorKind::Conflict,
        ),
    ] {
        let outcome = store.commit(commit.writes()).await;
        assert_eq!(expect_error(outcome, what), kind, "{what}");
        assert_eq!(
            Collection::of(store).load("a").await.expect("a load"),
            Some(row.clone()),
            "{what}"
        );
        assert_eq!(list(store, Kind::Event).await, [kept.clone().into_record()], "{what}");
        let free = store.find(&UniqueKey::slug("tuesday")).await.expect("a search");
        assert_eq!(free, None, "{what}");
        let known = [("a".to_owned(), 1), ("b".to_owned(), 1)];
        assert_eq!(heads(store, Kind::Instance).await, known, "{what}");
    }
    store.commit(good().writes()).await.expect("what was not refused");
}

/// Two records may give a key to each other, in whichever order they are named.
pub async fn a_key_goes_from_one_record_to_another_in_one_commit(store: &dyn Store) {
    let (mut one, mut two) =
        (written(store, "a", "friday").await, written(store, "b", "sunday").await);
    for _ in 0..2 {
        let swap = Commit::save(&renamed(&one, two.slug.as_str()))
            .and(Commit::save(&renamed(&two, one.slug.as_str())));
        store.commit(swap.writes()).await.expect("a commit");
        for (id, slug) in [("a", &two.slug), ("b", &one.slug)] {
            let found = store.find(&UniqueKey::slug(slug.as_str())).await.expect("a search");
            assert_eq!(found.expect("a record").id(), id);
        }
        one = Collection::of(store).load("a").await.expect("a load").expect("the record");
        two = Collection::of(store).load("b").await.expect("a load").expect("the record");
    }
    let handed = Commit::delete(&one).and(Commit::insert(&sample::bare("c", one.slug.as_str())));
    store.commit(handed.writes()).await.expect("a commit");
    let found = store.find(&UniqueKey::slug(one.slug.as_str())).await.expect("a search");
    assert_eq!(found.expect("a record").id(), "c");
}

/// What one commit does to a record is one write.
pub async fn a_commit_of_two_writes_of_one_record_is_refused(store: &dyn Store) {
    let row = written(store, "a", "friday").await;
    for other in [Write::Save(row.clone().into_record()), Write::Delete(row.clone().into_record())]
    {
        let writes = [Write::Save(renamed(&row, "sunday").into_record()), other];
        let outcome = store.commit(&writes).await;
        assert_eq!(expect_error(outcome, "two writes of one record"), ErrorKind::Invalid);
    }
    assert_eq!(Collection::of(store).load("a").await.expect("a load"), Some(row));
}

/// A commit has room for so many writes, and no more.
pub async fn too_many_writes_are_refused(store: &dyn Store) {
    let events = |count: usize| -> Vec<Write> {
        let event = |at: usize| Write::Insert(sample::event(&format!("{at:02}")).into_record());
        (0..count).map(event).collect()
    };
    let outcome = store.commit(&events(MAX_WRITES + 1)).await;
    assert_eq!(expect_error(outcome, "too many writes"), ErrorKind::Invalid);
    assert_eq!(list(store, Kind::Event).await, Vec::new());
    store.commit(&events(MAX_WRITES)).await.expect("as many as there may be");
    assert_eq!(list(store, Kind::Event).await.len(), MAX_WRITES);
    assert_eq!(store.commit(&[]).await.expect("a commit of nothing"), Vec::new());
}

/// A commit broken off at any moment was made whole or not at all, and can then be made.
pub async fn a_dropped_commit_can_be_repeated(store: &dyn Store) {
    let mut row = written(store, "a", "before").await;
    for polls in 1..POLLS {
        let next = renamed(&row, &format!("s{polls}"));
        let id = format!("e{polls}");
        let commit = Commit::save(&next).event(sample::event(&id));
        poll_then_drop(store.commit(commit.writes()), polls).await;
        let stored: Instance =
            Collection::of(store).load("a").await.expect("a load").expect("the record");
        if stored.revision == row.revision
            && let Err(error) = store.commit(commit.writes()).await
        {
            // It had its effect late.
            assert_eq!(error.kind(), ErrorKind::Conflict, "after {polls} polls: {error:?}");
        }
        row = Collection::of(store).load("a").await.expect("a load").expect("the record");
        assert_eq!(row.slug, next.slug, "after {polls} polls");
        let event = store.load(Kind::Event, &id).await.expect("a load");
        assert!(event.is_some(), "the event is missing after {polls} polls");
    }
}
