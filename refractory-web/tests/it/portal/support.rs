//! A deployment in memory, a portal on it, and a browser without a window.
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use refractory_core::model::{
    Layout, PasswordHash, Principal, Program, Role, User, UserName, Version,
};
use refractory_core::ports::{
    ArchiveInfo, ArchiveSource, Archives, Authenticator, Body, Credential, Endpoint, Head,
    Identity, InstanceRuntime, Kind, LaunchSpec, LogChunk, LogPosition, LogSource, Observed,
    Progress, Stop, Store, Table,
};
use refractory_core::{
    Addressing, Error, ErrorKind, InstanceId, Key, MemoryStore, Refractory, ReleaseId, Result,
    Worker, async_trait,
};
use refractory_web::{Hasher, Listener, Portal, WebConfig};
use reqwest::header::{COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// One store in two hands: the deployment's and the authenticator's.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedStore(Arc<MemoryStore>);

#[async_trait]
impl Store for SharedStore {
    async fn insert(&self, row: &Body) -> Result<Body> {
        self.0.insert(row).await
    }
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Body>> {
        self.0.load(kind, id).await
    }
    async fn find(&self, kind: Kind, unique: &str) -> Result<Option<Body>> {
        self.0.find(kind, unique).await
    }
    async fn list(&self, kind: Kind) -> Result<Vec<Body>> {
        self.0.list(kind).await
    }
    async fn heads(&self, kind: Kind) -> Result<Vec<Head>> {
        self.0.heads(kind).await
    }
    async fn save(&self, row: &Body) -> Result<Body> {
        self.0.save(row).await
    }
    async fn delete(&self, row: &Body) -> Result<()> {
        self.0.delete(row).await
    }
}

/// Compares passwords as they are: hashing is another crate's.
#[derive(Debug)]
struct PlainAuth(SharedStore);

#[async_trait]
impl Authenticator for PlainAuth {
    async fn authenticate(&self, credential: &Credential) -> Result<Option<Identity>> {
        let Credential::Password { name, password } = credential else { return Ok(None) };
        let user = Table::<User>::of(&self.0).find(&format!("name:{name}")).await?;
        let good = user.and_then(|user| user.password)
            == Some(PasswordHash(format!("plain:{}", password.expose())));
        Ok(good.then(|| Identity { name: name.clone() }))
    }
}

/// A runtime whose launches come up once they are let.
#[derive(Debug, Clone)]
pub(crate) struct Knob {
    pub(crate) open: Arc<AtomicBool>,
    launches: Arc<Mutex<BTreeMap<Key, Endpoint>>>,
    at: SocketAddr,
}

impl Knob {
    fn new(at: SocketAddr) -> Self {
        Self { open: Arc::new(AtomicBool::new(true)), launches: Arc::default(), at }
    }
}

#[async_trait]
impl InstanceRuntime for Knob {
    async fn ensure(&self, key: &Key, _: &LaunchSpec) -> Result<Observed<Endpoint>> {
        if !self.open.load(Ordering::SeqCst) {
            return Ok(Observed::Pending(Some(Progress::new("unpacking the release").at(40))));
        }
        let endpoint = Endpoint::new(self.at.ip().to_string(), self.at.port());
        self.launches.lock().unwrap().insert(key.clone(), endpoint.clone());
        Ok(Observed::Ready(endpoint))
    }
    async fn observe(&self, key: &Key) -> Result<Observed<Endpoint>> {
        let found = self.launches.lock().unwrap().get(key).cloned();
        Ok(found.map_or(Observed::Absent, Observed::Ready))
    }
    async fn remove(&self, key: &Key, _: Stop) -> Result<Observed<Endpoint>> {
        self.launches.lock().unwrap().remove(key);
        Ok(Observed::Absent)
    }
    async fn list(&self) -> Result<Vec<Key>> {
        Ok(self.launches.lock().unwrap().keys().cloned().collect())
    }
}

/// Takes files that begin with `foundry` and a version.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf {
    /// The bytes of the last file, to see that they came through.
    pub(crate) last: Arc<Mutex<Option<u64>>>,
}

#[async_trait]
impl Archives for Shelf {
    async fn add(&self, source: &ArchiveSource) -> Result<ArchiveInfo> {
        let invalid = |sentence| Error::new(ErrorKind::Invalid, "reading a zip").advise(sentence);
        let ArchiveSource::File(path) = source else {
            return Err(invalid("This address is not foundryvtt.com's."));
        };
        let bytes = std::fs::read(path).map_err(|_| invalid("No such file."))?;
        *self.last.lock().unwrap() = Some(bytes.len() as u64);
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(30)]).into_owned();
        let version: Version = text
            .strip_prefix("foundry ")
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|word| word.parse().ok())
            .ok_or_else(|| {
                invalid("This zip is not a Foundry release. Download one for Linux or Node.js.")
            })?;
        Ok(ArchiveInfo {
            id: ReleaseId::new(&format!("{:064x}", version.build))?,
            version,
            layout: Layout::Node,
            program: Program::Node,
            node_major: Some(22),
            size: bytes.len() as u64,
        })
    }
    async fn remove(&self, _: &ReleaseId) -> Result<()> {
        Ok(())
    }
    async fn list(&self) -> Result<Vec<ArchiveInfo>> {
        Ok(Vec::new())
    }
}

