//! `infra`: what a deployment on AWS stands on.
mod deploy;
mod destroy;
mod policy;
mod progress;
mod site;
mod status;

use anyhow::Result;

use self::site::Site;
use crate::args::infra::InfraCommand;
use crate::compose::CliContext;
use crate::exit::Exit;

pub(crate) async fn run(desk: &CliContext, command: InfraCommand) -> Result<Exit> {
    let site = Site::of(desk)?;
    match command {
        InfraCommand::Deploy(args) => deploy::deploy(&site, args).await,
        InfraCommand::Diff(args) => deploy::diff(&site, args).await,
        InfraCommand::Status(args) => status::run(&site, &args).await,
        InfraCommand::Destroy(args) => destroy::run(&site, &args).await,
        InfraCommand::Policy(args) => policy::run(&site, args).await,
    }
}
