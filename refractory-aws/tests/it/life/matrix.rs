//! Every trouble at every call of a life.
//!
//! A worker makes its calls in steps: it makes or takes away one thing, or writes one thing down. In each life one call of each
//! operation in each step goes wrong, and one in each try of a step: so each call goes wrong by itself, and its step is tried again.
//! The next life lets others go wrong, until there are none left: all calls are gone through in ten lives instead of two hundred.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use refractory_core::ErrorKind;
use testkit::aws::{Call, Fault, Rule, StruckCalls};
use tokio::task::JoinSet;

use super::house::House;
use super::quiet::QUIET;
use super::story::{Story, Trouble};

/// How many lives go on at a time, each in its own account.
const LANES: usize = 3;
/// When an effect comes whose call was given up: half of the deadline, as the clock of these lives goes.
const LATE: Duration = Duration::from_millis(50);

/// How long an attempt at a call takes at most, where some hang.
const HASTY: Duration = Duration::from_millis(300);

/// An operation of a service in a step.
type Place = (String, String, String);

/// The lives of one kind of trouble, shared among lanes.
struct Matrix {
    /// What there is to live through.
    trouble: fn(&StruckCalls) -> Trouble,
    /// What has been lived through.
    strikes: StruckCalls,
    /// Whether a start that met it may be given up for this reason.
    may_end: fn(ErrorKind) -> bool,
    next: AtomicUsize,
    end: AtomicUsize,
    found: Mutex<Found>,
}

/// What all lives of one kind came to.
#[derive(Default)]
struct Found {
    lives: usize,
    struck: BTreeMap<Place, usize>,
    wrong: Vec<String>,
}

impl Matrix {
    /// Lives until there is no further call for trouble.
    async fn lane(self: Arc<Self>) {
        loop {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            if number >= self.end.load(Ordering::SeqCst) {
                return;
            }
            let house = House::made().await;
            let story = house.life(&(self.trouble)(&self.strikes)).await;
            self.note(number, &story);
        }
    }

    fn note(&self, number: usize, story: &Story) {
        let struck: Vec<_> = story.calls.iter().filter(|call| strikes(call)).map(place).collect();
        if struck.is_empty() {
            self.end.fetch_min(number, Ordering::SeqCst);
        }
        let mut found = self.found.lock().unwrap();
        found.lives += 1;
        let ends = story.given_up.iter().filter(|reason| !(self.may_end)(reason.kind));
        let ends = ends.map(|reason| format!("given up: {reason:?}"));
        let wrong = story.wrong.iter().cloned().chain(ends);
        let told = wrong.map(|wrong| format!("life {number}: {wrong}"));
        found.wrong.extend(told.collect::<Vec<_>>());
        for place in struck {
            *found.struck.entry(place).or_default() += 1;
        }
    }
}

fn strikes(call: &Call) -> bool {
    call.wrong && call.attempt == 1
}

fn place(call: &Call) -> Place {
    (call.scene.clone(), call.service.clone(), call.operation.clone())
}

/// Goes through every call that is one of `which`: nothing is wrong anywhere, and no call of a quiet life was passed by.
async fn survives(
    trouble: fn(&StruckCalls) -> Trouble,
    which: fn(&Call) -> bool,
    may_end: fn(ErrorKind) -> bool,
) {
    let begun = Instant::now();
    let matrix = Arc::new(Matrix {
        trouble,
        strikes: StruckCalls::default(),
        may_end,
        next: AtomicUsize::new(1),
        end: AtomicUsize::new(usize::MAX),
        found: Mutex::default(),
    });
    let mut lanes = JoinSet::new();
    for _ in 0..LANES {
        lanes.spawn(Arc::clone(&matrix).lane());
    }
    let quiet = House::made().await.life(&QUIET).await;
    assert_eq!(quiet.wrong, Vec::<String>::new());
    lanes.join_all().await;
    let found = std::mem::take(&mut *matrix.found.lock().unwrap());
    let strikes: usize = found.struck.values().sum();
    eprintln!("{strikes} calls in {} lives, in {:?}", found.lives, begun.elapsed());
    assert!(found.wrong.is_empty(), "{:#?}", found.wrong);
    assert_eq!(passed_by(&quiet, which, &found.struck), BTreeMap::new());
}

