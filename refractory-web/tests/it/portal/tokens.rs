//! Tokens for programs: what they may, and when they end.
use std::time::Duration;

use refractory_core::model::{
    Backup, GroupName, Identity, Principal, Role, Scope, Scopes, Token, Via,
};
use refractory_core::ports::{Aggregate, Collection, Kind, Query};
use refractory_core::{NewApiToken, Refractory};
use reqwest::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::conformance::sample;

use super::audit::user;
use super::support::{Browser, Place};

pub(super) async fn minted(
    app: &Refractory,
    of: &refractory_core::UserId,
    scopes: &[Scope],
) -> String {
    // One user has each name once.
    let name = refractory_core::EventId::fresh().to_string();
    let scopes = Scopes::new(scopes.iter().copied());
    let new = NewApiToken { name, scopes, lasts: Some(Duration::from_hours(1)) };
    let made = app.create_api_token(&Principal::operator(), of, new).await.unwrap();
    made.secret.expose().to_owned()
}

pub(super) fn with(place: &Place, secret: &str) -> Browser {
    let mut browser = place.browser();
    let value = HeaderValue::from_str(&format!("Bearer {secret}")).unwrap();
    browser.headers.insert(AUTHORIZATION, value);
    browser
}

/// What is asked of each scope: a method, an address, a body.
fn asked() -> Vec<(Method, &'static str, Option<Value>, Scope)> {
    use Scope::{Admin, Credentials, Manage, Play, Read};
    vec![
        (Method::GET, "/instances", None, Read),
        (Method::GET, "/instances/friday", None, Read),
        (Method::GET, "/instances/friday/logs", None, Read),
        (Method::GET, "/instances/friday/events", None, Read),
        (Method::GET, "/licenses", None, Read),
        (Method::GET, "/releases", None, Read),
        (Method::GET, "/events", None, Read),
        (Method::GET, "/status", None, Read),
        (Method::GET, "/workers", None, Read),
        (Method::GET, "/damaged", None, Read),
        (Method::POST, "/instances/friday/start", None, Play),
        (Method::POST, "/instances/friday/stop?now=true&force=true", None, Play),
        (Method::PATCH, "/instances/friday", Some(json!({ "title": "Friday" })), Manage),
        (Method::POST, "/instances", Some(json!({ "name": "x" })), Manage),
        (Method::DELETE, "/instances/friday?confirm=no", None, Manage),
        (Method::PATCH, "/instances/friday", Some(json!({ "owner": null })), Admin),
        (
            Method::POST,
            "/licenses",
            Some(json!({ "name": "x", "key": "ABCD-EFGH-IJKL-MNOP-QRST-1239" })),
            Admin,
        ),
        (Method::GET, "/operations", None, Read),
        (Method::GET, "/instances/friday/backups", None, Read),
        (Method::POST, "/instances/friday/backups", Some(json!({})), Manage),
        (Method::GET, "/groups", None, Admin),
        (Method::POST, "/groups", Some(json!({ "name": "club" })), Admin),
        (Method::PUT, "/groups/crew/members/bert", Some(json!({})), Admin),
        (Method::GET, "/users", None, Admin),
        (Method::POST, "/users", Some(json!({ "name": "newcomer", "role": "player" })), Admin),
        (Method::PATCH, "/users/bert", Some(json!({ "role": "player" })), Admin),
        (Method::GET, "/tokens", None, Credentials),
        (
            Method::POST,
            "/tokens",
            Some(json!({ "name": "more", "scopes": ["credentials"] })),
            Credentials,
        ),
    ]
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say() {
    let place = Place::open().await;
    place.account("anna", Role::Admin).await;
    place.account("bert", Role::GameMaster).await;
    let anna = user(&place, "anna").await;
    let friday = refractory_core::model::NewInstance::named(
        refractory_core::model::Slug::new("friday").unwrap(),
    );
    place.refractory.create(&Principal::operator(), friday).await.unwrap();
    let crew = GroupName::new("crew").unwrap();
    place.refractory.create_group(&Principal::operator(), crew).await.unwrap();
    let mut lines = Vec::new();
    for held in Scope::ALL {
        let mut program = with(&place, &minted(&place.refractory, &anna.id, &[held]).await);
        let session = program.get("/api/v1/session").await.json();
        assert_eq!(session["scopes"], json!([held.name()]));
        for (method, path, body, needed) in asked() {
            let answer = program.json(method.clone(), &format!("/api/v1{path}"), body).await;
            let refused = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(
                !refused,
                Scopes::new([held]).include(needed),
                "{held} {method} {path}: {}",
                answer.text
            );
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED);
            if refused {
                assert_eq!(answer.json()["code"], "insufficient-scope", "{}", answer.text);
                let challenge = answer.headers[WWW_AUTHENTICATE].to_str().unwrap();
                assert!(challenge.contains("insufficient_scope"), "{challenge}");
            }
            lines.push(format!("{held} {method} {path} {}", !refused));
        }
    }
    assert_eq!(lines.len(), Scope::ALL.len() * asked().len());
    // What opens other doors needs both: the right over users, and that over credentials.
    for (scopes, may) in [
        (vec![Scope::Admin], false),
        (vec![Scope::Credentials], false),
        (vec![Scope::Admin, Scope::Credentials], true),
    ] {
        let mut program = with(&place, &minted(&place.refractory, &anna.id, &scopes).await);
        for path in ["/api/v1/users/bert/link", "/api/v1/users/bert/sign-out"] {
            let answer = program.json(Method::POST, path, None).await;
            assert_eq!(answer.status.is_success(), may, "{scopes:?} {path}: {}", answer.text);
        }
        let of_bert = program.get("/api/v1/tokens?user=bert").await;
        assert_eq!(of_bert.status.is_success(), may, "{scopes:?}: {}", of_bert.text);
    }
}

