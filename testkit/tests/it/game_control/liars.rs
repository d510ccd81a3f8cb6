//! A control for each clause that breaks just that one, and the proof that the suite notices.
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use refractory_core::foundry::FoundryControl;
use refractory_core::model::{WorldId, WorldSummary};
use refractory_core::ports::{GameControl, GameStatus, GameTarget, Observed, Stop, WorldRef};
use refractory_core::{Error, ErrorKind, Result, Secret, async_trait};
use testkit::conformance::game::{self, GameFixture};
use testkit::foundry::FoundryFixture;
use tokio::sync::OnceCell;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    AcceptsTheAgreement,
    InventsALicense,
    OpensWhenLooking,
    ReadyTooSoon,
    Reopens,
    AnyWorldWillDo,
    LeavesItOpen,
    CallsItTransient,
    ForgetsItsSession,
    SaysClosed,
    MissesWhatIsClosed,
    RefusedIsAnError,
    SilenceIsNobody,
    KnowsBetter,
    Jams,
    CountsNobody,
    SharesASession,
    AdministersAnyway,
    ForgetsAWorld,
}

#[derive(Debug)]
struct Liar {
    house: FoundryFixture,
    lie: Lie,
    busy: AtomicBool,
    session: OnceCell<Secret>,
}

impl Liar {
    fn honest(&self) -> &dyn GameControl {
        self.house.control()
    }

    async fn lie_while_opening(
        &self,
        at: &GameTarget,
        world: &WorldRef,
    ) -> Result<Observed<GameStatus>> {
        let honest = self.honest();
        let answer = match self.lie {
            Lie::AcceptsTheAgreement => {
                honest.ensure(at, &WorldRef { eula_accepted: true, ..world.clone() }).await
            }
            Lie::InventsALicense => honest.ensure(at, &self.house.first()).await,
            Lie::AnyWorldWillDo => match honest.observe(at).await? {
                Observed::Ready(open) if open.world.is_some() => Ok(Observed::Ready(open)),
                _ => honest.ensure(at, world).await,
            },
            Lie::LeavesItOpen if world.world.is_none() => {
                Ok(Observed::Ready(status(world.world.clone())))
            }
            Lie::KnowsBetter => honest.ensure(&self.house.target(), world).await,
            _ => honest.ensure(at, world).await,
        };
        match (self.lie, answer) {
            (Lie::ReadyTooSoon, Ok(Observed::Pending(_))) => {
                Ok(Observed::Ready(status(world.world.clone())))
            }
            (Lie::Reopens, Ok(Observed::Ready(_))) => {
                honest.remove(at, Stop::Gentle).await?;
                loop {
                    match honest.ensure(at, world).await {
                        Ok(Observed::Pending(_)) => tokio::time::sleep(PAUSE).await,
                        other => break other,
                    }
                }
            }
            (Lie::CallsItTransient, Err(error)) => {
                Err(Error::new(ErrorKind::Unavailable, "lying").caused_by(error))
            }
            (_, answer) => answer,
        }
    }
}

const PAUSE: Duration = Duration::from_millis(20);

fn status(world: Option<WorldId>) -> GameStatus {
    GameStatus { version: None, world, players: 0 }
}

