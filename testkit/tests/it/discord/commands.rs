//! Commands: their limits, what is answered, and to whom they are shown.
use serde_json::{Value, json};
use testkit::discord::permission;

use super::client::App;

fn command(name: &str) -> Value {
    json!({"name": name, "description": "d"})
}

async fn put(app: &App, commands: Value) -> super::client::Reply {
    app.discord.advance(std::time::Duration::from_mins(1));
    app.call("PUT", &format!("/applications/{}/commands", app.id), commands).await
}

#[tokio::test]
async fn an_answer_has_the_kind_and_keeps_ids_and_versions() {
    let app = App::start();
    let first = put(&app, json!([command("a"), command("b")])).await;
    assert_eq!((first.status, &first.body[0]["type"]), (200, &json!(1)));
    let second = put(&app, json!([command("b"), {"name": "c", "description": "new"}])).await.body;
    assert_eq!(second[0]["id"], first.body[1]["id"]);
    assert_eq!(
        second[0]["version"], first.body[1]["version"],
        "what did not change keeps its version"
    );
    let list = app.get(&format!("/applications/{}/commands", app.id)).await.body;
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    let path = format!("/applications/{}/commands/{}", app.id, second[1]["id"].as_str().unwrap());
    assert_eq!(
        app.call("PATCH", &path, json!({"description": "newer"})).await.body["description"],
        "newer"
    );
    assert_eq!(app.call("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(app.get(&path).await.refusal(), (404, 10063));
    let created =
        app.call("POST", &format!("/applications/{}/commands", app.id), command("d")).await;
    assert_eq!(created.status, 201);
}

#[tokio::test]
async fn limits_are_refused_at_their_fields() {
    let app = App::start();
    let option = |more: Value| {
        let mut option = json!({"type": 3, "name": "o", "description": "d"});
        for (name, value) in more.as_object().into_iter().flatten() {
            option[name] = value.clone();
        }
        json!([{"name": "a", "description": "d", "options": [option]}])
    };
    let choices: Vec<_> = (0..26).map(|at| json!({"name": at.to_string(), "value": "v"})).collect();
    let late = json!([{"name": "a", "description": "d", "options": [
        {"type": 3, "name": "x", "description": "d"}, {"type": 3, "name": "y", "description": "d", "required": true},
    ]}]);
    let cases = [
        (json!([command("Upper")]), "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
        (json!([command("two words")]), "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
        (json!([command(&"x".repeat(33))]), "0.name", "BASE_TYPE_MAX_LENGTH"),
        (json!([{"name": "a"}]), "0.description", "BASE_TYPE_REQUIRED"),
        (
            json!([{"name": "a", "description": "x".repeat(101)}]),
            "0.description",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (json!([command("a"), command("a")]), "1", "APPLICATION_COMMANDS_DUPLICATE_NAME"),
        (option(json!({"choices": choices})), "0.options.0.choices", "BASE_TYPE_BAD_LENGTH"),
        (
            option(json!({"autocomplete": true, "choices": [{"name": "n", "value": "v"}]})),
            "0.options.0.autocomplete",
            "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES",
        ),
        (option(json!({"type": 99})), "0.options.0.type", "BASE_TYPE_CHOICES"),
        (late, "0.options.1", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"),
        (
            json!([{"name": "a", "description": "d", "name_localizations": {"xx": "a"}}]),
            "0.name_localizations",
            "DICT_TYPE_CONVERT_KEY",
        ),
    ];
    for (body, path, code) in cases {
        let reply = put(&app, body).await;
        assert_eq!(reply.refusal(), (400, 50035), "{path}: {}", reply.body);
        assert_eq!(reply.error_at(path), code, "{path}: {}", reply.body);
    }
    let large: Vec<_> = (0..25)
        .map(|at| {
            let choices: Vec<_> = (0..4)
                .map(|it| json!({"name": "n".repeat(90), "value": format!("{it}")}))
                .collect();
            json!({"type": 3, "name": format!("o{at}"), "description": "d", "choices": choices})
        })
        .collect();
    let reply = put(&app, json!([{"name": "a", "description": "d", "options": large}])).await;
    assert_eq!(reply.error_at("0"), "APPLICATION_COMMAND_TOO_LARGE");
}

#[tokio::test]
async fn there_are_a_hundred_and_two_hundred_new_ones_a_day() {
    let app = App::start();
    let many = |from: usize, count: usize| -> Value {
        (from..from + count).map(|at| command(&format!("c{at}"))).collect()
    };
    assert_eq!(put(&app, many(0, 101)).await.refusal(), (400, 30032));
    assert_eq!(put(&app, many(0, 100)).await.status, 200);
    assert_eq!(put(&app, many(100, 100)).await.status, 200);
    assert_eq!(put(&app, many(200, 1)).await.refusal(), (400, 30034));
    app.discord.advance(std::time::Duration::from_hours(24));
    assert_eq!(put(&app, many(200, 1)).await.status, 200);
}

#[tokio::test]
async fn permissions_of_commands_are_not_for_bots() {
    let app = App::start();
    let path = format!("/applications/{}/guilds/{}/commands/permissions", app.id, app.guild);
    assert_eq!(app.call("PUT", &path, json!([])).await.refusal(), (403, 20001));
    assert_eq!(
        app.get(&format!("/applications/{}/commands", app.guild)).await.refusal(),
        (403, 50001)
    );
}

#[tokio::test]
async fn commands_are_shown_to_whom_they_are_for() {
    let app = App::start();
    let manager = permission::MANAGE_GUILD.to_string();
    app.register(json!([
        {"name": "foundry", "description": "d", "options": [
            {"type": 1, "name": "start", "description": "d"}, {"type": 1, "name": "stop", "description": "d"},
        ]},
        {"name": "foundry-admin", "description": "d", "default_member_permissions": manager},
        {"name": "root", "description": "d", "default_member_permissions": "0"},
    ]))
    .await;
    let alice = app.discord.user("alice");
    assert_eq!(alice.commands().unwrap(), ["/foundry start", "/foundry stop"]);
    assert_eq!(app.discord.owner().commands().unwrap().len(), 4);
    let role = app.discord.add_role(app.guild, "managers", permission::MANAGE_GUILD);
    app.discord.set_role(app.guild, alice.id(), role, true);
    assert_eq!(alice.commands().unwrap().len(), 3);
    assert!(
        alice.in_conversation().commands().unwrap().is_empty(),
        "a guild's command is not in DMs"
    );
    assert!(alice.slash("/root", &[]).is_err());
    assert!(alice.slash("/foundry", &[]).is_err(), "not a whole command");
}
