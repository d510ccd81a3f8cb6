//! The websocket of a connection.
use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use futures_util::{SinkExt, StreamExt};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use http::{HeaderValue, StatusCode};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use super::connection::{Connection, Next};
use super::session::Out;
use crate::discord::reply::{Reply, Request, plain};
use crate::discord::shared::Shared;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Answers a request for `/gw`.
pub(crate) fn upgrade(shared: &Arc<Shared>, mut request: Request) -> Reply {
    let key = request.headers().get(SEC_WEBSOCKET_KEY).cloned();
    let Some(key) = key else { return plain(StatusCode::BAD_REQUEST, "a websocket is wanted") };
    if shared.read().gateway.is_down {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "the gateway is down");
    }
    let query = request.uri().query().unwrap_or_default().to_owned();
    let is_known = query.split('&').any(|pair| pair == "v=10");
    let upgrade = hyper::upgrade::on(&mut request);
    let task = Arc::clone(shared);
    shared.spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None);
        let mut socket = socket.await;
        if is_known {
            serve(&task, socket).await;
        } else {
            close(&mut socket, 4012).await;
        }
    });
    switching(key.as_bytes())
}

fn switching(key: &[u8]) -> Reply {
    let mut reply = plain(StatusCode::SWITCHING_PROTOCOLS, "");
    let headers = reply.headers_mut();
    headers.clear();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let accept = HeaderValue::try_from(derive_accept_key(key));
    headers.extend(accept.ok().map(|accept| (SEC_WEBSOCKET_ACCEPT, accept)));
    reply
}

async fn close(socket: &mut Socket, code: u16) {
    let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
    // The other side may be gone already.
    let _gone = socket.close(Some(frame)).await;
    while socket.next().await.is_some_and(|message| message.is_ok()) {}
}

/// `text` as a message, compressed where the client wants it.
fn message(text: String, compress: bool) -> Message {
    if !compress {
        return Message::text(text);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    match encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()) {
        Ok(bytes) => Message::binary(bytes),
        Err(_) => Message::text(text),
    }
}

async fn serve(shared: &Arc<Shared>, mut socket: Socket) {
    let (out, mut outbox) = unbounded_channel();
    let (number, beat) = {
        let mut world = shared.write();
        world.gateway.connections += 1;
        (world.gateway.connections, world.gateway.heartbeat)
    };
    let interval = u64::try_from(beat.as_millis()).unwrap_or(u64::MAX);
    let hello = json!({"op": 10, "d": {"heartbeat_interval": interval, "_trace": []}, "s": null, "t": null});
    let mut connection =
        Connection { number, out, is_identified: false, compress: false, spent: (0, 0) };
    if socket.send(Message::text(hello.to_string())).await.is_err() {
        return;
    }
    // A client that misses a heartbeat by half is gone.
    let patience = beat + beat / 2;
    let (mut heard, mut silent) = (Instant::now(), false);
    let code = loop {
        tokio::select! {
            what = outbox.recv() => match what {
                Some(Out::Silence) => silent = true,
                Some(Out::Send(_)) if silent => {}
                Some(Out::Send(text)) => {
                    if socket.send(message(text, connection.compress)).await.is_err() {
                        break None;
                    }
                }
                Some(Out::Close(code)) => break Some(code),
                Some(Out::Drop) | None => break None,
            },
            got = socket.next() => match got {
                Some(Ok(Message::Text(text))) if !silent => {
                    heard = Instant::now();
                    if let Next::Close(code) = connection.take(shared, &text) {
                        break Some(code);
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break None,
                Some(Ok(Message::Binary(_))) => break Some(4002),
                Some(Ok(Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            },
            () = sleep_until(heard + patience), if !silent => break Some(4009),
        }
    };
    shared.write().gateway.detach(number);
    if let Some(code) = code {
        close(&mut socket, code).await;
    }
}
