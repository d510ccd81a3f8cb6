//! Opening and closing a world.
use std::path::Path;

use refractory_core::{Clock, SystemClock};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::behaviour::Moment;
use super::exit::ExitReason;
use super::game::{Active, Game};
use super::marker::{Database, WorldMarker};
use super::state::FoundryState;
use super::users::Users;
use super::world::World;

/// Launches world `id`: repairs what was left open, migrates what is older, opens the database.
/// `Err` is a sentence for the log.
pub(crate) async fn launch(table: &FoundryState, id: &str) -> Result<(), String> {
    let world = World::read(&table.folder, id)?;
    refuse_unfit(table, &world)?;
    match &mut *table.game() {
        idle @ Game::Idle => *idle = Game::Launching(Box::new(world.clone())),
        Game::Launching(_) | Game::Active(_) | Game::Closing => {
            return Err("A world is already active".into());
        }
    }
    let (next, outcome) = match open(table, world).await {
        Ok(active) => (Game::Active(Box::new(active)), Ok(())),
        Err(why) => (Game::Idle, Err(why)),
    };
    *table.game() = next;
    let step = if outcome.is_ok() { "complete" } else { "error" };
    progress(table, "launchWorld", step, id, 100);
    outcome
}

/// Launches `id` at start; what a failure does depends on the version.
pub(crate) async fn launch_at_start(table: &FoundryState, id: &str) {
    match launch(table, id).await {
        Ok(()) => {}
        Err(_) if table.program.version.dies_of_a_bad_world() => table.exit.with(ExitReason::Fatal),
        Err(why) => table.console.error(format!("The world {id} could not be launched: {why}")),
    }
}

/// Closes the active world; without one there is nothing to do.
pub(crate) async fn close(table: &FoundryState, how: Database) {
    let Some(mut active) = table.game().begin_closing() else { return };
    table.hub.tell_all("shutdown", &[json!({"world": active.world.id, "userId": null})]);
    table.pass(Moment::Close).await;
    sleep(table.switches.now().close).await;
    let closed = active.users.close();
    match closed.and_then(|()| write(&mut active.marker, how, &active.world.database())) {
        Ok(()) => table.console.info(format!("The world {} was closed", active.world.id)),
        Err(why) => table.console.error(format!("The world was not closed cleanly: {why}")),
    }
    table.sessions.clear_seats();
    table.hub.clear_seats();
    *table.game() = Game::Idle;
}

/// Tells every socket how far a long action has come.
pub(crate) fn progress(table: &FoundryState, action: &str, step: &str, id: &str, percent: u32) {
    let shape = json!({"action": action, "step": step, "id": id, "pct": percent, "message": ""});
    table.hub.tell_all("progress", &[shape]);
}

fn refuse_unfit(table: &FoundryState, world: &World) -> Result<(), String> {
    let ours = table.program.version.generation;
    if world.core_version().is_some_and(|core| core.generation > ours) {
        return Err(format!("World {} was last used by a newer version of the software", world.id));
    }
    if table.switches.now().launch_fails {
        return Err(format!("World {} fails because the stand-in was told so", world.id));
    }
    Ok(())
}

async fn open(table: &FoundryState, mut world: World) -> Result<Active, String> {
    let version = table.program.version;
    let database = world.database();
    std::fs::create_dir_all(&database).map_err(|why| why.to_string())?;
    let mut marker = begin(table, &world).await?;
    if world.core_version().is_none_or(|core| core.generation < version.generation) {
        migrate(table, &world, &mut marker).await?;
    }
    let users = connect(table, &world, &mut marker)?;
    table.pass(Moment::Launch).await;
    sleep(table.switches.now().launch).await;
    let system = world.system_version(&table.folder);
    let now = SystemClock.now().to_string();
    world.launched(version, &system, &now).map_err(|why| why.to_string())?;
    table.console.info(format!("Launched game world {}", world.id));
    Ok(Active { world, users, messages: Vec::new(), since: Instant::now(), marker })
}

/// Looks at what the last process left, and marks the database as ours.
async fn begin(table: &FoundryState, world: &World) -> Result<WorldMarker, String> {
    let id = &world.id;
    progress(table, "launchWorld", "connectWorld", id, 0);
    let last = WorldMarker::read(&table.folder, id);
    match last.as_ref().map(|marker| marker.database) {
        Some(Database::Open) => {
            table.console.warn(format!("World {id} was not closed; repairing its databases"));
            sleep(table.switches.now().repair).await;
        }
        Some(Database::Migrating) => {
            table.console.error(format!("World {id} was left in mid-migration; data may be lost"));
        }
        Some(Database::ClosedByRequest | Database::ClosedBySignal) | None => {}
    }
    let mut marker = WorldMarker::opening(last);
    write(&mut marker, Database::Open, &world.database())?;
    Ok(marker)
}

async fn migrate(
    table: &FoundryState,
    world: &World,
    marker: &mut WorldMarker,
) -> Result<(), String> {
    const STEPS: u32 = 10;
    let version = table.program.version;
    write(marker, Database::Migrating, &world.database())?;
    table.console.info(format!("Migrating world {} to core version {version}", world.id));
    let whole = table.switches.now().migration;
    for step in 0..STEPS {
        progress(table, "launchWorld", "migrateWorld", &world.id, step * 100 / STEPS);
        sleep(whole / STEPS).await;
        if step == STEPS / 2 {
            table.pass(Moment::Migration).await;
        }
    }
    table.console.info(format!("Migration of world {} is complete", world.id));
    write(marker, Database::Open, &world.database())
}

fn connect(table: &FoundryState, world: &World, marker: &mut WorldMarker) -> Result<Users, String> {
    let database = world.database();
    let mut users = Users::open(table.program.version, &database, table.options.delete_nedb)?;
    if users.all().iter().any(|user| user.name().is_empty()) {
        users.close()?;
        write(marker, Database::ClosedByRequest, &database)?;
        return Err("User validation errors: name: may not be empty".into());
    }
    if world.resets_keys() {
        users.clear_passwords()?;
    }
    Ok(users)
}

fn write(marker: &mut WorldMarker, state: Database, database: &Path) -> Result<(), String> {
    marker.write(state, database).map_err(|why| why.to_string())
}
