//! Rights on tables and groups, in the portal.
use std::collections::BTreeSet;
use std::time::Duration;

use refractory_core::Change;
use refractory_core::model::{
    GranteeName, GrantsChange, Instance, NewInstance, Principal, Right, Role, Slug,
};
use reqwest::{Method, StatusCode};

use super::streams::until_within;
use super::support::{Browser, Place};

fn granting(right: Right, words: &str) -> GrantsChange {
    GrantsChange::default().granting(right, GranteeName::list([words]).unwrap())
}

/// A table with nothing granted to anyone.
async fn hidden(place: &Place, slug: &str) -> Instance {
    let none = Right::ALL
        .into_iter()
        .fold(GrantsChange::default(), |change, right| change.granting(right, BTreeSet::new()));
    let new = NewInstance::named(Slug::new(slug).unwrap()).granting(none);
    place.refractory.create(&Principal::operator(), new).await.unwrap()
}

async fn grant(place: &Place, table: &Instance, right: Right, words: &str) {
    let change = Change { grants: granting(right, words), ..Change::default() };
    place.refractory.change(&Principal::operator(), &table.id, change).await.unwrap();
}

async fn until(stream: &mut reqwest::Response, mark: &str) -> String {
    until_within(Duration::from_secs(40), stream, mark).await
}

/// What there is to ask about the table `slug`, with every method.
async fn asked(browser: &mut Browser, slug: &str) -> Vec<(String, StatusCode, String)> {
    let mut all = Vec::new();
    let csrf = browser.get("/api/v1/session").await.json()["csrf"].as_str().unwrap().to_owned();
    let table = format!("/tables/{slug}");
    for path in ["", "/settings", "/live", "/log/live"] {
        all.push((path.to_owned(), browser.get(&format!("{table}{path}")).await));
    }
    for path in ["start", "stop", "restart", "take-license", "set-up", "access", "delete"] {
        let form = [
            ("csrf", &*csrf),
            ("typed", slug),
            ("view", ""),
            ("play", ""),
            ("game_master", ""),
            ("manage", ""),
        ];
        all.push((path.to_owned(), browser.post(&format!("{table}/{path}"), &form).await));
    }
    browser.headers.insert("x-csrf-token", csrf.parse().unwrap());
    let api = format!("/api/v1/instances/{slug}");
    for (method, path) in [
        (Method::GET, ""),
        (Method::GET, "/events"),
        (Method::GET, "/logs"),
        (Method::POST, "/start"),
        (Method::POST, "/stop"),
        (Method::POST, "/restart"),
        (Method::POST, "/take-license"),
        (Method::POST, "/rotate-key"),
        (Method::POST, "/setup-link"),
    ] {
        let answer = browser.json(method.clone(), &format!("{api}{path}"), None).await;
        all.push((format!("{method} api{path}"), answer));
    }
    let body = Some(serde_json::json!({ "title": "x" }));
    all.push(("PATCH api".to_owned(), browser.json(Method::PATCH, &api, body).await));
    let gone = format!("{api}?confirm={slug}");
    all.push(("DELETE api".to_owned(), browser.json(Method::DELETE, &gone, None).await));
    browser.headers.clear();
    // Tokens of forms and ids of requests differ from page to page.
    let plain = |text: &str| {
        let text = text.replace(&csrf, "TOKEN").replace(slug, "NAME");
        // Whether a worker lives may be known by now.
        text.replace("role=\"status\" hidden>", "role=\"status\">")
    };
    all.into_iter().map(|(path, answer)| (path, answer.status, plain(&answer.text))).collect()
}

