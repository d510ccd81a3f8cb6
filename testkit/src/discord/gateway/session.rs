//! Sessions: what was sent in them, and to whom it goes.
use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use crate::discord::events::{Event, intent};
use crate::discord::model::Id;

/// Events that can be replayed.
const REPLAYED: usize = 1_000;

/// What a connection is to do.
#[derive(Debug, Clone)]
pub(crate) enum Out {
    /// Sends a payload.
    Send(String),
    /// Closes with a code.
    Close(u16),
    /// Drops the connection without a word.
    Drop,
    /// Says nothing any more, and answers nothing: half open.
    Silence,
}

/// A session of the bot.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) shard: (u64, u64),
    pub(crate) intents: u64,
    pub(crate) seq: u64,
    pub(crate) sent: VecDeque<(u64, String)>,
    /// The connection it has, and its number; none while it is away.
    pub(crate) out: Option<UnboundedSender<Out>>,
    pub(crate) connection: u64,
}

/// An IDENTIFY that was accepted.
#[derive(Debug, Clone)]
pub struct SeenIdentify {
    /// Number of the shard, and of all shards.
    pub shard: (u64, u64),
    /// The intents.
    pub intents: u64,
    /// Whether payloads were asked to be compressed.
    pub compress: bool,
}

/// A connection that is there.
#[derive(Debug, Clone)]
pub struct GatewayConnection {
    /// The session.
    pub session: String,
    /// Number of the shard, and of all shards.
    pub shard: (u64, u64),
    /// The last sequence number.
    pub seq: u64,
}

/// All sessions, and how the gateway behaves.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) sessions: Vec<Session>,
    pub(crate) recommended_shards: u64,
    pub(crate) identified: u64,
    pub(crate) resumed: u64,
    pub(crate) seen: Vec<SeenIdentify>,
    pub(crate) heartbeat: Duration,
    /// Whether connections are refused.
    pub(crate) is_down: bool,
    /// Whether one IDENTIFY in five seconds is the most.
    pub(crate) limits_identify: bool,
    pub(crate) last_identify: u64,
    pub(crate) connections: u64,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            sessions: Vec::new(),
            recommended_shards: 1,
            identified: 0,
            resumed: 0,
            seen: Vec::new(),
            heartbeat: Duration::from_millis(41_250),
            is_down: false,
            limits_identify: false,
            last_identify: 0,
            connections: 0,
        }
    }
}

impl Session {
    /// Whether a guild's events, or those of conversations, are this session's.
    pub(crate) fn has(&self, guild: Option<Id>) -> bool {
        let (shard, shards) = self.shard;
        guild.map_or(0, |guild| (guild.0 >> 22) % shards.max(1)) == shard
    }

    /// Sends an event, and keeps it for a resumption.
    pub(crate) fn send(&mut self, name: &str, data: &Value) {
        self.seq += 1;
        let payload = json!({"op": 0, "t": name, "s": self.seq, "d": data}).to_string();
        if self.sent.len() == REPLAYED {
            self.sent.pop_front();
        }
        self.sent.push_back((self.seq, payload.clone()));
        self.say(Out::Send(payload));
    }

    /// Lets the connection do something, where there is one.
    pub(crate) fn say(&self, what: Out) {
        if let Some(out) = &self.out {
            // A connection that just ended takes itself out.
            let _ended = out.send(what);
        }
    }
}

impl Gateway {
    /// Sends an event to every session that it is for.
    pub(crate) fn dispatch(&mut self, event: &Event) {
        for session in &mut self.sessions {
            let wants = event.intent == 0 || session.intents & event.intent != 0;
            if !wants || !session.has(event.guild) {
                continue;
            }
            let reads = session.intents & intent::MESSAGE_CONTENT != 0;
            let data = event.redacted.as_ref().filter(|_| !reads).unwrap_or(&event.data);
            session.send(event.name, data);
        }
    }

    /// The session has lost its connection number `connection`.
    pub(crate) fn detach(&mut self, connection: u64) {
        for session in self.sessions.iter_mut().filter(|it| it.connection == connection) {
            session.out = None;
        }
    }

    /// Connections that are there.
    pub(crate) fn connected(&self) -> Vec<GatewayConnection> {
        let there = self.sessions.iter().filter(|session| session.out.is_some());
        let shown = |session: &Session| GatewayConnection {
            session: session.id.clone(),
            shard: session.shard,
            seq: session.seq,
        };
        there.map(shown).collect()
    }
}
