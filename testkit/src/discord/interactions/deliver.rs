//! Where an interaction goes: to the gateway, or to the endpoint where there is one.
use std::sync::Arc;
use std::time::Duration;

use super::{ACKNOWLEDGE_WITHIN, acknowledge, interaction_kind, payload};
use crate::discord::events::Event;
use crate::discord::model::Id;
use crate::discord::shared::Shared;

/// Delivers an interaction that has been made, `times` over.
pub(crate) fn deliver(shared: &Arc<Shared>, id: Id, times: u32) {
    // When the time is over, those who wait for an answer look again.
    let late = Arc::clone(shared);
    shared.spawn(async move {
        tokio::time::sleep(Duration::from_millis(ACKNOWLEDGE_WITHIN + 1)).await;
        drop(late.write());
    });
    let mut world = shared.write();
    let Some(interaction) = world.interactions.get(&id) else { return };
    let (guild, data) = (interaction.guild, payload(&world, interaction));
    let Some(url) = world.application.endpoint.clone() else {
        let event = Event { name: "INTERACTION_CREATE", data, guild, intent: 0, redacted: None };
        for _ in 0..times {
            world.dispatch(&event);
        }
        return;
    };
    let is_ping = interaction.kind == interaction_kind::PING;
    let seconds = world.now() / 1000;
    drop(world);
    for _ in 0..if is_ping { 1 } else { times } {
        let (shared, url, data) = (Arc::clone(shared), url.clone(), data.clone());
        shared.clone().spawn(async move {
            let answer = shared.transport.ask(&url, &data, (seconds, true)).await;
            // Without an answer the person sees after three seconds that the app did not respond.
            let Ok((200, body)) = answer else { return };
            let mut world = shared.write();
            let now = world.now();
            if world.interactions.get(&id).is_some_and(|it| !it.is_failed(now)) {
                // A second answer to the same interaction counts as little as a refused one.
                let refused = acknowledge(&mut world, id, &body, &[]);
                if let Err(why) = refused {
                    world.refused_answers.push((id, why.json()));
                }
            }
        });
    }
}
