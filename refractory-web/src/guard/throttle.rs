//! Rate limits for failed sign-ins and for API requests.
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use refractory_core::UserId;
use refractory_core::model::UserName;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::problem::Problem;

/// More subjects of one kind are not kept in memory: those that have used the least are forgotten first.
const CAPACITY: usize = 10_000;
/// How long an attempt waits for those before it, which may yet turn out to be failures.
const MAX_QUEUE_TIME: Duration = Duration::from_secs(20);

/// What is counted. Each has its own budget.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// One household, whatever it tries.
    Address(IpAddr),
    /// One account, tried from anywhere but where it was signed in to before.
    Account(UserName),
    /// One account, tried from one household.
    AccountFrom(UserName, IpAddr),
    /// A browser on which this account was signed in to before.
    Device(String),
    /// A signed-in user who confirms the password.
    SignedIn(UserId),
}

impl Subject {
    /// The household of `client`: an IPv6 client has a whole /64 to itself.
    pub(crate) fn address(client: IpAddr) -> Self {
        Self::Address(household(client))
    }

    /// What an attempt from `client` at the account `name` is counted by, where the browser is not known.
    pub(crate) fn unknown_device(client: IpAddr, name: &UserName) -> Vec<Self> {
        let from = household(client);
        vec![
            Self::Address(from),
            Self::Account(name.clone()),
            Self::AccountFrom(name.clone(), from),
        ]
    }

    /// How many failures at once, and after which time each is forgiven.
    fn budget(&self) -> Budget {
        match self {
            Self::Address(_) => Budget::new(30, 10),
            // 50 at once and one each 75 seconds: 98 in any hour.
            Self::Account(_) => Budget::new(50, 75),
            Self::AccountFrom(..) => Budget::new(10, 120),
            Self::Device(_) | Self::SignedIn(_) => Budget::new(10, 30),
        }
    }

    fn kind(&self) -> usize {
        match self {
            Self::Address(_) => 0,
            Self::Account(_) => 1,
            Self::AccountFrom(..) => 2,
            Self::Device(_) | Self::SignedIn(_) => 3,
        }
    }
}

