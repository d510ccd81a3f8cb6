use actix_web::test::TestRequest;
use refractory_core::model::{Instance, NewInstance, Slug};
use refractory_core::{InstanceId, Timestamp};

use super::*;

fn routes() -> Routes {
    let routes = Routes::default();
    let new = NewInstance::named(Slug::new("friday").unwrap());
    routes.replace(&[Instance::new(InstanceId::new("one").unwrap(), new, Timestamp(0))]);
    routes
}

fn found(addressing: &Addressing, host: &str, path: &str) -> String {
    match Destination::resolve(addressing, &routes(), host, path) {
        Destination::Table(route) => route.slug.to_string(),
        Destination::Portal => "PORTAL".to_owned(),
        Destination::Damaged => "DAMAGED".to_owned(),
        Destination::Unknown => "UNKNOWN".to_owned(),
    }
}

#[test]
fn a_table_is_found_by_its_name_and_only_by_its_name() {
    let addressing = Addressing::new("play.example", 443, true);
    for (host, expected) in [
        ("friday.play.example", "friday"),
        ("Friday.PLAY.example:8443", "friday"),
        ("friday.play.example.", "friday"),
        ("friday.play.example.:80", "friday"),
        ("play.example", "PORTAL"),
        ("play.example:8080", "PORTAL"),
        ("127.0.0.1:8080", "PORTAL"),
        ("[::1]:8080", "PORTAL"),
        ("localhost", "PORTAL"),
        ("LocalHost.:8080", "PORTAL"),
        ("friday.localhost", "UNKNOWN"),
        ("monday.play.example", "UNKNOWN"),
        ("a.friday.play.example", "UNKNOWN"),
        ("fridayplay.example", "UNKNOWN"),
        (".play.example", "UNKNOWN"),
        ("friday.play.example.evil.test", "UNKNOWN"),
        ("evil.test", "UNKNOWN"),
        ("", "UNKNOWN"),
    ] {
        assert_eq!(found(&addressing, host, "/"), expected, "{host}");
    }
}

#[test]
fn a_table_is_found_by_its_path_where_names_are_not_to_be_had() {
    let addressing = Addressing::new("play.example", 443, true).by_path(true);
    for (path, expected) in [
        ("/friday/", "friday"),
        ("/friday", "friday"),
        ("/friday/join", "friday"),
        ("//friday/join", "friday"),
        ("/", "PORTAL"),
        ("/fridayx", "PORTAL"),
        ("/api/friday", "PORTAL"),
    ] {
        assert_eq!(found(&addressing, "play.example", path), expected, "{path}");
    }
}

#[test]
fn a_host_that_is_missing_odd_or_contradicted_is_refused() {
    let ask = |request: TestRequest| named_host(&request.to_http_request()).is_ok();
    assert!(ask(TestRequest::get().insert_header(("host", "friday.play.example:80"))));
    assert!(ask(TestRequest::with_uri("http://a.test/x").insert_header(("host", "A.test"))));
    assert!(!ask(TestRequest::get()));
    assert!(!ask(TestRequest::get().insert_header(("host", "a b"))));
    assert!(!ask(TestRequest::get().insert_header(("host", "a.test/b"))));
    assert!(!ask(TestRequest::get().insert_header(("host", "a@b.test"))));
    assert!(!ask(TestRequest::with_uri("http://b.test/x").insert_header(("host", "a.test"))));
}
