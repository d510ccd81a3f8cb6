//! Messages.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::id::Id;

/// The message is seen by one user alone.
pub(crate) const EPHEMERAL: u64 = 1 << 6;
/// The app thinks.
pub(crate) const LOADING: u64 = 1 << 7;
/// Embeds are not shown.
pub(crate) const SUPPRESS_EMBEDS: u64 = 1 << 2;
/// Notifies no one.
pub(crate) const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
/// Components of the second version: they are the whole message.
pub(crate) const COMPONENTS_V2: u64 = 1 << 15;

/// A message, an ephemeral one too.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: Id,
    pub(crate) channel: Id,
    pub(crate) author: Id,
    /// 0, 6 for "pinned a message", 19 for a reply, 20 for an answer to a command.
    pub(crate) kind: u64,
    pub(crate) content: String,
    pub(crate) embeds: Value,
    pub(crate) components: Value,
    pub(crate) attachments: Value,
    pub(crate) flags: u64,
    pub(crate) is_pinned: bool,
    pub(crate) edited: Option<u64>,
    pub(crate) nonce: Option<Value>,
    pub(crate) reference: Option<Id>,
    /// The interaction that it answers, and the only one who sees it if it is ephemeral.
    pub(crate) interaction: Option<Id>,
    pub(crate) seen_by: Option<Id>,
    pub(crate) pinged: Pinged,
    /// How often it was edited.
    pub(crate) edits: u64,
}

/// Whom a message notified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pinged {
    /// Everyone, or everyone here.
    pub everyone: bool,
    /// Users by id.
    pub users: BTreeSet<Id>,
    /// Roles by id.
    pub roles: BTreeSet<Id>,
}

impl Pinged {
    /// Whether anyone was notified.
    pub fn anyone(&self) -> bool {
        self.everyone || !self.users.is_empty() || !self.roles.is_empty()
    }
}

impl Message {
    /// An empty message.
    pub(crate) fn by(id: Id, channel: Id, author: Id) -> Self {
        Self {
            id,
            channel,
            author,
            kind: 0,
            content: String::new(),
            embeds: json!([]),
            components: json!([]),
            attachments: json!([]),
            flags: 0,
            is_pinned: false,
            edited: None,
            nonce: None,
            reference: None,
            interaction: None,
            seen_by: None,
            pinged: Pinged::default(),
            edits: 0,
        }
    }

    pub(crate) fn is_ephemeral(&self) -> bool {
        self.flags & EPHEMERAL != 0
    }

    pub(crate) fn is_loading(&self) -> bool {
        self.flags & LOADING != 0
    }
}
