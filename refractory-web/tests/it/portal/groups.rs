//! Groups, members and rights on tables, for programs.
use refractory_core::model::Role;
use reqwest::header::{ETAG, HeaderValue, IF_MATCH, LOCATION};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::api::program;
use super::contract::all_pages;
use super::support::{Answer, Browser, Place};

async fn ask(browser: &mut Browser, method: Method, path: &str, body: Option<Value>) -> Answer {
    browser.json(method, &format!("/api/v1{path}"), body).await
}

async fn put(browser: &mut Browser, path: &str, administrator: bool) -> Answer {
    ask(browser, Method::PUT, path, Some(json!({ "administrator": administrator }))).await
}

/// The first field that is wrong, and with which code.
fn wrong(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    let error = answer.json()["errors"][0].clone();
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    (text("pointer"), text("code"))
}

async fn names(browser: &mut Browser, path: &str) -> Vec<String> {
    let all = all_pages(browser, &format!("/api/v1{path}?limit=1"), async |_| ()).await;
    all.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn programs_create_rename_and_delete_groups() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let made = ask(&mut anna, Method::POST, "/groups", Some(json!({ "name": "Crew" }))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(made.headers[LOCATION], "/api/v1/groups/crew");
    assert_eq!((&made.json()["name"], &made.json()["members"]), (&json!("crew"), &json!(0)));
    let again = ask(&mut anna, Method::POST, "/groups", Some(json!({ "name": "crew" }))).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
    assert_eq!(again.json()["errors"][0]["pointer"], "/name");
    let bad = ask(&mut anna, Method::POST, "/groups", Some(json!({ "name": "a b" }))).await;
    assert_eq!(wrong(&bad).0, "/name");
    ask(&mut anna, Method::POST, "/groups", Some(json!({ "name": "others" }))).await;
    assert_eq!(names(&mut anna, "/groups").await, ["crew", "others"]);

    anna.headers.insert(IF_MATCH, made.headers[ETAG].clone());
    let renamed = json!({ "name": "friday" });
    let renamed = ask(&mut anna, Method::PATCH, "/groups/crew", Some(renamed)).await;
    assert_eq!((renamed.status, &renamed.json()["name"]), (StatusCode::OK, &json!("friday")));
    for (method, path, body) in [
        (Method::PATCH, "/groups/friday", Some(json!({ "name": "monday" }))),
        (Method::DELETE, "/groups/friday?confirm=friday", None),
    ] {
        let late = ask(&mut anna, method, path, body).await;
        assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{path}: {}", late.text);
    }
    anna.headers.remove(IF_MATCH);
    let none = ask(&mut anna, Method::PATCH, "/groups/friday", Some(json!({ "name": null }))).await;
    assert_eq!(wrong(&none).0, "/name");
    let taken = json!({ "name": "others" });
    let taken = ask(&mut anna, Method::PATCH, "/groups/friday", Some(taken)).await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "{}", taken.text);
    let same = ask(&mut anna, Method::PATCH, "/groups/friday", Some(json!({}))).await;
    assert_eq!(same.headers[ETAG], renamed.headers[ETAG], "nothing was written");
    let unsure = ask(&mut anna, Method::DELETE, "/groups/friday?confirm=crew", None).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", unsure.text);
    anna.headers.insert(IF_MATCH, renamed.headers[ETAG].clone());
    let gone = ask(&mut anna, Method::DELETE, "/groups/friday?confirm=friday", None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
    for path in ["/groups/friday", "/groups/friday/members", "/groups/a%20b"] {
        let none = ask(&mut anna, Method::GET, path, None).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{path}: {}", none.text);
    }
}

#[tokio::test]
async fn programs_add_and_remove_members() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    for name in ["bert", "pia"] {
        place.account(name, Role::Player).await;
    }
    ask(&mut anna, Method::POST, "/groups", Some(json!({ "name": "crew" }))).await;
    let added = put(&mut anna, "/groups/crew/members/Bert", true).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    let at = added.headers[LOCATION].to_str().unwrap().to_owned();
    assert_eq!(at, "/api/v1/groups/crew/members/bert");
    assert_eq!(anna.get(&at).await.json(), added.json());
    assert_eq!(added.json()["administrator"], true);
    let changed = put(&mut anna, "/groups/crew/members/bert", false).await;
    assert_eq!((changed.status, &changed.json()["administrator"]), (StatusCode::OK, &json!(false)));
    put(&mut anna, "/groups/crew/members/pia", false).await;
    let mut members = names(&mut anna, "/groups/crew/members").await;
    members.sort();
    assert_eq!(members, ["bert", "pia"]);
    assert_eq!(anna.get("/api/v1/groups/crew").await.json()["members"], 2);
    for path in
        ["/groups/crew/members/ghost", "/groups/crew/members/a%20b", "/groups/none/members/pia"]
    {
        let none = put(&mut anna, path, false).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{path}: {}", none.text);
        let none = ask(&mut anna, Method::GET, path, None).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{path}: {}", none.text);
    }
    let gone = ask(&mut anna, Method::DELETE, "/groups/crew/members/pia", None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
    let gone = ask(&mut anna, Method::DELETE, "/groups/crew/members/pia", None).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND, "{}", gone.text);
    assert_eq!(names(&mut anna, "/groups/crew/members").await, ["bert"]);
}

