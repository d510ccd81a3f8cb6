//! Records that cannot be read: each keeps its id and its texts, and hides no other.
use refractory_core::ErrorKind;
use refractory_core::ports::{Follower, Kind, Query, Record, Store, UniqueKey};
use testkit::conformance::sample;

use super::{list, open, place, raw};

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
fn pair(kind: Kind) -> (Record, Record) {
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
            raw(&url, &format!("UPDATE record SET {way} WHERE id = 'sparse'")).await;
            let case = format!("{} {way}", kind.name());
            assert_eq!(list(&store, kind).await, std::slice::from_ref(&whole), "{case}");
            let all = store.query(&Query::all(kind)).await.unwrap();
            assert_eq!((all.records.len(), all.damaged.len()), (1, 1), "{case}");
            let mut texts: Vec<_> =
                broken.unique().iter().map(|key| key.text().to_owned()).collect();
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
                let found = store.find(&UniqueKey::stored(kind, text)).await.unwrap_err();
                assert_eq!(found.kind(), ErrorKind::Damaged, "{case}");
                assert_eq!(
                    found.remedy(),
                    Some(refractory_core::Remedy::ListDamagedRecords),
                    "{found:?}"
                );
            }
            let told = Follower::new(kind).poll(&store).await.unwrap().written;
            assert_eq!(told.keys().collect::<Vec<_>>(), ["full", "sparse"], "{case}");
            for entry in broken.indexed() {
                let query = Query::partition(entry.index, &entry.partition);
                let page = store.query(&query).await.unwrap();
                assert!(page.damaged.contains(&all.damaged[0]), "{case} {:?}", entry.index);
            }
            store.save(&whole).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_damaged_row_keeps_its_id_and_its_texts_until_it_is_removed() {
    let (_folder, url) = place();
    let store = open(&url).await;
    let license = store.insert(&sample::full(Kind::License)).await.unwrap();
    raw(&url, "UPDATE record SET body = x'00'").await;
    let record = store.query(&Query::all(Kind::License)).await.unwrap().damaged.remove(0);
    let taken = store.insert(&license).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict, "neither its id nor its key is free");
    let changed = refractory_core::ports::DamagedRecord { revision: 9, ..record.clone() };
    assert_eq!(store.discard(&changed).await.unwrap_err().kind(), ErrorKind::Conflict);
    store.discard(&record).await.unwrap();
    assert_eq!(store.discard(&record).await.unwrap_err().kind(), ErrorKind::NotFound);
    let again = store.insert(&license).await.unwrap();
    let healthy = refractory_core::ports::DamagedRecord { revision: again.revision(), ..record };
    assert_eq!(store.discard(&healthy).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(list(&store, Kind::License).await, [again], "what can be read is not removed so");
}
