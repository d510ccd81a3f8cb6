//! Foundry in a task: the image's stand-in, started as the image is.
use std::fs;
use std::time::Duration;

use aws_sdk_s3::config::Credentials;
use refractory_aws::{Clients, FargateRuntime};
use refractory_core::foundry::FoundryControl;
use refractory_core::model::Version;
use refractory_core::ports::{GameControl, GameStatus, GameTarget, LogSource, Observed, WorldRef};
use refractory_core::{ErrorKind, LaunchId, Result};
use testkit::aws::Program;
use testkit::foundry::{Layout, Version as StandInVersion, image_executable, release_zip};

use crate::support::bed::{Bed, IMAGE, PATIENCE, down, up};

/// Lets tables be Foundry.
pub(super) async fn with_foundry(bed: &Bed) {
    with_release(bed).await;
    let image = Program::new(image_executable(), &[]).with_env("STAND_IN_LOCK_STALE", "10ms");
    bed.account.run_as(IMAGE, &image).await.unwrap();
}

/// The release, where the archives keep it.
pub(super) async fn with_release(bed: &Bed) {
    let release = bed.spec.release.as_ref().unwrap();
    let zip = release_zip(StandInVersion::new(13, 351), Layout::Node).unwrap();
    let (s3, bucket) = (&bed.clients.s3, &bed.outputs.bucket);
    let object = s3.put_object().bucket(bucket).key(bed.naming.release_object(&release.id));
    object.body(zip.into()).send().await.unwrap();
}

/// A runtime whose addresses of releases are signed by a user of IAM: the emulator knows no secret of the root user's that a
/// signature in an address could be held against.
pub(super) async fn runtime(bed: &Bed) -> FargateRuntime {
    const MAY_READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let iam = &bed.clients.iam;
    iam.create_user().user_name("controller").send().await.unwrap();
    let policy = iam.put_user_policy().user_name("controller").policy_name("releases");
    policy.policy_document(MAY_READ).send().await.unwrap();
    let key =
        iam.create_access_key().user_name("controller").send().await.unwrap().access_key.unwrap();
    let keys = Credentials::new(key.access_key_id, key.secret_access_key, None, None, "emulator");
    let s3 = bed.clients.s3.config().to_builder().credentials_provider(keys).build();
    bed.runtime_over(Clients { s3: aws_sdk_s3::Client::from_conf(s3), ..bed.clients.clone() })
}

/// Asks for the game until it is anything but pending.
pub(super) async fn settled(
    control: &FoundryControl,
    at: &GameTarget,
    want: &WorldRef,
) -> Result<Observed<GameStatus>> {
    let begun = tokio::time::Instant::now();
    loop {
        match control.ensure(at, want).await {
            Ok(Observed::Pending(_)) if begun.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return other,
        }
    }
}

#[tokio::test]
async fn scenario_19_a_host_name_that_changes_has_the_acceptance_replayed_and_only_after_a_persons()
{
    let bed = Bed::made().await;
    with_foundry(&bed).await;
    let (runtime, key) = (runtime(&bed).await, bed.table("a").await);
    let control = FoundryControl::new().unwrap();
    let license = bed.folder(&key.instance).join("Config/license.json");
    let mut hosts = Vec::new();
    for epoch in [1, 2] {
        let key = LaunchId { attempt: epoch, ..key.clone() };
        let (endpoint, _) = up(&runtime, &key, &bed.spec).await;
        let admin_key = bed.spec.admin_key.clone();
        let at = GameTarget { endpoint, version: Version::new(13, 351), admin_key };
        let nobody =
            WorldRef { world: None, license: bed.spec.license.clone(), eula_accepted: false };
        let refused = settled(&control, &at, &nobody).await;
        let log = bed.logs().read(&key.instance, None, 1000).await.unwrap().lines;
        let refused = refused.expect_err(&log.join("\n"));
        assert_eq!(refused.kind(), ErrorKind::Forbidden, "nobody has accepted: {refused:?}");
        let somebody = WorldRef { eula_accepted: true, ..nobody };
        let open = settled(&control, &at, &somebody).await.unwrap();
        assert!(matches!(open, Observed::Ready(_)), "{open:?}");
        let signed: serde_json::Value =
            serde_json::from_slice(&fs::read(&license).unwrap()).unwrap();
        hosts.push(signed["host"].as_str().unwrap().to_owned());
        down(&runtime, &key).await;
    }
    assert_ne!(hosts[0], hosts[1], "Fargate names each task's machine anew");
    let log = bed.logs().read(&key.instance, None, 1000).await.unwrap().lines;
    let starts = log.iter().filter(|line| line.contains("listening on port 30000")).count();
    assert_eq!(starts, 2, "both launches printed into one log: {log:#?}");
    let words = log.join("\n");
    assert!(!words.contains(bed.spec.admin_key.expose()), "{words}");
}
