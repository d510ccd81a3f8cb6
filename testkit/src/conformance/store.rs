//! The contract of [`Store`].
//!
//! `conform_store!(make)` makes one test of each case on paused time; `conform_store!(real_time, make)` on
//! a runtime with threads and a real clock, for what talks to the outside; `conform_store!(one_test, make)`
//! makes a single test of all of them, for subjects that are slow to start. `make` is evaluated for each
//! case and must give an empty store.
use refractory_core::ports::Store;

use super::concurrency::Call;

mod changes;
mod commits;
mod lists;
mod queries;
mod races;
mod records;
mod support;
mod unique_keys;

pub use changes::{
    a_change_is_told_once_it_is_written, a_position_misses_nothing_that_is_written_later,
    changes_are_told_in_order, changes_come_in_pages, changes_tell_of_deletions,
    no_change_of_writers_at_once_is_missed, nothing_new_is_told_in_the_end,
};
pub use commits::{
    a_commit_is_made_whole_or_not_at_all, a_commit_of_two_writes_of_one_record_is_refused,
    a_dropped_commit_can_be_repeated, a_key_goes_from_one_record_to_another_in_one_commit,
    a_record_is_committed_with_its_events, too_many_writes_are_refused,
};
pub use lists::{
    changes_equal_the_list, lists_are_in_order_of_id, lists_are_of_one_kind, lists_are_whole,
    lists_hold_what_load_holds, reading_changes_nothing,
};
pub use queries::{
    a_page_goes_on_where_the_last_one_ended, a_query_has_bounds, an_index_has_partitions,
    an_index_is_in_its_own_order, indexes_follow_every_write, last_comes_first_where_asked,
};
pub use races::{
    a_dropped_delete_can_be_repeated, a_dropped_insert_can_be_repeated,
    a_dropped_save_can_be_repeated, an_instance_holds_one_license, eight_writers_lose_no_update,
    one_license_has_one_holder, one_of_many_inserts_of_one_id_wins,
    one_of_many_inserts_of_one_slug_wins,
};
pub use records::{
    a_deleted_id_is_free_again, absent_rows_are_none, an_event_of_a_newer_version_survives_a_save,
    delete_is_exact, delete_of_a_moved_row_conflicts, delete_of_an_absent_row_is_not_found,
    delete_removes_from_every_view, every_kind_round_trips, ids_are_per_kind,
    insert_of_a_taken_id_conflicts, inserted_rows_are_at_revision_one, large_rows_round_trip,
    save_does_not_create, save_does_not_resurrect, save_is_exact, save_moves_the_revision_by_one,
    save_of_a_later_revision_conflicts, stale_save_conflicts,
};
pub use unique_keys::{
    a_deleted_row_releases_its_texts, a_failed_insert_claims_nothing,
    a_failed_save_changes_nothing, a_renamed_row_claims_and_releases, a_row_keeps_its_own_texts,
    a_taken_text_conflicts, rows_are_found_by_their_texts, rows_without_texts_do_not_collide,
    texts_are_per_kind,
};

/// One case: a clause, put to a store.
pub type Case = for<'a> fn(&'a dyn Store) -> Call<'a, ()>;

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! store_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            inserted_rows_are_at_revision_one, insert_of_a_taken_id_conflicts, ids_are_per_kind,
            absent_rows_are_none, save_moves_the_revision_by_one, stale_save_conflicts,
            save_of_a_later_revision_conflicts, save_does_not_create, save_does_not_resurrect,
            save_is_exact, delete_removes_from_every_view, delete_of_a_moved_row_conflicts,
            delete_of_an_absent_row_is_not_found, delete_is_exact, a_deleted_id_is_free_again,
            every_kind_round_trips, an_event_of_a_newer_version_survives_a_save,
            large_rows_round_trip,
            a_taken_text_conflicts, a_failed_insert_claims_nothing, a_failed_save_changes_nothing,
            rows_are_found_by_their_texts, a_renamed_row_claims_and_releases,
            a_row_keeps_its_own_texts, a_deleted_row_releases_its_texts, texts_are_per_kind,
            rows_without_texts_do_not_collide,
            lists_are_in_order_of_id, lists_are_of_one_kind, lists_are_whole,
            lists_hold_what_load_holds, changes_equal_the_list, reading_changes_nothing,
            eight_writers_lose_no_update, one_license_has_one_holder, an_instance_holds_one_license,
            one_of_many_inserts_of_one_slug_wins, one_of_many_inserts_of_one_id_wins,
            a_dropped_insert_can_be_repeated, a_dropped_save_can_be_repeated,
            a_dropped_delete_can_be_repeated,
            an_index_is_in_its_own_order, an_index_has_partitions, a_query_has_bounds,
            last_comes_first_where_asked, a_page_goes_on_where_the_last_one_ended,
            indexes_follow_every_write,
            a_record_is_committed_with_its_events, a_commit_is_made_whole_or_not_at_all,
            a_key_goes_from_one_record_to_another_in_one_commit,
            a_commit_of_two_writes_of_one_record_is_refused, too_many_writes_are_refused,
            a_dropped_commit_can_be_repeated,
            a_change_is_told_once_it_is_written, a_position_misses_nothing_that_is_written_later,
            changes_are_told_in_order, changes_come_in_pages,
            changes_tell_of_deletions, nothing_new_is_told_in_the_end,
            no_change_of_writers_at_once_is_missed
        }
    };
}

macro_rules! table {
    (() $($case:ident),*) => { &[$((stringify!($case), |store| Box::pin($case(store)))),*] };
}

/// Every case and its name.
pub const CASES: &[(&str, Case)] = store_cases!([table]);

/// Tests of every case against what `$make` makes afresh.
#[macro_export]
macro_rules! conform_store {
    ((real_time $make:expr) $($case:ident),* $(,)?) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let subject = $make;
            $crate::conformance::store::$case(&subject).await;
        }
    )* };
    ((paused $make:expr) $($case:ident),* $(,)?) => { $(
        #[tokio::test(start_paused = true)]
        async fn $case() {
            let subject = $make;
            $crate::conformance::store::$case(&subject).await;
        }
    )* };
    (real_time, $make:expr) => { $crate::store_cases!([$crate::conform_store] real_time $make); };
    (one_test, $make:expr) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn every_clause_holds() {
            let mut broken = ::std::vec::Vec::new();
            for (name, case) in $crate::conformance::store::CASES {
                let subject = $make;
                let mut running = tokio::task::JoinSet::new();
                running.spawn(async move { case(&subject).await });
                if !matches!(running.join_next().await, Some(Ok(()))) {
                    broken.push(*name);
                }
            }
            assert!(broken.is_empty(), "broken clauses: {broken:?}");
        }
    };
    ($make:expr) => { $crate::store_cases!([$crate::conform_store] paused $make); };
}
