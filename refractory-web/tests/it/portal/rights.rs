//! What of a table is shown to whom, on every way there is to look at one.
use std::time::Duration;

use refractory_core::ErrorKind;
use refractory_core::model::{
    Edit, Fault, Instance, InstanceSpec, Limits, NewInstance, Power, Principal, Role, Slug, Step,
    WorldId,
};
use refractory_core::ports::Collection;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::support::{Browser, Place};

/// What is nobody's business but the owner's and an administrator's.
const SECRETS: [&str; 5] = ["ENOSPC", "/srv/private", "secret-world", "2147483648", "gilbert"];

/// A table of `gilbert` that was given up on with a line of its log.
async fn broken(place: &Place) -> Instance {
    let operator = Principal::operator();
    let gil = place.refractory.find_user(&operator, "gilbert").await.unwrap();
    let spec = InstanceSpec {
        title: "Friday Night".into(),
        world: Some(WorldId::new("secret-world").unwrap()),
        limits: Limits { memory: Some(1 << 31), ..Limits::default() },
        ..InstanceSpec::default()
    };
    let new = NewInstance::named(Slug::new("friday").unwrap()).with_spec(spec).owned_by(gil.id);
    let made = place.refractory.create(&operator, new).await.unwrap();
    let broken = Collection::<Instance>::of(place.store.as_ref()).update(made.id.as_str(), |row| {
        row.desired.power = Power::On;
        row.fault = Some(Fault {
            step: Step::Runtime,
            kind: ErrorKind::Exhausted,
            cause: None,
            message: "Error: ENOSPC, write '/srv/private/Data/worlds'".into(),
            attempts: 6,
            retry_at: refractory_core::Timestamp(0),
            wait: None,
            terminal: true,
            generation: row.generation,
        });
        Ok(true)
    });
    broken.await.unwrap().unwrap()
}

/// What a stream says first about the table.
async fn first(browser: &Browser, path: &str) -> String {
    let mut stream = browser.stream(path).await;
    let mut text = String::new();
    let read = async {
        while let Some(piece) = stream.chunk().await.unwrap() {
            text.push_str(&String::from_utf8_lossy(&piece));
            if text.contains("riday") {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), read).await.unwrap();
    text
}

async fn everything(browser: &mut Browser) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let paths = [
        "/",
        "/tables/friday",
        "/tables/friday/settings",
        "/api/v1/instances",
        "/api/v1/instances/friday",
        "/api/v1/instances/friday/events",
        "/api/v1/instances/friday/logs",
        "/api/v1/events",
        "/api/v1/status",
        "/api/v1/users",
        "/about",
        "/metrics",
    ];
    for path in paths {
        all.push((path.to_owned(), browser.get(path).await.text));
    }
    for path in ["/live", "/tables/friday/live", "/api/v1/stream", "/_refractory/waiting/friday"] {
        all.push((path.to_owned(), first(browser, path).await));
    }
    for accept in ["text/html", "application/json", "image/png"] {
        browser.headers.insert("accept", accept.parse().unwrap());
        browser.headers.insert("host", "friday.localhost".parse().unwrap());
        all.push((format!("the door as {accept}"), browser.get("/").await.text));
        browser.headers.clear();
    }
    let csrf = browser.get("/api/v1/session").await.json()["csrf"].as_str().unwrap().to_owned();
    browser.headers.insert("x-csrf-token", csrf.parse().unwrap());
    for (method, path, body) in [
        (Method::POST, "/api/v1/instances/friday/stop?now=true", None),
        (Method::PATCH, "/api/v1/instances/friday", Some(json!({ "language": "en.core" }))),
        (Method::DELETE, "/api/v1/instances/friday?confirm=no", None),
    ] {
        all.push((format!("{method} {path}"), browser.json(method, path, body).await.text));
    }
    browser.headers.clear();
    all
}

#[tokio::test]
async fn a_player_and_a_game_master_see_title_address_and_state_of_a_table_of_somebody_elses() {
    let place = Place::open().await;
    let mut owner = place.signed_in("gilbert", Role::GameMaster).await;
    let mut admin = place.signed_in("anna", Role::Admin).await;
    for (name, role) in [("pia", Role::Player), ("max", Role::GameMaster)] {
        let mut stranger = place.signed_in(name, role).await;
        if name == "pia" {
            broken(&place).await;
        }
        for (path, text) in everything(&mut stranger).await {
            for secret in SECRETS {
                assert!(!text.contains(secret), "{name} finds {secret} at {path}: {text}");
            }
        }
        let shown = stranger.get("/api/v1/instances/friday").await.json();
        assert_eq!(
            (&shown["title"], &shown["phase"], &shown["url"]),
            (
                &json!("Friday Night"),
                &json!("attention"),
                &json!(format!("http://friday.localhost:{}/", place.at.port()))
            )
        );
        let told = ["id", "name", "title", "url", "phase", "in_setup", "can", "revision"];
        for (name, value) in shown.as_object().unwrap() {
            let is_empty = value.is_null() || value == &json!([]) || value == &json!({});
            assert!(is_empty || told.contains(&name.as_str()), "{name}: {shown}");
        }
        let page = stranger.get("/tables/friday").await.text;
        assert!(page.contains("Friday Night") && page.contains("Needs attention"), "{page}");
    }
    for browser in [&mut owner, &mut admin] {
        let shown = browser.get("/api/v1/instances/friday").await.text;
        for secret in SECRETS {
            assert!(shown.contains(secret), "{secret}: {shown}");
        }
        assert!(browser.get("/tables/friday").await.text.contains("ENOSPC"));
        assert!(first(browser, "/api/v1/stream").await.contains("ENOSPC"));
    }
}

