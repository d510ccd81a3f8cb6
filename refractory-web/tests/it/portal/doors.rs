//! What players meet at a table's own address, and what browsers and monitors are told.
use refractory_core::model::{NewInstance, Phase, Principal, Role, Slug};
use refractory_web::MetricsAccess;
use reqwest::StatusCode;
use std::sync::atomic::Ordering;

use super::support::Place;

async fn friday(place: &Place) -> refractory_core::model::Instance {
    let new = NewInstance::named(Slug::new("friday").unwrap());
    let table = place.refractory.create(&Principal::operator(), new).await.unwrap();
    // The edge hears of it by the feed.
    let mut browser = place.browser();
    let known = async {
        while browser.get_at("friday.localhost", "/").await.status == StatusCode::NOT_FOUND {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), known).await.unwrap();
    table
}

#[tokio::test]
async fn a_sleeping_table_says_so_kindly_and_is_kept_by_no_cache() {
    let place = Place::open().await;
    friday(&place).await;
    let mut browser = place.browser();
    let page = browser.get_at("friday.localhost", "/join").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.headers["cache-control"], "no-store");
    assert!(page.text.contains("friday is off"), "{}", page.text);
    let portal = format!("http://localhost:{}/tables/friday", place.at.port());
    assert!(page.text.contains(&portal), "{}", page.text);
    assert!(page.text.contains("<noscript><meta http-equiv=\"refresh\""));
}

