//! What was seen that nobody explains, since when, how often; and what could not be looked at.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::records::KnownInstances;
use super::{Listing, Look};
use crate::model::{FoundOrphan, Hostname};
use crate::ports::OrphanedResource;
use crate::{InstanceId, LaunchId, LicenseId, MonotonicTime};

/// Something that no journal explains. In the order in which it may go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Orphan {
    /// A public name.
    Name(Hostname, InstanceId),
    /// A running program.
    Launch(LaunchId),
    /// A lease of an instance that has no use for it, and of which nothing runs.
    Lease(LicenseId, InstanceId),
    /// Something of an instance that no other port would find again.
    Remains(OrphanedResource),
    /// A volume. Only ever reported.
    Volume(InstanceId),
    /// A place for uploads. Only ever reported.
    Assets(InstanceId),
}

impl Orphan {
    /// The list that it is found by.
    fn listing(&self) -> Listing {
        match self {
            Self::Name(..) => Listing::Names,
            Self::Launch(_) => Listing::Launches,
            Self::Lease(..) => Listing::Leases,
            Self::Remains(_) => Listing::Remains,
            Self::Volume(_) => Listing::Volumes,
            Self::Assets(_) => Listing::Assets,
        }
    }

    /// The same as it is reported.
    pub(super) fn report(&self) -> FoundOrphan {
        match self.clone() {
            Self::Name(name, instance) => FoundOrphan::PublicName { name, instance },
            Self::Launch(launch) => FoundOrphan::Program { launch },
            Self::Lease(license, instance) => FoundOrphan::LicenseLease { license, instance },
            Self::Remains(left) => FoundOrphan::Resource {
                description: left.what,
                instance: left.of,
                monthly_mills: left.monthly_mills,
            },
            Self::Volume(instance) => FoundOrphan::Volume { instance },
            Self::Assets(instance) => FoundOrphan::Uploads { instance },
        }
    }
}

/// One orphan, as it was seen so far.
#[derive(Debug, Clone)]
pub(super) struct OrphanObservation {
    pub(super) orphan: Orphan,
    pub(super) age: Duration,
    pub(super) times: u32,
}

/// How long each orphan has been seen and how often; when anybody last looked at launches; and what could not be listed.
#[derive(Debug, Default)]
pub(crate) struct OrphanObservations {
    seen: Mutex<Seen>,
    pub(super) known: KnownInstances,
}

#[derive(Debug, Default)]
struct Seen {
    looked: Option<MonotonicTime>,
    orphans: BTreeMap<Orphan, Since>,
    missed: BTreeSet<Listing>,
}

/// For how long an orphan has been seen, until when that is counted, and in how many sweeps.
#[derive(Debug)]
struct Since {
    age: Duration,
    counted: MonotonicTime,
    times: u32,
}

impl OrphanObservations {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether any launch runs that nobody explains: it may use any license.
    pub(crate) fn any_launch(&self) -> bool {
        self.seen().orphans.keys().any(|orphan| matches!(orphan, Orphan::Launch(_)))
    }

    /// Whether a launch of this instance runs that its journal does not explain: it uses the same volume.
    pub(crate) fn launch_of(&self, id: &InstanceId) -> bool {
        let own = |orphan: &Orphan| matches!(orphan, Orphan::Launch(key) if key.instance == *id);
        self.seen().orphans.keys().any(own)
    }

    /// Whether one has to look again before anything is made that an orphan could be in the way of: when
    /// nobody has looked yet, and once in a while as long as there is one.
    pub(crate) fn is_stale(&self, now: MonotonicTime, gap: Duration) -> bool {
        let any = self.any_launch();
        self.seen().looked.is_none_or(|looked| any && now.since(looked) >= gap)
    }

    /// Takes what one look found in; what is there no longer is forgotten. Of a kind that was not seen nothing is.
    ///
    /// A kind that cannot be listed is told once, until it can be again.
    pub(super) fn note(&self, look: Look, now: MonotonicTime) {
        let Look { orphans, seen: kinds, missed } = look;
        let mut seen = self.seen();
        if kinds.contains(&Listing::Launches) {
            seen.looked = Some(now);
        }
        seen.orphans
            .retain(|orphan, _| !kinds.contains(&orphan.listing()) || orphans.contains(orphan));
        for orphan in orphans {
            seen.orphans.entry(orphan).or_insert(Since {
                age: Duration::ZERO,
                counted: now,
                times: 0,
            });
        }
        for kind in kinds {
            if seen.missed.remove(&kind) {
                tracing::info!(what = kind.text(), "this can be listed again");
            }
        }
        for (kind, error) in missed {
            if seen.missed.insert(kind) {
                let what = kind.text();
                tracing::warn!(
                    what,
                    ?error,
                    "this cannot be listed: nothing is swept of it until it can be"
                );
            }
        }
    }

    /// What could not be listed when anybody last tried.
    pub(crate) fn missed(&self) -> Vec<String> {
        self.seen().missed.iter().map(|kind| kind.text().to_owned()).collect()
    }

    /// Counts one sweep that saw `kinds`; every orphan of these as it was seen so far, in the order in which they may go.
    ///
    /// Between two sweeps `longest` is counted at most: in a time without sweeps nobody has seen anything.
    pub(super) fn count(
        &self,
        now: MonotonicTime,
        kinds: &BTreeSet<Listing>,
        longest: Duration,
    ) -> Vec<OrphanObservation> {
        let mut seen = self.seen();
        let counted =
            seen.orphans.iter_mut().filter(|(orphan, _)| kinds.contains(&orphan.listing()));
        let counted = counted.map(|(orphan, since)| {
            since.age += now.since(since.counted).min(longest);
            (since.counted, since.times) = (now, since.times.saturating_add(1));
            OrphanObservation { orphan: orphan.clone(), age: since.age, times: since.times }
        });
        counted.collect()
    }
}
