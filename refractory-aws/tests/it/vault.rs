//! The vault in Secrets Manager.
use refractory_aws::{AwsConfig, SecretsManagerVault};
use refractory_core::config::Span;
use refractory_core::ports::{Observed, Vault};
use refractory_core::{Secret, SecretName};
use testkit::aws::{Account, Emulator, Fault, FaultProxy, Rule};

use crate::support::{clients, clients_at};

const WEEK: Span = Span(std::time::Duration::from_hours(7 * 24));

fn config(recovery: Span) -> AwsConfig {
    let mut config = AwsConfig::default();
    config.recovery = recovery;
    config
}

fn vault(account: &Account, recovery: Span) -> SecretsManagerVault {
    SecretsManagerVault::new(&clients(account), &config(recovery))
}

fn name(raw: &str) -> SecretName {
    SecretName::new(raw).unwrap()
}

mod deleted_at_once {
    testkit::conform_vault!(
        real_time,
        super::vault(
            &testkit::aws::Emulator::shared().await.account(),
            refractory_core::config::Span::minutes(0)
        )
    );
}

mod deleted_after_a_week {
    testkit::conform_vault!(
        real_time,
        super::vault(&testkit::aws::Emulator::shared().await.account(), super::WEEK)
    );
}

#[tokio::test]
async fn a_removed_secret_can_be_brought_back_by_hand() {
    let account = Emulator::shared().await.account();
    let (vault, secrets) = (vault(&account, WEEK), clients(&account).secrets);
    vault.ensure(&name("admin-key.a"), &Secret::new("one")).await.unwrap();
    vault.remove(&name("admin-key.a")).await.unwrap();
    assert_eq!(vault.observe(&name("admin-key.a")).await.unwrap(), Observed::Absent);
    secrets.restore_secret().secret_id("refractory/vault/admin-key.a").send().await.unwrap();
    let back = vault.ensure(&name("admin-key.a"), &Secret::new("two")).await.unwrap();
    assert_eq!(back, Observed::Ready(Secret::new("one")), "the key is used again");
}

#[tokio::test]
async fn secrets_carry_the_deployments_tag_and_only_its_own_are_listed() {
    let account = Emulator::shared().await.account();
    let (vault, secrets) = (vault(&account, WEEK), clients(&account).secrets);
    let mut other = AwsConfig::default();
    other.deployment = "refractory-2".to_owned();
    let other = SecretsManagerVault::new(&clients(&account), &other);
    for (vault, text) in [(&vault, "one"), (&other, "two")] {
        vault.ensure(&name("a"), &Secret::new(text)).await.unwrap();
    }
    for foreign in ["refractory/table/b", "refractory/vault/UPPER", "x/refractory/vault/c"] {
        secrets.create_secret().name(foreign).secret_string("x").send().await.unwrap();
    }
    assert_eq!(vault.list().await.unwrap(), [name("a")]);
    assert_eq!(other.list().await.unwrap(), [name("a")]);
    assert_eq!(other.observe(&name("a")).await.unwrap(), Observed::Ready(Secret::new("two")));
    let told = secrets.describe_secret().secret_id("refractory/vault/a").send().await.unwrap();
    let tags: Vec<_> = told.tags().iter().map(|tag| (tag.key(), tag.value())).collect();
    assert_eq!(tags, [(Some("refractory:deployment"), Some("refractory"))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_secrets_and_one_more_are_listed() {
    let account = Emulator::shared().await.account();
    let vault = vault(&account, WEEK);
    let all: Vec<_> = (0..101).map(|at| name(&format!("license.{at:03}"))).collect();
    for name in &all {
        vault.ensure(name, &Secret::new("x")).await.unwrap();
    }
    let mut listed = vault.list().await.unwrap();
    listed.sort();
    assert_eq!(listed, all);
}

/// Eight processes that all find a secret scheduled for deletion, and bring one each: one wins, and all know it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_who_end_a_recovery_at_once_agree() {
    for round in 0..5 {
        let account = Emulator::shared().await.account();
        let first = vault(&account, WEEK);
        first.ensure(&name("a"), &Secret::new("old")).await.unwrap();
        first.remove(&name("a")).await.unwrap();
        let mut running = tokio::task::JoinSet::new();
        for at in 0..8 {
            let vault = vault(&account, WEEK);
            running.spawn(async move {
                vault.ensure(&name("a"), &Secret::new(format!("secret {at}"))).await.unwrap()
            });
        }
        let told = running.join_all().await;
        let kept = first.observe(&name("a")).await.unwrap();
        assert!(
            matches!(&kept, Observed::Ready(secret) if secret.expose() != "old"),
            "round {round}"
        );
        assert!(
            told.iter().all(|told| *told == kept),
            "round {round}: they were told different secrets"
        );
    }
}

/// A secret comes and goes: every request of that, once with every fault, and no one notices.
async fn survives(fault: Fault) {
    let account = Emulator::shared().await.account();
    let proxy = FaultProxy::start(account.address()).await;
    for recovery in [Span::minutes(0), WEEK] {
        let config = config(recovery);
        let vault = SecretsManagerVault::new(&clients_at(&account, &proxy.endpoint()), &config);
        life(&vault, "first").await;
        let before = proxy.calls().len();
        life(&vault, "again").await;
        for number in 1..=proxy.calls().len() - before {
            proxy.arrange(Rule::any().nth(number), fault.clone());
            life(&vault, &format!("{fault:?} at {number}")).await;
            proxy.heal();
        }
    }
}

async fn life(vault: &SecretsManagerVault, during: &str) {
    let fresh = Secret::new(during);
    let told = vault.ensure(&name("a"), &fresh).await;
    let told = told.unwrap_or_else(|error| panic!("{during}: {error:?}"));
    assert!(told == Observed::Ready(fresh.clone()), "{during}: what ensure says");
    let kept = vault.observe(&name("a")).await.unwrap();
    assert!(kept == Observed::Ready(fresh), "{during}: what is kept");
    assert_eq!(vault.list().await.unwrap(), [name("a")], "{during}");
    assert_eq!(vault.remove(&name("a")).await.unwrap(), Observed::Absent, "{during}");
    assert_eq!(vault.observe(&name("a")).await.unwrap(), Observed::Absent, "{during}");
    assert_eq!(vault.list().await.unwrap(), [], "{during}");
}

macro_rules! survives {
    ($($name:ident: $fault:expr;)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            survives($fault).await;
        }
    )* };
}

survives! {
    throttled_calls_are_made_again: Fault::Throttled;
    unavailability_is_waited_for: Fault::Unavailable;
    a_reset_has_no_effect_of_its_own: Fault::Reset;
    a_lost_reply_loses_no_secret: Fault::ReplyLost;
    half_a_reply_loses_no_secret: Fault::Truncated;
}
