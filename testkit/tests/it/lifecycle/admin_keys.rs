//! The administrator's password of a deleted table comes back with the next table of its name and owner.
use std::time::Duration;

use refractory_core::model::{Instance, NewInstance, Role, Slug};
use refractory_core::ports::{Observed, Vault};
use refractory_core::{Change, ErrorKind, InstanceId, SecretName, UserId, WorkerOptions};
use testkit::people::fresh_user;

use super::house::{House, op};

const LIFE: Duration = Duration::from_mins(2);

fn slug(name: &str) -> Slug {
    Slug::new(name).unwrap()
}

async fn create(house: &House, name: &str, owner: Option<&UserId>) -> Instance {
    let new = NewInstance::named(slug(name));
    let new = owner.map_or(new.clone(), |owner| new.owned_by(owner.clone()));
    house.app.create(&op(), new).await.unwrap()
}

/// Starts the table, so that it has a password, and returns what that is.
async fn password(house: &House, id: &InstanceId) -> String {
    house.start(id).await;
    house.run(&house.worker(), LIFE).await;
    let row = house.get(id).await.unwrap();
    assert!(house.is_on(id).await, "{row:?}");
    read(house, &row.admin_key.unwrap_or_else(|| own_secret(id))).await.unwrap()
}

/// The secret under the own name of a table.
fn own_secret(id: &InstanceId) -> SecretName {
    SecretName::new(&format!("admin-key.{id}")).unwrap()
}

async fn read(house: &House, name: &SecretName) -> Option<String> {
    match Vault::observe(&house.world, name).await.unwrap() {
        Observed::Ready(secret) => Some(secret.expose().to_owned()),
        Observed::Absent => None,
        Observed::Pending(_) | Observed::Broken(_) => unreachable!("{name} cannot be read"),
    }
}

async fn delete(house: &House, id: &InstanceId) {
    house.delete(id).await;
    house.run(&house.worker(), LIFE).await;
    assert!(house.get(id).await.is_none());
}

async fn kept(house: &House) -> Vec<String> {
    let page = house.app.retained_admin_keys(&op(), None).await.unwrap();
    page.records.iter().map(|kept| kept.slug.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_table_created_again_has_its_former_password() {
    let house = House::quiet(1).await;
    let first = create(&house, "friday", None).await.id;
    let before = password(&house, &first).await;
    delete(&house, &first).await;
    assert_eq!(kept(&house).await, ["friday"]);
    let again = create(&house, "friday", None).await.id;
    assert_eq!(kept(&house).await, [""; 0], "it was given to the new table");
    assert_eq!(password(&house, &again).await, before);
    // And once more, through the name of a secret that is not its own.
    delete(&house, &again).await;
    let third = create(&house, "friday", None).await.id;
    assert_eq!(password(&house, &third).await, before);
    delete(&house, &third).await;
    house.assert_tidy("created three times");
}

#[tokio::test(start_paused = true)]
async fn another_owner_or_another_name_gets_a_fresh_password() {
    let house = House::quiet(1).await;
    let jane = UserId::fresh();
    let first = create(&house, "friday", Some(&jane)).await.id;
    let before = password(&house, &first).await;
    delete(&house, &first).await;
    for (name, owner) in [("friday", None), ("saturday", Some(&jane))] {
        let other = create(&house, name, owner).await.id;
        assert_ne!(password(&house, &other).await, before, "{name} of {owner:?}");
        delete(&house, &other).await;
    }
    let hers = create(&house, "friday", Some(&jane)).await.id;
    assert_eq!(password(&house, &hers).await, before);
}

#[tokio::test(start_paused = true)]
async fn of_two_tables_deleted_under_one_name_the_later_password_is_kept() {
    let house = House::quiet(1).await;
    let first = create(&house, "friday", None).await.id;
    password(&house, &first).await;
    delete(&house, &first).await;
    // It has the name only at its end, so it did not get what is kept for it.
    let other = create(&house, "sunday", None).await.id;
    let later = password(&house, &other).await;
    let change = Change { slug: Some(slug("friday")), ..Change::default() };
    house.app.change(&op(), &other, change).await.unwrap();
    delete(&house, &other).await;
    assert_eq!(kept(&house).await, ["friday"]);
    assert_eq!(read(&house, &own_secret(&first)).await, None);
    let again = create(&house, "friday", None).await.id;
    assert_eq!(password(&house, &again).await, later);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_never_ran_leaves_nothing() {
    let house = House::quiet(1).await;
    let id = create(&house, "friday", None).await.id;
    delete(&house, &id).await;
    assert_eq!(kept(&house).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_password_is_deleted_when_its_time_is_over_or_when_it_is_purged() {
    let house = House::quiet(1).await;
    let retention = WorkerOptions::default().admin_key_retention;
    let first = create(&house, "friday", None).await.id;
    let before = password(&house, &first).await;
    delete(&house, &first).await;
    tokio::time::sleep(retention.saturating_sub(Duration::from_hours(1))).await;
    house.worker().sweep().await.unwrap();
    assert_eq!(read(&house, &own_secret(&first)).await.as_deref(), Some(&*before));
    tokio::time::sleep(Duration::from_hours(1)).await;
    // Over, although no sweep has come by yet.
    let again = create(&house, "friday", None).await;
    assert_eq!(again.admin_key, None);
    house.worker().sweep().await.unwrap();
    assert_eq!((kept(&house).await, read(&house, &own_secret(&first)).await), (vec![], None));
    password(&house, &again.id).await;
    delete(&house, &again.id).await;
    house.app.purge_admin_key(&op(), &slug("friday"), None).await.unwrap();
    assert_eq!((kept(&house).await, read(&house, &own_secret(&again.id)).await), (vec![], None));
    let error = house.app.purge_admin_key(&op(), &slug("friday"), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn without_retention_the_password_goes_with_the_table() {
    let house = House::keeping_no_admin_keys().await;
    let id = create(&house, "friday", None).await.id;
    password(&house, &id).await;
    delete(&house, &id).await;
    assert_eq!(kept(&house).await, [""; 0]);
    assert_eq!(read(&house, &own_secret(&id)).await, None);
}

#[tokio::test(start_paused = true)]
async fn only_its_owner_and_administrators_purge_a_password_and_only_administrators_list_them() {
    let house = House::quiet(1).await;
    let her = fresh_user(&house.app, "jane", Role::GameMaster).await;
    let id = create(&house, "friday", None).await.id;
    password(&house, &id).await;
    delete(&house, &id).await;
    let refused = house.app.purge_admin_key(&her, &slug("friday"), None).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound, "what is another's is none");
    let refused = house.app.retained_admin_keys(&her, None).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
    assert_eq!(kept(&house).await, ["friday"]);
}
