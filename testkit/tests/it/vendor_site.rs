//! The client of the vendor's site, against the fake one.
#![expect(
    clippy::unwrap_used,
    reason = "the allowance for tests does not reach the functions beside them"
)]
use refractory_core::foundry::http::Timeouts;
use refractory_core::foundry::release::{self, Limits};
use refractory_core::foundry::site::{Site, SiteOptions};
use refractory_core::model::Version;
use refractory_core::{ErrorKind, Secret};
use testkit::foundry::{Account, FakeSite, Layout};

/// A client that knows no other site than `fake`.
fn client(fake: &FakeSite) -> Site {
    let host = fake.base_url().trim_start_matches("http://").to_owned();
    let options = SiteOptions {
        base: fake.base_url().to_owned(),
        download_hosts: vec![host],
        timeouts: Timeouts::default(),
    };
    Site::new(&options).unwrap()
}

async fn fake() -> FakeSite {
    FakeSite::start(Account::default()).await.unwrap()
}

#[tokio::test]
async fn an_account_is_entered_and_its_licenses_are_read() {
    let fake = fake().await;
    let site = client(&fake);
    let account = site.log_in("Gamemaster", &Secret::new("sesame")).await.unwrap();
    assert_eq!(account.name, "gamemaster");
    assert!(!format!("{account:?}").contains("sesame"));
    let owned = site.licenses(&account).await.unwrap();
    assert_eq!(owned.len(), 1);
    assert_eq!(owned[0].name, "My license");
    assert_eq!(owned[0].key.expose(), testkit::foundry::LICENSE_KEY.replace('-', ""));
}

#[tokio::test]
async fn a_wrong_password_is_forbidden() {
    let fake = fake().await;
    let error = client(&fake).log_in("Gamemaster", &Secret::new("wrong")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn the_list_of_releases_needs_no_account() {
    let fake = fake().await;
    let found = client(&fake).releases().await.unwrap();
    assert_eq!(found.len(), testkit::foundry::Version::EACH_GENERATION.len());
    assert_eq!(found[0].version.generation, 14, "newest first");
}

#[tokio::test]
async fn both_shapes_of_a_download_end_in_a_release() {
    let fake = fake().await;
    let site = client(&fake);
    let account = site.log_in("gamemaster", &Secret::new("sesame")).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for version in [Version::new(12, 343), Version::new(13, 351)] {
        let url = site.timed_url(&account, version).await.unwrap();
        let path = folder.path().join(version.to_string());
        let mut told = Vec::new();
        let got = site.download(&url, &path, |so_far| told.push(so_far)).await.unwrap();
        assert_eq!(told.last().unwrap().done, got.size);
        let info = release::read_archive(path, Limits::default()).await.unwrap();
        assert_eq!((info.version, info.id), (version, got.id));
    }
}

#[tokio::test]
async fn a_pasted_timed_url_is_enough() {
    let fake = fake().await;
    let site = client(&fake);
    let version = testkit::foundry::Version::new(13, 351);
    let url = site.timed_url_from(&fake.timed_url(version, Layout::Node)).unwrap();
    assert_eq!(url.version(), Some(Version::new(13, 351)));
    let folder = tempfile::tempdir().unwrap();
    site.download(&url, &folder.path().join("a"), |_| ()).await.unwrap();
    let old = site.timed_url_from(&format!("{}0", url.expose())).unwrap();
    let error = site.download(&old, &folder.path().join("b"), |_| ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(site.timed_url_from("https://example.org/13.351/x.zip").is_err());
}

#[tokio::test]
async fn a_download_that_breaks_off_leaves_nothing() {
    let fake = fake().await;
    let site = client(&fake);
    let url = fake.timed_url(testkit::foundry::Version::new(13, 351), Layout::Node);
    let url = site.timed_url_from(&url).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    fake.cut_downloads(1);
    let error = site.download(&url, &path, |_| ()).await.unwrap_err();
    assert!(error.is_transient());
    assert!(!path.exists());
    site.download(&url, &path, |_| ()).await.unwrap();
}

#[tokio::test]
async fn scenario_19_a_site_that_asks_to_slow_down_is_obeyed() {
    let fake = fake().await;
    let site = client(&fake);
    fake.limit_rate(1);
    let error = site.log_in("gamemaster", &Secret::new("sesame")).await.unwrap_err();
    assert!(error.is_transient() && error.wait_hint().is_some());
    assert!(site.log_in("gamemaster", &Secret::new("sesame")).await.is_ok());
}

#[tokio::test]
async fn without_a_session_there_is_no_download() {
    let fake = fake().await;
    let (site, other) = (client(&fake), self::fake().await);
    let stranger = client(&other).log_in("gamemaster", &Secret::new("sesame")).await.unwrap();
    let error = site.timed_url(&stranger, Version::new(13, 351)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}
