//! Guessing at passwords, and everything that must go on meanwhile.
use futures_util::future::join_all;
use refractory_core::EventFilter;
use refractory_core::model::{Principal, Role};
use reqwest::header::{HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::support::{Browser, Place};

/// A portal that believes what is said about where a request came from.
async fn behind_a_proxy() -> Place {
    Place::with(|config| config.trusted_proxies.push("127.0.0.1".to_owned())).await
}

fn from(browser: &mut Browser, address: &str) {
    browser.headers.insert("x-forwarded-for", HeaderValue::from_str(address).unwrap());
}

/// How many guesses got as far as a password: each of those is in the audit trail.
async fn reached(place: &Place) -> usize {
    let filter = EventFilter::default().of_kind("sign-in-failed");
    let page = place.refractory.events(&Principal::operator(), &filter, None, 200).await.unwrap();
    assert!(page.next.is_none(), "all of them are on one page");
    page.events.len()
}

async fn sign_in(browser: &mut Browser, name: &str, password: &str) -> super::support::Answer {
    browser.submit("/sign-in", "/sign-in", &[("name", name), ("password", password)]).await
}

#[tokio::test]
async fn no_spelling_of_a_name_has_a_budget_of_its_own() {
    let place = behind_a_proxy().await;
    place.account("anna", Role::Admin).await;
    let spellings =
        ["anna", " anna", "anna  ", "ANNA", "aNNa\t", "\u{a0}anna", "\u{3000}Anna\u{2003}"];
    let mut eve = place.browser();
    let csrf = eve.get("/sign-in").await.csrf();
    let mut wrong = 0;
    for at in 0..200_usize {
        from(&mut eve, &format!("198.51.{}.{}", at / 100, at % 100 + 1));
        let padded = format!("{}{}", spellings[at % spellings.len()], " ".repeat(at / 7));
        let fields = [("csrf", csrf.as_str()), ("name", &padded), ("password", "guess")];
        let answer = eve.post("/sign-in", &fields).await;
        wrong += usize::from(answer.status == StatusCode::UNPROCESSABLE_ENTITY);
        let body = json!({ "name": padded, "password": "guess" });
        let answer = eve.json(Method::POST, "/api/v1/session", Some(body)).await;
        wrong += usize::from(answer.status == StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(reached(&place).await, wrong);
    assert!((10..=100).contains(&wrong), "{wrong} of 400 guesses were looked at");
}

#[tokio::test]
async fn the_owner_gets_in_while_strangers_guess() {
    let place = behind_a_proxy().await;
    place.account("anna", Role::Admin).await;
    let mut laptop = place.browser();
    from(&mut laptop, "203.0.113.7");
    assert_eq!(sign_in(&mut laptop, "anna", "correct horse").await.status, StatusCode::SEE_OTHER);
    laptop.submit("/", "/sign-out", &[]).await;
    let mut eve = place.browser();
    // Eight from one place lock nobody out, not even there.
    for _ in 0..8 {
        from(&mut eve, "198.51.100.1");
        sign_in(&mut eve, "anna", "guess").await;
    }
    let mut elsewhere = place.browser();
    from(&mut elsewhere, "203.0.113.8");
    let entered = sign_in(&mut elsewhere, "anna", "correct horse").await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
    // Many from everywhere do, but not on the laptop, wherever it is.
    for at in 0..120 {
        from(&mut eve, &format!("198.51.100.{at}"));
        sign_in(&mut eve, "anna", "guess").await;
    }
    let mut strange = place.browser();
    from(&mut strange, "203.0.113.9");
    let refused = sign_in(&mut strange, "anna", "correct horse").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let entered = sign_in(&mut laptop, " Anna ", "correct horse").await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
    // The mark is anna's, and nobody else's.
    place.account("bert", Role::Admin).await;
    for at in 0..120 {
        from(&mut eve, &format!("198.51.100.{at}"));
        sign_in(&mut eve, "bert", "guess").await;
    }
    laptop.submit("/", "/sign-out", &[]).await;
    let refused = sign_in(&mut laptop, "bert", "correct horse").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_mark_of_a_device_is_long_lived_out_of_reach_and_void_when_it_is_forged_or_revoked() {
    let place = Place::open().await;
    let mut laptop = place.browser();
    place.account("anna", Role::Admin).await;
    let entered = sign_in(&mut laptop, "anna", "correct horse").await;
    let set: Vec<_> = entered.headers.get_all("set-cookie").iter().collect();
    let mark = set.iter().find(|set| set.to_str().unwrap().starts_with("refractory_device="));
    let mark = mark.unwrap().to_str().unwrap().to_owned();
    assert!(mark.contains("HttpOnly") && mark.contains("Max-Age=34560000"), "{mark}");
    assert!(!mark.contains("correct") && !mark.contains("anna"), "{mark}");
    let good = laptop.cookies["refractory_device"].clone();
    assert_eq!(laptop.submit("/", "/sign-out", &[]).await.to(), "/sign-in");
    assert_eq!(laptop.cookies["refractory_device"], good, "signing out leaves the device known");
    let mut eve = place.browser();
    for _ in 0..12 {
        sign_in(&mut eve, "anna", "guess").await;
    }
    let last = if good.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{last}", &good[..good.len() - 1]);
    let other_epoch = good.replacen("~1~", "~2~", 1);
    for bad in [forged.as_str(), &other_epoch, "a~1~b~c", "~~~", "", "|||", &"x".repeat(4000)] {
        laptop.cookies.insert("refractory_device".to_owned(), bad.to_owned());
        let refused = sign_in(&mut laptop, "anna", "correct horse").await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{bad}");
    }
    laptop.cookies.insert("refractory_device".to_owned(), good.clone());
    assert_eq!(sign_in(&mut laptop, "anna", "correct horse").await.status, StatusCode::SEE_OTHER);
    laptop.submit("/", "/sign-out", &[]).await;
    let operator = Principal::operator();
    let anna = place.refractory.find_user(&operator, "anna").await.unwrap();
    place.refractory.sign_out_everywhere(&operator, &anna.id).await.unwrap();
    let refused = sign_in(&mut laptop, "anna", "correct horse").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn one_browser_is_known_to_each_account_that_was_signed_in_to_there() {
    let place = behind_a_proxy().await;
    let mut shared = place.browser();
    for name in ["anna", "bert", "cleo"] {
        place.account(name, Role::Player).await;
        sign_in(&mut shared, name, "correct horse").await;
        shared.submit("/", "/sign-out", &[]).await;
    }
    let mut eve = place.browser();
    for at in 0..360 {
        from(&mut eve, &format!("198.51.{}.{}", at / 200, at % 200 + 1));
        sign_in(&mut eve, ["anna", "bert", "cleo"][at % 3], "guess").await;
    }
    for name in ["anna", "bert", "cleo"] {
        let entered = sign_in(&mut shared, name, "correct horse").await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER, "{name}");
        shared.submit("/", "/sign-out", &[]).await;
    }
}

#[tokio::test]
async fn a_whole_convention_signs_in_from_one_address() {
    let place = Place::open().await;
    for at in 0..40 {
        place.account(&format!("player{at}"), Role::Player).await;
    }
    let enter = |at: usize| {
        let mut browser = place.browser();
        async move { sign_in(&mut browser, &format!("player{at}"), "correct horse").await.status }
    };
    let entered = join_all((0..40).map(enter)).await;
    assert_eq!(entered, vec![StatusCode::SEE_OTHER; 40]);
    let mut again = Vec::new();
    for at in 0..40 {
        again.push(enter(at).await);
    }
    assert_eq!(again, vec![StatusCode::SEE_OTHER; 40]);
}

#[tokio::test]
async fn guesses_made_at_once_are_no_more_than_guesses_made_one_by_one() {
    let place = Place::open().await;
    place.account("anna", Role::Admin).await;
    let mut eve = place.browser();
    let csrf = eve.get("/sign-in").await.csrf();
    let cookies = eve.cookies.clone();
    let guess = |_| {
        let mut browser = place.browser();
        browser.cookies.clone_from(&cookies);
        let csrf = csrf.clone();
        async move {
            let fields = [("csrf", csrf.as_str()), ("name", "anna"), ("password", "guess")];
            browser.post("/sign-in", &fields).await.status
        }
    };
    let answers = join_all((0..60).map(guess)).await;
    let wrong = answers.iter().filter(|it| **it == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert_eq!((wrong, reached(&place).await), (10, 10), "{answers:?}");
}

#[tokio::test]
async fn an_ipv6_client_has_its_network_and_not_each_address_of_it() {
    let place = behind_a_proxy().await;
    let mut eve = place.browser();
    let mut refused = 0;
    for at in 0..60 {
        from(&mut eve, &format!("2001:db8:5:6::{at:x}"));
        let answer = sign_in(&mut eve, &format!("user{at}"), "guess").await;
        refused += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 30);
    from(&mut eve, "2001:db8:5:7::1");
    let other = sign_in(&mut eve, "user1", "guess").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_refusal_says_when_to_come_back_in_words_and_to_programs() {
    let place = Place::open().await;
    place.account("anna", Role::Admin).await;
    let mut eve = place.browser();
    for _ in 0..10 {
        sign_in(&mut eve, "anna", "guess").await;
    }
    let refused = sign_in(&mut eve, "anna", "guess").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=120).contains(&wait), "{wait}");
    let said = format!("Too many attempts. Try again in {wait} seconds.");
    assert!(refused.text.contains(&said), "{}", refused.text);
    let body = json!({ "name": "anna", "password": "guess" });
    let refused = eve.json(Method::POST, "/api/v1/session", Some(body)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers.contains_key(RETRY_AFTER));
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("Too many attempts. Try again in "), "{detail}");
}

#[tokio::test]
async fn each_caller_of_the_api_has_a_rate_and_is_told_when_to_come_back() {
    let place = Place::open().await;
    let (mut anna, mut bert) =
        (place.signed_in("anna", Role::Admin).await, place.signed_in("bert", Role::Player).await);
    let mut served = 0;
    let refused = loop {
        let answer = anna.get("/api/v1/session").await;
        if answer.status != StatusCode::OK {
            break answer;
        }
        served += 1;
        assert!(served < 20_000, "nobody is ever refused");
    };
    assert!(served >= 200, "{served}");
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.text);
    assert_eq!(refused.headers[RETRY_AFTER], "1");
    assert_eq!(bert.get("/api/v1/session").await.status, StatusCode::OK, "bert is somebody else");
    let page = anna.get("/").await;
    assert_eq!(page.status, StatusCode::OK, "pages have no rate");
}

#[tokio::test]
async fn whoever_is_signed_in_guesses_no_faster_at_the_password() {
    let place = Place::open().await;
    let mut thief = place.signed_in("anna", Role::Admin).await;
    let fields =
        [("current", "guess"), ("password", "a new password"), ("again", "a new password")];
    let mut told = Vec::new();
    for _ in 0..14 {
        let page = thief.submit("/account", "/account/password", &fields).await.text;
        told.push(page.contains("current password is wrong"));
        assert!(page.contains("current password is wrong") || page.contains("Too many attempts."));
    }
    assert_eq!(told.iter().filter(|wrong| **wrong).count(), 10);
}
