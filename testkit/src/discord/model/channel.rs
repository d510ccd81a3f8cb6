//! Channels, categories, threads and direct messages.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::id::Id;
use crate::discord::clock::written;

/// The numbers of kinds of channels.
pub(crate) mod kind {
    pub(crate) const TEXT: u64 = 0;
    pub(crate) const DM: u64 = 1;
    pub(crate) const VOICE: u64 = 2;
    pub(crate) const CATEGORY: u64 = 4;
    pub(crate) const ANNOUNCEMENT: u64 = 5;
    pub(crate) const PUBLIC_THREAD: u64 = 11;
    pub(crate) const PRIVATE_THREAD: u64 = 12;
}

/// What a role or a member may and may not in one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overwrite {
    pub(crate) id: Id,
    pub(crate) is_member: bool,
    pub(crate) allow: u64,
    pub(crate) deny: u64,
}

impl Overwrite {
    pub(crate) fn json(&self) -> Value {
        let kind = u8::from(self.is_member);
        json!({"id": self.id, "type": kind, "allow": self.allow.to_string(), "deny": self.deny.to_string()})
    }
}

/// What a thread has besides.
#[derive(Debug, Clone)]
pub(crate) struct Thread {
    pub(crate) owner: Id,
    pub(crate) members: BTreeSet<Id>,
    pub(crate) is_archived: bool,
    pub(crate) is_locked: bool,
    pub(crate) invitable: bool,
    pub(crate) archive_after: u64,
    pub(crate) archived_at: u64,
}

/// A channel of a guild, or a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) id: Id,
    pub(crate) guild: Option<Id>,
    pub(crate) kind: u64,
    pub(crate) name: String,
    pub(crate) topic: Option<String>,
    pub(crate) parent: Option<Id>,
    pub(crate) position: u64,
    pub(crate) overwrites: Vec<Overwrite>,
    pub(crate) slow_mode: u64,
    pub(crate) nsfw: bool,
    pub(crate) last_message: Option<Id>,
    pub(crate) last_pin: Option<u64>,
    /// The person at the other end of a conversation.
    pub(crate) recipient: Option<Id>,
    pub(crate) thread: Option<Thread>,
}

impl Channel {
    /// A channel with nothing but a name.
    pub(crate) fn named(id: Id, guild: Option<Id>, kind: u64, name: &str) -> Self {
        Self {
            id,
            guild,
            kind,
            name: name.to_owned(),
            topic: None,
            parent: None,
            position: 0,
            overwrites: Vec::new(),
            slow_mode: 0,
            nsfw: false,
            last_message: None,
            last_pin: None,
            recipient: None,
            thread: None,
        }
    }

    pub(crate) fn is_thread(&self) -> bool {
        self.thread.is_some()
    }

    /// Whether messages can be sent in it.
    pub(crate) fn has_text(&self) -> bool {
        self.kind != kind::CATEGORY
    }

    /// As REST and gateway show a channel of a guild or a thread.
    pub(crate) fn json(&self) -> Value {
        let mut channel = json!({
            "id": self.id, "type": self.kind, "guild_id": self.guild, "name": self.name, "parent_id": self.parent,
            "flags": 0, "last_message_id": self.last_message, "rate_limit_per_user": self.slow_mode,
            "last_pin_timestamp": self.last_pin.map(written),
        });
        if let Some(thread) = &self.thread {
            channel["owner_id"] = json!(thread.owner);
            channel["member_count"] = json!(thread.members.len().min(50));
            channel["message_count"] = json!(0);
            channel["total_message_sent"] = json!(0);
            channel["thread_metadata"] = json!({
                "archived": thread.is_archived, "auto_archive_duration": thread.archive_after,
                "archive_timestamp": written(thread.archived_at), "locked": thread.is_locked,
                "invitable": thread.invitable, "create_timestamp": written(self.id.millis()),
            });
        } else {
            let overwrites: Vec<_> = self.overwrites.iter().map(Overwrite::json).collect();
            channel["position"] = json!(self.position);
            channel["permission_overwrites"] = json!(overwrites);
            channel["nsfw"] = json!(self.nsfw);
            channel["topic"] = json!(self.topic);
        }
        channel
    }

    /// As the other end of a conversation is shown it.
    pub(crate) fn conversation(&self, recipient: &Value) -> Value {
        json!({
            "id": self.id, "type": kind::DM, "last_message_id": self.last_message, "flags": 0, "recipients": [recipient],
            "last_pin_timestamp": self.last_pin.map(written),
        })
    }
}
