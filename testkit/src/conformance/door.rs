//! The contract of [`AssetGateway`].
use std::fmt::Debug;
use std::sync::Arc;

use refractory_core::InstanceId;
use refractory_core::ports::{
    AccessDecision, AssetGateway, AssetReader, AssetRefusal, AssetRequest, SignedRequest,
};

use super::Subject;

/// Signs as the program of an instance does.
pub trait Program: Debug + Send + Sync + 'static {
    /// The handle of the place of `of`.
    fn handle(&self, of: &InstanceId) -> String;
    /// `ask` with the signature of the program of `by` among its headers.
    fn sign(&self, by: &InstanceId, ask: AssetRequest) -> AssetRequest;
}

/// A door to the places of `a` and `b`, with the programs of both.
pub type DoorSubject = Subject<dyn AssetGateway, Arc<dyn Program>>;

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).expect("an id")
}

/// A question about the place of `a`, as a browser puts it; `below` follows the handle.
fn asked(subject: &DoorSubject, method: &str, below: &str) -> AssetRequest {
    let of = id("a");
    let handle = subject.with.handle(&of);
    let (path, query) = below.split_once('?').unwrap_or((below, ""));
    AssetRequest {
        path: format!("/{handle}{path}"),
        of,
        handle,
        launched: true,
        method: method.to_owned(),
        query: query.to_owned(),
        headers: vec![("host".to_owned(), "friday.games.example".to_owned())],
        refused: None,
    }
}

fn with(mut ask: AssetRequest, name: &str, value: &str) -> AssetRequest {
    ask.headers.push((name.to_owned(), value.to_owned()));
    ask
}

async fn admit(subject: &DoorSubject, ask: &AssetRequest) -> AccessDecision {
    subject.bounded_call("admit", subject.port.admit(ask)).await.expect("admit")
}

async fn sent(subject: &DoorSubject, ask: &AssetRequest) -> SignedRequest {
    match admit(subject, ask).await {
        AccessDecision::Send(errand) => errand,
        AccessDecision::Refuse(refusal) => panic!("{ask:?} was refused: {refusal:?}"),
    }
}

async fn refused(subject: &DoorSubject, ask: &AssetRequest) -> AssetRefusal {
    match admit(subject, ask).await {
        AccessDecision::Refuse(refusal) => {
            assert!((400..600).contains(&refusal.status), "{refusal:?}");
            refusal
        }
        AccessDecision::Send(errand) => {
            panic!("{ask:?} was passed on: {} {}", errand.method, errand.url)
        }
    }
}

fn named<'a>(errand: &'a SignedRequest, name: &str) -> Option<&'a str> {
    errand.headers.iter().find_map(|(known, value)| (known == name).then_some(value.as_str()))
}

/// Anyone who knows an upload's name may read it, and the same question has the same answer.
pub async fn anybody_reads_an_upload(subject: &DoorSubject) {
    for method in ["GET", "HEAD"] {
        let ask = asked(subject, method, "/maps/old%20inn.webp");
        let errand = sent(subject, &ask).await;
        assert_eq!((errand.method.as_str(), errand.to), (method, AssetReader::Browser));
        assert!(errand.url.ends_with("/maps/old%20inn.webp"), "{}", errand.url);
        assert!(!errand.with.is_empty());
        assert_eq!(sent(subject, &ask).await.url, errand.url);
    }
}

/// What a browser says besides a range and conditions stays here: sessions, queries, other people's words.
pub async fn a_browser_brings_a_range_and_conditions_only(subject: &DoorSubject) {
    let mut ask = asked(subject, "GET", "/map?versionId=1&acl&response-content-type=text/html");
    let kept = [("range", "bytes=0-3"), ("if-none-match", "\"x\"")];
    let dropped = [
        ("cookie", "session=SECRET"),
        ("x-amz-acl", "public-read"),
        ("x-forwarded-for", "10.0.0.1"),
    ];
    for (name, value) in kept.into_iter().chain(dropped) {
        ask = with(ask, name, value);
    }
    let errand = sent(subject, &ask).await;
    for (name, value) in kept {
        assert_eq!(named(&errand, name), Some(value));
    }
    for (name, value) in dropped {
        assert_ne!(named(&errand, name), Some(value));
    }
    assert_ne!(named(&errand, "host"), Some("friday.games.example"), "it goes elsewhere");
    for word in ["versionId", "acl", "response-content-type"] {
        assert!(!errand.url.contains(word), "{}", errand.url);
    }
}

/// Anyone who does not sign changes nothing, and is told no names.
pub async fn without_a_signature_nothing_is_written_or_listed(subject: &DoorSubject) {
    for (method, below) in [
        ("PUT", "/map"),
        ("POST", "/map"),
        ("DELETE", "/map"),
        ("PATCH", "/map"),
        ("POST", ""),
        ("GET", ""),
        ("GET", "/"),
        ("HEAD", ""),
        ("GET", "/?list-type=2"),
    ] {
        refused(subject, &asked(subject, method, below)).await;
    }
}

