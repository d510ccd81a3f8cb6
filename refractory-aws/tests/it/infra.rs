//! The stack: made, changed, taken away.
mod deploying;
mod destroying;
mod faults;
mod policies;
mod template;

use std::time::Duration;

use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_types::timeout::TimeoutConfig;
use refractory_aws::infra::{DeployOptions, Infra, Proposal, ProposalKind, ResourceProgress};
use refractory_aws::{Clients, StackOutputs};
use refractory_core::Result;
use testkit::aws::{Account, Emulator};

use crate::support;

/// The deployment of these tests.
pub(crate) const NAME: &str = "club";

/// An account, and the stack that may stand in it.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) account: Account,
    pub(crate) clients: Clients,
    pub(super) infra: Infra,
    pub(super) told: Vec<ResourceProgress>,
}

impl Site {
    pub(crate) async fn new() -> Self {
        let account = Emulator::shared().await.account();
        let clients = patient(&account, account.access_key(), account.secret_key());
        Self { infra: infra(&clients), account, clients, told: Vec::new() }
    }

    /// What `refractory infra deploy` does.
    pub(crate) async fn deploy(&mut self, choices: &DeployOptions) -> Result<Vec<ProposalKind>> {
        let mut done = Vec::new();
        loop {
            self.infra.prepare(&mut |progress| self.told.push(progress.clone())).await?;
            let Some(proposal) = self.infra.propose(choices).await? else { return Ok(done) };
            self.carry_out(&proposal).await?;
            done.push(proposal.kind);
        }
    }

    pub(crate) async fn carry_out(&mut self, proposal: &Proposal) -> Result<()> {
        self.infra.apply(proposal, &mut |progress| self.told.push(progress.clone())).await
    }

    pub(crate) async fn outputs(&self) -> StackOutputs {
        StackOutputs::of_stack(&self.clients, NAME).await.unwrap()
    }

    /// The id of a new hosted zone for `domain`.
    pub(crate) async fn zone(&self, domain: &str) -> String {
        let asked = self
            .clients
            .route53
            .create_hosted_zone()
            .name(domain)
            .caller_reference(domain)
            .send()
            .await;
        asked.unwrap().hosted_zone.unwrap().id.trim_start_matches("/hostedzone/").to_owned()
    }

    pub(super) fn saw(&self, name: &str, status: &str) -> bool {
        self.told.iter().any(|progress| progress.name == name && progress.status == status)
    }
}

/// The clients of a user in `account` with these keys. The emulator learns CloudFormation when it is first asked, and on a
/// busy machine takes its time over it.
pub(crate) fn patient(account: &Account, key: &str, secret: &str) -> Clients {
    let keys = Credentials::new(key, secret, None, None, "emulator");
    let shared = support::shared(account, account.endpoint());
    let shared = shared.credentials_provider(SharedCredentialsProvider::new(keys));
    Clients::over(&shared.timeout_config(patience()).build()).unwrap()
}

/// The root user's clients that speak to `endpoint`: a proxy in front of the emulator.
pub(super) fn patient_at(account: &Account, endpoint: &str) -> Clients {
    let shared = support::shared(account, endpoint);
    Clients::over(&shared.timeout_config(patience()).build()).unwrap()
}

fn patience() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(Duration::from_mins(1)).build()
}

pub(super) fn infra(clients: &Clients) -> Infra {
    Infra::new(clients.clone(), NAME).with_pace(Duration::from_millis(50))
}

pub(crate) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}