#[async_trait]
impl GameControl for Liar {
    async fn ensure(&self, at: &GameTarget, world: &WorldRef) -> Result<Observed<GameStatus>> {
        if self.lie == Lie::Jams && self.busy.swap(true, Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Conflict, "lying"));
        }
        let answer = self.lie_while_opening(at, world).await;
        self.busy.store(false, Ordering::Relaxed);
        answer
    }

    async fn observe(&self, at: &GameTarget) -> Result<Observed<GameStatus>> {
        if self.lie == Lie::OpensWhenLooking {
            self.honest().ensure(at, &self.house.first()).await?;
        }
        if self.lie == Lie::ForgetsItsSession {
            return FoundryControl::new()?.observe(at).await;
        }
        match (self.lie, self.honest().observe(at).await) {
            (Lie::RefusedIsAnError, Ok(Observed::Absent)) => {
                Err(Error::new(ErrorKind::Unavailable, "lying"))
            }
            (Lie::SilenceIsNobody, Err(_)) => Ok(Observed::Absent),
            (Lie::CountsNobody, Ok(Observed::Ready(seen))) => {
                Ok(Observed::Ready(GameStatus { players: 0, ..seen }))
            }
            (_, answer) => answer,
        }
    }

    async fn remove(&self, at: &GameTarget, how: Stop) -> Result<Observed<GameStatus>> {
        let honest = self.honest();
        match self.lie {
            Lie::SaysClosed => Ok(Observed::Absent),
            Lie::KnowsBetter => honest.remove(&self.house.target(), how).await,
            Lie::MissesWhatIsClosed => match honest.observe(at).await? {
                Observed::Ready(open) if open.world.is_none() => {
                    Err(Error::new(ErrorKind::NotFound, "lying"))
                }
                _ => honest.remove(at, how).await,
            },
            _ => honest.remove(at, how).await,
        }
    }

    async fn administer(&self, at: &GameTarget) -> Result<Secret> {
        let honest = self.honest();
        match self.lie {
            Lie::SharesASession => {
                self.session.get_or_try_init(|| honest.administer(at)).await.cloned()
            }
            Lie::AdministersAnyway => Ok(Secret::new("0".repeat(24))),
            _ => honest.administer(at).await,
        }
    }

    async fn worlds(&self, at: &GameTarget) -> Result<Option<Vec<WorldSummary>>> {
        let told = self.honest().worlds(at).await?;
        let kept = usize::from(self.lie == Lie::ForgetsAWorld);
        Ok(told.map(|worlds| worlds.into_iter().skip(kept).collect()))
    }
}

#[async_trait]
impl GameFixture for Liar {
    fn control(&self) -> &dyn GameControl {
        self
    }
    fn target(&self) -> GameTarget {
        self.house.target()
    }
    fn license(&self) -> Secret {
        self.house.license()
    }
    fn worlds(&self) -> [WorldId; 2] {
        self.house.worlds()
    }
    fn sessions(&self) -> usize {
        self.house.sessions()
    }
    async fn join_player(&self) {
        self.house.join_player().await;
    }
    async fn kill(&self) {
        self.house.kill().await;
    }
    async fn stop_answering(&self) {
        self.house.stop_answering().await;
    }
}

/// One test for each clause: with its liar, it fails.
macro_rules! liars {
    ($($case:ident: $lie:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                let house = super::prepared(13, |launch| launch.switch("launch", "150ms")).await;
                let busy = AtomicBool::new(false);
                let liar = Liar { house, lie: Lie::$lie, busy, session: OnceCell::new() };
                let mut run = tokio::task::JoinSet::new();
                run.spawn(async move { game::$case(&liar).await });
                let ended = run.join_next().await.unwrap();
                assert!(ended.is_err(), "the suite believes a control that {:?}", Lie::$lie);
            }
        )*

        const CAUGHT: &[&str] = &[$(stringify!($case)),*];
    };
}

liars! {
    an_unaccepted_agreement_is_forbidden: AcceptsTheAgreement,
    a_missing_license_is_forbidden: InventsALicense,
    observe_changes_nothing: OpensWhenLooking,
    opens_a_world: ReadyTooSoon,
    ensure_repeats: Reopens,
    another_world_is_closed_first: AnyWorldWillDo,
    no_world_leaves_it_in_setup: LeavesItOpen,
    an_unknown_world_is_refused: CallsItTransient,
    probing_adds_no_sessions: ForgetsItsSession,
    closes_a_world: SaysClosed,
    remove_of_closed_succeeds: MissesWhatIsClosed,
    nothing_listening_is_absent: RefusedIsAnError,
    silence_is_not_absence: SilenceIsNobody,
    a_wrong_password_is_forbidden: KnowsBetter,
    a_dropped_call_can_be_repeated: Jams,
    players_are_counted: CountsNobody,
    each_administrator_has_a_session: SharesASession,
    nobody_administers_an_open_world: AdministersAnyway,
    worlds_are_told_while_none_is_open: ForgetsAWorld,
}

#[test]
fn every_clause_has_a_liar() {
    macro_rules! names {
        (() $($case:ident),* $(,)?) => { [$(stringify!($case)),*] };
    }
    for case in testkit::game_cases!([names]) {
        assert!(CAUGHT.contains(&case), "{case} has no liar");
    }
}
