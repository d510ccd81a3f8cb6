use super::*;
use crate::MemoryStore;
use crate::model::{Event, EventKind};

fn id(raw: &str) -> DeploymentId {
    DeploymentId::new(raw).unwrap()
}

async fn judged(store: &MemoryStore, own: &str, used: bool) -> Pairing {
    pair(store, &id(own), async || Ok(used), Timestamp(1)).await.unwrap()
}

async fn marks(store: &dyn Store) -> Vec<String> {
    store.ids_of(Kind::Deployment).await.unwrap()
}

async fn used() -> MemoryStore {
    let store = MemoryStore::default();
    let event = Event::by_system(Timestamp(1), EventKind::InstanceStarted);
    Collection::of(&store).insert(&event).await.unwrap();
    store
}

#[tokio::test]
async fn a_first_start_marks_the_store_and_every_later_one_finds_the_mark() {
    let store = MemoryStore::default();
    assert_eq!(judged(&store, "ours", false).await, Pairing::Same);
    assert_eq!(judged(&store, "ours", true).await, Pairing::Same);
    assert_eq!(marks(&store).await.len(), 1);
}

#[tokio::test]
async fn a_store_of_an_older_version_is_marked_beside_a_folder_that_was_used() {
    let store = used().await;
    assert_eq!(judged(&store, "ours", true).await, Pairing::Same);
    assert_eq!(marks(&store).await, ["ours"]);
}

#[tokio::test]
async fn an_empty_store_beside_a_folder_that_was_used_is_not_marked() {
    let store = MemoryStore::default();
    assert_eq!(judged(&store, "ours", true).await, Pairing::Emptied);
    assert!(marks(&store).await.is_empty());
}

#[tokio::test]
async fn the_store_of_another_deployment_is_told_whatever_lies_beside_it() {
    let store = MemoryStore::default();
    assert_eq!(judged(&store, "theirs", false).await, Pairing::Same);
    for used in [false, true] {
        assert_eq!(judged(&store, "ours", used).await, Pairing::Foreign("theirs".to_owned()));
    }
    assert_eq!(marks(&store).await.len(), 1);
}

#[tokio::test]
async fn of_two_that_mark_one_store_at_once_one_gives_way() {
    let store = MemoryStore::default();
    let (mark, ours) = (DeploymentMark { id: id("a"), marked: Timestamp(1), revision: 0 }, id("b"));
    // As if it had come in between the look and the mark.
    let late = pair(
        &store,
        &ours,
        async || {
            Collection::of(&store).insert(&mark).await?;
            Ok(false)
        },
        Timestamp(1),
    );
    assert_eq!(late.await.unwrap(), Pairing::Foreign("a".to_owned()));
    assert_eq!(marks(&store).await, ["a"]);
}

#[tokio::test]
async fn of_two_that_open_a_new_deployment_at_once_neither_takes_it_for_an_emptied_one() {
    let (store, ours) = (MemoryStore::default(), id("ours"));
    // Another process has marked the store and made its key since the first look.
    let late = pair(
        &store,
        &ours,
        async || {
            assert_eq!(judged(&store, "ours", false).await, Pairing::Same);
            Ok(true)
        },
        Timestamp(1),
    );
    assert_eq!(late.await.unwrap(), Pairing::Same);
}
