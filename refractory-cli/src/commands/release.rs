//! `release`.
use std::path::PathBuf;

use anyhow::Result;
use refractory_core::config::Size;
use refractory_core::model::{Principal, Program, Release};
use refractory_core::ports::ArchiveSource;
use refractory_core::text::pasted;
use refractory_web::api;
use serde_json::json;

use crate::args::rest::ReleaseCommand;
use crate::compose::{App, CliContext};
use crate::exit::Exit;
use crate::output::{Spinner, ago};

pub(crate) async fn run(desk: &CliContext, command: ReleaseCommand) -> Result<Exit> {
    match command {
        ReleaseCommand::Add { source } => add(desk, &desk.create().await?, source).await?,
        ReleaseCommand::List => list(desk, &desk.open().await?).await?,
        ReleaseCommand::Remove { name } => remove(desk, &desk.open().await?, &name).await?,
    }
    Ok(Exit::Done)
}

async fn add(desk: &CliContext, station: &App, source: String) -> Result<()> {
    let address = pasted(&source);
    let begins = |scheme: &str| {
        address.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    };
    let from = if begins("https://") || begins("http://") {
        ArchiveSource::Url(address)
    } else {
        ArchiveSource::File(PathBuf::from(source))
    };
    let spinner = Spinner::begin(desk.out, "checking the archive");
    let added = station.refractory.add_release(&Principal::operator(), &from).await;
    spinner.finish();
    let added = added?;
    let said = format!("Release {} was added ({}).", added.version, short(&added));
    desk.out.say(&said, &api::Release::from(&added))
}

async fn list(desk: &CliContext, station: &App) -> Result<()> {
    let now = station.refractory.now();
    let all = station.refractory.releases(&Principal::operator()).await?;
    let rows: Vec<_> = all
        .iter()
        .map(|release| {
            let runs_on = match (release.program, release.node_major) {
                (Program::Demo, _) => "demo (stand-in for Foundry)".to_owned(),
                (Program::Node, Some(major)) => format!("Node.js {major}"),
                (Program::Node, None) => "Node.js".to_owned(),
            };
            let size = format!("{} MiB", release.size.div_ceil(Size::mib(1).bytes()));
            let version = release.version.to_string();
            let cells = vec![version, short(release), runs_on, size, ago(release.added, now)];
            (api::Release::from(release), cells)
        })
        .collect();
    desk.out.list(
        &["version", "id", "runs on", "size", "added"],
        &rows,
        "No releases. Add one with `refractory release add FILE`, the zip file from your Foundry account.",
    )
}

async fn remove(desk: &CliContext, station: &App, name: &str) -> Result<()> {
    let who = Principal::operator();
    let release = station.refractory.find_release(&who, name).await?;
    station.refractory.remove_release(&who, &release.id).await?;
    let said = format!("Release {} was removed.", release.version);
    desk.out.say(&said, &json!({ "removed": release.id.as_str() }))
}

fn short(release: &Release) -> String {
    release.id.as_str().chars().take(12).collect()
}