#[tokio::test]
async fn a_token_never_does_more_than_its_user_and_makes_none_that_may_more() {
    let place = Place::open().await;
    place.account("anna", Role::Admin).await;
    place.account("gil", Role::GameMaster).await;
    place.account("pia", Role::Player).await;
    let everything = [Scope::Admin, Scope::Credentials];
    let gil = user(&place, "gil").await;
    let mut program = with(&place, &minted(&place.refractory, &gil.id, &everything).await);
    for path in ["/api/v1/users", "/api/v1/events", "/api/v1/status", "/api/v1/tokens?user=anna"] {
        assert_eq!(program.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let made =
        program.json(Method::POST, "/api/v1/instances", Some(json!({ "name": "gils" }))).await;
    assert_eq!((made.status, &made.json()["owner"]), (StatusCode::CREATED, &json!("gil")));
    let for_anna = json!({ "name": "x", "user": "anna" });
    let refused = program.json(Method::POST, "/api/v1/tokens", Some(for_anna)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    let mut small =
        with(&place, &minted(&place.refractory, &gil.id, &[Scope::Read, Scope::Credentials]).await);
    let more = json!({ "name": "more", "scopes": ["manage"] });
    let refused = small.json(Method::POST, "/api/v1/tokens", Some(more)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    let same = json!({ "name": "same", "scopes": ["read", "credentials"] });
    assert_eq!(
        small.json(Method::POST, "/api/v1/tokens", Some(same)).await.status,
        StatusCode::CREATED
    );

    // Another role narrows it at once, and no account ends it.
    let operator = Principal::operator();
    place.refractory.set_role(&operator, &gil.id, Role::Player).await.unwrap();
    let refused =
        program.json(Method::POST, "/api/v1/instances", Some(json!({ "name": "more" }))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    assert_eq!(program.get("/api/v1/session").await.json()["role"], "player");
    // Signing out everywhere ends sessions and no tokens.
    place.refractory.sign_out_everywhere(&operator, &gil.id).await.unwrap();
    assert_eq!(program.get("/api/v1/session").await.status, StatusCode::OK);
    place.refractory.remove_user(&operator, &gil.id).await.unwrap();
    assert_eq!(program.get("/api/v1/session").await.status, StatusCode::UNAUTHORIZED);
    let left = Collection::<Token>::of(place.store.as_ref())
        .gather(Query::all(Kind::Token))
        .await
        .unwrap()
        .0;
    assert!(left.iter().all(|token| token.purpose.user() != Some(&gil.id)), "{left:?}");
}

#[tokio::test]
async fn a_token_is_shown_once_and_kept_as_a_digest() {
    let place = Place::open().await;
    let mut anna = super::api::program(&place, "anna", Role::Admin).await;
    let body = json!({ "name": "backup script", "scopes": ["read"], "expires_in": 86_400 });
    let made = anna.json(Method::POST, "/api/v1/tokens", Some(body.clone())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let (secret, id) =
        (made.json()["secret"].as_str().unwrap().to_owned(), made.json()["id"].clone());
    assert!(secret.starts_with("rft_") && secret.len() == 44, "{secret}");
    let again = anna.json(Method::POST, "/api/v1/tokens", Some(body)).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
    for (wrong, status) in [
        (json!({ "name": "" }), 422),
        (json!({ "name": "x", "expires_in": 1 }), 422),
        (json!({ "name": "x", "scopes": ["fly"] }), 422),
        (json!({ "name": "x", "user": "nobody" }), 422),
    ] {
        let refused = anna.json(Method::POST, "/api/v1/tokens", Some(wrong.clone())).await;
        assert_eq!(refused.status.as_u16(), status, "{wrong}: {}", refused.text);
    }
    let never = json!({ "name": "never", "expires_in": null });
    let never = anna.json(Method::POST, "/api/v1/tokens", Some(never)).await.json();
    assert_eq!(never["expires"], json!(null));
    let at = format!("/api/v1/tokens/{}", id.as_str().unwrap());

    let mut program = with(&place, &secret);
    assert_eq!(program.get("/api/v1/instances").await.status, StatusCode::OK);
    let digest = refractory_core::digest::sha256_hex(&[secret.as_bytes()]);
    let kept = async || Collection::<Token>::of(place.store.as_ref()).load(&digest).await.unwrap();
    let used = kept().await.unwrap();
    for _ in 0..5 {
        program.get("/api/v1/instances").await;
    }
    assert_eq!(kept().await.unwrap().revision, used.revision, "a second use is not written");
    let shown = anna.get(&at).await;
    assert_eq!(shown.json()["last_used"].as_str().unwrap().len(), 10, "{}", shown.text);
    for path in [at.as_str(), "/api/v1/tokens", "/api/v1/events", "/api/v1/session"] {
        let text = anna.get(path).await.text;
        assert!(!text.contains(&secret) && !text.contains(&digest), "{path}: {text}");
    }
    assert!(!format!("{:?}", kept().await).contains(&secret));

    let closed = program.json(Method::DELETE, "/api/v1/session", None).await;
    assert_eq!(closed.status, StatusCode::CONFLICT, "a token is no session: {}", closed.text);
    // In a cookie it is worth nothing.
    let mut browser = place.browser();
    browser.cookies.insert("refractory_session".to_owned(), secret.clone());
    assert_eq!(browser.get("/api/v1/session").await.status, StatusCode::UNAUTHORIZED);
    let mut pia = super::api::program(&place, "pia", Role::Player).await;
    assert_eq!(
        pia.get(&at).await.status,
        StatusCode::NOT_FOUND,
        "of others there is nothing to see"
    );
    assert_eq!(pia.json(Method::DELETE, &at, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(anna.json(Method::DELETE, &at, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(anna.json(Method::DELETE, &at, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(program.get("/api/v1/instances").await.status, StatusCode::UNAUTHORIZED);
    let events = anna.get("/api/v1/events").await.text;
    for told in ["token-created", "token-revoked", "backup script"] {
        assert!(events.contains(told), "{told}: {events}");
    }
}

#[tokio::test]
async fn tokens_are_made_and_revoked_on_the_page_of_the_account() {
    let place = Place::open().await;
    let mut pia = place.signed_in("pia", Role::Player).await;
    let page = pia.get("/account").await.text;
    assert!(page.contains("No tokens yet."), "{page}");
    let form = [("name", "lights"), ("scope", "play"), ("expires", "30"), ("credentials", "yes")];
    let made = pia.submit("/account", "/account/tokens", &form).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let at = made.text.find("rft_").unwrap();
    let secret = made.text[at..at + 44].to_owned();
    let mut program = with(&place, &secret);
    assert_eq!(
        program.get("/api/v1/session").await.json()["scopes"],
        json!(["play", "credentials"])
    );
    let taken = pia.submit("/account", "/account/tokens", &form).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert!(
        taken.text.contains("named `lights` already") && taken.text.contains("value=\"lights\""),
        "{}",
        taken.text
    );
    let page = pia.get("/account").await.text;
    assert!(!page.contains("rft_") && page.contains("lights"), "{page}");
    let mark = "action=\"/account/tokens/";
    let at = page.find(mark).unwrap() + mark.len();
    let id = page[at..].split('/').next().unwrap().to_owned();
    let revoked =
        pia.submit_and_follow("/account", &format!("/account/tokens/{id}/revoke"), &[]).await;
    assert!(revoked.text.contains("The token was revoked."), "{}", revoked.text);
    assert_eq!(program.get("/api/v1/session").await.status, StatusCode::UNAUTHORIZED);
}

/// What cannot be undone, and what opens other doors, takes more than a token that reads.
#[tokio::test]
async fn a_token_that_reads_changes_no_backup_no_membership_and_no_identity() {
    let place = Place::open().await;
    place.account("anna", Role::Admin).await;
    let anna = user(&place, "anna").await;
    let app = &place.refractory;
    let operator = Principal::operator();
    let group = app.create_group(&operator, GroupName::new("club").unwrap()).await.unwrap();
    app.add_member(&operator, &group.id, "anna", false).await.unwrap();
    // Its instance is deleted: only administrators may do anything with it.
    let backup = Backup::from_record(sample::full(Kind::Backup)).unwrap();
    Collection::of(place.store.as_ref()).insert(&backup).await.unwrap();
    let secret = minted(app, &anna.id, &[Scope::Read]).await;
    let reader = app.bearer(&secret, Via::Web).await.unwrap().unwrap();
    let discord = Identity::discord("80351110224678912").unwrap();
    let refused = [
        app.delete_backup(&reader, &backup.id).await.err(),
        app.verify_backup(&reader, &backup.id).await.err(),
        app.remove_member(&reader, &group.id, "anna").await.err(),
        app.link_identity(&reader, &anna.id, &discord).await.err(),
        app.unlink_identity(&reader, &anna.id, &Identity::Password).await.err(),
    ];
    for (at, error) in refused.into_iter().enumerate() {
        let error = error.unwrap_or_else(|| panic!("{at} was not refused"));
        assert_eq!(error.code().as_str(), "insufficient-scope", "{at}: {error:?}");
    }
    // A token with the scopes for it may.
    let both = minted(app, &anna.id, &[Scope::Admin, Scope::Credentials]).await;
    let both = app.bearer(&both, Via::Web).await.unwrap().unwrap();
    app.link_identity(&both, &anna.id, &discord).await.unwrap();
    app.remove_member(&both, &group.id, "anna").await.unwrap();
}
