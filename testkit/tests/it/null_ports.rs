//! The ports that keep nothing, under the suites of their ports.
//!
//! Each suite is split in two: the clauses that hold are run as tests, and the others are named. Those are about what is kept, listed or
//! scarce, and a null port has none of that. A clause that is in neither half, or that holds after all, fails here.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
use std::sync::Arc;

use refractory_core::model::{Hostname, LicenseChoice, Slug, Urgency, UserName, Version, WorldId};
use refractory_core::null::{
    NoArchives, NoAssetGateway, NoAssets, NoAuth, NoDns, NoGame, NoLogs, NoOrphanedResources,
    NoSnapshots, NoStorage, Unlicensed,
};
use refractory_core::ports::{
    Archives, AssetStore, Authenticator, Credential, DnsZone, Endpoint, GameControl, GameTarget,
    LicensePool, NameRecord, Observed, OrphanedResources, SnapshotName, Snapshots, VolumeSpec,
    WorldStorage,
};
use refractory_core::{InstanceId, LicenseId, ReleaseId, Secret, Timestamp, async_trait};
use testkit::conformance::Subject;
use testkit::conformance::game::GameFixture;
use testkit::conformance::licenses::LicensesSubject;

use crate::subjects::{
    archives, assets, dns, door, logs, orphaned_resources, snapshots, storage, world,
};

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).unwrap()
}

/// The licenses that it gives to the instances `a` and `b`.
fn licenses() -> LicensesSubject {
    let own = ["a", "b"].map(|raw| LicenseId::new(raw).unwrap());
    Subject::new(Arc::new(Unlicensed::default()), own)
}

/// A program that nothing talks to.
#[derive(Debug)]
struct Mute;

#[async_trait]
impl GameFixture for Mute {
    fn control(&self) -> &dyn GameControl {
        &NoGame
    }
    fn target(&self) -> GameTarget {
        let (endpoint, version) = (Endpoint::new("127.0.0.1", 1), Version::new(13, 351));
        GameTarget { endpoint, version, admin_key: Secret::new("hush") }
    }
    fn license(&self) -> Secret {
        Secret::default()
    }
    fn worlds(&self) -> [WorldId; 2] {
        ["one", "two"].map(|raw| WorldId::new(raw).unwrap())
    }
    fn sessions(&self) -> usize {
        0
    }
    async fn join_player(&self) {}
    async fn kill(&self) {}
    async fn stop_answering(&self) {}
}

/// Whether `case` fails.
fn fails<F: Future<Output = ()>>(case: impl FnOnce() -> F + Send + 'static) -> bool {
    let run = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().start_paused(true).build().unwrap().block_on(case());
    };
    std::thread::spawn(run).join().is_err()
}

macro_rules! names {
    (() $($case:ident),* $(,)?) => { [$(stringify!($case)),*] };
}

macro_rules! suite {
    ($suite:ident, $cases:ident, $make:expr; holds: $($held:ident),* ; not: $($other:ident),* $(,)?) => {
        mod $suite {
            use super::*;

            $(
                #[tokio::test(start_paused = true)]
                async fn $held() {
                    let subject = $make;
                    testkit::conformance::$suite::$held(&subject).await;
                }
            )*

            #[test]
            fn the_other_clauses_are_none_of_its() {
                let mut sorted = [$(stringify!($held),)* $(stringify!($other),)*];
                let mut all = testkit::$cases!([names]);
                (sorted.sort_unstable(), all.sort_unstable());
                assert_eq!(sorted.as_slice(), all.as_slice(), "each clause is in one half");
                let others: Vec<(&str, bool)> = vec![$((stringify!($other), fails(|| async {
                    let subject = $make;
                    testkit::conformance::$suite::$other(&subject).await;
                })),)*];
                let holds: Vec<_> = others.iter().filter(|(_, fails)| !fails).collect();
                assert!(holds.is_empty(), "these hold: {holds:?}");
            }
        }
    };
}

// It lists no names, and refuses none: names are unique in the store, and something in front answers for all of them.
suite!(dns, dns_cases, dns(NoDns);
    holds: dropped_calls_can_be_repeated;
    not: a_taken_name_is_listed, ensure_replaces_ones_own, somebody_elses_name_conflicts, remove_leaves_somebody_elses,
        remove_is_exact, a_removed_name_is_free);

