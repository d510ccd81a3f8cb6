//! The polling transport: packets in the bodies of ordinary requests.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use http_body_util::{BodyExt, Limited};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep, timeout};

use super::client::{Flow, SocketClient};
use super::packet::{LARGEST, Packet, greeting};
use super::upgrade::session;
use crate::foundry::http::{Reply, Request, query, text};
use crate::foundry::state::FoundryState;

/// What stands between two packets of one body.
const SEPARATOR: char = '\u{1e}';
/// How long a client may stay away between two polls.
const ABSENCE: Duration = Duration::from_secs(20);

/// The clients that poll.
#[derive(Debug, Default)]
pub(crate) struct Polls(Mutex<HashMap<String, Arc<Poll>>>);

/// A client that polls.
#[derive(Debug)]
pub(super) struct Poll {
    pub(super) call: SocketClient,
    outbox: tokio::sync::Mutex<Option<UnboundedReceiver<String>>>,
    seen: Mutex<Instant>,
}

impl Polls {
    /// The client the engine calls `sid`.
    pub(super) fn find(&self, sid: &str) -> Option<Arc<Poll>> {
        let poll = self.lock().get(sid).cloned();
        poll.inspect(|poll| poll.be_seen())
    }

    /// Ends polling, and gives what is still to be sent to another transport.
    pub(super) async fn hand_over(&self, poll: &Poll) -> Option<UnboundedReceiver<String>> {
        self.lock().remove(&poll.call.sid);
        poll.outbox.lock().await.take()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Poll>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Poll {
    fn be_seen(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn absence(&self) -> Duration {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// Answers one request of a polling client.
pub(super) async fn answer(table: &Arc<FoundryState>, request: Request) -> Reply {
    let Some(sid) = query(&request, "sid") else { return begin(table, &request) };
    let Some(poll) = table.polls.find(&sid) else {
        return text(StatusCode::BAD_REQUEST, r#"{"code":1,"message":"Session ID unknown"}"#);
    };
    if request.method() == Method::POST {
        take_in(table, &poll, request).await
    } else {
        hand_out(table, &poll).await
    }
}

fn begin(table: &Arc<FoundryState>, request: &Request) -> Reply {
    let (out, outbox) = unbounded_channel();
    let call = SocketClient::new(table, session(table, request), out);
    let ping = table.switches.now().ping;
    let hello = greeting(&call.sid, &["websocket"], ping);
    let sid = call.sid.clone();
    let seen = Mutex::new(Instant::now());
    let poll = Arc::new(Poll { call, outbox: tokio::sync::Mutex::new(Some(outbox)), seen });
    table.polls.lock().insert(sid.clone(), poll);
    table.tasks.spawn(forget_when_absent(Arc::clone(table), sid, ping + ABSENCE));
    text(StatusCode::OK, hello)
}

async fn take_in(table: &FoundryState, poll: &Poll, request: Request) -> Reply {
    let Ok(body) = Limited::new(request.into_body(), LARGEST).collect().await else {
        return text(StatusCode::BAD_REQUEST, "");
    };
    let body = body.to_bytes();
    for packet in String::from_utf8_lossy(&body).split(SEPARATOR).map(Packet::read) {
        if poll.call.receive(packet).await == Flow::Bye {
            table.polls.lock().remove(&poll.call.sid);
            poll.call.leave(false);
        }
    }
    text(StatusCode::OK, "ok")
}

async fn hand_out(table: &FoundryState, poll: &Poll) -> Reply {
    let mut outbox = poll.outbox.lock().await;
    let Some(outbox) = outbox.as_mut() else { return text(StatusCode::BAD_REQUEST, "") };
    let mut body = match timeout(table.switches.now().ping, outbox.recv()).await {
        Ok(first) => first.unwrap_or_default(),
        Err(_) => "2".into(),
    };
    while let Ok(next) = outbox.try_recv() {
        body.push(SEPARATOR);
        body.push_str(&next);
    }
    text(StatusCode::OK, body)
}

async fn forget_when_absent(table: Arc<FoundryState>, sid: String, wait: Duration) {
    loop {
        sleep(wait).await;
        let Some(poll) = table.polls.lock().get(&sid).cloned() else { return };
        if poll.absence() >= wait {
            table.polls.lock().remove(&sid);
            poll.call.leave(true);
            return;
        }
    }
}
