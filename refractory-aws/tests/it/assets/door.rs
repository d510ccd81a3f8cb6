//! The way to a private place: for a browser, for the table's program, and for no one else.
use std::sync::Arc;
use std::time::Duration;

use refractory_aws::{AssetAccess, BucketAssets, BucketGateway};
use refractory_core::ports::{
    AccessDecision, AssetGateway, AssetReader, AssetRequest, AssetStore as _, SignedRequest,
};
use refractory_core::{Clock, ErrorKind, InstanceId};
use testkit::aws::{Emulator, Fault, FaultProxy, Rule};
use testkit::conformance::Subject;
use testkit::conformance::door::{DoorSubject, Program};

use crate::support::assets::{Page, Tables, browse, until};
use crate::support::programs::{Programs, plain};

mod contract {
    use super::*;

    async fn subject() -> DoorSubject {
        let tables = private().await;
        let (a, b) = (tables.add("a").await, tables.add("b").await);
        for table in [&a, &b] {
            tables.ready(&tables.port(), table).await;
        }
        let programs = Programs::of(&tables, &[a, b]).await;
        Subject::new(Arc::new(tables.port().gateway()), Arc::new(programs))
    }

    testkit::conform_door!(real_time, subject().await);
}

async fn private() -> Tables {
    let mut tables = Tables::new(&Emulator::shared().await.account());
    tables.config.assets = AssetAccess::Private;
    tables
}

/// A table with a private place, and how its program signs.
async fn table(tables: &Tables, port: &BucketAssets) -> (InstanceId, Programs) {
    let table = tables.add("a").await;
    tables.ready(port, &table).await;
    let programs = Programs::of(tables, std::slice::from_ref(&table)).await;
    (table, programs)
}

async fn sent(door: &BucketGateway, ask: &AssetRequest) -> SignedRequest {
    match door.admit(ask).await.unwrap() {
        AccessDecision::Send(request) => request,
        AccessDecision::Refuse(refusal) => panic!("{refusal:?}"),
    }
}

async fn refused(door: &BucketGateway, ask: &AssetRequest) -> String {
    match door.admit(ask).await.unwrap() {
        AccessDecision::Refuse(refusal) => refusal.told.map(|(_, body)| body).unwrap_or_default(),
        AccessDecision::Send(request) => panic!("{}", request.url),
    }
}

/// What S3 answers to `request`, sent with `body`.
async fn carried_out(tables: &Tables, request: &SignedRequest, body: &str) -> Page {
    let path = request.url.strip_prefix(tables.account.endpoint()).unwrap();
    // The line that `browse` writes by itself, and a body of which it knows nothing.
    let headers =
        request.headers.iter().filter(|(name, _)| name != "host" && name != "content-length");
    let lines: Vec<_> = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut headers = lines.concat();
    if request.method == "PUT" {
        return crate::support::assets::send(&tables.account, "PUT", path, &headers, body).await;
    }
    headers += "accept: */*\r\n";
    browse(&tables.account, &request.method, path, &headers).await
}

#[tokio::test]
async fn an_upload_of_the_program_is_read_by_a_browser_and_at_s3_by_nobody() {
    let tables = private().await;
    let port = tables.port();
    let (table, programs) = table(&tables, &port).await;
    let door = port.gateway();
    let mut put = plain(&table, &programs, "PUT", "/maps/old%20inn.webp");
    for (name, value) in
        [("content-type", "image/webp"), ("x-amz-acl", "public-read"), ("content-length", "5")]
    {
        put.headers.push((name.to_owned(), value.to_owned()));
    }
    let request = sent(&door, &programs.sign(&table, Programs::with_body(put, "a map"))).await;
    assert_eq!(request.to, AssetReader::Program);
    let page = carried_out(&tables, &request, "a map").await;
    assert_eq!(page.status, 200, "{page:?}");

    let direct = request.url.strip_prefix(tables.account.endpoint()).unwrap();
    assert_eq!(browse(&tables.account, "GET", direct, "").await.status, 403, "at S3 itself");

    let mut get = plain(&table, &programs, "GET", "/maps/old%20inn.webp");
    let page = carried_out(&tables, &sent(&door, &get).await, "").await;
    assert_eq!((page.status, page.body.as_slice()), (200, b"a map".as_slice()));
    assert!(page.head.contains("content-type: image/webp"), "{}", page.head);
    get.headers.push(("range".to_owned(), "bytes=2-".to_owned()));
    let page = carried_out(&tables, &sent(&door, &get).await, "").await;
    assert_eq!((page.status, page.body.as_slice()), (206, b"map".as_slice()));
    let missing = plain(&table, &programs, "GET", "/maps/new%20inn.webp");
    assert_eq!(carried_out(&tables, &sent(&door, &missing).await, "").await.status, 404);
}

#[tokio::test]
async fn three_hundred_pictures_cost_two_questions_to_secrets_manager_and_none_to_anybody_else() {
    let tables = private().await;
    let (table, programs) = table(&tables, &tables.port()).await;
    let proxy = FaultProxy::start(tables.account.address()).await;
    let door = tables.port_at(&proxy.endpoint()).gateway();
    let asks = (0..300).map(|at| plain(&table, &programs, "GET", &format!("/{at}.webp")));
    let asks: Vec<_> = asks.collect();
    // At once, as a browser does: the first request reads the key, and the others wait for it.
    futures_util::future::join_all(asks.iter().map(|ask| sent(&door, ask))).await;
    assert_eq!(proxy.calls().len(), 2, "{:?}", proxy.calls());
    assert_eq!(proxy.count("secretsmanager", "GetSecretValue"), 2, "the key and the one before it");
    tables.clock.forward(Duration::from_mins(4));
    sent(&door, &asks[0]).await;
    assert_eq!(proxy.calls().len(), 2);
    tables.clock.forward(Duration::from_mins(1));
    sent(&door, &asks[0]).await;
    assert_eq!(proxy.calls().len(), 4);
}