/// An address that leads out of the place leads nowhere, however it is written.
pub async fn no_address_leads_out_of_the_place(subject: &DoorSubject) {
    let other = subject.with.handle(&id("b"));
    for below in [
        format!("/../{other}/map"),
        format!("/%2e%2e/{other}/map"),
        format!("/x/..%2F..%2f{other}/map"),
        "/./map".to_owned(),
        "-b/map".to_owned(),
    ] {
        refused(subject, &asked(subject, "GET", &below)).await;
    }
    let mut elsewhere = asked(subject, "GET", "/map");
    elsewhere.path = format!("/{other}/map");
    refused(subject, &elsewhere).await;
    refused(subject, &subject.with.sign(&id("a"), elsewhere)).await;
}

/// What the program signs is done, with a signature of the door's own, and it is answered.
pub async fn the_program_reads_and_writes(subject: &DoorSubject) {
    for (method, below) in [
        ("PUT", "/maps/inn.webp"),
        ("GET", "/map"),
        ("DELETE", "/map"),
        ("GET", "?list-type=2&prefix=maps%2F"),
    ] {
        let ask = with(asked(subject, method, below), "cookie", "session=SECRET");
        let ask = subject.with.sign(&id("a"), ask);
        let errand = sent(subject, &ask).await;
        assert_eq!((errand.method.as_str(), errand.to), (method, AssetReader::Program));
        assert_ne!(named(&errand, "authorization"), ask.values("authorization").next());
        assert_eq!(named(&errand, "cookie"), None);
        assert_ne!(named(&errand, "host"), Some("friday.games.example"));
    }
}

/// Whom an upload is granted to is the deployment's to say, whatever the program asks for.
pub async fn the_program_grants_nothing(subject: &DoorSubject) {
    let ask = with(asked(subject, "PUT", "/map"), "x-amz-acl", "public-read");
    let errand = sent(subject, &subject.with.sign(&id("a"), ask)).await;
    assert_eq!(named(&errand, "x-amz-acl"), None);
    assert!(!errand.url.contains("acl"), "{}", errand.url);
}

/// Another instance's key opens nothing, and neither does one that no one has.
pub async fn a_stranger_is_refused(subject: &DoorSubject) {
    let theirs = subject.with.sign(&id("b"), asked(subject, "PUT", "/map"));
    assert!(refused(subject, &theirs).await.told.is_some(), "a program is told why");
    for scheme in ["AWS4-HMAC-SHA256 nonsense", "AWS key:signature"] {
        let forged = with(asked(subject, "GET", "/map"), "authorization", scheme);
        refused(subject, &forged).await;
    }
}

/// A signature is for one question: another method, another upload or another query is not what was signed.
pub async fn what_was_changed_after_signing_is_refused(subject: &DoorSubject) {
    let ask = subject.with.sign(&id("a"), asked(subject, "GET", "/map"));
    sent(subject, &ask).await;
    let path = format!("{}2", ask.path);
    let changed = [
        AssetRequest { method: "DELETE".to_owned(), ..ask.clone() },
        AssetRequest { path, ..ask.clone() },
        AssetRequest { query: "x-id=GetObject".to_owned(), ..ask },
    ];
    for changed in changed {
        refused(subject, &changed).await;
    }
}

/// The program may do what Foundry needs. What says who may read a place, or empties it, is not among that.
pub async fn the_program_changes_no_settings(subject: &DoorSubject) {
    for (method, below) in [
        ("PUT", "?policy"),
        ("GET", "?acl"),
        ("DELETE", ""),
        ("PUT", ""),
        ("PUT", "/map?acl"),
        ("POST", "?delete"),
        ("GET", "?versions"),
    ] {
        let ask = subject.with.sign(&id("a"), asked(subject, method, below));
        refused(subject, &ask).await;
    }
}

/// While no program of it runs, no one signs for an instance.
pub async fn nobody_signs_for_what_does_not_run(subject: &DoorSubject) {
    let mut ask = subject.with.sign(&id("a"), asked(subject, "PUT", "/map"));
    sent(subject, &ask).await;
    ask.launched = false;
    refused(subject, &ask).await;
}

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! door_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            anybody_reads_an_upload, a_browser_brings_a_range_and_conditions_only,
            without_a_signature_nothing_is_written_or_listed, no_address_leads_out_of_the_place,
            the_program_reads_and_writes, the_program_grants_nothing, a_stranger_is_refused,
            what_was_changed_after_signing_is_refused, the_program_changes_no_settings,
            nobody_signs_for_what_does_not_run
        }
    };
}

/// One test for each case, against what `$make` makes afresh.
#[macro_export]
macro_rules! conform_door {
    (real_time, $make:expr) => { $crate::door_cases!([$crate::conform_each] real_time door $make); };
    ($make:expr) => { $crate::door_cases!([$crate::conform_each] paused door $make); };
}
