//! `/join` and the pages behind it.
use std::sync::Arc;

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::worlds::close_for_good;
use crate::foundry::http::{Fields, Reply, json, page, redirect};
use crate::foundry::pages;
use crate::foundry::session::Session;
use crate::foundry::state::FoundryState;

/// The join page, which takes the visitor from their seat.
pub(super) fn show(table: &FoundryState, visitor: &Session) -> Reply {
    table.sessions.seat(&visitor.id, None);
    let game = table.game();
    match game.active() {
        Some(active) => page(pages::join(table, &active.world)),
        None => page(pages::no_game(table)),
    }
}

/// The game, for who has a seat.
pub(super) fn show_game(table: &FoundryState, visitor: &Session) -> Reply {
    let game = table.game();
    match (game.active(), &visitor.user) {
        (Some(active), Some(_)) => page(pages::game(table, &active.world)),
        _ => redirect(&table.prefixed("/join")),
    }
}

/// The list of users, for who runs the game.
pub(super) fn show_players(table: &FoundryState, visitor: &Session) -> Reply {
    if table.is_gamemaster(visitor) {
        page(pages::players(table))
    } else {
        redirect(&table.prefixed("/join"))
    }
}

/// One action of the join page.
pub(super) async fn submit(
    table: &Arc<FoundryState>,
    visitor: &Session,
    headers: &HeaderMap,
    fields: Fields,
) -> Reply {
    if !comes_from_here(table, headers) {
        return failed(StatusCode::FORBIDDEN, "join", "The origin of this request is not ours");
    }
    match fields.text("action") {
        "join" => join(table, visitor, &fields),
        "shutdown" => shut_down(table, visitor, &fields).await,
        "loginAs" if table.program.version.has_login_as() => login_as(table, visitor, &fields),
        other => failed(StatusCode::BAD_REQUEST, other, "There is no such action"),
    }
}

fn comes_from_here(table: &FoundryState, headers: &HeaderMap) -> bool {
    if !table.program.version.checks_origin() || !table.switches.now().check_origin {
        return true;
    }
    let header = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let origin = header(ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == header(HOST)
}

fn join(table: &FoundryState, visitor: &Session, fields: &Fields) -> Reply {
    let names = table.program.version.user_fields();
    let id = names.iter().map(|name| fields.text(name)).find(|id| !id.is_empty());
    let game = table.game();
    let Some(active) = game.active() else {
        return failed(StatusCode::FORBIDDEN, "join", "JOIN.WorldPendingSetup");
    };
    let Some(user) = id.and_then(|id| active.users.find(id)) else {
        return failed(StatusCode::UNAUTHORIZED, "join", "JOIN.ErrorUserDoesNotExist");
    };
    if user.role() == 0 {
        return failed(StatusCode::UNAUTHORIZED, "join", "JOIN.ErrorBanned");
    }
    if !user.accepts(fields.text("password")) {
        return failed(StatusCode::UNAUTHORIZED, "join", "JOIN.ErrorInvalidPassword");
    }
    table.sessions.seat(&visitor.id, Some(user.id().to_owned()));
    succeeded(table, "join", "JOIN.LoginSuccess", "/game")
}

/// An admin, or who runs the game, takes a seat without its password.
fn login_as(table: &FoundryState, visitor: &Session, fields: &Fields) -> Reply {
    if !visitor.admin && !table.is_gamemaster(visitor) {
        return failed(StatusCode::FORBIDDEN, "loginAs", "You may not take another user's seat");
    }
    let game = table.game();
    let Some(user) = game.active().and_then(|active| active.users.find(fields.text("userId")))
    else {
        return failed(StatusCode::UNAUTHORIZED, "loginAs", "JOIN.ErrorUserDoesNotExist");
    };
    table.sessions.seat(&visitor.id, Some(user.id().to_owned()));
    succeeded(table, "loginAs", "JOIN.LoginSuccess", "/game")
}

async fn shut_down(table: &Arc<FoundryState>, visitor: &Session, fields: &Fields) -> Reply {
    let version = table.program.version;
    let known = visitor.admin && version.has_create_and_quit();
    if !known && !table.admin.accepts(fields.text(version.admin_field())) {
        let why = "The provided administrator access key is invalid";
        return failed(StatusCode::FORBIDDEN, "shutdown", why);
    }
    close_for_good(table).await;
    succeeded(table, "shutdown", "The world was shut down", "/setup")
}

fn succeeded(table: &FoundryState, request: &str, message: &str, to: &str) -> Reply {
    let to = table.prefixed(to);
    let answer =
        json!({"request": request, "status": "success", "message": message, "redirect": to});
    json(StatusCode::OK, &answer)
}

fn failed(status: StatusCode, request: &str, message: &str) -> Reply {
    json(status, &json!({"request": request, "status": "failed", "message": message}))
}
