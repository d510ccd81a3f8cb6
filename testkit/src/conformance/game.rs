//! The contract of [`GameControl`].
//!
//! A suite needs a program to control: [`GameFixture`] is one, freshly started for each case, with an
//! administrator's password set, two worlds in it that were never opened, and a license whose
//! agreement no one has accepted.
use std::fmt::Debug;
use std::time::Duration;

use refractory_core::model::WorldId;
use refractory_core::ports::{GameControl, GameStatus, GameTarget, Observed, Stop, WorldRef};
use refractory_core::{ErrorKind, Result, Secret, async_trait};
use tokio::time::{sleep, timeout};

/// How long one call may take: what a worker allows it.
const CALL_DEADLINE: Duration = Duration::from_secs(10);
/// How often something pending is asked about before the case has failed.
const MAX_POLLS: usize = 1500;

/// A running program, and the control that is held to its contract with it.
#[async_trait]
pub trait GameFixture: Debug + Send + Sync {
    /// The control.
    fn control(&self) -> &dyn GameControl;
    /// Where the program listens, and its password.
    fn target(&self) -> GameTarget;
    /// A key that the program takes.
    fn license(&self) -> Secret;
    /// Two worlds that are there.
    fn worlds(&self) -> [WorldId; 2];
    /// Sessions the program has begun since it started.
    fn sessions(&self) -> usize;
    /// Lets one person sit down in the open world.
    async fn join_player(&self);
    /// Ends the program without its consent; returns when nothing listens any more.
    async fn kill(&self);
    /// Makes the program take connections and never answer.
    async fn stop_answering(&self);
}

/// What the first world of `house` takes.
fn first(house: &dyn GameFixture) -> WorldRef {
    wish(house, Some(house.worlds()[0].clone()))
}

fn wish(house: &dyn GameFixture, world: Option<WorldId>) -> WorldRef {
    WorldRef { world, license: Some(house.license()), eula_accepted: true }
}

type Answer = Result<Observed<GameStatus>>;

async fn bounded(call: impl Future<Output = Answer>) -> Answer {
    timeout(CALL_DEADLINE, call).await.expect("a call answers within its bound")
}

async fn ensured(house: &dyn GameFixture, world: &WorldRef) -> Answer {
    bounded(house.control().ensure(&house.target(), world)).await
}

async fn observed(house: &dyn GameFixture) -> Answer {
    bounded(house.control().observe(&house.target())).await
}

async fn removed(house: &dyn GameFixture) -> Answer {
    bounded(house.control().remove(&house.target(), Stop::Gentle)).await
}

/// What `ensure` says once it no longer says `Pending`.
async fn settled(house: &dyn GameFixture, at: &GameTarget, world: &WorldRef) -> Answer {
    for _ in 0..MAX_POLLS {
        match bounded(house.control().ensure(at, world)).await {
            Ok(Observed::Pending(_)) => sleep(Duration::from_millis(20)).await,
            settled => return settled,
        }
    }
    panic!("it stays pending");
}

async fn opened(house: &dyn GameFixture, world: &WorldRef) -> GameStatus {
    match settled(house, &house.target(), world).await {
        Ok(Observed::Ready(status)) => status,
        other => panic!("opening answered {other:?}"),
    }
}

async fn closed(house: &dyn GameFixture) {
    for _ in 0..MAX_POLLS {
        match removed(house).await {
            Ok(Observed::Absent) => return,
            Ok(Observed::Pending(_)) => sleep(Duration::from_millis(20)).await,
            other => panic!("closing answered {other:?}"),
        }
    }
    panic!("it never closes");
}

/// The world that is seen to be open.
async fn seen(house: &dyn GameFixture) -> Option<WorldId> {
    match observed(house).await {
        Ok(Observed::Ready(status)) => status.world,
        other => panic!("looking answered {other:?}"),
    }
}

/// A world is opened, past the license pages, and seen to be open.
pub async fn opens_a_world(house: &dyn GameFixture) {
    let [world, _] = house.worlds();
    let status = opened(house, &first(house)).await;
    assert_eq!(status.world, Some(world.clone()), "it says which world is open");
    assert_eq!(status.players, 0, "and that nobody plays yet");
    assert_eq!(
        status.version.map(|version| version.generation),
        Some(house.target().version.generation),
        "and which version runs"
    );
    assert_eq!(seen(house).await, Some(world));
}

