//! Launching and closing a world, and the errors of the pages that do so.
use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use crate::foundry::http::{Reply, json};
use crate::foundry::launch::{close, launch};
use crate::foundry::marker::Database;
use crate::foundry::state::FoundryState;
use crate::foundry::world::World;

/// An error as the setup page gets it: with status 200.
pub(super) fn error(why: impl Into<String>) -> Reply {
    json(StatusCode::OK, &json!({"error": why.into()}))
}

/// 403 with a reason.
pub(super) fn refusal(why: &str) -> Reply {
    json(StatusCode::FORBIDDEN, &json!({"error": why}))
}

/// Closes the world even if the client hangs up.
pub(super) async fn close_for_good(table: &Arc<FoundryState>) {
    let (done, closed) = tokio::sync::oneshot::channel();
    let closing = Arc::clone(table);
    table.tasks.spawn(async move {
        close(&closing, Database::ClosedByRequest).await;
        let _ = done.send(());
    });
    // The sender is dropped only together with the program.
    let _ = closed.await;
}

/// Launches a world even if the client hangs up; answers at once, or at the end.
pub(super) async fn launch_world(table: &Arc<FoundryState>, id: String) -> Reply {
    if let Err(why) = World::read(&table.folder, &id) {
        return error(why);
    }
    let (done, launched) = tokio::sync::oneshot::channel();
    let launching = Arc::clone(table);
    table.tasks.spawn(async move {
        let outcome = launch(&launching, &id).await;
        if let Err(why) = &outcome {
            launching.console.error(format!("The world {id} could not be launched: {why}"));
        }
        let _ = done.send(outcome);
    });
    if table.switches.now().late_launch_reply
        && let Ok(Err(why)) = launched.await
    {
        return error(why);
    }
    json(StatusCode::OK, &json!({}))
}
