//! Clocks that are set, stand still or jump, in every step of an instance's life: it ends as it does without, and not later.
use std::time::Duration;

use refractory_core::model::{Phase, Purpose, Step, Token};
use refractory_core::ports::Collection;
use refractory_core::{Clock, InstanceId, Worker};
use testkit::clock::PausedClock;
use testkit::fault::PowerCut;
use testkit::world::World;
use tokio::time::Instant;

use super::house::{Goal, House, op};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// What happens to the clocks of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The wall clock is set back by an hour.
    Back,
    /// The wall clock is set forward by a day.
    Forward,
    /// It is set back, and five seconds later to where it was.
    BackAndForth,
    /// The wall clock stands still from now on.
    Stands,
    /// The machine is suspended for an hour: when it wakes, the wall clock shows it and the monotonic one does not.
    Suspended,
    /// The process is frozen for an hour, and what it looks after is not.
    Frozen,
    /// The same, and only the monotonic clock shows it.
    Jump,
}

impl Fault {
    const ALL: [Self; 7] = [
        Self::Back,
        Self::Forward,
        Self::BackAndForth,
        Self::Stands,
        Self::Suspended,
        Self::Frozen,
        Self::Jump,
    ];

    /// Lets it happen; says how much time passed by that alone.
    async fn happen(self, clock: &PausedClock) -> Duration {
        match self {
            Self::Back | Self::BackAndForth => clock.set_back(HOUR),
            Self::Forward => clock.set_forward(DAY),
            Self::Stands => clock.stop_wall(),
            Self::Suspended => clock.set_forward(HOUR),
            Self::Jump => clock.jump_monotonic(HOUR),
            Self::Frozen => {
                tokio::time::sleep(HOUR).await;
                return HOUR;
            }
        }
        Duration::ZERO
    }

    /// What happens five seconds later.
    fn happen_again(self, clock: &PausedClock) {
        if self == Self::BackAndForth {
            clock.set_forward(HOUR);
        }
    }
}

/// A part of a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Start,
    /// A start whose volume is refused five times: 31 seconds of waiting.
    Retry,
    Stop,
    Delete,
    /// The program dies, and is started again.
    Crash,
    /// A table that has been empty for a while makes room for another one.
    HandOver,
}

impl Part {
    const ALL: [Self; 6] =
        [Self::Start, Self::Retry, Self::Stop, Self::Delete, Self::Crash, Self::HandOver];
}

/// A house in which everything takes its time, and what was begun in it.
struct Scene {
    house: House,
    worker: Worker,
    id: InstanceId,
    goal: Goal,
}

async fn up(house: &House, worker: &mut Worker, id: &InstanceId) {
    house.start(id).await;
    assert!(house.reach(worker, &mut PowerCut::default(), id, Goal::OnAfter(0)).await);
}

fn slowly(world: &World) {
    world.configure(|knobs| {
        (knobs.boot_polls, knobs.open_polls) = (6, 3);
        (knobs.close_polls, knobs.stop_polls) = (4, 4);
    });
}

impl Scene {
    async fn of(part: Part) -> Self {
        let house = House::slow_to_ask(MINUTE * 2).await;
        slowly(&house.world);
        let (mut worker, id) = (house.worker(), house.table("one").await);
        let goal = match part {
            Part::Start | Part::Retry => {
                let refusals = if part == Part::Retry { 5 } else { 0 };
                house.world.configure(|knobs| knobs.volume_refusals = refusals);
                house.start(&id).await;
                Goal::OnAfter(0)
            }
            Part::Stop => {
                up(&house, &mut worker, &id).await;
                house.stop(&id).await;
                Goal::Off
            }
            Part::Delete => {
                up(&house, &mut worker, &id).await;
                house.delete(&id).await;
                Goal::Gone
            }
            Part::Crash => {
                up(&house, &mut worker, &id).await;
                house.world.kill(&id);
                Goal::OnAfter(1)
            }
            Part::HandOver => {
                up(&house, &mut worker, &id).await;
                let two = house.table("two").await;
                house.start(&two).await;
                return Self { house, worker, id: two, goal: Goal::OnAfter(0) };
            }
        };
        Self { house, worker, id, goal }
    }

