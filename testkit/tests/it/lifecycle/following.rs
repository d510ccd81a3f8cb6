//! Following events and instances, and waiting for what was asked.
use std::sync::Arc;
use std::time::Duration;

use refractory_core::model::{
    Event, EventKind, NewInstance, Operation, OperationState, Power, Role, Slug, Urgency,
};
use refractory_core::{
    Builder, Code, ErrorKind, EventCursor, EventFilter, InstanceId, OperationId, Ports, Refractory,
    Settled, SettledOperation, Subscription,
};
use testkit::counting_store::CountingStore;
use testkit::people::fresh_user;
use testkit::world::World;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::house::{House, op, said};

const MINUTE: Duration = Duration::from_mins(1);

/// A worker that works until it is dropped.
struct Working {
    _tasks: JoinSet<()>,
    _stop: oneshot::Sender<()>,
}

impl Working {
    fn begin(house: &House) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let worker = house.worker();
        let run = worker.run_until(async move { drop(stopped.await) });
        let mut tasks = JoinSet::new();
        tasks.spawn(run);
        Self { _tasks: tasks, _stop: stop }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_settled_when_a_table_is_on_off_and_gone() {
    let house = House::quiet(1).await;
    let _working = Working::begin(&house);
    let id = house.table("friday").await;
    let asked = house.app.start(&op(), &id).await.unwrap();
    let settled = house.app.settled(&op(), &asked, MINUTE * 5).await.unwrap();
    let endpoint = house.get(&id).await.unwrap().endpoint().cloned().unwrap();
    assert_eq!(settled, Settled::On(endpoint));
    let asked = house.app.stop(&op(), &id, Urgency::Gentle).await.unwrap();
    assert_eq!(house.app.settled(&op(), &asked, MINUTE * 5).await.unwrap(), Settled::Off);
    let again = house.app.settled(&op(), &asked, MINUTE).await.unwrap();
    assert_eq!(again, Settled::Off, "it is off already");
    let asked = house.app.delete(&op(), &id, "friday").await.unwrap();
    let mut steps = 0;
    let settled = house.app.settled_telling(&op(), &asked, MINUTE * 5, |_| steps += 1).await;
    assert_eq!(settled.unwrap(), Settled::Gone);
    assert!(steps > 0, "it says what happens on the way");
    let kinds: Vec<_> = house.events(Some(&id)).await.into_iter().map(|it| it.kind).collect();
    assert_eq!(kinds[0], EventKind::InstanceRemoved { owner: None }, "{kinds:?}");
}

#[tokio::test(start_paused = true)]
async fn a_request_is_settled_when_it_fails_with_the_code_of_what_is_missing() {
    let house = House::quiet(0).await;
    let _working = Working::begin(&house);
    let id = house.table("friday").await;
    let asked = house.app.start(&op(), &id).await.unwrap();
    let settled = house.app.settled(&op(), &asked, MINUTE * 5).await.unwrap();
    let Settled::Failed(fault) = settled else { panic!("{settled:?}") };
    assert_eq!(fault.cause.unwrap().code, Code::NO_LICENSES);
    let failed = house.events(Some(&id)).await;
    let failed = failed.iter().find(|it| matches!(it.kind, EventKind::AttemptFailed { .. }));
    assert_eq!(said(failed.unwrap()), "There is no license yet.");
}

#[tokio::test(start_paused = true)]
async fn a_request_is_settled_when_nobody_works_when_it_is_superseded_and_when_time_is_up() {
    let house = House::quiet(1).await;
    let id = house.table("friday").await;
    let asked = house.app.start(&op(), &id).await.unwrap();
    let operator = op();
    let settled = |deadline| house.app.settled(&operator, &asked, deadline);
    assert_eq!(settled(Duration::from_secs(1)).await.unwrap(), Settled::TimedOut);
    assert_eq!(settled(MINUTE).await.unwrap(), Settled::NoWorker);
    let stop = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        house.app.stop(&operator, &id, Urgency::Gentle).await.unwrap();
    };
    let (settled, ()) = tokio::join!(settled(MINUTE), stop);
    assert_eq!(settled.unwrap(), Settled::Superseded(Power::Off));
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_settled_when_it_ends_when_nobody_works_and_when_time_is_up() {
    let house = House::quiet(1).await;
    let id = house.table("friday").await;
    let (app, operator) = (&house.app, op());
    let asked = app.start(&operator, &id).await.unwrap();
    let working = Working::begin(&house);
    app.settled(&operator, &asked, MINUTE * 5).await.unwrap();
    assert_eq!(app.workers_within(Duration::ZERO).await.unwrap().len(), 1);
    drop(working);
    tokio::time::sleep(MINUTE).await;
    assert_eq!(app.workers_within(Duration::from_secs(1)).await.unwrap(), []);
    let asked = app.create_backup(&operator, &id, true).await.unwrap().id;
    let mut states = Vec::new();
    let short = app.settled_operation(&operator, &asked, Duration::from_secs(1), |_| {}).await;
    assert_eq!(short.unwrap(), SettledOperation::TimedOut);
    let idle = app.settled_operation(&operator, &asked, MINUTE, |_| {}).await;
    assert_eq!(idle.unwrap(), SettledOperation::NoWorker);
    let worker_comes = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let working = Working::begin(&house);
        assert_eq!(app.workers_within(MINUTE).await.unwrap().len(), 1);
        working
    };
    let report = |now: &Operation| states.push(now.state());
    let settled = app.settled_operation(&operator, &asked, MINUTE * 5, report);
    let (settled, _working) = tokio::join!(settled, worker_comes);
    let SettledOperation::Ended(ended) = settled.unwrap() else { panic!("it did not end") };
    assert_eq!(ended.state(), OperationState::Succeeded);
    states.dedup();
    assert_eq!(states, [OperationState::Waiting, OperationState::Running], "on the way");
    let again = app.settled_operation(&operator, &asked, MINUTE, |_| {}).await.unwrap();
    assert_eq!(again, SettledOperation::Ended(ended), "it has ended already");
    let none = OperationId::new("none").unwrap();
    let none = app.settled_operation(&operator, &none, MINUTE, |_| {}).await.unwrap_err();
    assert_eq!(*none.code(), Code::NO_OPERATION);
    let stranger = fresh_user(app, "bert", Role::GameMaster).await;
    let refused = app.settled_operation(&stranger, &asked, MINUTE, |_| {}).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden, "of a table that they do not manage");
}

