use super::*;
use crate::config::fields;

#[test]
fn every_key_has_its_sentence_and_the_defaults_are_right() {
    let documented: Vec<_> = LocalConfig::KEYS.iter().map(|doc| doc.key).collect();
    assert_eq!(documented, fields::<LocalConfig>());
    assert!(LocalConfig::default().validate().is_ok());
    let documented: Vec<_> = NodeConfig::KEYS.iter().map(|doc| doc.key).collect();
    assert_eq!(documented, fields::<NodeConfig>());
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let wrong = LocalConfig {
        niceness: 40,
        open_files: 1,
        node: Some("node".to_owned()),
        log_size: Size(1),
        ..LocalConfig::default()
    };
    let keys: Vec<_> =
        wrong.validate().unwrap_err().into_iter().map(|complaint| complaint.key).collect();
    assert_eq!(keys, ["niceness", "open_files", "log_size", "node"]);
}

#[test]
fn a_range_of_ports_is_read_and_shown() {
    let range: PortRange = "30000 - 30010".parse().unwrap();
    assert_eq!(range.to_string(), "30000-30010");
    for bad in ["", "30000", "80-90", "9-8", "30010-30000", "1-99999"] {
        assert!(bad.parse::<PortRange>().is_err(), "{bad}");
    }
}
