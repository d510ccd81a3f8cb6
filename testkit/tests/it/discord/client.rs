//! An app that says exactly what a test wants: REST and gateway, without a library of Discord's.
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use flate2::read::ZlibDecoder;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use testkit::discord::{DiscordStandIn, Id, StandInOptions};
use testkit::http::{RawClient, RawResponse};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A stand-in, and what an app needs of it.
pub(super) struct App {
    pub(super) discord: DiscordStandIn,
    pub(super) id: Id,
    pub(super) bot: Id,
    pub(super) guild: Id,
    /// The channel that is there from the start.
    pub(super) general: Id,
}

/// What REST answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) raw: RawResponse,
}

impl Reply {
    /// Discord's code.
    pub(super) fn code(&self) -> u64 {
        self.body["code"].as_u64().unwrap_or(0)
    }

    /// Status and code: how it was refused.
    pub(super) fn refusal(&self) -> (u16, u64) {
        (self.status, self.code())
    }

    /// The code of the first error at a field, as `embeds.0.title`.
    pub(super) fn error_at(&self, path: &str) -> &str {
        let mut at = &self.body["errors"];
        for part in path.split('.').filter(|part| !part.is_empty()) {
            at = &at[part];
        }
        at["_errors"][0]["code"].as_str().unwrap_or_default()
    }

    pub(super) fn id(&self) -> Id {
        id_of(&self.body["id"])
    }
}

pub(super) fn id_of(value: &Value) -> Id {
    value.as_str().and_then(Id::parse).unwrap_or_else(|| panic!("no id in {value}"))
}

impl App {
    /// One whose bodies are held against Discord's own description, by `.ci/run`.
    pub(super) fn start() -> Self {
        let record_to = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("discord-bodies"));
        Self::with(&StandInOptions { record_to, ..StandInOptions::default() })
    }

    pub(super) fn with(options: &StandInOptions) -> Self {
        let discord = DiscordStandIn::start(options);
        let (id, bot) = discord.application();
        let guild = discord.guild();
        let general = discord.owner().channels()[0].id;
        Self { discord, id, bot, guild, general }
    }

    /// A call with the token of the bot.
    pub(super) async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        let token = format!("Authorization: Bot {}\r\n", self.discord.token());
        self.call_with(method, path, (&token, body)).await
    }

    /// A call with other headers.
    pub(super) async fn call_with(
        &self,
        method: &str,
        path: &str,
        (headers, body): (&str, Value),
    ) -> Reply {
        let url = self.discord.url();
        let host = url.trim_start_matches("http://");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let length = body.len();
        let request = format!(
            "{method} /api/v10{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: test\r\nContent-Type: application/json\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let raw = RawClient::ask(host.parse().unwrap(), request).await;
        let body = serde_json::from_slice(&raw.body).unwrap_or(Value::Null);
        Reply { status: raw.status, body, raw }
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, Value::Null).await
    }

    /// Sends a message to a channel.
    pub(super) async fn send(&self, channel: Id, body: Value) -> Reply {
        self.call("POST", &format!("/channels/{channel}/messages"), body).await
    }

    /// Registers commands in the guild.
    pub(super) async fn register(&self, commands: Value) {
        let path = format!("/applications/{}/guilds/{}/commands", self.id, self.guild);
        let reply = self.call("PUT", &path, commands).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }

    /// Answers an interaction as it came over the gateway.
    pub(super) async fn callback(&self, interaction: &Value, body: Value) -> Reply {
        let (id, token) = (id_of(&interaction["id"]), interaction["token"].as_str().unwrap());
        let path = format!("/interactions/{id}/{token}/callback");
        self.call_with("POST", &path, ("", body)).await
    }

    /// A call with the token of an interaction.
    pub(super) async fn webhook(
        &self,
        method: &str,
        (interaction, rest): (&Value, &str),
        body: Value,
    ) -> Reply {
        let token = interaction["token"].as_str().unwrap();
        let path = format!("/webhooks/{}/{token}{rest}", self.id);
        self.call_with(method, &path, ("", body)).await
    }

    /// Connects to the gateway and identifies with the intents of guilds, messages and conversations.
    pub(super) async fn connect(&self) -> Gateway {
        let mut gateway = Gateway::open(&self.discord).await;
        gateway.identify(&self.discord.token(), json!({})).await;
        assert_eq!(gateway.event("READY").await["v"], 10);
        gateway
    }
}

/// A connection to the gateway.
pub(super) struct Gateway {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(super) seq: u64,
    pub(super) heartbeat: u64,
    /// Whether the last payload was compressed.
    pub(super) was_compressed: bool,
}

/// How long a test waits for anything.
const TIMEOUT: Duration = Duration::from_secs(20);

impl Gateway {
    pub(super) async fn open(discord: &DiscordStandIn) -> Self {
        let url = format!("{}?v=10&encoding=json", discord.gateway_url());
        let (socket, _) = connect_async(url).await.unwrap();
        let mut gateway = Self { socket, seq: 0, heartbeat: 0, was_compressed: false };
        let hello = gateway.next().await.unwrap();
        assert_eq!(hello["op"], 10);
        gateway.heartbeat = hello["d"]["heartbeat_interval"].as_u64().unwrap();
        gateway
    }

    pub(super) async fn say(&mut self, payload: Value) {
        self.socket.send(Message::text(payload.to_string())).await.unwrap();
    }

    pub(super) async fn identify(&mut self, token: &str, more: Value) {
        let mut data = json!({"token": token, "intents": 4609, "properties": {"os": "linux"}});
        for (name, value) in more.as_object().into_iter().flatten() {
            data[name] = value.clone();
        }
        self.say(json!({"op": 2, "d": data})).await;
    }

    /// The next payload, or the code that the connection was closed with; 0 where it just ended.
    pub(super) async fn next(&mut self) -> Result<Value, u16> {
        let message = tokio::time::timeout(TIMEOUT, self.socket.next()).await;
        let text = match message.expect("the gateway says something") {
            Some(Ok(Message::Text(text))) => {
                self.was_compressed = false;
                text.to_string()
            }
            Some(Ok(Message::Binary(bytes))) => {
                self.was_compressed = true;
                let mut text = String::new();
                ZlibDecoder::new(bytes.as_ref()).read_to_string(&mut text).unwrap();
                text
            }
            Some(Ok(Message::Close(frame))) => {
                return Err(frame.map_or(0, |frame| frame.code.into()));
            }
            _ => return Err(0),
        };
        let payload: Value = serde_json::from_str(&text).unwrap();
        if let Some(seq) = payload["s"].as_u64() {
            self.seq = seq;
        }
        Ok(payload)
    }

    /// The data of the next event with a name; others are passed over.
    pub(super) async fn event(&mut self, name: &str) -> Value {
        loop {
            let payload =
                self.next().await.unwrap_or_else(|code| panic!("{name}: closed with {code}"));
            if payload["t"] == name {
                return payload["d"].clone();
            }
        }
    }

    /// The code that the connection is closed with; what comes before is passed over.
    pub(super) async fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }

    /// The names of all events up to one.
    pub(super) async fn events_until(&mut self, name: &str) -> Vec<String> {
        let mut names = Vec::new();
        while names.last().map(String::as_str) != Some(name) {
            let payload = self.next().await.unwrap();
            names.extend(payload["t"].as_str().map(ToOwned::to_owned));
        }
        names
    }
}