#[tokio::test]
async fn a_groups_administrator_manages_its_members_and_sees_no_other_group() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    place.account("cy", Role::Player).await;
    for name in ["crew", "secret"] {
        ask(&mut anna, Method::POST, "/groups", Some(json!({ "name": name }))).await;
    }
    let mut bert = program(&place, "bert", Role::Player).await;
    let mut pia = program(&place, "pia", Role::Player).await;
    put(&mut anna, "/groups/crew/members/bert", true).await;
    put(&mut anna, "/groups/crew/members/pia", false).await;
    assert_eq!(names(&mut bert, "/groups").await, ["crew"]);
    assert_eq!(put(&mut bert, "/groups/crew/members/cy", false).await.status, StatusCode::CREATED);
    let answers = |group: &str| {
        let at = format!("/groups/{group}");
        [
            (Method::GET, at.clone(), None),
            (Method::GET, format!("{at}/members"), None),
            (Method::GET, format!("{at}/instances"), None),
            (Method::GET, format!("{at}/members/cy"), None),
            (Method::PUT, format!("{at}/members/cy"), Some(json!({}))),
            (Method::DELETE, format!("{at}/members/cy"), None),
        ]
    };
    // A member is told that they may not; of another group there is nothing to see.
    for (method, path, body) in answers("crew") {
        let answer = ask(&mut pia, method.clone(), &path, body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}: {}", answer.text);
    }
    for (there, none) in answers("secret").into_iter().zip(answers("nothing")) {
        let (method, path, body) = there;
        let hidden = ask(&mut bert, method.clone(), &path, body).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{method} {path}: {}", hidden.text);
        let none = ask(&mut bert, method, &none.1, none.2).await;
        assert_eq!(hidden.text.replace("secret", "NAME"), none.text.replace("nothing", "NAME"));
    }
    for (method, path, body) in [
        (Method::POST, "/groups", Some(json!({ "name": "mine" }))),
        (Method::PATCH, "/groups/crew", Some(json!({ "name": "mine" }))),
        (Method::DELETE, "/groups/crew?confirm=crew", None),
    ] {
        let refused = ask(&mut bert, method.clone(), path, body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{method} {path}: {}", refused.text);
    }
}

