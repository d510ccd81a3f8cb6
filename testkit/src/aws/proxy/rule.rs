//! Which calls go wrong.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::call::Call;
use super::scene::FaultScope;

/// Some of the requests, counted from when the rule is arranged; at first all of them.
#[derive(Debug, Clone)]
pub struct Rule {
    which: CallFilter,
    count: CallCount,
    /// The calls that go wrong with all their attempts, where attempts are not counted each for itself.
    struck: Option<BTreeSet<String>>,
}

#[derive(Debug, Clone)]
enum CallFilter {
    Any,
    Operation(String, String),
    Such(fn(&Call) -> bool),
}

/// How calls are counted.
#[derive(Debug, Clone)]
enum CallCount {
    /// All together, from one number to another.
    Together { from: usize, to: usize, seen: usize },
    /// Each operation of each scene for itself, and none that has gone wrong before.
    Apart {
        before: StruckCalls,
        seen: BTreeMap<OperationKey, usize>,
        struck: BTreeSet<OperationKey>,
    },
}

/// An operation of a service in a scene.
type OperationKey = (String, String, String);

/// What has gone wrong in all the stories of a test: the how-manieth call of which operation in which scene.
#[derive(Debug, Clone, Default)]
pub struct StruckCalls(Arc<Mutex<BTreeSet<(OperationKey, usize)>>>);

impl StruckCalls {
    /// Whether this is new; it is not, the next time.
    fn take(&self, place: &OperationKey, number: usize) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert((place.clone(), number))
    }
}

impl Rule {
    /// Calls of this operation of this service, called as in [`Call`].
    pub fn on(service: &str, operation: &str) -> Self {
        Self::of(CallFilter::Operation(service.to_owned(), operation.to_owned()))
    }

    /// Calls of every operation.
    pub fn any() -> Self {
        Self::of(CallFilter::Any)
    }

    /// Calls that `fits` says yes to.
    pub fn such(fits: fn(&Call) -> bool) -> Self {
        Self::of(CallFilter::Such(fits))
    }

    fn of(which: CallFilter) -> Self {
        Self {
            which,
            count: CallCount::Together { from: 1, to: usize::MAX, seen: 0 },
            struck: None,
        }
    }

    /// Only the call numbered `n` of these, from 1.
    #[must_use]
    pub fn nth(self, n: usize) -> Self {
        Self { count: CallCount::Together { from: n, to: n, seen: 0 }, ..self }
    }

    /// Only the first `n` of these.
    #[must_use]
    pub fn first(self, n: usize) -> Self {
        Self { count: CallCount::Together { from: 1, to: n, seen: 0 }, ..self }
    }

    /// One call of each operation in each scene (see [`FaultProxy::scene`](super::FaultProxy::scene)), the first whose turn it has
    /// not been `before`; and only one before the next scene begins. A story after the other, all calls are gone through.
    #[must_use]
    pub fn each_once(self, before: &StruckCalls) -> Self {
        let (seen, struck) = (BTreeMap::new(), BTreeSet::new());
        Self { count: CallCount::Apart { before: before.clone(), seen, struck }, ..self }
    }

    /// Counts all attempts of an SDK at one call as one, and lets each of them go wrong: so the call itself does.
    #[must_use]
    pub fn with_every_attempt(self) -> Self {
        Self { struck: Some(BTreeSet::new()), ..self }
    }

    /// Counts `call` if it is one of these; says whether it goes wrong.
    pub(super) fn strikes(&mut self, call: &Call, scene: &mut FaultScope) -> bool {
        if !self.which.fits(call) {
            return false;
        }
        if let (Some(struck), Some(invocation)) = (&self.struck, &call.invocation)
            && call.attempt > 1
        {
            return struck.contains(invocation);
        }
        let strikes = self.count.strikes(call, scene);
        if strikes && let (Some(struck), Some(invocation)) = (&mut self.struck, &call.invocation) {
            struck.insert(invocation.clone());
        }
        strikes
    }
}

impl CallFilter {
    fn fits(&self, call: &Call) -> bool {
        match self {
            Self::Any => true,
            Self::Operation(service, operation) => call.is(service, operation),
            Self::Such(fits) => fits(call),
        }
    }
}

impl CallCount {
    fn strikes(&mut self, call: &Call, scene: &mut FaultScope) -> bool {
        match self {
            Self::Together { from, to, seen } => {
                *seen += 1;
                (*from..=*to).contains(seen)
            }
            Self::Apart { before, seen, struck } => {
                let place = (call.scene.clone(), call.service.clone(), call.operation.clone());
                let number = seen.entry(place.clone()).or_default();
                *number += 1;
                let due = scene.is_unstruck() && !struck.contains(&place);
                if !due || !before.take(&place, *number) {
                    return false;
                }
                struck.insert(place);
                scene.strike();
                true
            }
        }
    }
}
