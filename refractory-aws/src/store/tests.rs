//! What the store makes of answers that an emulator does not give.
use std::time::Duration;

use refractory_core::Timestamp;
use refractory_core::model::{License, WorkerMark};
use refractory_core::ports::Aggregate;

use super::*;
use crate::canned::{Answer, Canned};

fn refused(code: &str, more: &str) -> Answer {
    Answer::json(
        400,
        format!(r#"{{"__type":"com.amazonaws.dynamodb#{code}","message":"No."{more}}}"#),
    )
}

fn mark() -> Body {
    let id = refractory_core::WorkerId::new("a").unwrap();
    WorkerMark { id, born: Timestamp(1), seen: Timestamp(2), unlisted: Vec::new(), revision: 3 }
        .into_body()
}

fn cancelled(reason: &str) -> Answer {
    refused(
        "TransactionCanceledException",
        &format!(r#","CancellationReasons":[{{"Code":"{reason}"}}]"#),
    )
}

fn tokens(server: &Canned) -> Vec<String> {
    let token = |body: &str| {
        let (_, after) = body.split_once(r#""ClientRequestToken":""#).unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    server.asked().iter().map(|asked| token(&asked.body)).collect()
}

#[tokio::test]
async fn a_transaction_in_the_way_is_waited_for_under_a_new_token() {
    let server = Canned::serve(|at, _| match at {
        0 => cancelled("TransactionConflict"),
        1 => refused("TransactionInProgressException", ""),
        _ => Answer::json(200, "{}"),
    })
    .await;
    let store = DynamoStore::new(&server.clients(), "table");
    assert_eq!(store.insert(&mark()).await.unwrap(), mark().at_revision(1));
    let tokens = tokens(&server);
    assert_eq!(tokens.len(), 3);
    assert_ne!(tokens[0], tokens[1], "a cancelled one is over");
    assert_eq!(tokens[1], tokens[2], "one that is under way is asked after");
}

#[tokio::test]
async fn a_transaction_that_stays_in_the_way_is_unavailable_and_no_conflict() {
    for answer in [cancelled("TransactionConflict"), refused("TransactionConflictException", "")] {
        let server = Canned::serve(move |_, _| answer.clone()).await;
        let store = DynamoStore::new(&server.clients(), "table");
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
    let server = Canned::serve(|_, _| refused("TransactionConflictException", "")).await;
    let error = DynamoStore::new(&server.clients(), "table").save(&mark()).await.unwrap_err();
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
        let server = Canned::serve(move |_, _| cancelled(reason)).await;
        let error = DynamoStore::new(&server.clients(), "table").insert(&mark()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (kind, transient), "{error:?}");
        assert_eq!(server.asked().len(), 1, "{reason}");
    }
}

/// A table that is missing must not look like a row that is missing, or like an empty list.
#[tokio::test]
async fn a_missing_table_is_unavailable_and_says_who_makes_it() {
    let server = Canned::serve(|_, _| refused("ResourceNotFoundException", "")).await;
    let store = DynamoStore::new(&server.clients(), "table");
    let errors = [
        store.insert(&mark()).await.unwrap_err(),
        store.save(&mark()).await.unwrap_err(),
        store.delete(&mark()).await.unwrap_err(),
        store.load(Kind::Worker, "a").await.unwrap_err(),
        store.find(Kind::Worker, "a").await.unwrap_err(),
        store.list(Kind::Worker).await.unwrap_err(),
        store.heads(Kind::Worker).await.unwrap_err(),
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
    let server = Canned::serve(|_, _| refused("ValidationException", "")).await;
    let store = DynamoStore::new(&server.clients(), "table");
    for id in [String::new(), "x".repeat(65)] {
        assert_eq!(store.load(Kind::Worker, &id).await.unwrap(), None);
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn every_read_is_consistent_and_nothing_is_scanned() {
    let server = Canned::serve(|_, _| Answer::json(200, r#"{"Items":[]}"#)).await;
    let store = DynamoStore::new(&server.clients(), "table");
    store.load(Kind::User, "a").await.unwrap();
    store.find(Kind::User, "name:a").await.unwrap();
    store.list(Kind::User).await.unwrap();
    store.heads(Kind::User).await.unwrap();
    let asked = server.asked();
    let targets = ["getitem", "getitem", "query", "query"];
    assert_eq!(asked.len(), targets.len());
    for (asked, target) in asked.iter().zip(targets) {
        assert!(
            asked.head.contains(&format!("x-amz-target: dynamodb_20120810.{target}\r\n")),
            "{asked:?}"
        );
        assert!(asked.body.contains(r#""ConsistentRead":true"#), "{asked:?}");
    }
    assert!(asked[3].body.contains(r#""IndexName":"heads""#), "{asked:?}");
}

/// Between finding who has a text and reading that row, the text may go to somebody else.
#[tokio::test]
async fn a_search_begins_again_when_the_text_moved_in_between() {
    fn holder(id: &str) -> Answer {
        Answer::json(200, format!(r#"{{"Item":{{"row":{{"S":"{id}"}}}}}}"#))
    }
    fn row(id: &str, name: &str) -> Answer {
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
        let body = serde_json::to_string(&license.into_body()).unwrap();
        let item = serde_json::json!({"Item": {
            "pk": {"S": "license"}, "sk": {"S": id}, "id": {"S": id}, "rev": {"N": "1"}, "fmt": {"N": "1"},
            "txt": {"L": []}, "ops": {"M": {}}, "body": {"S": body},
        }});
        Answer::json(200, item.to_string())
    }
    let server = Canned::serve(|at, _| match at {
        0 => holder("a"),
        1 => row("a", "renamed"),
        2 => holder("b"),
        _ => row("b", "gold"),
    })
    .await;
    let store = DynamoStore::new(&server.clients(), "table");
    let found = store.find(Kind::License, "name:gold").await.unwrap().unwrap();
    assert_eq!(found.id(), "b");
    let restless =
        Canned::serve(|at, _| if at % 2 == 0 { holder("a") } else { row("a", "renamed") }).await;
    let store = DynamoStore::new(&restless.clients(), "table");
    let error = store.find(Kind::License, "name:gold").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "not knowing is not absence: {error:?}");
}
