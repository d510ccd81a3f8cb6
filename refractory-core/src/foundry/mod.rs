//! All that knows the program: its HTTP surface, its files, its releases.
mod admin_key;
mod disk;
mod license_file;
mod lock;
pub mod node;
mod options;
pub mod release;

pub use admin_key::{hash_password, write_admin_key};
pub use license_file::{forget_license, write_license};
pub use lock::{Holder, clear_lock};
pub use options::{Options, password_salt};
