//! A launch that was asked for, and what the program tells about it.
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Result;
use crate::foundry::client::{Answer, Fields, Visitor};
use crate::foundry::socket::{Event, Socket};
use crate::model::{Waiting, WorldId};
use crate::ports::{Endpoint, Progress};

/// The answer to a launch, which may come at once or at its end.
pub(super) type Reply = Pin<Box<dyn Future<Output = Result<Option<Answer>>> + Send>>;

/// How long a socket is waited for before a launch goes ahead unheard.
pub(super) const SOCKET_WAIT: Duration = Duration::from_millis(500);
/// How long a promised launch may tell nothing at all before it counts as never begun.
const PROMISE: Duration = Duration::from_secs(30);

/// A launch that was asked for. Dropping it stops listening; the launch itself goes on.
#[derive(Debug)]
pub(super) struct Launch {
    world: WorldId,
    told: Arc<Mutex<Told>>,
    _ear: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Told {
    phase: Phase,
    percent: Option<u8>,
    failed: Option<String>,
    /// Since when the program has said that it will launch the world, and nothing else.
    promised: Option<Instant>,
}

/// What the program does, by the last that was heard of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Unheard,
    Opening,
    Migrating,
}

impl Launch {
    /// Listens, from now on, to the launch of `world` in the program at `at`.
    pub(super) fn followed(
        world: WorldId,
        at: Endpoint,
        session: Option<String>,
        socket: Option<Socket>,
        reply: Option<Reply>,
    ) -> Self {
        let promised = reply.is_none().then(Instant::now);
        let told = Arc::new(Mutex::new(Told { promised, ..Told::default() }));
        let ear = Ear { at, session, told: Arc::clone(&told) };
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { ear.follow(socket, reply).await });
        Self { world, told, _ear: tasks }
    }

    pub(super) fn world(&self) -> &WorldId {
        &self.world
    }

    /// Why it failed, in the program's words, if it did; empty where it gave no reason. A program that promises a launch and
    /// then tells nothing of it has not begun one.
    pub(super) fn failed(&self) -> Option<String> {
        let told = lock(&self.told);
        let broken =
            told.promised.filter(|since| told.phase == Phase::Unheard && since.elapsed() > PROMISE);
        told.failed.clone().or(broken.map(|_| String::new()))
    }

    /// How far it has got. What is not heard of may be a migration, so it must not be broken off.
    pub(super) fn progress(&self) -> Progress {
        let told = lock(&self.told);
        let progress = match told.phase {
            Phase::Opening => Progress::waiting(Waiting::WorldOpening),
            Phase::Unheard => Progress::waiting(Waiting::WorldOpening).uninterruptible(),
            Phase::Migrating => Progress::waiting(Waiting::Migration).uninterruptible(),
        };
        match told.percent {
            Some(percent) => progress.at(percent),
            None => progress,
        }
    }
}

/// Asks the program at `at` to launch `world`.
pub(super) fn ask(
    visitor: Visitor,
    at: Endpoint,
    session: Option<String>,
    world: &WorldId,
) -> Reply {
    let body = json!({"action": "launchWorld", "world": world.as_str()});
    Box::pin(
        async move { visitor.post(&at, "setup", session.as_deref(), Fields::Json(&body)).await },
    )
}

/// An answer that never comes.
pub(super) fn silence() -> Reply {
    Box::pin(std::future::pending())
}

/// Whether the program refuses a launch because one is under way: somebody asked before us, as a
/// worker that has died since.
pub(super) fn is_under_way(complaint: &str) -> bool {
    let low = complaint.to_ascii_lowercase();
    ["already", "in progress"].iter().any(|words| low.contains(words))
}

struct Ear {
    at: Endpoint,
    session: Option<String>,
    told: Arc<Mutex<Told>>,
}

impl Ear {
    /// Listens until the launch is dropped or has ended; a socket that hangs up is opened again.
    async fn follow(&self, mut socket: Option<Socket>, mut reply: Option<Reply>) {
        loop {
            tokio::select! {
                over = listen(&mut socket, &self.told) => if over { return },
                answer = wait(&mut reply) => {
                    reply = None;
                    // No answer says nothing: a launch may take longer than any request.
                    if let Ok(Some(answer)) = answer
                        && lock(&self.told).answered(&answer)
                    {
                        return;
                    }
                }
            }
            if socket.is_none() {
                lock(&self.told).phase = Phase::Unheard;
                tokio::time::sleep(SOCKET_WAIT).await;
                socket = self.reopened().await;
            }
        }
    }
}

impl Ear {
    async fn reopened(&self) -> Option<Socket> {
        let session = self.session.as_ref()?;
        Socket::open(&self.at, session, Duration::from_secs(2)).await.ok()
    }
}

async fn wait(reply: &mut Option<Reply>) -> Result<Option<Answer>> {
    match reply {
        Some(reply) => reply.await,
        None => std::future::pending().await,
    }
}

/// Hears a launch out; says whether it has ended. A socket that hung up is gone afterwards.
async fn listen(socket: &mut Option<Socket>, told: &Mutex<Told>) -> bool {
    while let Some(open) = socket {
        match open.hear().await {
            Ok(event) if lock(told).take(&event) => return true,
            Ok(_) => {}
            Err(_) => *socket = None,
        }
    }
    false
}

impl Told {
    /// Notes the answer to the launch; says whether it was the end of it.
    fn answered(&mut self, answer: &Answer) -> bool {
        match answer.complaint() {
            Some(why) if is_under_way(&why) => {}
            complaint => {
                self.failed = complaint;
                self.promised = Some(Instant::now());
            }
        }
        self.failed.is_some()
    }

    /// Notes what an event tells of the launch; says whether it was the end of it.
    fn take(&mut self, event: &Event) -> bool {
        let Some(told) = event.args.first() else { return false };
        if event.name != "progress" || told["action"] != "launchWorld" {
            return false;
        }
        let step = told["step"].as_str().unwrap_or_default();
        self.phase = if step.starts_with("migrate") { Phase::Migrating } else { Phase::Opening };
        let percent = told["pct"].as_u64().and_then(|percent| percent.min(100).try_into().ok());
        self.percent = percent.or(self.percent);
        if step == "error" {
            self.failed = Some(words(told));
        }
        matches!(step, "error" | "complete")
    }
}

fn words(told: &Value) -> String {
    let message = ["message", "error"].iter().find_map(|field| told[*field].as_str());
    message.unwrap_or_default().chars().take(200).collect()
}

fn lock(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
