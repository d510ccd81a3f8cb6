//! Documented limits: what is one too many is refused at its field, and what just fits is taken.
use serde_json::{Value, json};

use super::client::App;

fn row(components: Value) -> Value {
    Value::Object(
        [("type".to_owned(), json!(1)), ("components".to_owned(), components)]
            .into_iter()
            .collect(),
    )
}

fn button(label: &str, id: &str) -> Value {
    json!({"type": 2, "style": 1, "label": label, "custom_id": id})
}

fn select(options: usize) -> Value {
    let options: Vec<_> = (0..options)
        .map(|at| json!({"label": format!("o{at}"), "value": format!("v{at}")}))
        .collect();
    json!({"type": 3, "custom_id": "select", "options": options})
}

/// Messages that are one beyond a limit, and where that is said.
fn too_much() -> Vec<(Value, &'static str, &'static str)> {
    let embed = |embed: Value| json!({"embeds": [embed]});
    let fields = |count: usize| vec![json!({"name": "n", "value": "v"}); count];
    vec![
        (json!({"content": "x".repeat(2001)}), "content", "BASE_TYPE_MAX_LENGTH"),
        (json!({"content": {"no": "text"}}), "content", "STRING_TYPE_CONVERT"),
        (embed(json!({"title": "x".repeat(257)})), "embeds.0.title", "BASE_TYPE_MAX_LENGTH"),
        (
            embed(json!({"description": "x".repeat(4097)})),
            "embeds.0.description",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            embed(json!({"title": "t", "fields": fields(26)})),
            "embeds.0.fields",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            embed(json!({"fields": [{"name": "", "value": "v"}]})),
            "embeds.0.fields.0.name",
            "BASE_TYPE_REQUIRED",
        ),
        (
            embed(json!({"fields": [{"name": "n", "value": "x".repeat(1025)}]})),
            "embeds.0.fields.0.value",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            embed(json!({"title": "t", "footer": {"text": "x".repeat(2049)}})),
            "embeds.0.footer.text",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            embed(json!({"title": "t", "url": "javascript:x"})),
            "embeds.0.url",
            "URL_TYPE_INVALID_SCHEME",
        ),
        (json!({"embeds": vec![json!({"title": "t"}); 11]}), "embeds", "BASE_TYPE_BAD_LENGTH"),
        (
            json!({"embeds": [{"description": "x".repeat(4000)}, {"description": "x".repeat(2001)}]}),
            "embeds",
            "MAX_EMBED_SIZE_EXCEEDED",
        ),
        (json!({"content": "c", "nonce": "x".repeat(26)}), "nonce", "BASE_TYPE_MAX_LENGTH"),
        (
            json!({"content": "c", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}),
            "allowed_mentions.parse",
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
        (
            json!({"content": "c", "allowed_mentions": {"parse": ["all"]}}),
            "allowed_mentions.parse.0",
            "BASE_TYPE_CHOICES",
        ),
        (
            json!({"content": "c", "flags": 1 << 15, "components": [{"type": 10, "content": "t"}]}),
            "content",
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
        ),
    ]
}

/// The same for components.
fn too_many_components() -> Vec<(Value, &'static str, &'static str)> {
    let long = "x".repeat(101);
    let rows = |rows: Value| json!({"components": rows});
    vec![
        (
            rows(json!(vec![row(json!([button("a", "a")])); 6])),
            "components",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            rows(json!([row(json!(
                (0..6).map(|at| button("b", &at.to_string())).collect::<Vec<_>>()
            ))])),
            "components.0.components",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            rows(json!([row(json!([button("b", &long)]))])),
            "components.0.components.0.custom_id",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            rows(json!([row(json!([button(&"x".repeat(81), "b")]))])),
            "components.0.components.0.label",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            rows(json!([row(json!([button("a", "same"), button("b", "same")]))])),
            "components.0.components.1.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        (
            rows(json!([row(json!([{"type": 2, "style": 5, "label": "l", "url": "ftp://x"}]))])),
            "components.0.components.0.url",
            "URL_TYPE_INVALID_SCHEME",
        ),
        (
            rows(json!([row(json!([{"type": 2, "style": 1, "custom_id": "x"}]))])),
            "components.0.components.0.label",
            "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED",
        ),
        (
            rows(json!([row(json!([select(26)]))])),
            "components.0.components.0.options",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            rows(json!([row(json!([select(1), select(1)]))])),
            "components.0.components",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (rows(json!([button("b", "b")])), "components.0.type", "BASE_TYPE_CHOICES"),
    ]
}

#[tokio::test]
async fn a_message_beyond_a_limit_is_refused_at_its_field() {
    let app = App::start();
    for (body, path, code) in too_much().into_iter().chain(too_many_components()) {
        app.discord.advance(std::time::Duration::from_secs(6));
        let reply = app.send(app.general, body).await;
        assert_eq!(reply.refusal(), (400, 50035), "{path}: {}", reply.body);
        assert_eq!(reply.error_at(path), code, "{path}: {}", reply.body);
    }
    assert!(app.discord.owner().messages(app.general).is_empty(), "nothing refused was sent");
}

#[tokio::test]
async fn a_message_at_every_limit_is_taken() {
    let app = App::start();
    let field = json!({"name": "n".repeat(256), "value": "v"});
    let full: Vec<_> = (0..4)
        .map(|at| {
            row((0..5)
                .map(|it| button(&"b".repeat(80), &format!("{at}-{it}-{}", "i".repeat(96))))
                .collect())
        })
        .collect();
    let mut rows = full;
    rows.push(row(json!([select(25)])));
    let body = json!({
        "content": "ü".repeat(2000), "components": rows,
        "embeds": [{"title": "t".repeat(256), "fields": vec![field; 20]}],
    });
    let reply = app.send(app.general, body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let message = &app.discord.owner().messages(app.general)[0];
    assert_eq!((message.buttons().len(), message.selects()[0].options.len()), (20, 25));
}

#[tokio::test]
async fn an_empty_message_is_none() {
    let app = App::start();
    for body in [json!({}), json!({"content": " \n "}), json!({"embeds": []})] {
        assert_eq!(app.send(app.general, body).await.refusal(), (400, 50006));
    }
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let app = App::start();
    let token = format!("Authorization: Bot {}\r\n", app.discord.token());
    let path = format!("/channels/{}/messages", app.general);
    // A text of JSON is no object of it: there is nothing in it to send.
    let reply = app.call_with("POST", &path, (&token, json!("hello"))).await;
    assert_eq!(reply.refusal(), (400, 50006));
}
