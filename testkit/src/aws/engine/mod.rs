//! A Docker engine of the tests' own.
mod containers;
mod docker_client;
mod image;
mod lifetime;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::OnceCell;

use self::docker_client::DockerClient;
pub use self::image::Image;
use super::account::Account;
use super::emulator::Emulator;

/// How long an engine is kept for the next user.
const LINGER: Duration = Duration::from_secs(5);

/// What holds the network of a task, as the agent of ECS calls it.
const PAUSE: &str = "amazon/amazon-ecs-pause:0.1.0";

static SHARED: OnceCell<Engine> = OnceCell::const_new();

/// A Docker engine with images, containers and its own network: Debian's `docker.io`, started when the first test asks, and
/// gone with everything it had some seconds after the last one ends, however that ends.
///
/// All test processes on this machine share one, so that it is started once and an image is brought in once. It needs root.
/// There is no registry: an [`Image`] is put together from programs of this machine. Containers are reached at their own
/// addresses, and reach this machine at [`gateway`](Self::gateway) and nothing else.
///
/// ```no_run
/// # async fn example() {
/// use testkit::aws::{Engine, Image};
/// let engine = Engine::shared().await;
/// engine.load("table:1", &Image::new().with("sh").entry(&["/bin/sh", "-c", "exec cat"])).await;
/// let account = engine.account().await; // its tasks run as containers
/// # }
/// ```
#[derive(Debug)]
pub struct Engine {
    folder: PathBuf,
    gateway: Ipv4Addr,
    door: DockerClient,
    /// While this is held, the engine is.
    _held: std::fs::File,
}

impl Engine {
    /// The engine that all tests share.
    ///
    /// # Panics
    ///
    /// With the sentence of [`start_in`](Self::start_in).
    pub async fn shared() -> &'static Self {
        let started = SHARED.get_or_try_init(|| async {
            let folder = std::env::temp_dir().join("refractory-engine");
            let starting = tokio::task::spawn_blocking(move || Self::start_in(&folder, LINGER));
            starting.await.unwrap_or_else(|error| Err(error.to_string()))
        });
        #[expect(clippy::panic, reason = "a test without its engine has failed")]
        started.await.unwrap_or_else(|why| panic!("{why}"))
    }

    /// The engine in `folder`, started unless it runs; takes a second then, and blocks. It ends `linger` after the last value
    /// for this folder is dropped, in whatever process, and takes the folder with it.
    ///
    /// # Errors
    ///
    /// A sentence that says what is missing, or what the engine said.
    pub fn start_in(folder: &Path, linger: Duration) -> Result<Self, String> {
        let (held, gateway) = lifetime::acquire(folder, linger)?;
        let door = DockerClient::new(lifetime::socket(folder));
        Ok(Self { folder: folder.to_owned(), gateway, door, _held: held })
    }

    /// Where clients of Docker find it: `unix:///..`.
    pub fn url(&self) -> String {
        format!("unix://{}", lifetime::socket(&self.folder).display())
    }

    /// This machine, as containers reach it.
    pub fn gateway(&self) -> Ipv4Addr {
        self.gateway
    }

    /// A fresh account, with its tasks as containers of this engine, of an emulator that containers reach. There is one such
    /// emulator for a process.
    ///
    /// # Panics
    ///
    /// With what the emulator says against it.
    pub async fn account(&self) -> Account {
        self.load(PAUSE, &Image::new().with("sleep").entry(&["/bin/sleep", "infinity"])).await;
        let account = Emulator::beside(self.gateway).await.account();
        #[expect(clippy::panic, reason = "a test without its containers has failed")]
        account.run_in_docker(&self.url()).await.unwrap_or_else(|why| panic!("{why}"));
        account
    }
}