#[tokio::test]
async fn a_starting_table_shows_its_steps_and_keeps_reasons_to_itself() {
    let place = Place::open().await;
    let table = friday(&place).await;
    place.knob.open.store(false, Ordering::SeqCst);
    let who = Principal::operator();
    place.refractory.start(&who, &table.id).await.unwrap();
    let told = |table: &refractory_core::model::Instance| table.progress().is_some();
    place.refractory.wait(&who, &table.id, told).await.unwrap();
    let mut browser = place.browser();
    let page = async {
        loop {
            let page = browser.get_at("friday.localhost", "/").await;
            if page.text.contains("is starting") && page.text.contains("value=\"40\"") {
                return page;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let page = tokio::time::timeout(std::time::Duration::from_secs(10), page).await.unwrap();
    assert!(page.text.contains("aria-current=\"step\""), "{}", page.text);
    assert!(!page.text.contains("unpacking"), "{}", page.text);
    place.knob.open.store(true, Ordering::SeqCst);
    let on = |table: &refractory_core::model::Instance| matches!(table.phase(), Phase::On(_));
    place.refractory.wait(&who, &table.id, on).await.unwrap();
}

#[tokio::test]
async fn the_files_of_the_pages_are_there_on_every_host_and_may_be_kept() {
    let place = Place::open().await;
    friday(&place).await;
    let mut browser = place.browser();
    let page = browser.get_at("friday.localhost", "/").await;
    let files: Vec<&str> =
        page.text.split('"').filter(|text| text.starts_with("/_refractory/static/")).collect();
    assert_eq!(files.len(), 3);
    for file in files {
        for host in ["friday.localhost", "localhost", "127.0.0.1"] {
            let answer = browser.get_at(host, file).await;
            assert_eq!(answer.status, StatusCode::OK, "{host}{file}");
            assert!(answer.headers["cache-control"].to_str().unwrap().contains("immutable"));
        }
    }
    let old = browser.get("/_refractory/static/000000000000/portal.css").await;
    assert_eq!(old.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn every_answer_of_the_portal_ties_the_browser_down() {
    let place = Place::open().await;
    for path in ["/sign-in", "/nowhere", "/healthz", "/api/v1/session", "/setup"] {
        let answer = place.browser().get(path).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["referrer-policy"], "same-origin", "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test]
async fn pages_have_no_script_or_style_of_their_own() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    for path in ["/", "/tables/new", "/licenses", "/releases", "/people", "/about", "/account"] {
        let page = anna.get(path).await.text;
        assert!(
            !page.contains("<style") && !page.contains(" style=") && !page.contains("<script>"),
            "{path}"
        );
        assert!(!page.contains(" onclick=") && !page.contains("javascript:"), "{path}");
        let foreign = page.split("src=\"").skip(1).any(|rest| !rest.starts_with('/'));
        assert!(!foreign, "{path} asks another host");
    }
}

#[tokio::test]
async fn monitors_are_answered_and_numbers_are_for_this_machine() {
    let place = Place::open().await;
    friday(&place).await;
    let mut browser = place.browser();
    assert_eq!(browser.get("/healthz").await.text, "ok\n");
    assert_eq!(browser.get("/readyz").await.text, "ready\n");
    let numbers = browser.get("/metrics").await;
    assert!(numbers.text.contains("refractory_tables{state=\"off\"} 1"), "{}", numbers.text);
    assert!(numbers.text.contains("refractory_workers 1"));
}

#[tokio::test]
async fn a_stranger_behind_a_proxy_gets_no_numbers() {
    let place = Place::with(|config| config.trusted_proxies = vec!["127.0.0.1".into()]).await;
    let mut stranger = place.browser();
    stranger.headers.insert("x-forwarded-for", "9.9.9.9".parse().unwrap());
    assert_eq!(stranger.get("/metrics").await.status, StatusCode::FORBIDDEN);
    let mut anna = place.signed_in("anna", Role::Admin).await;
    anna.headers.insert("x-forwarded-for", "9.9.9.9".parse().unwrap());
    assert_eq!(anna.get("/metrics").await.status, StatusCode::OK);
    let off = Place::with(|config| config.metrics = MetricsAccess::Off).await;
    assert_eq!(off.browser().get("/metrics").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_cannot_be_told_from_the_proxy_is_not_this_machine() {
    let trusting = Place::with(|config| config.trusted_proxies = vec!["127.0.0.1".into()]).await;
    // Something on this machine passes requests on, and nobody said that it may be believed.
    let trusting_nobody = Place::open().await;
    for place in [&trusting, &trusting_nobody] {
        assert_eq!(place.browser().get("/metrics").await.status, StatusCode::OK);
        for (name, value) in [
            ("x-forwarded-for", "203.0.113.9:51234"),
            ("x-forwarded-for", "[2001:db8::1]:51234"),
            ("x-forwarded-for", "\"[2001:db8::1]\""),
            ("x-forwarded-for", "unknown"),
            ("x-forwarded-for", "_hidden"),
            ("x-forwarded-for", ""),
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-for", "203.0.113.9, 127.0.0.1"),
            ("forwarded", "for=203.0.113.9"),
            ("forwarded", "for=127.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-real-ip", "203.0.113.9"),
        ] {
            let mut stranger = place.browser();
            stranger.headers.insert(name, value.parse().unwrap());
            let answer = stranger.get("/metrics").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
        }
    }
}

/// How the n-th person's address is written.
type Written = fn(usize) -> (&'static str, String);

#[tokio::test]
async fn two_people_behind_a_proxy_are_two_however_it_writes_their_addresses() {
    let place = Place::with(|config| config.trusted_proxies = vec!["127.0.0.1".into()]).await;
    let ways: [Written; 4] = [
        |n| ("x-forwarded-for", format!("198.51.100.{n}:5{n:04}")),
        |n| ("x-forwarded-for", format!("[2001:db8:0:{n:x}::1]:51234")),
        |n| ("forwarded", format!("for=198.51.99.{n}")),
        |n| ("forwarded", format!("for=\"[2001:db8:1:{n:x}::1]:_x\";proto=https")),
    ];
    for (way, written) in ways.into_iter().enumerate() {
        for n in 0..24 {
            let mut browser = place.browser();
            let (name, value) = written(n);
            browser.headers.insert(name, value.parse().unwrap());
            let account = format!("nobody-{way}-{n}");
            let fields = [("name", account.as_str()), ("password", "wrong")];
            let answer = browser.submit("/sign-in", "/sign-in", &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{value}");
        }
    }
}

#[tokio::test]
async fn by_path_a_table_lives_beside_the_portal() {
    let place = Place::with(|config| config.by_path = true).await;
    let new = NewInstance::named(Slug::new("friday").unwrap());
    place.refractory.create(&Principal::operator(), new).await.unwrap();
    let mut browser = place.browser();
    let found = async {
        while !browser.get_at("localhost", "/friday/").await.text.contains("is off") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), found).await.unwrap();
    assert_eq!(browser.get("/sign-in").await.status, StatusCode::OK);
}
