//! Getting in: set-up, sign-in, links, and everything that keeps strangers out.
use refractory_core::model::{Principal, Role};
use reqwest::StatusCode;
use reqwest::header::HeaderValue;

use super::support::Place;

#[tokio::test]
async fn the_first_account_is_made_with_the_link_from_the_console() {
    let place = Place::open().await;
    let link = place.refractory.setup_link(&Principal::operator()).await.unwrap();
    let mut browser = place.browser();
    assert_eq!(browser.get("/").await.to(), "/sign-in");
    assert!(browser.get("/sign-in").await.text.contains("setup link"));
    let taken = browser.get(&format!("/setup?token={}", link.secret.expose())).await;
    assert_eq!((taken.status, taken.to()), (StatusCode::SEE_OTHER, "/setup"));
    let weak = browser
        .submit("/setup", "/setup", &[("name", "Anna"), ("password", "short"), ("again", "short")])
        .await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(weak.text.contains("at least 12") && weak.text.contains("value=\"Anna\""));
    let good = [("name", "Anna"), ("password", "correct horse"), ("again", "correct horse")];
    let home = browser.submit_and_follow("/setup", "/setup", &good).await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(home.text.contains("Welcome, anna.") && home.text.contains("Set up your first game"));
    // The link is void now, and the page with it.
    let mut late = place.browser();
    late.get(&format!("/setup?token={}", link.secret.expose())).await;
    assert_eq!(late.get("/setup").await.to(), "/sign-in");
}

#[tokio::test]
async fn a_setup_without_the_link_is_refused() {
    let place = Place::open().await;
    place.refractory.setup_link(&Principal::operator()).await.unwrap();
    let mut browser = place.browser();
    let page = browser.get("/setup").await;
    assert!(page.text.contains("no setup link") && !page.text.contains("action=\"/setup\""));
    let csrf = page.csrf();
    let fields = [
        ("csrf", csrf.as_str()),
        ("name", "eve"),
        ("password", "correct horse"),
        ("again", "correct horse"),
    ];
    let refused = browser.post("/setup", &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("has been used or has expired"));
    assert!(place.refractory.needs_setup().await.unwrap());
}

