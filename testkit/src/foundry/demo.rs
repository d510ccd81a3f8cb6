//! The demonstration: a table anyone can sit down at.
use serde_json::{Map, json};

use super::state::FoundryState;
use super::users::Users;
use super::world::World;

/// The world the demonstration comes with.
pub(crate) const WORLD: &str = "demo-world";

/// Makes the demonstration's world, unless it is there or this is no demonstration.
pub(crate) fn furnish(table: &FoundryState) -> Result<(), String> {
    if !table.program.demo || table.folder.world(WORLD).exists() {
        return Ok(());
    }
    let fields = Map::from_iter([
        ("title".to_owned(), json!("The Lantern Inn")),
        ("system".to_owned(), json!("dice")),
        ("systemVersion".to_owned(), json!("1.0.0")),
        ("description".to_owned(), json!("A table to try things at. Pick a seat and roll.")),
    ]);
    let version = table.program.version;
    let world = World::create(&table.folder, version, WORLD, fields)?;
    let mut users = Users::open(version, &world.database(), false)?;
    for (name, color) in [("Ada", "#2f6690"), ("Bram", "#3a7d44"), ("Chen", "#d17a22")] {
        let seat = [("name".to_owned(), json!(name)), ("color".to_owned(), json!(color))];
        users.create(Map::from_iter(seat))?;
    }
    users.close()
}

/// The world to launch at start: the one asked for, or the demonstration's.
pub(crate) fn world_at_start(table: &FoundryState) -> Option<String> {
    let fallback = table.program.demo.then(|| WORLD.to_owned());
    table.options.world.clone().or(fallback)
}
