//! One connection: what a client sends, and what comes of it.
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::identify::{Refusal, identify, resume};
use super::session::Out;
use crate::discord::shared::Shared;

/// The largest payload of a client.
const LARGEST: usize = 4_096;
/// Payloads of a client within a minute.
const MOST: u64 = 120;
const WINDOW: u64 = 60_000;

/// What a connection does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Go,
    Close(u16),
}

/// One connection of a client.
pub(super) struct Connection {
    pub(super) number: u64,
    pub(super) out: UnboundedSender<Out>,
    pub(super) is_identified: bool,
    pub(super) compress: bool,
    /// Payloads in this window, and when it ends.
    pub(super) spent: (u64, u64),
}

impl Connection {
    /// Takes a payload.
    pub(super) fn take(&mut self, shared: &Shared, text: &str) -> Next {
        if text.len() > LARGEST {
            return Next::Close(4002);
        }
        let payload = serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
        let Some(payload) = payload else { return Next::Close(4002) };
        if self.is_too_fast(shared.clock.now()) {
            return Next::Close(4008);
        }
        let data = &payload["d"];
        match payload["op"].as_u64() {
            Some(1) => self.say(&json!({"op": 11, "d": null, "s": null, "t": null})),
            Some(2 | 6) if self.is_identified => Next::Close(4005),
            Some(2) => {
                self.compress = data["compress"].as_bool().unwrap_or(false);
                let mut world = shared.write();
                let begun = identify(&mut world, data, (self.number, &self.out, &shared.base));
                self.begun(begun)
            }
            Some(6) => {
                let resumed = resume(&mut shared.write(), data, (self.number, &self.out));
                self.begun(resumed)
            }
            Some(_) if !self.is_identified => Next::Close(4003),
            // Presences, voice and requests for members change nothing here.
            Some(3 | 4 | 8 | 31) => Next::Go,
            _ => Next::Close(4001),
        }
    }

    fn is_too_fast(&mut self, now: u64) -> bool {
        if now >= self.spent.1 {
            self.spent = (0, now + WINDOW);
        }
        self.spent.0 += 1;
        self.spent.0 > MOST
    }

    fn begun(&mut self, result: Result<(), Refusal>) -> Next {
        match result {
            Ok(()) => {
                self.is_identified = true;
                Next::Go
            }
            Err(Refusal::Close(code)) => Next::Close(code),
            Err(Refusal::Invalid) => self.say(&json!({"op": 9, "d": false, "s": null, "t": null})),
        }
    }

    fn say(&self, payload: &Value) -> Next {
        // The connection that would be told is this one.
        let _ended = self.out.send(Out::Send(payload.to_string()));
        Next::Go
    }
}
