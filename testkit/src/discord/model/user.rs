//! Accounts, and their places in guilds.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::id::Id;
use crate::discord::clock::written;

/// An account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) display_name: Option<String>,
    pub(crate) is_bot: bool,
    /// Whether it takes direct messages of apps it shares a guild with.
    pub(crate) takes_dms: bool,
    pub(crate) locale: String,
}

impl Account {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id, "username": self.name, "discriminator": if self.is_bot { "0001" } else { "0" },
            "global_name": self.display_name, "avatar": null, "bot": self.is_bot, "system": false,
            "banner": null, "accent_color": null, "public_flags": 0, "avatar_decoration_data": null,
            "collectibles": null, "primary_guild": null, "clan": null,
        })
    }

    /// The name that people see.
    pub(crate) fn shown(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
    }
}

/// An account's place in a guild.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) user: Id,
    pub(crate) nick: Option<String>,
    pub(crate) roles: BTreeSet<Id>,
    pub(crate) joined: u64,
}

impl Member {
    /// Without the account.
    pub(crate) fn partial(&self) -> Value {
        json!({
            "nick": self.nick, "avatar": null, "banner": null, "roles": self.roles, "joined_at": written(self.joined),
            "premium_since": null, "deaf": false, "mute": false, "flags": 0, "pending": false,
            "communication_disabled_until": null, "avatar_decoration_data": null, "collectibles": null,
        })
    }

    pub(crate) fn json(&self, account: &Account) -> Value {
        let mut member = self.partial();
        member["user"] = account.json();
        member
    }
}