#[tokio::test]
async fn a_table_is_given_to_another_by_administrators_only() {
    let place = Place::open().await;
    let mut admin = place.signed_in("anna", Role::Admin).await;
    let mut owner = place.signed_in("gilbert", Role::GameMaster).await;
    let mut other = place.signed_in("max", Role::GameMaster).await;
    broken(&place).await;
    let token = async |browser: &mut Browser| {
        let csrf = browser.get("/api/v1/session").await.json()["csrf"].as_str().unwrap().to_owned();
        browser.headers.insert("x-csrf-token", csrf.parse().unwrap());
    };
    for browser in [&mut admin, &mut owner, &mut other] {
        token(browser).await;
    }
    let to = |name: serde_json::Value| Some(json!({ "owner": name }));
    let path = "/api/v1/instances/friday";
    for browser in [&mut owner, &mut other] {
        for name in [json!("max"), json!(null)] {
            let refused = browser.json(Method::PATCH, path, to(name)).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
        }
    }
    let settings = owner.get("/tables/friday/settings").await;
    assert!(!settings.text.contains("name=\"owner\""));
    let nobody = admin.json(Method::PATCH, path, to(json!("nobody"))).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nobody.text);
    assert_eq!(nobody.json()["errors"][0]["pointer"], "/owner");
    let given = admin.json(Method::PATCH, path, to(json!("max"))).await;
    assert_eq!((given.status, &given.json()["owner"]), (StatusCode::OK, &json!("max")));
    assert_eq!(given.json()["world"], "secret-world", "nothing else has changed");
    assert_eq!(
        owner.json(Method::POST, &format!("{path}/stop"), None).await.status,
        StatusCode::FORBIDDEN
    );
    assert!(!owner.get(path).await.text.contains("ENOSPC"));
    assert!(other.get(path).await.text.contains("ENOSPC"));
    let settings = "/tables/friday/settings";
    let page = admin.get(settings).await.text;
    assert!(page.contains("<option value=\"max\" selected>max</option>"), "{page}");
    let page = admin.submit_and_follow(settings, settings, &[("owner", "gilbert")]).await.text;
    assert!(page.contains("<dt>Owner</dt><dd>gilbert</dd>"), "{page}");
    let table = place.refractory.find(&Principal::operator(), "friday").await.unwrap();
    assert_eq!((table.title(), table.desired.spec.limits.memory), ("Friday Night", Some(1 << 31)));
    let events = admin.get(&format!("{path}/events")).await.text;
    assert!(events.contains("anna made max the owner of Friday Night."), "{events}");
    let none = admin.json(Method::PATCH, path, to(json!(null))).await;
    assert_eq!(none.json()["owner"], json!(null));
}

#[tokio::test]
async fn a_stream_that_was_opened_with_more_rights_goes_on_with_those_there_are() {
    let place = Place::open().await;
    place.signed_in("gilbert", Role::GameMaster).await;
    let anna = place.signed_in("anna", Role::Admin).await;
    let bert = place.signed_in("bert", Role::Admin).await;
    drop(anna);
    let table = broken(&place).await;
    let mut stream = bert.stream("/api/v1/stream").await;
    let mut until = async |mark: &str| {
        let mut text = String::new();
        let read = async {
            while !text.contains(mark) {
                let piece = stream.chunk().await.unwrap().unwrap();
                text.push_str(&String::from_utf8_lossy(&piece));
            }
        };
        tokio::time::timeout(Duration::from_secs(40), read).await.unwrap();
        text
    };
    assert!(until("friday").await.contains("ENOSPC"));
    let operator = Principal::operator();
    let one = place.refractory.find_user(&operator, "bert").await.unwrap();
    place.refractory.set_role(&operator, &one.id, Role::Player).await.unwrap();
    let told = until("\"fault\":null").await;
    assert!(!told.contains("ENOSPC"), "{told}");
    let world = Edit::Set(WorldId::new("other").unwrap());
    let spec = refractory_core::model::SpecChange { world, ..Default::default() };
    let change = refractory_core::Change { spec, ..Default::default() };
    place.refractory.change(&operator, &table.id, change).await.unwrap();
    assert!(!until("\"world\":null").await.contains("ENOSPC"));
}

#[tokio::test]
async fn a_stream_with_much_to_tell_looks_whether_its_reader_still_may() {
    let place = Place::open().await;
    place.signed_in("gilbert", Role::GameMaster).await;
    place.account("anna", Role::Admin).await;
    let bert = place.signed_in("bert", Role::Admin).await;
    let table = broken(&place).await;
    let mut log = bert.stream("/tables/friday/log/live").await;
    let mut all = bert.stream("/api/v1/stream").await;
    let operator = Principal::operator();
    let one = place.refractory.find_user(&operator, "bert").await.unwrap();
    place.refractory.set_role(&operator, &one.id, Role::Player).await.unwrap();
    let busy = async {
        for number in 0_u32.. {
            place.paper.0.lock().unwrap().push(format!("line {number}"));
            let title = Edit::Set(format!("Friday {number}"));
            let spec = refractory_core::model::SpecChange { title, ..Default::default() };
            let change = refractory_core::Change { spec, ..Default::default() };
            place.refractory.change(&operator, &table.id, change).await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let log_ends = async { while log.chunk().await.unwrap().is_some() {} };
    let rights_are_told = async {
        let mut text = String::new();
        while !text.contains("\"fault\":null") {
            let piece = all.chunk().await.unwrap().unwrap();
            text.push_str(&String::from_utf8_lossy(&piece));
        }
    };
    let both = async { tokio::join!(log_ends, rights_are_told) };
    tokio::select! {
        () = busy => {}
        told = tokio::time::timeout(Duration::from_secs(40), both) => { told.unwrap(); }
    }
}
