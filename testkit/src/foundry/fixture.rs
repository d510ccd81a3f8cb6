//! A program in its own process, to hold a game control against: the stand-in, or the real one.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test whose program does not do as it should has failed"
)]
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use refractory_core::foundry::FoundryControl;
use refractory_core::model::{self, WorldId};
use refractory_core::ports::{Endpoint, GameControl, GameTarget, Observed, WorldRef};
use refractory_core::{Secret, async_trait};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::{DataFolder, LICENSE_KEY, Launch, StandIn, Version};
use crate::conformance::game::GameFixture;

/// The administrator's password in every house.
const PASSWORD: &str = "conformance";
/// The two worlds in every house.
const WORLDS: [&str; 2] = ["first", "strahd's höhle (old)"];

/// Which release is started, and with which license.
#[derive(Debug, Clone)]
pub struct FixtureRelease {
    /// Which release it is.
    pub version: Version,
    /// The license key.
    pub license: String,
    /// A `license.json` that is signed already, where there is one.
    pub signed: Option<Vec<u8>>,
}

impl FixtureRelease {
    /// `version`, with a key that the stand-in takes and no one has accepted the agreement for.
    pub fn unsigned(version: Version) -> Self {
        Self { version, license: LICENSE_KEY.to_owned(), signed: None }
    }
}

type PlayerSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A running program with two fresh worlds, and a control for it.
#[derive(Debug)]
pub struct FoundryFixture {
    control: FoundryControl,
    program: StandIn,
    plan: FixtureRelease,
    players: Mutex<Vec<PlayerSocket>>,
}

impl FoundryFixture {
    /// Starts `launch` on furnished data, and waits until it listens.
    pub async fn open(launch: Launch, plan: FixtureRelease) -> Self {
        let core = plan.version;
        Self::open_older(launch, plan, core).await
    }

    /// The same with worlds that were last opened by `core`.
    pub async fn open_older(launch: Launch, plan: FixtureRelease, core: Version) -> Self {
        let launch = launch.prepared(|data| furnished(data, &plan, core));
        let port = free_port();
        let program = launch.flag(format!("--port={port}")).ready().await;
        let control = FoundryControl::new().expect("a control can be made");
        Self { control, program, plan, players: Mutex::default() }
    }

    /// The program.
    pub fn program(&self) -> &StandIn {
        &self.program
    }

    /// The control, with all it can do.
    pub fn foundry(&self) -> &FoundryControl {
        &self.control
    }

    /// The wish for the first world, with the agreement accepted.
    pub fn first(&self) -> WorldRef {
        let world = Some(self.worlds()[0].clone());
        WorldRef { world, license: Some(self.license()), eula_accepted: true }
    }

    /// The `license.json` the program has signed by now.
    pub fn signed(&self) -> Option<Vec<u8>> {
        std::fs::read(self.program.data().license()).ok()
    }

    fn signal(&self, signal: Signal) {
        let pid = self.program.pid().and_then(|pid| Pid::from_raw(pid.try_into().ok()?));
        kill_process(pid.expect("the program runs"), signal).expect("it can be signalled");
    }

    fn chairs(&self) -> std::sync::MutexGuard<'_, Vec<PlayerSocket>> {
        self.players.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FoundryFixture {
    fn drop(&mut self) {
        // A program that was made to hold its breath could not be ended otherwise by its own means.
        if let Some(pid) = self.program.pid().and_then(|pid| Pid::from_raw(pid.try_into().ok()?)) {
            let _ = kill_process(pid, Signal::CONT);
        }
    }
}

#[async_trait]
impl GameFixture for FoundryFixture {
    fn control(&self) -> &dyn GameControl {
        &self.control
    }

    fn target(&self) -> GameTarget {
        let Version { generation, build } = self.plan.version;
        let generation = generation.try_into().expect("generations are small");
        GameTarget {
            endpoint: Endpoint::new("127.0.0.1", self.program.port()),
            version: model::Version::new(generation, build),
            admin_key: Secret::new(PASSWORD),
        }
    }

    fn license(&self) -> Secret {
        Secret::new(&self.plan.license)
    }

    fn worlds(&self) -> [WorldId; 2] {
        WORLDS.map(|world| WorldId::new(world).expect("a world id"))
    }

    fn sessions(&self) -> usize {
        let said = self.program.lines();
        said.iter().filter(|line| line.contains("Created client session")).count()
    }

    async fn join_player(&self) {
        let at = self.target();
        let seats = self.control.seats(&at).await.expect("seats can be asked for");
        let seat = seats.expect("a world is open").0.into_iter().next().expect("it has a user");
        let session = self.control.join(&at, &seat.id, None).await.expect("it can be taken");
        let connect_player = chair(&at.endpoint, session.expose()).await;
        self.chairs().push(connect_player);
        // A seat counts once the program has read the last packet of the greeting.
        for _ in 0..200 {
            if let Ok(Observed::Ready(status)) = self.control.observe(&at).await
                && status.players > 0
            {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn kill(&self) {
        self.signal(Signal::KILL);
        while TcpStream::connect(("127.0.0.1", self.program.port())).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn stop_answering(&self) {
        self.signal(Signal::STOP);
    }
}

/// A socket that sits where `session` may sit, greeted and kept open.
async fn chair(at: &Endpoint, session: &str) -> PlayerSocket {
    use futures_util::{SinkExt, StreamExt};
    let path = format!("socket.io/?session={session}&EIO=4&transport=websocket");
    let address = at.url(&path).replacen("http", "ws", 1);
    let mut request = address.into_client_request().expect("an address");
    let cookie = format!("session={session}").parse().expect("a header");
    request.headers_mut().insert("cookie", cookie);
    let (mut chair, _) = tokio_tungstenite::connect_async(request).await.expect("a socket");
    while let Some(Ok(Message::Text(packet))) = chair.next().await {
        match packet.as_str() {
            packet if packet.starts_with('0') => {
                chair.send(Message::text("40")).await.expect("it listens");
            }
            packet if packet.starts_with("42[\"session\"") => break,
            _ => {}
        }
    }
    chair
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it has an address").port()
}

/// A data folder with the password and two worlds of a system that does nothing.
fn furnished(data: DataFolder, plan: &FixtureRelease, core: Version) -> DataFolder {
    let data = data.with_admin_password(PASSWORD);
    let data = WORLDS.iter().fold(data, |data, world| data.with_world(world, core));
    install_system(&data.system("dice"), plan.version);
    if let Some(signed) = &plan.signed {
        std::fs::write(data.license(), signed).expect("the license can be written");
    }
    data
}

/// Makes the system one that the real program takes as well.
fn install_system(manifest: &Path, version: Version) {
    let generation = version.generation.to_string();
    let system = json!({
        "id": "dice", "name": "dice", "title": "Dice", "description": "A system without rules.",
        "version": "5.0.4", "authors": [], "esmodules": [], "scripts": [], "styles": [],
        "languages": [], "packs": [], "gridDistance": 5, "gridUnits": "ft",
        "grid": {"distance": 5, "units": "ft"},
        "compatibility": {"minimum": "9", "verified": generation},
        "minimumCoreVersion": "9", "compatibleCoreVersion": generation,
    });
    let template = json!({
        "Actor": {"types": ["character"], "character": {}}, "Item": {"types": ["item"], "item": {}},
    });
    let folder = manifest.parent().expect("a file has a folder");
    std::fs::write(manifest, system.to_string()).expect("the system can be written");
    std::fs::write(folder.join("template.json"), template.to_string())
        .expect("the system can be written");
}
