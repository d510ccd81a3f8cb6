//! `license`.
use anyhow::{Result, bail};
use refractory_core::EULA_VERSION;
use refractory_core::model::{License, Principal};
use refractory_web::api;
use serde_json::json;

use crate::args::license::{Accept, Add, LicenseCommand};
use crate::compose::{App, CliContext};
use crate::exit::Exit;
use crate::input;
use crate::output::Failure;

/// Where the agreement can be read.
const AGREEMENT: &str = "https://foundryvtt.com/article/license/";

pub(crate) async fn run(desk: &CliContext, command: LicenseCommand) -> Result<Exit> {
    let who = Principal::operator();
    match command {
        LicenseCommand::Add(args) => add(desk, &args).await?,
        LicenseCommand::List => list(desk).await?,
        LicenseCommand::Rename { name, to } => {
            let station = desk.open().await?;
            let license = station.refractory.find_license(&who, &name).await?;
            let license = station.refractory.rename_license(&who, &license.id, &to).await?;
            let said = format!("The license was renamed to `{}`.", license.name);
            tell(desk, &station, &license, &said).await?;
        }
        LicenseCommand::Accept(args) => accept(desk, args).await?,
        LicenseCommand::Remove { name } => {
            let station = desk.open().await?;
            let license = station.refractory.find_license(&who, &name).await?;
            station.refractory.remove_license(&who, &license.id).await?;
            let said = format!("License `{}` and its key were removed.", license.name);
            desk.out.say(&said, &json!({ "removed": license.id.as_str() }))?;
        }
    }
    Ok(Exit::Done)
}

async fn add(desk: &CliContext, args: &Add) -> Result<()> {
    let key = input::license_key("License key: ", args.key_file.as_deref())?;
    let station = desk.create().await?;
    let added = station.refractory.add_license(&Principal::operator(), &args.name, key).await?;
    let said = format!(
        "License `{}` was added ({}). Next: `refractory license accept {:?}`.",
        added.name, added.masked, added.name
    );
    tell(desk, &station, &added, &said).await
}

async fn list(desk: &CliContext) -> Result<()> {
    let station = desk.open().await?;
    let views = station.refractory.licenses(&Principal::operator()).await?;
    let rows: Vec<_> = views
        .iter()
        .map(|view| {
            let license = &view.license;
            let accepted = license.acceptance().map_or("not yet", |eula| eula.name.as_str());
            let holder = view.holder.as_ref().map_or("nobody", |(_, title)| title.as_str());
            let cells = [license.name.as_str(), &license.masked, accepted, holder];
            (api::License::from(view), cells.map(ToOwned::to_owned).to_vec())
        })
        .collect();
    desk.out.list(
        &["name", "key", "accepted by", "held by"],
        &rows,
        "No licenses. Add one with `refractory license add NAME`.",
    )
}

async fn accept(desk: &CliContext, args: Accept) -> Result<()> {
    let station = desk.open().await?;
    let license = station.refractory.find_license(&Principal::operator(), &args.name).await?;
    desk.out.note(&format!(
        "Foundry's license agreement of {EULA_VERSION}: {AGREEMENT}\nAmong other things, it allows one table per key to be reachable by players at a time."
    ));
    let name = input::given_or_line(
        args.yes_i_accept,
        "To accept it, type your full name. To cancel, press Enter: ",
    )?;
    let Some(name) = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()) else {
        bail!(Failure::new(
            Exit::Forbidden,
            "The agreement was not accepted. Accept it at the prompt, or with `--yes-i-accept \"Your Name\"`."
        ));
    };
    let who = station.refractory.operator_called(name);
    let accepted = station.refractory.accept_eula(&who, &license.id).await?;
    let said = format!("{} accepted the agreement for license `{}`.", who.name(), accepted.name);
    tell(desk, &station, &accepted, &said).await
}

/// Says what was done to one license.
async fn tell(desk: &CliContext, station: &App, license: &License, said: &str) -> Result<()> {
    let views = station.refractory.licenses(&Principal::operator()).await?;
    let view = views.iter().find(|view| view.license.id == license.id);
    desk.out.say(said, &view.map(api::License::from))
}
