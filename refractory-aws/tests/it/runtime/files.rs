//! What a table's files are before Foundry starts.
use std::fs;

use refractory_aws::AssetAccess;
use refractory_core::LaunchId;
use testkit::foundry::LICENSE_KEY;

use crate::support::bed::{Bed, down, up};

#[tokio::test]
async fn a_license_of_another_key_is_taken_away_and_one_of_this_key_is_kept_with_its_signature() {
    let bed = Bed::made().await;
    let (runtime, key) = (bed.runtime(), bed.table("a").await);
    let config = bed.folder(&key.instance).join("Config");
    fs::create_dir_all(&config).unwrap();
    let file = config.join("license.json");
    let license = LICENSE_KEY.replace('-', "");
    for (epoch, text, kept) in [
        (1, format!(r#"{{"host":"ip-1","license":"{license}","signature":"abc"}}"#), true),
        (2, r#"{"license":"ZZZZZZZZZZZZZZZZZZZZZZZZ","signature":"abc"}"#.to_owned(), false),
    ] {
        fs::write(&file, &text).unwrap();
        let key = LaunchId { attempt: epoch, ..key.clone() };
        up(&runtime, &key, &bed.spec).await;
        assert_eq!(fs::read_to_string(&file).ok(), kept.then_some(text));
        down(&runtime, &key).await;
    }
    let mut unlicensed = bed.spec.clone();
    unlicensed.license = None;
    fs::write(&file, r#"{"license":"ZZZZZZZZZZZZZZZZZZZZZZZZ"}"#).unwrap();
    let key = LaunchId { attempt: 3, ..key };
    up(&runtime, &key, &unlicensed).await;
    assert!(!file.exists(), "a table without a license has none");
    down(&runtime, &key).await;
}

#[tokio::test]
async fn the_credentials_for_uploads_lie_on_the_tasks_own_disk_and_end_with_it() {
    const CREDENTIALS: &str = r#"{"region":"eu-central-1","buckets":["foundry-a"],"credentials":{"secretAccessKey":"it's $HOME \"quoted\""}}"#;
    let mut bed = Bed::made().await;
    bed.config.assets = AssetAccess::Public;
    let (runtime, key) = (bed.runtime(), bed.table("a").await);
    let secret = bed.clients.secrets.create_secret().name(bed.naming.assets_secret(&key.instance));
    secret.secret_string(CREDENTIALS).send().await.unwrap();
    up(&runtime, &key, &bed.spec).await;
    let running = bed.account.tasks().await.unwrap();
    let table = running.iter().find(|running| running.container == "foundry").unwrap();
    assert_eq!(table.environment["FOUNDRY_AWS_CONFIG"], "/told/aws.json");
    assert!(
        !table.environment.values().any(|value| value.contains("secretAccessKey")),
        "only in the file"
    );
    let told = table.mounts["/told"].join("aws.json");
    assert_eq!(fs::read_to_string(&told).unwrap(), CREDENTIALS);
    assert!(!told.starts_with(bed.folder(&key.instance)), "in no backup");
    down(&runtime, &key).await;
    assert!(!told.exists());
}

#[tokio::test]
async fn without_credentials_for_uploads_a_start_waits_for_them() {
    let mut bed = Bed::made().await;
    bed.config.assets = AssetAccess::Public;
    let (runtime, key) = (bed.runtime(), bed.table("a").await);
    let error = refractory_core::ports::InstanceRuntime::ensure(&runtime, &key, &bed.spec)
        .await
        .unwrap_err();
    assert!(error.is_transient() && error.for_people().contains("uploads"), "{error:?}");
    assert!(bed.tasks().await.is_empty());
}
