//! One machine as a backend: processes, folders, a keyring.
mod blocking;
mod data_dir;
mod disk;
mod folder;
mod keyring;
mod passwords;

pub use data_dir::{DataDir, DataLock};
pub use folder::FolderStorage;
pub use keyring::Keyring;
pub use passwords::Passwords;
