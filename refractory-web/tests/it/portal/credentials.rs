//! Cookies and headers that are not ours, beside those that are.
use refractory_core::model::{Principal, Role};
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use testkit::http::RawClient;

use super::support::{Browser, Place};

const JWT: &str = "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2ln";

fn session(browser: &Browser) -> String {
    browser.cookies["refractory_session"].clone()
}

async fn status(place: &Place, cookies: &[&[u8]]) -> u16 {
    let mut question = b"GET /account HTTP/1.1\r\nHost: localhost\r\n".to_vec();
    for cookie in cookies {
        question.extend_from_slice(b"Cookie: ");
        question.extend_from_slice(cookie);
        question.extend_from_slice(b"\r\n");
    }
    question.extend_from_slice(b"\r\n");
    RawClient::ask(place.at, question).await.status
}

#[tokio::test]
async fn cookies_beside_ours_sign_nobody_out() {
    let place = Place::open().await;
    let anna = place.signed_in("anna", Role::Player).await;
    let stale = {
        let mut again = place.browser();
        let fields = [("name", "anna"), ("password", "correct horse")];
        again.submit("/sign-in", "/sign-in", &fields).await;
        let stale = session(&again);
        again.submit("/", "/sign-out", &[]).await;
        stale
    };
    let good = format!("refractory_session={}", session(&anna));
    let old = format!("refractory_session={stale}");
    let good = good.as_bytes();
    let joined = |before: &[u8]| [before, b"; ", good].concat();
    assert_eq!(status(&place, &[good]).await, 200);
    assert_eq!(status(&place, &[old.as_bytes()]).await, 303);
    for before in [
        old.as_bytes(),
        b"refractory_session=",
        b"refractory_session=nonsense; refractory_session=\xff\xfe",
        b"theirs=\xc3\x28",
        b"\xff\xfe",
        b"=x; ;; alone; $Version=1",
        b"a=\"1; b=%ff",
    ] {
        let told = String::from_utf8_lossy(before);
        assert_eq!(status(&place, &[&joined(before)]).await, 200, "{told}");
        assert_eq!(status(&place, &[before, good]).await, 200, "{told}");
        assert_eq!(status(&place, &[good, before]).await, 200, "{told}");
    }
    let flood: Vec<String> = (0..3000).map(|n| format!("refractory_session=v{n}")).collect();
    assert_eq!(status(&place, &[flood.join("; ").as_bytes()]).await, 303);
}

#[tokio::test]
async fn a_visit_beside_ours_spoils_no_form() {
    let place = Place::open().await;
    place.account("anna", Role::Player).await;
    let mut browser = place.browser();
    let csrf = browser.get("/sign-in").await.csrf();
    let ours = browser.cookies.remove("refractory_visit").unwrap();
    let both = format!("{}; refractory_visit={ours}", "f".repeat(48));
    browser.cookies.insert("refractory_visit".to_owned(), both);
    let fields = [("csrf", csrf.as_str()), ("name", "anna"), ("password", "correct horse")];
    assert_eq!(browser.post("/sign-in", &fields).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_link_beside_ours_spoils_no_link() {
    let place = Place::open().await;
    place.account("anna", Role::Player).await;
    let who = Principal::operator();
    let user = place.refractory.find_user(&who, "anna").await.unwrap();
    let link = place.refractory.sign_in_link(&who, &user.id).await.unwrap();
    let mut browser = place.browser();
    let both = format!("stale; refractory_link={}", link.secret.expose());
    browser.cookies.insert("refractory_link".to_owned(), both);
    let taken = browser.submit("/sign-in/link", "/sign-in/link", &[]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
}

#[tokio::test]
async fn an_authorization_that_is_not_ours_falls_back_to_the_cookie() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let secret = session(&anna);
    for foreign in ["Basic YTpi", JWT, "Bearer", "Bearer ", "Digest username=\"a\"", "nonsense"] {
        anna.headers.insert("authorization", HeaderValue::from_str(foreign).unwrap());
        assert_eq!(anna.get("/people").await.status, StatusCode::OK, "{foreign}");
        assert_eq!(anna.get("/api/v1/session").await.status, StatusCode::OK, "{foreign}");
        // Whoever comes with a cookie needs the token: a page elsewhere can make a browser send both.
        let refused = anna.json("POST".parse().unwrap(), "/api/v1/instances/x/start", None).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{foreign}");
        let refused = anna.post("/sign-out", &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{foreign}");
    }
    let mut program = place.browser();
    program.headers.insert("authorization", HeaderValue::from_str(JWT).unwrap());
    assert_eq!(program.get("/api/v1/session").await.status, StatusCode::UNAUTHORIZED);
    let ours = HeaderValue::from_str(&format!("bearer  {secret}")).unwrap();
    program.headers.append("authorization", ours);
    assert_eq!(program.get("/api/v1/session").await.status, StatusCode::OK);
    let allowed = program.json("POST".parse().unwrap(), "/api/v1/instances/x/start", None).await;
    assert_eq!(allowed.status, StatusCode::NOT_FOUND, "its own token needs no other");
}

#[tokio::test]
async fn people_sign_in_through_a_proxy_that_adds_its_own_token() {
    let place = Place::open().await;
    place.account("anna", Role::Player).await;
    let mut browser = place.browser();
    browser.headers.insert("authorization", HeaderValue::from_static(JWT));
    let fields = [("name", "anna"), ("password", "correct horse")];
    let entered = browser.submit("/sign-in", "/sign-in", &fields).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}