    /// Plays on until the goal is reached, with `fault` after so many passes; how long that took, less what the fault took by
    /// itself, and how many passes.
    async fn play(&mut self, fault: Option<(usize, Fault)>) -> Option<(Duration, usize)> {
        let (begun, mut lost, mut passes) = (Instant::now(), Duration::ZERO, 0);
        let clock = self.house.world.clock();
        let mut again: Option<Instant> = None;
        while begun.elapsed() < lost + MINUTE * 10 {
            if let Some((after, fault)) = fault
                && passes == after
            {
                lost = fault.happen(&clock).await;
                again = Some(Instant::now() + SECOND * 5);
            }
            let wait = self.worker.pass().await;
            passes += 1;
            if self.goal.is_reached(self.house.get(&self.id).await.as_ref()) {
                return Some((begun.elapsed().saturating_sub(lost), passes));
            }
            tokio::time::sleep(wait.clamp(Duration::from_millis(1), SECOND * 5)).await;
            if let Some((_, fault)) = fault
                && again.take_if(|at| *at <= Instant::now()).is_some()
            {
                fault.happen_again(&clock);
            }
        }
        None
    }
}

/// Every pass of one part of a life, with every fault before it.
async fn ends_as_without(part: Part) {
    let mut quiet = Scene::of(part).await;
    let (took, passes) = quiet.play(None).await.unwrap();
    let epoch = quiet.house.get(&quiet.id).await.map(|row| row.epoch);
    assert!(passes >= 4, "{part:?} has some passes: {passes}");
    for fault in Fault::ALL {
        for after in 0..passes {
            let when = format!("{part:?}, {fault:?} before pass {after} of {passes}");
            let mut scene = Scene::of(part).await;
            let played = scene.play(Some((after, fault))).await;
            let row = scene.house.get(&scene.id).await;
            assert!(played.is_some(), "{when}: it never ends: {row:?}");
            let (time, _) = played.unwrap();
            assert!(time <= took + SECOND * 20, "{when}: {time:?} instead of {took:?}: {row:?}");
            assert_eq!(row.as_ref().map(|row| row.epoch), epoch, "{when}: {row:?}");
            let fault = row.as_ref().and_then(|row| row.fault.clone());
            assert_eq!(fault, None, "{when}");
            let last = row.and_then(|row| row.last_start).map(Duration::from_millis);
            assert!(last.is_none_or(|last| last < HOUR + MINUTE * 3), "{when}: {last:?}");
            assert_eq!(scene.house.world.violations(), Vec::<String>::new(), "{when}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_ends_as_without_whatever_becomes_of_the_clocks() {
    ends_as_without(Part::Start).await;
}

#[tokio::test(start_paused = true)]
async fn a_retry_ends_as_without_whatever_becomes_of_the_clocks() {
    ends_as_without(Part::Retry).await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_as_without_whatever_becomes_of_the_clocks() {
    ends_as_without(Part::Stop).await;
}

#[tokio::test(start_paused = true)]
async fn a_removal_ends_as_without_whatever_becomes_of_the_clocks() {
    ends_as_without(Part::Delete).await;
}

#[tokio::test(start_paused = true)]
async fn a_death_is_noticed_and_repaired_as_without_whatever_becomes_of_the_clocks() {
    ends_as_without(Part::Crash).await;
}

#[tokio::test(start_paused = true)]
async fn a_hand_over_ends_as_without_whatever_becomes_of_the_clocks() {
    ends_as_without(Part::HandOver).await;
}

#[tokio::test(start_paused = true)]
async fn a_table_that_runs_and_is_well_is_left_alone_whatever_becomes_of_the_clocks() {
    for fault in Fault::ALL {
        let house = House::quiet(1).await;
        let (mut worker, id) = (house.worker(), house.table("one").await);
        up(&house, &mut worker, &id).await;
        house.world.set_players(&id, 3);
        house.run(&worker, MINUTE).await;
        for _ in 0..3 {
            fault.happen(&house.world.clock()).await;
            house.run(&worker, MINUTE).await;
            let row = house.get(&id).await.unwrap();
            let well = matches!(row.phase(), Phase::On(_)) && row.epoch == 1;
            assert!(well && row.losses.is_empty() && row.fault.is_none(), "{fault:?}: {row:?}");
        }
        assert_eq!(house.world.violations(), Vec::<String>::new(), "{fault:?}");
    }
}

/// A process that looked at nothing for an hour has not been met with silence.
#[tokio::test(start_paused = true)]
async fn a_time_without_looks_is_no_silence_of_a_start_and_no_patience_with_a_world() {
    for fault in [Fault::Frozen, Fault::Suspended, Fault::Jump, Fault::Forward] {
        let house = House::quiet(1).await;
        house.world.configure(|knobs| knobs.boot_polls = 20);
        let (worker, id) = (house.worker(), house.table("one").await);
        house.start(&id).await;
        house.run(&worker, SECOND * 3).await;
        fault.happen(&house.world.clock()).await;
        house.run(&worker, MINUTE * 3).await;
        assert_eq!(house.get(&id).await.unwrap().epoch, 1, "{fault:?}: it was not begun again");
        assert!(house.is_on(&id).await, "{fault:?}");
        house.world.configure(|knobs| knobs.close_polls = 20);
        house.stop(&id).await;
        house.run(&worker, SECOND * 3).await;
        fault.happen(&house.world.clock()).await;
        house.run(&worker, MINUTE * 3).await;
        assert!(house.is_off(&id).await, "{fault:?}");
        let broken = house.world.violations();
        assert_eq!(broken, Vec::<String>::new(), "{fault:?}: it was stopped with its world open");
    }
}

/// A real silence is one all the same.
#[tokio::test(start_paused = true)]
async fn a_start_that_tells_nothing_new_is_given_up_in_its_time_whatever_becomes_of_the_clocks() {
    for fault in Fault::ALL {
        let house = House::quiet(1).await;
        // A booting machine reports new progress each time; a closing world reports none.
        house.world.configure(|knobs| knobs.open_polls = 100_000);
        let (worker, id) = (house.worker(), house.table("one").await);
        house.start(&id).await;
        house.run(&worker, MINUTE).await;
        fault.happen(&house.world.clock()).await;
        house.run(&worker, MINUTE * 8).await;
        let early = house.get(&id).await.unwrap();
        assert_eq!((early.epoch, early.fault), (1, None), "{fault:?}: not before its time");
        house.run(&worker, MINUTE * 3).await;
        let late = house.get(&id).await.unwrap();
        let message = late.fault.map(|fault| fault.message).unwrap_or_default();
        assert!(message.contains("for 10 minutes"), "{fault:?}: {message}");
    }
}

/// A new process goes on from what one wrote whose clock was wrong, or that was suspended.
#[tokio::test(start_paused = true)]
async fn a_new_process_goes_on_from_what_an_old_one_wrote_at_any_time() {
    for part in Part::ALL {
        let passes = Scene::of(part).await.play(None).await.unwrap().1;
        for (ahead, behind) in [(HOUR * 2, Duration::ZERO), (Duration::ZERO, DAY)] {
            for after in 0..passes {
                let when = format!("{part:?}, taken over after pass {after}: {ahead:?} {behind:?}");
                let mut scene = Scene::of(part).await;
                let clock = scene.house.world.clock();
                // It boots with a clock that is wrong, and is set right as it ends.
                clock.set_forward(ahead);
                clock.set_back(behind);
                for _ in 0..after {
                    let wait = scene.worker.pass().await;
                    tokio::time::sleep(wait.clamp(Duration::from_millis(1), SECOND * 5)).await;
                }
                clock.set_back(ahead);
                clock.set_forward(behind);
                let world = scene.house.world.clone();
                let house = House::patient(&world, world.ports(), MINUTE * 2);
                scene.worker = house.worker().sole();
                scene.house = house;
                let played = scene.play(None).await;
                let row = scene.house.get(&scene.id).await;
                assert!(played.is_some(), "{when}: it never ends: {row:?}");
                let (time, _) = played.unwrap();
                assert!(time <= MINUTE * 3, "{when}: {time:?}: {row:?}");
                assert_eq!(world.violations(), Vec::<String>::new(), "{when}");
            }
        }
    }
}

/// Two processes on machines whose clocks differ by an hour.
#[tokio::test(start_paused = true)]
async fn a_claim_is_kept_by_whoever_has_another_clock_and_ends_for_them_too() {
    for (mine, theirs) in [(HOUR, Duration::ZERO), (Duration::ZERO, HOUR)] {
        let here = House::quiet(1).await;
        here.world.configure(|knobs| knobs.boot_polls = 3);
        let world = &here.world;
        let (one, other) = (world.clock().ahead(mine), world.clock().ahead(theirs));
        let one = House::on_clock(world, one);
        let other = House::on_clock(world, other);
        let id = here.table("one").await;
        here.start(&id).await;
        let (worker, rival) = (one.worker(), other.worker());
        for _ in 0..7 {
            worker.pass().await;
        }
        let claimed = here.get(&id).await.unwrap();
        assert!(claimed.claim.is_some());
        for _ in 0..5 {
            let wait = rival.step(&id).await.unwrap();
            assert!(wait <= MINUTE, "{wait:?}: never longer than a claim lasts");
            assert_eq!(here.get(&id).await.unwrap(), claimed, "it is in other hands");
            tokio::time::sleep(SECOND * 10).await;
        }
        // The process that has it in hand has died.
        let mut rival = rival;
        assert!(other.reach(&mut rival, &mut PowerCut::default(), &id, Goal::OnAfter(0)).await);
        assert_eq!(here.get(&id).await.unwrap().epoch, 1);
        assert_eq!(world.violations(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_kept_for_somebody_is_kept_no_longer_where_the_clock_is_set_back() {
    let house = House::quiet(1).await;
    let (mut worker, a, b) = (house.worker(), house.table("a").await, house.table("b").await);
    up(&house, &mut worker, &a).await;
    house.world.set_players(&a, 1);
    house.start(&b).await;
    house.run(&worker, SECOND * 5).await;
    assert_eq!(house.get(&b).await.unwrap().phase(), Phase::Starting(Step::License));
    // The waiting instance goes away, and leaves what was reserved for it: its process dies with it.
    let rows = house.world.ports().store;
    let kept = Collection::<refractory_core::model::License>::of(rows.as_ref());
    let license = kept.list().await.unwrap().remove(0);
    assert!(license.reserved.is_some());
    house.delete(&b).await;
    house.run(&worker, SECOND * 30).await;
    let reserved = license.reserved;
    kept.update(license.id.as_str(), |row| {
        row.reserved.clone_from(&reserved);
        Ok(true)
    })
    .await
    .unwrap();
    house.world.clock().set_back(HOUR);
    house.stop(&a).await;
    house.run(&worker, MINUTE).await;
    let c = house.table("c").await;
    up(&house, &mut worker, &c).await;
}

#[tokio::test(start_paused = true)]
async fn which_workers_live_does_not_hang_on_the_clock() {
    let house = House::quiet(1).await;
    let clock = house.world.clock();
    let seen = async {
        tokio::time::sleep(SECOND).await;
        assert_eq!(house.app.workers().await.unwrap().len(), 1);
        for turn in [DAY, HOUR, DAY] {
            clock.set_forward(turn);
            assert_eq!(house.app.workers().await.unwrap().len(), 1, "put forward");
            tokio::time::sleep(SECOND * 6).await;
            clock.set_back(turn);
            assert_eq!(house.app.workers().await.unwrap().len(), 1, "set back");
            tokio::time::sleep(SECOND * 6).await;
        }
        // From here on nothing works: this one dies without a word.
        std::future::pending::<()>().await;
    };
    let dies = tokio::time::timeout(MINUTE, house.worker().run_until(seen));
    assert!(dies.await.is_err());
    clock.set_back(DAY);
    tokio::time::sleep(SECOND * 30).await;
    assert_eq!(house.app.workers().await.unwrap(), vec![], "its mark is from a time to come");
    let fresh = House::new(&house.world, &house.world);
    assert_eq!(fresh.app.workers().await.unwrap(), vec![], "to whoever looks first too");
}

/// A house with a person in it, and what is kept of their links and sessions.
async fn inhabited() -> (House, refractory_core::model::User) {
    let house = House::quiet(1).await;
    let name = "anna".parse().unwrap();
    let role = refractory_core::model::Role::Admin;
    let user = house.app.add_user(&op(), name, role, None).await.unwrap();
    (house, user)
}

async fn link(house: &House, user: &refractory_core::model::User) -> String {
    house.app.sign_in_link(&op(), &user.id).await.unwrap().secret.expose().to_owned()
}

async fn is_good(house: &House, link: &str) -> bool {
    house
        .app
        .take_sign_in_link(link, refractory_core::model::Via::Web, None)
        .await
        .unwrap()
        .is_some()
}

#[tokio::test(start_paused = true)]
async fn a_fresh_link_is_good_whatever_becomes_of_the_clock_and_ends_in_its_time() {
    // Where an hour has passed by the clock that no one sets, its hour is over.
    let frozen = [Fault::Frozen, Fault::Jump];
    for fault in Fault::ALL.into_iter().filter(|fault| !frozen.contains(fault)) {
        let (house, user) = inhabited().await;
        let clock = house.world.clock();
        // Another process, as the command line is one, makes them; this one lives on.
        let elsewhere = House::new(&house.world, &house.world);
        let (fresh, old) = (link(&elsewhere, &user).await, link(&elsewhere, &user).await);
        tokio::time::sleep(MINUTE).await;
        house.app.now();
        fault.happen(&clock).await;
        house.worker().sweep().await.unwrap();
        assert!(is_good(&house, &fresh).await, "{fault:?}: it is a minute old");
        tokio::time::sleep(HOUR * 2).await;
        house.app.now();
        assert!(!is_good(&house, &old).await, "{fault:?}: its hour is over");
    }
}

#[tokio::test(start_paused = true)]
async fn no_clock_that_is_set_back_makes_a_session_good_for_longer_than_its_span_from_then_on() {
    let (house, user) = inhabited().await;
    let session = house.app.open_session(&user).await.unwrap();
    let secret = session.secret.expose();
    let via = refractory_core::model::Via::Web;
    let is_good = async |house: &House| house.app.session(secret, via).await.unwrap().is_some();
    house.world.clock().set_back(DAY * 365);
    // A process that knows nothing of the time before.
    let fresh = House::new(&house.world, &house.world);
    assert!(is_good(&fresh).await, "a date that is yet to come is taken for now");
    let span = session.token.until.since(session.token.made);
    let rows = house.world.ports().store;
    let kept = Collection::<Token>::of(rows.as_ref());
    let row = kept.load(session.token.id.as_str()).await.unwrap().unwrap();
    assert!(matches!(row.purpose, Purpose::Session(_)));
    assert!(row.until <= house.world.clock().now().after(span), "and that is written down");
    tokio::time::sleep(span).await;
    let later = House::new(&house.world, &house.world);
    assert!(!is_good(&later).await);
    // What no one uses ends as well: the sweep dates it.
    let unused = house.app.open_session(&user).await.unwrap();
    house.world.clock().set_back(DAY * 365);
    later.worker().sweep().await.unwrap();
    tokio::time::sleep(span).await;
    let last = House::new(&house.world, &house.world);
    last.worker().sweep().await.unwrap();
    assert!(kept.load(unused.token.id.as_str()).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_a_year_ahead_for_a_while_ends_no_session_and_deletes_no_audit_trail() {
    let (house, user) = inhabited().await;
    let session = house.app.open_session(&user).await.unwrap();
    let before = house.events(None).await;
    let clock = house.world.clock();
    clock.set_forward(DAY * 365);
    for _ in 0..3 {
        house.worker().sweep().await.unwrap();
        tokio::time::sleep(MINUTE).await;
    }
    clock.set_back(DAY * 365);
    house.worker().sweep().await.unwrap();
    assert_eq!(house.events(None).await, before);
    let via = refractory_core::model::Via::Web;
    assert!(house.app.session(session.secret.expose(), via).await.unwrap().is_some());
}

/// Rows of an older version have no spans in them.
#[tokio::test(start_paused = true)]
async fn waits_that_an_older_version_wrote_end_as_well() {
    let house = House::quiet(1).await;
    house.world.configure(|knobs| knobs.volume_refusals = 3);
    let (worker, id) = (house.worker(), house.table("one").await);
    house.start(&id).await;
    while house.get(&id).await.unwrap().fault.is_none() {
        worker.pass().await;
    }
    let rows = house.world.ports().store;
    let older = |row: &mut refractory_core::model::Instance| {
        let fault = row.fault.as_mut().unwrap();
        (fault.wait, fault.retry_at) = (None, fault.retry_at.after(HOUR * 2));
        row.claim.as_mut().unwrap().lasts = None;
        Ok(true)
    };
    Collection::of(rows.as_ref()).update(id.as_str(), older).await.unwrap();
    let fresh = House::new(&house.world, &house.world);
    let mut worker = fresh.worker();
    assert!(fresh.reach(&mut worker, &mut PowerCut::default(), &id, Goal::OnAfter(0)).await);
}
