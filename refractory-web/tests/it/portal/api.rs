//! The same verbs for programs.
use refractory_core::model::{Phase, Principal, Role};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::support::{Browser, Place};

pub(super) async fn program(place: &Place, name: &str, role: Role) -> Browser {
    place.account(name, role).await;
    let mut program = place.browser();
    let body = json!({ "name": name, "password": "correct horse" });
    let opened = program.json(Method::POST, "/api/v1/session", Some(body)).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
    assert!(!program.cookies.contains_key("refractory_session"));
    let token = format!("Bearer {}", opened.json()["token"].as_str().unwrap());
    program.cookies.clear();
    program.headers.insert(AUTHORIZATION, HeaderValue::from_str(&token).unwrap());
    program
}

#[tokio::test]
async fn a_program_does_everything_with_a_token() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let made = anna
        .json(
            Method::POST,
            "/api/v1/instances",
            Some(json!({ "name": "friday", "title": "Friday" })),
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(made.json()["phase"], "off");
    let started = anna.json(Method::POST, "/api/v1/instances/friday/start", None).await;
    assert_eq!(started.status, StatusCode::ACCEPTED);
    let who = Principal::operator();
    let table = place.refractory.find(&who, "friday").await.unwrap();
    let on = |table: &refractory_core::model::Instance| matches!(table.phase(), Phase::On(_));
    place.refractory.wait(&who, &table.id, on).await.unwrap();
    let shown = anna.json(Method::GET, "/api/v1/instances/friday", None).await.json();
    assert_eq!(shown["phase"], "on");
    let stopped = anna.json(Method::POST, "/api/v1/instances/friday/stop?now=true", None).await;
    assert_eq!(stopped.json()["power"], "off");
    let renamed = anna
        .json(Method::PATCH, "/api/v1/instances/friday", Some(json!({ "name": "saturday" })))
        .await;
    assert_eq!(renamed.json()["name"], "saturday", "{}", renamed.text);
    let events = anna.json(Method::GET, "/api/v1/instances/saturday/events", None).await.json();
    assert!(events["items"].as_array().unwrap().len() >= 4, "{events}");
    let logs = anna.json(Method::GET, "/api/v1/instances/saturday/logs", None).await.json();
    assert_eq!(logs["lines"], json!([]));
    let keyless = anna.json(Method::POST, "/api/v1/instances/saturday/rotate-key", None).await;
    assert_eq!(keyless.status, StatusCode::NOT_IMPLEMENTED, "uploads lie with the data here");
    assert!(keyless.text.contains("There is no key to replace"), "{}", keyless.text);
    let unsure = anna.json(Method::DELETE, "/api/v1/instances/saturday", None).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    let gone = anna.json(Method::DELETE, "/api/v1/instances/saturday?confirm=saturday", None).await;
    assert_eq!(gone.status, StatusCode::ACCEPTED);
    assert!(place.refractory.wait(&who, &table.id, |_| false).await.unwrap().is_none());
    let status = anna.json(Method::GET, "/api/v1/status", None).await.json();
    assert_eq!((&status["workers"], &status["unlisted"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn licenses_and_people_have_their_verbs() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let key = json!({ "name": "Club", "key": "ABCD-EFGH-IJKL-MNOP-QRST-1239" });
    let added = anna.json(Method::POST, "/api/v1/licenses", Some(key)).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    assert!(!added.text.contains("EFGH"));
    let no = anna
        .json(Method::POST, "/api/v1/licenses/Club/accept-eula", Some(json!({ "accept": false })))
        .await;
    assert_eq!(no.status, StatusCode::UNPROCESSABLE_ENTITY);
    let yes = anna
        .json(Method::POST, "/api/v1/licenses/Club/accept-eula", Some(json!({ "accept": true })))
        .await;
    assert_eq!(yes.json()["accepted_by"], "anna");
    let removed = anna.json(Method::DELETE, "/api/v1/licenses/Club", None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    let bert = json!({ "name": "bert", "role": "player" });
    assert_eq!(
        anna.json(Method::POST, "/api/v1/users", Some(bert)).await.status,
        StatusCode::CREATED
    );
    let link = anna.json(Method::POST, "/api/v1/users/bert/link", None).await;
    assert!(link.json()["link"].as_str().unwrap().contains("/sign-in/link?token="));
    let raised =
        anna.json(Method::PATCH, "/api/v1/users/bert", Some(json!({ "role": "admin" }))).await;
    assert_eq!(raised.json()["role"], "admin");
    let users = anna.json(Method::GET, "/api/v1/users", None).await;
    assert!(!users.text.contains("plain:"), "{}", users.text);
}

#[tokio::test]
async fn a_link_into_setup_is_for_those_who_manage_the_table() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let mut pia = program(&place, "pia", Role::Player).await;
    let new = json!({ "name": "friday", "world": "keep" });
    assert_eq!(anna.json(Method::POST, "/api/v1/instances", Some(new)).await.status, 201);
    let path = "/api/v1/instances/friday/setup-link";
    let off = anna.json(Method::POST, path, None).await;
    assert_eq!(off.status, StatusCode::CONFLICT);
    assert!(off.text.contains("opens only while the table is on"), "{}", off.text);
    anna.json(Method::PATCH, "/api/v1/instances/friday", Some(json!({ "world": null }))).await;
    let who = Principal::operator();
    let table = place.refractory.find(&who, "friday").await.unwrap();
    place.refractory.start(&who, &table.id).await.unwrap();
    let on = |table: &refractory_core::model::Instance| matches!(table.phase(), Phase::On(_));
    place.refractory.wait(&who, &table.id, on).await.unwrap();
    let made = anna.json(Method::POST, path, None).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let link = made.json()["link"].as_str().unwrap().to_owned();
    let home =
        format!("http://friday.localhost:{}/_refractory/setup/friday?ticket=", place.at.port());
    assert!(link.starts_with(&home), "{link}");
    assert!(made.json()["until"].as_str().unwrap().ends_with('Z'), "{}", made.text);
    assert_eq!(pia.json(Method::POST, path, None).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        anna.json(Method::POST, "/api/v1/instances/none/setup-link", None).await.status,
        StatusCode::NOT_FOUND
    );
    let mut nobody = place.browser();
    assert_eq!(nobody.json(Method::POST, path, None).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_body_of_the_wrong_kind_changes_nothing_and_is_told_without_our_types() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let new = json!({ "name": "friday", "title": "Friday" });
    assert_eq!(anna.json(Method::POST, "/api/v1/instances", Some(new)).await.status, 201);
    let path = "/api/v1/instances/friday";
    let before = anna.get(path).await.json();
    let rows = [
        json!(["saturday"]),
        json!([]),
        json!({ "title": ["Title"] }),
        json!({ "limits": [1_u64 << 31] }),
        json!(null),
        json!("saturday"),
        json!({ "name": null }),
        json!({ "limits": 5 }),
        json!({ "title": 5 }),
        json!({ "limits": { "memory": 0 } }),
        json!({ "limits": { "disk": 1 } }),
        json!({ "limits": { "cpu_millis": 0 } }),
    ];
    for body in rows {
        let refused = anna.json(Method::PATCH, path, Some(body.clone())).await;
        assert!(refused.status.is_client_error(), "{body}: {}", refused.text);
        for ours in ["struct", "Json", "InstancePatch", "LimitsPatch", "SpecChange"] {
            assert!(!refused.text.contains(ours), "{body}: {}", refused.text);
        }
        assert_eq!(anna.get(path).await.json(), before, "{body}");
    }
    let listed = anna.json(Method::POST, "/api/v1/users", Some(json!(["eve", "player"]))).await;
    assert!(listed.status.is_client_error(), "{}", listed.text);
    let cleared = json!({ "language": "" });
    let cleared = anna.json(Method::PATCH, path, Some(cleared)).await;
    assert_eq!(cleared.json()["language"], json!(null), "{}", cleared.text);
    let mut max = program(&place, "max", Role::GameMaster).await;
    let given = max.json(Method::PATCH, path, Some(json!({ "owner": "max" }))).await;
    assert_eq!(given.status, StatusCode::FORBIDDEN);
    assert!(given.text.contains("can't change the owner of a table"), "{}", given.text);
}

#[tokio::test]
async fn problems_are_told_as_problems() {
    let place = Place::open().await;
    let mut pia = program(&place, "pia", Role::Player).await;
    let rows = [
        (Method::GET, "/api/v1/instances/none", None, 404),
        (Method::GET, "/api/v1/nowhere", None, 404),
        (Method::GET, "/api/v1/status", None, 403),
        (Method::GET, "/api/v1/users", None, 403),
        (Method::POST, "/api/v1/instances", Some(json!({ "name": "x" })), 403),
        (Method::POST, "/api/v1/instances", Some(json!({ "nmae": "x" })), 422),
        (Method::POST, "/api/v1/instances", Some(json!({ "name": "A B" })), 422),
    ];
    for (method, path, body, status) in rows {
        let answer = pia.json(method, path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{path}");
        assert_eq!(answer.json()["status"], status);
        assert!(!answer.json()["detail"].as_str().unwrap().is_empty());
    }
    let mut nobody = place.browser();
    assert_eq!(nobody.get("/api/v1/instances").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let refused = anna.json(Method::POST, "/api/v1/instances", Some(json!({ "name": "x" }))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let csrf = anna.get("/api/v1/session").await.json()["csrf"].as_str().unwrap().to_owned();
    anna.headers.insert("x-csrf-token", csrf.parse().unwrap());
    let made = anna.json(Method::POST, "/api/v1/instances", Some(json!({ "name": "x" }))).await;
    assert_eq!(made.status, StatusCode::CREATED);
    anna.headers.insert("origin", HeaderValue::from_static("http://x.localhost"));
    let refused = anna.json(Method::POST, "/api/v1/instances/x/start", None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_session_that_was_closed_opens_nothing() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    assert_eq!(
        anna.json(Method::DELETE, "/api/v1/session", None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(anna.get("/api/v1/session").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let spec = json!({
        "title": "Friday", "world": "barovia", "license": "not-needed", "language": "de.deutsch", "owner": "anna",
        "limits": { "memory": 1_073_741_824_u64, "cpu_millis": 1500, "disk": 9_663_676_416_u64 },
    });
    let mut body = spec.clone();
    body["name"] = json!("friday");
    let made = anna.json(Method::POST, "/api/v1/instances", Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let path = "/api/v1/instances/friday";
    let rows = [
        (json!({}), "", json!(null)),
        (json!({ "limits": {} }), "", json!(null)),
        (json!({ "world": "abc" }), "/world", json!("abc")),
        (json!({ "world": null }), "/world", json!(null)),
        (json!({ "title": "New" }), "/title", json!("New")),
        (json!({ "title": null }), "/title", json!("friday")),
        (json!({ "license": null }), "/license", json!("any")),
        (json!({ "limits": { "disk": null } }), "/limits/disk", json!(null)),
        (
            json!({ "limits": { "memory": 2_147_483_648_u64 } }),
            "/limits/memory",
            json!(2_147_483_648_u64),
        ),
        (
            json!({ "limits": null }),
            "/limits",
            json!({ "memory": null, "cpu_millis": null, "disk": null }),
        ),
        (json!({ "language": null }), "/language", json!(null)),
        (json!({ "owner": null }), "/owner", json!(null)),
    ];
    let counters = |mut it: serde_json::Value| {
        for counter in ["generation", "revision"] {
            it[counter] = json!(0);
        }
        it
    };
    for (body, at, value) in rows {
        let before = anna.json(Method::PATCH, path, Some(spec.clone())).await;
        assert_eq!(before.status, StatusCode::OK, "{}", before.text);
        let answer = anna.json(Method::PATCH, path, Some(body.clone())).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.text);
        let mut expected = counters(before.json());
        if let Some(field) = expected.pointer_mut(at).filter(|_| !at.is_empty()) {
            *field = value;
        }
        assert_eq!(counters(answer.json()), expected, "{body}");
    }
}

#[tokio::test]
async fn a_patch_with_a_key_that_nobody_knows_is_refused_by_its_name() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let made =
        anna.json(Method::POST, "/api/v1/instances", Some(json!({ "name": "friday" }))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let path = "/api/v1/instances/friday";
    let refused = [
        (json!({ "wrold": "abc" }), "/wrold", "unknown-field", "wrold"),
        (json!({ "limits": { "memroy": 1 } }), "/limits/memroy", "unknown-field", "memroy"),
        (json!({ "spec": {} }), "/spec", "unknown-field", "spec"),
        (json!({ "power": "on" }), "/power", "unknown-field", "power"),
        (json!({ "name": null }), "/name", "invalid", "needs a name"),
        (json!({ "release": null }), "/release", "invalid", "needs a release"),
        (json!({ "release": "99.1" }), "/release", "no-such-release", "no release"),
        (json!({ "license": "none" }), "/license", "no-such-license", "no license"),
        (json!({ "world": "../etc" }), "/world", "invalid", "world ID"),
        (json!({ "language": "a b" }), "/language", "invalid", "language"),
        (json!({ "limits": { "memory": 1 } }), "/limits/memory", "invalid", "memory"),
    ];
    for (body, at, code, told) in refused {
        let answer = anna.json(Method::PATCH, path, Some(body.clone())).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", answer.text);
        let field = &answer.json()["errors"][0];
        assert_eq!((&field["pointer"], &field["code"]), (&json!(at), &json!(code)), "{body}");
        assert!(field["message"].as_str().unwrap().contains(told), "{body}: {field}");
    }
    let body = json!({ "name": "x", "wrold": "abc" });
    let answer = anna.json(Method::POST, "/api/v1/instances", Some(body)).await;
    assert!(answer.status.is_client_error() && answer.text.contains("wrold"), "{}", answer.text);
    for (path, known, unknown) in [
        ("/api/v1/users/anna", json!({}), json!({ "rloe": "player" })),
        ("/api/v1/users/anna", json!({ "role": "admin" }), json!({ "role": null })),
    ] {
        assert_eq!(anna.json(Method::PATCH, path, Some(known)).await.status, StatusCode::OK);
        let refused = anna.json(Method::PATCH, path, Some(unknown)).await;
        assert!(matches!(refused.status.as_u16(), 400 | 422), "{}", refused.text);
    }
}

#[tokio::test]
async fn a_form_changes_the_fields_that_it_has() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let fields = [
        ("title", "Friday"),
        ("slug", "friday"),
        ("world", "barovia"),
        ("memory", "2GiB"),
        ("disk", "9GiB"),
        ("license", "none"),
        ("language", "de.deutsch"),
    ];
    anna.submit_and_follow("/tables/new", "/tables", &fields).await;
    let who = Principal::operator();
    let before = place.refractory.find(&who, "friday").await.unwrap().desired.spec;
    let settings = "/tables/friday/settings";
    anna.submit_and_follow(settings, settings, &[("world", "abc")]).await;
    let after = place.refractory.find(&who, "friday").await.unwrap().desired.spec;
    let abc = Some(refractory_core::model::WorldId::new("abc").unwrap());
    assert_eq!(after, refractory_core::model::InstanceSpec { world: abc, ..before });
}
