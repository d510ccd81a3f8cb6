//! One client, whatever carries its packets.
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;

use super::events;
use super::packet::{Packet, answered, connected, emitted};
use crate::foundry::hash::random_hex;
use crate::foundry::session::Session;
use crate::foundry::state::FoundryState;

/// A client's connection.
#[derive(Debug)]
pub(super) struct SocketClient {
    pub(super) table: Arc<FoundryState>,
    /// The engine's name for the connection.
    pub(super) sid: String,
    session: Option<String>,
    out: UnboundedSender<String>,
    number: Mutex<Option<u64>>,
}

/// Whether the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Go,
    Bye,
}

impl SocketClient {
    /// A connection that says it belongs to `session`; its packets leave through `out`.
    pub(super) fn new(
        table: &Arc<FoundryState>,
        session: Option<String>,
        out: UnboundedSender<String>,
    ) -> Self {
        let sid = random_hex(20);
        Self { table: Arc::clone(table), sid, session, out, number: Mutex::new(None) }
    }

    /// Takes in one packet.
    pub(super) async fn receive(&self, packet: Packet) -> Flow {
        match packet {
            Packet::Close | Packet::Disconnect => return Flow::Bye,
            Packet::Connect => self.connect(),
            Packet::Event { name, args, ack } => {
                let answer = events::answer(self, &name, args).await;
                if let (Some(ack), Some(answer)) = (ack, answer) {
                    self.send(answered(ack, &answer));
                }
            }
            Packet::Probe | Packet::Upgrade | Packet::Pong | Packet::Other => {}
        }
        Flow::Go
    }

    /// The connection is over, cleanly or not.
    pub(super) fn leave(&self, lost: bool) {
        let Some(number) = self.lock_number().take() else { return };
        if let Some(user) = self.table.hub.leave(number, lost) {
            let gone = json!({"active": false});
            self.table.hub.tell_all("userActivity", &[user.into(), gone]);
        }
    }

    /// The visitor behind the connection.
    pub(super) fn visitor(&self) -> Option<Session> {
        self.session.as_ref().and_then(|id| self.table.sessions.find(id))
    }

    /// The handle of this connection in the hub; zero before it has one.
    pub(super) fn number(&self) -> u64 {
        self.lock_number().unwrap_or_default()
    }

    /// Sends a packet to the client.
    pub(super) fn send(&self, packet: String) {
        // A client that has just gone hears nothing more.
        let _ = self.out.send(packet);
    }

    fn connect(&self) {
        let visitor = self.visitor();
        let user = visitor.as_ref().and_then(|visitor| visitor.user.clone());
        self.leave(false);
        let number = self.table.hub.enter(user.clone(), self.out.clone());
        *self.lock_number() = Some(number);
        self.send(connected(&random_hex(20)));
        let session = visitor.map(|visitor| json!({"sessionId": visitor.id, "userId": user}));
        self.send(emitted("session", &[session.unwrap_or_default()]));
        if let Some(user) = user {
            let here = json!({"active": true});
            self.table.hub.tell_others(number, "userActivity", &[user.into(), here]);
        }
    }

    fn lock_number(&self) -> std::sync::MutexGuard<'_, Option<u64>> {
        self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
