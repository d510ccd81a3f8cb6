//! The ground a deployment stands on: one CloudFormation stack, made and kept by these verbs.
//!
//! | Verb | What it does |
//! |---|---|
//! | [`Infra::settle`] | waits for whatever runs, and clears away what a failed deploy left, so that something can be proposed |
//! | [`Infra::propose`] | asks CloudFormation what a deploy would change, and changes nothing |
//! | [`Infra::carry_out`] | does what was proposed, and tells every event |
//! | [`Infra::withdraw`] | forgets what was proposed |
//! | [`Infra::status`] | how the stack is, and what differs from it in the account |
//! | [`Infra::survey`] | what a destroy would take, what it would keep, and what that costs |
//! | [`Infra::destroy`] | takes the stack away, and the data if it is asked to |
//!
//! Each may be broken off at any time and said again: what is found is looked at anew, and gone on with. Data - the
//! table of rows, the file system, the bucket, the logs, and the boundary of the users that reach uploads - outlives its stack and is adopted by the next one.
//!
//! [`policy`] says who needs to be allowed what.
mod change;
mod choices;
mod data;
mod deploy;
mod destroy;
mod empty;
mod follow;
mod footing;
mod outside;
pub mod policy;
mod records;
mod remedy;
mod stack;
mod status;
mod tasks;
mod template;

use std::time::Duration;

use crate::{Clients, Naming};

pub use change::{Action, Change};
pub use choices::Choices;
pub use data::Kept;
pub use deploy::{Kind, Proposal};
pub use destroy::{Extent, Survey};
pub use follow::{Progress, State, Tell};
pub use outside::Outside;
pub use status::{Drift, Drifted, Status};
pub use template::whole as template;

/// How often a stack is looked at while it changes. CloudFormation tells nobody by itself.
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
