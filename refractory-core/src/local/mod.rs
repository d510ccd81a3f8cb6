//! One machine as a backend: processes, folders, a keyring.
mod archives;
mod backend;
mod blocking;
mod config;
mod data_dir;
mod disk;
mod fetching;
mod folder;
mod keyring;
mod logs;
mod passwords;
mod process;
mod programs;

pub use archives::LocalArchives;
pub use backend::{LocalBackend, LocalPorts};
pub use config::{LocalConfig, NodeConfig, PortRange};
pub use data_dir::{DataDir, DataLock};
pub use folder::FolderStorage;
pub use keyring::Keyring;
pub use logs::FolderLogs;
pub use passwords::Passwords;
pub use process::{Invocation, ProcessRuntime, ProcessSettings, Programs};
pub use programs::{DemoProgram, ReleasePrograms};
