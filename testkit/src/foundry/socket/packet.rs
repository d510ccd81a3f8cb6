//! The text of the two protocols.
use serde_json::{Value, json};

/// The largest message either transport takes, as the program takes it.
pub(super) const LARGEST: usize = 100_000_000;

/// What a client sends, as far as it matters here.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Packet {
    /// Engine: are you there, in the middle of a change of transport?
    Probe,
    /// Engine: the change of transport is made.
    Upgrade,
    /// Engine: yes, still there.
    Pong,
    /// Engine: good-bye.
    Close,
    /// Socket: let me in.
    Connect,
    /// Socket: good-bye.
    Disconnect,
    /// Socket: an event, with the number under which an answer is awaited.
    Event { name: String, args: Vec<Value>, ack: Option<u64> },
    /// Anything else.
    Other,
}

impl Packet {
    /// Reads one engine.io packet.
    pub(super) fn read(text: &str) -> Self {
        match text {
            "2probe" => return Self::Probe,
            "5" => return Self::Upgrade,
            _ => {}
        }
        let mut letters = text.chars();
        match (letters.next(), letters.next()) {
            (Some('3'), _) => Self::Pong,
            (Some('1'), _) => Self::Close,
            (Some('4'), Some('0')) => Self::Connect,
            (Some('4'), Some('1')) => Self::Disconnect,
            (Some('4'), Some('2')) => event(letters.as_str()).unwrap_or(Self::Other),
            _ => Self::Other,
        }
    }
}

/// Engine: the greeting.
pub(super) fn greeting(sid: &str, upgrades: &[&str], ping: std::time::Duration) -> String {
    let greeting = json!({
        "sid": sid, "upgrades": upgrades, "pingInterval": millis(ping), "pingTimeout": 20000,
        "maxPayload": LARGEST,
    });
    format!("0{greeting}")
}

/// Socket: you are in.
pub(super) fn connected(sid: &str) -> String {
    format!("40{}", json!({"sid": sid}))
}

/// Socket: an event.
pub(super) fn emitted(name: &str, args: &[Value]) -> String {
    let mut all = vec![Value::from(name)];
    all.extend_from_slice(args);
    format!("42{}", Value::Array(all))
}

/// Socket: the answer to event number `ack`.
pub(super) fn answered(ack: u64, answer: &Value) -> String {
    format!("43{ack}[{answer}]")
}

fn event(rest: &str) -> Option<Packet> {
    let start = rest.find('[')?;
    // What stands before the list is an optional namespace with a comma, and an optional number.
    let ack = rest[..start].rsplit(',').next().and_then(|digits| digits.parse().ok());
    let mut args: Vec<Value> = serde_json::from_str(&rest[start..]).ok()?;
    if args.is_empty() {
        return None;
    }
    let name = args.remove(0).as_str()?.to_owned();
    Some(Packet::Event { name, args, ack })
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
