//! What the audit trail has no room for any more.
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::model::{Event, EventKind, Via};
use crate::{EventId, Timestamp, WorkerOptions};

/// Entries that share room. None takes the room of another: who starts and stops a table all day pushes out no change of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shelf {
    /// Changes of accounts, licenses, releases: of the deployment itself.
    Deployment,
    /// Changes of tables, and of who is in a group: what others than administrators do.
    Tables,
    /// What tables do.
    Running,
    /// Ways in and out, and what users change of themselves.
    SignIns,
    /// Failures to get in: these anybody can make.
    Failures,
}

impl Shelf {
    const COUNT: usize = 5;

    #[expect(clippy::too_many_lines, reason = "one row for each kind")]
    fn of(event: &Event) -> Self {
        match &event.kind {
            EventKind::Unknown { .. } if event.instance.is_some() => Self::Tables,
            EventKind::SignInFailed { .. } => Self::Failures,
            EventKind::SignedIn { .. }
            | EventKind::SignedOut
            | EventKind::UserChanged { .. }
            | EventKind::IdentityLinked { .. }
            | EventKind::IdentityUnlinked { .. } => Self::SignIns,
            EventKind::InstanceCreated
            | EventKind::InstanceChanged { .. }
            | EventKind::OwnerChanged { .. }
            | EventKind::AccessChanged { .. }
            | EventKind::MemberAdded { .. }
            | EventKind::MemberChanged { .. }
            | EventKind::MemberRemoved { .. }
            | EventKind::DeletionRequested
            | EventKind::InstanceRemoved { .. }
            | EventKind::SetupEntered
            | EventKind::SettingsSaved
            | EventKind::CredentialsRotationRequested
            | EventKind::CredentialsRotated
            | EventKind::OperationRequested { .. }
            | EventKind::OperationSucceeded { .. }
            | EventKind::OperationFailed { .. }
            | EventKind::OperationCanceled { .. } => Self::Tables,
            EventKind::StartRequested
            | EventKind::RestartRequested
            | EventKind::StopRequested
            | EventKind::MachineDeclaredLost
            | EventKind::InstanceStarted
            | EventKind::InstanceStopped
            | EventKind::InstanceSuspended { .. }
            | EventKind::InstanceLost { .. }
            | EventKind::AttemptFailed { .. }
            | EventKind::WorldOpened { .. }
            | EventKind::LicenseGranted { .. }
            | EventKind::LicenseHandedOver { .. }
            | EventKind::LicenseReturned { .. }
            | EventKind::LicenseHandOverBegun { .. }
            | EventKind::LicenseTaken { .. }
            | EventKind::OrphanFound { .. } => Self::Running,
            EventKind::LicenseAdded { .. }
            | EventKind::LicenseRenamed { .. }
            | EventKind::AgreementAccepted { .. }
            | EventKind::LicenseRemoved { .. }
            | EventKind::ReleaseAdded { .. }
            | EventKind::ReleaseRemoved { .. }
            | EventKind::UserAdded { .. }
            | EventKind::UserRemoved { .. }
            | EventKind::UserDisabled { .. }
            | EventKind::UserEnabled { .. }
            | EventKind::GroupCreated { .. }
            | EventKind::GroupRenamed { .. }
            | EventKind::GroupDeleted { .. }
            | EventKind::RoleChanged { .. }
            | EventKind::PasswordChanged { .. }
            | EventKind::SignedOutEverywhere { .. }
            | EventKind::SignInLinkCreated { .. }
            | EventKind::TokenCreated { .. }
            | EventKind::TokenRevoked { .. }
            | EventKind::DamagedRecordRemoved { .. }
            | EventKind::Unknown { .. } => Self::Deployment,
            EventKind::Recorded { name, .. } => Self::of_recorded(name, event.instance.is_some()),
        }
    }

    /// The kinds that version 0.1 had.
    fn of_recorded(name: &str, is_of_instance: bool) -> Self {
        match name {
            "sign-in-failed" => Self::Failures,
            "sign-in" | "sign-out" => Self::SignIns,
            "created" | "changed" | "delete" | "owner" if is_of_instance => Self::Tables,
            "password" | "role" | "sign-in-link" | "created" | "changed" | "delete" => {
                Self::Deployment
            }
            "license" if !is_of_instance => Self::Deployment,
            _ => Self::Running,
        }
    }

