//! Uploads in a bucket that only the deployment reads, between a browser, the table's program and the store.
use refractory_core::Refractory;
use refractory_core::model::{Attempt, Held, Instance, Step};
use refractory_core::null::NoAssetGateway;
use refractory_core::ports::AssetRequest;
use refractory_core::{InstanceId, Timestamp};
use testkit::conformance::door::Program;
use testkit::http::{Misbehavior, RawClient, RawResponse, Upstream};
use testkit::world::World;

use super::house::{House, asleep, awake, impatient, settings, starting};

const MAP: &str = "HTTP/1.1 200 OK\r\nContent-Type: image/webp\r\nContent-Length: 5\r\nETag: \"x\"\r\nX-Amz-Request-Id: 7\r\n\r\na map";

/// A table called `friday` in front of `program`, whose uploads lie in `store`.
struct Bucket {
    house: House,
    world: World,
    program: Upstream,
}

fn with_uploads(mut instance: Instance) -> Instance {
    let handle = World::default().handle(&instance.id);
    instance.journal.hold(Step::Assets, Held::Assets(handle));
    instance
}

impl Bucket {
    async fn before(store: &Upstream) -> Self {
        Self::with(settings(), store).await
    }

    async fn with(mut settings: refractory_web::proxy::EdgeSettings, store: &Upstream) -> Self {
        let world = World::default();
        world.configure(|knobs| knobs.uploads_at = format!("http://{}", store.address()));
        let (refractory, _worker) =
            Refractory::builder(world.clone()).asset_gateway(world.clone()).build();
        settings.uploads = Some(refractory);
        let program =
            Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nprogram").await;
        let house = House::empty(settings);
        house.tell(&with_uploads(awake("friday", program.address())));
        Self { house, world, program }
    }

    async fn ask(&self, question: impl AsRef<[u8]>) -> RawResponse {
        RawClient::ask(self.house.address, question).await
    }

    /// A request of the program of `by`, for the bucket of the table `friday`.
    fn signed(&self, by: &str, method: &str, below: &str, more: &str) -> String {
        let of = InstanceId::new("friday").unwrap();
        let handle = self.world.handle(&of);
        let (path, query) = below.split_once('?').unwrap_or((below, ""));
        let ask = AssetRequest {
            path: format!("/{handle}{path}"),
            of,
            handle: handle.clone(),
            launched: true,
            method: method.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            refused: None,
        };
        let signed = self.world.sign(&InstanceId::new(by).unwrap(), ask);
        let (_, signature) = &signed.headers[0];
        format!(
            "{method} /{handle}{below} HTTP/1.1\r\nHost: friday.play.test\r\nAuthorization: {signature}\r\n{more}\r\n"
        )
    }
}

fn get(host: &str, path: &str, more: &str) -> String {
    format!("GET /bucket-of-friday{path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n")
}

const HOME: &str = "friday.play.test";

#[tokio::test]
async fn a_browser_reads_an_upload_as_a_file_of_the_table() {
    let store = Upstream::answering(MAP).await;
    let bucket = Bucket::before(&store).await;
    let more = "Range: bytes=0-9\r\nIf-None-Match: \"y\"\r\nCookie: session=SECRET; refractory_session=SECRET\r\n";
    let answer = bucket.ask(get(HOME, "/maps/old%20inn.webp?1234", more)).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "a map"));
    assert_eq!(answer.headers("content-type"), ["image/webp"]);
    assert_eq!(answer.headers("etag"), ["\"x\""]);
    assert_eq!(answer.headers("cache-control"), ["private, no-cache"]);
    assert_eq!(answer.headers("x-content-type-options"), ["nosniff"]);
    for none in ["x-amz-request-id", "location", "access-control-allow-origin"] {
        assert!(answer.headers(none).is_empty(), "{}", answer.head);
    }
    let head = store.last_head();
    assert!(head.starts_with("GET /bucket-of-friday/maps/old%20inn.webp HTTP/1.1\r\n"), "{head}");
    assert!(
        head.contains("range: bytes=0-9\r\n") && head.contains("if-none-match: \"y\""),
        "{head}"
    );
    assert!(head.contains(&format!("host: {}\r\n", store.address())), "{head}");
    assert!(head.contains("x-world-key: key of friday\r\n"), "{head}");
    assert!(!head.contains("SECRET") && !head.contains("x-forwarded"), "{head}");
    assert!(bucket.program.heads().is_empty());
}

#[tokio::test]
async fn everything_else_at_the_same_address_is_the_tables() {
    let store = Upstream::answering(MAP).await;
    let bucket = Bucket::before(&store).await;
    for path in
        ["/", "/bucket-of-monday/map", "/bucket-of-friday2/map", "/data/bucket-of-friday/map"]
    {
        let asked = format!("GET {path} HTTP/1.1\r\nHost: {HOME}\r\n\r\n");
        assert_eq!(bucket.ask(asked).await.text(), "program", "{path}");
    }
    assert!(store.heads().is_empty());
}

