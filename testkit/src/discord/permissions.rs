//! Permissions, and what of them is left in a channel.
use super::model::{Channel, Guild, Id, Overwrite, kind};

/// Bits of permissions, by the names of Discord's documentation.
pub mod permission {
    /// Everything, overwrites or not.
    pub const ADMINISTRATOR: u64 = 1 << 3;
    /// Make, change and delete channels.
    pub const MANAGE_CHANNELS: u64 = 1 << 4;
    /// Change the guild.
    pub const MANAGE_GUILD: u64 = 1 << 5;
    /// See a channel and read it.
    pub const VIEW_CHANNEL: u64 = 1 << 10;
    /// Send messages.
    pub const SEND_MESSAGES: u64 = 1 << 11;
    /// Delete the messages of others.
    pub const MANAGE_MESSAGES: u64 = 1 << 13;
    /// Send embeds.
    pub const EMBED_LINKS: u64 = 1 << 14;
    /// Send files.
    pub const ATTACH_FILES: u64 = 1 << 15;
    /// Read what was sent before.
    pub const READ_MESSAGE_HISTORY: u64 = 1 << 16;
    /// Notify everyone, and roles that are not mentionable.
    pub const MENTION_EVERYONE: u64 = 1 << 17;
    /// Remove members.
    pub const KICK_MEMBERS: u64 = 1 << 1;
    /// Make, change, delete and give roles; change overwrites.
    pub const MANAGE_ROLES: u64 = 1 << 28;
    /// Use commands of apps.
    pub const USE_APPLICATION_COMMANDS: u64 = 1 << 31;
    /// See, archive and delete all threads.
    pub const MANAGE_THREADS: u64 = 1 << 34;
    /// Make threads that all can see.
    pub const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
    /// Make threads that only members see.
    pub const CREATE_PRIVATE_THREADS: u64 = 1 << 36;
    /// Send messages in threads.
    pub const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;
    /// Pin and unpin; until February 2026 `MANAGE_MESSAGES` was enough.
    pub const PIN_MESSAGES: u64 = 1 << 51;

    /// All bits there are.
    pub const ALL: u64 = (1 << 53) - 1;

    /// What everyone may in a fresh guild.
    pub const EVERYONE: u64 = VIEW_CHANNEL
        | SEND_MESSAGES
        | EMBED_LINKS
        | ATTACH_FILES
        | READ_MESSAGE_HISTORY
        | USE_APPLICATION_COMMANDS
        | CREATE_PUBLIC_THREADS
        | SEND_MESSAGES_IN_THREADS;
}

use permission::{
    ADMINISTRATOR, ALL, ATTACH_FILES, EMBED_LINKS, MANAGE_THREADS, MENTION_EVERYONE, SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS, VIEW_CHANNEL,
};

/// What `user` may in `guild`, before any channel has a say.
pub(crate) fn in_guild(guild: &Guild, user: Id) -> u64 {
    if guild.owner == user {
        return ALL;
    }
    let Some(member) = guild.members.get(&user) else { return 0 };
    let roles = member.roles.iter().chain([&guild.id]).filter_map(|role| guild.roles.get(role));
    let bits = roles.fold(0, |bits, role| bits | role.permissions);
    if bits & ADMINISTRATOR != 0 { ALL } else { bits }
}

/// What `user` may in `channel`; of a thread, `channel` is the parent.
pub(crate) fn in_channel(guild: &Guild, channel: &Channel, user: Id) -> u64 {
    let base = in_guild(guild, user);
    if base == ALL || base == 0 {
        return base;
    }
    let Some(member) = guild.members.get(&user) else { return 0 };
    let mut bits = base;
    let everyone = |over: &&Overwrite| over.id == guild.id;
    if let Some(over) = channel.overwrites.iter().find(everyone) {
        bits = bits & !over.deny | over.allow;
    }
    let of_roles =
        channel.overwrites.iter().filter(|over| !over.is_member && member.roles.contains(&over.id));
    let (allow, deny) =
        of_roles.fold((0, 0), |(allow, deny), over| (allow | over.allow, deny | over.deny));
    bits = bits & !deny | allow;
    if let Some(over) = channel.overwrites.iter().find(|over| over.is_member && over.id == user) {
        bits = bits & !over.deny | over.allow;
    }
    implied(bits)
}

/// Without seeing a channel there is nothing, without sending no embeds and files.
fn implied(bits: u64) -> u64 {
    if bits & VIEW_CHANNEL == 0 {
        0
    } else if bits & SEND_MESSAGES == 0 {
        bits & !(EMBED_LINKS | ATTACH_FILES | MENTION_EVERYONE)
    } else {
        bits
    }
}

/// What `user` may in `thread`, given what they may in its parent.
pub(crate) fn in_thread(thread: &Channel, in_parent: u64, user: Id) -> u64 {
    let is_member = thread.thread.as_ref().is_some_and(|thread| thread.members.contains(&user));
    if thread.kind == kind::PRIVATE_THREAD && !is_member && in_parent & MANAGE_THREADS == 0 {
        return 0;
    }
    if in_parent & SEND_MESSAGES_IN_THREADS != 0 {
        in_parent | SEND_MESSAGES
    } else {
        in_parent & !SEND_MESSAGES
    }
}
