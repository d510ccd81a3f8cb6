//! What people are told.
use crate::Timestamp;
use crate::model::{Event, EventKind, Instance, Phase};

/// What people are told of a change.
pub(super) fn told(before: &Instance, after: &Instance, now: Timestamp) -> Vec<Event> {
    let mut events = Vec::new();
    let mut tell =
        |kind, text: String| events.push(Event::by_system(now, kind, Some(&after.id), text));
    let (was_on, is_on) =
        (matches!(before.phase(), Phase::On(_)), matches!(after.phase(), Phase::On(_)));
    // A name that moved is no start.
    if is_on && !was_on && before.started.is_some() {
        tell(EventKind::Up, format!("{} is on.", after.title()));
    }
    let given_up = after.given_up() && !before.given_up();
    if was_on && !is_on && !given_up && after.losses != before.losses {
        tell(
            EventKind::Lost,
            after.fault.as_ref().map_or_else(String::new, |fault| fault.message.clone()),
        );
    }
    if after.phase() == Phase::Off && before.phase() != Phase::Off {
        tell(EventKind::Down, format!("{} is off.", after.title()));
    }
    if given_up {
        tell(
            EventKind::Fault,
            after.fault.as_ref().map_or_else(String::new, |fault| fault.message.clone()),
        );
    }
    events
}