#[tokio::test(start_paused = true)]
async fn a_watch_tells_of_each_state_and_ends_with_the_table() {
    let house = House::quiet(1).await;
    let id = house.table("friday").await;
    let mut watch = house.app.watch_instance(&op(), &id);
    let first = watch.next().await.unwrap().unwrap();
    let unchanged = tokio::time::timeout(MINUTE, watch.next()).await;
    assert!(unchanged.is_err(), "nothing comes where nothing changes");
    house.start(&id).await;
    let second = watch.next().await.unwrap().unwrap();
    assert!(second.revision > first.revision && second.is_desired_on());
    house.table("monday").await;
    assert!(tokio::time::timeout(MINUTE, watch.next()).await.is_err(), "of no other table");
    house.delete(&id).await;
    assert_eq!(watch.next().await.unwrap().unwrap().desired.power, Power::Gone);
    house.run(&house.worker(), MINUTE).await;
    while let Some(row) = watch.next().await.unwrap() {
        assert_eq!(row.id, id);
    }
    assert_eq!(watch.next().await.unwrap(), None, "it stays gone");
}

/// The kind of the next event, the name of its table, and its place.
async fn next(events: &mut Subscription) -> (String, String, EventCursor) {
    let next = tokio::time::timeout(MINUTE, events.next()).await.unwrap().unwrap();
    let Event { kind, instance, .. } = next.event;
    (kind.name().to_owned(), instance.unwrap().name, next.cursor)
}

