//! The contract of the API: statuses, revisions, cursors, and the document that describes it.
use std::collections::{BTreeMap, BTreeSet};

use refractory_core::model::{NewInstance, Principal, Role, Slug};
use refractory_web::routes;
use reqwest::header::{
    ALLOW, CONTENT_TYPE, ETAG, HeaderValue, IF_MATCH, LINK, LOCATION, WWW_AUTHENTICATE,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::api::program;
use super::support::{Browser, Place};

async fn create(place: &Place, name: &str) {
    let new = NewInstance::named(Slug::new(name).unwrap());
    place.refractory.create(&Principal::operator(), new).await.unwrap();
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Each address of the API, with its methods but HEAD.
fn addresses() -> BTreeSet<(String, String)> {
    let all = routes().into_iter().filter(|(path, _)| path.starts_with("/api/v1/"));
    let pairs = all.flat_map(|(path, methods)| {
        methods.into_iter().map(move |method| (path.clone(), method.to_lowercase()))
    });
    pairs.filter(|(_, method)| method != "head").collect()
}

#[tokio::test]
async fn every_route_is_in_the_document_and_the_reverse() {
    let place = Place::open().await;
    let answer = place.browser().get("/api/openapi.json").await;
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
    let document = document(&answer.text);
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = BTreeSet::new();
    let mut names = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described.insert((path.clone(), method.clone()));
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert_eq!(names.insert(name.clone(), path.clone()), None, "{name} is there twice");
            assert!(operation["tags"][0].is_string(), "{path}");
            let problem = "/content/application~1problem+json/schema/$ref";
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let is_good = status.starts_with('2');
                assert!(is_good || answer.pointer(problem).is_some(), "{path} {status}");
            }
        }
    }
    // A stream has no end, and no schema.
    let mut served = addresses();
    assert!(served.remove(&("/api/v1/stream".to_owned(), "get".to_owned())));
    assert_eq!(described, served);
}

/// Each operation with something that could be sent to it.
fn filled(path: &str) -> String {
    let path = path.replace("{name}", "friday").replace("{id}", "friday").replace("{user}", "anna");
    let confirms = ["/api/v1/instances/friday", "/api/v1/groups/friday"];
    if confirms.contains(&path.as_str()) { format!("{path}?confirm=no") } else { path }
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_told_how_to_everywhere() {
    let place = Place::open().await;
    create(&place, "friday").await;
    let with_a_bad_token = || {
        let mut browser = place.browser();
        browser.headers.insert("authorization", HeaderValue::from_static("Bearer nonsense"));
        browser
    };
    for (path, method) in addresses() {
        if (path.as_str(), method.as_str()) == ("/api/v1/session", "post") {
            continue;
        }
        for mut browser in [place.browser(), with_a_bad_token()] {
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = browser.json(method.clone(), &filled(&path), Some(json!({}))).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}: {}", answer.text);
            let challenge = answer.headers[WWW_AUTHENTICATE].to_str().unwrap();
            assert!(challenge.starts_with("Bearer"), "{method} {path}: {challenge}");
            let told = answer.json();
            assert_eq!(told["type"], "urn:refractory:problem:unauthenticated", "{told}");
            assert_eq!(told["code"], "unauthenticated", "{told}");
        }
    }
}

/// Every operation that has a body: its method, its address, and what it takes.
async fn with_bodies(browser: &mut Browser) -> Vec<(Method, String, Vec<String>)> {
    let document = document(&browser.get("/api/openapi.json").await.text);
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if let Some(taken) = operation["requestBody"]["content"].as_object() {
                let method = method.to_uppercase().parse().unwrap();
                all.push((method, filled(path), taken.keys().cloned().collect()));
            }
        }
    }
    assert!(all.len() >= 11, "{} operations with a body", all.len());
    all
}

