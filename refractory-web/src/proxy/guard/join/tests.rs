use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use actix_web::test::TestRequest;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::*;

fn verdict(kind: &str, body: &[u8]) -> JoinDecision {
    let request = TestRequest::post().insert_header(("content-type", kind)).to_http_request();
    decide_join(&request, body)
}

fn is_refused(verdict: JoinDecision) -> bool {
    matches!(verdict, JoinDecision::Refused(..))
}

#[test]
fn players_join_and_nobody_shuts_down() {
    let json = |body: &str| verdict("application/json; charset=utf-8", body.as_bytes());
    let form = |body: &str| verdict("application/x-www-form-urlencoded", body.as_bytes());
    assert_eq!(
        json(r#"{"action":"join","userid":"a","password":"","adminPassword":""}"#),
        JoinDecision::Play
    );
    assert_eq!(json(r#"{"userid":"shutdown"}"#), JoinDecision::Play);
    assert_eq!(form("action=join&userid=a&password=%26action%3Dshutdown"), JoinDecision::Play);
    assert_eq!(form(""), JoinDecision::Play);
    for action in ["shutdown", "login", "adminLogin", "ShutDown", " shutdown "] {
        assert_eq!(json(&format!(r#"{{"action":"{action}"}}"#)), JoinDecision::Admin, "{action}");
        assert_eq!(form(&format!("a=b&action={action}")), JoinDecision::Admin, "{action}");
    }
    assert_eq!(json(r#"{"\u0061ction":"\u0073hutdown"}"#), JoinDecision::Admin);
    assert_eq!(json(r#"{"action":"shutdown","action":"join"}"#), JoinDecision::Admin);
    assert_eq!(json(r#"{"action":"join","action":"shutdown"}"#), JoinDecision::Admin);
    assert_eq!(json(r#"{"shutdown":true}"#), JoinDecision::Admin);
    assert_eq!(form("%61ction=%73hutdown"), JoinDecision::Admin);
    assert_eq!(form("action=shutdown&action=join"), JoinDecision::Admin);
    assert_eq!(form("action=+shutdown"), JoinDecision::Admin);
}

#[test]
fn what_programs_might_read_differently_is_refused() {
    let json = |body: &str| verdict("application/json", body.as_bytes());
    assert!(is_refused(json(r#"{"action":["shutdown"]}"#)));
    assert!(is_refused(json(r#"["action"]"#)));
    assert!(is_refused(json(r#"{"action":"join""#)));
    assert!(is_refused(verdict("application/x-www-form-urlencoded", b"action[]=shutdown")));
    assert!(is_refused(verdict("application/x-www-form-urlencoded", b"action=%ff")));
    assert!(is_refused(verdict("application/x-www-form-urlencoded", b"action=%zz")));
    assert!(is_refused(verdict("multipart/form-data; boundary=x", b"--x")));
    assert!(is_refused(verdict("application/json; charset=utf-16le", b"{\0}\0")));
    assert!(is_refused(verdict("text/plain", b"action=shutdown")));
    let bare = TestRequest::post().to_http_request();
    assert!(is_refused(decide_join(&bare, b"action=shutdown")));
    let squeezed = TestRequest::post()
        .insert_header(("content-type", "application/json"))
        .insert_header(("content-encoding", "gzip"))
        .to_http_request();
    assert!(is_refused(decide_join(&squeezed, b"\x1f\x8b")));
    let twice = TestRequest::post()
        .append_header(("content-type", "application/json"))
        .append_header(("content-type", "application/x-www-form-urlencoded"))
        .to_http_request();
    assert!(is_refused(decide_join(&twice, b"{}")));
}

#[test]
fn a_name_that_becomes_another_is_refused() {
    let form = |body: &str| verdict("application/x-www-form-urlencoded", body.as_bytes());
    for body in [
        "[action]=shutdown",
        "%5Baction%5D=shutdown",
        "%5baction%5d=shutdown",
        "action[]=shutdown",
        "action[0]=shutdown",
        "action[x]=shutdown",
        "[shutdown]=1",
        "[action]",
        "action=join&[action]=shutdown",
        "a=1&action=join&action=join",
        "action.x=shutdown",
        "+action=shutdown",
        "action+=shutdown",
        "action%00=shutdown",
        "?action=shutdown",
        "=shutdown",
        "userid=x]=y",
        "action=join%5D=x",
        "__proto__[action]=shutdown",
        "__proto__=x",
        "constructor=x",
        "constructor[prototype][action]=shutdown",
        "action=join%",
        "userid=%ff",
        "\u{feff}action=shutdown",
    ] {
        assert_ne!(form(body), JoinDecision::Play, "{body}");
    }
    assert!(is_refused(form(&"a=1&".repeat(1_001))));
    let many: String = (b'a'..=b'z')
        .flat_map(|a| (b'a'..=b'z').flat_map(move |b| [a, b, b'=', b'&']))
        .map(char::from)
        .collect();
    assert!(is_refused(form(&many)), "and the rest may be cut off");
    let json = |body: &str| verdict("application/json", body.as_bytes());
    for body in [
        r#"{"userid":"a","userid":"b"}"#,
        r#"{"__proto__":{"action":"shutdown"}}"#,
        r#"{"constructor":{"prototype":{"action":"shutdown"}}}"#,
        r#"{"action":{"toString":"shutdown"}}"#,
        r#"{"action":"join"} {"action":"shutdown"}"#,
        "\u{feff}{}",
    ] {
        assert!(is_refused(json(body)), "{body}");
    }
    assert_eq!(
        json(r#"{"action":"quit"}"#),
        JoinDecision::Admin,
        "whatever the program may learn to do"
    );
    let both = r#"{"action":"join","userid":"a","userId":"a","password":"","adminPassword":""}"#;
    assert_eq!(json(both), JoinDecision::Play);
}

#[test]
fn what_is_no_plain_form_is_refused() {
    for kind in [
        "",
        "application/json; charset=utf-16",
        "application/json; charset=utf-8; charset=utf-16",
        "application/json; charset = utf-16",
        "application/json; x=y",
        "application/json, application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=iso-8859-1",
        "application/vnd.api+json",
        "text/json",
        "multipart/form-data; boundary=application/json",
    ] {
        assert!(is_refused(verdict(kind, b"{}")), "{kind}");
    }
    for kind in [
        "application/json",
        "Application/JSON",
        "application/json;charset=UTF-8",
        "application/json; charset=\"utf-8\"",
    ] {
        assert_eq!(verdict(kind, b"{}"), JoinDecision::Play, "{kind}");
    }
    for coding in ["gzip", "gzip, identity", "identity, gzip", ""] {
        let squeezed = TestRequest::post()
            .insert_header(("content-type", "application/json"))
            .insert_header(("content-encoding", coding))
            .to_http_request();
        assert!(is_refused(decide_join(&squeezed, b"{}")), "{coding:?}");
    }
}

/// Pieces by which forms deceive.
const OF_FORMS: &str = "action shutdown join = = = & & & [ ] [action] %5Baction%5D [] [0] %3D %26 %5D= ]= + %20 . ? ; %00 \
    % %zz %ff __proto__ constructor utf8=%26%2310003%3B &action=join &action=join &userid=a action=shutdown \
    %61ction=%73hutdown a[action] \u{e9}";
const OF_JSON: &str = r#"{ } { } [ ] , : "action" "shutdown" "join" "userid" true null 1 "\u0061ction" "__proto__" "action":"join"
    ,"userid":"a" {"action":"shutdown"} {"action":"join"} {"action":"join", "a":{"action":"shutdown"}}"#;

/// Bodies made of such pieces.
fn bodies() -> impl Strategy<Value = (&'static str, String)> {
    let joined = |pieces: &'static str| {
        let pieces: Vec<_> = pieces.split_whitespace().chain(["\u{feff}"]).collect();
        prop::collection::vec(prop::sample::select(pieces), 1..9).prop_map(|pieces| pieces.concat())
    };
    prop_oneof![
        joined(OF_FORMS).prop_map(|body| ("application/x-www-form-urlencoded", body)),
        joined(OF_JSON).prop_map(|body| ("application/json", body)),
    ]
}

/// What each of Express's readers makes of `bodies`.
fn read_by_express(bodies: &[(&str, String)]) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/node");
    assert!(
        folder.join("node_modules/express").is_dir(),
        "the Node packages are missing: run `npm ci` in testkit/node first"
    );
    let mut node = Command::new("node")
        .arg("forms.js")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut into = node.stdin.take().unwrap();
    let line = |(kind, body): &(&str, String)| {
        json!({ "type": kind, "body": BASE64_STANDARD.encode(body) }).to_string() + "\n"
    };
    let lines: String = bodies.iter().map(line).collect();
    let writing = std::thread::spawn(move || into.write_all(lines.as_bytes()));
    let read = BufReader::new(node.stdout.take().unwrap()).lines();
    let read: Vec<Value> = read.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    writing.join().unwrap().unwrap();
    assert!(node.wait().unwrap().success());
    assert_eq!(read.len(), bodies.len());
    read
}

#[test]
fn what_is_passed_on_is_read_in_one_way_by_express_and_asks_for_nothing() {
    let mut runner = TestRunner::deterministic();
    let strategy = bodies();
    let bodies: Vec<_> =
        (0..6_000).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    let (mut fine, mut admin) = (0, 0);
    for ((kind, body), read_by) in bodies.iter().zip(read_by_express(&bodies)) {
        let readings: Vec<_> = read_by.as_object().unwrap().values().collect();
        let asks = readings.iter().any(|read| {
            let (action, shutdown) = (&read["action"], &read["shutdown"]);
            let plays = action.is_null() || PLAYERS.iter().any(|player| action == player);
            let stays = shutdown.is_null() || *shutdown == false || *shutdown == "";
            !plays || !stays
        });
        admin += usize::from(asks);
        if verdict(kind, body.as_bytes()) == JoinDecision::Play {
            fine += 1;
            assert!(!asks, "{kind} {body:?} is {read_by}");
            assert!(
                readings.windows(2).all(|two| two[0] == two[1]),
                "{kind} {body:?} is {read_by}"
            );
        }
    }
    assert!(fine > 100 && admin > 100, "{fine} were passed on, {admin} asked to shut down");
}
