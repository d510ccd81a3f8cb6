//! Texts that no two rows of a kind may have.
use refractory_core::ErrorKind;
use refractory_core::model::{Event, Instance, License, Purpose, Slug, Token, User};
use refractory_core::ports::{Collection, Kind, Store, UniqueKey};

use super::support::{expect_error, written};
use crate::conformance::sample;

async fn named(store: &dyn Store, slug: &str) -> Option<Instance> {
    Collection::of(store).find(&UniqueKey::slug(slug)).await.expect("a search")
}

fn renamed(row: &Instance, slug: &str) -> Instance {
    Instance { slug: Slug::new(slug).expect("a slug"), ..row.clone() }
}

/// A text that is taken is refused, on insert and on save.
pub async fn a_taken_text_conflicts(store: &dyn Store) {
    let first = written(store, "a", "friday").await;
    let outcome = Collection::of(store).insert(&sample::bare("b", "friday")).await;
    assert_eq!(expect_error(outcome, "the slug was taken"), ErrorKind::Conflict);
    let other = written(store, "b", "sunday").await;
    let outcome = Collection::of(store).save(&renamed(&other, "friday")).await;
    assert_eq!(expect_error(outcome, "the slug was taken"), ErrorKind::Conflict);
    assert_eq!(named(store, "friday").await, Some(first));
}

/// An insert that is refused for one of its texts adds no row and claims none of the others.
pub async fn a_failed_insert_claims_nothing(store: &dyn Store) {
    let table = Collection::<License>::of(store);
    let held = sample::license("a", "one");
    table.insert(&held).await.expect("an insert");
    let fresh = sample::license("b", "two");
    let clash = License { fingerprint: held.fingerprint, ..fresh.clone() };
    assert_eq!(expect_error(table.insert(&clash).await, "the key was taken"), ErrorKind::Conflict);
    assert_eq!(table.load("b").await.expect("a load"), None, "a half-written row");
    table.insert(&fresh).await.expect("an insert of texts that nobody has");
}

/// A save that is refused for one of its texts changes neither the row nor any of its texts.
pub async fn a_failed_save_changes_nothing(store: &dyn Store) {
    let table = Collection::<License>::of(store);
    let first = table.insert(&sample::license("a", "one")).await.expect("an insert");
    let second = table.insert(&sample::license("b", "two")).await.expect("an insert");
    let clash = License {
        name: "fresh".to_owned(),
        fingerprint: first.fingerprint.clone(),
        ..second.clone()
    };
    assert_eq!(expect_error(table.save(&clash).await, "the key was taken"), ErrorKind::Conflict);
    assert_eq!(table.load("b").await.expect("a load"), Some(second.clone()), "the row");
    let by_name = table.find(&UniqueKey::license(&second.name)).await.expect("a search");
    assert_eq!(by_name, Some(second.clone()), "its name");
    assert_eq!(
        table.find(&UniqueKey::license("fresh")).await.expect("a search"),
        None,
        "the name it did not get"
    );
    table.save(&second).await.expect("a save at the revision that still stands");
}

/// A row is found by each of its texts, whatever characters they have.
pub async fn rows_are_found_by_their_texts(store: &dyn Store) {
    for kind in Kind::ALL {
        let row = store.insert(&sample::full(kind)).await.expect("an insert");
        for unique in row.unique() {
            let found = store.find(&unique).await.expect("a search");
            assert_eq!(found.as_ref(), Some(&row), "{unique:?}");
        }
    }
}

/// A new text is claimed and the old one released with the write that changes it.
pub async fn a_renamed_row_claims_and_releases(store: &dyn Store) {
    let row = written(store, "a", "friday").await;
    let row = Collection::of(store).save(&renamed(&row, "sunday")).await.expect("a save");
    assert_eq!(named(store, "friday").await, None, "the old slug finds it still");
    assert_eq!(named(store, "sunday").await, Some(row), "the new slug");
    written(store, "b", "friday").await;
    let outcome = Collection::of(store).insert(&sample::bare("c", "sunday")).await;
    assert_eq!(expect_error(outcome, "the slug was taken"), ErrorKind::Conflict);
}

/// A row is not in its own way: it may be saved with the texts it has.
pub async fn a_row_keeps_its_own_texts(store: &dyn Store) {
    let table = Collection::<License>::of(store);
    let row = table.insert(&sample::license("a", "one")).await.expect("an insert");
    let row = table.save(&License { fence: 13, ..row }).await.expect("a save");
    let row = table.save(&License { lease: None, ..row }).await.expect("a save without a lease");
    assert_eq!(
        table.find(&UniqueKey::stored(Kind::License, "holder:one")).await.expect("a search"),
        None,
        "the lease"
    );
    let kept = table.find(&UniqueKey::fingerprint(&row.fingerprint)).await.expect("a search");
    assert_eq!(kept, Some(row), "the key");
}

/// The texts of a deleted row are free.
pub async fn a_deleted_row_releases_its_texts(store: &dyn Store) {
    let row = written(store, "a", "friday").await;
    Collection::of(store).delete(&row).await.expect("a delete");
    let other = written(store, "b", "friday").await;
    assert_eq!(named(store, "friday").await, Some(other));
}

/// A text may be had once in each kind.
pub async fn texts_are_per_kind(store: &dyn Store) {
    let user = sample::user("ada");
    let license = License { name: "ada".to_owned(), ..sample::license("a", "one") };
    let license = Collection::of(store).insert(&license).await.expect("an insert");
    let user = Collection::of(store).insert(&user).await.expect("an insert into another kind");
    assert_eq!(
        Collection::<User>::of(store)
            .find(&UniqueKey::stored(Kind::User, "name:ada"))
            .await
            .expect("a search"),
        Some(user)
    );
    let found =
        Collection::<License>::of(store).find(&UniqueKey::license("ada")).await.expect("a search");
    assert_eq!(found, Some(license));
}

/// Rows that claim no text are never in each other's way.
pub async fn rows_without_texts_do_not_collide(store: &dyn Store) {
    for name in ["a", "b", "c"] {
        Collection::<Event>::of(store).insert(&sample::event(name)).await.expect("an insert");
        let session = sample::token(name, Purpose::Session(sample::user("ada").id));
        Collection::<Token>::of(store).insert(&session).await.expect("an insert");
    }
    let link = sample::token("d", Purpose::Setup);
    Collection::<Token>::of(store).insert(&link).await.expect("an insert");
    let outcome = Collection::<Token>::of(store).insert(&sample::token("e", Purpose::Setup)).await;
    assert_eq!(expect_error(outcome, "there is a setup link"), ErrorKind::Conflict);
}
