//! A whole life: created, started, renamed, played, stopped, started, crashed, handed over, deleted -
//! with every fault at every call, and a power cut at every poll.
use std::time::Duration;

use refractory_core::model::Slug;
use refractory_core::{Change, InstanceId};
use testkit::fault::{CallFault, Faults, PowerCut};
use testkit::world::World;

use super::house::{Goal, House, op, quick_world};

async fn world() -> World {
    let world = quick_world().await;
    world.configure(|knobs| knobs.migration_polls = 1);
    world
}

/// One life through `house`, which ends with nothing; what it did not come to on the way.
async fn life(house: &House, cut: &mut PowerCut) -> Vec<String> {
    let mut worker = house.worker();
    let mut missed = Vec::new();
    let (one, two) = (house.table("one").await, house.table("two").await);
    for part in [
        Part::Start(&one),
        Part::Rename(&one),
        Part::Restart(&one),
        Part::Stop(&one),
        Part::Start(&one),
        Part::Crash(&one),
        Part::Start(&two),
        Part::Delete(&two),
        Part::Delete(&one),
    ] {
        let (id, goal) = part.ask(house).await;
        if !house.reach(&mut worker, cut, id, goal).await {
            missed.push(format!("{part:?}: {:?}", house.get(id).await));
        }
    }
    // Whatever is still on its way lands.
    tokio::time::sleep(Duration::from_mins(1)).await;
    missed
}

/// One part of a life.
#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Start(&'a InstanceId),
    Rename(&'a InstanceId),
    Restart(&'a InstanceId),
    Stop(&'a InstanceId),
    Crash(&'a InstanceId),
    Delete(&'a InstanceId),
}

impl<'a> Part<'a> {
    async fn ask(self, house: &House) -> (&'a InstanceId, Goal) {
        match self {
            Self::Start(id) => {
                house.start(id).await;
                (id, Goal::OnAfter(0))
            }
            Self::Rename(id) => {
                let change =
                    Change { slug: Some(Slug::new("renamed").unwrap()), ..Change::default() };
                house.app.change(&op(), id, change).await.unwrap();
                (id, Goal::OnAfter(0))
            }
            Self::Restart(id) => {
                let epoch = house.get(id).await.unwrap().epoch;
                // A table that was given up on has nothing to restart.
                let asked = house.app.restart(&op(), id).await;
                (id, Goal::OnAfter(if asked.is_ok() { epoch } else { 0 }))
            }
            Self::Stop(id) => {
                house.stop(id).await;
                (id, Goal::Off)
            }
            Self::Crash(id) => {
                let epoch = house.get(id).await.unwrap().epoch;
                house.world.kill(id);
                (id, Goal::OnAfter(epoch))
            }
            Self::Delete(id) => {
                house.delete(id).await;
                (id, Goal::Gone)
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_life_leaves_nothing_behind() {
    let world = world().await;
    let house = House::new(&world, &world);
    assert_eq!(life(&house, &mut PowerCut::default()).await, Vec::<String>::new());
    house.assert_tidy("a quiet life");
}

/// Every call of a life, made to go wrong like this.
async fn converges_under(trouble: CallFault) {
    let quiet = Faults::default();
    let first = world().await;
    life(&House::new(&first, &first.with(quiet.clone())), &mut PowerCut::default()).await;
    let calls = quiet.calls();
    assert!(calls.len() > 300, "a life makes some calls: {}", calls.len());
    for (index, name) in calls.iter().enumerate() {
        if !differs(trouble, name) {
            continue;
        }
        let world = world().await;
        let house = House::new(&world, &world.with(Faults::at(index, trouble)));
        let when = format!("{trouble:?} at call {index}, {name}");
        let missed = life(&house, &mut PowerCut::default()).await;
        assert_eq!(missed, Vec::<String>::new(), "{when}");
        house.assert_tidy(&when);
    }
}

/// Whether `trouble` with this call is not the same as the call being refused: a lost question has no effect.
fn differs(trouble: CallFault, call: &str) -> bool {
    let reads = ["load", "find", "list", "heads", "observe"];
    let is_read = reads.iter().any(|verb| call.ends_with(verb));
    !is_read || !matches!(trouble, CallFault::ReplyLost | CallFault::Late)
}

#[tokio::test(start_paused = true)]
async fn converges_whatever_call_is_refused() {
    converges_under(CallFault::Refused).await;
}

#[tokio::test(start_paused = true)]
async fn converges_whatever_reply_is_lost() {
    converges_under(CallFault::ReplyLost).await;
}

#[tokio::test(start_paused = true)]
async fn converges_whatever_call_comes_late() {
    converges_under(CallFault::Late).await;
}

#[tokio::test(start_paused = true)]
async fn converges_whatever_call_fails_for_good() {
    converges_under(CallFault::Fatal).await;
}

#[tokio::test(start_paused = true)]
async fn converges_whatever_call_outlasts_the_deadline() {
    converges_under(CallFault::Slow).await;
}

/// Every second poll of a life from `first` on, with the power cut there.
async fn converges_cut_at(first: usize) {
    for poll in (first..).step_by(2) {
        let world = world().await;
        let house = House::new(&world, &world);
        let mut cut = PowerCut::at(poll);
        let missed = life(&house, &mut cut).await;
        if cut.left > 0 {
            assert!(poll > 500, "a life has some polls: {poll}");
            break;
        }
        let when = format!("the power was cut at poll {poll}");
        assert_eq!(missed, Vec::<String>::new(), "{when}");
        house.assert_tidy(&when);
    }
}

#[tokio::test(start_paused = true)]
async fn converges_wherever_the_power_is_cut_at_an_odd_poll() {
    converges_cut_at(1).await;
}

#[tokio::test(start_paused = true)]
async fn converges_wherever_the_power_is_cut_at_an_even_poll() {
    converges_cut_at(2).await;
}
