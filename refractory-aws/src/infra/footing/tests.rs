use aws_sdk_cloudformation::types::StackStatus;

use super::*;

#[test]
fn every_status_there_is_has_a_footing() {
    let table = [
        ("", Footing::Fresh),
        ("REVIEW_IN_PROGRESS", Footing::Fresh),
        ("DELETE_COMPLETE", Footing::Fresh),
        ("CREATE_COMPLETE", Footing::Stands),
        ("UPDATE_COMPLETE", Footing::Stands),
        ("IMPORT_COMPLETE", Footing::Stands),
        ("UPDATE_ROLLBACK_COMPLETE", Footing::Stands),
        ("CREATE_FAILED", Footing::Rubble),
        ("ROLLBACK_COMPLETE", Footing::Rubble),
        ("ROLLBACK_FAILED", Footing::Rubble),
        ("IMPORT_ROLLBACK_COMPLETE", Footing::Stands),
        ("IMPORT_ROLLBACK_FAILED", Footing::Stands),
        ("UPDATE_FAILED", Footing::Stuck),
        ("UPDATE_ROLLBACK_FAILED", Footing::Stuck),
        ("DELETE_FAILED", Footing::Leaving),
    ];
    for (status, footing) in table {
        assert_eq!(Footing::of(status, false), footing, "{status}");
    }
    for status in StackStatus::values() {
        let told = table.iter().any(|(known, _)| known == status);
        assert!(told || Footing::of(status, false) == Footing::Busy, "{status}");
        assert!(!went_well(status) || Footing::of(status, false) != Footing::Busy, "{status}");
    }
}

#[test]
fn an_import_that_was_undone_leaves_rubble_only_where_nothing_stands() {
    assert_eq!(Footing::of("IMPORT_ROLLBACK_COMPLETE", true), Footing::Rubble);
    assert_eq!(Footing::of("UPDATE_COMPLETE", true), Footing::Stands);
}

#[test]
fn what_was_undone_did_not_go_well() {
    assert!(!went_well("UPDATE_ROLLBACK_COMPLETE") && !went_well("ROLLBACK_COMPLETE"));
    assert!(went_well("UPDATE_COMPLETE"));
}
