use super::*;
use crate::model::{
    Attempt, BackupRef, Cancellation, Hold, NewInstance, OperationEnd, OperationFailure,
    OperationKind, Principal, Slug, StepRecord, Subject,
};
use crate::{BackupId, Error, ErrorKind, InstanceId, Timestamp};

const NO_WAITS: OperationWaits =
    OperationWaits { fault: Duration::ZERO, in_flight: Duration::ZERO };
const IN_FLIGHT: OperationWaits =
    OperationWaits { fault: Duration::ZERO, in_flight: Duration::from_secs(9) };

fn instance() -> Instance {
    let id = InstanceId::new("table").unwrap();
    Instance::new(id, NewInstance::named(Slug::new("friday").unwrap()), Timestamp(1))
}

fn gone() -> Instance {
    let mut row = instance();
    row.desired.power = Power::Gone;
    row
}

fn backup() -> BackupRef {
    let (id, of) = (BackupId::new("backup").unwrap(), InstanceId::new("table").unwrap());
    BackupRef { id, of, at: Timestamp(1) }
}

fn create() -> OperationKind {
    OperationKind::CreateBackup { backup: backup(), holds: true }
}

fn restore() -> OperationKind {
    OperationKind::RestoreBackup { backup: backup() }
}

/// An operation in which these steps were begun, or are done.
fn at(kind: OperationKind, steps: &[(OperationStep, bool)]) -> Operation {
    let row = instance();
    let mut operation =
        Operation::new(&Principal::system(), kind, Subject::from(&row), Timestamp(1));
    for (step, done) in steps {
        let begun = StepRecord::Intended(Attempt::begun(Timestamp(2)));
        let record = if *done { StepRecord::Done(Timestamp(3)) } else { begun };
        operation.journal.note(*step, record);
    }
    operation
}

fn canceled(operation: Operation) -> Operation {
    let canceled = Some(Cancellation { by: "ann".to_owned(), at: Timestamp(4) });
    Operation { canceled, ..operation }
}

fn failed(operation: Operation) -> Operation {
    Operation { failed: Some(failure()), ..operation }
}

fn decide(operation: &Operation) -> OperationDecision {
    decide_operation(operation, Some(&instance()), NO_WAITS)
}

fn failure() -> OperationFailure {
    OperationFailure::from(&Error::new(ErrorKind::Exhausted, "copying").advise("It is full."))
}

#[test]
fn the_steps_are_written_down_then_done_one_after_the_other() {
    use OperationDecision::{Finish, Intend, Run, Undo};
    use OperationStep::{Copy, Hold, Remove, Restore, Rotate, Verify};
    let rotate = OperationKind::RotateAssetCredentials { before: Timestamp(1) };
    let rows = [
        (at(create(), &[]), Intend(Hold)),
        (at(create(), &[(Hold, false)]), Run(Hold)),
        (at(create(), &[(Hold, true)]), Intend(Copy)),
        (at(create(), &[(Hold, true), (Copy, false)]), Run(Copy)),
        (at(create(), &[(Hold, true), (Copy, true)]), Undo(Hold)),
        (at(restore(), &[(Hold, true)]), Intend(Restore)),
        (at(restore(), &[(Hold, true), (Restore, false)]), Run(Restore)),
        (at(restore(), &[(Hold, true), (Restore, true)]), Undo(Hold)),
        (at(OperationKind::VerifyBackup { backup: backup() }, &[]), Intend(Verify)),
        (at(OperationKind::DeleteBackup { backup: backup() }, &[(Remove, false)]), Run(Remove)),
        (at(rotate, &[(Rotate, true)]), Finish(OperationOutcome::Succeeded)),
    ];
    for (operation, expected) in rows {
        assert_eq!(decide(&operation), expected, "{operation:?}");
    }
}

#[test]
fn what_ends_early_takes_back_what_it_began_and_then_lets_go() {
    use OperationDecision::{Finish, Undo};
    use OperationStep::{Copy, Hold};
    let begun = || at(create(), &[(Hold, true), (Copy, false)]);
    assert_eq!(decide(&canceled(begun())), Undo(Copy));
    assert_eq!(decide(&failed(begun())), Undo(Copy));
    let mut released = canceled(begun());
    released.journal.note(Copy, StepRecord::Undone(Timestamp(5)));
    assert_eq!(decide(&released), Undo(Hold));
    released.journal.note(Hold, StepRecord::Undone(Timestamp(6)));
    assert_eq!(decide(&released), Finish(OperationOutcome::Canceled));
    assert_eq!(decide(&failed(at(create(), &[]))), Finish(OperationOutcome::Failed(failure())));
}

#[test]
fn an_operation_that_let_go_after_its_work_has_succeeded() {
    let mut operation = at(create(), &[(OperationStep::Hold, true), (OperationStep::Copy, true)]);
    operation.journal.note(OperationStep::Hold, StepRecord::Undone(Timestamp(5)));
    assert_eq!(decide(&operation), OperationDecision::Finish(OperationOutcome::Succeeded));
    assert!(!operation.is_cancelable());
    assert_eq!(
        decide(&canceled(operation)),
        OperationDecision::Finish(OperationOutcome::Succeeded)
    );
}

#[test]
fn what_cannot_be_taken_back_goes_all_the_way() {
    use OperationDecision::Run;
    use OperationStep::{Hold, Remove, Restore};
    let restoring = canceled(at(restore(), &[(Hold, true), (Restore, false)]));
    assert_eq!(decide(&restoring), Run(Restore));
    assert_eq!(decide_operation(&restoring, Some(&gone()), NO_WAITS), Run(Restore));
    let removing = at(OperationKind::DeleteBackup { backup: backup() }, &[(Remove, false)]);
    assert_eq!(decide(&canceled(removing)), Run(Remove));
}

