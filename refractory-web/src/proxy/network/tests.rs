use actix_web::test::TestRequest;

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

fn asked(peer: &str, forwarded: &[&str]) -> HttpRequest {
    let request = TestRequest::default().peer_addr(format!("{peer}:4000").parse().unwrap());
    forwarded
        .iter()
        .fold(request, |request, value| request.append_header(("x-forwarded-for", *value)))
        .to_http_request()
}

#[test]
fn a_stranger_cannot_pass_for_somebody_else() {
    let trusted = [network("10.0.0.0/8")];
    let address =
        |peer, forwarded: &[&str]| client_address(&asked(peer, forwarded), &trusted).to_string();
    assert_eq!(address("203.0.113.9", &["1.2.3.4"]), "203.0.113.9");
    assert_eq!(address("10.0.0.1", &["1.2.3.4, 203.0.113.9"]), "203.0.113.9");
    assert_eq!(address("10.0.0.1", &["6.6.6.6", "203.0.113.9, 10.0.0.2"]), "203.0.113.9");
    assert_eq!(address("10.0.0.1", &["6.6.6.6, nonsense"]), "10.0.0.1");
    assert_eq!(address("10.0.0.1", &[]), "10.0.0.1");
}
