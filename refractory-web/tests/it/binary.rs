//! The thin binary: portal and edge over a store that is there already.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test cannot go on without may end it"
)]
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use refractory_core::config::{Loader, Settings, Sources};
use refractory_core::local::{DataDir, LocalBackend};
use refractory_core::model::{NewInstance, Phase, Power, Principal, Role, Slug, UserName};
use refractory_core::{Addressing, Refractory};
use refractory_web::WebConfig;
use reqwest::{Method, StatusCode};

use super::portal::Browser;

/// The program in a folder, until it is dropped.
struct Program {
    child: Child,
    at: std::net::SocketAddr,
}

impl Program {
    fn command(folder: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_refractory-web"));
        command.current_dir(folder).env_remove("REFRACTORY_LOG");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn start(folder: &Path) -> Self {
        let mut command = Self::command(folder);
        command.env("REFRACTORY__WEB__LISTEN", "127.0.0.1:0");
        let mut child = command.spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut first).unwrap();
        let at = first.split_once("at=[").and_then(|(_, rest)| rest.split(']').next());
        let at = at.unwrap_or_else(|| panic!("{first}")).parse().unwrap();
        Self { child, at }
    }

    fn end(mut self) -> std::process::ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The deployment in the folder, as another program has it.
async fn deployment(folder: &Path) -> Refractory {
    let loader = Loader::new(vec![Box::new(LocalBackend::default())]).with::<WebConfig>();
    let settings: Settings = loader.load(Sources::new()).unwrap();
    let dir = DataDir::open(&folder.join("refractory-data")).unwrap();
    let at = Addressing::default();
    let ports = loader.connect(&settings, dir.root(), &dir.database(), &at).await.unwrap();
    Loader::build(&settings, ports, at).unwrap().0
}

#[tokio::test]
async fn it_serves_what_is_there_and_does_nothing_itself() {
    let folder = tempfile::tempdir().unwrap();
    let refractory = deployment(folder.path()).await;
    let who = Principal::operator();
    let anna = UserName::new("anna").unwrap();
    let user = refractory.add_user(&who, anna, Role::Admin, None).await.unwrap();
    let session = refractory.open_session(&user).await.unwrap();
    let new = NewInstance::named(Slug::new("friday").unwrap());
    let table = refractory.create(&who, new).await.unwrap();

    let program = Program::start(folder.path());
    let mut browser = Browser::new(program.at);
    assert_eq!(browser.get("/healthz").await.text, "ok\n");
    let door = browser.get_at("friday.localhost", "/").await;
    assert_eq!(door.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(door.text.contains("friday is off"), "{}", door.text);
    let bearer = format!("Bearer {}", session.secret.expose());
    browser.headers.insert("authorization", bearer.parse().unwrap());
    let started = browser.json(Method::POST, "/api/v1/instances/friday/start", None).await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{}", started.text);

    // Said in one process, read in another; and nobody has begun.
    let wished = refractory.get(&who, &table.id).await.unwrap();
    assert_eq!(wished.desired.power, Power::On);
    assert!(matches!(wished.phase(), Phase::Starting(_)) && wished.journal.is_empty());
    assert!(refractory.workers().await.unwrap().is_empty());
    assert!(program.end().success(), "asked to end, it ends well");
}

#[test]
fn a_configuration_that_cannot_be_used_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("refractory.toml"), "[web]\nlistne = \"x\"\n").unwrap();
    let output = Program::command(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("did you mean `listen`?"), "{said}");
}