/// A log that grows when a test writes to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paper(pub(crate) Arc<Mutex<Vec<String>>>);

#[async_trait]
impl LogSource for Paper {
    async fn read(
        &self,
        _: &InstanceId,
        from: Option<&LogPosition>,
        limit: usize,
    ) -> Result<LogChunk> {
        let lines = self.0.lock().unwrap().clone();
        let start = match from {
            Some(LogPosition(at)) => at.parse().unwrap_or(0),
            None => lines.len().saturating_sub(limit),
        };
        let end = lines.len().min(start + limit);
        let next = LogPosition(end.to_string());
        Ok(LogChunk { lines: lines[start.min(end)..end].to_vec(), next })
    }
}

/// A whole portal, with its worker, until it is dropped.
pub(crate) struct Place {
    pub(crate) refractory: Refractory,
    pub(crate) at: SocketAddr,
    pub(crate) knob: Knob,
    pub(crate) shelf: Shelf,
    pub(crate) paper: Paper,
    worker: JoinHandle<()>,
    server: JoinHandle<Result<()>>,
    stop: Option<oneshot::Sender<()>>,
    game: JoinHandle<()>,
}

impl Place {
    pub(crate) async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// A portal with a configuration of its own.
    pub(crate) async fn with(change: impl FnOnce(&mut WebConfig)) -> Self {
        let mut config = WebConfig::listening_at("127.0.0.1:0");
        change(&mut config);
        let (at, game) = game().await;
        let (knob, shelf, paper) = (Knob::new(at), Shelf::default(), Paper::default());
        let store = SharedStore::default();
        let listener = Listener::bind(&config).unwrap();
        let addressing: Addressing = config.addressing(listener.port());
        let (refractory, worker) = Refractory::builder(knob.clone())
            .archives(shelf.clone())
            .logs(paper.clone())
            .auth(PlainAuth(store.clone()))
            .store(store)
            .addressing(addressing)
            .patience(|patience| {
                patience.poll = std::time::Duration::from_millis(20);
                patience.heartbeat = std::time::Duration::from_millis(200);
            })
            .build();
        let portal = Portal::new(refractory.clone(), config, hasher()).listen(listener).unwrap();
        let at = portal.addresses()[0];
        let (stop, stopped) = oneshot::channel();
        let server = spawn(portal.run_until(async move {
            let _ended = stopped.await;
        }));
        let worker = spawn(run(worker));
        Self { refractory, at, knob, shelf, paper, worker, server, stop: Some(stop), game }
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

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.at)
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
        self.game.abort();
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

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn to(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The token of the first form.
    pub(crate) fn csrf(&self) -> String {
        let mark = "name=\"csrf\" value=\"";
        let at = self.text.find(mark).expect("a form") + mark.len();
        self.text[at..at + 64].to_owned()
    }
}

/// A browser without a window: keeps cookies, follows nothing.
pub(crate) struct Browser {
    client: reqwest::Client,
    at: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
}

impl Browser {
    pub(crate) fn new(at: SocketAddr) -> Self {
        // Plain HTTP only, but the client wants to know how it would encrypt; the second to say so is refused.
        let _known = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            client: client.build().unwrap(),
            at,
            cookies: BTreeMap::new(),
            headers: HeaderMap::new(),
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let cookies: Vec<_> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        self.client
            .request(method, format!("http://{}{path}", self.at))
            .headers(self.headers.clone())
            .header(COOKIE, HeaderValue::from_str(&cookies.join("; ")).unwrap())
    }

    async fn take(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        for set in answer.headers().get_all(SET_COOKIE) {
            let (name, value) =
                set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (answer.status(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.unwrap() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        self.take(request).await
    }

    /// Asks as if `host` led here.
    pub(crate) async fn get_at(&mut self, host: &str, path: &str) -> Answer {
        let request = self
            .request(Method::GET, path)
            .header("host", format!("{host}:{}", self.at.port()))
            .header("accept", "text/html");
        self.take(request).await
    }

    /// Sends a form without looking at the page it is on.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path).form(fields);
        self.take(request).await
    }

    /// Loads `page` and sends a form of it.
    pub(crate) async fn submit(
        &mut self,
        page: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let csrf = self.get(page).await.csrf();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    /// Loads `page`, sends a form of it, and loads where that leads.
    pub(crate) async fn submit_and_follow(
        &mut self,
        page: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let answer = self.submit(page, path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let to = answer.to().to_owned();
        self.get(&to).await
    }

    /// Sends JSON, or nothing, with the token of the session.
    pub(crate) async fn json(
        &mut self,
        method: Method,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> Answer {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.take(request).await
    }

    /// Sends bytes as a file.
    pub(crate) async fn bytes(&mut self, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", kind).body(body);
        self.take(request).await
    }

    /// Opens a stream.
    pub(crate) async fn stream(&self, path: &str) -> reqwest::Response {
        self.request(Method::GET, path).send().await.unwrap()
    }
}
