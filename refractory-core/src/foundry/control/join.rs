//! Seating a person: the session that their browser gets.
use serde_json::{Value, json};

use super::game::FoundryControl;
use super::talk::went_away;
use crate::foundry::client::{Answer, Fields};
use crate::model::Version;
use crate::ports::GameTarget;
use crate::{Error, ErrorKind, Result, Secret};

const DURING: &str = "joining a world";
/// From here on an administrator may take a seat without its password.
const LOGIN_AS: Version = Version::new(14, 356);

impl FoundryControl {
    /// Takes the seat with Foundry's user id `seat` in the open world, in a session of its own, and
    /// gives the value of the cookie `session` that makes a browser the one who sits there.
    ///
    /// With a password it is the seat's. Without one, an administrator seats the person from 14.356
    /// on; before that the seat must have no password.
    ///
    /// # Errors
    ///
    /// `Forbidden` (the password is wrong, or the seat is barred), `NotFound` (no such seat), `Conflict` (no world is open), `Unavailable`.
    pub async fn join(
        &self,
        at: &GameTarget,
        seat: &str,
        password: Option<&Secret>,
    ) -> Result<Secret> {
        if !self.talk(at).status().await?.ok_or_else(went_away)?.active {
            return Err(refused(&json!({"message": "JOIN.WorldPendingSetup"})));
        }
        let page = self.visitor.get(&at.endpoint, "join", None).await?.ok_or_else(went_away)?;
        let session = page
            .session
            .ok_or_else(|| Error::new(ErrorKind::Unavailable, DURING).about("at", &at.endpoint))?;
        let newcomer = Newcomer { control: self, at, session };
        match password {
            None if at.version >= LOGIN_AS => newcomer.is_seated(seat).await?,
            Some(_) | None => newcomer.sits_down(seat, password).await?,
        }
        newcomer.is_in_game().await?;
        Ok(Secret::new(newcomer.session))
    }
}

struct Newcomer<'a> {
    control: &'a FoundryControl,
    at: &'a GameTarget,
    session: String,
}

impl Newcomer<'_> {
    async fn sits_down(&self, seat: &str, password: Option<&Secret>) -> Result<()> {
        let password = password.map_or("", Secret::expose);
        // The field is `userid` up to 14.364, and `userId` from 14.367 on.
        let body = json!({
            "action": "join", "userid": seat, "userId": seat,
            "password": password, "adminPassword": "",
        });
        accepted(&self.post("join", Fields::Json(&body)).await?)
    }

    /// The administrator's rights are taken from the session again: it goes to a player.
    async fn is_seated(&self, seat: &str) -> Result<()> {
        let password = self.at.admin_key.expose();
        let form = [("action", "adminAuth"), ("adminPassword", password), ("adminKey", password)];
        self.post("auth", Fields::Form(&form)).await?;
        let body = json!({"action": "loginAs", "userid": seat, "userId": seat});
        accepted(&self.post("join", Fields::Json(&body)).await?)?;
        let answer = self.post("setup", Fields::Json(&json!({"action": "adminLogout"}))).await?;
        match answer.complaint() {
            None => Ok(()),
            Some(why) => Err(Error::new(ErrorKind::Unavailable, DURING).about("said", why).advise(
                "Foundry kept administrator rights on the session, so it was not used. Sign in on Foundry's own page.",
            )),
        }
    }

    async fn is_in_game(&self) -> Result<()> {
        let (visitor, session) = (&self.control.visitor, Some(self.session.as_str()));
        let game = visitor.get(&self.at.endpoint, "game", session).await?.ok_or_else(went_away)?;
        if game.status.is_success() { Ok(()) } else { Err(refused(&Value::Null)) }
    }

    async fn post(&self, path: &str, fields: Fields<'_>) -> Result<Answer> {
        let visitor = &self.control.visitor;
        visitor
            .post(&self.at.endpoint, path, Some(&self.session), fields)
            .await?
            .ok_or_else(went_away)
    }
}

fn accepted(answer: &Answer) -> Result<()> {
    let body = answer.json();
    if answer.status.is_success() && body["status"] == "success" {
        Ok(())
    } else {
        Err(refused(&body))
    }
}

fn refused(body: &Value) -> Error {
    let said = body["message"].as_str().or(body["error"].as_str()).unwrap_or_default();
    let (kind, sentence) = if said.contains("DoesNotExist") {
        (ErrorKind::NotFound, "This user is no longer in the open world. Choose another one.")
    } else if said.contains("PendingSetup") {
        (ErrorKind::Conflict, "No world is open on this table. Open one and try again.")
    } else if said.contains("Banned") {
        (ErrorKind::Forbidden, "This user is banned from the world. Choose another one.")
    } else {
        (ErrorKind::Forbidden, "Foundry rejected the password of this user. Try again.")
    };
    Error::new(kind, DURING)
        .about("said", said.chars().take(200).collect::<String>())
        .advise(sentence)
}
