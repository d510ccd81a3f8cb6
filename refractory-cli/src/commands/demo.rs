//! The demo: a table that needs no license, on a stand-in for Foundry.
use anyhow::{Context, Result};
use refractory_core::model::{
    Instance, InstanceSpec, LicenseChoice, NewInstance, Principal, Release, ReleaseChoice, Role,
    Slug, User, UserName, WorldId,
};
use refractory_core::ports::ArchiveSource;
use refractory_core::{Error, ErrorKind};
use testkit::foundry::demo_zip;

use crate::compose::App;

/// The table, and the administrator's account.
const NAME: &str = "demo";
/// The world that the stand-in furnishes.
const WORLD: &str = "demo-world";

/// Adds what the demo needs and is not there, and asks for the table to be on.
pub(crate) async fn set_the_table(station: &App) -> Result<User> {
    let who = Principal::operator();
    let release = release(station).await?;
    let table = table(station, &release).await?;
    station.refractory.start(&who, &table.id).await?;
    Ok(user(station).await?)
}

async fn release(station: &App) -> Result<Release> {
    let zip = tokio::task::spawn_blocking(demo_zip).await?.context("packing the demo")?;
    let path = station.dir.root().join("demo.zip");
    tokio::fs::write(&path, zip).await.context("writing the demo")?;
    let source = ArchiveSource::File(path.clone());
    let added = station.refractory.add_release(&Principal::operator(), &source).await;
    tokio::fs::remove_file(&path).await.context("tidying up")?;
    Ok(added?)
}

async fn table(station: &App, release: &Release) -> Result<Instance, Error> {
    let who = Principal::operator();
    match station.refractory.find(&who, NAME).await {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        found => return found,
    }
    let spec = InstanceSpec {
        title: "Demo".to_owned(),
        release: ReleaseChoice::Exact(release.id.clone()),
        world: Some(WorldId::new(WORLD)?),
        license: LicenseChoice::NotNeeded,
        ..InstanceSpec::default()
    };
    station.refractory.create(&who, NewInstance::named(Slug::new(NAME)?).with_spec(spec)).await
}

async fn user(station: &App) -> Result<User, Error> {
    let who = Principal::operator();
    match station.refractory.find_user(&who, NAME).await {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            station.refractory.add_user(&who, UserName::new(NAME)?, Role::Admin, None).await
        }
        found => found,
    }
}
