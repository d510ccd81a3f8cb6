use super::*;
use crate::model::{
    BackupRef, NewInstance, OperationKind, OperationState, Principal, Slug, Subject,
};
use crate::ports::Reason;
use crate::reconcile::WorkerOptions;
use crate::reconcile::ages::Ages;
use crate::{BackupId, InstanceId, Timestamp};

const NOW: Timestamp = Timestamp(1_000_000);
const LATE: Timestamp = Timestamp(100_000_000);

fn operation(kind: fn(BackupRef) -> OperationKind) -> Operation {
    let of = InstanceId::new("table").unwrap();
    let new = NewInstance::named(Slug::new("friday").unwrap());
    let row = crate::model::Instance::new(of.clone(), new, NOW);
    let backup = BackupRef { id: BackupId::new("backup").unwrap(), of, at: NOW };
    Operation::new(&Principal::system(), kind(backup), Subject::from(&row), NOW)
}

fn create() -> Operation {
    let mut operation = operation(|backup| OperationKind::CreateBackup { backup, holds: true });
    for step in [OperationStep::Hold, OperationStep::Copy] {
        operation.journal.note(step, StepRecord::Intended(Attempt::begun(NOW)));
    }
    operation
}

fn at<T>(now: Timestamp, work: impl FnOnce(Terms<'_>) -> T) -> T {
    let options = WorkerOptions::default();
    let ages = Ages::by_dates(now, Timestamp(0));
    work(Terms::new(&ages, &options))
}

fn ran(
    operation: &mut Operation,
    step: OperationStep,
    answer: Result<Observed<Option<u64>>>,
) -> Duration {
    at(NOW, |terms| terms.ran(operation, step, answer))
}

fn trouble() -> Error {
    Error::new(ErrorKind::Unavailable, "trying").advise("It does not answer.")
}

#[test]
fn what_is_ready_is_done_and_tells_its_size() {
    let mut it = create();
    assert_eq!(ran(&mut it, OperationStep::Copy, Ok(Observed::Ready(Some(7)))), Duration::ZERO);
    assert!(it.journal.is_done(OperationStep::Copy));
    assert_eq!((it.size, it.fault), (Some(7), None));
}

#[test]
fn what_is_pending_tells_how_far_it_is_and_is_asked_again() {
    let mut it = create();
    let progress = Some(Progress::new("copying").at(40));
    let wait = ran(&mut it, OperationStep::Copy, Ok(Observed::Pending(progress.clone())));
    assert!(!wait.is_zero() && it.progress() == progress.as_ref());
}

#[test]
fn a_step_that_fails_is_tried_again_and_given_up_in_the_end() {
    let mut it = create();
    let limit = WorkerOptions::default().give_up_after;
    let mut last = Duration::ZERO;
    for attempt in 1..limit {
        let wait = ran(&mut it, OperationStep::Copy, Err(trouble()));
        assert!(wait > last, "it waits longer each time");
        last = wait;
        assert_eq!(it.fault.as_ref().unwrap().attempts, attempt);
        assert_eq!((it.unanswered, &it.failed), (Some(NOW), &None));
    }
    assert_eq!(ran(&mut it, OperationStep::Copy, Err(trouble())), Duration::ZERO);
    assert_eq!(it.failure().unwrap().message, "It does not answer.");
    assert_eq!((it.state(), it.fault), (OperationState::Ending, None));
}

#[test]
fn progress_in_between_does_not_make_a_step_fail_for_ever() {
    let mut it = create();
    for round in 0..WorkerOptions::default().give_up_after {
        let progress = Some(Progress::new(format!("round {round}")));
        ran(&mut it, OperationStep::Copy, Ok(Observed::Pending(progress)));
        ran(&mut it, OperationStep::Copy, Err(trouble()));
    }
    assert!(it.failed.is_some(), "{it:?}");
}

#[test]
fn what_removes_is_tried_for_ever_unless_it_cannot_help() {
    let mut it = operation(|backup| OperationKind::DeleteBackup { backup });
    for _ in 0..100 {
        ran(&mut it, OperationStep::Remove, Err(trouble()));
    }
    assert_eq!((it.failed.clone(), it.fault.as_ref().unwrap().attempts), (None, 100));
    let error = Error::new(ErrorKind::Forbidden, "removing").advise("Not allowed.");
    ran(&mut it, OperationStep::Remove, Err(error));
    let failed = it.failed.unwrap();
    assert_eq!((failed.kind, &*failed.message), (ErrorKind::Forbidden, "Not allowed."));
}

#[test]
fn what_is_absent_is_gone_missing_or_tried_again() {
    let mut gone = operation(|backup| OperationKind::DeleteBackup { backup });
    ran(&mut gone, OperationStep::Remove, Ok(Observed::Absent));
    assert!(gone.journal.is_done(OperationStep::Remove));
    let mut missing = operation(|backup| OperationKind::VerifyBackup { backup });
    ran(&mut missing, OperationStep::Verify, Ok(Observed::Absent));
    assert!(missing.failure().unwrap().message.contains("missing"));
    let mut vanished = create();
    ran(&mut vanished, OperationStep::Copy, Ok(Observed::Absent));
    assert!(vanished.failed.is_none() && vanished.fault.is_some());
}

#[test]
fn damage_is_a_failure_that_says_so() {
    let mut it = operation(|backup| OperationKind::VerifyBackup { backup });
    let reason = Reason("It is damaged.".to_owned());
    ran(&mut it, OperationStep::Verify, Ok(Observed::Broken(reason)));
    let failed = it.failed.unwrap();
    assert_eq!((failed.kind, &*failed.message), (ErrorKind::Damaged, "It is damaged."));
}

#[test]
fn a_table_that_does_not_go_off_is_not_held_for_ever() {
    let mut it = create();
    let answer = || Ok(Observed::Pending(Some(Progress::new("waiting"))));
    ran(&mut it, OperationStep::Hold, answer());
    assert!(it.failed.is_none());
    at(LATE, |terms| terms.ran(&mut it, OperationStep::Hold, answer()));
    assert!(it.failure().unwrap().message.contains("could not be stopped"), "{it:?}");
}

#[test]
fn taking_back_is_tried_for_ever() {
    let mut it = create();
    for _ in 0..50 {
        let wait = at(NOW, |terms| terms.took_back(&mut it, OperationStep::Copy, Err(trouble())));
        assert!(!wait.is_zero() && it.failed.is_none());
    }
    at(NOW, |terms| terms.took_back(&mut it, OperationStep::Copy, Ok(Observed::Absent)));
    assert!(!it.journal.stands(OperationStep::Copy) && it.fault.is_none());
}

#[test]
fn a_call_that_was_not_answered_is_waited_out() {
    let mut it = create();
    it.journal.note(OperationStep::Copy, StepRecord::Intended(Attempt::begun(NOW)));
    it.unanswered = Some(NOW);
    let deadline = WorkerOptions::default().deadline;
    let waits = at(NOW, |terms| terms.waits_of(&it));
    assert_eq!(waits.in_flight, deadline);
    assert_eq!(at(NOW.after(deadline), |terms| terms.waits_of(&it)).in_flight, Duration::ZERO);
}
