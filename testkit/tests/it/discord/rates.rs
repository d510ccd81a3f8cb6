//! Rate limits.
use std::time::Duration;

use serde_json::{Value, json};
use testkit::discord::{RateMode, StandInOptions};

use super::client::App;

#[tokio::test]
async fn a_bucket_says_how_full_it_is_and_refuses_when_it_is() {
    let app = App::start();
    for left in (0..5).rev() {
        let sent = app.send(app.general, json!({"content": "x"})).await;
        assert_eq!(sent.status, 200);
        assert_eq!(sent.raw.headers("x-ratelimit-remaining"), [left.to_string()]);
        assert_eq!(sent.raw.headers("x-ratelimit-limit"), ["5"]);
    }
    let refused = app.send(app.general, json!({"content": "x"})).await;
    assert_eq!((refused.status, &refused.body["global"]), (429, &json!(false)));
    assert!(refused.body["retry_after"].as_f64().is_some_and(|wait| wait > 0.0 && wait <= 5.0));
    assert_eq!(refused.raw.headers("x-ratelimit-scope"), ["user"]);
    assert!(!refused.raw.headers("retry-after").is_empty());
    let other = app.discord.add_channel(app.guild, "other");
    assert_eq!(
        app.send(other, json!({"content": "x"})).await.status,
        200,
        "each channel has its own"
    );
    app.discord.advance(Duration::from_secs(5));
    assert_eq!(app.send(app.general, json!({"content": "x"})).await.status, 200);
}

#[tokio::test]
async fn names_and_topics_change_twice_in_ten_minutes() {
    let app = App::start();
    let path = format!("/channels/{}", app.general);
    for at in 0..2 {
        assert_eq!(app.call("PATCH", &path, json!({"name": format!("n{at}")})).await.status, 200);
    }
    let refused = app.call("PATCH", &path, json!({"name": "n2"})).await;
    assert_eq!(refused.status, 429);
    assert!(refused.body["retry_after"].as_f64().is_some_and(|wait| wait > 500.0));
    assert_eq!(app.call("PATCH", &path, json!({"nsfw": false})).await.status, 200);
}

#[tokio::test]
async fn fifty_requests_a_second_are_the_most_and_interactions_are_exempt() {
    let app = App::start();
    // The clock may move on within the loop: then a new second begins, and the limit is met later.
    let mut limited = None;
    for _ in 0..400 {
        let reply = app.get("/users/@me").await;
        if reply.status == 429 {
            limited = Some(reply);
            break;
        }
    }
    let limited = limited.expect("no machine asks four hundred times over eight seconds here");
    assert_eq!(
        (&limited.body["global"], limited.raw.headers("x-ratelimit-global")),
        (&json!(true), vec!["true"])
    );
    let unknown =
        app.call_with("POST", "/interactions/5/t/callback", ("", json!({"type": 5}))).await;
    assert_eq!(unknown.refusal(), (404, 10062));
}

#[tokio::test]
async fn ten_thousand_invalid_requests_are_the_end_for_a_while() {
    let app = App::start();
    app.discord.fail(
        "GET",
        "/users/@me",
        testkit::discord::Trouble::RateLimited(Duration::ZERO),
        3,
    );
    for at in 1..=3 {
        app.get("/users/@me").await;
        assert_eq!(app.discord.invalid_requests(), at);
    }
    app.discord.note_invalid_requests(10_000);
    let banned = app.get("/users/@me").await;
    assert_eq!(
        (banned.status, banned.body.clone()),
        (429, Value::Null),
        "no JSON: it comes from elsewhere"
    );
    app.discord.advance(Duration::from_mins(10));
    assert_eq!(app.get("/users/@me").await.status, 200);
}

#[tokio::test]
async fn limits_can_be_set_and_left_out() {
    let app = App::with(&StandInOptions { rates: RateMode::Off, ..StandInOptions::default() });
    for _ in 0..8 {
        let sent = app.send(app.general, json!({"content": "x"})).await;
        assert_eq!((sent.status, sent.raw.headers("x-ratelimit-limit").len()), (200, 0));
    }
    let app = App::start();
    app.discord.set_limit("message-create", 1, Duration::from_mins(1));
    app.send(app.general, json!({"content": "x"})).await;
    assert_eq!(app.send(app.general, json!({"content": "x"})).await.status, 429);
}
