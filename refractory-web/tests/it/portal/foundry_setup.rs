//! Into Foundry's setup: tickets, passes, and how both end.
use std::sync::Arc;
use std::time::Duration;

use refractory_core::foundry::FoundryControl;
use refractory_core::model::{
    Edit, EventKind, Hostname, Instance, NewInstance, Phase, Principal, Role, Slug, SpecChange,
    Token, Urgency,
};
use refractory_core::ports::{
    Collection, DnsZone, Endpoint, GameControl, GameTarget, NameRecord, Observed, Vault,
};
use refractory_core::{
    Change, ErrorKind, EventFilter, InstanceId, MemoryVault, Result, Secret, SecretName,
    async_trait,
};
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use testkit::foundry::{Launch, StandIn, Version};
use testkit::people::signed_in;

use super::support::{Answer, Browser, Place, SharedStore};

const PASSWORD: &str = "atropos";
const HOST: &str = "friday.localhost";
const PASS: &str = "refractory_foundry_setup";
const TICKET: &str = "refractory_ticket";
const CLOSED: &str = "Foundry&#39;s setup is closed here. Manage the table in the portal.";

/// Gives every table the administrator's password of the stand-in, and keeps what else there is.
#[derive(Debug, Clone, Default)]
struct KnownPassword(Arc<MemoryVault>);

#[async_trait]
impl Vault for KnownPassword {
    async fn ensure(&self, name: &SecretName, fresh: &Secret) -> Result<Observed<Secret>> {
        if name.as_str().starts_with("admin-key.") {
            return Ok(Observed::Ready(Secret::new(PASSWORD)));
        }
        self.0.ensure(name, fresh).await
    }
    async fn observe(&self, name: &SecretName) -> Result<Observed<Secret>> {
        if name.as_str().starts_with("admin-key.") {
            return Ok(Observed::Ready(Secret::new(PASSWORD)));
        }
        self.0.observe(name).await
    }
    async fn remove(&self, name: &SecretName) -> Result<Observed<Secret>> {
        self.0.remove(name).await
    }
    async fn list(&self) -> Result<Vec<SecretName>> {
        self.0.list().await
    }
}

/// A table in Foundry's setup, behind one portal or several.
struct Desk {
    program: StandIn,
    store: SharedStore,
    vault: KnownPassword,
    place: Place,
    table: Instance,
    /// Signed in to the portal as an administrator.
    anna: Browser,
}

async fn foundry(version: Version) -> StandIn {
    Launch::here(version)
        .prepared(|data| {
            data.with_signed_license().with_admin_password(PASSWORD).with_world("keep", version)
        })
        .switch("spy", "yes")
        .ready()
        .await
}

impl Desk {
    async fn new() -> Self {
        Self::of(Version::EACH_GENERATION[4]).await
    }

    async fn of(version: Version) -> Self {
        let program = foundry(version).await;
        let (store, vault) = (SharedStore::default(), KnownPassword::default());
        let place = portal(&program, &store, &vault);
        let table = started(&place, "friday").await;
        let anna = place.signed_in("anna", Role::Admin).await;
        let desk = Self { program, store, vault, place, table, anna };
        desk.known("friday.localhost").await;
        desk
    }

    /// Waits until the edge has heard of the table at `host`.
    async fn known(&self, host: &str) {
        known(&self.place, host).await;
    }

