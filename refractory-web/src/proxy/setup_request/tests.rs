use actix_web::test::TestRequest;

use super::*;

#[test]
fn what_is_about_to_be_done_is_read_from_either_shape() {
    for (body, action) in [
        (r#"{"action":"adminConfigure","port":30000}"#, SetupAction::SaveSettings),
        (r#"{"action":"\u0061dminConfigure"}"#, SetupAction::SaveSettings),
        ("port=30000&action=adminConfigure", SetupAction::SaveSettings),
        ("action=%61dminConfigure", SetupAction::SaveSettings),
        (r#"{"action":"adminLogout"}"#, SetupAction::SignOut),
        (r#"{"action":"createWorld","title":"adminConfigure"}"#, SetupAction::MakeWorld),
        (r#"{"action":"launchWorld"}"#, SetupAction::Other),
        ("", SetupAction::Other),
        ("\u{0}", SetupAction::Other),
        ("[]", SetupAction::Other),
    ] {
        assert_eq!(SetupAction::from_form(body.as_bytes()), action, "{body}");
    }
}

/// A method, headers, and whether such a request may act.
type Row = (&'static str, Vec<(&'static str, &'static str)>, bool);

#[test]
fn only_pages_of_this_host_and_people_act() {
    let site = "sec-fetch-site";
    let open = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let frame = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
    let rows: [Row; 11] = [
        ("POST", vec![(site, "same-origin")], true),
        ("GET", vec![(site, "none")], true),
        ("POST", vec![(site, "same-site")], false),
        ("POST", vec![(site, "cross-site"), open[0], open[1]], false),
        ("GET", vec![(site, "same-site"), open[0], open[1]], true),
        ("GET", vec![(site, "same-site"), frame[0], frame[1]], false),
        ("GET", vec![(site, "cross-site"), ("sec-fetch-mode", "no-cors")], false),
        ("POST", vec![("origin", "http://friday.test:8080")], true),
        ("POST", vec![("origin", "http://monday.test:8080")], false),
        ("POST", vec![("origin", "null")], false),
        ("POST", vec![], true),
    ];
    for (method, headers, good) in rows {
        let mut request = TestRequest::default()
            .method(method.parse().unwrap())
            .insert_header(("host", "friday.test:8080"));
        for header in &headers {
            request = request.append_header(*header);
        }
        let at = Addressing::new("test", 8080, false);
        let host = Some("friday.test:8080");
        assert_eq!(is_from(&request.to_http_request(), host, &at), good, "{method} {headers:?}");
    }
}

#[test]
fn a_proxy_may_leave_the_port_out() {
    let at = Addressing::new("test", 8443, true);
    assert!(is_own_origin("https://friday.test:8443", "friday.test", &at));
    assert!(is_own_origin("https://friday.test:8443", "friday.test:8443", &at));
    assert!(!is_own_origin("https://monday.test:8443", "friday.test", &at));
    assert!(!is_own_origin("https://friday.test", "friday.test:8443", &at));
}

#[test]
fn every_value_of_a_cookie_is_tried() {
    let request = TestRequest::default()
        .append_header(("cookie", "a=1; pass=planted; \u{fc}=x; passes=no"))
        .append_header(("cookie", "pass = mine"))
        .to_http_request();
    assert_eq!(cookies(&request, "pass").collect::<Vec<_>>(), ["planted", "mine"]);
}
