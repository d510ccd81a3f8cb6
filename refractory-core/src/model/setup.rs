//! Foundry's setup: who was let in there, and which worlds it showed.
use super::WorldId;
use crate::text::excerpt;
use crate::{Timestamp, UserId};

/// Entries and sessions remembered at once. The oldest go first: whoever is forgotten is let in again by the portal.
const MOST: usize = 64;
/// Worlds remembered of one instance.
const MOST_WORLDS: usize = 200;
/// The longest title of a world that is kept.
const TITLE: usize = 120;

/// Who was let into Foundry's setup, and the count that voids every entry at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct SetupAccess {
    /// Counts revocations: what was given out at an earlier count is void.
    pub generation: u64,
    /// What was given out at the present count.
    pub entries: Vec<SetupEntry>,
    /// SHA-256 of each session of the present launch that was made Foundry's administrator's for a person.
    pub sessions: Vec<String>,
    /// When Foundry was last told to save its settings, after which it exits.
    pub settings_saved: Option<Timestamp>,
}

/// One person who was let into Foundry's setup.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SetupEntry {
    /// Whose account; none for an operator at the prompt.
    pub user: Option<UserId>,
    /// When the entry ends by itself.
    pub until: Timestamp,
}

impl SetupAccess {
    /// Voids every entry; answers whether there was any.
    pub fn revoke(&mut self) -> bool {
        if self.entries.is_empty() {
            return false;
        }
        self.entries.clear();
        self.generation += 1;
        true
    }

    /// Whether anyone was let in and may still be there.
    pub fn has_entries(&self) -> bool {
        !self.entries.is_empty()
    }

    /// Whether `user` was let in and may still be there.
    pub fn has(&self, user: &UserId) -> bool {
        self.entries.iter().any(|entry| entry.user.as_ref() == Some(user))
    }

    /// Writes an entry down, and forgets those that have ended by `now`.
    pub fn enter(&mut self, entry: SetupEntry, now: Timestamp) {
        self.entries.retain(|old| old.until > now && old.user != entry.user);
        self.entries.push(entry);
        let over = self.entries.len().saturating_sub(MOST);
        self.entries.drain(..over);
    }

    /// Writes down that the session with this digest is an administrator's.
    pub fn note_session(&mut self, digest: String) {
        if !self.sessions.contains(&digest) {
            self.sessions.push(digest);
        }
        let over = self.sessions.len().saturating_sub(MOST);
        self.sessions.drain(..over);
    }
}

/// A world that an instance has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WorldSummary {
    /// The name of its folder.
    pub id: WorldId,
    /// What people call it; the id where nobody said.
    pub title: String,
}

impl WorldSummary {
    /// The world `id`, called `title`; control characters are left out, and an endless title is cut.
    pub fn new(id: WorldId, title: &str) -> Self {
        let plain = excerpt(title, TITLE);
        let title = if plain.trim().is_empty() { id.to_string() } else { plain.trim().to_owned() };
        Self { id, title }
    }

    /// Puts the whole list `found` in the place of what was `known`, as far as there is room.
    pub fn replace(known: &mut Vec<Self>, mut found: Vec<Self>) -> bool {
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found.dedup_by(|one, other| one.id == other.id);
        found.truncate(MOST_WORLDS);
        let differs = *known != found;
        if differs {
            *known = found;
        }
        differs
    }

    /// Adds the world `id` to what is `known`, where it is news.
    pub fn add(known: &mut Vec<Self>, id: &WorldId) {
        if known.len() < MOST_WORLDS && known.iter().all(|world| world.id != *id) {
            known.push(Self::new(id.clone(), ""));
            known.sort_by(|one, other| one.id.cmp(&other.id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(user: &str, until: u64) -> SetupEntry {
        SetupEntry { user: Some(UserId::new(user).unwrap()), until: Timestamp(until) }
    }

    #[test]
    fn a_revocation_counts_once_and_only_where_somebody_was_let_in() {
        let mut access = SetupAccess::default();
        assert!(!access.revoke());
        access.enter(entry("anna", 10), Timestamp(1));
        access.enter(entry("bert", 5), Timestamp(1));
        assert!(access.has(&UserId::new("anna").unwrap()));
        access.enter(entry("carl", 20), Timestamp(6));
        assert!(!access.has(&UserId::new("bert").unwrap()), "its time was over");
        assert!(access.revoke() && !access.revoke());
        assert_eq!(access.generation, 1);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut access = SetupAccess::default();
        for n in 0..1_000 {
            access.enter(entry(&format!("u{n}"), 10), Timestamp(1));
            access.note_session(format!("{n}"));
        }
        assert_eq!((access.entries.len(), access.sessions.len()), (MOST, MOST));
        assert_eq!(access.sessions.last().map(String::as_str), Some("999"));
        let long =
            WorldSummary::new(WorldId::new("w").unwrap(), &format!("a\u{7}{}", "x".repeat(999)));
        assert_eq!(long.title.chars().count(), TITLE);
        assert!(!long.title.contains('\u{7}'));
    }
}
