use refractory_core::config::fields;

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
        user: "root".to_owned(),
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