#[tokio::test]
async fn a_table_that_one_may_not_view_answers_as_one_that_is_not_there() {
    let place = Place::open().await;
    let table = hidden(&place, "friday").await;
    for (name, role) in [("pia", Role::Player), ("max", Role::GameMaster)] {
        let mut browser = place.signed_in(name, role).await;
        let hidden = asked(&mut browser, "friday").await;
        let nothing = asked(&mut browser, "sunday").await;
        for (hidden, nothing) in hidden.iter().zip(&nothing) {
            assert_eq!(hidden, nothing, "{name}");
            assert_eq!(hidden.1, StatusCode::NOT_FOUND, "{name}: {hidden:?}");
        }
        for path in ["/", "/api/v1/instances", "/licenses", "/account"] {
            let text = browser.get(path).await.text;
            assert!(!text.contains("friday"), "{name} at {path}: {text}");
        }
        let by_id = browser.get(&format!("/api/v1/instances/{}", table.id)).await;
        assert_eq!(by_id.status, StatusCode::NOT_FOUND);
    }
    let mut at_the_door = place.browser();
    let [hidden, nothing] = [
        at_the_door.get_at("friday.localhost", "/join").await,
        at_the_door.get_at("sunday.localhost", "/join").await,
    ];
    assert_eq!(hidden.status, nothing.status);
    assert_eq!(hidden.text.replace("friday", "sunday"), nothing.text);
    let waiting = place.browser().get("/_refractory/waiting/friday").await;
    assert_eq!(waiting.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_door_opens_with_the_right_to_play_alone() {
    let place = Place::open().await;
    let table = hidden(&place, "friday").await;
    grant(&place, &table, Right::Play, "anyone").await;
    let mut stranger = place.browser();
    let waiting = async |browser: &mut Browser, mark: &str| {
        for _ in 0..200 {
            if browser.get_at("friday.localhost", "/").await.text.contains(mark) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    };
    assert!(
        waiting(&mut stranger, "is off").await,
        "unlisted, and open to whoever has the address"
    );
    let mut pia = place.signed_in("pia", Role::Player).await;
    assert!(!pia.get("/").await.text.contains("friday"));
    grant(&place, &table, Right::Play, "user:pia").await;
    assert!(waiting(&mut stranger, "no table").await, "the edge does not know who comes");
    assert!(pia.get("/").await.text.contains("friday"));
}

#[tokio::test]
async fn streams_tell_what_one_may_view_and_that_it_is_gone_when_one_may_no_more() {
    let place = Place::open().await;
    let secret = hidden(&place, "secret").await;
    let table = hidden(&place, "friday").await;
    let pia = place.signed_in("pia", Role::Player).await;
    grant(&place, &table, Right::View, "user:pia").await;
    let mut all = pia.stream("/api/v1/stream").await;
    let mut cards = pia.stream("/live").await;
    let mut page = pia.stream("/tables/friday/live").await;
    for stream in [&mut all, &mut cards, &mut page] {
        let told = until(stream, "friday").await;
        assert!(!told.contains("secret"), "{told}");
    }
    grant(&place, &table, Right::View, "no-one").await;
    for stream in [&mut all, &mut cards, &mut page] {
        let told = until(stream, "event: gone").await;
        assert!(!told.contains("secret"), "{told}");
    }
    grant(&place, &secret, Right::GameMaster, "signed-in").await;
    assert!(until(&mut all, "event: instance").await.contains("secret"));
}

const GROUP: &str = "/groups/crew";

/// Adds `user` to the group, in the way of its page.
async fn add(browser: &mut Browser, user: &str, administers: &str) -> String {
    let form = [("user", user), ("administers", administers)];
    browser.submit_and_follow(GROUP, "/groups/crew/add", &form).await.text
}

#[tokio::test]
async fn a_groups_administrator_manages_its_members_and_nothing_else() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let mut pia = place.signed_in("pia", Role::Player).await;
    let mut max = place.signed_in("max", Role::GameMaster).await;
    let empty = anna.get("/groups").await.text;
    assert!(empty.contains("No groups yet") && empty.contains("href=\"/groups\""), "{empty}");
    let made = anna.submit_and_follow("/groups", "/groups", &[("name", "Crew")]).await.text;
    assert!(made.contains("The group crew was created"), "{made}");
    assert!(made.contains("No members yet"), "{made}");
    let taken = anna.submit("/groups", "/groups", &[("name", "crew")]).await.text;
    assert!(taken.contains("A group named `crew` already exists"), "{taken}");
    let nobody = anna.submit(GROUP, "/groups/crew/add", &[("user", "nobody")]).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    assert!(nobody.text.contains("There is no user named `nobody`"), "{}", nobody.text);
    assert!(nobody.text.contains("value=\"nobody\""), "what was typed is kept");
    let added = add(&mut anna, "pia", "yes").await;
    assert!(added.contains("Administers the group"), "{added}");
    let page = pia.get("/").await.text;
    assert!(page.contains("href=\"/groups\"") && !page.contains("href=\"/people\""), "{page}");
    let page = add(&mut pia, "max", "").await;
    assert!(page.contains("max") && page.contains("2 members"), "{page}");
    assert!(!page.contains("Delete group") && !page.contains("Rename group"), "{page}");
    assert!(!pia.get("/groups").await.text.contains("Create group"));
    assert_eq!(max.get("/groups").await.status, StatusCode::FORBIDDEN);
    assert_eq!(max.get(GROUP).await.status, StatusCode::FORBIDDEN);
    assert_eq!(max.get("/groups/nothing").await.status, StatusCode::NOT_FOUND);
    let removed = pia.submit_and_follow(GROUP, "/groups/crew/remove", &[("user", "max")]).await;
    assert!(removed.text.contains("max is not in the group any more"), "{}", removed.text);
}

#[tokio::test]
async fn a_member_of_a_group_sees_and_runs_its_tables_until_the_group_is_gone() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let mut pia = place.signed_in("pia", Role::Player).await;
    anna.submit_and_follow("/groups", "/groups", &[("name", "crew")]).await;
    add(&mut anna, "pia", "").await;
    let table = hidden(&place, "friday").await;
    let settings = "/tables/friday/settings";
    let form =
        [("view", ""), ("play", "anyone"), ("game_master", "group:crew"), ("manage", "no-one")];
    let saved = anna.submit_and_follow(settings, "/tables/friday/access", &form).await.text;
    assert!(saved.contains("Access changed.") && saved.contains("value=\"group:crew\""), "{saved}");
    assert!(!saved.contains("no one can join this table"), "{saved}");
    assert!(pia.get("/").await.text.contains("friday"));
    let page = pia.get("/tables/friday").await.text;
    assert!(page.contains("action=\"/tables/friday/start\""), "{page}");
    assert_eq!(pia.get(settings).await.status, StatusCode::FORBIDDEN, "she runs it only");
    assert!(anna.get(GROUP).await.text.contains("href=\"/tables/friday\""));
    let other = anna.submit(GROUP, "/groups/crew/delete", &[("typed", "no")]).await.text;
    assert!(other.contains("type its name: `crew`"), "{other}");
    let renamed = anna.submit_and_follow(GROUP, "/groups/crew/rename", &[("name", "band")]).await;
    assert!(renamed.text.contains("The group is called band now"), "{}", renamed.text);
    assert!(anna.get(settings).await.text.contains("value=\"group:band\""));
    let (group, form) = ("/groups/band", [("typed", "band")]);
    let gone = anna.submit_and_follow(group, "/groups/band/delete", &form).await.text;
    assert!(gone.contains("The group band was deleted"), "{gone}");
    assert_eq!(pia.get("/tables/friday").await.status, StatusCode::NOT_FOUND);
    let table = place.refractory.get(&Principal::operator(), &table.id).await.unwrap();
    assert!(table.grants.named().is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_a_grant_is_said_at_its_field_and_the_rest_is_kept() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    hidden(&place, "friday").await;
    let (settings, access) = ("/tables/friday/settings", "/tables/friday/access");
    let fields = |game_master, manage| {
        [
            ("view", "signed-in"),
            ("play", "user:anna"),
            ("game_master", game_master),
            ("manage", manage),
        ]
    };
    for (game_master, manage, at, sentence) in [
        ("group:none", "no-one", "game_master", "There is no group named `none`."),
        ("no-one", "user:ghost", "manage", "There is no user named `ghost`."),
        ("everyone", "no-one", "game_master", "`everyone` is not someone"),
        ("no-one", "anyone", "manage", "can&#x27;t be granted to anyone"),
    ] {
        let answer = anna.submit(settings, access, &fields(game_master, manage)).await;
        assert!(answer.status.is_client_error(), "{}", answer.text);
        let text = answer.text.replace("&#39;", "&#x27;");
        let (_, error) = text.split_once(&format!("id=\"{at}-error\"")).unwrap_or_default();
        assert!(error.split("</p>").next().is_some_and(|it| it.contains(sentence)), "{at}: {text}");
        assert!(text.contains("value=\"user:anna\""), "what was typed is kept: {text}");
    }
    let saved = anna.submit_and_follow(settings, access, &fields("no-one", "no-one")).await.text;
    assert!(saved.contains("no one can join this table"), "{saved}");
}

#[tokio::test]
async fn a_user_is_disabled_and_enabled_on_the_page_of_people() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let mut pia = place.signed_in("pia", Role::Player).await;
    let disabled = anna.submit_and_follow("/people", "/people/pia/disable", &[]).await.text;
    assert!(
        disabled.contains("pia is signed out everywhere and can")
            && disabled.contains("<strong>disabled</strong>"),
        "{disabled}"
    );
    assert!(
        disabled.contains("action=\"/people/pia/enable\"")
            && !disabled.contains("action=\"/people/pia/link\""),
        "{disabled}"
    );
    assert!(pia.get("/").await.to().starts_with("/sign-in"), "signed out at once");
    let enabled = anna.submit_and_follow("/people", "/people/pia/enable", &[]).await.text;
    assert!(enabled.contains("pia can sign in again."), "{enabled}");
    let mut pia = place.signed_in("pia2", Role::Player).await;
    let csrf = pia.get("/account").await.csrf();
    let refused = pia.post("/people/anna/disable", &[("csrf", &csrf)]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn long_lists_have_pages_and_a_search() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    for n in 0..130 {
        let new = NewInstance::named(Slug::new(&format!("table{n:03}")).unwrap());
        place.refractory.create(&Principal::operator(), new).await.unwrap();
    }
    let mut seen = BTreeSet::new();
    let (mut path, mut pages) = ("/".to_owned(), 0);
    loop {
        pages += 1;
        let page = anna.get(&path).await.text;
        seen.extend(
            page.split("data-slug=\"")
                .skip(1)
                .filter_map(|it| it.split('"').next().map(str::to_owned)),
        );
        assert!(page.contains("data-live=\"/live?"), "{page}");
        let Some((_, rest)) = page.split_once("class=\"button\" href=\"/?after=") else { break };
        path = format!("/?after={}", rest.split('"').next().unwrap());
    }
    assert_eq!((seen.len(), pages), (130, 3));
    let found = anna.get("/?search=Table12").await.text;
    assert_eq!(found.matches("data-slug=").count(), 10);
    let none = anna.get("/?search=zebra").await.text;
    assert!(
        none.contains("No table&#x27;s name begins with")
            || none.contains("No table's name begins with"),
        "{none}"
    );
    assert_eq!(anna.get("/?after=nonsense").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // A page hears of its own tables only.
    let mut stream = anna.stream("/live?after=table100&until=table101").await;
    let told = until(&mut stream, "event: table").await;
    assert!(told.contains("table101") && !told.contains("table102"), "{told}");
}
