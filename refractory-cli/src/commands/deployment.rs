//! `deployment`: copies of the deployment's own records and keys.
use std::path::Path;

use anyhow::{Result, bail};
use refractory_core::config::{CoreConfig, StoreConfig};
use refractory_core::local::DeploymentBackup;
use serde_json::json;

use crate::args::backup::{CopyDeployment, DeploymentCommand, RestoreDeployment};
use crate::compose::{App, CliContext, open_folder};
use crate::exit::Exit;
use crate::output::Failure;

pub(crate) async fn run(desk: &CliContext, command: DeploymentCommand) -> Result<Exit> {
    match command {
        DeploymentCommand::Backup(args) => back_up(desk, &args).await,
        DeploymentCommand::Restore(args) => restore(desk, &args).await,
    }
}

pub(super) async fn back_up(desk: &CliContext, args: &CopyDeployment) -> Result<Exit> {
    let CopyDeployment { file, overwrite } = args;
    let settings = desk.settings(None)?;
    let core: CoreConfig = settings.section()?;
    if desk.loader().backend(&settings)?.is_shared() {
        bail!(Failure::new(
            Exit::Unsupported,
            format!(
                "With `backend = \"{}\"` records and secrets are kept by the provider, which keeps copies of both: see docs/aws.md.",
                core.backend
            )
        ));
    }
    let dir = open_folder(&core, false)?;
    let store = desk.loader().store(&settings, dir.root(), &dir.database()).await?;
    // What is wrong with folder, database or key is reported before a copy of it is made.
    let station = App::open(desk.loader(), settings.clone(), false).await?;
    let made =
        DeploymentBackup::make(&dir, &store, file, *overwrite, station.refractory.now()).await?;
    let shown = file.display();
    let value = json!({
        "file": file, "deployment": made.deployment, "database": made.has_database(), "key": made.has_key(),
    });
    if made.has_database() {
        let said = format!(
            "{shown} holds the database and `secret.key`, consistent and read back. Anyone who has it can read license keys: keep it safe. \
             Data of tables is not in it: copy `data`, `releases` and `snapshots` of {} as well.",
            dir.root().display()
        );
        desk.out.say(&said, &value)?;
        return Ok(Exit::Done);
    }
    let scheme = settings.section::<StoreConfig>()?.scheme().to_owned();
    let said = format!(
        "{shown} holds `secret.key` and the name of this deployment, and NOT the database, which a server keeps ({scheme}). Copy that with \
         `pg_dump --format=custom --file=refractory.dump DATABASE`, and keep the two together."
    );
    desk.out.say(&said, &value)?;
    Ok(Exit::Attention)
}

pub(super) async fn restore(desk: &CliContext, args: &RestoreDeployment) -> Result<Exit> {
    let file = args.file.as_path();
    let settings = desk.settings(None)?;
    let core: CoreConfig = settings.section()?;
    let into = Path::new(&core.data);
    let restored = DeploymentBackup::restore(file, into).await?;
    let value = json!({
        "data": into, "deployment": restored.deployment, "made": restored.made.to_string(), "database": restored.has_database(),
    });
    let then = if restored.has_database() {
        "Put `data`, `releases` and `snapshots` back into it, then start `refractory up`."
    } else {
        "The database is not in it: bring it back with `pg_restore`, name it as `url` in `[store]`, put `data`, `releases` and \
         `snapshots` back, then start `refractory up`."
    };
    let said = format!(
        "{} holds deployment {} as it was at {}. {then}",
        into.display(),
        restored.deployment,
        restored.made
    );
    desk.out.say(&said, &value)?;
    Ok(Exit::Done)
}
