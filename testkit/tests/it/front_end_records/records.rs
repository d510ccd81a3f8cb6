//! Records of front ends: texts under keys.
use std::collections::BTreeSet;

use refractory_core::model::{FrontEndRecord, RecordContent};
use refractory_core::ports::{Aggregate as _, Collection, Follower, Kind, TypedPage};
use refractory_core::{Code, ErrorKind, RecordCollection, Remedy};
use testkit::administrators::handle;
use testkit::counting_store::CountingStore;
use tokio::task::JoinSet;

use super::{Connection, app};

fn keys(page: &TypedPage<FrontEndRecord>) -> Vec<&str> {
    page.records.iter().map(|record| record.key.as_str()).collect()
}

async fn all_keys(records: &RecordCollection) -> Vec<String> {
    let page = records.page(None, 100).await.unwrap();
    page.records.into_iter().map(|record| record.key).collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_front_end_remembers_is_read_changed_and_deleted_by_its_key() {
    let (app, _) = app();
    let boards = app.records_of("discord").unwrap().collection("dashboards").unwrap();
    assert_eq!(boards.get("t1").await.unwrap(), None);
    assert_eq!(boards.update("t1", |_| unreachable!("there is none")).await.unwrap(), None);
    let made = boards.insert("t1", RecordContent::new("one").found_by("message-7")).await.unwrap();
    assert_eq!((made.body(), made.key.as_str(), made.revision), ("one", "t1", 1));
    assert_eq!(boards.get("t1").await.unwrap().as_ref(), Some(&made));
    let again = boards.insert("t1", RecordContent::new("two")).await.unwrap_err();
    assert_eq!((again.kind(), again.code()), (ErrorKind::Conflict, &Code::RECORD_EXISTS));
    assert_eq!(again.for_people(), "There is a record with the key `t1` already. Change that one.");
    let append = |content: &mut RecordContent| {
        content.body.push('!');
        Ok(())
    };
    let saved = boards.update("t1", append).await.unwrap().unwrap();
    assert_eq!((saved.body(), saved.revision), ("one!", 2));
    let same = boards.update("t1", |_| Ok(())).await.unwrap().unwrap();
    assert_eq!(same.revision, 2, "nothing was written");
    let put = boards.put("t1", RecordContent::new("three")).await.unwrap();
    assert_eq!((put.body(), put.revision, &put.id), ("three", 3, &made.id));
    assert!(keys(&boards.find_by("message-7", None, 10).await.unwrap()).is_empty());
    assert_eq!(boards.put("t2", RecordContent::new("new")).await.unwrap().revision, 1);
    assert!(boards.delete("t1").await.unwrap());
    assert!(!boards.delete("t1").await.unwrap());
    let reborn = boards.insert("t1", RecordContent::new("four")).await.unwrap();
    assert_ne!(reborn.id, made.id, "who read the former one can't write over it");
    let refused = boards.update("t1", |it| {
        it.body = "x".repeat(RecordContent::MAX_BODY + 1);
        Ok(())
    });
    let error = refused.await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Exhausted, false));
    for name in ["", "Discord", "a/b", "leases"] {
        let records = app.records_of("discord").unwrap();
        assert_eq!(records.collection(name).unwrap_err().kind(), ErrorKind::Invalid, "{name}");
    }
    assert_eq!(app.records_of("a b").unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(boards.get("a b").await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test(start_paused = true)]
async fn collections_of_front_ends_are_apart_and_read_a_page_at_a_time() {
    let (app, _) = app();
    let of =
        |front_end: &str, name: &str| app.records_of(front_end).unwrap().collection(name).unwrap();
    let (boards, others) = (of("discord", "dashboards"), of("matrix", "dashboards"));
    for n in 0..25 {
        let channel = format!("channel-{}", n % 2);
        let content = RecordContent::new(n.to_string()).found_by(&*channel);
        boards.insert(&format!("t{n:02}"), content).await.unwrap();
    }
    others.insert("t01", RecordContent::new("other").found_by("channel-1")).await.unwrap();
    of("discord", "guilds").insert("t01", RecordContent::new("guild")).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = boards.page(after, 10).await.unwrap();
        assert!(page.records.len() <= 10 && page.damaged.is_empty());
        seen.extend(page.records.into_iter().map(|record| record.key));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, (0..25).map(|n| format!("t{n:02}")).collect::<Vec<_>>());
    let odd = boards.find_by("channel-1", None, 5).await.unwrap();
    assert_eq!(keys(&odd), ["t01", "t03", "t05", "t07", "t09"]);
    let rest = boards.find_by("channel-1", odd.next, 100).await.unwrap();
    assert_eq!((rest.records.len(), rest.next), (7, None));
    assert_eq!(all_keys(&others).await, ["t01"]);
}

