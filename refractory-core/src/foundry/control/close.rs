//! Closing whatever world is open.
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout};

use super::admin::wrong_password;
use super::talk::Talk;
use crate::Result;
use crate::foundry::client::Fields;
use crate::ports::{GameStatus, Observed, Progress, Stop};

/// How long a call waits for the answer to a close, which may come only at its end.
const REPLY_WAIT: Duration = Duration::from_secs(1);
/// How long a close is given before it is asked for again.
const AGAIN_AFTER: Duration = Duration::from_secs(15);

impl Talk<'_> {
    /// Takes the next step towards no open world.
    pub(super) async fn close(&self, how: Stop) -> Result<Observed<GameStatus>> {
        let Some(status) = self.status().await? else { return Ok(self.gone()) };
        if status.active {
            return self.shut_down().await;
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
        let password = self.at.admin_key.expose();
        let body = json!({"action": "shutdown", "adminPassword": password, "adminKey": password});
        // A close that takes longer goes on by itself, whether anybody waits for the answer or not.
        if let Ok(answer) = timeout(REPLY_WAIT, self.post("join", Fields::Json(&body))).await {
            let answer = answer?;
            if matches!(answer.status.as_u16(), 401 | 403) {
                return Err(wrong_password());
            }
        }
        self.control.memory.with(&self.at.endpoint, |known| {
            known.launch = None;
            known.closing = Some(Instant::now());
        });
        match self.status().await? {
            Some(status) if status.active => Ok(closing()),
            Some(_) | None => Ok(self.gone()),
        }
    }

    /// What to answer while a close is under way.
    pub(super) fn closing(&self) -> Option<Observed<GameStatus>> {
        self.control.memory.with(&self.at.endpoint, |known| {
            known.closing.filter(|since| since.elapsed() < AGAIN_AFTER).map(|_| closing())
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
    Observed::Pending(Some(Progress::new("closing the world")))
}
