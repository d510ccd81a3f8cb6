//! The page: the guild as its members see it, for those who want to watch a bot or to press its buttons without Discord.
mod act;
mod view;

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HOST};
use http::{Method, StatusCode};
use http_body_util::{BodyExt, Limited};
use serde_json::{Value, json};

use super::reply::{Reply, Request, plain, typed};
use super::shared::Shared;
use super::stand_in::DiscordStandIn;

const INDEX: &str = include_str!("index.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");

/// The largest thing that the page sends.
const LARGEST: usize = 1 << 16;
/// How long the page is kept waiting for a change.
const HOLD: Duration = Duration::from_secs(25);

/// Answers what is neither REST nor gateway.
pub(crate) async fn answer(shared: &Arc<Shared>, request: Request) -> Reply {
    if !is_local(&request) {
        let words = "This page is shown on this machine alone. Open it at http://127.0.0.1.";
        return plain(StatusCode::FORBIDDEN, words);
    }
    let path = request.uri().path().to_owned();
    let is_read = request.method() == Method::GET;
    match path.as_str() {
        "/" if is_read => typed(StatusCode::OK, "text/html; charset=utf-8", INDEX),
        "/page.js" if is_read => typed(StatusCode::OK, "text/javascript; charset=utf-8", SCRIPT),
        "/page.css" if is_read => typed(StatusCode::OK, "text/css; charset=utf-8", STYLE),
        "/stand-in/state" if is_read => {
            let (user, channel) = (query(&request, "as"), query(&request, "channel"));
            said(&view::state(shared, &user, &channel))
        }
        "/stand-in/changes" if is_read => {
            let after = query(&request, "after").parse().unwrap_or(0);
            said(&changes(shared, after).await)
        }
        "/stand-in/act" if request.method() == Method::POST => act(shared, request).await,
        _ => {
            plain(StatusCode::NOT_FOUND, "The page is at /, REST at /api/v10, the gateway at /gw.")
        }
    }
}

fn said(value: &Value) -> Reply {
    typed(StatusCode::OK, "application/json", value.to_string())
}

/// Whether a browser asked for this machine by a name that is local: no other site leads here.
fn is_local(request: &Request) -> bool {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost")
}

fn query(request: &Request, name: &str) -> String {
    let query = request.uri().query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The number of the last change, once it is not `after` any more, or after a while.
async fn changes(shared: &Shared, after: u64) -> Value {
    let mut changed = shared.watch();
    // Nothing new is an answer as well: the page asks again.
    drop(tokio::time::timeout(HOLD, changed.wait_for(|version| *version != after)).await);
    let version = *changed.borrow();
    json!({"version": version})
}

/// Does what someone wants to do. Another site cannot send JSON here without being asked first, and is not answered then.
async fn act(shared: &Arc<Shared>, request: Request) -> Reply {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "JSON is wanted");
    }
    let body = Limited::new(request.into_body(), LARGEST).collect().await;
    let body = body.ok().and_then(|body| serde_json::from_slice::<Value>(&body.to_bytes()).ok());
    let Some(body) = body else { return plain(StatusCode::BAD_REQUEST, "JSON is wanted") };
    let discord = DiscordStandIn::within(shared);
    match act::act(&discord, &body).await {
        Ok(done) => said(&done),
        Err(why) => said(&json!({"error": why.to_string()})),
    }
}
