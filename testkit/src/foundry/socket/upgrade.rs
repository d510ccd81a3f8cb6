//! The websocket transport, and the door to both transports.
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::{HeaderValue, StatusCode};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Duration, Instant, MissedTickBehavior, interval_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::client::{Flow, SocketClient};
use super::packet::{LARGEST, Packet, greeting};
use super::polling;
use crate::foundry::http::{Reply, Request, cookie, query, text};
use crate::foundry::state::FoundryState;

/// What node gives a client to answer a ping.
const PONG_WAIT: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Answers a request for `/socket.io/`.
pub(crate) async fn open(table: &Arc<FoundryState>, request: Request) -> Reply {
    match query(&request, "transport").as_deref() {
        Some("websocket") => websocket(table, request),
        Some("polling") => polling::answer(table, request).await,
        _ => text(StatusCode::BAD_REQUEST, r#"{"code":0,"message":"Transport unknown"}"#),
    }
}

/// The session a socket belongs to, found where this version looks for it.
pub(super) fn session(table: &FoundryState, request: &Request) -> Option<String> {
    if table.program.version.socket_wants_cookie() {
        cookie(request.headers(), "session").map(ToOwned::to_owned)
    } else {
        query(request, "session")
    }
}

fn websocket(table: &Arc<FoundryState>, mut request: Request) -> Reply {
    let Some(key) = request.headers().get(SEC_WEBSOCKET_KEY).cloned() else {
        return text(StatusCode::BAD_REQUEST, r#"{"code":3,"message":"Bad request"}"#);
    };
    let session = session(table, &request);
    let sid = query(&request, "sid");
    let upgrade = hyper::upgrade::on(&mut request);
    let (table, tasks) = (Arc::clone(table), table.tasks.clone());
    tasks.spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let socket = accept(upgraded).await;
        match sid {
            Some(sid) => take_over(&table, socket, &sid).await,
            None => fresh(&table, socket, session).await,
        }
    });
    switching(key.as_bytes())
}

async fn accept(upgraded: Upgraded) -> Socket {
    let limit = Some(LARGEST);
    let config = WebSocketConfig::default().max_message_size(limit).max_frame_size(limit);
    WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await
}

fn switching(key: &[u8]) -> Reply {
    let mut reply = text(StatusCode::SWITCHING_PROTOCOLS, "");
    let headers = reply.headers_mut();
    headers.clear();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let accept = HeaderValue::try_from(derive_accept_key(key));
    headers.extend(accept.ok().map(|accept| (SEC_WEBSOCKET_ACCEPT, accept)));
    reply
}

async fn fresh(table: &Arc<FoundryState>, mut socket: Socket, session: Option<String>) {
    let (out, outbox) = unbounded_channel();
    let call = SocketClient::new(table, session, out);
    let hello = greeting(&call.sid, &[], table.switches.now().ping);
    if socket.send(Message::text(hello)).await.is_ok() {
        talk(&call, socket, outbox).await;
    }
}

/// A client that began with polling moves to this socket.
async fn take_over(table: &Arc<FoundryState>, mut socket: Socket, sid: &str) {
    let Some(poll) = table.polls.find(sid) else { return };
    loop {
        let Some(Ok(Message::Text(text))) = socket.next().await else { return };
        match Packet::read(&text) {
            Packet::Probe => {
                // A waiting poll is answered with a packet that means nothing.
                poll.call.send("6".into());
                if socket.send(Message::text("3probe")).await.is_err() {
                    return;
                }
            }
            Packet::Upgrade => break,
            Packet::Pong
            | Packet::Close
            | Packet::Connect
            | Packet::Disconnect
            | Packet::Event { .. }
            | Packet::Other => {}
        }
    }
    let Some(outbox) = table.polls.hand_over(&poll).await else { return };
    talk(&poll.call, socket, outbox).await;
}

async fn talk(call: &SocketClient, mut socket: Socket, mut outbox: UnboundedReceiver<String>) {
    let every = call.table.switches.now().ping;
    let mut ping = interval_at(Instant::now() + every, every);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let lost = loop {
        tokio::select! {
            packet = outbox.recv() => {
                let Some(packet) = packet else { break false };
                if socket.send(Message::text(packet)).await.is_err() {
                    break true;
                }
            }
            message = socket.next() => {
                heard = Instant::now();
                match message {
                    Some(Ok(Message::Text(text))) => {
                        if call.receive(Packet::read(&text)).await == Flow::Bye {
                            break false;
                        }
                    }
                    Some(Ok(Message::Close(_))) => break false,
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => break true,
                }
            }
            _ = ping.tick() => {
                if heard.elapsed() > every + PONG_WAIT || socket.send(Message::text("2")).await.is_err() {
                    break true;
                }
            }
        }
    };
    call.leave(lost);
    // The other side may be gone already.
    let _ = socket.close(None).await;
}