#[tokio::test]
async fn a_body_of_another_media_type_is_refused_everywhere() {
    let place = Place::open().await;
    create(&place, "friday").await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    for (method, path, taken) in with_bodies(&mut anna).await {
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
            let answer = anna.send(method.clone(), &path, kind, "{}").await;
            let status = answer.status;
            assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{method} {path}");
            let told = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(taken.iter().all(|name| told.contains(name.as_str())), "{told}");
            let patches = method == Method::PATCH;
            assert_eq!(answer.headers.contains_key("accept-patch"), patches, "{path}");
        }
    }
    let path = "/api/v1/instances/friday";
    let new = "{\"title\":\"New\"}";
    let changed = anna.send(Method::PATCH, path, "application/merge-patch+json", new).await;
    assert_eq!((changed.status, &changed.json()["title"]), (StatusCode::OK, &json!("New")));
    let wrong = anna.ask(Method::PUT, path).await;
    assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(wrong.headers()[ALLOW], "DELETE, GET, HEAD, PATCH");
}

#[tokio::test]
async fn a_body_that_cannot_be_read_or_used_is_told_apart_everywhere() {
    let place = Place::open().await;
    create(&place, "friday").await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    for (method, path, _) in with_bodies(&mut anna).await {
        if path == "/api/v1/releases" {
            continue;
        }
        for broken in ["", "{", "{\"a\":}", "nonsense"] {
            let answer = anna.send(method.clone(), &path, "application/json", broken).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {path}: {}", answer.text);
            assert_eq!(answer.json()["code"], "malformed-json");
        }
        for wrong in ["[]", "5", "null", "\"x\"", "{\"nothing-like-this\":1}"] {
            let answer = anna.send(method.clone(), &path, "application/json", wrong).await;
            let status = answer.status;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {wrong}: {}", answer.text);
            assert!(answer.json()["errors"][0]["pointer"].is_string(), "{}", answer.text);
        }
    }
}

fn tag(answer: &super::support::Answer) -> HeaderValue {
    answer.headers[ETAG].clone()
}

async fn patch_at(
    browser: &mut Browser,
    path: &str,
    tag: HeaderValue,
    body: Value,
) -> super::support::Answer {
    browser.headers.insert(IF_MATCH, tag);
    let answer = browser.json(Method::PATCH, path, Some(body)).await;
    browser.headers.remove(IF_MATCH);
    answer
}

#[tokio::test]
async fn a_change_of_what_was_changed_since_is_refused() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    let made =
        anna.json(Method::POST, "/api/v1/instances", Some(json!({ "name": "friday" }))).await;
    let at = made.headers[LOCATION].to_str().unwrap().to_owned();
    assert_eq!(anna.get(&at).await.json()["name"], "friday");
    let license = json!({ "name": "Club", "key": "ABCD-EFGH-IJKL-MNOP-QRST-1239" });
    anna.json(Method::POST, "/api/v1/licenses", Some(license)).await;
    anna.json(Method::POST, "/api/v1/users", Some(json!({ "name": "bert", "role": "player" })))
        .await;
    for (path, body, again) in [
        ("/api/v1/instances/friday", json!({ "title": "One" }), json!({ "title": "Two" })),
        ("/api/v1/licenses/Club", json!({ "name": "One" }), json!({ "name": "Two" })),
        ("/api/v1/users/bert", json!({ "role": "admin" }), json!({ "role": "game-master" })),
    ] {
        let read = anna.get(path).await;
        let changed = patch_at(&mut anna, path, tag(&read), body).await;
        assert_eq!(changed.status, StatusCode::OK, "{path}: {}", changed.text);
        assert_ne!(tag(&changed), tag(&read), "{path}");
        let path = path.replace("Club", "One");
        let late = patch_at(&mut anna, &path, tag(&read), again.clone()).await;
        assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{path}: {}", late.text);
        assert_eq!(late.json()["code"], "outdated");
        assert_eq!(tag(&anna.get(&path).await), tag(&changed), "{path}: nothing was written");
        let weak = format!("W/{}", tag(&changed).to_str().unwrap()).parse().unwrap();
        let weak = patch_at(&mut anna, &path, weak, again.clone()).await;
        assert_eq!(weak.status, StatusCode::PRECONDITION_FAILED, "{path}");
        let bare = patch_at(&mut anna, &path, HeaderValue::from_static("5"), again.clone()).await;
        assert_eq!(bare.status, StatusCode::BAD_REQUEST, "{path}");
        let any = patch_at(&mut anna, &path, HeaderValue::from_static("*"), again).await;
        assert_eq!(any.status, StatusCode::OK, "{path}: {}", any.text);
    }
    anna.headers.insert(IF_MATCH, HeaderValue::from_static("\"1\""));
    for path in
        ["/api/v1/instances/friday?confirm=friday", "/api/v1/licenses/Two", "/api/v1/users/bert"]
    {
        let late = anna.json(Method::DELETE, path, None).await;
        assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{path}: {}", late.text);
    }
}

