//! AWS on this machine: an emulator that enforces policies and runs tasks, weather, and an independent eye.
//!
//! `MiniStack` in a pinned Python environment (made by `.ci/emulator`), behind a launcher that adds what it lacks
//! (`testkit/aws/patches`). Each test takes its own [`Account`], whose state is no one else's. A task of ECS
//! is a local process with its own address in 127.0.0.0/8; which program stands for which image, the account
//! is told by [`Account::run_as`]. Where a test wants real containers, it takes its account of the [`Engine`].
//!
//! ```no_run
//! # async fn example() {
//! let aws = testkit::aws::Emulator::shared().await;
//! let account = aws.account();
//! // Give these to any SDK: account.endpoint(), account.region(), account.access_key(), account.secret_key()
//! # }
//! ```
mod account;
mod control_client;
mod emulator;
mod engine;
mod environment;
mod inventory;
mod proxy;
mod switches;
mod task;

pub use account::{Account, Census};
pub use control_client::EmulatorError;
pub use emulator::Emulator;
pub use engine::{Engine, Image};
pub use environment::tool;
pub use inventory::{Inventory, inventory};
pub use proxy::{Call, Fault, FaultProxy, Rule, StruckCalls};
pub use switches::{Capacity, Switches};
pub use task::{Launch, Program, RunningTask};