/// The calls of a quiet life to which no trouble came, counted. What only asks may be asked more or less often.
fn passed_by(
    quiet: &Story,
    which: fn(&Call) -> bool,
    struck: &BTreeMap<Place, usize>,
) -> BTreeMap<Place, usize> {
    let mut left: BTreeMap<Place, usize> = BTreeMap::new();
    for call in quiet.calls.iter().filter(|call| which(call)) {
        let count = left.entry(place(call)).or_default();
        *count = if call.reads() { 1 } else { *count + 1 };
    }
    let elsewhere =
        |place: &Place| struck.keys().any(|other| (&other.1, &other.2) == (&place.1, &place.2));
    left.retain(|place, count| {
        *count = count.saturating_sub(struck.get(place).copied().unwrap_or_default());
        *count > 0 && !(may_be_remembered(place) && elsewhere(place))
    });
    left
}

/// A look at a task is answered from the last one for some seconds: in one life a step asks, and in the next it has no need to.
fn may_be_remembered((_, service, operation): &Place) -> bool {
    (service.as_str(), operation.as_str()) == ("ecs", "DescribeTasks")
}

fn any(_: &Call) -> bool {
    true
}

fn writes(call: &Call) -> bool {
    !call.reads()
}

fn never(_: ErrorKind) -> bool {
    false
}

/// The call itself goes wrong, however often the SDK tries it.
fn whole(rule: Rule, before: &StruckCalls, fault: Fault) -> Trouble {
    Trouble { calls: Some((rule.each_once(before).with_every_attempt(), fault)), ..QUIET }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_call_finds_aws_out_of_order() {
    survives(|before| whole(Rule::any(), before, Fault::Unavailable), any, never).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_call_is_throttled() {
    survives(|before| whole(Rule::any(), before, Fault::Throttled), any, never).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_call_is_reset() {
    survives(|before| whole(Rule::any(), before, Fault::Reset), any, never).await;
}

/// A question whose answer is lost has no effect: it is one that is reset.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_reply_is_lost() {
    survives(|before| whole(Rule::such(writes), before, Fault::ReplyLost), writes, never).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_effect_comes_late() {
    let late = |before: &StruckCalls| Trouble {
        pace: 100,
        ..whole(Rule::such(writes), before, Fault::Late(LATE))
    };
    survives(late, writes, never).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_call_hangs() {
    let hangs = |before: &StruckCalls| Trouble {
        attempt: HASTY,
        ..whole(Rule::any(), before, Fault::Hang)
    };
    survives(hangs, any, never).await;
}

/// A refusal for good ends a start, and says so; what was made is undone, and starting again is enough.
async fn survives_refusals(trouble: fn(&StruckCalls) -> Trouble, which: fn(&Call) -> bool) {
    survives(trouble, which, |kind| kind == ErrorKind::Forbidden).await;
}

const FORBIDDEN: Fault = Fault::Refused(403, "AccessDenied");

fn rows(call: &Call) -> bool {
    call.service == "dynamodb"
}

fn no_rows(call: &Call) -> bool {
    !rows(call)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_row_is_forbidden() {
    survives_refusals(|before| whole(Rule::such(rows), before, FORBIDDEN), rows).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_call_is_forbidden() {
    survives_refusals(|before| whole(Rule::such(no_rows), before, FORBIDDEN), no_rows).await;
}

/// Services whose answers may be older than the last change. What others do not find is not there.
fn lags(call: &Call) -> bool {
    ["ecs", "elasticfilesystem", "iam"].contains(&call.service.as_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_call_does_not_find_what_is_there() {
    let missing = |before: &StruckCalls| whole(Rule::such(lags), before, Fault::Missing);
    survives(missing, lags, |kind| kind == ErrorKind::Invalid).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_call_is_the_last_of_its_process() {
    let last = |before: &StruckCalls| {
        let calls = Some((Rule::any().each_once(before), Fault::Cut));
        Trouble { calls, ..QUIET }
    };
    survives(last, any, never).await;
}

/// The first attempt at every call goes wrong, in one life: the SDK makes another, and no one notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_sdk_tries_again_by_itself() {
    let faults = [
        Fault::Throttled,
        Fault::Unavailable,
        Fault::Reset,
        Fault::ReplyLost,
        Fault::Truncated,
        Fault::Late(LATE),
    ];
    let mut lives = JoinSet::new();
    for fault in faults {
        lives.spawn(async move {
            let first = Rule::such(|call| call.invocation.is_some() && call.attempt == 1);
            let trouble = Trouble { calls: Some((first, fault.clone())), pace: 100, ..QUIET };
            let story = House::made().await.life(&trouble).await;
            assert_eq!(story.wrong, Vec::<String>::new(), "{fault:?}");
            assert!(story.given_up.is_empty(), "{fault:?}: {:?}", story.given_up);
            assert!(story.calls.iter().any(|call| call.wrong), "{fault:?}");
        });
        if lives.len() == LANES {
            lives.join_next().await.unwrap().unwrap();
        }
    }
    lives.join_all().await;
}