/// What is read with an entity tag is changed and deleted with one.
#[tokio::test]
async fn what_has_an_entity_tag_takes_it_back_on_every_change() {
    let place = Place::open().await;
    let document = document(&place.browser().get("/api/openapi.json").await.text);
    let mut tagged = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let has_tag = item.pointer("/get/responses/200/headers/ETag").is_some();
        for method in ["patch", "put", "delete"] {
            let Some(operation) = item.get(method) else { continue };
            let parameters = operation["parameters"].as_array();
            let condition = parameters.into_iter().flatten().find(|it| it["name"] == "If-Match");
            assert_eq!(condition.is_some(), has_tag, "{method} {path}");
            let outdated = operation["responses"].get("412").is_some();
            assert_eq!(outdated, has_tag, "{method} {path}");
            if has_tag {
                assert_eq!(condition.unwrap()["in"], "header");
                tagged.insert(path.clone());
            }
        }
    }
    let below = |name: &str| format!("/api/v1/{name}/{{name}}");
    assert_eq!(tagged, ["groups", "instances", "licenses", "users"].map(below).into());
}

/// Of many that delete what they read, while others write, none deletes what was written since.
#[tokio::test]
async fn a_deletion_is_of_what_was_read() {
    let place = Place::open().await;
    let anna = program(&place, "anna", Role::Admin).await;
    for round in 0..10 {
        let (path, name) = (format!("/api/v1/groups/g{round}"), format!("g{round}"));
        let made = place
            .browser_like(&anna)
            .json(Method::POST, "/api/v1/groups", Some(json!({ "name": name })))
            .await;
        let read = tag(&made);
        let (mut writer, mut remover) = (place.browser_like(&anna), place.browser_like(&anna));
        remover.headers.insert(IF_MATCH, read);
        let member = format!("{path}/members/anna");
        let remove = format!("{path}?confirm={name}");
        let (written, deleted) = tokio::join!(
            writer.json(Method::PUT, &member, Some(json!({}))),
            remover.json(Method::DELETE, &remove, None)
        );
        // A member counts as a write of the group.
        let both = (written.status.as_u16(), deleted.status.as_u16());
        assert!(
            matches!(both, (201, 412) | (404, 204)),
            "{both:?}: {} {}",
            written.text,
            deleted.text
        );
    }
}

/// Of many that change what they read at the same time, one succeeds at each revision.
#[tokio::test]
async fn of_those_who_race_one_wins() {
    let place = Place::open().await;
    create(&place, "friday").await;
    let anna = program(&place, "anna", Role::Admin).await;
    let path = "/api/v1/instances/friday";
    for round in 0..5 {
        let tag = place.browser_like(&anna).get(path).await.headers[ETAG].clone();
        let racers = (0..8).map(|racer| {
            let (mut browser, tag) = (place.browser_like(&anna), tag.clone());
            async move {
                let body = json!({ "title": format!("{round} {racer}") });
                patch_at(&mut browser, path, tag, body).await
            }
        });
        let answers = futures_util::future::join_all(racers).await;
        let won: Vec<_> = answers.iter().filter(|it| it.status == StatusCode::OK).collect();
        assert_eq!(won.len(), 1, "{:?}", answers.iter().map(|it| it.status).collect::<Vec<_>>());
        let lost = answers.iter().filter(|it| it.status == StatusCode::PRECONDITION_FAILED).count();
        assert_eq!(lost, 7);
        let title = place.browser_like(&anna).get(path).await.json()["title"].clone();
        assert_eq!(title, won[0].json()["title"]);
    }
}