/// Opening what is open reports it, and disturbs no one.
pub async fn ensure_repeats(house: &dyn GameFixture) {
    opened(house, &first(house)).await;
    house.join_player().await;
    for _ in 0..3 {
        match ensured(house, &first(house)).await {
            Ok(Observed::Ready(status)) => assert_eq!(status.players, 1, "nobody was thrown out"),
            other => panic!("what is open answered {other:?}"),
        }
    }
}

/// Another open world is closed before the one that is wanted opens.
pub async fn another_world_is_closed_first(house: &dyn GameFixture) {
    let [one, two] = house.worlds();
    opened(house, &wish(house, Some(one))).await;
    let status = opened(house, &wish(house, Some(two.clone()))).await;
    assert_eq!(status.world, Some(two.clone()));
    assert_eq!(seen(house).await, Some(two));
}

/// Where no world is wanted, the program is left licensed in its setup.
pub async fn no_world_leaves_it_in_setup(house: &dyn GameFixture) {
    assert_eq!(opened(house, &wish(house, None)).await.world, None);
    assert_eq!(seen(house).await, None);
    opened(house, &first(house)).await;
    assert_eq!(opened(house, &wish(house, None)).await.world, None, "an open one is closed");
    assert_eq!(seen(house).await, None);
}

/// A world that is not there is refused for good, and nothing opens.
pub async fn an_unknown_world_is_refused(house: &dyn GameFixture) {
    let unknown = WorldId::new("no-such-world").expect("a world id");
    match settled(house, &house.target(), &wish(house, Some(unknown))).await {
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert!(!error.is_transient(), "trying again does not help");
        }
        other => panic!("an unknown world answered {other:?}"),
    }
    assert_eq!(seen(house).await, None);
}

/// Looking changes nothing: neither the license nor the world.
pub async fn observe_changes_nothing(house: &dyn GameFixture) {
    for _ in 0..3 {
        assert_eq!(seen(house).await, None);
    }
    let unaccepted = WorldRef { eula_accepted: false, ..first(house) };
    assert!(ensured(house, &unaccepted).await.is_err(), "the agreement is still to be accepted");
}

/// Looking again and again begins no more than one session.
pub async fn probing_adds_no_sessions(house: &dyn GameFixture) {
    opened(house, &first(house)).await;
    seen(house).await;
    let before = house.sessions();
    for _ in 0..20 {
        seen(house).await;
    }
    assert_eq!(house.sessions(), before, "every probe added a session");
}

/// A world is closed, and seen to be closed.
pub async fn closes_a_world(house: &dyn GameFixture) {
    opened(house, &first(house)).await;
    closed(house).await;
    assert_eq!(seen(house).await, None);
    let status = opened(house, &first(house)).await;
    assert_eq!(status.world.as_ref(), Some(&house.worlds()[0]), "and opens again");
}

/// Closing what is closed succeeds at once.
pub async fn remove_of_closed_succeeds(house: &dyn GameFixture) {
    opened(house, &wish(house, None)).await;
    for _ in 0..2 {
        assert_eq!(removed(house).await.expect("closing"), Observed::Absent);
    }
}

/// Where nothing listens, there is nothing.
pub async fn nothing_listening_is_absent(house: &dyn GameFixture) {
    opened(house, &first(house)).await;
    house.kill().await;
    assert_eq!(observed(house).await.expect("looking"), Observed::Absent);
    assert_eq!(removed(house).await.expect("closing"), Observed::Absent);
}

/// A program that does not answer is not absent, and not empty: no one can say.
pub async fn silence_is_not_absence(house: &dyn GameFixture) {
    opened(house, &first(house)).await;
    house.stop_answering().await;
    let (look, close) = tokio::join!(observed(house), removed(house));
    for answer in [look, close] {
        match answer {
            Err(error) => assert!(error.is_transient(), "it may answer again"),
            other => panic!("silence was read as {other:?}"),
        }
    }
}

/// No one accepts the agreement but a person.
pub async fn an_unaccepted_agreement_is_forbidden(house: &dyn GameFixture) {
    let unaccepted = WorldRef { eula_accepted: false, ..first(house) };
    for _ in 0..2 {
        match settled(house, &house.target(), &unaccepted).await {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Forbidden);
                assert!(!error.is_transient(), "only a person can change it");
            }
            other => panic!("an agreement nobody accepted answered {other:?}"),
        }
    }
    assert_eq!(seen(house).await, None);
}

/// A license that is asked for and not there is forbidden, not invented.
pub async fn a_missing_license_is_forbidden(house: &dyn GameFixture) {
    let without = WorldRef { license: None, ..first(house) };
    match settled(house, &house.target(), &without).await {
        Err(error) => assert_eq!(error.kind(), ErrorKind::Forbidden),
        other => panic!("a missing license answered {other:?}"),
    }
}

