//! The contract of [`Store`].
//!
//! `conform_store!(make)` makes one test of each case on paused time; `conform_store!(real_time, make)` on
//! a runtime with threads and a real clock, for what talks to the outside; `conform_store!(one_test, make)`
//! makes a single test of all of them, for subjects that are slow to start. `make` is evaluated for each
//! case and must give an empty store.
use refractory_core::ports::Store;

use super::rush::Call;

mod lists;
mod races;
mod rows;
mod texts;

pub use lists::{
    heads_equal_the_list, lists_are_in_order_of_id, lists_are_of_one_kind, lists_are_whole,
    lists_hold_what_load_holds, reading_changes_nothing,
};
pub use races::{
    a_dropped_delete_can_be_repeated, a_dropped_insert_can_be_repeated,
    a_dropped_save_can_be_repeated, an_instance_holds_one_licence, eight_writers_lose_no_update,
    one_licence_has_one_holder, one_of_many_inserts_of_one_id_wins,
    one_of_many_inserts_of_one_slug_wins,
};
pub use rows::{
    a_deleted_id_is_free_again, absent_rows_are_none, delete_is_exact,
    delete_of_a_moved_row_conflicts, delete_of_an_absent_row_is_not_found,
    delete_removes_from_every_view, every_kind_round_trips, ids_are_per_kind,
    insert_of_a_taken_id_conflicts, inserted_rows_are_at_revision_one, large_rows_round_trip,
    save_does_not_create, save_does_not_resurrect, save_is_exact, save_moves_the_revision_by_one,
    save_of_a_later_revision_conflicts, stale_save_conflicts,
};
pub use texts::{
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
            every_kind_round_trips, large_rows_round_trip,
            a_taken_text_conflicts, a_failed_insert_claims_nothing, a_failed_save_changes_nothing,
            rows_are_found_by_their_texts, a_renamed_row_claims_and_releases,
            a_row_keeps_its_own_texts, a_deleted_row_releases_its_texts, texts_are_per_kind,
            rows_without_texts_do_not_collide,
            lists_are_in_order_of_id, lists_are_of_one_kind, lists_are_whole,
            lists_hold_what_load_holds, heads_equal_the_list, reading_changes_nothing,
            eight_writers_lose_no_update, one_licence_has_one_holder, an_instance_holds_one_licence,
            one_of_many_inserts_of_one_slug_wins, one_of_many_inserts_of_one_id_wins,
            a_dropped_insert_can_be_repeated, a_dropped_save_can_be_repeated,
            a_dropped_delete_can_be_repeated
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
