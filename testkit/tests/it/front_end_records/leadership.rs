//! One program leads a duty at a time, whatever the clocks, the store and the processes do.
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use refractory_core::model::RecordContent;
use refractory_core::{Code, ErrorKind, Leadership, MemoryStore, Refractory, Result};
use testkit::clock::PausedClock;
use tokio::time::{Instant, sleep, timeout};

use super::Connection;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

/// Two processes of two machines, whose wall clocks are a day apart.
fn two() -> (Connection, [Refractory; 2], [PausedClock; 2]) {
    let store = Arc::new(MemoryStore::default());
    let first = PausedClock::default();
    let second = first.ahead(Duration::from_hours(24));
    let connection = Connection::to(&store);
    let apps = [connection.handle(&first), Connection::to(&store).handle(&second)];
    (connection, apps, [first, second])
}

async fn lead(app: &Refractory) -> Leadership {
    app.lead("discord", "notices").await.unwrap()
}

fn is_lost<T>(outcome: &Result<T>) -> bool {
    let lost = outcome.as_ref().err().map(|error| (error.kind(), error.code()));
    lost == Some((ErrorKind::Outdated, &Code::NOT_LEADING))
}

#[tokio::test(start_paused = true)]
async fn one_that_renews_leads_for_as_long_as_it_works_and_hands_over_at_once() {
    let (_, [one, two], _) = two();
    let leading = lead(&one).await;
    assert!(
        timeout(MINUTE * 60, leading.keep(timeout(MINUTE * 59, lead(&two))))
            .await
            .unwrap()
            .unwrap()
            .is_err()
    );
    let before = leading.fencing_token().await.unwrap();
    let begun = Instant::now();
    let (released, next) = tokio::join!(leading.release(), lead(&two));
    released.unwrap();
    assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
    assert!(next.fencing_token().await.unwrap() > before);
    // Another duty is another matter.
    timeout(SECOND, one.lead("discord", "drift")).await.unwrap().unwrap().release().await.unwrap();
    timeout(SECOND, one.lead("matrix", "notices")).await.unwrap().unwrap().release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_that_ends_without_a_word_is_followed_after_half_a_minute_whatever_its_clock() {
    for swapped in [false, true] {
        let (_, mut apps, clocks) = two();
        if swapped {
            apps.reverse();
        }
        let dead = lead(&apps[0]).await;
        clocks[0].set_forward(Duration::from_hours(100));
        clocks[1].set_back(Duration::from_hours(100));
        let begun = Instant::now();
        let next = lead(&apps[1]).await;
        let took = begun.elapsed();
        assert!(took > SECOND * 30 && took < SECOND * 32, "{took:?}");
        // It comes back, and finds out before it goes on.
        assert!(is_lost(&dead.keep(pending::<()>()).await));
        assert!(is_lost(&dead.fencing_token().await));
        dead.release().await.unwrap();
        assert!(next.keep(sleep(MINUTE)).await.is_ok(), "its release is of no one else's lease");
    }
}

#[tokio::test(start_paused = true)]
async fn writes_of_one_that_lost_it_are_refused_and_those_of_the_leader_made() {
    let (_, [one, two], _) = two();
    let old = lead(&one).await;
    let stale = old.collection("posts").unwrap();
    stale.insert("a", RecordContent::new("old")).await.unwrap();
    let new = lead(&two).await;
    let fresh = new.collection("posts").unwrap();
    assert!(is_lost(&stale.insert("b", RecordContent::new("old")).await));
    assert!(is_lost(&stale.put("a", RecordContent::new("older")).await));
    assert!(is_lost(&stale.delete("a").await));
    let seen = fresh.get("a").await.unwrap().unwrap();
    assert_eq!((seen.body(), fresh.get("b").await.unwrap()), ("old", None));
    fresh.put("a", RecordContent::new("new")).await.unwrap();
    assert_eq!(stale.get("a").await.unwrap().unwrap().body(), "new");
    new.release().await.unwrap();
    assert!(is_lost(&fresh.put("a", RecordContent::new("released")).await));
}

#[tokio::test(start_paused = true)]
async fn work_ends_before_another_program_can_lead_where_the_store_is_gone() {
    let (connection, [one, two], _) = two();
    let leading = lead(&one).await;
    sleep(SECOND).await;
    connection.set(Connection::DOWN);
    let begun = Instant::now();
    let work = async {
        let outcome = leading.keep(pending::<()>()).await;
        (outcome, begun.elapsed())
    };
    let ((outcome, ended), next) = tokio::join!(work, async {
        let _leading = lead(&two).await;
        begun.elapsed()
    });
    assert!(is_lost(&outcome), "{outcome:?}");
    assert!(ended < next, "{ended:?} {next:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_gone_for_a_moment_and_lost_answers_end_nothing() {
    let (connection, [one, two], _) = two();
    let leading = lead(&one).await;
    let posts = leading.collection("posts").unwrap();
    let trouble = async {
        for _ in 0..10 {
            sleep(SECOND * 8).await;
            connection.set(Connection::DOWN);
            sleep(SECOND * 8).await;
            connection.set(Connection::LOSES_ANSWERS);
            let unknown = posts.put("a", RecordContent::new("x")).await;
            assert!(!is_lost(&unknown), "{unknown:?}");
            sleep(SECOND * 5).await;
            connection.set(0);
            posts.put("a", RecordContent::new("y")).await.unwrap();
        }
    };
    let other = timeout(MINUTE * 10, lead(&two));
    tokio::select! {
        kept = leading.keep(trouble) => kept.unwrap(),
        _ = other => panic!("two lead"),
    }
    leading.release().await.unwrap();
    lead(&two).await.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_that_was_frozen_goes_on_if_no_other_led_and_waits_to_find_out() {
    let (_, [one, two], [clock, _]) = two();
    let leading = lead(&one).await;
    clock.jump_monotonic(MINUTE * 10);
    let worked = leading.keep(async {
        sleep(SECOND).await;
        leading.fencing_token().await.unwrap()
    });
    assert!(worked.await.unwrap() > 1, "it was renewed before");
    // It leads on, and no one who waits for it does.
    let waiting = async {
        sleep(SECOND).await;
        timeout(SECOND * 20, lead(&two)).await.is_err()
    };
    assert!(leading.keep(waiting).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn of_many_candidates_one_leads_at_a_time_and_each_comes_to_it() {
    let store = Arc::new(MemoryStore::default());
    let clock = PausedClock::default();
    let leads = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..6 {
        let app = Connection::to(&store).handle(&clock);
        let leads = Arc::clone(&leads);
        tasks.spawn(async move {
            let leading = lead(&app).await;
            assert_eq!(leads.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
            leading.keep(sleep(SECOND * 45)).await.unwrap();
            leads.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
            if n % 2 == 0 {
                leading.release().await.unwrap();
            }
        });
    }
    timeout(MINUTE * 10, tasks.join_all()).await.unwrap();
}
