//! Who may sit at a table, and who does.
use std::time::Duration;

use serde_json::Value;

use super::game::FoundryControl;
use crate::foundry::socket::Socket;
use crate::ports::GameTarget;
use crate::{Error, ErrorKind, Result};

const WITHIN: Duration = Duration::from_secs(4);

/// A user of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Foundry's own id of the user.
    pub id: String,
    /// The name.
    pub name: String,
    /// 0 barred, 1 player, 2 trusted, 3 assistant, 4 gamemaster.
    pub role: u8,
    /// Whether somebody sits on it now.
    pub taken: bool,
}

/// The users of the open world.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seats(pub Vec<Seat>);

impl FoundryControl {
    /// The users of the open world; none where no world is open.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    pub async fn seats(&self, at: &GameTarget) -> Result<Option<Seats>> {
        let talk = self.talk(at);
        match talk.status().await? {
            Some(status) if status.active => {}
            Some(_) => return Ok(None),
            None => return Err(super::talk::went_away()),
        }
        let session = talk.session().ok_or_else(|| {
            Error::new(ErrorKind::Unavailable, "asking who plays").about("at", &at.endpoint)
        })?;
        let mut socket = Socket::open(&at.endpoint, &session, WITHIN).await?;
        let data = socket.ask("getJoinData", WITHIN).await?;
        Ok(read(&data))
    }
}

fn read(data: &Value) -> Option<Seats> {
    let users = data["users"].as_array()?;
    let active: Vec<&str> =
        data["activeUsers"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let seat = |user: &Value| {
        let id = user["_id"].as_str()?.to_owned();
        Some(Seat {
            taken: active.contains(&id.as_str()),
            name: user["name"].as_str()?.to_owned(),
            role: user["role"].as_u64().and_then(|role| role.try_into().ok()).unwrap_or(0),
            id,
        })
    };
    Some(Seats(users.iter().filter_map(seat).collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn seats_are_read_with_who_sits_on_them() {
        let data = json!({
            "users": [
                {"_id": "a", "name": "Gamemaster", "role": 4},
                {"_id": "b", "name": "Ann", "role": 1},
                {"nonsense": true},
            ],
            "activeUsers": ["b"],
        });
        let Seats(seats) = read(&data).unwrap();
        assert_eq!(seats.len(), 2);
        assert!(!seats[0].taken && seats[1].taken);
        assert_eq!((seats[1].name.as_str(), seats[1].role), ("Ann", 1));
        assert_eq!(read(&json!({})), None, "no world");
    }
}