/// Every page of `path`, by `next` and by `Link` alike.
pub(super) async fn all_pages(
    browser: &mut Browser,
    path: &str,
    mut between: impl AsyncFnMut(usize),
) -> Vec<Value> {
    let mut items = Vec::new();
    let mut at = path.to_owned();
    for page in 0.. {
        let answer = browser.get(&at).await;
        assert_eq!(answer.status, StatusCode::OK, "{at}: {}", answer.text);
        let told = answer.json();
        items.extend(told["items"].as_array().unwrap().iter().cloned());
        between(page).await;
        let Some(next) = told["next"].as_str() else {
            assert!(!answer.headers.contains_key(LINK));
            break;
        };
        let link = answer.headers[LINK].to_str().unwrap();
        at = link
            .strip_prefix('<')
            .and_then(|link| link.strip_suffix(">; rel=\"next\""))
            .unwrap()
            .to_owned();
        assert!(at.ends_with(next), "{link} {next}");
    }
    items
}

#[tokio::test]
async fn lists_are_whole_whatever_is_written_between_two_pages() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    for n in 0..7 {
        create(&place, &format!("t{n}")).await;
        place.account(&format!("u{n}"), Role::Player).await;
        let key = format!("ABCD-EFGH-IJKL-MNOP-QRST-123{}", n + 1);
        let license = json!({ "name": format!("l{n}"), "key": key });
        let added = anna.json(Method::POST, "/api/v1/licenses", Some(license)).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    }
    let lists = [("/api/v1/instances", "t"), ("/api/v1/users", "u"), ("/api/v1/licenses", "l")];
    for (path, letter) in lists {
        let kept: Vec<_> = [0, 2, 3, 4, 5, 6].map(|n| format!("{letter}{n}")).into();
        let mut other = place.browser_like(&anna);
        let items = all_pages(&mut anna, &format!("{path}?limit=2"), async |page| {
            // What the first cursor follows goes, and others come before and after it.
            if page == 0 {
                let one = format!("{path}/{letter}1?confirm={letter}1")
                    .replace("?confirm=u1", "")
                    .replace("?confirm=l1", "");
                let gone = other.json(Method::DELETE, &one, None).await;
                assert!(gone.status.is_success(), "{one}: {}", gone.text);
                if path.ends_with("instances") {
                    create(&place, "aaa").await;
                    create(&place, "zzz").await;
                }
            }
        })
        .await;
        let names: Vec<_> =
            items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect();
        let distinct: BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        assert!(kept.iter().all(|name| names.contains(name)), "{names:?}");
        assert!(names.is_sorted(), "{names:?}");
    }
}

#[tokio::test]
async fn the_audit_log_is_read_to_its_end_while_it_grows() {
    let place = Place::open().await;
    let mut anna = program(&place, "anna", Role::Admin).await;
    for n in 0..20 {
        create(&place, &format!("t{n}")).await;
    }
    let events = all_pages(&mut anna, "/api/v1/events?limit=5", async |page| {
        create(&place, &format!("n{page}")).await;
    });
    // New entries come before the first page, so that reading backwards ends.
    let events = tokio::time::timeout(std::time::Duration::from_secs(20), events).await.unwrap();
    let ids: BTreeSet<_> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), events.len());
    assert!(events.len() >= 20, "{}", events.len());
    for path in
        ["/api/v1/workers", "/api/v1/releases", "/api/v1/damaged", "/api/v1/instances/t0/events"]
    {
        all_pages(&mut anna, path, async |_| ()).await;
    }
    for query in ["limit=0", "limit=201", "limit=x", "after=nonsense", "form=1"] {
        for path in ["/api/v1/instances", "/api/v1/users", "/api/v1/events", "/api/v1/licenses"] {
            let refused = anna.get(&format!("{path}?{query}")).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}?{query}: {}", refused.text);
        }
    }
    let unknown = anna.get("/api/v1/instances?form=1").await.json();
    let error = &unknown["errors"][0];
    assert_eq!(
        (&error["parameter"], &error["code"]),
        (&json!("form"), &json!("unknown-parameter"))
    );
    let said = error["message"].as_str().unwrap();
    assert!(said.starts_with("There is no parameter `form` here; expected `"), "{said}");
}