#[test]
fn an_instance_that_goes_ends_what_is_for_it_and_nothing_else() {
    use OperationDecision::{Finish, Intend, Undo};
    use OperationStep::{Copy, Hold, Remove, Restore, Verify};
    let holding = at(create(), &[(Hold, false)]);
    assert_eq!(decide_operation(&holding, Some(&gone()), NO_WAITS), Undo(Hold));
    let copying = at(create(), &[(Hold, true), (Copy, false)]);
    assert_eq!(decide_operation(&copying, None, NO_WAITS), Undo(Copy));
    let moot = Finish(OperationOutcome::Superseded);
    assert_eq!(decide_operation(&at(restore(), &[]), None, NO_WAITS), moot);
    let restoring = at(restore(), &[(Hold, true), (Restore, false)]);
    assert_eq!(decide_operation(&restoring, None, NO_WAITS), Undo(Hold), "its record was removed");
    for (kind, step) in [
        (OperationKind::VerifyBackup { backup: backup() }, Verify),
        (OperationKind::DeleteBackup { backup: backup() }, Remove),
    ] {
        assert_eq!(decide_operation(&at(kind, &[]), None, NO_WAITS), Intend(step));
    }
}

#[test]
fn nothing_is_let_go_while_a_call_may_be_in_flight() {
    use OperationStep::{Copy, Hold, Restore, Verify};
    let waits = OperationDecision::Wait(IN_FLIGHT.in_flight);
    for operation in [
        canceled(at(create(), &[(Hold, true), (Copy, false)])),
        failed(at(restore(), &[(Hold, true), (Restore, false)])),
        at(create(), &[(Hold, true), (Copy, true)]),
    ] {
        assert_eq!(decide_operation(&operation, Some(&instance()), IN_FLIGHT), waits);
    }
    let reading = at(OperationKind::VerifyBackup { backup: backup() }, &[(Verify, true)]);
    let done = OperationDecision::Finish(OperationOutcome::Succeeded);
    assert_eq!(decide_operation(&reading, None, IN_FLIGHT), done, "it holds nothing");
}

#[test]
fn a_fault_is_waited_for_and_an_end_is_an_end() {
    let waits = OperationWaits { fault: Duration::from_secs(3), in_flight: Duration::ZERO };
    let wait = OperationDecision::Wait(waits.fault);
    assert_eq!(decide_operation(&at(create(), &[]), Some(&instance()), waits), wait);
    let end = Some(OperationEnd { at: Timestamp(9), outcome: OperationOutcome::Succeeded });
    let ended = Operation { end, ..at(create(), &[]) };
    assert_eq!(decide_operation(&ended, Some(&instance()), waits), OperationDecision::Rest);
}

#[test]
fn an_instance_that_is_held_goes_down_and_stays_there() {
    use crate::model::{Held, HoldReason, Phase, Step};
    use crate::plan::{Decision, decide};
    use crate::ports::Endpoint;
    let mut row = instance();
    row.desired.power = Power::On;
    row.hold = Hold::of(&at(create(), &[]), Timestamp(1));
    assert_eq!(row.hold.as_ref().unwrap().reason, HoldReason::Backup);
    assert_eq!(decide(&row, Duration::ZERO), Decision::Rest, "no start begins");
    assert_eq!(row.phase(), Phase::Starting(Step::Runtime));
    assert!(!row.waits_for_license() && row.progress().unwrap().waiting.is_some());
    row.journal.hold(Step::License, Held::License(None));
    row.journal.hold(Step::Volume, Held::Volume(String::new()));
    row.journal.hold(Step::Runtime, Held::Runtime(Endpoint::new("localhost", 1)));
    row.journal.hold(Step::World, Held::World(None));
    assert!(!row.is_at_rest());
    assert_eq!(decide(&row, Duration::ZERO), Decision::Remove(Step::World));
    assert_eq!(row.phase(), Phase::Stopping(Step::World));
    row.journal.clear(Step::World);
    row.journal.clear(Step::Runtime);
    assert!(row.is_at_rest());
    assert_eq!(decide(&row, Duration::ZERO), Decision::Rest, "it keeps its license");
    row.desired.power = Power::Off;
    assert_eq!(decide(&row, Duration::ZERO), Decision::Remove(Step::License));
    row.desired.power = Power::Gone;
    row.journal.clear(Step::License);
    assert_eq!(decide(&row, Duration::ZERO), Decision::Rest, "its data is in use");
    row.hold = None;
    assert_eq!(decide(&row, Duration::ZERO), Decision::Remove(Step::Volume));
}

#[test]
fn an_instance_that_is_held_for_a_restore_gets_a_volume() {
    use crate::model::{Held, Step};
    use crate::plan::{Decision, decide};
    for power in [Power::Off, Power::On] {
        let mut row = instance();
        row.desired.power = power;
        row.hold = Hold::of(&at(restore(), &[]), Timestamp(1));
        assert_eq!(decide(&row, Duration::ZERO), Decision::Intend(Step::Volume));
        row.journal.intend(Step::Volume, Attempt::begun(Timestamp(1)));
        assert_eq!(decide(&row, Duration::ZERO), Decision::Ensure(Step::Volume));
        row.journal.hold(Step::Volume, Held::Volume(String::new()));
        assert_eq!(decide(&row, Duration::ZERO), Decision::Rest);
    }
}
