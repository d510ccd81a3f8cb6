//! Starting a stand-in.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot start what it asks has failed"
)]
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::clock::StandInClock;
use super::interactions::{Signer, Transport};
use super::model::{Id, IdSource};
use super::permissions::permission;
use super::rate::{RateLimits, RateMode};
use super::server::serve;
use super::shared::Shared;
use super::stand_in::{DiscordStandIn, Thread};
use super::world::{Application, World};

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
    /// A folder for the bodies of requests, which `testkit/node/discord-bodies.mjs` holds against Discord's own description.
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
        let thread = Thread { stop: Some(stop), handle: Some(handle) };
        Self::of(shared, thread, (guild, owner))
    }
}
