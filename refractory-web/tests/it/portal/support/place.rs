//! A whole portal.
use std::net::SocketAddr;

use refractory_core::model::{Change, Instance, PasswordHash, Principal, Role, Slug, UserName};
use refractory_core::ports::Collection;
use refractory_core::{Addressing, Builder, InstanceId, Refractory, Result, Worker};
use refractory_web::{Hasher, Listener, Portal, WebConfig};
use reqwest::StatusCode;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::browser::Browser;
use super::stands::{Guests, Knob, Paper, PlainAuth, SharedStore, Shelf};

/// A whole portal, with its worker, until it is dropped.
pub(crate) struct Place {
    pub(crate) refractory: Refractory,
    pub(crate) at: SocketAddr,
    pub(crate) knob: Knob,
    pub(crate) shelf: Shelf,
    pub(crate) paper: Paper,
    pub(crate) store: SharedStore,
    pub(crate) guests: Guests,
    worker: JoinHandle<()>,
    server: JoinHandle<Result<()>>,
    stop: Option<oneshot::Sender<()>>,
    game: Option<JoinHandle<()>>,
}

impl Place {
    pub(crate) async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// A portal with its own configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut WebConfig)) -> Self {
        let (at, game) = game().await;
        let mut place = Self::before(at, change);
        place.game = Some(game);
        place
    }

    /// The same, where whatever listens at `game` is every table's program.
    pub(crate) fn before(game: SocketAddr, change: impl FnOnce(&mut WebConfig)) -> Self {
        Self::built(game, SharedStore::default(), change, |builder| builder)
    }

    /// The same on this store, with its own ports.
    pub(crate) fn built(
        game: SocketAddr,
        store: SharedStore,
        change: impl FnOnce(&mut WebConfig),
        add: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let mut config = WebConfig::listening_at("127.0.0.1:0");
        change(&mut config);
        let at = game;
        let (knob, shelf, paper) = (Knob::new(at), Shelf::default(), Paper::default());
        let guests = Guests::default();
        let listener = Listener::bind(&config).unwrap();
        let addressing: Addressing = config.addressing(listener.port());
        let builder = Refractory::builder(knob.clone())
            .archives(shelf.clone())
            .logs(paper.clone())
            .game(guests.clone())
            .auth(PlainAuth(store.clone()))
            .store(store.clone())
            .addressing(addressing)
            .worker_options(|options| {
                options.poll = std::time::Duration::from_millis(20);
                options.heartbeat = std::time::Duration::from_millis(200);
            });
        let (refractory, worker) = add(builder).build();
        let portal = Portal::new(refractory.clone(), config, hasher()).listen(listener).unwrap();
        let at = portal.addresses()[0];
        let (stop, stopped) = oneshot::channel();
        let server = spawn(portal.run_until(async move {
            let _ended = stopped.await;
        }));
        let worker = spawn(run(worker));
        let stop = Some(stop);
        Self { refractory, at, knob, shelf, paper, guests, store, worker, server, stop, game: None }
    }

    /// Adds an account with the password `correct horse`.
    pub(crate) async fn account(&self, name: &str, role: Role) {
        let hash = PasswordHash("plain:correct horse".into());
        let name = UserName::new(name).unwrap();
        self.refractory.add_user(&Principal::operator(), name, role, Some(hash)).await.unwrap();
    }

    /// A browser that is signed in.
    pub(crate) async fn signed_in(&self, name: &str, role: Role) -> Browser {
        self.account(name, role).await;
        let mut browser = self.browser();
        let answer = browser
            .submit("/sign-in", "/sign-in", &[("name", name), ("password", "correct horse")])
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
    }

    /// Gives a table a name that no one may choose today, as an older version could.
    pub(crate) async fn rename_behind_its_back(&self, id: &InstanceId, name: &str) {
        let slug = Slug::new(name).unwrap();
        let rename = |row: &mut Instance| {
            row.slug = slug.clone();
            Ok(true)
        };
        Collection::<Instance>::of(self.store.as_ref()).update(id.as_str(), rename).await.unwrap();
        // Waiting readers are woken by a write that changes nothing.
        self.refractory.change(&Principal::operator(), id, Change::default()).await.unwrap();
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.at)
    }

    /// Another client that is signed in as `other` is.
    pub(crate) fn browser_like(&self, other: &Browser) -> Browser {
        let mut browser = self.browser();
        browser.cookies.clone_from(&other.cookies);
        browser.headers.clone_from(&other.headers);
        browser
    }

    /// Nobody does the work from now on.
    pub(crate) fn send_the_worker_home(&self) {
        self.worker.abort();
    }

    /// Ends the portal in the ordinary way.
    pub(crate) async fn close(mut self) -> Result<()> {
        let _sent = self.stop.take().map(|stop| stop.send(()));
        (&mut self.server).await.unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.worker.abort();
        self.server.abort();
        if let Some(game) = &self.game {
            game.abort();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test owns what it spawns by its handle")]
fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(future)
}

async fn run(worker: Worker) {
    worker.run_until(std::future::pending()).await;
}

pub(crate) fn hasher() -> Hasher {
    Hasher::new(|password| async move { Ok(PasswordHash(format!("plain:{}", password.expose()))) })
}

/// What a table shows once it runs.
async fn game() -> (SocketAddr, JoinHandle<()>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let serve = async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _read = socket.read(&mut head).await;
            let body = "<!doctype html><title>Join</title><h1>Join the game</h1>";
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let _written = socket.write_all(answer.as_bytes()).await;
        }
    };
    (at, spawn(serve))
}