/// With another password than the program's, nothing is opened and nothing closed.
pub async fn a_wrong_password_is_forbidden(house: &dyn GameFixture) {
    let wrong = GameTarget { admin_key: Secret::new("not it"), ..house.target() };
    let refused = |answer: Answer| match answer {
        Err(error) => assert_eq!(error.kind(), ErrorKind::Forbidden),
        other => panic!("a wrong password answered {other:?}"),
    };
    refused(settled(house, &wrong, &first(house)).await);
    assert_eq!(seen(house).await, None);
    opened(house, &first(house)).await;
    refused(bounded(house.control().remove(&wrong, Stop::Gentle)).await);
    assert_eq!(seen(house).await.as_ref(), Some(&house.worlds()[0]), "it is still open");
}

/// A call whose future was dropped is completed by calling again.
pub async fn a_dropped_call_can_be_repeated(house: &dyn GameFixture) {
    for wait in [0, 2, 5, 10, 20, 40] {
        let (at, world) = (house.target(), first(house));
        let call = house.control().ensure(&at, &world);
        drop(timeout(Duration::from_millis(wait), call).await);
    }
    opened(house, &first(house)).await;
    for wait in [0, 2, 5] {
        let at = house.target();
        let call = house.control().remove(&at, Stop::Gentle);
        drop(timeout(Duration::from_millis(wait), call).await);
    }
    closed(house).await;
}

/// Who sits in the world is counted.
pub async fn players_are_counted(house: &dyn GameFixture) {
    opened(house, &first(house)).await;
    house.join_player().await;
    match observed(house).await {
        Ok(Observed::Ready(status)) => assert_eq!(status.players, 1),
        other => panic!("looking answered {other:?}"),
    }
}

/// Everyone who is signed in to the administration has their own session, and needs the right password for it.
pub async fn each_administrator_has_a_session(house: &dyn GameFixture) {
    opened(house, &wish(house, None)).await;
    let at = house.target();
    let first = house.control().administer(&at).await.expect("it is in its setup");
    let second = house.control().administer(&at).await.expect("it is in its setup");
    assert!(!first.is_empty() && first != second, "two people share a session");
    let wrong = GameTarget { admin_key: Secret::new("not the password"), ..at };
    let refused = house.control().administer(&wrong).await.expect_err("the password is wrong");
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
}

/// While a world is open no one is signed in to the administration.
pub async fn nobody_administers_an_open_world(house: &dyn GameFixture) {
    opened(house, &first(house)).await;
    let refused = house.control().administer(&house.target()).await.expect_err("a world is open");
    assert_eq!(refused.kind(), ErrorKind::Conflict);
}

/// The worlds are told while none is open, and then no longer.
pub async fn worlds_are_told_while_none_is_open(house: &dyn GameFixture) {
    opened(house, &wish(house, None)).await;
    let told = house.control().worlds(&house.target()).await.expect("it answers");
    let ids: Vec<_> = told.expect("it is in its setup").into_iter().map(|world| world.id).collect();
    assert_eq!(ids, house.worlds());
    opened(house, &first(house)).await;
    let told = house.control().worlds(&house.target()).await.expect("it answers");
    assert_eq!(told, None, "a world is open");
}

/// Calls `$run!` with the name of every case.
#[macro_export]
macro_rules! game_cases {
    ([$($run:tt)+] $($rest:tt)*) => {
        $($run)+! { ($($rest)*)
            an_unaccepted_agreement_is_forbidden, a_missing_license_is_forbidden, observe_changes_nothing,
            opens_a_world, ensure_repeats, another_world_is_closed_first, no_world_leaves_it_in_setup,
            an_unknown_world_is_refused, probing_adds_no_sessions, closes_a_world, remove_of_closed_succeeds,
            nothing_listening_is_absent, silence_is_not_absence, a_wrong_password_is_forbidden,
            a_dropped_call_can_be_repeated, players_are_counted, each_administrator_has_a_session,
            nobody_administers_an_open_world, worlds_are_told_while_none_is_open
        }
    };
}

/// One test for each case, against the house `$make` makes afresh.
#[macro_export]
macro_rules! conform_game {
    ((@each $make:expr) $($case:ident),* $(,)?) => { $(
        #[tokio::test]
        async fn $case() {
            let house = $make;
            $crate::conformance::game::$case(&house).await;
        }
    )* };
    ($make:expr) => { $crate::game_cases!([$crate::conform_game] @each $make); };
}