    /// A link into the setup, as the portal gives it: path and query at the table's own host.
    async fn link(&mut self) -> String {
        let page = self.anna.submit("/tables/friday", "/tables/friday/set-up", &[]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let refresh = page.headers["refresh"].to_str().unwrap();
        let url = refresh.strip_prefix("0; url=").unwrap();
        url.strip_prefix(&format!("http://{HOST}:{}", self.place.at.port())).unwrap().to_owned()
    }

    /// A browser that has gone the whole way.
    async fn entered(&mut self) -> Browser {
        let link = self.link().await;
        let mut browser = self.place.browser();
        let answer = enter(&mut browser, HOST, &link).await;
        assert_eq!(
            (answer.status, answer.to()),
            (StatusCode::SEE_OTHER, "/setup"),
            "{}",
            answer.text
        );
        browser
    }

    async fn row(&self) -> Instance {
        self.place.refractory.get(&Principal::operator(), &self.table.id).await.unwrap()
    }

    /// Waits until the edge of `browser` answers `path` with `status`: it hears of changes by the feed.
    async fn answers(&self, browser: &mut Browser, path: &str, status: u16) -> Answer {
        for _ in 0..500 {
            let answer = browser.get_at(HOST, path).await;
            if answer.status == status {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path} never answered {status}");
    }
}

fn portal(program: &StandIn, store: &SharedStore, vault: &KnownPassword) -> Place {
    let at = format!("127.0.0.1:{}", program.port()).parse().unwrap();
    Place::built(
        at,
        store.clone(),
        |_| (),
        |builder| builder.game(FoundryControl::new().unwrap()).vault(vault.clone()),
    )
}

async fn started(place: &Place, slug: &str) -> Instance {
    let who = Principal::operator();
    let new = NewInstance::named(Slug::new(slug).unwrap());
    let table = place.refractory.create(&who, new).await.unwrap();
    place.refractory.start(&who, &table.id).await.unwrap();
    on(place, &table.id).await
}

async fn on(place: &Place, id: &InstanceId) -> Instance {
    let ready = |table: &Instance| matches!(table.phase(), Phase::On(_)) && table.seen.is_some();
    place.refractory.wait(&Principal::operator(), id, ready).await.unwrap().unwrap()
}

async fn known(place: &Place, host: &str) {
    let mut browser = place.browser();
    for _ in 0..500 {
        let status = browser.get_at(host, "/setup").await.status;
        if status == StatusCode::FORBIDDEN {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the edge never heard of {host}");
}

/// Follows a link into the setup, and presses the button there.
async fn enter(browser: &mut Browser, host: &str, link: &str) -> Answer {
    let moved = browser.get_at(host, link).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text);
    let to = moved.to().to_owned();
    let page = browser.get_at(host, &to).await;
    if page.status != StatusCode::OK {
        return page;
    }
    browser.post_at(host, &to, &[("csrf", &page.csrf())]).await
}

fn cookies<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let all = answer.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap());
    all.filter(|set| set.split('=').next().unwrap() == name).collect()
}

#[tokio::test]
async fn a_manager_is_let_in_and_signed_in_and_nobody_else_is() {
    for version in Version::EACH_GENERATION {
        let mut desk = Desk::of(version).await;
        let mut browser = desk.entered().await;
        let page = browser.get_at(HOST, "/setup").await;
        assert_eq!(page.status, StatusCode::OK, "{version}: {}", page.text);
        assert!(page.text.contains("Create the world"), "{version}: {}", page.text);
        assert_eq!(page.headers["x-frame-options"], "SAMEORIGIN");
        assert_eq!(page.headers["cache-control"], "no-store");
        let mut stranger = desk.place.browser();
        // A session of the portal means nothing at a table's own host.
        let mut anna = desk.place.browser();
        anna.cookies.clone_from(&desk.anna.cookies);
        for other in [&mut stranger, &mut anna] {
            for path in ["/setup", "/auth", "/license", "/update", "/create", "/quit"] {
                let page = other.get_at(HOST, path).await;
                assert_eq!(page.status, StatusCode::FORBIDDEN, "{version} {path}");
                assert!(page.text.contains(CLOSED), "{version} {path}: {}", page.text);
            }
        }
        assert_eq!(browser.get_at(HOST, "/quit").await.status, StatusCode::FORBIDDEN, "{version}");
    }
}

#[tokio::test]
async fn neither_ticket_nor_pass_is_in_an_address_a_script_or_a_cache() {
    let mut desk = Desk::new().await;
    let link = desk.link().await;
    let secret = link.rsplit('=').next().unwrap().to_owned();
    let mut browser = desk.place.browser();
    let moved = browser.get_at(HOST, &link).await;
    assert_eq!((moved.status, moved.to()), (StatusCode::SEE_OTHER, "/_refractory/setup/friday"));
    assert_eq!(moved.headers["cache-control"], "no-store");
    let ticket = cookies(&moved, TICKET)[0];
    for part in ["HttpOnly", "SameSite=Lax", "Max-Age=60", "Path=/"] {
        assert!(ticket.contains(part), "{part}: {ticket}");
    }
    assert!(!ticket.contains("Domain"), "{ticket}");
    let page = browser.get_at(HOST, moved.to()).await;
    assert!(!page.text.contains(&secret) && page.text.contains("anna"), "{}", page.text);
    assert_eq!(page.headers["cache-control"], "no-store");
    let entered = browser.post_at(HOST, moved.to(), &[("csrf", &page.csrf())]).await;
    assert_eq!(entered.headers["cache-control"], "no-store");
    assert!(!cookies(&entered, TICKET).is_empty(), "the ticket is not taken away");
    let pass = cookies(&entered, PASS)[0];
    for part in ["HttpOnly", "SameSite=Strict", "Max-Age=7200", "Path=/"] {
        assert!(pass.contains(part), "{part}: {pass}");
    }
    assert!(!pass.contains("Domain"), "{pass}");
    // Foundry's own pages read this one; it is worth nothing without the pass.
    assert!(!cookies(&entered, "session")[0].contains("HttpOnly"));
}

#[tokio::test]
async fn over_https_the_cookies_are_of_this_host_alone() {
    let program = foundry(Version::EACH_GENERATION[5]).await;
    let (store, vault) = (SharedStore::default(), KnownPassword::default());
    let at = format!("127.0.0.1:{}", program.port()).parse().unwrap();
    let secure = |config: &mut refractory_web::WebConfig| config.https = true;
    let place = Place::built(at, store, secure, |builder| {
        builder.game(FoundryControl::new().unwrap()).vault(vault)
    });
    let table = started(&place, "friday").await;
    known(&place, HOST).await;
    let ticket = place.refractory.setup_ticket(&Principal::operator(), &table.id).await.unwrap();
    let link = refractory_web::foundry_setup_url(&place.refractory, &table, &ticket);
    let link = link.strip_prefix("https://friday.localhost").unwrap();
    let mut browser = place.browser();
    let entered = enter(&mut browser, HOST, link).await;
    let pass = cookies(&entered, &format!("__Host-{PASS}"))[0];
    assert!(pass.contains("Secure") && pass.contains("Path=/"), "{pass}");
    assert_eq!(browser.get_at(HOST, "/setup").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_ticket_works_once_whichever_portal_it_comes_to() {
    let mut desk = Desk::new().await;
    let beside = portal(&desk.program, &desk.store, &desk.vault);
    known(&beside, HOST).await;
    let link = desk.link().await;
    let mut asked = Vec::new();
    for n in 0..6 {
        let mut browser = if n % 2 == 0 { desk.place.browser() } else { beside.browser() };
        let to = browser.get_at(HOST, &link).await.to().to_owned();
        let page = browser.get_at(HOST, &to).await;
        asked.push((browser, to, page.csrf()));
    }
    let posted = asked.iter_mut().map(|(browser, to, csrf)| async move {
        browser.post_at(HOST, to, &[("csrf", csrf)]).await.status
    });
    let answers = futures_util::future::join_all(posted).await;
    let good = answers.iter().filter(|status| **status == StatusCode::SEE_OTHER).count();
    let gone = answers.iter().filter(|status| **status == StatusCode::GONE).count();
    assert_eq!((good, gone), (1, 5), "{answers:?}");
    let replayed = enter(&mut desk.place.browser(), HOST, &link).await;
    assert_eq!(replayed.status, StatusCode::GONE);
    assert!(replayed.text.contains("has been used or has expired"), "{}", replayed.text);
    // The pass that came of it is good at every edge of the deployment.
    let winner = answers.iter().position(|status| *status == StatusCode::SEE_OTHER).unwrap();
    let cookies = asked[winner].0.cookies.clone();
    for place in [&desk.place, &beside] {
        let mut browser = place.browser();
        browser.cookies.clone_from(&cookies);
        assert_eq!(browser.get_at(HOST, "/setup").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_ticket_ends_with_its_minute() {
    let mut desk = Desk::new().await;
    let link = desk.link().await;
    let tokens = Collection::<Token>::of(desk.store.as_ref());
    let minted = tokens.list().await.unwrap();
    let token = minted.iter().find(|token| !format!("{:?}", token.purpose).contains("Session"));
    let mut token = token.unwrap().clone();
    assert_eq!(token.until.since(token.made), Duration::from_mins(1));
    token.until = token.made;
    tokens.save(&token).await.unwrap();
    assert_eq!(enter(&mut desk.place.browser(), HOST, &link).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn a_ticket_is_good_for_its_table_and_its_host_alone() {
    let mut desk = Desk::new().await;
    started(&desk.place, "monday").await;
    desk.known("monday.localhost").await;
    let link = desk.link().await;
    let elsewhere = link.replace("/setup/friday", "/setup/monday");
    let mut browser = desk.place.browser();
    assert_eq!(
        enter(&mut browser, "monday.localhost", &elsewhere).await.status,
        StatusCode::GONE,
        "another table"
    );
    for (host, path) in [("monday.localhost", &link), (HOST, &elsewhere), ("localhost", &link)] {
        let answer = desk.place.browser().get_at(host, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{host}{path}");
    }
    let mut browser = desk.place.browser();
    assert_eq!(enter(&mut browser, HOST, &link).await.status, StatusCode::SEE_OTHER);
    let pass = browser.cookies[PASS].clone();
    let mut other = desk.place.browser();
    other.cookies.insert(PASS.to_owned(), pass);
    assert_eq!(other.get_at("monday.localhost", "/setup").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn only_managers_get_a_ticket_and_it_is_theirs_as_long_as_they_manage() {
    let mut desk = Desk::new().await;
    let refractory = desk.place.refractory.clone();
    let who = Principal::operator();
    for role in [Role::Player, Role::GameMaster] {
        let mut other = desk.place.signed_in(&format!("some-{role}"), role).await;
        let page = other.get("/tables/friday").await;
        assert!(!page.text.contains("set-up"), "{role}: {}", page.text);
        let csrf = other.get("/account").await.csrf();
        let answer = other.post("/tables/friday/set-up", &[("csrf", &csrf)]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role}");
    }
    let owner = refractory.find_user(&who, "some-game-master").await.unwrap();
    let mut theirs = NewInstance::named(Slug::new("tuesday").unwrap());
    theirs.owner = Some(owner.id.clone());
    let theirs = refractory.create(&who, theirs).await.unwrap();
    refractory.start(&who, &theirs.id).await.unwrap();
    on(&desk.place, &theirs.id).await;
    let bert = signed_in(&refractory, &owner).await;
    let ticket = refractory.setup_ticket(&bert, &theirs.id).await.unwrap();
    refractory.set_role(&who, &owner.id, Role::Player).await.unwrap();
    let host = "tuesday.localhost";
    let late = refractory.enter_setup(ticket.secret.expose(), &theirs.id, host, None).await;
    assert!(late.unwrap().is_none(), "another role in between");
    refractory.set_role(&who, &owner.id, Role::GameMaster).await.unwrap();
    let ticket = refractory.setup_ticket(&bert, &theirs.id).await.unwrap();
    refractory.sign_out_everywhere(&who, &owner.id).await.unwrap();
    let out = refractory.enter_setup(ticket.secret.expose(), &theirs.id, host, None).await.unwrap();
    assert!(out.is_none(), "signed out everywhere means tickets too");
    let ticket = refractory.setup_ticket(&bert, &theirs.id).await.unwrap();
    refractory.remove_user(&who, &owner.id).await.unwrap();
    let gone =
        refractory.enter_setup(ticket.secret.expose(), &theirs.id, host, None).await.unwrap();
    assert!(gone.is_none(), "the account is gone");
    let _still = desk.entered().await;
}

#[tokio::test]
async fn the_exchange_is_asked_for_by_its_own_page_alone() {
    let mut desk = Desk::new().await;
    let link = desk.link().await;
    let mut browser = desk.place.browser();
    let to = browser.get_at(HOST, &link).await.to().to_owned();
    let csrf = browser.get_at(HOST, &to).await.csrf();
    let own = format!("http://{HOST}:{}", desk.place.at.port());
    let foreign = [
        ("origin", "http://monday.localhost:1".to_owned(), csrf.clone()),
        ("origin", "null".to_owned(), csrf.clone()),
        ("sec-fetch-site", "same-site".to_owned(), csrf.clone()),
        ("sec-fetch-site", "cross-site".to_owned(), csrf.clone()),
        ("origin", own.clone(), "0".repeat(64)),
        ("origin", own.clone(), String::new()),
    ];
    let ticket = browser.cookies.clone();
    for (name, value, csrf) in foreign {
        browser.cookies.clone_from(&ticket);
        browser.headers.clear();
        browser.headers.insert(name, HeaderValue::from_str(&value).unwrap());
        let answer = browser.post_at(HOST, &to, &[("csrf", &csrf)]).await;
        assert_eq!(answer.status, StatusCode::GONE, "{name}: {value}");
        assert!(cookies(&answer, PASS).is_empty());
    }
    browser.headers.clear();
    browser.headers.insert("origin", HeaderValue::from_str(&own).unwrap());
    browser.cookies.clone_from(&ticket);
    let answer = browser.post_at(HOST, &to, &[("csrf", &csrf)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "nothing of that had spent it");
}

#[tokio::test]
async fn what_another_table_sends_with_a_pass_does_nothing() {
    let mut desk = Desk::new().await;
    let mut browser = desk.entered().await;
    let port = desk.place.at.port();
    for (name, value) in [
        ("origin", format!("http://monday.localhost:{port}")),
        ("sec-fetch-site", "same-site".to_owned()),
    ] {
        browser.headers.clear();
        browser.headers.insert(name, HeaderValue::from_str(&value).unwrap());
        let fields =
            [("action", "createWorld"), ("id", "evil"), ("title", "E"), ("system", "dice")];
        let answer = browser.post_at(HOST, "/setup", &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
    }
    browser.headers.clear();
    assert_eq!(
        browser.get_at(HOST, "/setup").await.status,
        StatusCode::OK,
        "the pass is still good"
    );
    assert!(!desk.program.data().world("evil").exists());
}

#[tokio::test]
async fn a_forged_or_foreign_pass_opens_nothing() {
    let mut desk = Desk::new().await;
    let browser = desk.entered().await;
    let good = browser.cookies[PASS].clone();
    let other = Desk::new().await;
    let mut parts: Vec<&str> = good.split(':').collect();
    let later = "99999999999999";
    parts[2] = later;
    let mac_of_another =
        format!("{}{}", &good[..good.len() - 1], if good.ends_with('0') { '1' } else { '0' });
    for (forged, place) in [
        (String::new(), &desk.place),
        ("x".to_owned(), &desk.place),
        (parts.join(":"), &desk.place),
        (mac_of_another, &desk.place),
        (good.to_uppercase(), &desk.place),
        (good.clone(), &other.place),
    ] {
        let mut browser = place.browser();
        browser.cookies.insert(PASS.to_owned(), forged.clone());
        let page = browser.get_at(HOST, "/setup").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{forged}");
        assert!(cookies(&page, PASS).is_empty(), "what is not ours is not taken away");
    }
    // One that a page elsewhere in the domain has planted before ours does not hide ours.
    let mut browser = desk.place.browser();
    browser.cookies.insert(PASS.to_owned(), format!("planted; {PASS}={good}"));
    browser.cookies.insert("session".to_owned(), "0".repeat(24));
    assert_ne!(browser.get_at(HOST, "/setup").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_pass_ends_with_a_stop_a_role_and_a_password() {
    let mut desk = Desk::new().await;
    let refractory = desk.place.refractory.clone();
    let who = Principal::operator();
    let anna = refractory.find_user(&who, "anna").await.unwrap();
    desk.place.account("carl", Role::Admin).await;

    let mut browser = desk.entered().await;
    refractory.stop(&who, &desk.table.id, Urgency::Now).await.unwrap();
    let off = |table: &Instance| table.phase() == Phase::Off;
    refractory.wait(&who, &desk.table.id, off).await.unwrap();
    refractory.start(&who, &desk.table.id).await.unwrap();
    on(&desk.place, &desk.table.id).await;
    let closed = desk.answers(&mut browser, "/setup", 403).await;
    assert!(closed.text.contains(CLOSED), "{}", closed.text);
    assert!(!browser.cookies.contains_key(PASS), "and the browser is told to forget it");

    let mut browser = desk.entered().await;
    refractory.set_role(&who, &anna.id, Role::Player).await.unwrap();
    desk.answers(&mut browser, "/setup", 403).await;
    refractory.set_role(&who, &anna.id, Role::Admin).await.unwrap();
    assert_eq!(browser.get_at(HOST, "/setup").await.status, StatusCode::FORBIDDEN, "for good");

    let mut browser = desk.entered().await;
    let hash = refractory_core::model::PasswordHash("plain:correct horse".into());
    refractory.set_password(&who, &anna.id, hash).await.unwrap();
    desk.answers(&mut browser, "/setup", 403).await;

    desk.anna = desk.place.signed_in("dora", Role::Admin).await;
    let dora = refractory.find_user(&who, "dora").await.unwrap();
    let mut browser = desk.entered().await;
    refractory.sign_out_everywhere(&who, &dora.id).await.unwrap();
    desk.answers(&mut browser, "/setup", 403).await;
}

#[tokio::test]
async fn a_pass_ends_when_a_world_opens_and_stays_ended_when_it_closes() {
    let mut desk = Desk::new().await;
    let mut browser = desk.entered().await;
    let (pass, session) = (browser.cookies[PASS].clone(), browser.cookies["session"].clone());
    let launched =
        browser.post_at(HOST, "/setup", &[("action", "launchWorld"), ("world", "keep")]).await;
    assert_eq!(launched.status, StatusCode::OK, "{}", launched.text);
    let status = || async {
        let answer = desk.place.browser().get_at(HOST, "/api/status").await;
        answer.json()["active"] == true
    };
    for _ in 0..500 {
        if status().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The first page that the world's code could come with finds the pass gone, and the administrator's session with it.
    let page = browser.get_at(HOST, "/game").await;
    assert!(!browser.cookies.contains_key(PASS), "the browser keeps a pass that has ended");
    assert_eq!((page.status, page.to()), (StatusCode::FOUND, "/join"));
    assert_ne!(
        browser.cookies["session"], session,
        "Foundry was shown the administrator's session"
    );
    assert_eq!(desk.row().await.setup.generation, 1, "it is written down for every edge");
    let mut module = desk.place.browser();
    module.cookies.insert(PASS.to_owned(), pass);
    module.cookies.insert("session".to_owned(), session.clone());
    assert_eq!(module.get_at(HOST, "/setup").await.status, StatusCode::FORBIDDEN);
    let open = |table: &Instance| table.open_world().is_some();
    desk.place.refractory.wait(&Principal::operator(), &desk.table.id, open).await.unwrap();
    let target = GameTarget {
        endpoint: Endpoint::new("127.0.0.1", desk.program.port()),
        version: "13.351".parse().unwrap(),
        admin_key: Secret::new(PASSWORD),
    };
    let control = FoundryControl::new().unwrap();
    while control.remove(&target, Urgency::Gentle).await.unwrap() != Observed::Absent {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(module.get_at(HOST, "/setup").await.status, StatusCode::FORBIDDEN, "replayed");
    let socket = format!("/socket.io/?session={session}&EIO=4&transport=polling");
    let mut bare = desk.place.browser();
    desk.answers(&mut bare, &socket, 403).await;
    bare.cookies.insert("session".to_owned(), session);
    let landed = bare.get_at(HOST, "/").await;
    assert_eq!(landed.to(), "/auth", "the administrator's session is worth nothing without a pass");
}

#[tokio::test]
async fn foundry_sees_neither_ticket_nor_pass() {
    let mut desk = Desk::new().await;
    let link = desk.link().await;
    let mut browser = desk.place.browser();
    let moved = browser.get_at(HOST, &link).await.to().to_owned();
    let ticket = browser.cookies[TICKET].clone();
    assert_eq!(browser.get_at(HOST, "/api/status").await.status, StatusCode::OK, "with the ticket");
    let csrf = browser.get_at(HOST, &moved).await.csrf();
    browser.post_at(HOST, &moved, &[("csrf", &csrf)]).await;
    let pass = browser.cookies[PASS].clone();
    browser.get_at(HOST, "/setup").await;
    browser.post_at(HOST, "/setup", &[("action", "getPackages")]).await;
    browser.get_at(HOST, "/").await;
    let seen = browser.get_at(HOST, "/stand-in/requests").await.text;
    assert!(seen.contains("/setup") && seen.contains("session="), "{seen}");
    for secret in [ticket.as_str(), pass.as_str(), PASS, TICKET, "ticket"] {
        assert!(!seen.contains(secret), "{secret}: {seen}");
    }
}

#[tokio::test]
async fn a_browser_is_signed_in_again_after_foundry_has_forgotten_it() {
    let mut desk = Desk::new().await;
    let mut browser = desk.entered().await;
    browser.cookies.insert("session".to_owned(), "0".repeat(24));
    let page = browser.get_at(HOST, "/setup").await;
    assert_eq!(page.to(), "/auth");
    let page = browser.get_at(HOST, "/auth").await;
    assert_eq!((page.status, page.to()), (StatusCode::SEE_OTHER, "/setup"));
    assert_eq!(browser.get_at(HOST, "/setup").await.status, StatusCode::OK);
    // What a page of the table planted before it does not keep Foundry from seeing the administrator's session.
    let planted = format!("{}; session={}", "0".repeat(24), browser.cookies["session"]);
    browser.cookies.insert("session".to_owned(), planted);
    assert_eq!(browser.get_at(HOST, "/setup").await.status, StatusCode::OK);
    let out = browser.post_at(HOST, "/setup", &[("action", "adminLogout")]).await;
    assert_eq!(out.status, StatusCode::FOUND);
    assert!(!browser.cookies.contains_key(PASS));
    assert_eq!(browser.get_at(HOST, "/auth").await.status, StatusCode::FORBIDDEN, "out is out");
}

#[tokio::test]
async fn a_table_in_setup_says_what_to_do_and_lists_what_was_made_there() {
    let mut desk = Desk::new().await;
    let page = desk.anna.get("/tables/friday").await;
    assert!(page.text.contains("In Foundry&#39;s setup") && !page.text.contains("Ready to play"));
    assert!(page.text.contains("Choose \u{201c}Set up\u{201d}"), "{}", page.text);
    let card = desk.anna.get("/").await;
    assert!(card.text.contains("In Foundry&#39;s setup") && card.text.contains("/set-up"));
    let mut player = desk.place.signed_in("bert", Role::Player).await;
    let shown = player.get("/tables/friday").await;
    assert!(shown.text.contains("Its game master is setting it up."), "{}", shown.text);
    assert!(!shown.text.contains("keep") && !shown.text.contains("set-up"), "{}", shown.text);
    let mut browser = desk.entered().await;
    let fields =
        [("action", "createWorld"), ("id", "barovia"), ("title", "Curse"), ("system", "dice")];
    let made = browser.post_at(HOST, "/setup", &fields).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let known: Vec<_> =
        desk.row().await.worlds.into_iter().map(|world| world.id.to_string()).collect();
    assert_eq!(known, ["barovia", "keep"], "the portal is told at once");
    let page = desk.anna.get("/tables/friday").await;
    assert!(page.text.contains("Curse") && page.text.contains("Open automatically at every start"));
    let after = desk
        .anna
        .submit_and_follow("/tables/friday", "/tables/friday/world", &[("world", "barovia")])
        .await;
    assert!(after.text.contains("Opens at every start"), "{}", after.text);
    assert_eq!(desk.row().await.desired.spec.world.unwrap().as_str(), "barovia");
    assert_eq!(browser.get_at(HOST, "/setup").await.status, StatusCode::OK, "the pass lives on");
    let who = Principal::operator();
    let filter = EventFilter::about(&desk.table.id).of_kind("setup-entered");
    let page = desk.place.refractory.events(&who, &filter, None, 50).await.unwrap();
    let told = &page.events[0];
    assert_eq!((&told.kind, told.actor.name.as_str()), (&EventKind::SetupEntered, "anna"));
    assert_eq!(told.address, Some(std::net::Ipv4Addr::LOCALHOST.into()));
}

#[tokio::test]
async fn a_person_at_a_wrong_address_of_ours_is_shown_a_page() {
    let mut desk = Desk::new().await;
    for (host, path) in [
        (HOST, "/_refractory/nowhere"),
        (HOST, "/_refractory/setup/other"),
        ("nobody.localhost", "/_refractory/setup/nobody"),
        ("localhost", "/_refractory/setup/friday"),
    ] {
        let answer = desk.anna.get_at(host, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{host}{path}");
        let kind = answer.headers["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/html"), "{host}{path}: {kind}");
        assert!(answer.text.contains("There is no page at this address."), "{}", answer.text);
    }
}

#[tokio::test]
async fn there_is_no_setup_of_a_table_that_is_off_or_opens_a_world() {
    let mut desk = Desk::new().await;
    let refractory = desk.place.refractory.clone();
    let who = Principal::operator();
    let csrf = desk.anna.get("/tables/friday").await.csrf();
    refractory.stop(&who, &desk.table.id, Urgency::Now).await.unwrap();
    let off = |table: &Instance| table.phase() == Phase::Off;
    refractory.wait(&who, &desk.table.id, off).await.unwrap();
    let answer = desk.anna.post("/tables/friday/set-up", &[("csrf", &csrf)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = desk.anna.get("/tables/friday").await;
    assert!(page.text.contains("Start the table first."), "{}", page.text);
    let world = Edit::Set("keep".parse().unwrap());
    let spec = SpecChange { world, ..SpecChange::default() };
    let change = Change { spec, ..Change::default() };
    refractory.change(&who, &desk.table.id, change).await.unwrap();
    refractory.start(&who, &desk.table.id).await.unwrap();
    on(&desk.place, &desk.table.id).await;
    let error = refractory.setup_ticket(&who, &desk.table.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.for_people().contains("opens the world `keep` at every start"), "{error:?}");
}

/// Names lead past the edge, as those of a load balancer do.
#[derive(Debug)]
struct Past;

#[async_trait]
impl DnsZone for Past {
    async fn ensure(&self, _: &InstanceId, record: &NameRecord) -> Result<Observed<Hostname>> {
        Ok(Observed::Ready(record.name.clone()))
    }
    async fn remove(&self, _: &InstanceId, _: &Hostname) -> Result<Observed<Hostname>> {
        Ok(Observed::Absent)
    }
    async fn list(&self) -> Result<Vec<(Hostname, InstanceId)>> {
        Ok(Vec::new())
    }
    fn bypasses_proxy(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn where_names_lead_past_the_edge_the_setup_is_refused_with_what_to_do() {
    let program = foundry(Version::EACH_GENERATION[4]).await;
    let at = format!("127.0.0.1:{}", program.port()).parse().unwrap();
    let place = Place::built(
        at,
        SharedStore::default(),
        |_| (),
        |builder| {
            builder.game(FoundryControl::new().unwrap()).vault(KnownPassword::default()).dns(Past)
        },
    );
    let table = started(&place, "friday").await;
    let error = place.refractory.setup_ticket(&Principal::operator(), &table.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.for_people().contains("routing = \"edge\""), "{error:?}");
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let answer = anna.submit("/tables/friday", "/tables/friday/set-up", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let page = anna.get("/tables/friday").await;
    assert!(page.text.contains("leads past Refractory"), "{}", page.text);
}
