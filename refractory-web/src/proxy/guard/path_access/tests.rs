use super::PathAccess::{Admin, Forbidden, Join, Public};
use super::*;

const READINGS: &[(&str, &str, &str, PathAccess)] = &[
    ("GET", "/", "", Public),
    ("GET", "/game", "", Public),
    ("GET", "/join", "", Public),
    ("HEAD", "/join", "", Public),
    ("GET", "/players", "", Public),
    ("GET", "/stream", "", Public),
    ("GET", "/api/status", "", Public),
    ("GET", "/scripts/setup.js", "", Public),
    ("GET", "/modules/setup/setup", "", Public),
    ("GET", "/setups", "", Public),
    ("GET", "/setup.js", "", Public),
    ("GET", "/socket.io/?EIO=4&path=/setup", "", Public),
    ("GET", "/worlds/%E2%98%83/a%20b.webp", "", Public),
    ("GET", "/100%", "", Public),
    ("GET", "/setup", "", Admin),
    ("POST", "/setup", "", Admin),
    ("GET", "/auth", "", Admin),
    ("GET", "/create", "", Admin),
    ("POST", "/update", "", Admin),
    ("GET", "/license", "", Forbidden),
    ("POST", "/quit", "", Forbidden),
    ("GET", "/Setup", "", Admin),
    ("GET", "/SETUP/", "", Admin),
    ("GET", "//setup", "", Admin),
    ("GET", "/./setup", "", Admin),
    ("GET", "/%2e/setup", "", Admin),
    ("GET", "/%73etup", "", Admin),
    ("GET", "/%73%65%74%75%70", "", Admin),
    ("GET", "/%2573etup", "", Admin),
    ("GET", "/setup%2f", "", Admin),
    ("GET", "/%2Fsetup", "", Admin),
    ("GET", "/\\setup", "", Admin),
    ("GET", "/%5csetup", "", Admin),
    ("GET", "/game/../setup", "", Admin),
    ("GET", "/game/%2e%2e/setup", "", Admin),
    ("GET", "/setup/../game", "", Admin),
    ("GET", "/../setup", "", Admin),
    ("GET", "/setup;x=1", "", Admin),
    ("GET", "/setup?x", "", Admin),
    ("GET", "/setup%3fx", "", Public),
    ("GET", "/setup.", "", Admin),
    ("GET", "/setup%20", "", Admin),
    ("GET", "/setup%00", "", Admin),
    ("GET", "/\u{17f}etup", "", Admin),
    ("GET", "/%C5%BFetup", "", Admin),
    ("GET", "/setup/x/y", "", Admin),
    ("GET", "/%25252525252573etup", "", Forbidden),
    ("POST", "/join", "", Join),
    ("PUT", "/Join/", "", Join),
    ("POST", "/%6aoin", "", Join),
    ("GET", "/friday/setup", "friday", Admin),
    ("GET", "/friday//%73etup", "friday", Admin),
    ("GET", "/FRIDAY/setup", "friday", Admin),
    ("GET", "/%66riday/setup", "friday", Admin),
    ("GET", "/setup", "friday", Admin),
    ("POST", "/friday/join", "friday", Join),
    ("GET", "/monday/setup", "friday", Public),
    ("GET", "/friday/game", "friday", Public),
    ("GET", "/friday/friday/../setup", "friday", Admin),
    ("GET", "/setup/game", "setup", Admin),
];

#[test]
fn foundrys_doors_are_known_however_they_are_written() {
    for (method, path, prefix, expected) in READINGS {
        assert_eq!(
            path_access(method, path, prefix),
            *expected,
            "{method} {path} under `{prefix}`"
        );
    }
}

#[test]
fn going_on_with_a_session_is_not_beginning_one() {
    assert!(opens_session("/socket.io/", "EIO=4&transport=polling"));
    assert!(opens_session("/socket.io/", "session=a&EIO=4&transport=websocket"));
    assert!(!opens_session("/socket.io/", "EIO=4&transport=websocket&sid=xyz"));
    assert!(!opens_session("/game", ""));
}

#[test]
fn no_mixture_of_case_and_encoding_hides_a_door() {
    for mask in 0_u32..1 << 10 {
        let letter = |(at, letter): (usize, char)| {
            let letter = if mask >> at & 1 == 1 { letter.to_ascii_uppercase() } else { letter };
            if mask >> (at + 5) & 1 == 1 {
                format!("%{:02x}", u32::from(letter))
            } else {
                letter.to_string()
            }
        };
        let setup: String = "setup".chars().enumerate().map(letter).collect();
        assert_eq!(path_access("GET", &format!("/{setup}"), ""), Admin, "{setup}");
        assert_eq!(path_access("GET", &format!("/friday/{setup}/"), "friday"), Admin, "{setup}");
    }
}
