//! `infra`: what a deployment on AWS stands on.
mod deploy;
mod destroy;
mod policy;
mod progress;
mod status;

use anyhow::Result;
use refractory_aws::infra::Infra;
use refractory_aws::{AwsConfig, Clients};

use crate::args::infra::InfraCommand;
use crate::compose::Desk;
use crate::exit::Exit;

pub(crate) async fn run(desk: &Desk, command: InfraCommand) -> Result<Exit> {
    let site = Site::of(desk)?;
    match command {
        InfraCommand::Deploy(args) => deploy::deploy(&site, args).await,
        InfraCommand::Diff(args) => deploy::diff(&site, args).await,
        InfraCommand::Status(args) => status::run(&site, &args).await,
        InfraCommand::Destroy(args) => destroy::run(&site, &args).await,
        InfraCommand::Policy(args) => policy::run(&site, args).await,
    }
}

/// Whose ground it is about.
struct Site<'a> {
    desk: &'a Desk,
    config: AwsConfig,
}

impl<'a> Site<'a> {
    fn of(desk: &'a Desk) -> Result<Self> {
        Ok(Self { desk, config: desk.settings(None)?.section()? })
    }

    async fn clients(&self) -> Result<Clients> {
        Ok(Clients::connect(&self.config).await?)
    }

    async fn infra(&self) -> Result<Infra> {
        Ok(Infra::new(self.clients().await?, self.name()))
    }

    /// The name of the deployment.
    fn name(&self) -> &str {
        &self.config.deployment
    }
}

/// Cents as people write them.
fn dollars(cents: u64) -> String {
    format!("${}.{:02}", cents / 100, cents % 100)
}
