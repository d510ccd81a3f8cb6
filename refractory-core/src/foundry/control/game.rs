//! The port, in front of the parts that do the work.
use super::memory::Memory;
use super::seats::Seats;
use super::talk::Talk;
use crate::foundry::client::Visitor;
use crate::model::WorldSummary;
use crate::ports::{GameControl, GameStatus, GameTarget, Observed, Stop, WorldRef};
use crate::{Result, Secret, async_trait};

/// Opens, watches and closes worlds in Foundry, generations 9 to 14, over its own HTTP surface.
///
/// A call never waits for a world: `Pending` says that one opens or closes. Whether an opening may be
/// broken off is learnt from the progress the program tells its sockets; as long as nothing is heard
/// of it, it is taken for a migration.
///
/// Keep one for the life of the process: it remembers one session for each program, so that asking
/// adds none, and which launch it asked for. A fresh one works as well.
#[derive(Debug)]
pub struct FoundryControl {
    pub(super) visitor: Visitor,
    /// For what is answered only when a world has closed.
    pub(super) patient: Visitor,
    pub(super) memory: Memory,
}

impl FoundryControl {
    /// A control that has spoken to no program yet.
    ///
    /// # Errors
    ///
    /// `Unexpected`: no HTTP client can be built.
    pub fn new() -> Result<Self> {
        let (visitor, patient) = (Visitor::new()?, Visitor::patient()?);
        Ok(Self { visitor, patient, memory: Memory::default() })
    }

    pub(super) fn talk<'a>(&'a self, at: &'a GameTarget) -> Talk<'a> {
        self.memory.with(&at.endpoint, |known| {
            // An administrator's session must not lend its rights to whoever has another password.
            if known.password != at.admin_key {
                known.session = None;
                known.password = at.admin_key.clone();
            }
        });
        Talk { control: self, at }
    }
}

#[async_trait]
impl GameControl for FoundryControl {
    async fn ensure(&self, at: &GameTarget, world: &WorldRef) -> Result<Observed<GameStatus>> {
        self.talk(at).open(world).await
    }

    async fn observe(&self, at: &GameTarget) -> Result<Observed<GameStatus>> {
        self.talk(at).look().await
    }

    async fn players(&self, at: &GameTarget) -> Result<Option<Vec<String>>> {
        let seats = self.seats(at).await?;
        let names = |Seats(seats): Seats| {
            seats.into_iter().filter(|seat| seat.taken).map(|seat| seat.name).collect()
        };
        Ok(seats.map(names))
    }

    async fn remove(&self, at: &GameTarget, how: Stop) -> Result<Observed<GameStatus>> {
        self.talk(at).close(how).await
    }

    async fn administer(&self, at: &GameTarget) -> Result<Secret> {
        self.administrator(at).await
    }

    async fn worlds(&self, at: &GameTarget) -> Result<Option<Vec<WorldSummary>>> {
        self.talk(at).worlds().await
    }
}
