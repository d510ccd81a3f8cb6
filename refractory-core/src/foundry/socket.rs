//! The program's socket: as much of engine.io 4 and socket.io as asking and listening needs.
use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use self::packet::Packet;
use crate::ports::Endpoint;
use crate::{Error, ErrorKind, Result};

mod packet;

const DURING: &str = "talking to Foundry's socket";
/// The largest answer asked for here is the list of users with the world's picture.
const LARGEST_MESSAGE: usize = 32 << 20;

/// Something the program told everybody.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) args: Vec<Value>,
}

/// An open socket. Dropping it hangs up.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
    asked: u64,
    heard: VecDeque<Event>,
}

impl Socket {
    /// Connects as the visitor with this `session`, and waits for the program's greeting.
    pub(crate) async fn open(at: &Endpoint, session: &str, within: Duration) -> Result<Self> {
        timeout(within, Self::connect(at, session)).await.map_err(|_| silent())?
    }

    async fn connect(at: &Endpoint, session: &str) -> Result<Self> {
        let stream = TcpStream::connect((at.host.as_str(), at.port)).await.map_err(failed)?;
        let path = format!("socket.io/?session={session}&EIO=4&transport=websocket");
        let address = at.url(&path).replacen("http", "ws", 1);
        let mut request = address.into_client_request().map_err(failed)?;
        // Up to 13 the session is read from the address, from 14 on from the cookie.
        let headers =
            [(header::COOKIE, format!("session={session}")), (header::ORIGIN, origin(at))];
        for (name, value) in headers {
            request.headers_mut().insert(name, HeaderValue::try_from(value).map_err(failed)?);
        }
        let limits = WebSocketConfig::default()
            .max_message_size(Some(LARGEST_MESSAGE))
            .max_frame_size(Some(LARGEST_MESSAGE));
        let (stream, _) =
            tokio_tungstenite::client_async_with_config(request, stream, Some(limits))
                .await
                .map_err(failed)?;
        let mut socket = Self { stream, asked: 0, heard: VecDeque::new() };
        socket.greet().await?;
        Ok(socket)
    }

    async fn greet(&mut self) -> Result<()> {
        loop {
            match self.receive().await? {
                Packet::Open => self.send("40".into()).await?,
                Packet::Event { name, .. } if name == "session" => return Ok(()),
                Packet::Event { name, args } => self.heard.push_back(Event { name, args }),
                Packet::Answer { .. } | Packet::Other => {}
            }
        }
    }

    /// Asks `name` of the program, and waits for its answer.
    pub(crate) async fn ask(&mut self, name: &str, within: Duration) -> Result<Value> {
        self.asked += 1;
        let number = self.asked;
        let asking = async {
            self.send(format!("42{number}[{}]", Value::from(name))).await?;
            loop {
                match self.receive().await? {
                    Packet::Answer { number: answered, value } if answered == number => {
                        return Ok(value);
                    }
                    Packet::Event { name, args } => self.heard.push_back(Event { name, args }),
                    Packet::Answer { .. } | Packet::Open | Packet::Other => {}
                }
            }
        };
        timeout(within, asking).await.map_err(|_| silent())?
    }

    /// What the program tells next; an error once it has hung up.
    pub(crate) async fn hear(&mut self) -> Result<Event> {
        if let Some(event) = self.heard.pop_front() {
            return Ok(event);
        }
        loop {
            if let Packet::Event { name, args } = self.receive().await? {
                return Ok(Event { name, args });
            }
        }
    }

    /// The next packet; pings are answered on the way.
    async fn receive(&mut self) -> Result<Packet> {
        loop {
            let message = self.stream.next().await.unwrap_or(Err(WsError::ConnectionClosed));
            let Message::Text(text) = message.map_err(failed)? else { continue };
            match text.as_str() {
                "2" => self.send("3".into()).await?,
                "1" | "41" => return Err(failed(WsError::ConnectionClosed)),
                text => return Ok(Packet::read(text)),
            }
        }
    }

    async fn send(&mut self, packet: String) -> Result<()> {
        self.stream.send(Message::text(packet)).await.map_err(failed)
    }
}

fn origin(at: &Endpoint) -> String {
    format!("http://{}", at.authority())
}

fn silent() -> Error {
    Error::new(ErrorKind::Unavailable, DURING)
        .advise("Foundry's socket isn't responding. Try again in a moment.")
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unavailable, DURING).caused_by(error)
}