#[tokio::test]
async fn three_hundred_pictures_come_over_one_connection_and_no_redirect() {
    let store = Upstream::answering(MAP).await;
    let bucket = Bucket::before(&store).await;
    let mut wire = RawClient::open(bucket.house.address).await;
    for at in 0..300 {
        wire.send(get(HOME, &format!("/tiles/{at}.webp"), "")).await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "a map"));
    }
    assert_eq!((store.heads().len(), store.accepted()), (300, 1));
}

#[tokio::test]
async fn the_answers_that_mean_something_to_a_reader_are_passed_on() {
    for (said, status) in [
        ("206 Partial Content\r\nContent-Range: bytes 0-0/5\r\nContent-Length: 1\r\n\r\na", 206),
        ("304 Not Modified\r\nETag: \"x\"\r\n\r\n", 304),
        ("412 Precondition Failed\r\nContent-Length: 0\r\n\r\n", 412),
        ("416 Range Not Satisfiable\r\nContent-Range: bytes */5\r\nContent-Length: 0\r\n\r\n", 416),
    ] {
        let store = Upstream::answering(format!("HTTP/1.1 {said}")).await;
        let answer = Bucket::before(&store).await.ask(get(HOME, "/map", "")).await;
        assert_eq!(answer.status, status);
        assert!(answer.headers("content-range").len() == usize::from(said.contains("Range:")));
    }
}

#[tokio::test]
async fn what_the_store_says_of_itself_stays_here() {
    for (said, status) in [
        ("404 Not Found", 404),
        ("403 Forbidden", 502),
        ("301 Moved", 502),
        ("503 Slow Down", 502),
        ("400 Bad", 502),
    ] {
        let xml =
            "<Error><BucketName>bucket-of-friday</BucketName><HostId>internal</HostId></Error>";
        let store = Upstream::answering(format!(
            "HTTP/1.1 {said}\r\nLocation: http://internal/\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{xml}",
            xml.len()
        ))
        .await;
        let answer = Bucket::before(&store).await.ask(get(HOME, "/map", "")).await;
        assert_eq!(answer.status, status, "{said}");
        assert!(
            !answer.text().contains("internal") && !answer.head.contains("internal"),
            "{}",
            answer.text()
        );
        assert_eq!(answer.headers("cache-control"), ["no-store"]);
    }
}

#[tokio::test]
async fn without_a_signature_nothing_but_reading_reaches_the_store() {
    let store = Upstream::answering(MAP).await;
    let bucket = Bucket::before(&store).await;
    for method in ["PUT", "POST", "DELETE", "PATCH", "OPTIONS"] {
        let asked = format!(
            "{method} /bucket-of-friday/map HTTP/1.1\r\nHost: {HOME}\r\nContent-Length: 0\r\n\r\n"
        );
        assert_eq!(bucket.ask(asked).await.status, 405, "{method}");
    }
    for path in ["", "/", "?list-type=2"] {
        assert!(matches!(bucket.ask(get(HOME, path, "")).await.status, 403 | 405), "{path}");
    }
    assert_eq!(bucket.ask(get(HOME, "/../bucket-of-monday/map", "")).await.status, 400);
    assert!(store.heads().is_empty() && bucket.program.heads().is_empty());
}

#[tokio::test]
async fn the_program_uploads_and_is_told_all_that_the_store_says() {
    let store = Upstream::start(|mut visit| async move {
        visit.head().await;
        let body = visit.take(300_000).await;
        let said = format!("{}", body.split(|byte| *byte != b'x').map(<[u8]>::len).sum::<usize>());
        visit
            .send(format!(
                "HTTP/1.1 200 OK\r\nX-Amz-Request-Id: 7\r\nContent-Length: {}\r\n\r\n{said}",
                said.len()
            ))
            .await;
    })
    .await;
    let bucket = Bucket::before(&store).await;
    let more = "Content-Length: 300000\r\nContent-Type: image/webp\r\nx-amz-acl: public-read\r\n";
    let mut wire = RawClient::open(bucket.house.address).await;
    wire.send(bucket.signed("friday", "PUT", "/map", more)).await;
    wire.send(vec![b'x'; 300_000]).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "300000"));
    assert_eq!(answer.headers("x-amz-request-id"), ["7"]);
    let head = store.last_head();
    assert!(
        head.contains("content-length: 300000\r\n")
            && head.contains("content-type: image/webp\r\n"),
        "{head}"
    );
    assert!(!head.contains("authorization") && !head.contains("acl"), "{head}");
}

#[tokio::test]
async fn strangers_that_sign_are_told_why_in_the_stores_own_words() {
    let store = Upstream::answering(MAP).await;
    let bucket = Bucket::before(&store).await;
    let other = bucket.ask(bucket.signed("monday", "PUT", "/map", "Content-Length: 0\r\n")).await;
    assert_eq!((other.status, other.headers("content-type")), (403, vec!["application/xml"]));
    assert!(other.text().contains("<Code>"), "{}", other.text());
    // Signed, and about no bucket of this table: it is not for the program either.
    for path in ["/", "/bucket-of-monday/map"] {
        let asked = format!(
            "GET {path} HTTP/1.1\r\nHost: {HOME}\r\nAuthorization: AWS4-HMAC-SHA256 x\r\n\r\n"
        );
        assert_eq!(bucket.ask(asked).await.status, 403, "{path}");
    }
    assert!(store.heads().is_empty() && bucket.program.heads().is_empty());
}

