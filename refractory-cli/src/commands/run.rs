//! From the command line to the exit code.
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory;
use tokio::runtime::Builder;

use super::{
    admin_key, backup, config, deployment, doctor, event, group, instance, license, operation,
    record, release, token, up, user, worker,
};
use crate::args::{Cli, Command};
use crate::compose::{Backends, CliContext};
use crate::exit::Exit;
use crate::output::{Out, report};

/// Does what `cli` asks for.
pub(crate) fn run(cli: Cli, backends: Backends) -> ExitCode {
    let (json, verbose) = (cli.global.json, cli.global.verbose);
    dispatch(cli, backends).unwrap_or_else(|error| report(&error, json, verbose)).into()
}

fn dispatch(cli: Cli, backends: Backends) -> Result<Exit> {
    let desk = CliContext::new(cli.global, backends);
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let done = runtime.block_on(Box::pin(work(desk, cli.command)));
    // A prompt may still be waiting on a thread of its own.
    runtime.shutdown_background();
    done
}

async fn work(desk: CliContext, command: Command) -> Result<Exit> {
    match command {
        Command::Up(args) => up::run(&desk, &args).await,
        Command::Instance(command) => instance::run(&desk, command).await,
        Command::License(command) => license::run(&desk, command).await,
        Command::Release(command) => release::run(&desk, command).await,
        Command::User(command) => user::run(&desk, command).await,
        Command::Group(command) => group::run(&desk, command).await,
        Command::Token(command) => token::run(&desk, command).await,
        Command::Event(command) => event::run(&desk, command).await,
        Command::Backup(command) => backup::run(&desk, command).await,
        Command::AdminKey(command) => admin_key::run(&desk, command).await,
        Command::Operation(command) => operation::run(&desk, command).await,
        Command::Deployment(command) => deployment::run(&desk, command).await,
        Command::Record(command) => record::run(&desk, command).await,
        Command::Worker(command) => worker::run(&desk, &command).await,
        #[cfg(feature = "aws")]
        Command::Infra(command) => super::infra::run(&desk, command).await,
        Command::Doctor => doctor::run(&desk).await,
        Command::Config(command) => config::run(&desk, &command),
        Command::Completions { shell } => {
            // Into memory first: the generator panics where its writer fails.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "refractory", &mut script);
            Out::raw(&script)?;
            Ok(Exit::Done)
        }
    }
}
