//! The vendor's site, and the npm registry, as far as an installer visits them.
mod account;
mod cut_short;
mod download;
mod fake;
mod html;
mod log;
mod registry;

pub use account::Account;
pub use fake::FakeSite;
pub use log::RecordedRequest;
pub use registry::FakeRegistry;
