//! Releases on their way in.
use refractory_core::config::Size;
use refractory_core::model::{Principal, Role};
use reqwest::StatusCode;

use super::support::Place;

fn multipart(csrf: &str, file: &str) -> Vec<u8> {
    format!(
        "--cut\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--cut\r\ncontent-disposition: form-data; name=\"archive\"; filename=\"f.zip\"\r\ncontent-type: application/zip\r\n\r\n{file}\r\n--cut--\r\n"
    )
    .into_bytes()
}

const FORM: &str = "multipart/form-data; boundary=cut";

#[tokio::test]
async fn a_release_is_uploaded_without_scripts() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let csrf = anna.get("/releases").await.csrf();
    let file = format!("foundry 13.351 {}", "x".repeat(3 << 20));
    let answer = anna.bytes("/releases/upload", FORM, multipart(&csrf, &file)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert_eq!(*place.shelf.last.lock().unwrap(), Some(file.len() as u64));
    let page = anna.get("/releases").await.text;
    assert!(page.contains("Foundry 13.351 was added.") && page.contains("Node 22"), "{page}");
    let id = place.refractory.releases(&Principal::operator()).await.unwrap()[0].id.clone();
    let page = anna.submit_and_follow("/releases", &format!("/releases/{id}/remove"), &[]).await;
    assert!(page.text.contains("No releases yet"));
}

#[tokio::test]
async fn what_is_not_a_release_is_told_so_and_leaves_nothing() {
    let waiting = tempfile::tempdir().unwrap();
    let dir = waiting.path().to_owned();
    let place = Place::with(|config| {
        config.upload_limit = Size::mib(1);
        config.upload_dir = Some(dir);
    })
    .await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let csrf = anna.get("/releases").await.csrf();
    let photo = anna.bytes("/releases/upload", FORM, multipart(&csrf, "a holiday photo")).await;
    assert_eq!(photo.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(photo.text.contains("not a Foundry release"), "{}", photo.text);
    assert!(photo.text.contains("id=\"archive-error\" role=\"alert\""), "it names the field");
    let empty = anna.bytes("/releases/upload", FORM, multipart(&csrf, "")).await;
    assert!(empty.text.contains("No file was received"), "{}", empty.text);
    let large =
        anna.bytes("/releases/upload", FORM, multipart(&csrf, &"x".repeat(1 << 20 | 1))).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(large.text.contains("larger than 1MiB"), "{}", large.text);
    let forged = anna.bytes("/releases/upload", FORM, multipart("0", "foundry 13.1 ")).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let garbled = anna.bytes("/releases/upload", "text/plain", b"hello".to_vec()).await;
    assert_eq!(garbled.status, StatusCode::BAD_REQUEST);
    assert_eq!(std::fs::read_dir(waiting.path()).unwrap().count(), 0);
    for (url, told) in [
        ("file:///x", "timed URL"),
        ("https://unreachable.example/x?key=1", "not foundryvtt.com"),
        (
            "https://silent.example/x?key=2",
            "not responding. Try again later. Error ID in the log: ",
        ),
    ] {
        let answer = anna.submit("/releases", "/releases/fetch", &[("url", url)]).await;
        assert!(!answer.status.is_success(), "{url}");
        assert!(answer.text.contains(told), "{url}: {}", answer.text);
        let field = answer.text.split("<input id=\"url\"").nth(1).expect("the form is there");
        let field = field.split('>').next().unwrap();
        for part in [url, "aria-invalid=\"true\"", "aria-describedby=\"url-error", "autofocus"] {
            assert!(field.contains(part), "{url}: {part} in {field}");
        }
    }
}

#[tokio::test]
async fn only_administrators_upload() {
    let place = Place::open().await;
    let mut gil = place.signed_in("gil", Role::GameMaster).await;
    let csrf = gil.get("/releases").await.csrf();
    let refused = gil.bytes("/releases/upload", FORM, multipart(&csrf, "foundry 13.351 ")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(*place.shelf.last.lock().unwrap(), None);
}

#[tokio::test]
async fn programs_and_the_progress_bar_send_the_bare_file() {
    let place = Place::open().await;
    let mut anna = place.signed_in("anna", Role::Admin).await;
    let csrf = anna.get("/releases").await.csrf();
    let refused =
        anna.bytes("/api/v1/releases", "application/zip", b"foundry 13.351 ".to_vec()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    anna.headers.insert("x-csrf-token", csrf.parse().unwrap());
    let stored =
        anna.bytes("/api/v1/releases", "application/zip", b"foundry 13.351 ".to_vec()).await;
    assert_eq!(stored.status, StatusCode::CREATED, "{}", stored.text);
    assert_eq!(stored.json()["version"], "13.351");
    let wrong = anna.bytes("/api/v1/releases", "application/zip", b"nonsense".to_vec()).await;
    assert!(wrong.json()["detail"].as_str().unwrap().contains("not a Foundry release"));
}
