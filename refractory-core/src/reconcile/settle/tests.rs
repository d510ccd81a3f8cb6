#![expect(clippy::unnecessary_wraps, reason = "rows of a table are written as the code reads them")]
use super::*;
use crate::model::{
    Attempt, Fault, NewInstance, Phase, Power, Record, Seen, SetupEntry, Slug, SuspectedFailure,
    Teardown, Urgency, WorldId,
};
use crate::ports::Progress;
use crate::{InstanceId, LicenseId};

const BEGIN: Timestamp = Timestamp(1_000_000);

struct Desk {
    options: WorkerOptions,
    born: Timestamp,
    row: Instance,
}

impl Desk {
    /// A started instance with everything below `next` held.
    fn new(next: Option<Step>) -> Self {
        let new = NewInstance::named(Slug::new("friday").unwrap());
        let mut row = Instance::new(InstanceId::new("a").unwrap(), new, BEGIN);
        row.want(Power::On, Urgency::Gentle, BEGIN);
        for step in Step::ALL.into_iter().filter(|step| next.is_none_or(|next| *step < next)) {
            row.journal.hold(step, held(step));
        }
        Self { options: WorkerOptions::default(), born: BEGIN, row }
    }

    fn settle(&mut self, after: u64, decision: Decision, outcome: Outcome) -> Duration {
        let now = BEGIN.after(Duration::from_secs(after));
        let ages = Ages::by_dates(now, self.born);
        Terms::new(&ages, &self.options).settle(&mut self.row, decision, outcome)
    }

    fn made(&mut self, after: u64, step: Step, made: Result<Observed<Held>>) -> Duration {
        self.settle(after, Decision::Ensure(step), Outcome::Made(made))
    }

    fn undone(&mut self, after: u64, step: Step, undone: Result<Observed<()>>) -> Duration {
        self.settle(after, Decision::Remove(step), Outcome::Undone(undone))
    }

    fn intend(&mut self, step: Step) {
        self.row.journal.intend(step, Attempt::begun(BEGIN));
    }

    fn fault(&self) -> &Fault {
        self.row.fault.as_ref().unwrap()
    }
}

fn held(step: Step) -> Held {
    match step {
        Step::License => Held::License(Some((LicenseId::new("key").unwrap(), 1))),
        Step::Volume => Held::Volume(String::new()),
        Step::Assets => Held::Assets(String::new()),
        Step::Runtime => Held::Runtime(Endpoint::new("127.0.0.1", 1)),
        Step::World => Held::World(Some(WorldId::new("strahd").unwrap())),
        Step::Name => {
            Held::Name(crate::model::Hostname::under(&Slug::new("friday").unwrap(), "example.org"))
        }
    }
}

fn failed() -> Error {
    Error::new(ErrorKind::Unavailable, "trying")
}

fn pending(message: &str) -> Result<Observed<Held>> {
    Ok(Observed::Pending(Some(Progress::new(message))))
}

#[test]
fn each_start_makes_sure_of_uploads_anew_and_of_nothing_else_that_outlives_off() {
    let mut desk = Desk::new(None);
    for step in [Step::License, Step::Runtime, Step::World, Step::Name] {
        desk.row.journal.clear(step);
    }
    desk.intend(Step::License);
    desk.made(1, Step::License, Ok(Observed::Ready(held(Step::License))));
    assert!(matches!(desk.row.journal.get(Step::Assets), Some(Record::Intended(_))));
    assert!(desk.row.journal.held(Step::Volume).is_some());
    desk.made(2, Step::Assets, Ok(Observed::Ready(held(Step::Assets))));
    desk.intend(Step::Runtime);
    desk.made(3, Step::Runtime, Ok(Observed::Ready(held(Step::Runtime))));
    assert!(desk.row.journal.held(Step::Assets).is_some(), "once");
    let mut first = Desk::new(Some(Step::License));
    first.intend(Step::License);
    first.made(1, Step::License, Ok(Observed::Ready(held(Step::License))));
    assert_eq!(
        first.row.journal.get(Step::Assets),
        None,
        "what was never made is intended in its turn"
    );
}

#[test]
fn what_is_ready_is_held_and_goes_on_at_once() {
    let mut desk = Desk::new(Some(Step::Name));
    desk.intend(Step::Name);
    assert_eq!(desk.made(1, Step::Name, Ok(Observed::Ready(held(Step::Name)))), Duration::ZERO);
    assert!(matches!(desk.row.phase(), Phase::On(_)));
}

