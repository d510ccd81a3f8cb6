use actix_web::test::TestRequest;

use super::*;

/// Every way in which a proxy may write `203.0.113.9` or `2001:db8::1`.
const READABLE: &[(&str, &str, &str)] = &[
    ("x-forwarded-for", "203.0.113.9", "203.0.113.9"),
    ("x-forwarded-for", "203.0.113.9:51234", "203.0.113.9"),
    ("x-forwarded-for", "  203.0.113.9:51234 ", "203.0.113.9"),
    ("x-forwarded-for", "\"203.0.113.9\"", "203.0.113.9"),
    ("x-forwarded-for", "::ffff:203.0.113.9", "203.0.113.9"),
    ("x-forwarded-for", "2001:db8::1", "2001:db8::1"),
    ("x-forwarded-for", "[2001:db8::1]", "2001:db8::1"),
    ("x-forwarded-for", "[2001:db8::1]:51234", "2001:db8::1"),
    ("x-forwarded-for", "\"[2001:db8::1]\"", "2001:db8::1"),
    ("x-forwarded-for", "\"[2001:DB8::1]:51234\"", "2001:db8::1"),
    ("x-forwarded-for", "fe80::1%eth0", "fe80::1"),
    ("x-forwarded-for", "6.6.6.6, 203.0.113.9:443, 10.0.0.5:443", "203.0.113.9"),
    ("x-forwarded-for", "unknown, 203.0.113.9", "203.0.113.9"),
    ("forwarded", "for=203.0.113.9", "203.0.113.9"),
    ("forwarded", "For=\"203.0.113.9:51234\"", "203.0.113.9"),
    ("forwarded", "for=\"[2001:db8::1]:51234\"", "2001:db8::1"),
    ("forwarded", "for=\"[2001:db8::1]:_port\";proto=https;by=10.0.0.1", "2001:db8::1"),
    ("forwarded", "proto=http ; host=\"a,b;c\" ; for=203.0.113.9", "203.0.113.9"),
    ("forwarded", "for=6.6.6.6;by=x, for=203.0.113.9, for=10.0.0.5", "203.0.113.9"),
    ("forwarded", "for=\"\\203.0.113.9\"", "203.0.113.9"),
];

/// Headers without a usable address.
const UNREADABLE: &[(&str, &str)] = &[
    ("x-forwarded-for", ""),
    ("x-forwarded-for", " "),
    ("x-forwarded-for", ","),
    ("x-forwarded-for", "203.0.113.9,"),
    ("x-forwarded-for", "unknown"),
    ("x-forwarded-for", "_hidden"),
    ("x-forwarded-for", "unix:"),
    ("x-forwarded-for", "localhost"),
    ("x-forwarded-for", "203.0.113.9, nonsense"),
    ("x-forwarded-for", "203.0.113"),
    ("x-forwarded-for", "203.0.113.9:"),
    ("x-forwarded-for", "203.0.113.9:x"),
    ("x-forwarded-for", "[2001:db8::1"),
    ("x-forwarded-for", "[2001:db8::1]x"),
    ("x-forwarded-for", "\"203.0.113.9"),
    ("x-forwarded-for", "203.0.113.9\u{ff}"),
    ("forwarded", ""),
    ("forwarded", "for"),
    ("forwarded", "for=unknown"),
    ("forwarded", "for=_hidden"),
    ("forwarded", "proto=https"),
    ("forwarded", "for=203.0.113.9;for=203.0.113.8"),
    ("forwarded", "for=\"203.0.113.9"),
    ("forwarded", "for=\", for=203.0.113.9"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "games.example"),
    ("x-real-ip", "203.0.113.9"),
    ("via", "1.1 squid"),
];

fn asked(peer: &str, headers: &[(&str, &str)]) -> HttpRequest {
    let request = TestRequest::default().peer_addr(format!("{peer}:4000").parse().unwrap());
    headers
        .iter()
        .fold(request, |request, (name, value)| {
            let value = actix_web::http::header::HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.append_header((*name, value))
        })
        .to_http_request()
}

