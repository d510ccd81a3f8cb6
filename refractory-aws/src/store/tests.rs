//! What the store makes of answers that an emulator does not give.
use std::time::Duration;

use refractory_core::Timestamp;
use refractory_core::model::License;
use refractory_core::ports::{Aggregate, Index};

use super::upgrade::VERSION;
use super::*;
use crate::stub_server::{StubResponse, StubServer};

fn aws_error(code: &str, more: &str) -> StubResponse {
    StubResponse::json(
        400,
        format!(r#"{{"__type":"com.amazonaws.dynamodb#{code}","message":"No."{more}}}"#),
    )
}

fn mark() -> Record {
    fixtures::mark("a", 3)
}

/// A store that has seen stamps of all kinds, so that each write is one request.
fn store(server: &StubServer) -> DynamoStore {
    let store = DynamoStore::new(&server.clients(), "table");
    for kind in Kind::ALL {
        store.stamps.note(kind, 1);
    }
    store
}

fn cancelled(reason: &str) -> StubResponse {
    aws_error(
        "TransactionCanceledException",
        &format!(r#","CancellationReasons":[{{"Code":"{reason}"}}]"#),
    )
}

fn tokens(server: &StubServer) -> Vec<String> {
    let token = |body: &str| {
        let (_, after) = body.split_once(r#""ClientRequestToken":""#).unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    server.asked().iter().map(|asked| token(&asked.body)).collect()
}

#[tokio::test]
async fn a_transaction_in_the_way_is_waited_for_under_a_new_token() {
    let server = StubServer::serve(|at, _| match at {
        0 => cancelled("TransactionConflict"),
        1 => aws_error("TransactionInProgressException", ""),
        _ => StubResponse::json(200, "{}"),
    })
    .await;
    let store = store(&server);
    assert_eq!(store.insert(&mark()).await.unwrap(), mark().at_revision(1));
    let tokens = tokens(&server);
    assert_eq!(tokens.len(), 3);
    assert_ne!(tokens[0], tokens[1], "a cancelled one is over");
    assert_eq!(tokens[1], tokens[2], "one that is under way is asked after");
}

#[tokio::test]
async fn a_transaction_that_stays_in_the_way_is_unavailable_and_no_conflict() {
    for answer in [cancelled("TransactionConflict"), aws_error("TransactionConflictException", "")]
    {
        let server = StubServer::serve(move |_, _| answer.clone()).await;
        let store = store(&server);
        let begun = tokio::time::Instant::now();
        for error in
            [store.insert(&mark()).await.unwrap_err(), store.delete(&mark()).await.unwrap_err()]
        {
            assert_eq!(
                (error.kind(), error.is_transient()),
                (ErrorKind::Unavailable, true),
                "{error:?}"
            );
        }
        assert_eq!(server.asked().len(), 14, "six tries after the first, each");
        assert!(begun.elapsed() < Duration::from_secs(3));
    }
    let server = StubServer::serve(|_, _| aws_error("TransactionConflictException", "")).await;
    let error = store(&server).save(&mark()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true), "{error:?}");
    assert_eq!(server.asked().len(), 7);
}

/// The codes of a cancelled transaction, in the words of core.
#[tokio::test]
async fn a_full_or_faulty_transaction_is_not_tried_again() {
    for (reason, kind, transient) in [
        ("ItemCollectionSizeLimitExceeded", ErrorKind::Exhausted, true),
        ("ValidationError", ErrorKind::Invalid, false),
        ("Teapot", ErrorKind::Unexpected, false),
    ] {
        let server = StubServer::serve(move |_, _| cancelled(reason)).await;
        let error = store(&server).insert(&mark()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (kind, transient), "{error:?}");
        assert_eq!(server.asked().len(), 1, "{reason}");
    }
}

/// A table that is missing must not look like a row that is missing, or like an empty list.
#[tokio::test]
async fn a_missing_table_is_unavailable_and_says_who_makes_it() {
    let server = StubServer::serve(|_, _| aws_error("ResourceNotFoundException", "")).await;
    let store = store(&server);
    let errors = [
        store.insert(&mark()).await.unwrap_err(),
        store.save(&mark()).await.unwrap_err(),
        store.delete(&mark()).await.unwrap_err(),
        store.load(Kind::Worker, "a").await.unwrap_err(),
        store.find(&UniqueKey::setup_link()).await.unwrap_err(),
        store.query(&Query::all(Kind::Worker)).await.unwrap_err(),
        store.query(&Query::index(Index::EventByTime)).await.unwrap_err(),
        store.changes(Kind::Worker, Position::START, 10).await.unwrap_err(),
        store.upgrade().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(
            (error.kind(), error.is_transient()),
            (ErrorKind::Unavailable, true),
            "{error:?}"
        );
        assert!(error.for_people().contains("`refractory infra deploy`"), "{error:?}");
    }
}

#[tokio::test]
async fn a_name_that_no_row_can_have_is_not_asked_for() {
    let server = StubServer::serve(|_, _| aws_error("ValidationException", "")).await;
    let store = store(&server);
    for id in [String::new(), "x".repeat(65), "~a".to_owned()] {
        assert_eq!(store.load(Kind::Worker, &id).await.unwrap(), None);
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn every_read_is_consistent_and_nothing_is_scanned() {
    let place = r#"{"Items":[{"row":{"S":"a"},"sk":{"S":"1\u0001a"}}],"Responses":{"table":[]}}"#;
    let server = StubServer::serve(move |_, _| StubResponse::json(200, place)).await;
    let store = store(&server);
    let ada = refractory_core::model::UserName::new("ada").unwrap();
    store.load(Kind::User, "a").await.unwrap();
    store.find(&UniqueKey::user(&ada)).await.unwrap();
    store.query(&Query::all(Kind::User)).await.unwrap();
    store.query(&Query::index(Index::UserByName)).await.unwrap();
    store.changes(Kind::User, Position::START, 10).await.unwrap();
    let asked = server.asked();
    let targets = ["getitem", "getitem", "query", "query", "batchgetitem", "query"];
    assert_eq!(asked.len(), targets.len());
    for (asked, target) in asked.iter().zip(targets) {
        assert!(
            asked.head.contains(&format!("x-amz-target: dynamodb_20120810.{target}\r\n")),
            "{asked:?}"
        );
        assert!(asked.body.contains(r#""ConsistentRead":true"#), "{asked:?}");
    }
    assert!(asked[5].body.contains(r#""IndexName":"heads""#), "{asked:?}");
}

/// DynamoDB answers such requests with a `ValidationException`: bounds in the wrong order, an empty key, a start that is not
/// between the bounds.
#[test]
fn what_dynamodb_would_refuse_is_not_asked() {
    let kind = || Query::all(Kind::Event);
    let index = || Query::index(Index::EventByTime);
    let after = |query: Query, sort, id| query.after(Some(Cursor::new(sort, id)));
    for query in [
        kind().from("b").before("a"),
        kind().before(""),
        kind().from("~").before("a"),
        index().from("2").before("1"),
        index().before(""),
        after(kind().before("c"), "d", "d"),
        after(kind(), "\u{10ffff}", "\u{10ffff}"),
        after(kind().from("c").descending(), "b", "b"),
        after(index().before("2"), "3", "a"),
        after(index().from("2").descending(), "1", "a"),
    ] {
        assert!(reading(&query).is_none(), "{query:?}");
    }
    let start = |query: &Query| {
        let reading = reading(query).unwrap();
        assert!(reading.from <= reading.to && !reading.from.is_empty());
        reading.start.map(|start| text_of(&start, schema::SORT_KEY).unwrap().to_owned())
    };
    assert_eq!(start(&kind().from("")), None);
    assert_eq!(start(&after(kind().from("c"), "b", "b")), None, "everything there is follows it");
    assert_eq!(start(&after(kind().before("c").descending(), "d", "d")), None);
    assert_eq!(start(&after(kind().from("c"), "c", "c")).as_deref(), Some("c"));
    assert_eq!(start(&after(index().from("2"), "2", "a")).as_deref(), Some("2\u{1}a"));
    assert_eq!(start(&after(index(), "", "a")).as_deref(), Some("\u{1}a"));
}

fn rows(count: usize) -> String {
    let row = |at| format!(r#"{{"row":{{"S":"e{at}"}},"sk":{{"S":"{at:04}\u0001e{at}"}}}}"#);
    let rows: Vec<_> = (0..count).map(row).collect();
    format!(r#"{{"Items":[{}]}}"#, rows.join(","))
}

/// An answer has sixteen megabytes, and what DynamoDB has no capacity for it leaves out too.
#[tokio::test]
async fn what_an_answer_has_no_room_for_is_asked_for_again() {
    let left = |ids: &[&str]| {
        let key = |id: &&str| format!(r#"{{"pk":{{"S":"event"}},"sk":{{"S":"{id}"}}}}"#);
        let keys: Vec<_> = ids.iter().map(key).collect();
        let keys = format!(r#"{{"table":{{"Keys":[{}],"ConsistentRead":true}}}}"#, keys.join(","));
        StubResponse::json(200, format!(r#"{{"Responses":{{}},"UnprocessedKeys":{keys}}}"#))
    };
    let done = || StubResponse::json(200, r#"{"Responses":{},"UnprocessedKeys":{}}"#);
    let server = StubServer::serve(move |at, _| match at {
        0 => StubResponse::json(200, rows(101)),
        1 => left(&["e1", "e2"]),
        2 => left(&["e2"]),
        _ => done(),
    })
    .await;
    let query = || Query::index(Index::EventByTime);
    let page = store(&server).query(&query()).await.unwrap();
    assert_eq!((page.records.len(), page.next), (0, None), "they are gone by now");
    let asked = server.asked();
    let keys = |at: usize| asked[at].body.matches(r#""sk""#).count();
    assert_eq!((asked.len(), [1, 2, 3, 4].map(keys)), (5, [100, 2, 1, 1]));
    let server = StubServer::serve(move |at, _| match at {
        0 => StubResponse::json(200, rows(1)),
        _ => left(&["e0"]),
    })
    .await;
    let error = store(&server).query(&query()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true), "{error:?}");
    assert_eq!(server.asked().len(), 8, "six tries after the first");
}

/// A record that moves from one place to another while both are read is asked for once: DynamoDB refuses a key that is named
/// twice.
#[tokio::test]
async fn a_record_that_is_met_twice_is_asked_for_once() {
    let twice = r#"{"Items":[{"row":{"S":"a"},"sk":{"S":"1\u0001a"}},{"row":{"S":"a"},"sk":{"S":"2\u0001a"}}]}"#;
    let server = StubServer::serve(move |at, _| match at {
        0 => StubResponse::json(200, twice),
        _ => StubResponse::json(200, r#"{"Responses":{}}"#),
    })
    .await;
    store(&server).query(&Query::index(Index::EventByTime)).await.unwrap();
    assert_eq!(server.asked()[1].body.matches(r#""sk""#).count(), 1);
}

#[tokio::test]
async fn a_table_of_a_newer_version_is_refused_with_a_sentence() {
    let at = |version: u64| {
        let item = format!(r#"{{"Item":{{"n":{{"N":"{version}"}}}}}}"#);
        StubServer::serve(move |_, _| StubResponse::json(200, item.clone()))
    };
    let server = at(VERSION + 1).await;
    let error = DynamoStore::open(&server.clients(), "table").await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Invalid, false), "{error:?}");
    assert!(error.for_people().contains("newer version of Refractory"), "{error:?}");
    assert_eq!(server.asked().len(), 1);
    let present = at(VERSION).await;
    DynamoStore::open(&present.clients(), "table").await.unwrap();
    assert_eq!(present.asked().len(), 1, "one read where nothing is to be done");
}

/// Between finding who has a text and reading that row, the text may pass to another record.
#[tokio::test]
async fn a_search_begins_again_when_the_text_moved_in_between() {
    fn holder(id: &str) -> StubResponse {
        StubResponse::json(200, format!(r#"{{"Item":{{"row":{{"S":"{id}"}}}}}}"#))
    }
    fn row(id: &str, name: &str) -> StubResponse {
        let license = License {
            id: refractory_core::LicenseId::new(id).unwrap(),
            name: name.to_owned(),
            masked: String::new(),
            fingerprint: id.to_owned(),
            eula: None,
            lease: None,
            reserved: None,
            fence: 0,
            added: Timestamp(0),
            revision: 1,
        };
        let body = serde_json::to_string(&license.into_record()).unwrap();
        let item = serde_json::json!({"Item": {
            "pk": {"S": "license"}, "sk": {"S": id}, "id": {"S": stamp::text(1)}, "rev": {"N": "1"}, "fmt": {"N": "2"},
            "txt": {"L": []}, "ops": {"M": {}}, "body": {"S": body},
        }});
        StubResponse::json(200, item.to_string())
    }
    let server = StubServer::serve(|at, _| match at {
        0 => holder("a"),
        1 => row("a", "renamed"),
        2 => holder("b"),
        _ => row("b", "gold"),
    })
    .await;
    let store = store(&server);
    let found = store.find(&UniqueKey::license("gold")).await.unwrap().unwrap();
    assert_eq!(found.id(), "b");
    let restless =
        StubServer::serve(|at, _| if at % 2 == 0 { holder("a") } else { row("a", "renamed") })
            .await;
    let store = self::store(&restless);
    let error = store.find(&UniqueKey::license("gold")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "not knowing is not absence: {error:?}");
}
