//! Static files and the routes for testing proxies.
use bytes::Bytes;
use http::Request;
use http::header::RANGE;
use serde_json::json;
use testkit::foundry::Version;

use super::visitor::Visitor;
use super::{V13, V14, WORLD, licensed};

#[tokio::test]
async fn files_of_the_program_and_of_the_user_need_no_login_and_set_no_cookie() {
    let program = licensed(V13).prepared(|data| data.with_world(WORLD, V13)).ready().await;
    let mut person = Visitor::of(&program);
    for path in ["/lang/en.json", "/css/style.css", "/worlds/the-world/world.json"] {
        let answer = person.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.cookie("session"), None, "{path}");
    }
    assert_eq!(person.get("/worlds/nowhere/world.json").await.status, 404);
}

#[tokio::test]
async fn no_path_leads_out_of_the_data_folder() {
    let program = licensed(V13).ready().await;
    let mut person = Visitor::of(&program);
    for path in [
        "/../Config/license.json",
        "/worlds/../../Config/license.json",
        "/%2e%2e/Config/license.json",
        "/..%2fConfig%2flicense.json",
        "/worlds/..%2f..%2fConfig/license.json",
    ] {
        assert_ne!(person.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn html_of_users_is_plain_text_from_14_361_on() {
    for (version, kind) in
        [(Version::new(14, 360), "text/html; charset=utf-8"), (V14, "text/plain; charset=utf-8")]
    {
        let launch = licensed(version).prepared(|data| {
            std::fs::create_dir_all(data.data()).unwrap();
            std::fs::write(data.data().join("page.html"), "<p>hi").unwrap();
            data
        });
        let program = launch.ready().await;
        assert_eq!(Visitor::of(&program).get("/page.html").await.header("content-type"), kind);
    }
}

#[tokio::test]
async fn assets_of_any_size_come_whole_and_in_part() {
    let program = licensed(V13).ready().await;
    let mut person = Visitor::of(&program);
    let whole = person.get("/assets/300000").await.body;
    assert_eq!(whole.len(), 300_000);
    let part = Request::get("/assets/300000").header(RANGE, "bytes=99990-200009");
    let part = person.send(part, Bytes::new()).await;
    assert_eq!(part.status, 206);
    assert_eq!(part.header("content-range"), "bytes 99990-200009/300000");
    assert_eq!(part.body, whole.slice(99_990..200_010));
    let outside = Request::get("/assets/10").header(RANGE, "bytes=10-");
    assert_eq!(person.send(outside, Bytes::new()).await.status, 416);
    assert!(person.get("/assets/0").await.body.is_empty());
}

#[tokio::test]
async fn uploads_of_any_size_are_swallowed_and_named_by_their_hash() {
    let program = licensed(V13).ready().await;
    let body = Bytes::from(vec![0; 3_000_000]);
    let answer = Visitor::of(&program).send(Request::post("/upload"), body).await.json();
    assert_eq!(answer["size"], 3_000_000);
    let expected = "35bce4eae54ec8e6cc2868baa8d157914d6ae2858811b4cc0c078c94460fa26f";
    assert_eq!(answer["sha256"], expected);
}

#[tokio::test]
async fn a_dripping_answer_has_all_its_pieces() {
    let program = licensed(V13).ready().await;
    let text = Visitor::of(&program).get("/stand-in/drip?pieces=3&every=10").await.text();
    assert_eq!(text, "data: 0\n\ndata: 1\n\ndata: 2\n\n");
}

#[tokio::test]
async fn requests_are_shown_only_to_who_switched_that_on() {
    let program = licensed(V13).ready().await;
    assert_eq!(Visitor::of(&program).get("/stand-in/echo").await.status, 404);
    let program = licensed(V13).switch("spy", "true").ready().await;
    let mut person = Visitor::of(&program);
    let request = Request::put("/stand-in/echo?a=b").header("x-forwarded-for", "192.0.2.7");
    let seen = person.send(request, Bytes::new()).await.json();
    assert_eq!((&seen["method"], &seen["target"]), (&json!("PUT"), &json!("/stand-in/echo?a=b")));
    assert_eq!(seen["headers"]["x-forwarded-for"], "192.0.2.7");
    assert_eq!(person.get("/stand-in/requests").await.json().as_array().unwrap().len(), 2);
}
