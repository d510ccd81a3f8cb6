//! Tables that share the portal's host.
use refractory_core::model::{Instance, NewInstance, Principal, Role, Slug};
use refractory_core::{Addressing, ErrorKind};
use reqwest::StatusCode;
use reqwest::header::HeaderValue;

use super::support::{Answer, Browser, Place};

async fn place() -> Place {
    Place::with(|config| config.by_path = true).await
}

/// A table with a name it got before names were looked at, or from a deployment without a portal.
async fn table(place: &Place, name: &str) -> Instance {
    let new = NewInstance::named(Slug::new(name).unwrap());
    let made = place.refractory.create(&Principal::operator(), new).await;
    made.unwrap()
}

async fn until_known(place: &Place, name: &str) {
    let mut browser = place.browser();
    let known = async {
        let path = format!("/{name}/");
        while !browser.get(&path).await.text.contains("is off") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), known).await.unwrap();
}

#[tokio::test]
async fn no_table_gets_a_name_that_the_portal_answers_to() {
    let place = place().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let csrf = anna.get("/account").await.csrf();
    table(&place, "friday").await;
    for (path, _) in refractory_web::routes() {
        let name = path.split('/').nth(1).unwrap();
        let Ok(slug) = Slug::new(name) else { continue };
        let refused =
            place.refractory.create(&Principal::operator(), NewInstance::named(slug)).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{name}");
        assert!(refused.for_people().contains("reserved"), "{name}: {}", refused.for_people());
        let form = [("csrf", csrf.as_str()), ("title", name), ("slug", "")];
        let refused = anna.post("/tables", &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        anna.headers.insert("x-csrf-token", HeaderValue::from_str(&csrf).unwrap());
        let body = serde_json::json!({ "slug": name });
        let renamed =
            anna.json("PATCH".parse().unwrap(), "/api/v1/instances/friday", Some(body)).await;
        assert_eq!(renamed.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        anna.headers.clear();
    }
}

#[tokio::test]
async fn a_table_that_has_such_a_name_already_keeps_to_its_own_paths() {
    let place = place().await;
    // The name is allowed where nothing says that a portal shares the host.
    let elsewhere = Addressing::new("localhost", 80, false);
    assert!(elsewhere.reserved.is_empty());
    let friday = table(&place, "friday").await;
    place.rename_behind_its_back(&friday.id, "theme").await;
    until_known(&place, "theme").await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let chosen = anna.submit("/account", "/theme", &[("theme", "dark"), ("back", "/")]).await;
    assert_eq!((chosen.status, chosen.to()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(anna.get("/theme").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(anna.get("/theme/join").await.text.contains("is off"));
    // It may be changed without being renamed.
    let csrf = anna.get("/account").await.csrf();
    anna.headers.insert("x-csrf-token", HeaderValue::from_str(&csrf).unwrap());
    let body = serde_json::json!({ "name": "theme" });
    let kept = anna.json("PATCH".parse().unwrap(), "/api/v1/instances/theme", Some(body)).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.text);
}

async fn from(browser: &mut Browser, referer: &str, path: &str) -> Answer {
    browser.headers.insert("referer", HeaderValue::from_str(referer).unwrap());
    let answer = browser.get(path).await;
    browser.headers.remove("referer");
    answer
}

#[tokio::test]
async fn absolute_paths_on_a_tables_page_lead_to_that_table() {
    let place = place().await;
    table(&place, "friday").await;
    until_known(&place, "friday").await;
    let mut browser = place.browser();
    let page = format!("http://{}/friday/game?x=1", place.at);
    for path in ["/modules/x/y.png?v=1", "/systems/a%20b", "/favicon.ico", "/join", "//icons/a"] {
        let led = from(&mut browser, &page, path).await;
        assert_eq!(led.status, StatusCode::TEMPORARY_REDIRECT, "{path}");
        assert_eq!(led.to(), format!("/friday{path}"), "{path}");
        assert_eq!(led.headers["vary"], "Referer");
        assert_eq!(led.headers["cache-control"], "no-store");
    }
    // By the name that the configuration has, whatever host a proxy passes on.
    let named = format!("http://LOCALHOST:{}/friday/", place.at.port());
    assert_eq!(from(&mut browser, &named, "/ui/a.css").await.to(), "/friday/ui/a.css");
    for (referer, path, status) in [
        (page.as_str(), "/sign-in", 200),
        (page.as_str(), "/friday/x", 503),
        (page.as_str(), "/healthz", 200),
        ("http://evil.example/friday/", "/ui/a.css", 404),
        (&format!("http://{}/saturday/", place.at), "/ui/a.css", 404),
        (&format!("http://{}/", place.at), "/ui/a.css", 404),
        ("/friday/", "/ui/a.css", 404),
        ("nonsense", "/ui/a.css", 404),
    ] {
        assert_eq!(from(&mut browser, referer, path).await.status, status, "{referer} {path}");
    }
    browser.headers.insert("referer", HeaderValue::from_str(&page).unwrap());
    assert_eq!(browser.post("/upload", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn where_tables_have_hosts_of_their_own_nobody_is_led_anywhere() {
    let place = Place::open().await;
    table(&place, "friday").await;
    let mut browser = place.browser();
    let page = format!("http://{}/friday/", place.at);
    assert_eq!(from(&mut browser, &page, "/ui/a.css").await.status, StatusCode::NOT_FOUND);
}