#[tokio::test]
async fn keys_that_somebody_invents_are_looked_up_now_and_then_only() {
    let tables = private().await;
    let (table, programs) = table(&tables, &tables.port()).await;
    let proxy = FaultProxy::start(tables.account.address()).await;
    let door = tables.port_at(&proxy.endpoint()).gateway();
    for turn in 0..3 {
        for _ in 0..20 {
            let ask = plain(&table, &programs, "PUT", "/map");
            let told = refused(&door, &programs.invented(ask, "AKIAINVENTED")).await;
            assert!(told.contains("<Code>InvalidAccessKeyId</Code>"), "{told}");
        }
        assert_eq!(proxy.count("secretsmanager", "GetSecretValue"), 2 * (turn + 1));
        tables.clock.forward(Duration::from_secs(11));
    }
}

#[tokio::test]
async fn a_key_that_was_replaced_is_good_as_long_as_its_launch_and_no_longer() {
    let tables = private().await;
    let port = tables.port();
    let (table, old) = table(&tables, &port).await;
    let door = port.gateway();
    let get = plain(&table, &old, "GET", "/map");
    let first = sent(&door, &get).await.with;
    tables.launch(&table, 7).await;
    let now = tables.clock.now();
    for _ in 0..60 {
        tables.clock.forward(Duration::from_secs(1));
        let _pending = port.rotate(&table, now).await.unwrap();
    }
    let new = Programs::of(&tables, std::slice::from_ref(&table)).await;
    // The launch that runs has the old key, the next one has the new: both sign, each with its own.
    let requests = [
        sent(&door, &old.sign(&table, get.clone())).await,
        sent(&door, &new.sign(&table, get.clone())).await,
    ];
    assert_eq!(requests[0].with, first);
    assert_ne!(requests[1].with, first);
    for request in &requests {
        assert_eq!(
            carried_out(&tables, request, "").await.status,
            404,
            "accepted; there is no such upload"
        );
    }

    // A door that remembers the old key learns of the new one by S3's refusal.
    let mut get = get;
    let slow = port.gateway();
    assert_eq!(sent(&slow, &get).await.with, requests[1].with);
    tables.stop(&table).await;
    tables.clock.forward(Duration::from_mins(1));
    until(async || {
        tables.clock.forward(Duration::from_secs(1));
        port.rotate(&table, now).await
    })
    .await;
    let gone = sent(&door, &old.sign(&table, get.clone())).await;
    assert_eq!(
        carried_out(&tables, &gone, "").await.status,
        403,
        "what IAM took back is taken back here"
    );
    get.refused = Some(requests[1].with.clone());
    assert_eq!(refused(&door, &get).await, "", "there is no other key");
}

#[tokio::test]
async fn a_browser_is_served_with_the_new_key_once_s3_refuses_the_old_one() {
    let tables = private().await;
    let port = tables.port();
    let (table, programs) = table(&tables, &port).await;
    let door = port.gateway();
    let mut get = plain(&table, &programs, "GET", "/map");
    let first = sent(&door, &get).await;
    let now = tables.clock.now().after(Duration::from_secs(1));
    until(async || {
        tables.clock.forward(Duration::from_millis(500));
        port.rotate(&table, now).await
    })
    .await;
    tables.clock.forward(Duration::from_secs(11));
    let stale = sent(&door, &get).await;
    assert_eq!(stale.with, first.with, "it is remembered");
    assert_eq!(carried_out(&tables, &stale, "").await.status, 403);
    get.refused = Some(stale.with);
    let second = sent(&door, &get).await;
    assert_ne!(second.with, first.with);
    assert_eq!(carried_out(&tables, &second, "").await.status, 404);
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_an_error_and_not_asked_for_by_everybody() {
    let tables = private().await;
    let (table, programs) = table(&tables, &tables.port()).await;
    let proxy = FaultProxy::start(tables.account.address()).await;
    proxy.arrange(
        Rule::on("secretsmanager", "GetSecretValue"),
        Fault::Refused(400, "AccessDeniedException"),
    );
    let door = tables.port_at(&proxy.endpoint()).gateway();
    let get = plain(&table, &programs, "GET", "/map");
    let errors = futures_util::future::join_all((0..50).map(|_| door.admit(&get))).await;
    assert!(
        errors.iter().all(|error| error.as_ref().unwrap_err().kind() == ErrorKind::Unavailable)
    );
    assert!(proxy.calls().len() <= 8, "{} calls", proxy.calls().len());
}

#[tokio::test]
async fn a_table_without_a_place_has_nothing_to_read() {
    let tables = private().await;
    let (of, programs) = table(&tables, &tables.port()).await;
    let stranger = tables.add("b").await;
    let mut ask = plain(&of, &programs, "GET", "/map");
    ask.of = stranger;
    assert_eq!(refused(&tables.port().gateway(), &ask).await, "");
}
