//! The last administrator stays: in races, under faults, whatever is asked for at once.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
use std::time::Duration;

use proptest::prelude::*;
use refractory_core::model::{
    AdminGuard, PasswordHash, Principal, Role, User, UserName, UserState,
};
use refractory_core::ports::{
    Aggregate, Changes, Collection, Kind, Page, Position, Query, Record, Store, UniqueKey, Write,
};
use refractory_core::{ErrorKind, MemoryStore, Refractory, Result, async_trait};
use testkit::administrators::{handle, race_for_the_last_one};
use testkit::fault::{CallFault, Faults};
use testkit::world::World;

/// A store in memory that two handles share.
#[derive(Debug, Clone, Default)]
struct Shared(std::sync::Arc<MemoryStore>);

#[async_trait]
impl Store for Shared {
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        tokio::task::yield_now().await;
        self.0.load(kind, id).await
    }
    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
        tokio::task::yield_now().await;
        self.0.find(key).await
    }
    async fn query(&self, query: &Query) -> Result<Page> {
        tokio::task::yield_now().await;
        self.0.query(query).await
    }
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        tokio::task::yield_now().await;
        self.0.commit(writes).await
    }
    async fn position(&self, kind: Kind) -> Result<Position> {
        self.0.position(kind).await
    }
    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        tokio::task::yield_now().await;
        self.0.changes(kind, after, limit).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_handles_on_one_store_in_memory_leave_an_administrator() {
    let store = Shared::default();
    race_for_the_last_one([handle(store.clone()), handle(store)], 300).await;
}

#[derive(Debug, Clone)]
enum Ask {
    Role(usize, Role),
    Remove(usize),
    State(usize, UserState),
    Password(usize),
}

fn asks() -> impl Strategy<Value = Vec<(usize, Ask)>> {
    let role = prop_oneof![Just(Role::Player), Just(Role::GameMaster), Just(Role::Admin)];
    let ask = prop_oneof![
        4 => (0..4_usize, role).prop_map(|(whom, role)| Ask::Role(whom, role)),
        3 => (0..4_usize).prop_map(Ask::Remove),
        3 => (0..4_usize).prop_map(|whom| Ask::State(whom, UserState::Disabled)),
        1 => (0..4_usize).prop_map(|whom| Ask::State(whom, UserState::Active)),
        1 => (0..4_usize).prop_map(Ask::Password),
    ];
    prop::collection::vec((0..9_usize, ask), 1..9)
}

fn trouble() -> impl Strategy<Value = Option<(usize, CallFault)>> {
    let how = prop_oneof![
        Just(CallFault::Refused),
        Just(CallFault::ReplyLost),
        Just(CallFault::Late),
        Just(CallFault::Slow)
    ];
    prop::option::of((0..60_usize, how))
}

async fn admins(app: &Refractory) -> usize {
    let all = app.users_all(&Principal::operator()).await.unwrap();
    all.iter().filter(|user| user.is_active_administrator()).count()
}

async fn ask(
    app: &Refractory,
    users: &[User],
    delay: usize,
    ask: Ask,
) -> std::result::Result<(), ErrorKind> {
    let operator = Principal::operator();
    for _ in 0..delay {
        tokio::task::yield_now().await;
    }
    let done = match ask {
        Ask::Role(whom, role) => app.set_role(&operator, &users[whom].id, role).await.map(|_| ()),
        Ask::Remove(whom) => app.remove_user(&operator, &users[whom].id).await,
        Ask::State(whom, state) => {
            app.set_user_state(&operator, &users[whom].id, state).await.map(|_| ())
        }
        Ask::Password(whom) => {
            let hash = PasswordHash("hash".to_owned());
            app.set_password(&operator, &users[whom].id, hash).await.map(|_| ())
        }
    };
    done.map_err(|error| error.kind())
}

async fn play(asks: Vec<(usize, Ask)>, trouble: Option<(usize, CallFault)>) {
    let world = World::default();
    let calm = Refractory::builder(world.clone()).store(world.clone()).build().0;
    let mut users = Vec::new();
    for name in ["ann", "bea", "cy", "di"] {
        let name = UserName::new(name).unwrap();
        users.push(calm.add_user(&Principal::operator(), name, Role::Admin, None).await.unwrap());
    }
    let faults = trouble.map_or_else(Faults::default, |(at, how)| Faults::at(at, how));
    let troubled = world.with(faults);
    let app = Refractory::builder(world.clone()).store(troubled).build().0;
    let calls = asks.into_iter().map(|(delay, what)| ask(&app, &users, delay, what));
    let outcomes = futures_of(calls).await;
    for kind in outcomes.into_iter().filter_map(Result::err) {
        assert!(
            matches!(kind, ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::Unavailable),
            "{kind:?}"
        );
    }
    assert!(admins(&calm).await >= 1, "while effects may be on their way");
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert!(admins(&calm).await >= 1, "after all effects have landed");
    // What a crash left in hand keeps nobody from the next change, down to the last one.
    let left = calm.users_all(&Principal::operator()).await.unwrap();
    let mut refused = 0;
    for (at, user) in left.iter().filter(|user| user.is_active_administrator()).enumerate() {
        let ended = if at % 2 == 0 {
            calm.set_role(&Principal::operator(), &user.id, Role::Player).await
        } else {
            let disabled = UserState::Disabled;
            calm.set_user_state(&Principal::operator(), &user.id, disabled).await
        };
        refused += usize::from(ended.is_err_and(|error| error.kind() == ErrorKind::Conflict));
    }
    assert_eq!((admins(&calm).await, refused), (1, 1));
    let guard = Collection::<AdminGuard>::of(&world).load(AdminGuard::ID).await.unwrap();
    assert!(guard.is_none_or(|guard| guard.pending.is_none() && guard.revision() > 0));
}

/// All at once, in one task: they take turns wherever they wait.
async fn futures_of<F: Future>(calls: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut calls: Vec<_> = calls.map(|call| (Box::pin(call), None)).collect();
    std::future::poll_fn(|context| {
        for (call, done) in &mut calls {
            if done.is_none()
                && let std::task::Poll::Ready(outcome) = call.as_mut().poll(context)
            {
                *done = Some(outcome);
            }
        }
        let all = calls.iter().all(|(_, done)| done.is_some());
        if all { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    calls.into_iter().filter_map(|(_, done)| done).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_for_at_once_an_administrator_is_left(asks in asks(), trouble in trouble()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(play(asks, trouble));
    }
}