#[tokio::test]
async fn changes_of_several_tasks_are_all_made() {
    let (app, _) = app();
    let counts = app.records_of("bot").unwrap().collection("counts").unwrap();
    counts.put("posts", RecordContent::new("0")).await.unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let counts = counts.clone();
        tasks.spawn(async move {
            for _ in 0..25 {
                let count = |content: &mut RecordContent| {
                    let counted: u32 = content.body.parse().unwrap();
                    content.body = (counted + 1).to_string();
                    Ok(())
                };
                counts.update("posts", count).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(counts.get("posts").await.unwrap().unwrap().body(), "200");
}

#[tokio::test(start_paused = true)]
async fn followers_of_the_store_hear_of_records_and_of_their_deletion() {
    let (app, store) = app();
    let records = app.records_of("bot").unwrap().collection("things").unwrap();
    let mut follower = Follower::new(Kind::FrontEndRecord);
    let made = records.insert("a", RecordContent::new("1")).await.unwrap();
    let heard = follower.poll(store.as_ref()).await.unwrap();
    assert_eq!(heard.written, [(made.id.to_string(), 1)].into());
    records.put("a", RecordContent::new("2")).await.unwrap();
    assert_eq!(follower.poll(store.as_ref()).await.unwrap().written.len(), 1);
    records.delete("a").await.unwrap();
    let heard = follower.poll(store.as_ref()).await.unwrap();
    assert_eq!(heard.gone, BTreeSet::from([made.id.to_string()]));
}

#[tokio::test(start_paused = true)]
async fn a_damaged_record_is_listed_keeps_its_key_and_can_be_removed() {
    let (app, store) = app();
    let records = app.records_of("discord").unwrap().collection("guilds").unwrap();
    let made = records.insert("g1", RecordContent::new("1")).await.unwrap();
    records.insert("g2", RecordContent::new("2")).await.unwrap();
    assert!(store.damage(Kind::FrontEndRecord, made.id.as_str()));
    let error = records.get("g1").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Damaged, Some(Remedy::ListDamagedRecords))
    );
    let page = records.page(None, 10).await.unwrap();
    assert_eq!((keys(&page), page.damaged.len()), (vec!["g2"], 1));
    let taken = records.insert("g1", RecordContent::new("3")).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);
    let operator = app.operator();
    let damaged = app.damaged_all(&operator).await.unwrap();
    let [record] = &damaged[..] else { panic!("{damaged:?}") };
    assert_eq!((record.kind.name(), record.name()), ("front-end-record", "discord/guilds/g1"));
    app.remove_damaged(&operator, record.kind, &record.id).await.unwrap();
    assert_eq!(records.put("g1", RecordContent::new("3")).await.unwrap().revision, 1);
}

/// Whatever else is remembered: a look by key or lookup key reads what it returns.
#[tokio::test(start_paused = true)]
async fn a_look_reads_what_it_returns_however_much_is_remembered() {
    let store = CountingStore::default();
    let boards = handle(store.clone()).records_of("bot").unwrap().collection("boards").unwrap();
    let stored = Collection::<FrontEndRecord>::of(store.inner());
    for n in 0..2_000 {
        let content = RecordContent::new("x").found_by(format!("c{}", n / 2));
        let place = ("bot", "boards");
        let now = refractory_core::Timestamp(1);
        let record = FrontEndRecord::new(place, &format!("k{n}"), content, now).unwrap();
        stored.insert(&record).await.unwrap();
    }
    store.take_reads();
    assert!(boards.get("k700").await.unwrap().is_some());
    assert_eq!(store.take_reads(), 1);
    assert_eq!(boards.find_by("c500", None, 25).await.unwrap().records.len(), 2);
    assert_eq!(store.take_reads(), 2);
    assert_eq!(boards.page(None, 25).await.unwrap().records.len(), 25);
    assert_eq!(store.take_reads(), 25);
    boards.put("k700", RecordContent::new("y")).await.unwrap();
    assert_eq!(store.take_reads(), 1);
}

/// Where the answer to a write is lost, a repetition does not write over what another process wrote meanwhile.
#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_can_be_repeated() {
    let (app, store) = app();
    let theirs = app.records_of("bot").unwrap().collection("things").unwrap();
    let connection = Connection::to(&store);
    let ours = connection.handle(&testkit::clock::PausedClock::default());
    let ours = ours.records_of("bot").unwrap().collection("things").unwrap();
    connection.set(Connection::LOSES_ANSWERS);
    let lost = ours.insert("a", RecordContent::new("1")).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::Unavailable);
    connection.set(0);
    let again = ours.insert("a", RecordContent::new("1")).await.unwrap_err();
    assert_eq!(again.code(), &Code::RECORD_EXISTS);
    theirs.put("a", RecordContent::new("2")).await.unwrap();
    let seen = ours.get("a").await.unwrap().unwrap();
    assert_eq!((seen.body(), seen.revision()), ("2", 2));
}
