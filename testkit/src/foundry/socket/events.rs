//! What a client may ask over its socket, and who may ask it.
use serde_json::{Value, json};

use super::client::SocketClient;
use super::document;
use crate::foundry::game::Active;
use crate::foundry::session::Session;
use crate::foundry::state::FoundryState;
use crate::foundry::users::User;
use crate::foundry::world::World;

/// The answer to an event; `None` where the program stays silent.
pub(super) async fn answer(call: &SocketClient, name: &str, args: Vec<Value>) -> Option<Value> {
    let visitor = call.visitor()?;
    let table = &call.table;
    match name {
        "getJoinData" => Some(join_data(table, &visitor)),
        "getSetupData" => Some(setup_data(table, &visitor)),
        "getPlayersData" => Some(players_data(table, &visitor)),
        "getWorldStatus" => Some(table.game().active().is_some().into()),
        "world" => Some(world_data(table, &visitor)),
        "modifyDocument" => Some(document::modify(call, &visitor, args).await),
        "template" => Some(template(args.first())),
        "time" => Some(millis_since_start(table).into()),
        "userActivity" => {
            activity(call, &visitor, args);
            None
        }
        "stand-in:echo" => Some(args.into()),
        _ => None,
    }
}

fn join_data(table: &FoundryState, visitor: &Session) -> Value {
    let game = table.game();
    let Some(active) = game.active() else { return json!({}) };
    json!({
        "world": active.world.described(),
        "system": system(table, &active.world),
        "users": shown(active),
        "activeUsers": active_users(table),
        "userId": visitor.user,
        "release": release(table),
        "isAdmin": visitor.admin,
        "passwordString": "•".repeat(8),
        "modules": [],
        "addresses": addresses(table),
    })
}

fn setup_data(table: &FoundryState, visitor: &Session) -> Value {
    if table.game().active().is_some() || !table.may_set_up(visitor) {
        return json!({});
    }
    let worlds: Vec<Value> = World::all(&table.folder).iter().map(World::described).collect();
    json!({
        "worlds": worlds, "systems": [], "modules": [], "options": table.options.masked(),
        "release": release(table), "isAdmin": visitor.admin, "addresses": addresses(table),
    })
}

fn players_data(table: &FoundryState, visitor: &Session) -> Value {
    if !table.is_gamemaster(visitor) {
        return json!({});
    }
    let game = table.game();
    let Some(active) = game.active() else { return json!({}) };
    json!({"users": shown(active), "world": active.world.described(), "release": release(table)})
}

fn world_data(table: &FoundryState, visitor: &Session) -> Value {
    let game = table.game();
    let (Some(active), Some(user)) = (game.active(), &visitor.user) else { return json!({}) };
    let version = table.program.version;
    let mut data = json!({
        "userId": user,
        "activeUsers": active_users(table),
        "paused": false,
        "demoMode": false,
        "release": release(table),
        "world": active.world.described(),
        "system": system(table, &active.world),
        "modules": [], "packs": [], "packageWarnings": {}, "template": {}, "model": {},
        "options": {
            "language": "en.core", "port": table.options.port,
            "routePrefix": table.options.route_prefix, "updateChannel": "stable",
        },
        "addresses": addresses(table),
        "files": {"storages": ["public", "data"]},
        "coreUpdate": {"hasUpdate": false, "version": version.to_string()},
        "systemUpdate": {"hasUpdate": false},
        "users": shown(active),
        "messages": active.messages,
        // Ballast: a real world is megabytes.
        "standIn": "·".repeat(table.switches.now().world_size / "·".len()),
    });
    for collection in ["actors", "items", "scenes", "journal", "folders", "macros", "combats"] {
        data[collection] = json!([]);
    }
    data
}

fn activity(call: &SocketClient, visitor: &Session, args: Vec<Value>) {
    if let Some(user) = &visitor.user {
        let mut all = vec![Value::from(user.as_str())];
        all.extend(args);
        call.table.hub.tell_others(call.number(), "userActivity", &all);
    }
}

fn template(path: Option<&Value>) -> Value {
    let name = path.and_then(Value::as_str).unwrap_or_default();
    let known = ["join-game", "join-form", "join-setup", "setup-authentication"];
    if known.iter().any(|part| name.contains(part)) {
        json!({"success": true, "html": "<section></section>"})
    } else {
        json!({"success": false, "error": format!("The template {name} does not exist")})
    }
}

fn shown(active: &Active) -> Vec<Value> {
    active.users.all().iter().map(User::shown).collect()
}

fn active_users(table: &FoundryState) -> Vec<String> {
    table.hub.active_users(table.switches.now().users_lag)
}

fn system(table: &FoundryState, world: &World) -> Value {
    let id = world.system();
    json!({"id": id, "title": id, "version": world.system_version(&table.folder)})
}

fn release(table: &FoundryState) -> Value {
    let version = table.program.version;
    json!({
        "generation": version.generation, "build": version.build, "channel": "stable",
        "suffix": "", "node_version": table.program.node_minimum,
    })
}

fn addresses(table: &FoundryState) -> Value {
    json!({"local": format!("http://127.0.0.1:{}", table.options.port), "remoteIsAccessible": null})
}

fn millis_since_start(table: &FoundryState) -> u64 {
    u64::try_from(table.started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
