use aws_sdk_cloudformation::types::StackStatus;

use super::*;

#[test]
fn every_status_there_is_has_a_state() {
    let table = [
        ("", StackState::Absent),
        ("REVIEW_IN_PROGRESS", StackState::Absent),
        ("DELETE_COMPLETE", StackState::Absent),
        ("CREATE_COMPLETE", StackState::Ready),
        ("UPDATE_COMPLETE", StackState::Ready),
        ("IMPORT_COMPLETE", StackState::Ready),
        ("UPDATE_ROLLBACK_COMPLETE", StackState::Ready),
        ("CREATE_FAILED", StackState::Failed),
        ("ROLLBACK_COMPLETE", StackState::Failed),
        ("ROLLBACK_FAILED", StackState::Failed),
        ("IMPORT_ROLLBACK_COMPLETE", StackState::Ready),
        ("IMPORT_ROLLBACK_FAILED", StackState::Ready),
        ("UPDATE_FAILED", StackState::Stuck),
        ("UPDATE_ROLLBACK_FAILED", StackState::Stuck),
        ("DELETE_FAILED", StackState::Deleting),
    ];
    for (status, state) in table {
        assert_eq!(StackState::of(status, false), state, "{status}");
    }
    for status in StackStatus::values() {
        let told = table.iter().any(|(known, _)| known == status);
        assert!(told || StackState::of(status, false) == StackState::Busy, "{status}");
        assert!(
            !succeeded(status) || StackState::of(status, false) != StackState::Busy,
            "{status}"
        );
    }
}

#[test]
fn an_import_that_was_undone_leaves_rubble_only_where_nothing_stands() {
    assert_eq!(StackState::of("IMPORT_ROLLBACK_COMPLETE", true), StackState::Failed);
    assert_eq!(StackState::of("UPDATE_COMPLETE", true), StackState::Ready);
}

#[test]
fn what_was_undone_did_not_go_well() {
    assert!(!succeeded("UPDATE_ROLLBACK_COMPLETE") && !succeeded("ROLLBACK_COMPLETE"));
    assert!(succeeded("UPDATE_COMPLETE"));
}
