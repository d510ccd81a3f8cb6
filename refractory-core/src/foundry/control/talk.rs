//! A conversation with one program, in one session.
use super::game::FoundryControl;
use crate::foundry::client::{Answer, Fields};
use crate::foundry::landing::{Landing, classify};
use crate::foundry::status::Status;
use crate::ports::GameTarget;
use crate::{Error, ErrorKind, Result};

/// A conversation with one program, in the session that all questions to it share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Talk<'a> {
    pub(super) control: &'a FoundryControl,
    pub(super) at: &'a GameTarget,
}

impl Talk<'_> {
    /// `/api/status`; none where nothing listens.
    pub(super) async fn status(&self) -> Result<Option<Status>> {
        let Some(answer) = self.try_get("api/status").await? else { return Ok(None) };
        if answer.leads_to.as_deref().and_then(classify) == Some(Landing::License) {
            return Ok(Some(Status { active: false, version: None, world: None, users: None }));
        }
        Status::read(&answer.body).map(Some).ok_or_else(|| self.odd("api/status", &answer))
    }

    /// Where `GET /` leads.
    pub(super) async fn landing(&self) -> Result<Landing> {
        let answer = self.get("").await?;
        answer.leads_to.as_deref().and_then(classify).ok_or_else(|| self.odd("", &answer))
    }

    /// `GET path` of a program that is known to listen.
    pub(super) async fn get(&self, path: &str) -> Result<Answer> {
        self.try_get(path).await?.ok_or_else(went_away)
    }

    /// `POST path` to a program that is known to listen.
    pub(super) async fn post(&self, path: &str, fields: Fields<'_>) -> Result<Answer> {
        let session = self.session();
        let visitor = &self.control.visitor;
        let answer = visitor.post(&self.at.endpoint, path, session.as_deref(), fields).await?;
        let answer = answer.ok_or_else(went_away)?;
        self.keep(&answer);
        Ok(answer)
    }

    /// The session in use, once there is one.
    pub(super) fn session(&self) -> Option<String> {
        self.control.memory.with(&self.at.endpoint, |known| known.session.clone())
    }

    async fn try_get(&self, path: &str) -> Result<Option<Answer>> {
        let session = self.session();
        let visitor = &self.control.visitor;
        let answer = visitor.get(&self.at.endpoint, path, session.as_deref()).await?;
        if let Some(answer) = &answer {
            self.keep(answer);
        }
        Ok(answer)
    }

    pub(super) fn keep(&self, answer: &Answer) {
        if let Some(fresh) = &answer.session {
            self.control
                .memory
                .with(&self.at.endpoint, |known| known.session = Some(fresh.clone()));
        }
    }

    fn odd(&self, path: &str, answer: &Answer) -> Error {
        Error::new(ErrorKind::Unavailable, "asking Foundry for its state")
            .about("at", &self.at.endpoint)
            .about("path", path)
            .about("status", answer.status.as_u16())
            .advise("The program at this table's address is not Foundry. See the log.")
    }
}

/// It listened a moment ago.
pub(super) fn went_away() -> Error {
    Error::new(ErrorKind::Unavailable, "talking to Foundry")
        .advise("Foundry ended unexpectedly. See the log.")
}