#[test]
fn what_is_broken_is_lost_where_it_can_be_made_afresh_and_only_there() {
    for step in Step::ALL {
        let mut desk = Desk::new(Some(step));
        desk.intend(step);
        desk.made(1, step, Ok(Observed::Broken(Reason("It broke.".into()))));
        let lost = desk.row.journal.get(step) == Some(&Record::Lost);
        assert_eq!(lost, matches!(step, Step::Runtime | Step::World), "{step:?}");
        assert_eq!((desk.fault().message.as_str(), desk.fault().terminal), ("It broke.", false));
    }
}

#[test]
fn failures_double_the_wait_and_end_in_giving_up() {
    let mut desk = Desk::new(Some(Step::Volume));
    desk.intend(Step::Volume);
    let waits: Vec<_> =
        (0..6).map(|at| desk.made(at, Step::Volume, Err(failed())).as_secs()).collect();
    assert_eq!(waits, [1, 2, 4, 8, 16, 0]);
    assert!(desk.row.given_up());
}

#[test]
fn a_permanent_error_ends_a_start_at_once() {
    let mut desk = Desk::new(Some(Step::Volume));
    desk.intend(Step::Volume);
    desk.made(1, Step::Volume, Err(Error::new(ErrorKind::Invalid, "trying")));
    assert!(desk.row.given_up());
}

#[test]
fn silence_stalls_a_start_but_neither_a_wait_for_a_license_nor_a_migration() {
    let much_later = 700;
    let mut desk = Desk::new(Some(Step::Runtime));
    desk.intend(Step::Runtime);
    desk.made(1, Step::Runtime, pending("booting"));
    desk.made(500, Step::Runtime, pending("still booting"));
    desk.made(much_later, Step::Runtime, pending("still booting"));
    assert_eq!(desk.row.fault, None, "something had moved");
    desk.made(2 * much_later, Step::Runtime, pending("still booting"));
    assert_eq!(desk.row.journal.get(Step::Runtime), Some(&Record::Lost));

    let mut desk = Desk::new(Some(Step::License));
    desk.intend(Step::License);
    desk.made(1, Step::License, pending("waiting"));
    desk.made(1_000_000, Step::License, pending("waiting"));
    assert_eq!(desk.row.fault, None);

    let mut desk = Desk::new(Some(Step::World));
    desk.intend(Step::World);
    let told = || Ok(Observed::Pending(Some(Progress::new("migrating").uninterruptible())));
    desk.made(1, Step::World, told());
    desk.made(1_000_000, Step::World, told());
    assert_eq!(desk.row.fault, None);
    assert!(desk.row.is_migrating());
}

#[test]
fn absent_is_believed_at_once_where_every_call_was_answered() {
    let mut desk = Desk::new(Some(Step::License));
    desk.intend(Step::License);
    desk.made(1, Step::License, pending("waiting"));
    assert_eq!(desk.undone(2, Step::License, Ok(Observed::Absent)), Duration::ZERO);
    assert!(desk.row.journal.is_empty());
}

#[test]
fn absent_is_believed_one_deadline_after_a_call_that_was_not_answered() {
    for step in [Step::License, Step::World, Step::Name] {
        let mut desk = Desk::new(Some(step));
        desk.intend(step);
        desk.made(1, step, Err(failed()));
        desk.made(2, step, Ok(Observed::Ready(held(step))));
        let left = desk.undone(4, step, Ok(Observed::Absent));
        assert_eq!(left, Duration::from_secs(7), "{step:?}: held, and a call may still land");
        assert_eq!(desk.undone(11, step, Ok(Observed::Absent)), Duration::ZERO);
        assert_eq!(desk.row.journal.get(step), None);
    }
}

#[test]
fn a_launch_that_was_seen_needs_no_such_wait() {
    let mut desk = Desk::new(Some(Step::Runtime));
    desk.intend(Step::Runtime);
    desk.made(1, Step::Runtime, Err(failed()));
    desk.made(2, Step::Runtime, Ok(Observed::Ready(held(Step::Runtime))));
    assert_eq!(desk.undone(3, Step::Runtime, Ok(Observed::Absent)), Duration::ZERO);
}

#[test]
fn what_was_begun_before_this_worker_was_born_may_be_in_the_air() {
    let mut desk = Desk::new(Some(Step::Runtime));
    desk.intend(Step::Runtime);
    desk.born = BEGIN.after(Duration::from_secs(100));
    assert_eq!(
        desk.undone(101, Step::Runtime, Ok(Observed::Absent)),
        Duration::from_secs(9),
        "one deadline from birth"
    );
}

#[test]
fn undoing_is_tried_for_ever_and_counts_for_itself() {
    let mut desk = Desk::new(Some(Step::Name));
    desk.row.journal.lose(Step::World);
    for at in 0..20 {
        desk.undone(at, Step::World, Err(failed()));
    }
    assert!(!desk.row.given_up(), "{:?}", desk.fault());
    assert_eq!(desk.fault().attempts, 0, "no failure of the start");
    desk.undone(100, Step::World, Ok(Observed::Absent));
    assert_eq!((desk.row.fault.clone(), desk.row.teardown.clone()), (None, None));
}