/// One household: an IPv6 client has a whole /64 to itself.
fn household(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// So many at once, and one more each time `every` has passed.
#[derive(Debug, Clone, Copy)]
struct Budget {
    burst: u32,
    every: Duration,
}

impl Budget {
    fn new(burst: u32, every_seconds: u64) -> Self {
        Self { burst, every: Duration::from_secs(every_seconds) }
    }

    /// How long until one more is allowed, for one who has used `used` of it.
    fn wait(self, used: Duration) -> Duration {
        (used + self.every).saturating_sub(self.every * self.burst)
    }
}

/// What one subject has used.
#[derive(Debug, Clone, Copy)]
struct Usage {
    /// When all of it will be forgiven.
    until: Instant,
    /// How many attempts of it have not ended.
    open: u32,
}

impl Usage {
    fn used(self, now: Instant) -> Duration {
        self.until.saturating_duration_since(now)
    }
}

/// The accounts of one kind of subject: never more than [`ROOM`].
#[derive(Debug)]
struct UsageTable<K>(HashMap<K, Usage>);

impl<K> Default for UsageTable<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq + Clone> UsageTable<K> {
    /// How long until `key` may take one more; and how long if everything that is open turned out well.
    fn wait(&self, key: &K, budget: Budget, now: Instant) -> (Duration, Duration) {
        let Some(account) = self.0.get(key) else { return (Duration::ZERO, Duration::ZERO) };
        let used = account.used(now);
        (budget.wait(used), budget.wait(used.saturating_sub(budget.every * account.open)))
    }

    /// Takes one of `key`'s budget; whether there was room to write it down.
    fn take(&mut self, key: &K, budget: Budget, now: Instant) -> bool {
        if !self.0.contains_key(key) && !self.make_room(now) {
            return false;
        }
        let account = self.0.entry(key.clone()).or_insert(Usage { until: now, open: 0 });
        account.until = account.until.max(now) + budget.every;
        account.open += 1;
        true
    }

    /// Ends one attempt of `key`, and gives back what it took unless it was a failure.
    fn end(&mut self, key: &K, budget: Budget, failed: bool, now: Instant) {
        let Some(account) = self.0.get_mut(key) else { return };
        account.open = account.open.saturating_sub(1);
        if !failed {
            account.until = account.until.checked_sub(budget.every).unwrap_or(now);
        }
        if account.open == 0 && account.until <= now {
            self.0.remove(key);
        }
    }

    /// Forgets entries without open failures, then the eighth that has used the least. An attacker that wants a busy subject
    /// forgotten has to be busier with as many others.
    fn make_room(&mut self, now: Instant) -> bool {
        if self.0.len() < CAPACITY {
            return true;
        }
        self.0.retain(|_, account| account.open > 0 || account.until > now);
        if self.0.len() >= CAPACITY {
            let mut until: Vec<_> =
                self.0.values().filter(|it| it.open == 0).map(|it| it.until).collect();
            if until.is_empty() {
                return false;
            }
            let least = (CAPACITY / 8).min(until.len() - 1);
            let (_, &mut limit, _) = until.select_nth_unstable(least);
            self.0.retain(|_, account| account.open > 0 || account.until > limit);
        }
        self.0.len() < CAPACITY
    }
}

/// Counts failures to get in. A success costs nothing.
#[derive(Default)]
pub(crate) struct Throttle {
    accounts: Mutex<[UsageTable<Subject>; 4]>,
    ended: Notify,
}

/// The decision about one more attempt.
enum ThrottleDecision {
    Admitted,
    /// Not before this has passed.
    Refused(Duration),
    /// Those that are open decide.
    Wait,
}

impl Throttle {
    /// Begins one attempt, or returns when to retry. As long as it is open it counts as a failure, so that no number of
    /// attempts made at once is more than the budget; one that could be too many waits for those before it.
    pub(crate) async fn begin(&self, subjects: Vec<Subject>) -> Result<Attempt<'_>, Problem> {
        let deadline = Instant::now() + MAX_QUEUE_TIME;
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            match self.try_begin(&subjects, Instant::now()) {
                ThrottleDecision::Admitted => {
                    return Ok(Attempt { throttle: self, subjects, failed: true });
                }
                ThrottleDecision::Refused(wait) => return Err(too_many(wait)),
                ThrottleDecision::Wait => {
                    let waited = tokio::time::timeout_at(deadline, ended).await;
                    waited.map_err(|_| too_many(Duration::from_secs(1)))?;
                }
            }
        }
    }

    fn try_begin(&self, subjects: &[Subject], now: Instant) -> ThrottleDecision {
        let mut accounts = self.lock();
        let waits = subjects.iter().map(|it| accounts[it.kind()].wait(it, it.budget(), now));
        let longest = |one: (Duration, Duration), other: (Duration, Duration)| {
            (one.0.max(other.0), one.1.max(other.1))
        };
        match waits.fold((Duration::ZERO, Duration::ZERO), longest) {
            (Duration::ZERO, _) => {}
            (_, Duration::ZERO) => return ThrottleDecision::Wait,
            (_, wait) => return ThrottleDecision::Refused(wait),
        }
        for (at, subject) in subjects.iter().enumerate() {
            if !accounts[subject.kind()].take(subject, subject.budget(), now) {
                for taken in &subjects[..at] {
                    accounts[taken.kind()].end(taken, taken.budget(), false, now);
                }
                return ThrottleDecision::Refused(Duration::from_secs(1));
            }
        }
        ThrottleDecision::Admitted
    }

    fn end(&self, subjects: &[Subject], failed: bool) {
        let now = Instant::now();
        let mut accounts = self.lock();
        for subject in subjects {
            accounts[subject.kind()].end(subject, subject.budget(), failed, now);
        }
        drop(accounts);
        self.ended.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, [UsageTable<Subject>; 4]> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Throttle")
    }
}

/// One attempt to get in. One that is dropped is a failure.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    throttle: &'a Throttle,
    subjects: Vec<Subject>,
    failed: bool,
}

impl Attempt<'_> {
    /// Marks the attempt as no failure.
    pub(crate) fn succeeded(mut self) {
        self.failed = false;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.throttle.end(&self.subjects, self.failed);
    }
}

/// Who asks the API.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// A signed-in user, from any address.
    Person(UserId),
    /// One household, without a signed-in user.
    Address(IpAddr),
}

impl Caller {
    /// The caller of a request from `client`, signed in as `person`.
    pub(crate) fn new(person: Option<&UserId>, client: IpAddr) -> Self {
        person.map_or_else(|| Self::Address(household(client)), |id| Self::Person(id.clone()))
    }
}

/// Counts what each caller asks of the API.
#[derive(Default)]
pub(crate) struct ApiRate(Mutex<UsageTable<Caller>>);

impl ApiRate {
    /// 200 at once, and 20 each second: more than any page or script of people needs.
    const BUDGET: Budget = Budget { burst: 200, every: Duration::from_millis(50) };

    /// Counts one request of `caller`, or returns when to retry.
    pub(crate) fn count(&self, caller: &Caller) -> Result<(), Problem> {
        let now = Instant::now();
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (wait, _) = accounts.wait(caller, Self::BUDGET, now);
        if !wait.is_zero() || !accounts.take(caller, Self::BUDGET, now) {
            return Err(too_many(wait));
        }
        accounts.end(caller, Self::BUDGET, true, now);
        Ok(())
    }
}

impl fmt::Debug for ApiRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rate")
    }
}

fn too_many(wait: Duration) -> Problem {
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    let unit = if seconds == 1 { "second" } else { "seconds" };
    let wait = Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX));
    let sentence = format!("Too many attempts. Try again in {seconds} {unit}.");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, sentence).retry_after(wait)
}

#[cfg(test)]
mod tests;