#[tokio::test]
async fn rights_on_a_table_are_granted_by_a_patch() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let mut pia = program(&place, "pia", Role::Player).await;
    ask(&mut anna, Method::POST, "/groups", Some(json!({ "name": "crew" }))).await;
    let usual = ask(&mut anna, Method::POST, "/instances", Some(json!({ "name": "monday" }))).await;
    let everyone =
        json!({ "view": ["signed-in"], "play": ["anyone"], "game_master": [], "manage": [] });
    assert_eq!(usual.json()["access"], everyone);
    let new = json!({ "name": "friday", "access": { "view": [], "play": ["group:crew"] } });
    let made = ask(&mut anna, Method::POST, "/instances", Some(new)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let granted = |view: Value, gm: Value| json!({ "view": view, "play": ["group:crew"], "game_master": gm, "manage": [] });
    assert_eq!(made.json()["access"], granted(json!([]), json!([])));

    // Who may not see it is answered as where there is none, whatever is asked of its rights.
    let patch = json!({ "access": { "view": ["user:pia"] } });
    let hidden = ask(&mut pia, Method::PATCH, "/instances/friday", Some(patch.clone())).await;
    let none = ask(&mut pia, Method::PATCH, "/instances/sunday", Some(patch.clone())).await;
    assert_eq!((hidden.status, none.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(hidden.text.replace("friday", "sunday"), none.text);
    assert!(!names(&mut pia, "/instances").await.contains(&"friday".to_owned()));
    let changed = ask(&mut anna, Method::PATCH, "/instances/friday", Some(patch.clone())).await;
    assert_eq!(changed.json()["access"], granted(json!(["user:pia"]), json!([])));
    assert!(names(&mut pia, "/instances").await.contains(&"friday".to_owned()));
    let refused = ask(&mut pia, Method::PATCH, "/instances/friday", Some(patch)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);

    // By a group, with what it may do on which table.
    put(&mut anna, "/groups/crew/members/pia", false).await;
    let patch = json!({ "access": { "view": [], "game_master": ["group:crew", "user:anna"] } });
    let changed = ask(&mut anna, Method::PATCH, "/instances/friday", Some(patch)).await;
    let both = json!(["group:crew", "user:anna"]);
    assert_eq!(changed.json()["access"], granted(json!([]), both));
    let of_crew = ask(&mut anna, Method::GET, "/groups/crew/instances", None).await.json();
    assert_eq!(
        (&of_crew["items"][0]["name"], &of_crew["items"][0]["right"], &of_crew["next"]),
        (&json!("friday"), &json!("game-master"), &Value::Null)
    );
    let started = ask(&mut pia, Method::POST, "/instances/friday/start", None).await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{}", started.text);
}

#[tokio::test]
async fn rights_that_no_one_can_have_are_refused_at_their_field() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let made = ask(&mut anna, Method::POST, "/instances", Some(json!({ "name": "friday" }))).await;
    for (access, pointer) in [
        (json!(null), "/access"),
        (json!([]), "/access"),
        (json!({ "watch": [] }), "/access/watch"),
        (json!({ "view": null }), "/access/view"),
        (json!({ "view": "anyone" }), "/access/view"),
        (json!({ "view": ["signed-in", "everyone"] }), "/access/view/1"),
        (json!({ "view": ["no-one"] }), "/access/view/0"),
        (json!({ "play": ["group:ghosts"] }), "/access/play"),
        (json!({ "game_master": ["user:ghost"] }), "/access/game_master"),
        (json!({ "manage": ["anyone"] }), "/access/manage"),
    ] {
        let patch = Some(json!({ "access": access.clone() }));
        let refused = ask(&mut anna, Method::PATCH, "/instances/friday", patch).await;
        assert_eq!(wrong(&refused).0, pointer, "{access}: {}", refused.text);
        let new = Some(json!({ "name": "tuesday", "access": access.clone() }));
        if !access.is_null() {
            let refused = ask(&mut anna, Method::POST, "/instances", new).await;
            assert_eq!(wrong(&refused).0, pointer, "{access}: {}", refused.text);
        }
    }
    let shown = ask(&mut anna, Method::GET, "/instances/friday", None).await.json();
    assert_eq!(shown["access"], made.json()["access"], "nothing was written");
    anna.headers.insert(IF_MATCH, HeaderValue::from_static("\"99\""));
    let late = json!({ "access": { "view": ["anyone"] } });
    let late = ask(&mut anna, Method::PATCH, "/instances/friday", Some(late)).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{}", late.text);
}

#[tokio::test]
async fn programs_change_what_is_known_of_a_user_and_whether_they_may_sign_in() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let mut pia = program(&place, "pia", Role::Player).await;
    let pia_at = "/users/pia";
    let patch = json!({ "email": "pia@example.com", "locale": "pt-BR", "role": "game-master" });
    let changed = ask(&mut anna, Method::PATCH, pia_at, Some(patch)).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let form = changed.json();
    assert_eq!((&form["email"], &form["locale"]), (&json!("pia@example.com"), &json!("pt-BR")));
    assert_eq!((&form["role"], &form["state"]), (&json!("game-master"), &json!("active")));
    assert_eq!(form, anna.get("/api/v1/users/pia").await.json());
    let cleared =
        ask(&mut anna, Method::PATCH, pia_at, Some(json!({ "email": null }))).await.json();
    assert_eq!((&cleared["email"], &cleared["locale"]), (&Value::Null, &json!("pt-BR")));

    for (patch, pointer) in [
        (json!({ "email": "nobody" }), "/email"),
        (json!({ "locale": "en_US" }), "/locale"),
        (json!({ "state": null }), "/state"),
        (json!({ "state": "asleep" }), "/state"),
        (json!({ "role": null, "email": "x@example.com" }), "/role"),
        (json!({ "role": "player", "email": "nobody" }), "/email"),
    ] {
        let refused = ask(&mut anna, Method::PATCH, pia_at, Some(patch.clone())).await;
        assert_eq!(wrong(&refused).0, pointer, "{patch}: {}", refused.text);
    }
    let read = anna.get("/api/v1/users/pia").await;
    assert_eq!(read.json(), cleared, "nothing was written");
    for body in [
        json!({ "email": "late@example.com" }),
        json!({ "state": "disabled" }),
        json!({ "role": "admin", "state": "disabled", "email": "late@example.com" }),
    ] {
        anna.headers.insert(IF_MATCH, changed.headers[ETAG].clone());
        let late = ask(&mut anna, Method::PATCH, pia_at, Some(body.clone())).await;
        assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{body}: {}", late.text);
    }
    // Several fields of one patch are for the revision that was read.
    anna.headers.insert(IF_MATCH, read.headers[ETAG].clone());
    let all = json!({ "role": "player", "state": "disabled", "email": "pia@example.com" });
    let disabled = ask(&mut anna, Method::PATCH, pia_at, Some(all)).await;
    anna.headers.remove(IF_MATCH);
    assert_eq!(disabled.status, StatusCode::OK, "{}", disabled.text);
    assert_eq!(
        (&disabled.json()["state"], &disabled.json()["role"]),
        (&json!("disabled"), &json!("player"))
    );
    assert_eq!(pia.get("/api/v1/session").await.status, StatusCode::UNAUTHORIZED);
    let enabled = ask(&mut anna, Method::PATCH, pia_at, Some(json!({ "state": "active" }))).await;
    assert_eq!(enabled.json()["state"], "active");
    assert_eq!(enabled.json()["email"], "pia@example.com");

    let mut pia = program(&place, "pia2", Role::GameMaster).await;
    let refused = ask(&mut pia, Method::PATCH, pia_at, Some(json!({ "state": "disabled" }))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
}

/// What is refused writes nothing of the rest.
#[tokio::test]
async fn the_last_administrator_is_not_disabled_by_a_patch() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    for (patch, pointer) in [
        (json!({ "state": "disabled", "email": "anna@example.com" }), "/state"),
        (json!({ "role": "player", "email": "anna@example.com" }), "/role"),
    ] {
        let refused = ask(&mut anna, Method::PATCH, "/users/anna", Some(patch)).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer);
    }
    let anna_now = anna.get("/api/v1/users/anna").await.json();
    assert_eq!((&anna_now["email"], &anna_now["state"]), (&Value::Null, &json!("active")));
}
