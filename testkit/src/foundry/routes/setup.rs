//! `/setup`: worlds, packages and the configuration.
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::admin;
use super::worlds::{close_for_good, error, launch_world, refusal};
use crate::foundry::http::{Fields, Reply, json, page, redirect};
use crate::foundry::pages;
use crate::foundry::session::Session;
use crate::foundry::state::FoundryState;
use crate::foundry::world::World;

/// The setup page.
pub(super) fn show(table: &FoundryState, visitor: &Session) -> Reply {
    if table.game().active().is_some() {
        redirect(&table.prefixed("/join"))
    } else if table.may_set_up(visitor) {
        page(pages::setup(table))
    } else {
        redirect(&table.prefixed("/auth"))
    }
}

/// One action of the setup page.
pub(super) async fn submit(table: &Arc<FoundryState>, visitor: &Session, fields: Fields) -> Reply {
    if fields.is_on("shutdown") {
        return shut_down(table, visitor).await;
    }
    if !table.may_set_up(visitor) {
        return refusal("You are not authenticated as an administrator");
    }
    let action = fields.text("action").to_owned();
    let busy = table.game().active().is_some();
    match action.as_str() {
        "launchWorld" => launch_world(table, fields.text("world").to_owned()).await,
        "createWorld" if !table.program.version.has_create_and_quit() => {
            admin::create(table, visitor, fields).await
        }
        "editWorld" => edit_world(table, fields),
        "adminConfigure" => configure(table, fields),
        "adminLogout" => {
            table.sessions.set_admin(&visitor.id, false);
            redirect(&table.prefixed("/auth"))
        }
        "installPackage" | "uninstallPackage" | "checkPackage" | "lockPackage" | "getPackages"
            if busy =>
        {
            refusal("Packages cannot be changed while a world is active")
        }
        "getPackages" => json(StatusCode::OK, &json!({"packages": [], "owned": []})),
        "checkPackage" => json(StatusCode::OK, &json!({"remote": null})),
        "installPackage" => admin::install(table, &fields),
        "listBackups" => {
            json(StatusCode::OK, &json!({"module": {}, "system": {}, "world": {}, "snapshots": {}}))
        }
        other => error(format!("The stand-in knows no action {other:?} of the setup page")),
    }
}

async fn shut_down(table: &Arc<FoundryState>, visitor: &Session) -> Reply {
    if !visitor.admin && !table.is_gamemaster(visitor) {
        return refusal("You may not return this world to setup");
    }
    close_for_good(table).await;
    redirect(&table.prefixed("/setup"))
}

fn edit_world(table: &FoundryState, fields: Fields) -> Reply {
    let mut changes = fields.into_map();
    let id = changes.remove("id").or_else(|| changes.remove("name")).unwrap_or(Value::Null);
    changes.remove("action");
    let world = World::read(&table.folder, id.as_str().unwrap_or_default());
    match world.and_then(|mut world| world.edit(changes).map_err(|why| why.to_string())) {
        Ok(()) => json(StatusCode::OK, &json!({})),
        Err(why) => error(why),
    }
}

fn configure(table: &Arc<FoundryState>, fields: Fields) -> Reply {
    let mut changes = fields.into_map();
    changes.remove("action");
    if let Err(why) = table.options.save(&table.folder, &changes) {
        return error(format!("options.json cannot be written: {why}"));
    }
    admin::end_soon(table);
    json(StatusCode::OK, &json!({}))
}