async fn subscribed(house: &House, after: Option<EventCursor>) -> Subscription {
    house.app.subscribe(&op(), EventFilter::default(), after).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_subscription_misses_nothing_across_a_reconnect_and_tells_nothing_twice() {
    let house = House::quiet(1).await;
    house.table("before").await;
    let mut events = subscribed(&house, None).await;
    for name in ["a", "b", "c"] {
        house.table(name).await;
    }
    let created = |name: &str| ("instance-created".to_owned(), name.to_owned());
    let (kind, name, cursor) = next(&mut events).await;
    assert_eq!((kind, name), created("a"), "from now on, and not from before");
    drop(events);
    house.table("d").await;
    // As a browser sends it back.
    let cursor: EventCursor = cursor.to_string().parse().unwrap();
    let mut events = subscribed(&house, Some(cursor)).await;
    house.table("e").await;
    let mut last = None;
    for name in ["b", "c", "d", "e"] {
        let (kind, title, cursor) = next(&mut events).await;
        assert_eq!((kind, title), created(name));
        last = Some(cursor);
    }
    let mut events = subscribed(&house, last).await;
    assert!(tokio::time::timeout(MINUTE, events.next()).await.is_err(), "all of it was read");
    for raw in ["", "1", "x_y_", "1_2_Ä", "1_2"] {
        assert_eq!(raw.parse::<EventCursor>().unwrap_err().code(), &Code::NO_CURSOR, "{raw}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_loses_no_event() {
    let house = House::quiet(1).await;
    let mut events = subscribed(&house, None).await;
    for name in ["a", "b", "c", "d"] {
        house.table(name).await;
    }
    let mut names = Vec::new();
    for attempt in 0..200 {
        // Dropped at each point where it waits, sooner or later.
        let mut polls = attempt % 9 + 1;
        let mut call = Box::pin(events.next());
        let some = std::future::poll_fn(|context| {
            polls -= 1;
            match call.as_mut().poll(context) {
                std::task::Poll::Pending if polls > 0 => {
                    context.waker().wake_by_ref();
                    std::task::Poll::Pending
                }
                std::task::Poll::Pending => std::task::Poll::Ready(None),
                std::task::Poll::Ready(next) => std::task::Poll::Ready(Some(next)),
            }
        });
        if let Some(next) = some.await {
            names.push(next.unwrap().event.instance.unwrap().name);
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(names, ["a", "b", "c", "d"]);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_tells_what_its_reader_may_read_and_asks_for() {
    let house = House::quiet(1).await;
    let gil = fresh_user(&house.app, "gil", Role::GameMaster).await;
    let pia = fresh_user(&house.app, "pia", Role::Player).await;
    let everything = EventFilter::default;
    let mut of_gil = house.app.subscribe(&gil, everything(), None).await.unwrap();
    let mut of_pia = house.app.subscribe(&pia, everything(), None).await.unwrap();
    let starts = everything().of_kind("start-requested");
    let mut of_starts = house.app.subscribe(&op(), starts, None).await.unwrap();
    let others = house.table("others").await;
    let own = NewInstance::named(Slug::new("own").unwrap());
    let own = own.owned_by(gil.user().cloned().unwrap());
    let own = house.app.create(&op(), own).await.unwrap();
    house.start(&others).await;
    house.start(&own.id).await;
    for kind in ["instance-created", "start-requested"] {
        let (found, name, _) = next(&mut of_gil).await;
        assert_eq!((found.as_str(), name.as_str()), (kind, "own"));
    }
    assert!(tokio::time::timeout(MINUTE, of_gil.next()).await.is_err(), "of no other table");
    assert!(tokio::time::timeout(MINUTE, of_pia.next()).await.is_err(), "a player reads none");
    for name in ["others", "own"] {
        let (kind, of, _) = next(&mut of_starts).await;
        assert_eq!((kind.as_str(), of.as_str()), ("start-requested", name));
    }
    house.delete(&own.id).await;
    house.run(&house.worker(), MINUTE * 2).await;
    let mut last = String::new();
    while last != "instance-removed" {
        last = next(&mut of_gil).await.0;
    }
}

#[tokio::test(start_paused = true)]
async fn both_tables_of_a_hand_over_show_it() {
    let house = House::quiet(1).await;
    let (a, b) = (house.table("a").await, house.table("b").await);
    house.start(&a).await;
    house.run(&house.worker(), MINUTE).await;
    house.start(&b).await;
    house.run(&house.worker(), MINUTE * 20).await;
    assert!(house.is_on(&b).await, "{:?}", house.get(&b).await);
    for id in [&a, &b] {
        let sentences: Vec<_> = house.events(Some(id)).await.iter().map(said).collect();
        let of_it = sentences.iter().filter(|text| text.ends_with(" went from a to b.")).count();
        assert_eq!(of_it, 1, "{sentences:?}");
    }
    let sentences: Vec<_> = house.events(Some(&a)).await.iter().map(said).collect();
    let begun = "a is stopping: no one is playing there, and b is waiting for its license.";
    assert!(sentences.iter().any(|text| text == begun), "{sentences:?}");
}

/// A deployment whose store counts what is read.
fn counted() -> (Builder, CountingStore) {
    let (world, store) = (World::default(), CountingStore::default());
    let ports = Ports { store: Arc::new(store.clone()), ..world.ports() };
    (Builder::from_ports(ports).clock(world.clock()), store)
}

async fn created(app: &Refractory, name: &str) -> InstanceId {
    let new = NewInstance::named(Slug::new(name).unwrap());
    app.create(&op(), new).await.unwrap().id
}

/// How many records are read by following for a minute in which `app` has `tables` tables; and by one page of the audit log.
async fn cost_at(tables: usize) -> [usize; 3] {
    let (builder, store) = counted();
    let app = builder.build().0;
    for at in 0..tables {
        created(&app, &format!("t{at}")).await;
    }
    let id = created(&app, "friday").await;
    store.take_reads();
    let mut events = app.subscribe(&op(), EventFilter::default(), None).await.unwrap();
    let mut watch = app.watch_instance(&op(), &id);
    watch.next().await.unwrap();
    let first = store.take_reads();
    assert!(tokio::time::timeout(MINUTE, events.next()).await.is_err());
    assert!(tokio::time::timeout(MINUTE, watch.next()).await.is_err());
    let idle = store.take_reads();
    let filter = EventFilter::default().of_kind("role-changed");
    app.events(&op(), &filter, None, 50).await.unwrap();
    [first, idle, store.take_reads()]
}

#[tokio::test(start_paused = true)]
async fn following_reads_nothing_while_nothing_changes_and_no_more_where_there_is_more() {
    let (few, many) = (cost_at(300).await, cost_at(3_000).await);
    assert_eq!(few, many, "ten times as many change nothing");
    let [first, idle, page] = few;
    assert_eq!((first, idle), (1, 0));
    assert!(page <= 200, "a page of a rare kind: {page}");
}

/// The kinds of the events that `filter` is for, read in pages of `limit`; and how many pages there are.
async fn read_log(app: &Refractory, filter: &EventFilter, limit: usize) -> (Vec<String>, usize) {
    let (mut all, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = app.events(&op(), filter, after, limit).await.unwrap();
        assert!(page.events.len() <= limit);
        all.extend(page.events.iter().map(|event| event.kind.name().to_owned()));
        pages += 1;
        after = page.next;
        if after.is_none() {
            return (all, pages);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_audit_log_is_read_by_kind_user_and_table_a_page_at_a_time() {
    let app = counted().0.build().0;
    let who = fresh_user(&app, "anna", Role::Admin).await;
    let anna = who.user().cloned().unwrap();
    for at in 0..7 {
        created(&app, &format!("t{at}")).await;
    }
    let friday = created(&app, "friday").await;
    for _ in 0..5 {
        app.start(&who, &friday).await.unwrap();
        app.stop(&op(), &friday, Urgency::Gentle).await.unwrap();
    }
    let by = async |filter: EventFilter, limit: usize| read_log(&app, &filter, limit).await;
    let of_friday = || EventFilter::about(&friday);
    let (all, _) = by(EventFilter::default(), 200).await;
    for limit in [1, 2, 3, 200] {
        assert_eq!(by(EventFilter::default(), limit).await.0, all, "pages of {limit}");
        let (starts, _) = by(of_friday().by(anna.clone()), limit).await;
        assert_eq!(starts, vec!["start-requested"; 5], "pages of {limit}");
        let (stops, _) = by(EventFilter::default().of_kind("stop-requested"), limit).await;
        assert_eq!(stops, vec!["stop-requested"; 5], "pages of {limit}");
        let (own, pages) = by(EventFilter::default().by(anna.clone()), limit).await;
        assert_eq!((own.len(), pages), (5, 5_usize.div_ceil(limit)));
    }
    assert_eq!(by(of_friday(), 200).await.0.len(), 11);
    assert_eq!(by(of_friday().of_kind("role-changed"), 2).await.0, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn the_audit_log_is_trimmed_a_page_at_a_time() {
    let (builder, store) = counted();
    let (app, worker) = builder.worker_options(|options| options.events = 500).build();
    let friday = created(&app, "friday").await;
    for _ in 0..400 {
        app.start(&op(), &friday).await.unwrap();
        app.stop(&op(), &friday, Urgency::Gentle).await.unwrap();
    }
    let count = async || read_log(&app, &EventFilter::about(&friday), 200).await.0.len();
    assert_eq!(count().await, 801);
    for _ in 0..20 {
        store.take_reads();
        worker.sweep().await.unwrap();
        let read = store.take_reads();
        assert!(read <= 210, "one sweep reads {read} records");
        tokio::time::sleep(MINUTE).await;
    }
    let left = count().await;
    // A fifth of the room is for what tables do; the creation has its own.
    assert_eq!(left, 101);
    store.take_reads();
    worker.sweep().await.unwrap();
    assert!(store.take_reads() < 10, "and then nothing is read for a while");
}