fn address(peer: &str, headers: &[(&str, &str)]) -> String {
    let trusted = ["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    client_address(&asked(peer, headers), &trusted).to_string()
}

#[test]
fn a_stranger_cannot_pass_for_somebody_else() {
    let said = |peer, value| address(peer, &[("x-forwarded-for", value)]);
    assert_eq!(said("203.0.113.9", "1.2.3.4"), "203.0.113.9");
    assert_eq!(said("10.0.0.1", "1.2.3.4, 203.0.113.9"), "203.0.113.9");
    assert_eq!(said("10.0.0.1", "6.6.6.6, nonsense"), "10.0.0.1");
    assert_eq!(said("10.0.0.1", "6.6.6.6, nonsense, 10.0.0.2"), "10.0.0.2");
    assert_eq!(said("10.0.0.1", "127.0.0.1"), "0.0.0.0");
    assert_eq!(said("203.0.113.9", "127.0.0.1"), "203.0.113.9");
    assert_eq!(address("10.0.0.1", &[]), "10.0.0.1");
    let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.9, 10.0.0.2")];
    assert_eq!(address("10.0.0.1", &lines), "203.0.113.9");
    let lines = [("forwarded", "for=6.6.6.6"), ("forwarded", "for=203.0.113.9, for=10.0.0.2")];
    assert_eq!(address("10.0.0.1", &lines), "203.0.113.9");
    // One of the two is what the client wrote, and it is unknown which.
    let both = [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=6.6.6.6")];
    assert_eq!(address("10.0.0.1", &both), "10.0.0.1");
    let both = [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=\"203.0.113.9:80\"")];
    assert_eq!(address("10.0.0.1", &both), "203.0.113.9");
}

#[test]
fn every_spelling_of_an_address_is_read() {
    for (name, value, expected) in READABLE {
        assert_eq!(address("127.0.0.1", &[(name, value)]), *expected, "{name}: {value}");
    }
}

#[test]
fn what_cannot_be_read_is_nobodys_own_machine() {
    for (name, value) in UNREADABLE {
        for peer in ["127.0.0.1", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]"] {
            let told = client_address(&asked(peer, &[(name, value)]), &["::1".parse().unwrap()]);
            assert_eq!(told, UNKNOWN, "{peer} {name}: {value}");
            assert!(!is_from_this_machine(&asked(peer, &[(name, value)])), "{peer} {name}");
        }
        assert_eq!(address("127.0.0.1", &[(name, value)]), "0.0.0.0", "{name}: {value}");
        assert_eq!(address("10.0.0.1", &[(name, value)]), "10.0.0.1", "{name}: {value}");
    }
}

#[test]
fn this_machine_is_a_loopback_peer_that_nothing_passed_on() {
    for peer in ["127.0.0.1", "127.8.8.8", "[::1]", "[::ffff:127.0.0.1]"] {
        assert!(is_from_this_machine(&asked(peer, &[])), "{peer}");
        assert!(client_address(&asked(peer, &[]), &[]).is_loopback(), "{peer}");
        for name in [
            "x-forwarded-for",
            "x_forwarded_for",
            "x-forwarded-user",
            "cf-connecting-ip",
            "cf-ray",
            "front-end-https",
            "incap-client-ip",
            "x-original-url",
            "x-varnish",
            "x-amzn-trace-id",
            "x-arr-log-id",
            "x-azure-socketip",
            "x-scheme",
            "via",
        ] {
            // Trusted or not: an untrusted proxy is still a proxy.
            let passed_on = asked(peer, &[(name, "127.0.0.1")]);
            assert!(!is_from_this_machine(&passed_on), "{peer} {name}");
            assert!(!client_address(&passed_on, &[]).is_loopback(), "{peer} {name}");
        }
    }
    assert!(!is_from_this_machine(&asked("203.0.113.9", &[])));
    for host in
        ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]", "[::1]:8080", "a.localhost"]
    {
        assert!(is_from_this_machine(&asked("127.0.0.1", &[("host", host)])), "{host}");
    }
    // A proxy that adds nothing at all.
    for host in ["games.example", "192.168.1.20:8080", "localhost.evil.example", "xlocalhost", ""] {
        let passed_on = asked("127.0.0.1", &[("host", host)]);
        assert!(!is_from_this_machine(&passed_on), "{host}");
        assert_eq!(client_address(&passed_on, &[]), UNKNOWN, "{host}");
    }
}
