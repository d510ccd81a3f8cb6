//! The contract of [`Vault`].
//!
//! `conform_vault!(make)` makes one test of each case on paused time, `conform_vault!(real_time, make)` on a
//! runtime with threads and a real clock. `make` must give an empty vault.
use refractory_core::ports::{Observed, Vault};
use refractory_core::{Secret, SecretName};

use super::concurrency::{Call, POLLS, poll_then_drop, run_together};
use super::sample::ODD_TEXT;

fn name(raw: &str) -> SecretName {
    SecretName::new(raw).expect("a name")
}

async fn ensure(vault: &dyn Vault, at: &str, text: &str) -> Observed<Secret> {
    vault.ensure(&name(at), &Secret::new(text)).await.expect("ensure")
}

async fn observe(vault: &dyn Vault, at: &str) -> Observed<Secret> {
    vault.observe(&name(at)).await.expect("observe")
}

async fn remove(vault: &dyn Vault, at: &str) {
    assert_eq!(vault.remove(&name(at)).await.expect("remove"), Observed::Absent);
}

async fn names(vault: &dyn Vault) -> Vec<String> {
    let mut names: Vec<_> =
        vault.list().await.expect("list").iter().map(ToString::to_string).collect();
    names.sort();
    names
}

fn ready(text: &str) -> Observed<Secret> {
    Observed::Ready(Secret::new(text))
}

/// What was put in is there, under its own name.
pub async fn an_ensured_secret_is_there(vault: &dyn Vault) {
    assert_eq!(ensure(vault, "admin-key.a", "one").await, ready("one"));
    assert_eq!(ensure(vault, "admin-key.b", "two").await, ready("two"));
    assert_eq!(observe(vault, "admin-key.a").await, ready("one"));
    assert_eq!(observe(vault, "admin-key.b").await, ready("two"));
}

/// A secret that exists is kept, and returned to a caller with another one.
pub async fn the_first_writer_wins(vault: &dyn Vault) {
    ensure(vault, "a", "first").await;
    assert_eq!(ensure(vault, "a", "second").await, ready("first"), "the answer of ensure");
    assert_eq!(observe(vault, "a").await, ready("first"), "what is kept");
    assert_eq!(names(vault).await, ["a"]);
}

/// Of several who bring a secret at the same time one wins, and all are told the same.
pub async fn all_who_ensure_at_once_agree(vault: &dyn Vault) {
    let bring = |at: u8| -> Call<'_, Observed<Secret>> {
        Box::pin(async move { ensure(vault, "a", &format!("secret {at}")).await })
    };
    let told = run_together((0..8).map(bring).collect()).await;
    let kept = observe(vault, "a").await;
    assert!(matches!(kept, Observed::Ready(_)), "{kept:?}");
    assert!(told.iter().all(|told| *told == kept), "they were told different secrets");
}

/// Looking makes nothing.
pub async fn observe_creates_nothing(vault: &dyn Vault) {
    assert_eq!(observe(vault, "a").await, Observed::Absent);
    assert_eq!(names(vault).await, Vec::<String>::new());
    assert_eq!(observe(vault, "a").await, Observed::Absent);
}

/// Removing nothing succeeds.
pub async fn remove_of_an_absent_secret_succeeds(vault: &dyn Vault) {
    remove(vault, "a").await;
    ensure(vault, "a", "one").await;
    remove(vault, "a").await;
    remove(vault, "a").await;
}

/// What was removed is gone from every view.
pub async fn a_removed_secret_is_gone(vault: &dyn Vault) {
    ensure(vault, "a", "one").await;
    remove(vault, "a").await;
    assert_eq!(observe(vault, "a").await, Observed::Absent);
    assert_eq!(names(vault).await, Vec::<String>::new());
}

/// A name that was given up takes a new secret.
pub async fn a_removed_name_is_free_again(vault: &dyn Vault) {
    ensure(vault, "a", "one").await;
    remove(vault, "a").await;
    assert_eq!(ensure(vault, "a", "two").await, ready("two"));
    assert_eq!(observe(vault, "a").await, ready("two"));
}

