//! `GET /api/status`: who plays what, for anybody who asks.
use serde::Deserialize;

use crate::model::{Version, WorldId};
use crate::ports::GameStatus;

/// What `/api/status` says. Fields not known here are left out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// Whether a world is open, or about to be.
    pub active: bool,
    /// The version that runs.
    #[serde(default)]
    pub version: Option<String>,
    /// The open world.
    #[serde(default)]
    pub world: Option<String>,
    /// Users with a live connection, and such as have lost it within the last seconds.
    #[serde(default)]
    pub users: Option<u32>,
}

impl Status {
    /// Reads the body of an answer; none where it is something else.
    pub fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The same in the words of the port.
    pub fn into_game(self) -> GameStatus {
        let open = self.active;
        GameStatus {
            version: self.version.and_then(|version| version.parse::<Version>().ok()),
            world: self.world.filter(|_| open).and_then(|world| WorldId::new(&world).ok()),
            players: self.users.filter(|_| open).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_are_read() {
        let idle = Status::read(br#"{"active":false,"version":"13.351"}"#).unwrap().into_game();
        assert_eq!((idle.world, idle.players), (None, 0));
        assert_eq!(idle.version, Some(Version::new(13, 351)));
        let text = br#"{"active":true,"version":"13.351","world":"friday","system":"dnd5e","systemVersion":"5.0.4","users":3,"uptime":1471792}"#;
        let open = Status::read(text).unwrap().into_game();
        assert_eq!((open.world, open.players), (Some(WorldId::new("friday").unwrap()), 3));
    }

    #[test]
    fn what_is_no_status_is_none() {
        for text in ["", "{}", "<html>", "[]", r#"{"active":"yes"}"#] {
            assert_eq!(Status::read(text.as_bytes()), None, "{text}");
        }
    }
}
