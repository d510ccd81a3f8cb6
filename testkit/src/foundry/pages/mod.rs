//! What a person sees in a browser. All of it is ours: none of it looks like the vendor's.
mod layout;

use layout::{Page, escape};

use super::http::Reply;
use super::state::FoundryState;
use super::world::World;

/// Where the license key is typed.
pub(crate) fn license_key(table: &FoundryState) -> String {
    Page::new(table, "License key").part("license", include_str!("license_key.html")).html()
}

/// Where the end user license agreement is accepted.
pub(crate) fn agreement(table: &FoundryState) -> String {
    Page::new(table, "Agreement").part("license", include_str!("agreement.html")).html()
}

/// Where the admin password is typed.
pub(crate) fn auth(table: &FoundryState) -> String {
    let form = include_str!("auth.html").replace("{field}", table.program.version.admin_field());
    Page::new(table, "Administrator").part("auth", &form).html()
}

/// Where worlds are launched.
pub(crate) fn setup(table: &FoundryState) -> String {
    let rows: String = World::all(&table.folder).iter().map(world_row).collect();
    let version = table.program.version;
    let create = if version.has_create_and_quit() { "/create" } else { "/setup" };
    let systems = table.folder.systems();
    let systems: Vec<_> =
        systems.iter().map(|id| format!("<option>{}</option>", escape(id))).collect();
    let list = include_str!("setup.html")
        .replace("{worlds}", &rows)
        .replace("{create}", create)
        .replace("{id_field}", version.world_id_field())
        .replace("{systems}", &systems.concat())
        .replace("{language}", &escape(table.options.language()));
    Page::new(table, "Setup")
        .part("setup", &list)
        .script(include_str!("engine.js"))
        .script(include_str!("setup.js"))
        .html()
}

/// Where a user of `world` is picked; the list is built in the browser from socket data.
pub(crate) fn join(table: &FoundryState, world: &World) -> String {
    let form = include_str!("join.html").replace("{title}", &escape(world.title()));
    Page::new(table, world.title())
        .part("auth join", &form)
        .script(include_str!("engine.js"))
        .script(include_str!("join.js"))
        .html()
}

/// The join page when there is nothing to join.
pub(crate) fn no_game(table: &FoundryState) -> String {
    Page::new(table, "No game").part("auth join", include_str!("no_game.html")).html()
}

/// The game itself.
pub(crate) fn game(table: &FoundryState, world: &World) -> String {
    let board = include_str!("game.html").replace("{title}", &escape(world.title()));
    Page::new(table, world.title())
        .part("game", &board)
        .script(include_str!("engine.js"))
        .script(include_str!("game.js"))
        .html()
}

/// The list of users, for who runs the game.
pub(crate) fn players(table: &FoundryState) -> String {
    Page::new(table, "Players").part("players", include_str!("players.html")).html()
}

/// 404.
pub(crate) fn missing(table: &FoundryState) -> Reply {
    let html = Page::new(table, "Not found").part("missing", include_str!("missing.html")).html();
    let mut reply = super::http::page(html);
    *reply.status_mut() = http::StatusCode::NOT_FOUND;
    reply
}

fn world_row(world: &World) -> String {
    let (id, title) = (escape(&world.id), escape(world.title()));
    format!(
        "<li><span><b>{title}</b> <small>{id}</small></span>\
         <button type=\"button\" data-world=\"{id}\">Launch</button></li>"
    )
}
