//! How events are written down. Events of version 0.1 and of newer versions are read as well.
use std::net::IpAddr;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Actor, Event, EventKind};
use crate::model::{Named, Via};
use crate::{EventId, InstanceId, Timestamp, UserId};

/// An event as it is stored. Version 0.1 has an id for `instance`, `by` and `name` for the actor, and a sentence.
#[derive(Serialize, Deserialize)]
struct Stored {
    id: EventId,
    at: Timestamp,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default)]
    instance: Option<StoredInstance>,
    #[serde(default)]
    by: Option<UserId>,
    #[serde(default)]
    name: String,
    via: Via,
    #[serde(default)]
    address: Option<IpAddr>,
    #[serde(default)]
    revision: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredInstance {
    Named(Named<InstanceId>),
    Id(InstanceId),
}

/// The form in which [`EventKind`] itself is read and written.
#[derive(Serialize, Deserialize)]
struct Tagged {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
}

fn read(kind: String, details: Option<Value>, text: Option<String>) -> EventKind {
    if let Some(text) = text {
        return EventKind::Recorded { name: kind, text };
    }
    let tagged = Tagged { kind, details };
    let known = serde_json::to_value(&tagged).and_then(EventKind::deserialize);
    known.unwrap_or_else(|_| EventKind::Unknown {
        name: tagged.kind,
        details: tagged.details.map(|details| details.to_string()).unwrap_or_default(),
    })
}

/// Name, details and sentence.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all that this version writes are written alike"
)]
fn written(kind: &EventKind) -> serde_json::Result<(Tagged, Option<String>)> {
    Ok(match kind {
        EventKind::Recorded { name, text } => {
            (Tagged { kind: name.clone(), details: None }, Some(text.clone()))
        }
        EventKind::Unknown { name, details } => {
            let details = if details.is_empty() { None } else { serde_json::from_str(details)? };
            (Tagged { kind: name.clone(), details }, None)
        }
        known => (serde_json::from_value(serde_json::to_value(known)?)?, None),
    })
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (Tagged { kind, details }, text) = written(&self.kind).map_err(S::Error::custom)?;
        let stored = Stored {
            id: self.id.clone(),
            at: self.at,
            kind,
            details,
            text,
            instance: self.instance.clone().map(StoredInstance::Named),
            by: self.actor.user.clone(),
            name: self.actor.name.clone(),
            via: self.via,
            address: self.address,
            revision: self.revision,
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        if stored.kind.is_empty() {
            return Err(D::Error::custom("an event has a kind"));
        }
        let instance = stored.instance.map(|instance| match instance {
            StoredInstance::Named(named) => named,
            StoredInstance::Id(id) => Named::new(id, ""),
        });
        Ok(Self {
            id: stored.id,
            at: stored.at,
            kind: read(stored.kind, stored.details, stored.text),
            instance,
            actor: Actor { user: stored.by, name: stored.name },
            via: stored.via,
            address: stored.address,
            revision: stored.revision,
        })
    }
}
