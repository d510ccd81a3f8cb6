use actix_web::test::TestRequest;

use super::*;

fn verdict(kind: &str, body: &[u8]) -> Verdict {
    let request = TestRequest::post().insert_header(("content-type", kind)).to_http_request();
    judge(&request, body)
}

fn is_refused(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Refused(..))
}

#[test]
fn players_join_and_nobody_shuts_down() {
    let json = |body: &str| verdict("application/json; charset=utf-8", body.as_bytes());
    let form = |body: &str| verdict("application/x-www-form-urlencoded", body.as_bytes());
    assert_eq!(
        json(r#"{"action":"join","userid":"a","password":"","adminPassword":""}"#),
        Verdict::Fine
    );
    assert_eq!(json(r#"{"userid":"shutdown"}"#), Verdict::Fine);
    assert_eq!(form("action=join&userid=a&password=%26action%3Dshutdown"), Verdict::Fine);
    assert_eq!(form(""), Verdict::Fine);
    for action in ["shutdown", "login", "adminLogin", "ShutDown", " shutdown "] {
        assert_eq!(json(&format!(r#"{{"action":"{action}"}}"#)), Verdict::Admin, "{action}");
        assert_eq!(form(&format!("a=b&action={action}")), Verdict::Admin, "{action}");
    }
    assert_eq!(json(r#"{"\u0061ction":"\u0073hutdown"}"#), Verdict::Admin);
    assert_eq!(json(r#"{"action":"shutdown","action":"join"}"#), Verdict::Admin);
    assert_eq!(json(r#"{"action":"join","action":"shutdown"}"#), Verdict::Admin);
    assert_eq!(json(r#"{"shutdown":true}"#), Verdict::Admin);
    assert_eq!(form("%61ction=%73hutdown"), Verdict::Admin);
    assert_eq!(form("action=shutdown&action=join"), Verdict::Admin);
    assert_eq!(form("action=+shutdown"), Verdict::Admin);
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
    assert!(is_refused(judge(&bare, b"action=shutdown")));
    let squeezed = TestRequest::post()
        .insert_header(("content-type", "application/json"))
        .insert_header(("content-encoding", "gzip"))
        .to_http_request();
    assert!(is_refused(judge(&squeezed, b"\x1f\x8b")));
    let twice = TestRequest::post()
        .append_header(("content-type", "application/json"))
        .append_header(("content-type", "application/x-www-form-urlencoded"))
        .to_http_request();
    assert!(is_refused(judge(&twice, b"{}")));
}
