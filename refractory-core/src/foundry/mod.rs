//! All that knows the program: its HTTP surface, its files, its releases.
mod admin_key;
mod client;
mod control;
pub mod doors;
pub mod http;
mod landing;
mod license_file;
mod lock;
pub mod node;
mod options;
pub mod release;
pub mod site;
mod socket;
mod status;
mod stream;

pub use admin_key::{hash_password, write_admin_key};
pub use control::{FoundryControl, Seat, Seats};
pub use landing::{Landing, LicensePage, classify, license_page};
pub use license_file::{forget_license, write_license};
pub use lock::{Holder, clear_lock};
pub use options::{Options, password_salt};
pub use status::Status;
pub use stream::Downloading;