// Uploads lie on the volume: no place is listed, and none differs from another.
suite!(assets, assets_cases, assets(NoAssets);
    holds: remove_of_absent_succeeds, rotate_of_absent_makes_nothing;
    not: ensure_repeats, places_are_apart, remove_is_exact, rotate_keeps_the_place, dropped_calls_can_be_repeated);

// There are no volumes to look at.
suite!(storage, storage_cases, storage(&world(), NoStorage);
    holds: observe_creates_nothing, remove_of_absent_succeeds, a_removed_volume_is_absent, calls_are_bounded;
    not: a_volume_becomes_ready, ensure_never_empties, a_changed_quota_leaves_the_data,
        remove_is_exact, volumes_are_apart, dropped_calls_can_be_repeated);

// None is ever taken.
suite!(snapshots, snapshots_cases, snapshots(&world(), NoSnapshots);
    holds: verifying_nothing_is_absent;
    not: a_snapshot_brings_data_back, taking_one_leaves_the_volume, a_taken_name_is_kept,
        lists_are_oldest_first_and_of_one_instance, a_snapshot_outlives_its_volume, restoring_nothing_is_not_found,
        a_snapshot_goes_into_the_volume_that_is_named, remove_is_exact_and_repeats, a_whole_snapshot_is_verified, damage_is_found, damage_is_not_restored,
        dropped_calls_can_be_repeated);

// There is no stock: no license is scarce, none is listed, and no key opens anything.
suite!(licenses, licenses_cases, licenses();
    holds: a_lease_is_granted_and_seen, a_wish_is_for_that_license, remove_is_exact, the_fence_rises;
    not: ensure_repeats, one_license_has_one_holder, two_owners_get_two_licenses, an_unknown_license_is_not_found,
        observe_leases_nothing, the_next_grant_is_kept_for_who_waits, giving_up_keeps_nothing,
        a_rush_has_one_winner_each, dropped_calls_can_be_repeated);

// Nothing is written down.
suite!(logs, logs_cases, logs(&world(), NoLogs);
    holds: an_unwritten_log_is_empty;
    not: reading_repeats, the_last_lines_come_first, a_position_goes_on, logs_are_apart, a_strange_position_begins_anew);

// No archive is taken.
suite!(archives, archives_cases, archives(NoArchives);
    holds: ;
    not: an_added_archive_is_listed, the_same_bytes_are_one_archive, archives_are_apart, what_is_no_archive_is_invalid,
        remove_is_exact_and_repeats, a_dropped_add_can_be_repeated);

// Nothing is left behind.
suite!(orphaned_resources, leftovers_cases, orphaned_resources(&world(), NoOrphanedResources);
    holds: remove_of_absent_succeeds, a_dropped_remove_can_be_repeated;
    not: what_was_left_is_listed_with_its_owner, everything_has_a_name_of_its_own, remove_is_exact);

// There is no door.
suite!(door, door_cases, door(&world(), NoAssetGateway);
    holds: ;
    not: anybody_reads_an_upload, a_browser_brings_a_range_and_conditions_only,
        without_a_signature_nothing_is_written_or_listed, no_address_leads_out_of_the_place, the_program_reads_and_writes,
        the_program_grants_nothing, a_stranger_is_refused, what_was_changed_after_signing_is_refused,
        the_program_changes_no_settings, nobody_signs_for_what_does_not_run);

// No program is asked anything: there are no worlds, licenses and passwords to be right or wrong about.
suite!(game, game_cases, Mute;
    holds: probing_adds_no_sessions, remove_of_closed_succeeds, no_world_leaves_it_in_setup,
        a_dropped_call_can_be_repeated;
    not: an_unaccepted_agreement_is_forbidden, a_missing_license_is_forbidden, observe_changes_nothing, opens_a_world,
        ensure_repeats, another_world_is_closed_first, an_unknown_world_is_refused,
        closes_a_world, nothing_listening_is_absent, silence_is_not_absence, a_wrong_password_is_forbidden,
        players_are_counted, each_administrator_has_a_session,
        nobody_administers_an_open_world, worlds_are_told_while_none_is_open);

