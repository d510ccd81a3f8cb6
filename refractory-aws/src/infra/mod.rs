//! The infrastructure of a deployment: one CloudFormation stack, managed by these operations.
//!
//! | Verb | What it does |
//! |---|---|
//! | [`Infra::prepare`] | waits for a running operation and removes what a failed deploy left, so that a deploy can be proposed |
//! | [`Infra::propose`] | returns what a deploy would change, and changes nothing |
//! | [`Infra::apply`] | applies a proposal and reports every event |
//! | [`Infra::cancel`] | discards a proposal |
//! | [`Infra::status`] | returns the status of the stack, and what differs from it in the account |
//! | [`Infra::inventory`] | returns what a destroy would remove and keep, and what that costs |
//! | [`Infra::destroy`] | removes the stack, and the data if asked to |
//!
//! Each may be interrupted at any time and repeated: it continues from what it finds. Data - the
//! table of rows, the file system, the bucket, the logs, and the boundary of the users that reach uploads - outlives its stack and is adopted by the next one.
//!
//! [`policy`] lists the permissions that are needed, and why.
mod buckets;
mod change;
mod data;
mod deploy;
mod destroy;
mod options;
pub mod policy;
mod progress;
mod remedy;
mod stack;
mod stack_state;
mod status;
mod tasks;
mod template;
mod unmanaged;

use std::time::Duration;

use crate::{Clients, Naming};

pub use change::{Action, Change};
pub use data::RetainedData;
pub use deploy::{Proposal, ProposalKind};
pub use destroy::Inventory;
pub use options::DeployOptions;
pub use progress::{OnProgress, ResourceProgress, ResourceState};
pub use status::{Drift, DriftedResource, Status};
pub use template::full_template as template;
pub use unmanaged::{DestroyScope, UnmanagedResource};

/// How often a changing stack is polled. CloudFormation sends no notifications.
const PACE: Duration = Duration::from_secs(2);

/// The stack of one deployment.
#[derive(Debug, Clone)]
pub struct Infra {
    clients: Clients,
    naming: Naming,
    pace: Duration,
}

impl Infra {
    /// The stack of `deployment`, which is also its name.
    pub fn new(clients: Clients, deployment: &str) -> Self {
        Self { clients, naming: Naming::new(deployment), pace: PACE }
    }

    /// The same, looking at the stack this often while it changes.
    #[must_use]
    pub fn with_pace(self, pace: Duration) -> Self {
        Self { pace, ..self }
    }

    fn name(&self) -> &str {
        self.naming.deployment()
    }
}
