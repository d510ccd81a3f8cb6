//! One look at what there is.
use std::collections::{BTreeMap, BTreeSet};

use super::Orphan;
use crate::{Error, Result};

/// A kind of thing that is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Listing {
    /// Public names.
    Names,
    /// Running programs.
    Launches,
    /// Leases of licenses.
    Leases,
    /// What only the net beneath finds again.
    Remains,
    /// Volumes.
    Volumes,
    /// Places for uploads.
    Assets,
}

impl Listing {
    /// What people call it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Names => "public names",
            Self::Launches => "running programs",
            Self::Leases => "license leases",
            Self::Remains => "orphaned resources of tables",
            Self::Volumes => "volumes",
            Self::Assets => "upload storage",
        }
    }
}

/// What one look came to. A kind that is neither seen nor missed was not looked at, or could not be judged.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// What nobody explains.
    pub(super) orphans: BTreeSet<Orphan>,
    /// The kinds that this holds for.
    pub(super) seen: BTreeSet<Listing>,
    /// The kinds that could not be listed, and why.
    pub(super) missed: BTreeMap<Listing, Error>,
}

impl Look {
    /// What a list answered, if it did.
    pub(super) fn had<T>(&mut self, what: Listing, list: Result<T>) -> Option<T> {
        match list {
            Ok(list) => Some(list),
            Err(error) => {
                self.missed.insert(what, error);
                None
            }
        }
    }

    /// Takes in what nobody explains of one kind.
    pub(super) fn found(&mut self, what: Listing, orphans: impl Iterator<Item = Orphan>) {
        self.seen.insert(what);
        self.orphans.extend(orphans);
    }
}