/// Rule 1 of all ports, put to each of them: a call made twice has the effect, and the answer, of the call made once.
#[tokio::test]
async fn every_null_port_answers_the_same_question_the_same() {
    let (a, spec) = (id("a"), VolumeSpec::default());
    macro_rules! twice {
        ($call:expr) => {{
            let first = $call.await;
            let (first, again) = (format!("{first:?}"), format!("{:?}", $call.await));
            assert_eq!(first, again, "{}", stringify!($call));
        }};
    }
    let name = Hostname::under(&Slug::new("friday").unwrap(), "games.example");
    let record = NameRecord::new(name.clone(), Endpoint::new("127.0.0.1", 1));
    twice!(NoDns.ensure(&a, &record));
    twice!(NoDns.remove(&a, &name));
    assert_eq!(NoDns.list().await.unwrap(), []);

    twice!(NoAssets.ensure(&a));
    twice!(NoAssets.rotate(&a, Timestamp(1)));
    twice!(NoAssets.remove(&a));
    assert_eq!(AssetStore::list(&NoAssets).await.unwrap(), []);

    twice!(NoStorage.ensure(&a, &spec));
    twice!(WorldStorage::remove(&NoStorage, &a));
    assert_eq!(WorldStorage::list(&NoStorage).await.unwrap(), []);

    let Ok(Observed::Ready(volume)) = NoStorage.ensure(&a, &spec).await else {
        panic!("a volume that is none")
    };
    let taken = SnapshotName { of: a.clone(), at: Timestamp(1) };
    twice!(NoSnapshots.ensure(&taken, &volume));
    twice!(NoSnapshots.restore(&taken, &volume));
    twice!(NoSnapshots.remove(&taken));
    assert_eq!(NoSnapshots.list(&a).await.unwrap(), []);

    twice!(NoOrphanedResources.remove(&a));
    assert_eq!(OrphanedResources::list(&NoOrphanedResources).await.unwrap(), []);

    twice!(NoArchives.remove(&ReleaseId::new(&"a".repeat(64)).unwrap()));
    assert_eq!(Archives::list(&NoArchives).await.unwrap(), []);

    twice!(Mute.control().ensure(
        &Mute.target(),
        &refractory_core::ports::WorldRef { world: None, license: None, eula_accepted: true }
    ));
    twice!(Mute.control().remove(&Mute.target(), Urgency::Gentle));

    let password = Secret::new("a lantern under the old mill");
    let credential = Credential::Password { name: UserName::new("ada").unwrap(), password };
    assert_eq!(NoAuth.authenticate(&credential).await.unwrap(), None);
}

/// An instance keeps its lease until it is returned, whatever it wishes for meanwhile, and gets the same license after a restart.
#[tokio::test]
async fn without_licenses_a_lease_is_kept_until_it_is_returned() {
    let one = LicenseChoice::Only(LicenseId::new("one").unwrap());
    let (a, any) = (id("a"), LicenseChoice::Any);
    let granted = async |pool: &Unlicensed, choice: &LicenseChoice| {
        let Ok(Observed::Ready(granted)) = pool.ensure(&a, choice).await else {
            panic!("nobody waits")
        };
        granted
    };
    let pool = Unlicensed::default();
    assert_eq!(pool.observe(&a).await.unwrap(), Observed::Absent, "looking leases nothing");
    let first = granted(&pool, &any).await;
    assert_eq!(granted(&pool, &any).await, first);
    assert_eq!(granted(&pool, &one).await, first, "it keeps what it has");
    assert_eq!(pool.observe(&a).await.unwrap(), Observed::Ready(first.clone()));
    assert_eq!(pool.remove(&a).await.unwrap(), Observed::Absent);
    assert_eq!(pool.remove(&a).await.unwrap(), Observed::Absent);
    assert_eq!(pool.observe(&a).await.unwrap(), Observed::Absent);
    let second = granted(&pool, &one).await;
    assert_eq!(second.lease.license.as_str(), "one");
    assert!(second.lease.fence > first.lease.fence, "a later lease has a greater fence");
    let restarted = granted(&Unlicensed::default(), &any).await;
    assert_eq!(restarted.lease.license, first.lease.license);
    assert_eq!(pool.list().await.unwrap(), []);
}
