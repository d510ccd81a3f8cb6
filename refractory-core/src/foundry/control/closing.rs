//! A close that was asked for, and whether the program has said that it is done.
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::memory::Known;
use crate::Result;
use crate::foundry::client::{Answer, Fields, Visitor};
use crate::ports::GameTarget;

/// How long a close is given before it is asked for again.
const AGAIN_AFTER: Duration = Duration::from_secs(15);

/// A close that was asked for. Dropping it stops listening; the close itself goes on.
#[derive(Debug)]
pub(super) struct Closing {
    asked: Instant,
    reply: JoinSet<Result<Option<Answer>>>,
}

impl Closing {
    /// Tells the program at `at` to close its world. It may answer only once the databases are closed.
    pub(super) fn ask(visitor: Visitor, at: &GameTarget, session: Option<String>) -> Self {
        let password = at.admin_key.expose();
        let body = json!({"action": "shutdown", "adminPassword": password, "adminKey": password});
        let endpoint = at.endpoint.clone();
        let mut reply = JoinSet::new();
        reply.spawn(async move {
            visitor.post(&endpoint, "join", session.as_deref(), Fields::Json(&body)).await
        });
        Self { asked: Instant::now(), reply }
    }

    /// What the program answers, unless that takes longer than `wait`.
    pub(super) async fn answer(&mut self, wait: Duration) -> Option<Result<Option<Answer>>> {
        timeout(wait, self.reply.join_next()).await.ok()??.ok()
    }

    /// Whether it was asked for so short a while ago that it isn't asked for again.
    pub(super) fn is_recent(&self) -> bool {
        self.asked.elapsed() < AGAIN_AFTER
    }

    /// Whether the program still owes the answer: it may be writing its databases.
    fn is_unanswered(&mut self) -> bool {
        while self.reply.try_join_next().is_some() {}
        !self.reply.is_empty()
    }
}

impl Known {
    /// Whether a close is under way that the program has not answered. Its status may say before that that no world is open.
    pub(super) fn awaits_close(&mut self) -> bool {
        self.closing.as_mut().is_some_and(Closing::is_unanswered)
    }
}
