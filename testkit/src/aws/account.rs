//! One AWS account in the emulator.
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::json;

use super::control_client::{ControlClient, EmulatorError};
use super::switches::Switches;
use super::task::{Launch, Program, RunningTask};

/// Every account is in this region.
pub(super) const REGION: &str = "eu-central-1";

/// Store of the server to names of what is in it, for example `"iam._users"` to `["controller"]`; no store without any.
pub type Census = BTreeMap<String, Vec<String>>;

/// An account: its number, its root's keys, and the tests' own door to it.
///
/// The number is the access key of the account's root user; any secret goes with it. Keys that IAM makes are checked in
/// earnest. Bucket names are shared between accounts, as in AWS.
#[derive(Debug, Clone)]
pub struct Account {
    id: String,
    endpoint: String,
    folder: PathBuf,
    door: ControlClient,
}

impl Account {
    pub(super) fn new(number: u64, address: SocketAddr, folder: PathBuf) -> Self {
        let id = number.to_string();
        let door = ControlClient::new(address, &id);
        Self { id, endpoint: format!("http://{address}"), folder, door }
    }

    /// The account's twelve digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The access key of the root user.
    pub fn access_key(&self) -> &str {
        &self.id
    }

    /// A secret for the root user.
    pub fn secret_key(&self) -> &'static str {
        "root"
    }

    /// The account's only region.
    pub fn region(&self) -> &'static str {
        REGION
    }

    /// Where every service of the account answers: `http://127.0.0.1:<port>`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The socket behind [`endpoint`](Self::endpoint).
    pub fn address(&self) -> SocketAddr {
        self.door.address()
    }

    /// Changes the account's weather; what `switches` does not name goes back to fair.
    ///
    /// # Errors
    ///
    /// What the server says against it.
    pub async fn set(&self, switches: &Switches) -> Result<(), EmulatorError> {
        self.door.put("switches", &json!(switches)).await
    }

    /// The account's weather, with the counts that are left.
    ///
    /// # Errors
    ///
    /// What the server says against it.
    pub async fn switches(&self) -> Result<Switches, EmulatorError> {
        self.door.get("switches").await
    }

    /// Says what runs when a task asks for `image`. An image that no one has named cannot be pulled.
    ///
    /// # Errors
    ///
    /// What the server says against it.
    pub async fn run_as(&self, image: &str, program: &Program) -> Result<(), EmulatorError> {
        self.door.put("images", &BTreeMap::from([(image, program)])).await
    }

    /// Runs the account's further tasks as containers of the Docker engine at `url` (`unix:///..`).
    ///
    /// Their addresses are the engine's own and reachable from this machine; images must be there.
    ///
    /// # Errors
    ///
    /// What the server says against it, such as that no engine answers.
    pub async fn run_in_docker(&self, url: &str) -> Result<(), EmulatorError> {
        self.door.put("backend", &json!({"docker": url})).await
    }

    /// The tasks' processes that run now.
    ///
    /// # Errors
    ///
    /// What the server says against it.
    pub async fn tasks(&self) -> Result<Vec<RunningTask>, EmulatorError> {
        self.door.get("tasks").await
    }

    /// All that the account has, counted inside the server: every store of every service, by name. Two that are
    /// compared say what came and what went; [`inventory`](super::inventory) is the independent eye, and dear.
    ///
    /// # Errors
    ///
    /// What the server says against it.
    pub async fn census(&self) -> Result<Census, EmulatorError> {
        self.door.get("census").await
    }

    /// Every task that there ever was, in the order in which they were begun.
    ///
    /// # Errors
    ///
    /// What the server says against it.
    pub async fn launches(&self) -> Result<Vec<Launch>, EmulatorError> {
        self.door.get("launches").await
    }

    /// The folder on this machine that is the root of the file system `id` (`fs-..`); made at the first mount.
    pub fn file_system(&self, id: &str) -> PathBuf {
        self.folder.join("efs").join(id)
    }
}
