//! Foundry's setup: a person's way in, and the worlds it shows.
use std::time::Duration;

use serde_json::Value;

use super::admin::wrong_password;
use super::game::FoundryControl;
use super::talk::{Talk, went_away};
use crate::foundry::client::Fields;
use crate::foundry::landing::{Landing, classify};
use crate::foundry::socket::Socket;
use crate::model::{WorldId, WorldSummary};
use crate::ports::GameTarget;
use crate::{Error, ErrorKind, Result, Secret};

const DURING: &str = "signing in to Foundry's setup";
const WITHIN: Duration = Duration::from_secs(2);

impl FoundryControl {
    /// Makes a session of its own the administrator's. Up to 9 the password's field is `adminKey`, later `adminPassword`.
    pub(super) async fn administrator(&self, at: &GameTarget) -> Result<Secret> {
        let page = self.visitor.get(&at.endpoint, "auth", None).await?.ok_or_else(went_away)?;
        match page.leads_to.as_deref().and_then(classify) {
            None | Some(Landing::Auth) => {}
            Some(Landing::World) => return Err(a_world_is_open()),
            // Where no password is asked for, anybody could set it up: that is never how it was launched.
            Some(Landing::Setup | Landing::License) => return Err(wrong_password()),
        }
        let session = page
            .session
            .ok_or_else(|| Error::new(ErrorKind::Unavailable, DURING).about("at", &at.endpoint))?;
        let password = at.admin_key.expose();
        let form = [("action", "adminAuth"), ("adminPassword", password), ("adminKey", password)];
        let answer = self
            .visitor
            .post(&at.endpoint, "auth", Some(&session), Fields::Form(&form))
            .await?
            .ok_or_else(went_away)?;
        match answer.leads_to.as_deref().and_then(classify) {
            Some(Landing::Setup) => Ok(Secret::new(session)),
            Some(Landing::World) => Err(a_world_is_open()),
            Some(Landing::Auth | Landing::License) | None => Err(wrong_password()),
        }
    }
}

impl Talk<'_> {
    /// The worlds that the setup page shows; none while a world is open.
    pub(super) async fn worlds(&self) -> Result<Option<Vec<WorldSummary>>> {
        match self.landing().await? {
            Landing::License | Landing::World => return Ok(None),
            Landing::Auth => self.log_in().await?,
            Landing::Setup => {}
        }
        let Some(session) = self.session() else { return Ok(None) };
        let mut socket = Socket::open(&self.at.endpoint, &session, WITHIN).await?;
        Ok(read(&socket.ask("getSetupData", WITHIN).await?))
    }
}

/// The worlds of the data of the setup page. Up to 9 a world has its id as its name.
fn read(data: &Value) -> Option<Vec<WorldSummary>> {
    let worlds = data["worlds"].as_array()?.iter().filter_map(|world| {
        let told =
            if world.get("data").is_some_and(Value::is_object) { &world["data"] } else { world };
        let id = [world, told].into_iter().flat_map(|part| [&part["id"], &part["name"]]);
        let id = id.filter_map(Value::as_str).find_map(|id| WorldId::new(id).ok())?;
        Some(WorldSummary::new(id, told["title"].as_str().unwrap_or_default()))
    });
    Some(worlds.collect())
}

fn a_world_is_open() -> Error {
    Error::new(ErrorKind::Conflict, DURING).permanent().advise(
        "A world is open. Stop the table and start it again to get back to Foundry's setup.",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn worlds_are_read_in_the_shape_of_each_generation() {
        let data = json!({"worlds": [
            {"id": "barovia", "title": "Curse of Strahd"},
            {"name": "old", "title": ""},
            {"id": "nine", "data": {"name": "nine", "title": "Nine"}},
            {"title": "no id"},
        ]});
        let worlds = read(&data).unwrap();
        let shown: Vec<_> = worlds.iter().map(|w| (w.id.as_str(), w.title.as_str())).collect();
        assert_eq!(shown, [("barovia", "Curse of Strahd"), ("old", "old"), ("nine", "Nine")]);
        assert_eq!(read(&json!({})), None, "a world is open, and the program tells nothing");
    }
}