#[tokio::test]
async fn signing_in_leads_to_the_page_that_was_asked_for_and_signing_out_ends_the_session() {
    let place = Place::open().await;
    place.account("anna", Role::Admin).await;
    let mut browser = place.browser();
    let sent = browser.get("/people").await;
    assert_eq!(sent.to(), "/sign-in?next=/people");
    let fields = [("name", "ANNA"), ("password", "correct horse"), ("next", "/people")];
    assert_eq!(browser.submit("/sign-in", "/sign-in", &fields).await.to(), "/people");
    let stolen = browser.cookies.clone();
    assert_eq!(browser.submit("/", "/sign-out", &[]).await.to(), "/sign-in");
    let mut thief = place.browser();
    thief.cookies = stolen;
    assert_eq!(thief.get("/").await.to(), "/sign-in");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_told_alike() {
    let place = Place::open().await;
    place.account("anna", Role::Player).await;
    let mut told = Vec::new();
    for name in ["anna", "nobody", "!!"] {
        let mut browser = place.browser();
        let answer =
            browser.submit("/sign-in", "/sign-in", &[("name", name), ("password", "wrong")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!browser.cookies.contains_key("refractory_session"));
        told.push(answer.text.contains("Wrong name or password"));
    }
    assert_eq!(told, [true, true, true]);
}

#[tokio::test]
async fn nobody_is_sent_to_another_site_after_signing_in() {
    let place = Place::open().await;
    place.account("anna", Role::Player).await;
    let mut browser = place.browser();
    let fields = [("name", "anna"), ("password", "correct horse"), ("next", "//evil.example/")];
    assert_eq!(browser.submit("/sign-in", "/sign-in", &fields).await.to(), "/");
}

#[tokio::test]
async fn guessing_is_slowed_down_and_told_when_to_come_back() {
    let place = Place::open().await;
    place.account("anna", Role::Admin).await;
    let mut browser = place.browser();
    let csrf = browser.get("/sign-in").await.csrf();
    let mut last = None;
    for _ in 0..12 {
        let fields = [("csrf", csrf.as_str()), ("name", "anna"), ("password", "wrong")];
        last = Some(browser.post("/sign-in", &fields).await);
    }
    let last = last.unwrap();
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(last.text.contains("Too many attempts. Try again in "), "{}", last.text);
}

#[tokio::test]
async fn a_one_time_link_survives_previews_and_works_once() {
    let place = Place::open().await;
    let mut admin = place.signed_in("anna", Role::Admin).await;
    let fields = [("name", "bert"), ("role", "game-master")];
    let shown = admin.submit("/people", "/people", &fields).await;
    let at = shown.text.find("/sign-in/link?token=").expect("a link");
    let link: String = shown.text[at..].chars().take_while(|c| *c != '"').collect();
    assert!(!admin.get("/people").await.text.contains("token="), "shown once only");
    for _ in 0..3 {
        let mut preview = place.browser();
        let answer = preview.get(&link).await;
        preview.get(answer.to()).await;
    }
    let mut bert = place.browser();
    assert_eq!(bert.get(&link).await.to(), "/sign-in/link");
    assert_eq!(bert.submit("/sign-in/link", "/sign-in/link", &[]).await.to(), "/");
    let tables = bert.get("/").await.text;
    assert!(tables.contains("<h1>Tables</h1>"), "it ends at the tables");
    assert!(tables.contains("<a href=\"/account\">Choose a password for next time.</a>"));
    let fields = [("password", "three random words"), ("again", "three random words")];
    let set = bert.submit_and_follow("/account", "/account/password", &fields).await;
    assert!(set.text.contains("Password set"), "{}", set.text);
    assert!(!bert.get("/").await.text.contains("Choose a password"), "it has one");
    let without = place.browser().get("/sign-in/link").await;
    assert_eq!(without.status, StatusCode::FORBIDDEN);
    assert!(without.text.contains("Your browser has no sign-in link"), "{}", without.text);
    let mut again = place.browser();
    again.get(&link).await;
    let refused = again.submit("/sign-in/link", "/sign-in/link", &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("has been used"));
}

#[tokio::test]
async fn a_password_is_changed_only_with_the_present_one_and_ends_other_sessions() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let mut elsewhere = place.browser();
    elsewhere
        .submit("/sign-in", "/sign-in", &[("name", "anna"), ("password", "correct horse")])
        .await;
    let fields = |current| {
        [("current", current), ("password", "seven purple lamps"), ("again", "seven purple lamps")]
    };
    let wrong = anna.submit("/account", "/account/password", &fields("guess")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("id=\"current-error\""), "the field is named: {}", wrong.text);
    assert!(wrong.text.contains("current password is wrong"), "{}", wrong.text);
    // Sessions end by the millisecond.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let set =
        anna.submit_and_follow("/account", "/account/password", &fields("correct horse")).await;
    assert!(set.text.contains("Password set"), "{}", set.text);
    assert_eq!(elsewhere.get("/").await.to(), "/sign-in");
}

#[tokio::test]
async fn forms_of_other_sites_and_of_other_sessions_do_nothing() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let csrf = anna.get("/people").await.csrf();
    let other = place.browser().get("/sign-in").await.csrf();
    let named = |token| [("csrf", token), ("name", "eve"), ("role", "admin")];
    for (header, value, token) in [
        ("x-plain", "1", ""),
        ("x-plain", "1", other.as_str()),
        ("origin", "http://friday.localhost", csrf.as_str()),
        ("origin", "null", csrf.as_str()),
        ("sec-fetch-site", "same-site", csrf.as_str()),
        ("sec-fetch-site", "cross-site", csrf.as_str()),
    ] {
        anna.headers.clear();
        anna.headers.insert(header, HeaderValue::from_static(value));
        let refused = anna.post("/people", &named(token)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{header}: {value}");
        assert!(refused.text.contains("<h1>You don&#39;t have access</h1>"));
    }
    anna.headers.clear();
    assert_eq!(place.refractory.users_all(&Principal::operator()).await.unwrap().len(), 1);
    let origin = format!("http://{}", place.at);
    anna.headers.insert("origin", HeaderValue::from_str(&origin).unwrap());
    anna.headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
    assert_eq!(anna.post("/people", &named(&csrf)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_of_tables() {
    let place = Place::open().await;
    place.account("anna", Role::Player).await;
    let mut browser = place.browser();
    let fields = [("name", "anna"), ("password", "correct horse")];
    let answer = browser.submit("/sign-in", "/sign-in", &fields).await;
    let mut seen = 0;
    for set in answer.headers.get_all("set-cookie") {
        let set = set.to_str().unwrap();
        assert!(
            set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"),
            "{set}"
        );
        assert!(!set.contains("Domain"), "{set}");
        seen += usize::from(set.starts_with("refractory_session="));
    }
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn over_https_cookies_are_secure_and_bound_to_the_host() {
    let place = Place::with(|config| config.https = true).await;
    let answer = place.browser().get("/sign-in").await;
    let set = answer.headers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(set.starts_with("__Host-refractory_visit=") && set.contains("Secure"), "{set}");
    assert!(answer.headers.contains_key("strict-transport-security"));
}
