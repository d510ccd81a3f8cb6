//! What the audit trail says about people, and what ends when an account is changed.
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use refractory_core::model::{
    Event, EventKind, Instance, Named, NewInstance, PasswordHash, Principal, Role, Slug, Step, User,
};
use refractory_core::ports::{Collection, Store};
use refractory_core::{Cause, Code, EventFilter, MintedToken, Refractory, Timestamp, UserId};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::streams::until;
use super::support::{Browser, DeafStore, Place};

pub(super) async fn user(place: &Place, name: &str) -> User {
    place.refractory.find_user(&Principal::operator(), name).await.unwrap()
}

async fn link(refractory: &Refractory, user: &User) -> MintedToken {
    refractory.sign_in_link(&Principal::operator(), &user.id).await.unwrap()
}

async fn follow(place: &Place, link: &MintedToken) -> super::support::Answer {
    let mut browser = place.browser();
    browser.get(&format!("/sign-in/link?token={}", link.secret.expose())).await;
    browser.submit("/sign-in/link", "/sign-in/link", &[]).await
}

#[tokio::test]
async fn what_signs_an_account_out_makes_its_links_void_too() {
    let place = Place::open().await;
    place.account("root", Role::Admin).await;
    let operator = Principal::operator();
    for (at, what) in ["password", "everywhere", "role"].into_iter().enumerate() {
        let name = format!("user{at}");
        place.account(&name, Role::Player).await;
        let one = user(&place, &name).await;
        let before = link(&place.refractory, &one).await;
        let unused = link(&place.refractory, &one).await;
        assert_eq!(follow(&place, &before).await.status, StatusCode::SEE_OTHER, "{what}");
        let changed = match what {
            "password" => {
                let hash = PasswordHash("plain:another one".into());
                place.refractory.set_password(&operator, &one.id, hash).await
            }
            "everywhere" => place.refractory.sign_out_everywhere(&operator, &one.id).await,
            _ => place.refractory.set_role(&operator, &one.id, Role::GameMaster).await,
        };
        changed.unwrap();
        let refused = follow(&place, &unused).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{what}");
        let fresh = link(&place.refractory, &one).await;
        assert_eq!(follow(&place, &fresh).await.status, StatusCode::SEE_OTHER, "{what}");
    }
    place.account("gone", Role::Player).await;
    let gone = user(&place, "gone").await;
    let unused = link(&place.refractory, &gone).await;
    place.refractory.remove_user(&operator, &gone.id).await.unwrap();
    assert_eq!(follow(&place, &unused).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_administrator_signs_another_account_out_everywhere() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let csrf = anna.get("/api/v1/session").await.json()["csrf"].as_str().unwrap().to_owned();
    let mut gil = place.signed_in("gil", Role::GameMaster).await;
    for way in ["page", "program"] {
        let mut bert = place.browser();
        if way == "page" {
            place.account("bert", Role::Player).await;
        }
        bert.submit("/sign-in", "/sign-in", &[("name", "bert"), ("password", "correct horse")])
            .await;
        assert_eq!(bert.get("/").await.status, StatusCode::OK);
        let unused = link(&place.refractory, &user(&place, "bert").await).await;
        let forbidden = gil.submit("/", "/people/bert/sign-out", &[]).await;
        assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
        assert_eq!(bert.get("/").await.status, StatusCode::OK, "a game master ends nothing");
        if way == "page" {
            let people = anna.get("/people").await.text;
            assert!(people.contains("action=\"/people/bert/sign-out\""), "{people}");
            assert!(!people.contains("action=\"/people/anna/sign-out\""), "not oneself");
            let page = anna.submit_and_follow("/people", "/people/bert/sign-out", &[]).await;
            assert!(page.text.contains("bert is signed out everywhere."), "{}", page.text);
        } else {
            anna.headers.insert("x-csrf-token", csrf.parse().unwrap());
            let done = anna.json(Method::POST, "/api/v1/users/bert/sign-out", None).await;
            assert_eq!((done.status, &done.json()["name"]), (StatusCode::OK, &json!("bert")));
            let none = anna.json(Method::POST, "/api/v1/users/nobody/sign-out", None).await;
            assert_eq!(none.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(bert.get("/").await.to(), "/sign-in", "{way}");
        assert_eq!(follow(&place, &unused).await.status, StatusCode::FORBIDDEN, "{way}");
        let newest = anna.get("/api/v1/events?limit=10").await.json();
        let told = newest["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|event| event["kind"] == "signed-out-everywhere");
        let told = told.unwrap_or_else(|| panic!("{newest}"));
        assert_eq!(told["text"], "anna signed bert out everywhere.");
        assert_eq!(told["address"], "127.0.0.1", "{told}");
    }
}

#[tokio::test]
async fn a_password_set_in_the_same_moment_ends_every_session() {
    let place = Place::open().await;
    let anna = place.signed_in("anna", Role::Admin).await;
    let one = user(&place, "anna").await;
    let session = place.refractory.open_session(&one).await.unwrap();
    let hash = PasswordHash("plain:another one".into());
    place.refractory.set_password(&Principal::operator(), &one.id, hash).await.unwrap();
    let via = refractory_core::model::Via::Web;
    let who = place.refractory.session(session.secret.expose(), via).await.unwrap();
    assert!(who.is_none(), "it was made a moment before");
    let mut anna: Browser = anna;
    assert_eq!(anna.get("/").await.to(), "/sign-in");
}

#[tokio::test]
async fn every_change_of_an_account_and_every_way_in_and_out_is_recorded_with_the_address() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let csrf = anna.get("/api/v1/session").await.json()["csrf"].as_str().unwrap().to_owned();
    anna.headers.insert("x-csrf-token", csrf.parse().unwrap());
    let bert = json!({ "name": "bert", "role": "player" });
    anna.json(Method::POST, "/api/v1/users", Some(bert)).await;
    let raise = json!({ "role": "game-master" });
    anna.json(Method::PATCH, "/api/v1/users/bert", Some(raise)).await;
    anna.json(Method::POST, "/api/v1/users/bert/link", None).await;
    let one = user(&place, "bert").await;
    let taken = link(&place.refractory, &one).await;
    follow(&place, &taken).await;
    let mut eve = place.browser();
    eve.submit("/sign-in", "/sign-in", &[("name", "anna"), ("password", "guess")]).await;
    let fields = [
        ("current", "correct horse"),
        ("password", "three random words"),
        ("again", "three random words"),
    ];
    anna.headers.clear();
    anna.submit("/account", "/account/password", &fields).await;
    anna.submit("/", "/sign-out", &[]).await;
    let mut anna = place.browser();
    let fields = [("name", "anna"), ("password", "three random words")];
    anna.submit("/sign-in", "/sign-in", &fields).await;
    let all = anna.get("/api/v1/events?limit=200").await.json();
    let all = all["items"].as_array().unwrap();
    let rows = [
        ("signed-in", "anna", "anna signed in."),
        ("user-added", "anna", "anna added the user bert with the role player."),
        ("role-changed", "anna", "anna changed the role of bert to game-master. It was player."),
        ("sign-in-link-created", "anna", "anna made a sign-in link for bert."),
        ("signed-in", "bert", "bert signed in by a link."),
        ("sign-in-failed", "unknown", "Failed sign-in as anna."),
        (
            "password-changed",
            "anna",
            "anna set a new password. All other sessions were signed out.",
        ),
        ("signed-out", "anna", "anna signed out."),
    ];
    for (kind, by, text) in rows {
        let found = all
            .iter()
            .find(|event| event["kind"] == kind && event["by"] == by && event["text"] == text);
        let found = found.unwrap_or_else(|| panic!("no {kind} by {by}: {text} in {all:#?}"));
        assert_eq!(found["address"], "127.0.0.1", "{text}");
    }
    assert!(
        all.iter().any(|event| event["kind"] == "sign-in-link-created" && event["via"] == "cli")
    );
    let page = anna.get("/about").await.text;
    assert!(page.contains("Failed sign-in as anna.") && page.contains("127.0.0.1"));
    let roles = EventFilter::default().of_kind("role-changed");
    let kept = place.refractory.events(&Principal::operator(), &roles, None, 100).await.unwrap();
    let kinds: Vec<_> = kept.events.iter().map(|event| event.kind.clone()).collect();
    let (from, to) = (Role::Player, Role::GameMaster);
    assert_eq!(kinds, [EventKind::RoleChanged { user: one.named(), from, to }]);
}

/// An event that something else than the portal's own process writes.
async fn write(place: &Place, event: Event) {
    Collection::of(place.store.as_ref()).insert(&event).await.unwrap();
}

async fn table(place: &Place, name: &str, owner: Option<UserId>) -> Instance {
    let mut new = NewInstance::named(Slug::new(name).unwrap());
    new.owner = owner;
    place.refractory.create(&Principal::operator(), new).await.unwrap()
}

fn failed(table: &Instance) -> Event {
    let kind = EventKind::AttemptFailed {
        step: Step::World,
        cause: Cause::new(Code::new("of-a-provider")),
        message: "Foundry did not open it.".to_owned(),
        attempt: 1,
        retry: Some(Duration::from_secs(4)),
    };
    Event::by_system(Timestamp(5), kind).about(table)
}

#[tokio::test]
async fn a_tables_page_shows_failed_attempts_and_hand_overs_as_they_happen() {
    let place = Place::open().await;
    let gil = place.signed_in("gil", Role::GameMaster).await;
    let owner = user(&place, "gil").await.id;
    let friday = table(&place, "friday", Some(owner)).await;
    let monday = table(&place, "monday", None).await;
    let mut live = gil.stream("/tables/friday/live").await;
    until(&mut live, "friday was created.").await;
    write(&place, failed(&friday)).await;
    let said = until(&mut live, "Attempt 1 to open the world failed.").await;
    assert!(said.contains("event: events"), "{said}");
    let license = Named::new(refractory_core::LicenseId::new("l1").unwrap(), "club");
    let (from, to) = (friday.named(), monday.named());
    let kind = EventKind::LicenseHandedOver { license, from, to };
    write(&place, Event::by_system(Timestamp(6), kind).about(&monday)).await;
    until(&mut live, "The license club went from friday to monday.").await;
    // What happens to a table of others is nothing to this page, and nothing to who does not own the table.
    let mut bert = place.signed_in("bert", Role::Player).await;
    assert!(!bert.get("/tables/friday").await.text.contains("went from"));
    let mut others = bert.stream("/tables/friday/live").await;
    write(&place, failed(&friday)).await;
    until(&mut live, "event: events").await;
    place.refractory.start(&Principal::operator(), &friday.id).await.unwrap();
    let said = until(&mut others, "event: panel").await;
    assert!(!said.contains("event: events"), "{said}");
}

#[tokio::test]
async fn the_audit_log_shows_a_finished_deletion_as_it_happens() {
    let place = Place::open().await;
    let anna = place.signed_in("anna", Role::Admin).await;
    let friday = table(&place, "friday", None).await;
    let mut all = anna.stream("/about/audit/live").await;
    let mut removed = anna.stream("/about/audit/live?kind=instance-removed").await;
    until(&mut all, "friday was created.").await;
    until(&mut removed, "Nothing yet.").await;
    place.refractory.delete(&Principal::operator(), &friday.id, "friday").await.unwrap();
    until(&mut all, "friday is deleted, with all of its data.").await;
    until(&mut removed, "friday is deleted, with all of its data.").await;
    let gil = place.signed_in("gil", Role::GameMaster).await;
    assert_eq!(gil.stream("/about/audit/live").await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_audit_log_is_filtered_and_read_a_page_at_a_time() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    for at in 0..60 {
        table(&place, &format!("t{at}"), None).await;
    }
    let friday = table(&place, "friday", None).await;
    let session = place.refractory.open_session(&user(&place, "anna").await).await.unwrap();
    let via = refractory_core::model::Via::Web;
    let who = place.refractory.session(session.secret.expose(), via).await.unwrap().unwrap();
    place.refractory.start(&who, &friday.id).await.unwrap();
    let first = anna.get("/about/audit").await.text;
    assert!(first.contains("anna started friday.") && !first.contains("t0 was created."));
    let older = first.split("/about/audit?after=").nth(1).unwrap();
    let older = older.split('"').next().unwrap();
    let second = anna.get(&format!("/about/audit?after={older}")).await.text;
    assert!(second.contains("t0 was created.") && second.contains(">Newest</a>"), "{second}");
    let starts = anna.get("/about/audit?user=Anna&table=Friday&kind=start-requested").await.text;
    assert!(
        starts.contains("anna started friday.") && !starts.contains("was created."),
        "{starts}"
    );
    let none = anna.get("/about/audit?kind=license-removed").await.text;
    assert!(none.contains("Nothing yet."), "{none}");
    let wrong = anna.get("/about/audit?user=nobody").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("There is no user named `nobody`."), "{}", wrong.text);
    let wrong = anna.get("/about/audit?after=zz").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut gil = place.signed_in("gil", Role::GameMaster).await;
    assert_eq!(gil.get("/about/audit").await.status, StatusCode::FORBIDDEN);
    let api = anna.get("/api/v1/events?kind=instance-created&limit=40").await.json();
    assert_eq!(api["items"].as_array().unwrap().len(), 40);
    let next = api["next"].as_str().unwrap();
    let rest = format!("/api/v1/events?kind=instance-created&limit=40&after={next}");
    let rest = anna.get(&rest).await.json();
    assert_eq!((rest["items"].as_array().unwrap().len(), rest["next"].is_null()), (21, true));
}

#[tokio::test]
async fn events_are_live_that_were_written_while_the_store_could_not_be_asked() {
    let store = Arc::new(DeafStore::default());
    let unheard = "127.0.0.1:9".parse().unwrap();
    let shared = Arc::clone(&store.inner);
    let place = Place::built(
        unheard,
        shared,
        |_| (),
        |builder| {
            let store: Arc<dyn Store> = store.clone();
            builder.store(store)
        },
    );
    let anna = place.signed_in("anna", Role::Admin).await;
    let friday = table(&place, "friday", None).await;
    let mut live = anna.stream("/about/audit/live").await;
    until(&mut live, "friday was created.").await;
    // The portal follows from here on.
    write(&place, failed(&friday)).await;
    until(&mut live, "Attempt 1 to open the world failed.").await;
    store.is_deaf.store(true, Ordering::SeqCst);
    store.refused.notified().await;
    let removed = EventKind::InstanceRemoved { owner: None };
    write(&place, Event::by_system(Timestamp(7), removed).about(&friday)).await;
    store.is_deaf.store(false, Ordering::SeqCst);
    until(&mut live, "friday is deleted, with all of its data.").await;
}
