use refractory_core::config::{Schema, Sources, fields};

use super::*;

#[test]
fn every_key_is_told_about_and_the_defaults_are_valid() {
    let told: Vec<_> = AwsConfig::KEYS.iter().map(|doc| doc.key).collect();
    assert_eq!(fields::<AwsConfig>(), told);
    assert!(AwsConfig::default().validate().is_ok());
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let config = AwsConfig {
        deployment: "Big One".to_owned(),
        user: Some("root".to_owned()),
        stop_within: Span::minutes(3),
        recovery: Span::minutes(1),
        log_days: 10,
        ..AwsConfig::default()
    };
    assert_eq!(config.validate().unwrap_err().len(), 5);
}

#[test]
fn private_uploads_need_the_edge_in_front_of_them() {
    let of = |assets, routing| AwsConfig { assets, routing, ..AwsConfig::default() }.validate();
    assert!(of(AssetAccess::Private, Routing::Edge).is_ok());
    assert!(of(AssetAccess::Public, Routing::LoadBalancer).is_ok());
    let complaints = of(AssetAccess::Private, Routing::LoadBalancer).unwrap_err();
    assert!(complaints[0].to_string().contains("served by the edge"), "{complaints:?}");
}

#[test]
fn a_new_tables_files_belong_to_whom_the_operator_says_or_else_to_the_images_user() {
    let (old, new) = (Some(Version::new(12, 343)), Some(Version::new(13, 351)));
    let plain = AwsConfig::default();
    assert_eq!((plain.owner(old).unwrap(), plain.owner(new).unwrap()), ((421, 421), (1000, 1000)));
    let told = AwsConfig { user: Some("7:8".to_owned()), ..AwsConfig::default() };
    assert_eq!((told.owner(old).unwrap(), told.owner(new).unwrap()), ((7, 8), (7, 8)));
    let wrong = AwsConfig { user: Some("node".to_owned()), ..AwsConfig::default() };
    assert_eq!(wrong.owner(new).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn the_portal_is_told_what_is_chosen_and_not_how_the_account_is_reached() {
    assert_eq!(AwsConfig::default().portal_settings(), "");
    let chosen = AwsConfig {
        region: Some("eu-central-1".to_owned()),
        profile: Some("club".to_owned()),
        deployment: "club".to_owned(),
        image: "foundry:{version} \"quoted\"".to_owned(),
        spot: true,
        memory: Size::gib(4),
        log_days: 7,
        ..AwsConfig::default()
    };
    let told = chosen.portal_settings();
    let settings =
        Schema::new().with::<AwsConfig>().load(Sources::new().text("told", &told)).unwrap();
    let own =
        AwsConfig { region: None, profile: None, deployment: "refractory".to_owned(), ..chosen };
    assert_eq!(settings.section::<AwsConfig>().unwrap(), own, "{told}");
    assert_eq!(told.lines().count(), 5, "{told}");
}
