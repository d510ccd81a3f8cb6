//! What the audit trail has no room for any more.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::{Event, EventKind, Via};
use crate::{EventId, WorkerOptions};

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

/// Who fills the trail: a user, an address, a table; each with each kind of entry apart.
fn author(event: &Event) -> (String, &'static str, String) {
    let kind = event.kind.name().to_owned();
    match (&event.actor.user, event.address, &event.instance) {
        (Some(user), _, _) => (user.to_string(), "user", kind),
        (None, Some(address), _) => (address.to_string(), "address", kind),
        (None, None, Some(table)) if event.via == Via::System => {
            (table.id.to_string(), "table", kind)
        }
        (None, None, _) => (event.actor.name.clone(), "name", kind),
    }
}

/// The entries of `events`, which have this `age`, that are to go: those too old for their kind, and where a shelf is full, those of whoever has
/// the most of one kind on it, from the middle of theirs. Whoever has less than a fair share loses nothing.
pub(super) fn superfluous(
    events: &[Event],
    age: impl Fn(&Event) -> Duration,
    options: &WorkerOptions,
) -> BTreeSet<EventId> {
    let mut gone = BTreeSet::new();
    let mut shelves: BTreeMap<Shelf, Vec<&Event>> = BTreeMap::new();
    for event in events {
        let shelf = Shelf::of(event);
        if age(event) >= shelf.age(options) {
            gone.insert(event.id.clone());
        } else {
            shelves.entry(shelf).or_default().push(event);
        }
    }
    let room = options.events / Shelf::COUNT;
    for shelf in shelves.into_values().filter(|shelf| shelf.len() > room) {
        gone.extend(over_fair_share(shelf, room));
    }
    gone
}

fn over_fair_share(shelf: Vec<&Event>, room: usize) -> Vec<EventId> {
    let mut authors: Vec<(_, Vec<&Event>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for event in shelf {
        let author = author(event);
        let place = *places.entry(author.clone()).or_insert_with(|| {
            authors.push((author, Vec::new()));
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
