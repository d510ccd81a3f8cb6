//! Which part answers which path.
use std::future::pending;
use std::sync::Arc;

use http::header::SET_COOKIE;
use http::{HeaderValue, Method, StatusCode};

use super::{admin, auth, files, join, license, probes, setup, status};
use crate::foundry::http::{Answer, Fields, Reply, Request, cookie, redirect, text};
use crate::foundry::license::LicenseState;
use crate::foundry::pages;
use crate::foundry::session::Session;
use crate::foundry::socket;
use crate::foundry::state::FoundryState;

impl Answer for FoundryState {
    async fn answer(self: Arc<Self>, request: Request) -> Reply {
        let behaviour = self.switches.now();
        if behaviour.spy {
            self.spy.note(&request);
        }
        if behaviour.hang {
            return pending().await;
        }
        if let Some(code) = behaviour.http_code {
            let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return text(status, "The stand-in was told to answer like this.");
        }
        let Some(path) = below_prefix(&self, request.uri().path()) else {
            return text(StatusCode::NOT_FOUND, "Not Found");
        };
        if path == "/socket.io/" {
            return socket::open(&self, request).await;
        }
        match probes::answer(&self, &path, request).await {
            Ok(reply) => reply,
            Err(request) => match files::answer(&self, &path, &request) {
                Some(reply) => reply,
                None => visit(&self, &path, request).await,
            },
        }
    }
}

/// The path below the route prefix; `None` outside it.
fn below_prefix(table: &FoundryState, path: &str) -> Option<String> {
    let Some(prefix) = &table.options.route_prefix else { return Some(path.to_owned()) };
    let rest = path.strip_prefix('/')?.strip_prefix(prefix.as_str())?;
    match rest {
        "" => Some("/".to_owned()),
        rest if rest.starts_with('/') => Some(rest.to_owned()),
        _ => None,
    }
}

/// A dynamic route: everyone who comes without a session leaves with one.
async fn visit(table: &Arc<FoundryState>, path: &str, request: Request) -> Reply {
    let known = cookie(request.headers(), "session").and_then(|id| table.sessions.find(id));
    let (visitor, fresh) = match known {
        Some(visitor) => (visitor, false),
        None => (table.sessions.begin(), true),
    };
    let id = visitor.id.clone();
    if fresh {
        table.console.info(format!("Created client session {id}"));
    }
    let mut reply = route(table, &visitor, path, request).await;
    if fresh {
        let value = format!("session={id}; Max-Age=86400; Path=/; SameSite=Strict");
        let value = HeaderValue::try_from(value).ok();
        reply.headers_mut().extend(value.map(|value| (SET_COOKIE, value)));
    }
    reply
}

async fn route(
    table: &Arc<FoundryState>,
    visitor: &Session,
    path: &str,
    request: Request,
) -> Reply {
    if path == "/api/status" {
        return status::answer(table, &request);
    }
    if table.standing() != LicenseState::Signed && path != "/license" {
        return redirect(&table.prefixed("/license"));
    }
    match *request.method() {
        Method::GET | Method::HEAD => show(table, visitor, path),
        Method::POST => {
            let headers = request.headers().clone();
            match Fields::of(request).await {
                Ok(fields) if path == "/join" => {
                    join::submit(table, visitor, &headers, fields).await
                }
                Ok(fields) => submit(table, visitor, path, fields).await,
                Err(why) => text(StatusCode::BAD_REQUEST, why.to_string()),
            }
        }
        _ => text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"),
    }
}

fn show(table: &FoundryState, visitor: &Session, path: &str) -> Reply {
    let modern = table.program.version.has_create_and_quit();
    match path {
        "/" => redirect(&table.prefixed(table.landing(visitor))),
        "/license" => license::show(table),
        "/auth" => auth::show(table),
        "/setup" | "/update" => setup::show(table, visitor),
        "/create" if modern => setup::show(table, visitor),
        "/join" => join::show(table, visitor),
        "/game" | "/stream" => join::show_game(table, visitor),
        "/players" => join::show_players(table, visitor),
        _ => pages::missing(table),
    }
}

async fn submit(table: &Arc<FoundryState>, visitor: &Session, path: &str, fields: Fields) -> Reply {
    let modern = table.program.version.has_create_and_quit();
    match path {
        "/license" => license::submit(table, &fields).await,
        "/auth" => auth::submit(table, visitor, &fields),
        "/setup" => setup::submit(table, visitor, fields).await,
        "/create" if modern => admin::create(table, visitor, fields).await,
        "/quit" if modern => admin::quit(table, visitor),
        "/update" => admin::update(table, visitor),
        _ => pages::missing(table),
    }
}
