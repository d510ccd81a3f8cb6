//! What an administrator does beside launching: making worlds, ending the program.
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::worlds::{error, launch_world, refusal};
use crate::foundry::exit::ExitReason;
use crate::foundry::http::{Fields, Reply, json};
use crate::foundry::launch::progress;
use crate::foundry::session::Session;
use crate::foundry::state::FoundryState;
use crate::foundry::world::World;

/// Makes a world: `POST /create`, or `createWorld` up to v13.
pub(super) async fn create(table: &Arc<FoundryState>, visitor: &Session, fields: Fields) -> Reply {
    if !table.may_set_up(visitor) {
        return refusal("You are not authenticated as an administrator");
    }
    let launch = fields.is_on("launch") && table.program.version.has_create_and_quit();
    let id = fields.text(table.program.version.world_id_field()).to_owned();
    if fields.text("system").is_empty() {
        return error("World validation errors: system: may not be undefined");
    }
    let mut manifest = fields.into_map();
    manifest.retain(|field, _| !matches!(field.as_str(), "action" | "launch"));
    match World::create(&table.folder, table.program.version, &id, manifest) {
        Err(why) => error(why),
        Ok(_) if launch => launch_world(table, id).await,
        Ok(world) => {
            progress(table, "createWorld", "complete", &id, 100);
            json(StatusCode::OK, &world.described())
        }
    }
}

/// Installs a package that has an id and nothing else.
pub(super) fn install(table: &FoundryState, fields: &Fields) -> Reply {
    let (kind, id) = (fields.text("type"), fields.text("id"));
    let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if !plain || !matches!(kind, "system" | "module" | "world") {
        return error("A package has a type and an id");
    }
    let folder = table.folder.data().join(format!("{kind}s")).join(id);
    let manifest = json!({"id": id, "name": id, "title": id, "version": "1.0.0"});
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join(format!("{kind}.json")), manifest.to_string()));
    let step = if written.is_ok() { "complete" } else { "error" };
    progress(table, "installPackage", step, id, 100);
    json(StatusCode::OK, &Value::Object(Map::new()))
}

/// `POST /quit`: ends the program.
pub(super) fn quit(table: &Arc<FoundryState>, visitor: &Session) -> Reply {
    if !visitor.admin {
        return refusal("You are not authenticated as an administrator");
    }
    end_soon(table);
    json(StatusCode::OK, &json!({"status": "failed"}))
}

/// `POST /update`: there is never one.
pub(super) fn update(table: &FoundryState, visitor: &Session) -> Reply {
    if table.may_set_up(visitor) {
        json(StatusCode::OK, &json!({"hasUpdate": false}))
    } else {
        refusal("You are not authenticated as an administrator")
    }
}

/// Ends the program once the answer in hand has left.
pub(super) fn end_soon(table: &Arc<FoundryState>) {
    let ending = Arc::clone(table);
    table.tasks.spawn(async move {
        // Nothing tells when the last byte of an answer has left, so it gets a moment.
        tokio::time::sleep(Duration::from_millis(50)).await;
        ending.exit.with(ExitReason::Requested);
    });
}
