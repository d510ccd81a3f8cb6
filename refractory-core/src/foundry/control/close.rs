//! Closing whatever world is open.
use std::time::Duration;

use super::admin::wrong_password;
use super::closing::Closing;
use super::memory::Known;
use super::talk::{Talk, went_away};
use crate::Result;
use crate::model::Waiting;
use crate::ports::{GameStatus, Observed, Progress, Stop};

/// How long a call waits for the answer to a close, which may come only at its end.
const REPLY_WAIT: Duration = Duration::from_secs(1);

impl Talk<'_> {
    /// Takes the next step towards no open world.
    pub(super) async fn close(&self, how: Stop) -> Result<Observed<GameStatus>> {
        let Some(status) = self.status().await? else { return Ok(self.gone()) };
        if status.active {
            return self.shut_down().await;
        }
        if self.awaits_close() {
            return Ok(closing());
        }
        match self.launching() {
            // What opens has to be open before it can be closed; a migration has to end.
            Some(Ok(progress)) if progress.uninterruptible || how == Stop::Gentle => {
                Ok(Observed::Pending(Some(progress)))
            }
            Some(_) | None => Ok(self.gone()),
        }
    }

    /// Tells the program to close its world, unless it was told just now.
    pub(super) async fn shut_down(&self) -> Result<Observed<GameStatus>> {
        if let Some(closing) = self.closing() {
            return Ok(closing);
        }
        let visitor = self.control.patient.clone();
        let mut asked = Closing::ask(visitor, self.at, self.session());
        // A close that takes longer goes on by itself, and is answered when the databases are closed.
        if let Some(answer) = asked.answer(REPLY_WAIT).await {
            let answer = answer?.ok_or_else(went_away)?;
            self.keep(&answer);
            if matches!(answer.status.as_u16(), 401 | 403) {
                return Err(wrong_password());
            }
        }
        self.control.memory.with(&self.at.endpoint, |known| {
            known.launch = None;
            known.closing = Some(asked);
        });
        match self.status().await? {
            Some(status) if status.active || self.awaits_close() => Ok(closing()),
            Some(_) | None => Ok(self.gone()),
        }
    }

    /// Whether a close is under way that the program has not answered yet.
    pub(super) fn awaits_close(&self) -> bool {
        self.control.memory.with(&self.at.endpoint, Known::awaits_close)
    }

    /// What to answer while a close is under way.
    pub(super) fn closing(&self) -> Option<Observed<GameStatus>> {
        self.control.memory.with(&self.at.endpoint, |known| {
            known.closing.as_ref().filter(|asked| asked.is_recent()).map(|_| closing())
        })
    }

    fn gone(&self) -> Observed<GameStatus> {
        self.control.memory.with(&self.at.endpoint, |known| {
            known.launch = None;
            known.closing = None;
        });
        Observed::Absent
    }
}

fn closing() -> Observed<GameStatus> {
    Observed::Pending(Some(Progress::waiting(Waiting::WorldClosing)))
}
