//! Games: what runs in the machines.
use refractory_core::model::WorldId;
use refractory_core::ports::{
    GameControl, GameStatus, GameTarget, Observed, Progress, Stop, WorldRef,
};
use refractory_core::{Error, ErrorKind, Result, async_trait};

use super::state::{Game, Machine};
use super::{World, WorldSettings};

#[async_trait]
impl GameControl for World {
    async fn ensure(&self, at: &GameTarget, world: &WorldRef) -> Result<Observed<GameStatus>> {
        let (at, wanted) = (at.clone(), world.clone());
        self.call("game.ensure", move |world| {
            world.with_game(&at, |game, manners| open(game, manners, wanted.world.as_ref()))
        })
        .await
    }

    async fn observe(&self, at: &GameTarget) -> Result<Observed<GameStatus>> {
        let at = at.clone();
        self.call("game.observe", move |world| {
            if world.ledger().settings.status_unknown {
                return Err(Error::new(ErrorKind::Unavailable, "asking a game that is silent"));
            }
            world.with_game(&at, |game, manners| status(game, manners))
        })
        .await
    }

    async fn remove(&self, at: &GameTarget, _: Stop) -> Result<Observed<GameStatus>> {
        let at = at.clone();
        self.call("game.remove", move |world| world.with_game(&at, close)).await
    }
}

/// How one game behaves.
struct GameBehavior {
    knobs: WorldSettings,
    players: u32,
}

impl World {
    /// The game that listens at `at`; `Absent` where nothing does.
    fn with_game(
        &self,
        at: &GameTarget,
        talk: impl FnOnce(&mut Game, &GameBehavior) -> Observed<GameStatus>,
    ) -> Result<Observed<GameStatus>> {
        let mut ledger = self.ledger();
        let knobs = ledger.settings.clone();
        let found = ledger.machines.iter_mut().find(|(_, it)| it.endpoint == at.endpoint);
        let Some((key, machine)) = found else { return Ok(Observed::Absent) };
        if machine.unreachable {
            return Err(Error::new(ErrorKind::Unavailable, "asking a node that does not answer"));
        }
        if !listens(machine, &knobs) {
            return Ok(Observed::Absent);
        }
        if machine.spec.admin_key != at.admin_key {
            return Err(Error::new(ErrorKind::Forbidden, "signing in as the administrator"));
        }
        let players = knobs.players.get(&key.instance).copied().unwrap_or(0);
        Ok(talk(&mut machine.game, &GameBehavior { knobs, players }))
    }
}

fn listens(machine: &Machine, knobs: &WorldSettings) -> bool {
    machine.stopping.is_none() && machine.polls >= knobs.boot_polls
}

fn status(game: &Game, manners: &GameBehavior) -> Observed<GameStatus> {
    let ready = |world, players| Observed::Ready(GameStatus { version: None, world, players });
    match game {
        Game::Setup => ready(None, 0),
        Game::Open { world } => ready(Some(world.clone()), manners.players),
        Game::Opening { .. } | Game::Closing { .. } => Observed::Pending(None),
    }
}

fn open(game: &mut Game, manners: &GameBehavior, wanted: Option<&WorldId>) -> Observed<GameStatus> {
    match (&mut *game, wanted) {
        (Game::Setup, None) => status(game, manners),
        (Game::Setup, Some(wanted)) => {
            *game = Game::Opening {
                world: wanted.clone(),
                migration: manners.knobs.migration_polls,
                polls: manners.knobs.open_polls,
            };
            move_on(game, manners)
        }
        (Game::Open { world }, Some(wanted)) if world == wanted => status(game, manners),
        (Game::Opening { .. }, Some(_)) => move_on(game, manners),
        (Game::Open { .. } | Game::Opening { .. } | Game::Closing { .. }, _) => {
            let closing = close(game, manners);
            if closing == Observed::Absent { Observed::Pending(None) } else { closing }
        }
    }
}

/// Moves a world that opens along.
fn move_on(game: &mut Game, manners: &GameBehavior) -> Observed<GameStatus> {
    let Game::Opening { world, migration, polls } = game else { return status(game, manners) };
    if *migration > 0 {
        *migration -= 1;
        let told = Progress::new("migrating the world").uninterruptible();
        return Observed::Pending(Some(told));
    }
    if *polls > 0 {
        *polls -= 1;
        return Observed::Pending(Some(Progress::new("opening the world")));
    }
    *game = Game::Open { world: world.clone() };
    status(game, manners)
}

fn close(game: &mut Game, manners: &GameBehavior) -> Observed<GameStatus> {
    match game {
        Game::Setup => Observed::Absent,
        Game::Opening { migration, .. } if *migration > 0 => move_on(game, manners),
        Game::Open { .. } if manners.knobs.never_closes => Observed::Pending(None),
        Game::Closing { polls: 0 } => {
            *game = Game::Setup;
            Observed::Absent
        }
        Game::Closing { polls } => {
            *polls -= 1;
            Observed::Pending(None)
        }
        Game::Open { .. } | Game::Opening { .. } => {
            *game = Game::Closing { polls: manners.knobs.close_polls };
            close(game, manners)
        }
    }
}
