//! `GET /api/status`.
use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::foundry::game::Game;
use crate::foundry::http::{Reply, Request, json, text};
use crate::foundry::state::FoundryState;
use crate::foundry::world::World;

/// Who plays what, for anyone who asks.
pub(super) fn answer(table: &FoundryState, request: &Request) -> Reply {
    if let Some(code) = table.switches.now().status_code {
        let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return text(status, "The stand-in was told to answer like this.");
    }
    let status = status(table);
    let etag = format!("W/\"{}\"", hex::encode(&Sha256::digest(status.to_string())[..8]));
    let unchanged =
        request.headers().get(IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == etag.as_bytes());
    let mut reply =
        if unchanged { text(StatusCode::NOT_MODIFIED, "") } else { json(StatusCode::OK, &status) };
    reply.headers_mut().extend(HeaderValue::try_from(etag).ok().map(|etag| (ETAG, etag)));
    reply
}

fn status(table: &FoundryState) -> Value {
    let early = table.switches.now().active_early;
    match &*table.game() {
        Game::Active(active) => {
            let uptime = active.since.elapsed().as_millis();
            described(table, &active.world, u64::try_from(uptime).unwrap_or(u64::MAX))
        }
        Game::Launching(world) if early => described(table, world, 0),
        Game::Launching(_) | Game::Idle | Game::Closing => {
            json!({"active": false, "version": table.program.version.to_string()})
        }
    }
}

fn described(table: &FoundryState, world: &World, uptime: u64) -> Value {
    let behaviour = table.switches.now();
    let seen = || table.hub.active_users(behaviour.users_lag).len();
    json!({
        "active": true,
        "version": table.program.version.to_string(),
        "world": world.id,
        "system": world.system(),
        "systemVersion": world.system_version(&table.folder),
        "users": behaviour.users.unwrap_or_else(seen),
        "uptime": uptime,
    })
}
