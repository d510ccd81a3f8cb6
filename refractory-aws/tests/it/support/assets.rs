//! Tables that may have places for uploads, and a browser that looks into them.
use std::sync::Arc;
use std::time::Duration;

use refractory_aws::{AwsConfig, BucketAssets, Clients, Naming};
use refractory_core::config::Span;
use refractory_core::memory::MemoryStore;
use refractory_core::model::{Attempt, Instance, Journal, NewInstance, Slug, Step, User, UserName};
use refractory_core::ports::{AssetSpace, AssetStore, Collection, Observed};
use refractory_core::{Clock as _, InstanceId, Timestamp, UserId};
use testkit::aws::Account;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::clock::AheadClock;
use super::{clients, clients_at};

/// A deployment with tables.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    /// What is written down.
    pub(crate) store: Arc<MemoryStore>,
    /// The time.
    pub(crate) clock: AheadClock,
    /// The configuration.
    pub(crate) config: AwsConfig,
    /// The account.
    pub(crate) account: Account,
}

impl Tables {
    /// A deployment without tables, whose secrets are deleted at once.
    pub(crate) fn new(account: &Account) -> Self {
        let mut config = AwsConfig::default();
        config.recovery = Span::minutes(0);
        let (store, clock) = (Arc::default(), AheadClock::default());
        Self { store, clock, config, account: account.clone() }
    }

    /// The names of the deployment.
    pub(crate) fn naming(&self) -> Naming {
        Naming::new(&self.config.deployment)
    }

    /// Adds a table with the id `raw` that no one owns. Its name is the account's own: buckets share one world.
    pub(crate) async fn add(&self, raw: &str) -> InstanceId {
        self.add_owned(raw, None).await
    }

    /// The same, owned by `owner`.
    pub(crate) async fn add_owned(&self, raw: &str, owner: Option<UserId>) -> InstanceId {
        let id = id(raw);
        let slug = Slug::new(&Slug::suggest(&format!("t{}-{raw}", self.account.id()))).unwrap();
        let mut row = Instance::new(id.clone(), NewInstance::named(slug), self.clock.now());
        row.owner = owner;
        Collection::of(self.store.as_ref()).insert(&row).await.unwrap();
        id
    }

    /// Adds a person.
    pub(crate) async fn add_person(&self, name: &str) -> UserId {
        let name = UserName::new(name).unwrap();
        let role = refractory_core::model::Role::GameMaster;
        let user = User::new(name, role, None, Timestamp(0));
        Collection::of(self.store.as_ref()).insert(&user).await.unwrap();
        user.id
    }

    /// Changes the row of a table.
    pub(crate) async fn change(
        &self,
        of: &InstanceId,
        change: impl Fn(&mut Instance) + Send + Sync,
    ) {
        let table = Collection::<Instance>::of(self.store.as_ref());
        let changed = table.update(of.as_str(), |row| {
            change(row);
            Ok(true)
        });
        changed.await.unwrap();
    }

    /// Says that the table runs, as its launch `epoch`.
    pub(crate) async fn launch(&self, of: &InstanceId, epoch: u32) {
        self.change(of, |row| {
            row.epoch = epoch;
            row.journal.intend(Step::Runtime, attempt());
        })
        .await;
    }

    /// Says that the table has stopped.
    pub(crate) async fn stop(&self, of: &InstanceId) {
        self.change(of, |row| row.journal = Journal::default()).await;
    }

    /// The port.
    pub(crate) fn port(&self) -> BucketAssets {
        self.port_over(clients(&self.account))
    }

    /// The port, speaking to `endpoint`.
    pub(crate) fn port_at(&self, endpoint: &str) -> BucketAssets {
        self.port_over(clients_at(&self.account, endpoint))
    }

    /// Asks until the place of `of` is ready, and does not wait where the port does.
    pub(crate) async fn ready(&self, port: &BucketAssets, of: &InstanceId) -> AssetSpace {
        until(async || {
            let answer = port.ensure(of).await;
            self.clock.forward(Duration::from_secs(1));
            answer
        })
        .await
    }

    fn port_over(&self, clients: Clients) -> BucketAssets {
        let store: Arc<dyn refractory_core::ports::Store> = self.store.clone();
        BucketAssets::new(clients, &self.config, store, Arc::new(self.clock.clone()))
    }
}

fn attempt() -> Attempt {
    Attempt { since: Timestamp(0), moved: Timestamp(0), progress: None, name: None }
}

/// An id.
pub(crate) fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).unwrap()
}

/// Asks until there is no place any more; says how often.
pub(crate) async fn absent(port: &impl AssetStore, of: &InstanceId) -> usize {
    for asked in 1..400 {
        match port.remove(of).await.unwrap() {
            Observed::Absent => return asked,
            Observed::Pending(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            other => panic!("{other:?}"),
        }
    }
    panic!("it never went away");
}

/// Asks until the answer is `Ready`, forgiving what may be tried again.
pub(crate) async fn until<T: std::fmt::Debug, F>(call: impl Fn() -> F) -> T
where
    F: Future<Output = refractory_core::Result<Observed<T>>>,
{
    for _ in 0..1_000 {
        match call().await {
            Ok(Observed::Ready(made)) => return made,
            Ok(Observed::Pending(_)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert!(error.is_transient(), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never became ready");
}

/// What a browser was answered.
#[derive(Debug)]
pub(crate) struct Page {
    /// The status.
    pub(crate) status: u16,
    /// The first line and the headers, in lower case.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// Asks for `path` at the emulator as a browser does: without any credentials.
pub(crate) async fn browse(account: &Account, method: &str, path: &str, headers: &str) -> Page {
    let empty = if method == "PUT" { "content-length: 0\r\n" } else { "" };
    ask(account, method, path, &format!("{empty}{headers}"), "").await
}

/// Sends `body` to `path` at the emulator.
pub(crate) async fn send(
    account: &Account,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Page {
    let length = format!("content-length: {}\r\n", body.len());
    ask(account, method, path, &format!("{length}{headers}"), body).await
}

async fn ask(account: &Account, method: &str, path: &str, headers: &str, body: &str) -> Page {
    let mut stream = TcpStream::connect(account.address()).await.unwrap();
    let host = account.address();
    let asked = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\n{headers}connection: close\r\n\r\n{body}"
    );
    stream.write_all(asked.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Page { status, head, body: answer[end + 4..].to_vec() }
}
