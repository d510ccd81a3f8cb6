//! What front ends hold: one handle, and every verb on it.
#[cfg(feature = "accounts")]
mod admins;
#[cfg(feature = "accounts")]
mod api_tokens;
mod backups;
mod builder;
mod deployment;
#[cfg(feature = "accounts")]
mod devices;
mod events;
mod expiry;
mod follow;
mod front_end;
mod grants;
#[cfg(feature = "accounts")]
mod groups;
#[cfg(feature = "accounts")]
mod identities;
mod instances;
#[cfg(feature = "accounts")]
mod licenses;
mod list;
mod logs;
mod operations;
mod owners;
mod pairing;
#[cfg(feature = "accounts")]
mod password_policy;
#[cfg(feature = "accounts")]
mod people;
mod playing;
mod pool;
mod principals;
mod record_watch;
mod records;
#[cfg(feature = "accounts")]
mod registration;
mod releases;
mod retained_keys;
mod settled;
#[cfg(feature = "accounts")]
mod setup;
mod takeover;
#[cfg(feature = "accounts")]
mod tokens;
mod uploads;
mod watch;
mod workers;

#[cfg(feature = "accounts")]
pub use api_tokens::{ApiTokenPage, ApiTokenView, NewApiToken};
pub use builder::Builder;
pub(crate) use deployment::Deployment;
pub use deployment::{Addressing, Ports};
#[cfg(feature = "accounts")]
pub use devices::account_of_mark;
pub use events::{EventFilter, EventPage};
pub use follow::{EventCursor, FollowedEvent, Subscription};
pub use front_end::{Deliveries, Delivery, FrontEndRecords, Leadership, RecordCollection};
#[cfg(feature = "accounts")]
pub use groups::{Member, MemberPage, right_of_group};
#[cfg(feature = "accounts")]
pub use identities::UserChange;
pub use instances::Refractory;
#[cfg(feature = "accounts")]
pub use licenses::LicenseView;
pub use list::ListQuery;
pub use pairing::{Pairing, pair};
#[cfg(feature = "accounts")]
pub use password_policy::{PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS, check_new_password};
pub use playing::Playing;
pub use pool::StorePool;
pub use record_watch::{InstanceWatch, OperationWatch};
pub use records::DamagedPage;
#[cfg(feature = "accounts")]
pub use registration::NewUser;
pub use settled::{Settled, SettledOperation, settled};
#[cfg(feature = "accounts")]
pub use setup::{EnteredSetup, SetupPass, foundry_session_digest};
#[cfg(feature = "accounts")]
pub use tokens::MintedToken;
pub use watch::{Changes, Watch};