#[test]
fn why_a_start_was_given_up_stays_to_be_read() {
    let mut desk = Desk::new(Some(Step::World));
    desk.intend(Step::World);
    let why = Error::new(ErrorKind::NotFound, "opening").advise("There is no such world.");
    desk.made(1, Step::World, Err(why));
    desk.undone(20, Step::World, Err(failed()));
    desk.undone(40, Step::World, Ok(Observed::Absent));
    assert_eq!(desk.fault().message, "There is no such world.");
    assert!(desk.row.given_up());
}

#[test]
fn one_odd_reading_is_a_reading_and_a_second_one_is_believed() {
    let mut desk = Desk::new(None);
    let gone = || Outcome::Looked(Ok(Observed::Absent), None);
    desk.settle(1, Decision::Probe, gone());
    assert!(matches!(desk.row.phase(), Phase::On(_)));
    desk.settle(2, Decision::Probe, gone());
    assert!(matches!(desk.row.phase(), Phase::On(_)), "too soon after the first");
    desk.settle(5, Decision::Probe, gone());
    assert_eq!(desk.row.journal.get(Step::Runtime), Some(&Record::Lost));
    assert_eq!(desk.row.losses.len(), 1);
}

#[test]
fn not_being_able_to_ask_says_nothing() {
    let mut desk = Desk::new(None);
    let suspected_failure = Some(SuspectedFailure { since: BEGIN, reason: String::new() });
    desk.row.suspected_failure.clone_from(&suspected_failure);
    let before = desk.row.clone();
    desk.settle(100, Decision::Probe, Outcome::Looked(Err(failed()), None));
    let endpoint = Endpoint::new("127.0.0.1", 1);
    let silent = Outcome::Looked(Ok(Observed::Ready(endpoint)), Some(Err(failed())));
    desk.settle(200, Decision::Probe, silent);
    assert_eq!(desk.row, before);
}

#[test]
fn a_table_that_was_empty_and_cannot_be_asked_is_not_known_to_be_empty() {
    let endpoint = || Ok(Observed::Ready(Endpoint::new("127.0.0.1", 1)));
    for (players, kept) in [(0, false), (3, true)] {
        for silent in [
            Outcome::Looked(Err(failed()), None),
            Outcome::Looked(Ok(Observed::Pending(None)), None),
            Outcome::Looked(endpoint(), Some(Err(failed()))),
            Outcome::Looked(endpoint(), Some(Ok(Observed::Pending(None)))),
        ] {
            let mut desk = Desk::new(None);
            desk.row.seen = Some(Seen { players, version: None, world: None, at: BEGIN });
            desk.settle(100, Decision::Probe, silent);
            assert_eq!(desk.row.seen.is_some(), kept, "{players} played");
        }
    }
}

#[test]
fn the_fourth_death_in_a_row_stays_down() {
    let mut desk = Desk::new(None);
    let mut waits = Vec::new();
    for death in 0..4 {
        desk.row.suspected_failure = Some(SuspectedFailure { since: BEGIN, reason: String::new() });
        let gone = Outcome::Looked(Ok(Observed::Absent), None);
        waits.push(desk.settle(100 + death, Decision::Probe, gone).as_secs());
    }
    assert_eq!(waits, [0, 2, 4, 0]);
    assert!(desk.row.given_up());
}

#[test]
fn patience_with_a_world_ends_by_time_and_never_during_a_migration() {
    let mut desk = Desk::new(Some(Step::Name));
    let tired = |desk: &Desk, after: u64| {
        let now = BEGIN.after(Duration::from_secs(after));
        let ages = Ages::by_dates(now, desk.born);
        Terms::new(&ages, &desk.options).out_of_patience(&desk.row)
    };
    desk.row.want(Power::Off, Urgency::Gentle, BEGIN);
    desk.row.teardown = Some(Teardown { step: Step::World, since: BEGIN, failures: 50 });
    assert!(!tired(&desk, 119), "a gentle stop waits, however often it failed");
    assert!(tired(&desk, 120));
    desk.row.want(Power::Off, Urgency::Now, BEGIN);
    assert!(tired(&desk, 0), "an urgent one has failed once");
    desk.row.teardown = Some(Teardown { step: Step::World, since: BEGIN, failures: 0 });
    assert!(!tired(&desk, 9) && tired(&desk, 10), "or waits one deadline");
    let told = Progress::new("migrating").uninterruptible();
    let migrating = Attempt { progress: Some(told), ..Attempt::begun(BEGIN) };
    desk.row.journal.intend(Step::World, migrating);
    assert!(!tired(&desk, 1_000_000));
}

