use super::*;

fn network(raw: &str) -> Network {
    raw.parse().unwrap()
}

#[test]
fn a_range_holds_its_addresses_and_no_others() {
    let ten = network("10.0.0.0/8");
    assert!(ten.contains("10.200.3.4".parse().unwrap()));
    assert!(ten.contains("::ffff:10.1.1.1".parse().unwrap()));
    assert!(!ten.contains("11.0.0.1".parse().unwrap()));
    assert!(!ten.contains("::1".parse().unwrap()));
    assert!(network("0.0.0.0/0").contains("198.51.100.7".parse().unwrap()));
    assert!(network("fd00::/8").contains("fd12::1".parse().unwrap()));
    assert!(!network("fd00::1").contains("fd00::2".parse().unwrap()));
}

#[test]
fn what_is_no_network_is_refused_with_an_example() {
    for raw in ["", "ten", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/"] {
        let error = raw.parse::<Network>().unwrap_err();
        assert!(error.to_string().contains("10.0.0.0/8"), "{raw}");
    }
}