    fn age(self, options: &WorkerOptions) -> Duration {
        match self {
            Self::Deployment | Self::Tables | Self::Running => options.events_age,
            Self::SignIns => options.events_age / 2,
            Self::Failures => options.events_age / 6,
        }
    }
}

/// Who fills the log: a user, an address, an instance; each with each kind of entry apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Author {
    who: String,
    what: &'static str,
    kind: String,
}

impl Author {
    fn of(event: &Event) -> Self {
        let kind = event.kind.name().to_owned();
        let (who, what) = match (&event.actor.user, event.address, &event.instance) {
            (Some(user), _, _) => (user.to_string(), "user"),
            (None, Some(address), _) => (address.to_string(), "address"),
            (None, None, Some(table)) if event.via == Via::System => {
                (table.id.to_string(), "table")
            }
            (None, None, _) => (event.actor.name.clone(), "name"),
        };
        Self { who, what, kind }
    }
}

/// What of an entry decides about how long it is kept.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: EventId,
    pub(super) at: Timestamp,
    shelf: Shelf,
    /// Stands for its author: two that are mistaken for one share what each would have.
    author: u64,
}

impl Entry {
    pub(super) fn of(event: &Event) -> Self {
        let mut hasher = DefaultHasher::new();
        Author::of(event).hash(&mut hasher);
        let (id, at) = (event.id.clone(), event.at);
        Self { id, at, shelf: Shelf::of(event), author: hasher.finish() }
    }
}

/// Those of `entries` that are to go: those too old for their kind, and where a shelf is full, those of the author who has
/// the most of one kind on it, from the middle of theirs. An author who has less than a fair share loses nothing.
pub(super) fn superfluous(
    entries: &[Entry],
    age: impl Fn(Timestamp) -> Duration,
    options: &WorkerOptions,
) -> BTreeSet<EventId> {
    let mut gone = BTreeSet::new();
    let mut shelves: BTreeMap<Shelf, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        if age(entry.at) >= entry.shelf.age(options) {
            gone.insert(entry.id.clone());
        } else {
            shelves.entry(entry.shelf).or_default().push(entry);
        }
    }
    let room = options.events / Shelf::COUNT;
    for shelf in shelves.into_values().filter(|shelf| shelf.len() > room) {
        gone.extend(over_fair_share(shelf, room));
    }
    gone
}

fn over_fair_share(shelf: Vec<&Entry>, room: usize) -> Vec<EventId> {
    let mut authors: Vec<(u64, Vec<&Entry>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for event in shelf {
        let place = *places.entry(event.author).or_insert_with(|| {
            authors.push((event.author, Vec::new()));
            authors.len() - 1
        });
        authors[place].1.push(event);
    }
    let share = fair_share(authors.iter().map(|(_, theirs)| theirs.len()).collect(), room);
    let mut gone = Vec::new();
    let mut kept = Vec::new();
    for (_, mut theirs) in authors {
        theirs.sort_by_key(|event| event.at);
        // Both ends stay, so that what somebody did cannot be pushed out by what they did next.
        let (first, last) = (share / 2, share - share / 2);
        let surplus = theirs.len().saturating_sub(share);
        gone.extend(theirs.iter().skip(first).take(surplus).map(|event| event.id.clone()));
        kept.extend(theirs.into_iter().enumerate().filter_map(|(at, event)| {
            (surplus == 0 || at < first || at >= first + surplus).then_some(event)
        }));
        debug_assert!(surplus == 0 || first + last == share, "a share has two ends");
    }
    // More authors than room, each with one: the oldest go.
    kept.sort_by_key(|event| event.at);
    let surplus = kept.len().saturating_sub(room);
    gone.extend(kept.into_iter().take(surplus).map(|event| event.id.clone()));
    gone
}

/// The largest number that each may have so that all together have `room`; one at least.
fn fair_share(mut counts: Vec<usize>, room: usize) -> usize {
    counts.sort_unstable();
    let (mut left, mut sharing) = (room, counts.len());
    for count in counts {
        if count.saturating_mul(sharing) > left {
            return (left / sharing).max(1);
        }
        left -= count;
        sharing -= 1;
    }
    usize::MAX
}

#[cfg(test)]
mod tests;
