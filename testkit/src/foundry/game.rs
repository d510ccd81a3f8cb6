//! Whether there is a game, and what belongs to it.
use serde_json::Value;
use tokio::time::Instant;

use super::marker::WorldMarker;
use super::users::Users;
use super::world::World;

/// The state of the game.
#[derive(Debug)]
pub(crate) enum Game {
    /// No world.
    Idle,
    /// A world is being launched.
    Launching(Box<World>),
    /// A world is open to join.
    Active(Box<Active>),
    /// A world is being closed.
    Closing,
}

/// The world that is open.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) world: World,
    pub(crate) users: Users,
    /// The chat since the launch.
    pub(crate) messages: Vec<Value>,
    pub(crate) since: Instant,
    pub(super) marker: WorldMarker,
}

impl Game {
    /// The world that is open, if one is.
    pub(crate) fn active(&self) -> Option<&Active> {
        match self {
            Self::Active(active) => Some(active),
            Self::Idle | Self::Launching(_) | Self::Closing => None,
        }
    }

    /// The same, to be changed.
    pub(crate) fn active_mut(&mut self) -> Option<&mut Active> {
        match self {
            Self::Active(active) => Some(active),
            Self::Idle | Self::Launching(_) | Self::Closing => None,
        }
    }

    /// Takes the open world out, to close it.
    pub(super) fn begin_closing(&mut self) -> Option<Active> {
        self.active()?;
        match std::mem::replace(self, Self::Closing) {
            Self::Active(active) => Some(*active),
            Self::Idle | Self::Launching(_) | Self::Closing => None,
        }
    }
}
