//! Events that a front end passes on: each once, and what no one knows of is said to be so.
use std::sync::Arc;
use std::time::Duration;

use refractory_core::model::{Event, EventKind, NewInstance, Slug};
use refractory_core::{
    Code, Deliveries, EventFilter, EventId, Leadership, MemoryStore, Refractory,
};
use testkit::clock::PausedClock;
use tokio::time::timeout;

use super::Connection;

const SECOND: Duration = Duration::from_secs(1);

async fn make(app: &Refractory, slug: &str) {
    let new = NewInstance::named(Slug::new(slug).unwrap());
    app.create(&app.operator(), new).await.unwrap();
}

/// Which table an event is about.
fn about(event: &Event) -> String {
    event.instance.as_ref().unwrap().name.clone()
}

async fn deliveries(app: &Refractory, leading: &Leadership) -> Deliveries {
    let filter = EventFilter::default().of_kind("instance-created");
    leading.deliveries("notices", &app.operator(), filter).await.unwrap()
}

/// What the other side got.
#[derive(Debug, Default)]
struct Inbox(Vec<EventId>);

/// Delivers what there is, up to `crash` events; where it crashes, it has sent the last one and not written it down.
async fn deliver(all: &mut Deliveries, inbox: &mut Inbox, crash: usize) -> Vec<(String, bool)> {
    let mut seen = Vec::new();
    while let Ok(next) = timeout(SECOND * 2, all.next()).await {
        let delivery = next.unwrap();
        all.begin().await.unwrap();
        let arrived = delivery.may_be_repeated && inbox.0.contains(&delivery.event.id);
        if !arrived {
            inbox.0.push(delivery.event.id.clone());
        }
        seen.push((about(&delivery.event), delivery.may_be_repeated));
        if seen.len() == crash {
            break;
        }
        all.finish().await.unwrap();
    }
    seen
}

fn seen(all: &[(&str, bool)]) -> Vec<(String, bool)> {
    all.iter().map(|(slug, repeated)| ((*slug).to_owned(), *repeated)).collect()
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_between_sending_and_writing_it_down_a_repetition_is_told() {
    let store = Arc::new(MemoryStore::default());
    let clock = PausedClock::default();
    let app = Connection::to(&store).handle(&clock);
    let mut inbox = Inbox::default();
    make(&app, "before").await;
    {
        let leading = lead(&app).await;
        let mut all = deliveries(&app, &leading).await;
        for slug in ["a", "b", "c"] {
            make(&app, slug).await;
        }
        let got = deliver(&mut all, &mut inbox, 2).await;
        assert_eq!(got, seen(&[("a", false), ("b", false)]), "it began with what came after it");
    }
    // A new process, on another machine.
    let app = Connection::to(&store).handle(&clock);
    let leading = lead(&app).await;
    let mut all = deliveries(&app, &leading).await;
    make(&app, "d").await;
    let got = deliver(&mut all, &mut inbox, 9).await;
    assert_eq!(got, seen(&[("b", true), ("c", false), ("d", false)]));
    let mut once = inbox.0.clone();
    once.dedup();
    assert_eq!((once.len(), inbox.0.len()), (4, 4), "each arrived once");
    drop(all);
    let mut all = deliveries(&app, &leading).await;
    assert_eq!(deliver(&mut all, &mut inbox, 9).await, seen(&[]), "nothing is left");
}

async fn lead(app: &Refractory) -> Leadership {
    app.lead("discord", "notices").await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_left_out_is_passed_and_what_was_not_finished_comes_again() {
    let store = Arc::new(MemoryStore::default());
    let app = Connection::to(&store).handle(&PausedClock::default());
    let leading = lead(&app).await;
    let filter = EventFilter::default();
    let mut all = leading.deliveries("log", &app.operator(), filter.clone()).await.unwrap();
    assert!(all.begin().await.is_err() && all.finish().await.is_err(), "there is no event");
    for slug in ["a", "b", "c"] {
        make(&app, slug).await;
    }
    let first = all.next().await.unwrap();
    assert_eq!(about(&first.event), "a");
    assert_eq!(all.next().await.unwrap(), first, "it was not finished");
    all.finish().await.unwrap();
    let second = all.next().await.unwrap();
    assert_eq!(second.event.kind, EventKind::InstanceCreated);
    all.begin().await.unwrap();
    all.finish().await.unwrap();
    let mut again = leading.deliveries("log", &app.operator(), filter).await.unwrap();
    let third = again.next().await.unwrap();
    assert_eq!((about(&third.event), third.may_be_repeated), ("c".to_owned(), false));
}

#[tokio::test(start_paused = true)]
async fn one_that_no_longer_leads_is_refused_before_it_sends() {
    let store = Arc::new(MemoryStore::default());
    let clock = PausedClock::default();
    let [one, two] = [(); 2].map(|()| Connection::to(&store).handle(&clock));
    let old = lead(&one).await;
    let mut stale = deliveries(&one, &old).await;
    make(&one, "a").await;
    stale.next().await.unwrap();
    let new = lead(&two).await;
    let mut inbox = Inbox::default();
    let got = deliver(&mut deliveries(&two, &new).await, &mut inbox, 9).await;
    assert_eq!(got, seen(&[("a", false)]));
    assert_eq!(stale.begin().await.unwrap_err().code(), &Code::NOT_LEADING);
}
