use refractory_core::Addressing;
use refractory_core::config::fields;

use super::*;

#[test]
fn the_default_is_fine_and_stays_on_this_machine() {
    let config = WebConfig::default();
    assert_eq!(config.validate(), Ok(()));
    assert!(config.listen_addresses().unwrap().iter().all(|at| at.ip().is_loopback()));
    assert_eq!(config.addressing(8080), Addressing::default());
}

#[test]
fn every_bad_setting_is_told_at_once() {
    let config = WebConfig {
        listen: "somewhere".into(),
        domain: "https://x/".into(),
        trusted_proxies: vec!["everybody".into()],
        threads: 0,
        upload_limit: Size(0),
        upload_dir: Some("/nowhere/at/all".into()),
        answer_within: Span::default(),
        ..WebConfig::default()
    };
    let keys: Vec<_> = config.validate().unwrap_err().into_iter().map(|one| one.key).collect();
    assert_eq!(
        keys,
        [
            "listen",
            "domain",
            "trusted_proxies",
            "threads",
            "upload_limit",
            "upload_dir",
            "answer_within"
        ]
    );
}

#[test]
fn a_misspelt_key_is_refused() {
    let read = serde_json::from_str::<WebConfig>(r#"{"listne": "127.0.0.1:1"}"#);
    assert!(read.unwrap_err().to_string().contains("listne"));
}

#[test]
fn people_see_the_public_port() {
    let config = WebConfig { https: true, ..WebConfig::default() };
    assert_eq!(config.addressing(8080).port, 443);
    let config = WebConfig { public_port: Some(81), ..config };
    assert_eq!(config.addressing(8080).port, 81);
}

#[test]
fn the_edge_is_as_patient_as_the_configuration_says() {
    let config = WebConfig::default();
    assert_eq!(config.proxy_timeouts(), ProxyTimeouts::default());
    let config = WebConfig { quiet_socket: Span::default(), ..config };
    assert_eq!(config.proxy_timeouts().tunnel, None, "a socket may be quiet for ever");
}

#[test]
fn every_key_has_its_sentence() {
    let told: Vec<_> = WebConfig::KEYS.iter().map(|doc| doc.key).collect();
    assert_eq!(told, fields::<WebConfig>());
}
