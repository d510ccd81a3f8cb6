//! The stand-in as a test holds it: where it is, waiting, and what was asked for.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that has not got what it waits for has failed"
)]
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::clock::StandInClock;
use super::model::Id;
use super::requests::RecordedRequest;
use super::shared::Shared;

/// How long a test waits for anything.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A Discord on 127.0.0.1, with one guild that the bot is in. It ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub struct DiscordStandIn {
    pub(crate) shared: Arc<Shared>,
    _thread: Option<Arc<Thread>>,
    guild: Id,
    owner: Id,
}

/// The thread of a stand-in; dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) stop: Option<oneshot::Sender<()>>,
    pub(super) handle: Option<JoinHandle<()>>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        // A thread that has ended needs no order.
        let _ended = self.stop.take().map(|stop| stop.send(()));
        if let Some(handle) = self.handle.take()
            && handle.thread().id() != std::thread::current().id()
        {
            // A panic on the thread has been shown already.
            let _shown = handle.join();
        }
    }
}

impl DiscordStandIn {
    /// A handle that keeps the thread running.
    pub(super) fn of(shared: Arc<Shared>, thread: Thread, (guild, owner): (Id, Id)) -> Self {
        Self { shared, _thread: Some(Arc::new(thread)), guild, owner }
    }

    /// A handle for what runs on the stand-in's own thread: it does not keep the stand-in alive.
    pub(crate) fn within(shared: &Arc<Shared>) -> Self {
        let first = shared.read().guilds.values().next().map(|guild| (guild.id, guild.owner));
        let (guild, owner) = first.unwrap_or_default();
        Self { shared: Arc::clone(shared), _thread: None, guild, owner }
    }

    /// `http://127.0.0.1:PORT`: what takes the place of `https://discord.com`.
    pub fn url(&self) -> String {
        format!("http://{}", self.shared.base)
    }

    /// `ws://127.0.0.1:PORT/gw`: what takes the place of the gateway.
    pub fn gateway_url(&self) -> String {
        format!("ws://{}/gw", self.shared.base)
    }

    /// The token of the bot.
    pub fn token(&self) -> String {
        self.shared.read().application.token.clone()
    }

    /// The key that requests to an endpoint are signed with, as the developer portal shows it.
    pub fn public_key(&self) -> String {
        self.shared.transport.signer.public_key()
    }

    /// The app, its bot.
    pub fn application(&self) -> (Id, Id) {
        let world = self.shared.read();
        (world.application.id, world.application.bot)
    }

    /// The first guild.
    pub fn guild(&self) -> Id {
        self.guild
    }

    /// The user who owns the first guild.
    pub(crate) fn owner_id(&self) -> Id {
        self.owner
    }

    /// The time: `clock().advance(..)` lets interactions age and rate limits pass.
    pub fn clock(&self) -> StandInClock {
        self.shared.clock.clone()
    }

    /// Lets time pass at once, and those who wait look again.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
        drop(self.shared.write());
    }

    /// All requests so far, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.read().requests.clone()
    }

    /// Waits until `found` finds something; looks again at every change, and gives up after 20 seconds with what was asked last.
    pub async fn wait<T>(&self, what: &str, mut found: impl FnMut(&Self) -> Option<T>) -> T {
        let mut changed = self.shared.watch();
        let search = async {
            loop {
                changed.mark_unchanged();
                if let Some(found) = found(self) {
                    return found;
                }
                changed.changed().await.expect("the stand-in lives as long as its handle");
            }
        };
        let result = tokio::time::timeout(TIMEOUT, search).await;
        result.unwrap_or_else(|_| panic!("no {what} within {TIMEOUT:?}. {}", self.last_requests()))
    }

    /// Waits for a request that `found` chooses.
    pub async fn wait_request(
        &self,
        what: &str,
        found: impl Fn(&RecordedRequest) -> bool + Send + Sync,
    ) -> RecordedRequest {
        self.wait(what, |it| it.requests().into_iter().find(|request| found(request))).await
    }

    /// Waits until so many connections to the gateway are there.
    pub async fn wait_connected(&self, count: usize) {
        self.wait("connection to the gateway", |it| {
            (it.connections().len() >= count).then_some(())
        })
        .await;
    }

    fn last_requests(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::from("The last requests:\n");
        let requests = self.requests();
        for request in &requests[requests.len().saturating_sub(12)..] {
            // Nothing can go wrong with a string.
            let _ok = writeln!(
                text,
                "  {} {} -> {} {:?}: {}",
                request.method, request.path, request.status, request.code, request.body
            );
        }
        text
    }
}