fn playing(world: Option<&str>) -> Outcome {
    let world = world.map(|world| WorldId::new(world).unwrap());
    let status = GameStatus { version: None, world, players: 0 };
    Outcome::Looked(
        Ok(Observed::Ready(Endpoint::new("127.0.0.1", 1))),
        Some(Ok(Observed::Ready(status))),
    )
}

fn let_in(desk: &mut Desk) {
    let entry = SetupEntry { user: None, until: BEGIN.after(Duration::from_hours(1)) };
    desk.row.setup.enter(entry, BEGIN);
}

#[test]
fn a_program_that_ends_after_its_settings_were_saved_is_started_again_and_nothing_is_lost() {
    for gone in [
        || Outcome::Looked(Ok(Observed::Absent), None),
        || Outcome::Looked(Ok(Observed::Broken(Reason("It ended.".into()))), None),
    ] {
        let mut desk = Desk::new(None);
        desk.row.journal.hold(Step::World, Held::World(None));
        let_in(&mut desk);
        desk.row.setup.settings_saved = Some(BEGIN.after(Duration::from_secs(10)));
        let license = desk.row.journal.held(Step::License).cloned();
        assert_eq!(desk.settle(11, Decision::Probe, gone()), Duration::ZERO, "at once");
        assert_eq!(desk.row.journal.get(Step::Runtime), Some(&Record::Lost));
        assert_eq!(desk.row.journal.held(Step::License).cloned(), license);
        assert_eq!(
            (&desk.row.fault, desk.row.losses.len(), &desk.row.suspected_failure),
            (&None, 0, &None)
        );
        assert_eq!(desk.row.setup.generation, 0, "whoever set it up goes on");
        assert_eq!(desk.row.setup.settings_saved, None, "one end is one restart");
    }
}

#[test]
fn a_program_that_ends_for_other_reasons_or_much_later_is_lost() {
    for (saved, now) in [(None, 11), (Some(10), 10 + 121)] {
        let mut desk = Desk::new(None);
        desk.row.setup.settings_saved = saved.map(|saved| BEGIN.after(Duration::from_secs(saved)));
        desk.settle(now, Decision::Probe, Outcome::Looked(Ok(Observed::Absent), None));
        desk.settle(now + 3, Decision::Probe, Outcome::Looked(Ok(Observed::Absent), None));
        assert_eq!(desk.row.losses.len(), 1);
    }
}

/// A date that is later than now, because the clock was set back, counts as now.
#[test]
fn a_program_that_ends_after_a_save_that_is_dated_later_is_started_again() {
    let mut desk = Desk::new(None);
    desk.row.setup.settings_saved = Some(BEGIN.after(Duration::from_hours(1)));
    desk.settle(11, Decision::Probe, Outcome::Looked(Ok(Observed::Absent), None));
    assert_eq!((desk.row.losses.len(), desk.row.setup.settings_saved), (0, None));
}

#[test]
fn a_program_that_is_about_to_exit_is_looked_at_often() {
    let mut desk = Desk::new(None);
    desk.row.journal.hold(Step::World, Held::World(None));
    assert_eq!(desk.settle(1, Decision::Probe, playing(None)), desk.options.probe);
    desk.row.setup.settings_saved = Some(BEGIN);
    assert!(desk.settle(2, Decision::Probe, playing(None)) < Duration::from_secs(1));
    assert_eq!(desk.settle(200, Decision::Probe, playing(None)), desk.options.probe);
}

#[test]
fn a_world_that_was_opened_in_the_setup_is_known_and_ends_every_entry() {
    let mut desk = Desk::new(None);
    desk.row.journal.hold(Step::World, Held::World(None));
    let_in(&mut desk);
    desk.settle(1, Decision::Probe, playing(None));
    assert!(desk.row.open_world().is_none());
    assert_eq!((desk.row.setup.generation, desk.row.setup.entries.len()), (0, 1));
    desk.settle(2, Decision::Probe, playing(Some("keep")));
    assert_eq!(desk.row.open_world().map(WorldId::as_str), Some("keep"));
    assert_eq!((desk.row.setup.generation, desk.row.setup.entries.len()), (1, 0));
    assert_eq!(desk.row.worlds.len(), 1);
    assert!(!desk.row.is_in_setup());
    desk.settle(3, Decision::Probe, playing(Some("keep")));
    assert_eq!(desk.row.setup.generation, 1, "once");
}

#[test]
fn a_stop_and_a_start_end_every_entry() {
    let mut desk = Desk::new(None);
    let_in(&mut desk);
    assert!(desk.row.want(Power::Off, Urgency::Gentle, BEGIN));
    assert_eq!((desk.row.setup.generation, desk.row.setup.entries.len()), (1, 0));
}