/// Removing one secret leaves the others alone.
pub async fn remove_is_exact(vault: &dyn Vault) {
    ensure(vault, "a", "one").await;
    ensure(vault, "a.b", "two").await;
    remove(vault, "a").await;
    assert_eq!(observe(vault, "a.b").await, ready("two"));
    assert_eq!(names(vault).await, ["a.b"]);
}

/// The list has every name once, and nothing else.
pub async fn the_list_is_exact(vault: &dyn Vault) {
    for at in ["b", "a", "license.4f-j_x", "a"] {
        ensure(vault, at, "text").await;
    }
    assert_eq!(names(vault).await, ["a", "b", "license.4f-j_x"]);
}

/// A secret comes back to the byte: none, odd ones, and long ones.
pub async fn secrets_round_trip(vault: &dyn Vault) {
    let long = "龍🐉".repeat(4_000);
    for (at, text) in ["", " ", ODD_TEXT, "nul \0 here", &long].into_iter().enumerate() {
        let at = format!("secret-{at}");
        assert!(ensure(vault, &at, text).await == ready(text), "the answer of ensure, {at}");
        assert!(observe(vault, &at).await == ready(text), "what observe finds, {at}");
    }
}

/// The vault does not tell its secrets to a log.
pub async fn debug_shows_no_secret(vault: &dyn Vault) {
    let told = ensure(vault, "a", "hunter2hunter2").await;
    assert!(!format!("{told:?} {vault:?}").contains("hunter2"), "a secret in `Debug`");
}

/// A call broken off at any moment had its whole effect or none, and can be made again.
pub async fn a_dropped_call_can_be_repeated(vault: &dyn Vault) {
    for polls in 1..POLLS {
        poll_then_drop(vault.ensure(&name("a"), &Secret::new("first")), polls).await;
        let kept = ensure(vault, "a", "second").await;
        assert!(kept == ready("first") || kept == ready("second"), "after {polls} polls");
        assert_eq!(observe(vault, "a").await, kept, "after {polls} polls");
        poll_then_drop(vault.remove(&name("a")), polls).await;
        let left = observe(vault, "a").await;
        assert!(left == Observed::Absent || left == kept, "after {polls} polls");
        remove(vault, "a").await;
        assert_eq!(names(vault).await, Vec::<String>::new(), "after {polls} polls");
    }
}

/// One case: a clause, put to a vault.
pub type Case = for<'a> fn(&'a dyn Vault) -> Call<'a, ()>;

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! vault_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            an_ensured_secret_is_there, the_first_writer_wins, all_who_ensure_at_once_agree,
            observe_creates_nothing, remove_of_an_absent_secret_succeeds, a_removed_secret_is_gone,
            a_removed_name_is_free_again, remove_is_exact, the_list_is_exact, secrets_round_trip,
            debug_shows_no_secret, a_dropped_call_can_be_repeated
        }
    };
}

macro_rules! table {
    (() $($case:ident),*) => { &[$((stringify!($case), |vault| Box::pin($case(vault)))),*] };
}

/// Every case and its name.
pub const CASES: &[(&str, Case)] = vault_cases!([table]);

/// Tests of every case against what `$make` makes afresh.
#[macro_export]
macro_rules! conform_vault {
    ((real_time $make:expr) $($case:ident),* $(,)?) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let subject = $make;
            $crate::conformance::vault::$case(&subject).await;
        }
    )* };
    ((paused $make:expr) $($case:ident),* $(,)?) => { $(
        #[tokio::test(start_paused = true)]
        async fn $case() {
            let subject = $make;
            $crate::conformance::vault::$case(&subject).await;
        }
    )* };
    (real_time, $make:expr) => { $crate::vault_cases!([$crate::conform_vault] real_time $make); };
    ($make:expr) => { $crate::vault_cases!([$crate::conform_vault] paused $make); };
}
