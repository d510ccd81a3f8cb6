use refractory_core::Secret;
use refractory_core::model::Version;

use super::*;
use crate::runtime::fixtures;

fn definition(spec: &LaunchSpec, config: &AwsConfig) -> Result<Definition> {
    let outputs = fixtures::outputs(&["subnet-a"]);
    let from = DefinitionInputs {
        config,
        outputs: &outputs,
        naming: &Naming::new("club"),
        region: "eu-central-1",
        access_point: "fsap-1",
        secret: "arn:aws:secretsmanager:eu-central-1:1:secret:club/table/abc-XyZ123",
        uploads: (config.assets != AssetAccess::Volume)
            .then_some("arn:aws:secretsmanager:eu-central-1:1:secret:club/assets/abc-XyZ123"),
    };
    Definition::of(&InstanceId::new("abc").unwrap(), spec, &from)
}

#[test]
fn a_definition_is_as_it_was_agreed_on() {
    insta::assert_json_snapshot!(definition(&fixtures::spec(), &AwsConfig::default()).unwrap());
}

#[test]
fn a_definition_holds_no_secret() {
    let spec = fixtures::spec();
    let text = serde_json::to_string(&definition(&spec, &AwsConfig::default()).unwrap()).unwrap();
    assert!(!text.contains(spec.admin_key.expose()));
    assert!(!text.contains("ABCD"), "the license key");
}

#[test]
fn a_definition_is_the_same_for_other_secrets_and_another_for_other_settings() {
    let config = AwsConfig::default();
    let digest = |spec: &LaunchSpec| definition(spec, &config).unwrap().digest().unwrap();
    let spec = fixtures::spec();
    let other_key = spec.clone().with(|spec| spec.admin_key = Secret::new("another"));
    assert_eq!(digest(&other_key), digest(&spec), "secrets are told apart from it");
    let other_language = spec.clone().with(|spec| spec.language = None);
    assert_ne!(digest(&other_language), digest(&spec));
    let unlicensed = spec.clone().with(|spec| spec.license = None);
    assert_ne!(digest(&unlicensed), digest(&spec));
}

#[test]
fn uploads_on_the_volume_need_no_credentials() {
    let config = AwsConfig { assets: AssetAccess::Volume, ..AwsConfig::default() };
    let made = definition(&fixtures::spec(), &config).unwrap();
    assert!(!made.told);
    assert!(made.containers.iter().all(|container| !container.mounts.contains_key("told")));
    assert!(!made.containers[1].environment.contains_key("FOUNDRY_AWS_CONFIG"));
}

#[test]
fn a_program_reaches_a_private_bucket_at_its_tables_own_address() {
    let at = |assets, endpoint: Option<&str>, spec: &LaunchSpec| {
        let endpoint = endpoint.map(ToOwned::to_owned);
        let config = AwsConfig { endpoint, assets, ..AwsConfig::default() };
        let made = definition(spec, &config).unwrap();
        made.containers[0].environment.get("UPLOADS_AT").cloned()
    };
    let spec = fixtures::spec();
    let private = |spec| at(AssetAccess::Private, Some("http://127.0.0.1:1"), spec);
    assert_eq!(private(&spec).as_deref(), Some("https://friday.games.example"));
    let plain = spec.clone().with(|spec| spec.public = Some((8080, false)));
    assert_eq!(private(&plain).as_deref(), Some("http://friday.games.example:8080"));
    assert_eq!(at(AssetAccess::Public, None, &spec), None);
    let emulated = at(AssetAccess::Public, Some("http://127.0.0.1:1"), &spec);
    assert_eq!(emulated.as_deref(), Some("http://127.0.0.1:1"));
    assert_eq!(at(AssetAccess::Volume, Some("http://127.0.0.1:1"), &spec), None);
}

#[test]
fn only_old_images_are_told_to_leave_owners_alone() {
    let of = |build| {
        let mut spec = fixtures::spec();
        spec.release.as_mut().unwrap().version = Version::new(13, build);
        let made = definition(&spec, &AwsConfig::default()).unwrap();
        made.containers[1].environment.get("CONTAINER_PRESERVE_OWNER").cloned()
    };
    assert_eq!((of(332).as_deref(), of(333)), (Some("/data.*"), None));
}

#[test]
fn the_image_follows_the_release() {
    let release = fixtures::spec().release;
    assert_eq!(
        image("felddy/foundryvtt:{version}", release.as_ref()).unwrap(),
        "felddy/foundryvtt:13.351"
    );
    assert_eq!(image("house/v{generation}:1", release.as_ref()).unwrap(), "house/v13:1");
    assert_eq!(image("house/all:1", None).unwrap(), "house/all:1");
    assert_eq!(image("felddy/foundryvtt:{version}", None).unwrap_err().kind(), ErrorKind::Invalid);
    let demo = release.map(|release| Release { program: Program::Demo, ..release });
    assert_eq!(image("house/all:1", demo.as_ref()).unwrap_err().kind(), ErrorKind::Invalid);
}
