//! Guilds and roles.
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::id::Id;
use super::user::Member;
use crate::discord::clock::written;

/// A role; the one with the guild's id is everyone's.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) permissions: u64,
    pub(crate) position: u64,
    pub(crate) color: u64,
    pub(crate) hoist: bool,
    pub(crate) mentionable: bool,
    /// The app that it belongs to.
    pub(crate) managed_by: Option<Id>,
}

impl Role {
    pub(crate) fn json(&self) -> Value {
        let mut role = json!({
            "id": self.id, "name": self.name, "description": null, "permissions": self.permissions.to_string(),
            "position": self.position, "color": self.color, "hoist": self.hoist, "mentionable": self.mentionable,
            // Without these the whole GUILD_CREATE is lost on serenity, without an error.
            "colors": {"primary_color": self.color, "secondary_color": null, "tertiary_color": null},
            "managed": self.managed_by.is_some(), "icon": null, "unicode_emoji": null, "flags": 0,
        });
        if let Some(bot) = self.managed_by {
            role["tags"] = json!({"bot_id": bot});
        }
        role
    }
}

/// A guild.
#[derive(Debug, Clone)]
pub(crate) struct Guild {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) owner: Id,
    pub(crate) roles: BTreeMap<Id, Role>,
    pub(crate) members: BTreeMap<Id, Member>,
    /// Not to be reached for the moment: an outage.
    pub(crate) unavailable: bool,
}

impl Guild {
    /// As `GET /guilds/{id}` answers.
    pub(crate) fn json(&self) -> Value {
        let roles: Vec<_> = self.roles.values().map(Role::json).collect();
        json!({
            "id": self.id, "name": self.name, "icon": null, "splash": null, "discovery_splash": null, "owner_id": self.owner,
            "afk_channel_id": null, "afk_timeout": 300, "verification_level": 0, "default_message_notifications": 0,
            "explicit_content_filter": 0, "roles": roles, "emojis": [], "stickers": [], "features": [], "mfa_level": 0,
            "application_id": null, "system_channel_id": null, "system_channel_flags": 0, "rules_channel_id": null,
            "max_presences": null, "max_members": 500_000, "vanity_url_code": null, "description": null, "banner": null,
            "premium_tier": 0, "premium_subscription_count": 0, "preferred_locale": "en-US",
            "public_updates_channel_id": null, "max_video_channel_users": 25, "max_stage_video_channel_users": 50,
            "nsfw_level": 0, "nsfw": false, "premium_progress_bar_enabled": false, "safety_alerts_channel_id": null,
            "widget_enabled": false, "widget_channel_id": null, "region": "deprecated", "hub_type": null,
            "incidents_data": null, "home_header": null,
        })
    }

    /// What `GUILD_CREATE` has besides; the lists are filled in by the caller.
    pub(crate) fn created(&self, joined: u64) -> Value {
        let mut guild = self.json();
        let more = json!({
            "joined_at": written(joined), "large": false, "unavailable": false, "member_count": self.members.len(),
            "voice_states": [], "members": [], "channels": [], "threads": [], "presences": [], "stage_instances": [],
            "guild_scheduled_events": [], "soundboard_sounds": [],
        });
        if let (Some(guild), Value::Object(more)) = (guild.as_object_mut(), more) {
            guild.extend(more);
        }
        guild
    }

    /// The highest position among the roles of `user`.
    pub(crate) fn highest(&self, user: Id) -> u64 {
        let roles = self.members.get(&user).into_iter().flat_map(|member| &member.roles);
        roles.filter_map(|role| self.roles.get(role)).map(|role| role.position).max().unwrap_or(0)
    }
}
