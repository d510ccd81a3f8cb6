//! Records that cannot be read: each keeps its id and its texts, and hides no other.
use refractory_core::ErrorKind;
use refractory_core::ports::{Body, Kind, Store};
use testkit::conformance::sample;

use super::{open, place, raw};

/// What a hand or a disk may do to a row.
const WAYS: [&str; 7] = [
    "body = '{'",
    "body = ''",
    "body = x'ff00fe'",
    "body = 7",
    "body = '{\"worker\":{}}'",
    "format = 'x'",
    "body = substr(body, 1, 20), revision = 'many'",
];

/// Two rows of a kind that can be there together.
fn pair(kind: Kind) -> (Body, Body) {
    (sample::full(kind), sample::sparse(kind))
}

#[tokio::test]
async fn a_damaged_row_of_any_kind_hides_no_other_from_any_reader() {
    for kind in Kind::ALL {
        for way in WAYS {
            let (_folder, url) = place();
            let store = open(&url).await;
            let (whole, broken) = pair(kind);
            let whole = store.insert(&whole).await.unwrap();
            store.insert(&broken).await.unwrap();
            raw(&url, &format!("UPDATE row SET {way} WHERE id = 'sparse'")).await;
            let case = format!("{} {way}", kind.name());
            assert_eq!(store.list(kind).await.unwrap(), std::slice::from_ref(&whole), "{case}");
            let all = store.scan(kind).await.unwrap();
            assert_eq!((all.rows.len(), all.damaged.len()), (1, 1), "{case}");
            let mut texts = broken.unique();
            texts.sort();
            assert_eq!((&*all.damaged[0].id, &all.damaged[0].unique), ("sparse", &texts), "{case}");
            assert!(!all.damaged[0].reason.is_empty(), "{case}");
            assert_eq!(store.load(kind, "full").await.unwrap(), Some(whole.clone()), "{case}");
            assert_eq!(
                store.load(kind, "sparse").await.unwrap_err().kind(),
                ErrorKind::Damaged,
                "{case}"
            );
            for text in &texts {
                let found = store.find(kind, text).await.unwrap_err();
                assert_eq!(found.kind(), ErrorKind::Damaged, "{case}");
                assert!(found.for_people().contains("refractory record"), "{found:?}");
            }
            let heads = store.heads(kind).await.unwrap();
            assert_eq!(
                heads.iter().map(|head| &*head.id).collect::<Vec<_>>(),
                ["full", "sparse"],
                "{case}"
            );
            store.save(&whole).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_damaged_row_keeps_its_id_and_its_texts_until_it_is_removed() {
    let (_folder, url) = place();
    let store = open(&url).await;
    let license = store.insert(&sample::full(Kind::License)).await.unwrap();
    raw(&url, "UPDATE row SET body = x'00'").await;
    let record = store.scan(Kind::License).await.unwrap().damaged.remove(0);
    let taken = store.insert(&license).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict, "neither its id nor its key is free");
    let changed = refractory_core::ports::DamagedRecord { revision: 9, ..record.clone() };
    assert_eq!(store.discard(&changed).await.unwrap_err().kind(), ErrorKind::Conflict);
    store.discard(&record).await.unwrap();
    assert_eq!(store.discard(&record).await.unwrap_err().kind(), ErrorKind::NotFound);
    let again = store.insert(&license).await.unwrap();
    let healthy = refractory_core::ports::DamagedRecord { revision: again.revision(), ..record };
    assert_eq!(store.discard(&healthy).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(
        store.list(Kind::License).await.unwrap(),
        [again],
        "what can be read is not removed so"
    );
}
