use super::*;

fn portal() -> Vec<String> {
    vec!["refractory_session".to_owned(), "refractory_csrf".to_owned()]
}

fn text(bytes: Option<Cow<'_, [u8]>>) -> Option<String> {
    bytes.map(|bytes| String::from_utf8(bytes.into_owned()).unwrap())
}

#[test]
fn the_portals_cookies_never_reach_an_instance() {
    let names = portal();
    let jar = CookieFilter {
        portal: &names,
        host: "friday.play.test",
        under: None,
        session: SessionRule::Any,
    };
    for (sent, kept) in [
        ("session=1", Some("session=1")),
        ("a=1;b=2 ;  c", Some("a=1;b=2 ;  c")),
        ("session=1; refractory_session=S; x=y", Some("session=1; x=y")),
        ("refractory_session=S", None),
        (" Refractory_Session = S;refractory_csrf=T", None),
        ("refractory_session_=S", Some("refractory_session_=S")),
        ("refractory_session", None),
    ] {
        assert_eq!(text(jar.for_instance(sent.as_bytes())).as_deref(), kept, "{sent}");
    }
}

#[test]
fn a_session_is_kept_from_an_instance_where_it_must_not_have_it() {
    let names = portal();
    let known = vec![foundry_session_digest("2")];
    for (session, sent, kept) in [
        (SessionRule::Hidden, "session=1", None),
        (SessionRule::Hidden, "a=1; session=2; sessions=3; session=4", Some("a=1; sessions=3")),
        (SessionRule::Only(&known), "session=9; a=1; session=2", Some("a=1; session=2")),
    ] {
        let jar = CookieFilter { portal: &names, host: "friday.play.test", under: None, session };
        assert_eq!(text(jar.for_instance(sent.as_bytes())).as_deref(), kept, "{sent}");
    }
}

#[test]
fn an_instance_sets_cookies_for_itself_alone() {
    let names = portal();
    let jar = CookieFilter {
        portal: &names,
        host: "friday.play.test",
        under: None,
        session: SessionRule::Any,
    };
    let own = "session=1; Max-Age=86400; Path=/; SameSite=Strict";
    for (set, kept) in [
        (own, Some(own)),
        ("a=1; Domain=play.test; Path=/", Some("a=1; Path=/")),
        ("a=1;domain=.PLAY.test", Some("a=1")),
        ("a=1; Domain = test ;Secure", Some("a=1;Secure")),
        ("a=1; Domain=Friday.play.test", Some("a=1; Domain=Friday.play.test")),
        ("refractory_session=evil; Path=/", None),
        ("REFRACTORY_CSRF=evil", None),
        ("=refractory_session=evil", None),
        (" = refractory_session=evil", None),
    ] {
        assert_eq!(text(jar.for_browser(set.as_bytes())).as_deref(), kept, "{set}");
    }
}

#[test]
fn instances_that_share_a_host_do_not_share_cookies() {
    let names = portal();
    let jar = CookieFilter {
        portal: &names,
        host: "play.test",
        under: Some("friday"),
        session: SessionRule::Any,
    };
    for (set, kept) in [
        ("session=1; Path=/; Secure", "session=1; Secure; Path=/friday"),
        ("session=1", "session=1; Path=/friday"),
        ("session=1; Path=/friday", "session=1; Path=/friday"),
        ("session=1; Path=/friday/x", "session=1; Path=/friday/x"),
        ("session=1; Path=/fridays", "session=1; Path=/friday"),
        ("session=1; Path=/monday", "session=1; Path=/friday"),
    ] {
        assert_eq!(text(jar.for_browser(set.as_bytes())).as_deref(), Some(kept), "{set}");
    }
}

#[test]
fn a_session_is_the_same_however_it_is_written() {
    let names = portal();
    let digest = [foundry_session_digest("0a1b2c")];
    let jar = CookieFilter {
        portal: &names,
        host: "friday.play.test",
        under: None,
        session: SessionRule::Only(&digest),
    };
    for written in ["0a1b2c", "%30a1b2c", "0%611b2c", "\"0a1b2c\"", "\"%30%61%31%62%32%63\""] {
        assert_eq!(read_as_express(written), "0a1b2c", "{written}");
        let line = format!("session={written}");
        assert_eq!(text(jar.for_instance(line.as_bytes())).as_deref(), Some(&*line), "{written}");
    }
    for other in ["0a1b2d", "%2530a1b2c", "0a1b2c%", "0a1b2c%zz", "\"0a1b2c", "%ff"] {
        assert_ne!(read_as_express(other), "0a1b2c", "{other}");
        assert!(jar.for_instance(format!("session={other}").as_bytes()).is_none(), "{other}");
    }
}
