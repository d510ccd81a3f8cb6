//! Talking to the running program, not to what runs it.
use std::fmt::Debug;

use super::{Endpoint, Observed, Stop};
use crate::model::{Version, WorldId, WorldSummary};
use crate::{Error, ErrorKind, Result, Secret, async_trait};

/// One running program, and what it takes to command it.
#[derive(Debug, Clone, PartialEq)]
pub struct GameTarget {
    /// Where it listens.
    pub endpoint: Endpoint,
    /// What it is; decides how it is spoken to.
    pub version: Version,
    /// The administrator's password.
    pub admin_key: Secret,
}

/// What should be open in the program.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldRef {
    /// The world; none leaves the program in its setup, licensed and closed.
    pub world: Option<WorldId>,
    /// The license key to enter if the program asks for one; none where none is needed.
    pub license: Option<Secret>,
    /// Whether a person has accepted the license agreement for that key, so that it may be replayed.
    pub eula_accepted: bool,
}

/// What a program says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GameStatus {
    /// The version that runs.
    pub version: Option<Version>,
    /// The world that is open.
    pub world: Option<WorldId>,
    /// Users with a live connection.
    pub players: u32,
}

/// Opens, watches and closes worlds in a running program.
#[async_trait]
pub trait GameControl: Debug + Send + Sync + 'static {
    /// Gets the program past its license pages and opens the world.
    ///
    /// *Repeat*: an open world is reported. Another open world is closed first.
    /// *Answers*: `Pending` (with [`Progress::uninterruptible`](super::Progress::uninterruptible) during a migration), `Ready`, `Broken`.
    /// *Dropped*: it may be opening; call again.
    ///
    /// # Errors
    ///
    /// `Forbidden` (the agreement is not accepted, or the key is refused), `NotFound` (no such world), `Invalid`, `Unavailable`.
    async fn ensure(&self, at: &GameTarget, world: &WorldRef) -> Result<Observed<GameStatus>>;

    /// Asks who plays what. Not being able to ask is an error, never "nobody plays".
    ///
    /// *Answers*: `Ready`; `Pending` while a world opens or closes; `Absent` when nothing listens there. *Dropped*: nothing happened.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn observe(&self, at: &GameTarget) -> Result<Observed<GameStatus>>;

    /// Returns the names of the users with a live connection; `None` where the program does not tell them.
    ///
    /// *Dropped*: nothing happened.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn players(&self, at: &GameTarget) -> Result<Option<Vec<String>>> {
        let _ = at;
        Ok(None)
    }

    /// Closes whatever world is open, so that its database is closed with it.
    ///
    /// *Answers*: `Absent` (closed, or nothing listens there), `Pending`. *Dropped*: it may be closing; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden` (the administrator's password is not the program's).
    async fn remove(&self, at: &GameTarget, how: Stop) -> Result<Observed<GameStatus>>;

    /// Signs a fresh session in to the program's administration, for a person's browser: the value of its session cookie.
    ///
    /// *Repeat*: each call is a session of its own. *Dropped*: a session that nobody has is left behind.
    ///
    /// # Errors
    ///
    /// `Unsupported` (the program has no such thing), `Conflict` (a world is open), `Forbidden` (the administrator's password
    /// is not the program's), `Unavailable`.
    async fn administer(&self, at: &GameTarget) -> Result<Secret> {
        Err(Error::new(ErrorKind::Unsupported, "signing in to the program's administration")
            .about("at", &at.endpoint)
            .advise("What this table runs has no setup of its own."))
    }

    /// The worlds there are; none where the program does not say, as while one is open.
    ///
    /// *Repeat*, *Dropped*: nothing happened.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden` (the administrator's password is not the program's).
    async fn worlds(&self, _at: &GameTarget) -> Result<Option<Vec<WorldSummary>>> {
        Ok(None)
    }
}
