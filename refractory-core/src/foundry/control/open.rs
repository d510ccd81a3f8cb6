//! Getting a world open, one question at a time.
use std::time::Duration;

use tokio::time::timeout;

use super::admin::wrong_password;
use super::launch::{self, Launch, SOCKET_WAIT};
use super::talk::{Talk, went_away};
use crate::foundry::client::Answer;
use crate::foundry::landing::Landing;
use crate::foundry::socket::Socket;
use crate::foundry::status::Status;
use crate::model::{Waiting, WorldId};
use crate::ports::{GameStatus, Observed, Progress, Reason, WorldRef};
use crate::{Error, ErrorKind, Result};

/// How long a call waits for the answer to a launch, which may come only at its end.
const REPLY_WAIT: Duration = Duration::from_secs(1);

type Seen = Result<Observed<GameStatus>>;

impl Talk<'_> {
    /// Takes the next step towards what `want` says.
    pub(super) async fn open(&self, want: &WorldRef) -> Seen {
        let Some(status) = self.status().await? else {
            self.control.memory.forget(&self.at.endpoint);
            return Ok(pending("waiting for Foundry to listen"));
        };
        let active = status.active;
        let game = status.into_game();
        if active && game.world.is_some() && game.world == want.world {
            return self.arrived(game).await;
        }
        if active {
            return self.shut_down().await.map(|_| pending("closing another world"));
        }
        if self.awaits_close() {
            return Ok(pending("closing another world"));
        }
        self.set_up(want, game).await
    }

    /// Who plays what.
    pub(super) async fn look(&self) -> Seen {
        let Some(status) = self.status().await? else {
            self.control.memory.forget(&self.at.endpoint);
            return Ok(Observed::Absent);
        };
        if let Some(closing) = self.closing() {
            return Ok(if status.active { closing } else { ready(status) });
        }
        match self.launching() {
            Some(_) if status.active => self.arrived(status.into_game()).await,
            Some(Ok(progress)) => Ok(Observed::Pending(Some(progress))),
            Some(Err(_)) | None => Ok(ready(status)),
        }
    }

    /// A world counts as open once visitors are led to it, whatever the status said before.
    async fn arrived(&self, game: GameStatus) -> Seen {
        match self.landing().await? {
            Landing::World => {
                self.control.memory.with(&self.at.endpoint, |known| {
                    known.launch = None;
                    known.closing = None;
                });
                Ok(Observed::Ready(game))
            }
            Landing::License | Landing::Auth | Landing::Setup => Ok(self.opening()),
        }
    }

    async fn set_up(&self, want: &WorldRef, game: GameStatus) -> Seen {
        let mut landing = self.landing().await?;
        if landing == Landing::License {
            landing = self.license(want).await?;
        }
        let Some(world) = &want.world else { return Ok(Observed::Ready(game)) };
        match self.launching() {
            Some(Err(why)) => {
                self.control.memory.with(&self.at.endpoint, |known| known.launch = None);
                refused(world, &why)
            }
            Some(Ok(progress)) => Ok(Observed::Pending(Some(progress))),
            None if landing == Landing::World => Ok(pending("opening the world")),
            None => self.launch(world, landing).await,
        }
    }

    /// How far the launch that was asked for has got, or why it failed.
    pub(super) fn launching(&self) -> Option<Result<Progress, String>> {
        self.control.memory.with(&self.at.endpoint, |known| {
            let launch = known.launch.as_ref()?;
            Some(match launch.failed() {
                Some(why) => Err(format!("{}: {why}", launch.world())),
                None => Ok(launch.progress()),
            })
        })
    }

    fn opening(&self) -> Observed<GameStatus> {
        match self.launching() {
            Some(Ok(progress)) => Observed::Pending(Some(progress)),
            // It opens, and nobody here asked for it or listens: it may be a migration.
            Some(Err(_)) | None => {
                Observed::Pending(Some(Progress::waiting(Waiting::WorldOpening).uninterruptible()))
            }
        }
    }

    async fn launch(&self, world: &WorldId, landing: Landing) -> Seen {
        if landing == Landing::Auth {
            self.log_in().await?;
        }
        let (at, session) = (&self.at.endpoint, self.session());
        let socket = match &session {
            Some(session) => Socket::open(at, session, SOCKET_WAIT).await.ok(),
            None => None,
        };
        let visitor = self.control.visitor.clone();
        let mut reply = launch::ask(visitor, at.clone(), session.clone(), world);
        let answer = match timeout(REPLY_WAIT, &mut reply).await {
            Ok(answer) => Some(answer?.ok_or_else(went_away)?),
            Err(_) => None,
        };
        let complaint = answer.as_ref().and_then(Answer::complaint);
        let unanswered = match (&answer, complaint) {
            (None, _) => Some(reply),
            // What became of it is told to whoever asked first.
            (_, Some(why)) if launch::is_under_way(&why) => Some(launch::silence()),
            (Some(answer), Some(why)) => return objection(world, answer, &why),
            (Some(_), None) => None,
        };
        let followed = Launch::followed(world.clone(), at.clone(), session, socket, unanswered);
        self.control.memory.with(at, |known| {
            known.launch = Some(followed);
            known.closing = None;
        });
        self.look_after_launch(world).await
    }

    /// A small world is open by now.
    async fn look_after_launch(&self, world: &WorldId) -> Seen {
        match self.status().await? {
            Some(status) if status.active => {
                let game = status.into_game();
                if game.world.as_ref() == Some(world) {
                    return self.arrived(game).await;
                }
                Ok(self.opening())
            }
            Some(_) | None => Ok(self.opening()),
        }
    }
}

/// Why a launch was not begun.
fn objection(world: &WorldId, answer: &Answer, why: &str) -> Seen {
    if answer.status.as_u16() == 403 {
        return Err(wrong_password().about("said", why));
    }
    refused(world, why)
}

fn refused(world: &WorldId, why: &str) -> Seen {
    let low = why.to_ascii_lowercase();
    let missing = ["not exist", "not found", "no such", "not be found", "invalid world"];
    if missing.iter().any(|words| low.contains(words)) {
        return Err(Error::new(ErrorKind::NotFound, "launching a world")
            .about("said", why)
            .advise(format!(
                "There is no world \"{world}\" on this table. Choose another one in its settings."
            )));
    }
    let why = why.trim().trim_end_matches('.');
    let colon = if why.is_empty() { "" } else { ": " };
    Ok(Observed::Broken(Reason(format!(
        "Foundry didn't open the world \"{world}\"{colon}{why}. See the log."
    ))))
}

fn ready(status: Status) -> Observed<GameStatus> {
    Observed::Ready(status.into_game())
}

fn pending(message: &str) -> Observed<GameStatus> {
    Observed::Pending(Some(Progress::new(message)))
}
