//! One machine as a backend: processes, folders, a keyring.
mod archives;
mod backend;
mod background;
mod backup;
mod config;
mod data_dir;
mod fetching;
mod folder;
mod keyed_mutex;
mod keyring;
mod logs;
mod pairing;
mod passwords;
mod process;
mod programs;

pub use archives::LocalArchives;
pub use backend::{LocalBackend, LocalPorts};
pub use backup::DeploymentBackup;
pub use config::{LocalConfig, NodeConfig, PortRange};
pub use data_dir::{DataDir, DataLock};
pub use folder::{FolderSnapshots, FolderStorage};
pub use keyring::{KeyFile, Keyring};
pub use logs::FolderLogs;
#[cfg(feature = "config")]
pub(crate) use pairing::emptied;
pub use passwords::Passwords;
pub use process::{AtExit, ControlGroup, Invocation, ProcessRuntime, ProcessSettings, Programs};
pub use programs::{DemoProgram, ReleasePrograms};
