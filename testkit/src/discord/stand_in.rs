//! The stand-in as a test holds it: options, start, waiting, and what is there.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that has not got what it waits for has failed"
)]
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::clock::StandInClock;
use super::interactions::{Signer, Transport};
use super::model::{Id, IdSource};
use super::permissions::permission;
use super::rate::{RateLimits, RateMode};
use super::requests::RecordedRequest;
use super::server::serve;
use super::shared::Shared;
use super::world::{Application, World};

/// How long a test waits for anything.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How a stand-in is.
#[derive(Debug, Clone)]
pub struct StandInOptions {
    /// The port; 0 for any.
    pub port: u16,
    /// The token of the bot.
    pub token: String,
    /// Privileged intents that are granted: bits of [`intent`](super::intent).
    pub granted_intents: u64,
    /// Whether rate limits hold.
    pub rates: RateMode,
    /// What the bot may in a guild that it joins.
    pub bot_permissions: u64,
    /// The time.
    pub clock: StandInClock,
    /// A folder for the bodies of requests, which `.ci/discord-bodies` checks against Discord's own description.
    pub record_to: Option<PathBuf>,
}

impl Default for StandInOptions {
    fn default() -> Self {
        Self {
            port: 0,
            token: "stand-in.token.of-no-use-elsewhere".to_owned(),
            granted_intents: 0,
            rates: RateMode::Enforced,
            bot_permissions: permission::EVERYONE
                | permission::MANAGE_CHANNELS
                | permission::MANAGE_ROLES
                | permission::MANAGE_MESSAGES
                | permission::PIN_MESSAGES
                | permission::MANAGE_THREADS
                | permission::CREATE_PRIVATE_THREADS,
            clock: StandInClock::default(),
            record_to: None,
        }
    }
}

/// A Discord on 127.0.0.1, with one guild that the bot is in. It ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub struct DiscordStandIn {
    pub(crate) shared: Arc<Shared>,
    _thread: Arc<Thread>,
    guild: Id,
    owner: Id,
}

#[derive(Debug)]
struct Thread {
    stop: Option<oneshot::Sender<()>>,
    handle: Option<JoinHandle<()>>,
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

fn world(options: &StandInOptions, public_key: String) -> (World, Id, Id) {
    let mut ids = IdSource::default();
    let now = options.clock.now();
    let application = Application {
        id: ids.next(now),
        name: "Refractory".to_owned(),
        bot: Id::default(),
        token: options.token.clone(),
        granted: options.granted_intents,
        endpoint: None,
        public_key,
    };
    let mut world = World {
        clock: options.clock.clone(),
        ids,
        application,
        users: BTreeMap::new(),
        guilds: BTreeMap::new(),
        channels: BTreeMap::new(),
        messages: BTreeMap::new(),
        commands: Vec::new(),
        command_creates: Vec::new(),
        interactions: BTreeMap::new(),
        nonces: Vec::new(),
        gateway: super::gateway::Gateway::default(),
        rates: RateLimits::new(options.rates),
        faults: super::faults::Faults::default(),
        requests: Vec::new(),
        refused_answers: Vec::new(),
    };
    world.application.bot = world.add_user("Refractory", true);
    let owner = world.add_user("owner", false);
    let guild = world.add_guild("The guild", owner);
    world.invite_bot(guild, options.bot_permissions);
    (world, guild, owner)
}

fn record_file(folder: Option<&PathBuf>, address: SocketAddr) -> Option<File> {
    let folder = folder?;
    std::fs::create_dir_all(folder).expect("the folder for recorded bodies can be made");
    let name = format!("{}-{}.jsonl", std::process::id(), address.port());
    let file = OpenOptions::new().create(true).append(true).open(folder.join(name));
    Some(file.expect("a file for recorded bodies can be made"))
}

impl DiscordStandIn {
    /// Starts a Discord on its own thread.
    pub fn start(options: &StandInOptions) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be built");
        let listener = std::net::TcpListener::bind(("127.0.0.1", options.port));
        let listener = listener.expect("the port is free");
        listener.set_nonblocking(true).expect("a fresh socket has options");
        let address = listener.local_addr().expect("a listener has an address");
        let signer = Signer::from_seed(&[7; 32]).expect("any seed makes a key");
        let (world, guild, owner) = world(options, signer.public_key());
        let record = record_file(options.record_to.as_ref(), address);
        let place = (runtime.handle().clone(), address.to_string());
        let shared = Shared::new(world, place, Transport::new(signer), record);
        let (stop, stopped) = oneshot::channel();
        let task = Arc::clone(&shared);
        let handle = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("the socket is one");
                tokio::select! {
                    () = serve(listener, task) => {}
                    // A handle that is gone stops it as well.
                    _gone = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        let thread = Arc::new(Thread { stop: Some(stop), handle: Some(handle) });
        Self { shared, _thread: thread, guild, owner }
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