#[tokio::test]
async fn a_table_that_is_not_awake_serves_its_program_and_nobody_else() {
    let store = Upstream::answering(MAP).await;
    let bucket = Bucket::before(&store).await;
    let mut launching = with_uploads(starting("friday"));
    launching.journal.intend(Step::Runtime, Attempt::begun(Timestamp(3)));
    bucket.house.tell(&launching);
    assert_eq!(bucket.ask(get(HOME, "/map", "")).await.status, 503);
    assert_eq!(bucket.ask(bucket.signed("friday", "GET", "/map", "")).await.status, 200);
    bucket.house.tell(&with_uploads(asleep("friday")));
    assert_eq!(bucket.ask(get(HOME, "/map", "")).await.status, 503);
    assert_eq!(bucket.ask(bucket.signed("friday", "GET", "/map", "")).await.status, 403);
    bucket.house.forget(&with_uploads(asleep("friday")));
    assert_eq!(bucket.ask(get(HOME, "/map", "")).await.status, 404);
}

#[tokio::test]
async fn a_table_that_was_renamed_has_its_uploads_at_its_former_address_too() {
    let store = Upstream::answering(MAP).await;
    let bucket = Bucket::before(&store).await;
    let mut renamed = with_uploads(awake("friday", bucket.program.address()));
    renamed.slug = refractory_core::model::Slug::new("saturday").unwrap();
    bucket.house.tell(&renamed);
    let now = bucket.ask(get("saturday.play.test", "/map", "")).await;
    assert_eq!((now.status, now.headers("access-control-allow-origin").len()), (200, 0));
    let former = bucket.ask(get(HOME, "/map", "Origin: https://saturday.play.test\r\n")).await;
    assert_eq!((former.status, former.text().as_str()), (200, "a map"));
    assert_eq!(former.headers("access-control-allow-origin"), ["https://saturday.play.test"]);
    assert_eq!(
        bucket.ask(bucket.signed("friday", "GET", "/map", "")).await.status,
        200,
        "its launch knows no other"
    );
    for path in ["/", "/game", "/bucket-of-friday2"] {
        let asked = format!("GET {path} HTTP/1.1\r\nHost: {HOME}\r\n\r\n");
        assert_eq!(bucket.ask(asked).await.status, 404, "nothing else is served there: {path}");
    }
    // Another table that takes the name has the whole of it.
    let mut taken = awake("monday", bucket.program.address());
    taken.slug = refractory_core::model::Slug::new("friday").unwrap();
    bucket.house.tell(&taken);
    assert_eq!(bucket.ask(get(HOME, "/map", "")).await.text(), "program");
    assert_eq!(
        bucket.ask(get("play.test", "/map", "")).await.text(),
        "portal",
        "never on the portal's own origin"
    );
}

#[tokio::test]
async fn a_store_with_bad_manners_is_told_from_an_upload() {
    for (manner, status) in [
        (Misbehavior::HangsUp, 502),
        (Misbehavior::Garbage, 502),
        (Misbehavior::Silent, 504),
        (Misbehavior::SwitchesThenSilent, 502),
    ] {
        let store = Upstream::misbehaving(manner).await;
        let bucket = Bucket::with(impatient(), &store).await;
        assert_eq!(bucket.ask(get(HOME, "/map", "")).await.status, status, "{manner:?}");
    }
    let store = Upstream::misbehaving(Misbehavior::ResetsWhenReused).await;
    let bucket = Bucket::before(&store).await;
    for _ in 0..4 {
        assert_eq!(bucket.ask(get(HOME, "/map", "")).await.status, 200, "asked again, unnoticed");
    }
}

#[tokio::test]
async fn a_key_that_the_store_knows_no_longer_is_asked_for_once_more() {
    let refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    let store = Upstream::start(move |mut visit| async move {
        while visit.head().await.is_some() && visit.send(refused).await {}
    })
    .await;
    let bucket = Bucket::before(&store).await;
    assert_eq!(bucket.ask(get(HOME, "/map", "")).await.status, 502);
    assert_eq!((store.heads().len(), store.accepted()), (2, 1), "and not for ever");
}

#[tokio::test]
async fn where_there_is_no_door_every_address_is_the_tables() {
    let program = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nprogram").await;
    let mut settings = settings();
    let (refractory, _worker) =
        Refractory::builder(World::default()).asset_gateway(NoAssetGateway).build();
    settings.uploads = Some(refractory);
    let house = House::empty(settings);
    house.tell(&with_uploads(awake("friday", program.address())));
    let answer = RawClient::ask(house.address, get(HOME, "/map", "")).await;
    assert_eq!(answer.text(), "program");
}
