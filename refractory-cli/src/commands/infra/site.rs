//! The deployment on AWS that a command is about.
use anyhow::Result;
use refractory_aws::infra::Infra;
use refractory_aws::{AwsConfig, Clients};

use crate::compose::CliContext;

/// The deployment on AWS that a command is about.
pub(super) struct Site<'a> {
    pub(super) desk: &'a CliContext,
    pub(super) config: AwsConfig,
}

impl<'a> Site<'a> {
    pub(super) fn of(desk: &'a CliContext) -> Result<Self> {
        Ok(Self { desk, config: desk.settings(None)?.section()? })
    }

    pub(super) async fn clients(&self) -> Result<Clients> {
        Ok(Clients::connect(&self.config).await?)
    }

    pub(super) async fn infra(&self) -> Result<Infra> {
        Ok(Infra::new(self.clients().await?, self.name()))
    }

    /// The name of the deployment.
    pub(super) fn name(&self) -> &str {
        &self.config.deployment
    }
}

/// Cents as people write them.
pub(super) fn dollars(cents: u64) -> String {
    format!("${}.{:02}", cents / 100, cents % 100)
}
