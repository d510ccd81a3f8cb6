//! A socket.io client, as far as one is needed.
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::header::COOKIE;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::visitor::Visitor;

/// A connected socket.
pub(crate) struct Wire {
    pub(crate) stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    number: u64,
    /// The data of the `session` event.
    pub(crate) session: Value,
}

impl Wire {
    /// Connects with the session in query and cookie, as a careful client does.
    pub(crate) async fn of(visitor: &Visitor) -> Self {
        let session = visitor.session.as_deref().unwrap_or_default();
        Self::with(&visitor.address, "", session, session).await
    }

    /// Connects below `prefix`, with the session where it is said to be.
    pub(crate) async fn with(address: &str, prefix: &str, query: &str, cookie: &str) -> Self {
        let url =
            format!("ws://{address}{prefix}/socket.io/?session={query}&EIO=4&transport=websocket");
        let mut stream = open(&url, cookie).await;
        assert!(next(&mut stream).await.starts_with("0{\"maxPayload\""));
        stream.send(Message::text("40")).await.unwrap();
        let mut wire = Self { stream, number: 0, session: Value::Null };
        assert!(wire.text().await.starts_with("40{"));
        wire.session = wire.event("session").await[0].clone();
        wire
    }

    /// Emits and waits for the answer.
    pub(crate) async fn ask(&mut self, event: &str, args: Value) -> Value {
        self.number += 1;
        let answer = format!("43{}[", self.number);
        self.emit_numbered(event, args, self.number).await;
        loop {
            let text = self.text().await;
            if let Some(rest) = text.strip_prefix(&answer) {
                return serde_json::from_str(&rest[..rest.len() - 1]).expect("an answer is JSON");
            }
        }
    }

    /// Emits, and says whether anything comes back within `wait`.
    pub(crate) async fn is_answered(&mut self, event: &str, wait: Duration, args: Value) -> bool {
        self.number += 1;
        self.emit_numbered(event, args, self.number).await;
        timeout(wait, self.text()).await.is_ok()
    }

    /// The arguments of the next event called `name`.
    pub(crate) async fn event(&mut self, name: &str) -> Vec<Value> {
        let patience = timeout(Duration::from_secs(10), async {
            loop {
                let text = self.text().await;
                let Some(event) = text.strip_prefix("42") else { continue };
                let mut args: Vec<Value> = serde_json::from_str(event).unwrap();
                if args.remove(0) == name {
                    return args;
                }
            }
        });
        patience.await.unwrap_or_else(|_| panic!("there was no event {name}"))
    }

    /// Waits for the server's good-bye.
    pub(crate) async fn closed(mut self) {
        while let Some(Ok(message)) = self.stream.next().await {
            if message.is_close() {
                return;
            }
        }
    }

    /// Hangs up politely.
    pub(crate) async fn hang_up(mut self) {
        self.stream.close(None).await.unwrap();
        self.closed().await;
    }

    async fn emit_numbered(&mut self, event: &str, args: Value, number: u64) {
        let mut all = vec![json!(event)];
        all.extend(args.as_array().cloned().unwrap_or_default());
        let text = format!("42{number}{}", Value::Array(all));
        self.stream.send(Message::text(text)).await.unwrap();
    }

    async fn text(&mut self) -> String {
        loop {
            let text = next(&mut self.stream).await;
            if text == "2" {
                self.stream.send(Message::text("3")).await.unwrap();
            } else {
                return text;
            }
        }
    }
}

/// Opens a websocket.
pub(crate) async fn open(url: &str, cookie: &str) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert(COOKIE, format!("session={cookie}").parse().unwrap());
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    connect_async_with_config(request, Some(config), false).await.expect("the socket opens").0
}

/// The next text.
pub(crate) async fn next(stream: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> String {
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => return text.to_string(),
            Some(Ok(_)) => {}
            other => panic!("the socket ended with {other:?}"),
        }
    }
}
