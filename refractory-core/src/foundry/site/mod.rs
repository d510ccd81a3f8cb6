//! The vendor's site: an account, its license keys, and releases to download.
mod account;
mod client;
mod download;
mod markup;
mod releases;
mod timed_url;

pub use account::{Account, OwnedLicense};
pub use client::{Site, SiteOptions};
pub use download::Downloaded;
pub use releases::{Channel, PublishedRelease};
pub use timed_url::TimedUrl;
