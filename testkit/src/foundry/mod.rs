//! A stand-in for Foundry Virtual Tabletop, versions 9 to 14, and for the site it comes from.
//!
//! `foundry-stand-in` takes the place of `node`: it is called with the path of an unpacked
//! release's `main.js` and the program's own flags, reads the version from the package.json beside
//! the script, and behaves as that version does when seen from outside. It holds none of the
//! vendor's code, texts or pictures, and hosts no game.
//!
//! # Misbehaviour
//!
//! The command line belongs to the real program, so the stand-in is told what to do wrong in two
//! other ways, under the same names: by environment variables (`STAND_IN_LAUNCH=2s`) when it
//! starts, and by the file `stand-in.json` in the data folder (`{"launch": "2s"}`), which overrules
//! them and is read again within a tenth of a second of each change. Durations are `250ms`, `2s`,
//! `1m`.
//!
//! | switch | what it does |
//! |---|---|
//! | `start` | time between the banner and listening |
//! | `launch`, `migration`, `repair`, `close` | time to launch a world, migrate an older one, repair one left open, close one |
//! | `active_early` | `/api/status` says `active` from the beginning of a launch |
//! | `late_launch_reply` | `launchWorld` answers at the end of the launch, not at once |
//! | `launch_fails` | no world can be launched |
//! | `stop`, `stop_code` | time for which a signal to stop is ignored; the exit status after an orderly end |
//! | `crash` | die without tidying up: `now`, after a time (`3s`), or at `start`, `listen`, `launch`, `migration`, `write`, `close` |
//! | `crash_code` | an exit status, or `abort`, or `kill` |
//! | `hang` | accept connections and never answer |
//! | `http_code`, `status_code` | answer every request, or `/api/status`, with this status |
//! | `users`, `users_lag` | pretend this many users; how long a lost one counts on (15 s) |
//! | `eula_again` | ask for the agreement again although the license is signed |
//! | `site` | the fake site that signs; without one the stand-in signs |
//! | `sign_fails` | no signature is to be had |
//! | `hostname` | the host name the license is held against, instead of the machine's |
//! | `node` | the version of Node.js it pretends to be (`v20.11.0`) |
//! | `keep_lock` | leave the lock behind after an orderly end |
//! | `lock_refresh`, `lock_stale` | how the lock is kept (5 s, 10 s) |
//! | `memory_mib` | memory to hold |
//! | `world_size` | bytes by which to lengthen the answer to `world` |
//! | `ping` | time between two pings of a socket (25 s) |
//! | `check_origin` | `false`: v14 takes `POST /join` from any origin |
//! | `bind` | the address to listen on (127.0.0.1) |
//! | `spy` | show requests at `/stand-in/echo` and `/stand-in/requests` |
//!
//! Beside the program's own routes there are a few for tests of whatever stands in front:
//! `/assets/<n>` (that many bytes, ranges too), `POST /upload` (answers size and SHA-256),
//! `/stand-in/drip?pieces=5&every=100` (one piece at a time), and over the socket the event
//! `stand-in:echo`.
mod admin;
mod archive;
mod args;
mod behaviour;
mod captured_output;
#[cfg(feature = "foundry")]
pub mod check;
mod console;
mod demo;
mod exit;
#[cfg(feature = "foundry")]
pub mod felddy;
#[cfg(feature = "foundry")]
mod fixture;
mod folder;
mod game;
mod hash;
mod host;
mod http;
mod landing;
mod launch;
mod license;
mod lock;
mod marker;
mod options;
mod pages;
mod play;
mod prepare;
mod program;
mod request_log;
mod routes;
mod run;
mod session;
mod signing;
#[cfg(feature = "foundry")]
mod site;
mod socket;
mod state;
mod stop_request;
mod switches;
mod tasks;
mod users;
mod version;
mod world;

pub use archive::{Hostile, Layout, demo_zip, release_zip};
#[cfg(feature = "foundry")]
pub use fixture::{FixtureRelease, FoundryFixture};
pub use folder::DataFolder;
pub use hash::{DEFAULT_ADMIN_SALT, password_hash};
pub use host::{Launch, READY, StandIn, executable, image_executable};
pub use license::{machine_name, plain_key, signature_of};
pub use marker::{Database, WorldMarker};
pub use prepare::LICENSE_KEY;
pub use run::run;
#[cfg(feature = "foundry")]
pub use site::{Account, FakeRegistry, FakeSite, RecordedRequest};
pub use switches::StandInEnv;
pub use version::{NotAVersion, Version};
