use super::*;

fn ours() -> Vec<String> {
    vec!["refractory_session".to_owned(), ROUND.to_owned()]
}

fn head(cookie: &str) -> String {
    format!("GET /tables/friday?x=y HTTP/1.1\r\nHost: games.example.org:8080\r\ncookie: {cookie}")
}

fn told(head: &str) -> Vec<String> {
    let flood = OversizedCookies::of_head(head.as_bytes());
    flood.removals(&ours()).into_iter().map(|removal| String::from_utf8(removal).unwrap()).collect()
}

#[test]
fn each_cookie_goes_from_wherever_it_may_have_been_set() {
    let told = told(&head("big=xxxx; a=b"));
    for place in [
        "Path=/; Max-Age=0",
        "Path=/; Domain=games.example.org;",
        "Path=/; Domain=example.org;",
        "Path=/tables; Domain=example.org;",
        "Path=/tables/; Max-Age=0",
        "Path=/tables/friday; Domain=example.org;",
    ] {
        for name in ["big=; ", "a=; "] {
            assert!(
                told.iter().any(|one| one.starts_with(&format!("{name}{place}"))),
                "{name}{place} of {told:?}"
            );
        }
    }
    assert!(!told.iter().any(|one| one.contains("Domain=org")), "{told:?}");
    assert!(told[0].starts_with("big="), "the largest first");
}

#[test]
fn what_signs_its_owner_in_stays_and_what_only_looks_like_it_goes() {
    let told = told(&head("refractory_session=s; refractory_session=planted; session=f; a=b"));
    for name in ["refractory_session", "session"] {
        let of: Vec<_> = told.iter().filter(|one| one.starts_with(&format!("{name}="))).collect();
        assert!(!of.iter().any(|one| one.contains("Path=/; Max-Age")), "{of:?}");
        assert!(of.iter().any(|one| one.contains("Path=/; Domain=example.org;")), "{of:?}");
    }
}

#[test]
fn names_cannot_say_more_than_names() {
    let told = told(&head("a\u{1}b=c; bare; =x; __Host-x=y; d\tx=1"));
    assert!(!told.iter().any(|one| one.contains('\u{1}') || one.contains('\t')), "{told:?}");
    assert!(told.iter().any(|one| one.starts_with("=bare; Path=/; ")), "{told:?}");
    assert!(told.iter().any(|one| one.starts_with("=x; Path=/; ")), "{told:?}");
    assert!(
        told.iter().any(|one| one.starts_with("__Host-x=; Path=/; ") && one.ends_with("; Secure"))
    );
    let odd = OversizedCookies::of_head(b"GET /a;b HTTP/1.1\nHost: evil\"x.example\nCookie: a=b");
    let places: Vec<_> =
        odd.wheres().iter().map(|place| (place.domain.clone(), place.path.clone())).collect();
    assert_eq!(places, [(None, "/".to_owned())]);
}

#[test]
fn an_answer_is_no_flood_itself_and_each_round_goes_on() {
    let mut cookie: String = String::new();
    for n in 0..180 {
        let _infallible = write!(cookie, "c{n:03}{}=x; ", "y".repeat(3_000));
    }
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..4 {
        let head = head(&format!("{cookie}{ROUND}={round}"));
        let flood = OversizedCookies::of_head(head.as_bytes());
        let answer = flood.bytes(&ours());
        assert!(answer.len() < 200 * 1024, "{}", answer.len());
        let removals = told(&head);
        assert!(removals.last().unwrap().starts_with(&format!("{ROUND}={}; ", round + 1)));
        assert!(
            removals.iter().any(|one| seen.insert(one.clone())),
            "round {round} does nothing new"
        );
    }
    let last = head(&format!("a=b; {ROUND}={ROUNDS}"));
    let last = OversizedCookies::of_head(last.as_bytes()).page();
    assert!(!last.contains("refresh"), "it does not go on for ever");
}

#[test]
fn a_long_head_without_cookies_says_so() {
    let answer = OversizedCookies::of_head(b"GET /xxxx").bytes(&ours());
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 431 ") && !answer.contains("set-cookie"), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}", body.len())));
}

#[test]
fn addresses_and_single_names_have_no_parents() {
    assert_eq!(domains("127.0.0.1:8080"), [None]);
    assert_eq!(domains("[::1]:8080"), [None]);
    let names = |host: &str| domains(host).into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(names("friday.localhost:8080"), ["friday.localhost", "localhost"]);
    assert_eq!(names("a.b.example.org"), ["a.b.example.org", "b.example.org", "example.org"]);
}
