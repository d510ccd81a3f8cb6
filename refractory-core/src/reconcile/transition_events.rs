//! The events that a step of a worker causes. Pure.
use crate::model::{
    Attempt, Event, EventKind, Fault, Held, Instance, LicenseUse, Named, Phase, Power, Record,
    Step, Waiting, WorldId,
};
use crate::{LicenseId, Timestamp};

/// The events of a change from `before` to `after`.
pub(super) fn transition_events(before: &Instance, after: &Instance, now: Timestamp) -> Vec<Event> {
    let mut kinds = Vec::new();
    let (was_on, is_on) =
        (matches!(before.phase(), Phase::On(_)), matches!(after.phase(), Phase::On(_)));
    kinds.extend(license_change(before, after));
    kinds.extend(opened_world(before, after).map(|world| EventKind::WorldOpened { world }));
    // A name that moved is no start.
    if is_on && !was_on && before.started.is_some() {
        kinds.push(EventKind::InstanceStarted);
    }
    kinds.extend(failure(before, after));
    // Of one that is to be gone, only that it is gone is told.
    let is_kept = after.desired.power != Power::Gone;
    if is_kept && after.phase() == Phase::Off && before.phase() != Phase::Off {
        kinds.push(EventKind::InstanceStopped);
    }
    kinds.into_iter().map(|kind| Event::by_system(now, kind).about(after)).collect()
}

/// What failed, if that is news.
fn failure(before: &Instance, after: &Instance) -> Option<EventKind> {
    let fault = after.live_fault()?;
    let cause = fault.cause.clone()?;
    let (step, message, given_up) = (fault.step, fault.message.clone(), fault.terminal);
    if after.losses != before.losses && !after.losses.is_empty() {
        return Some(EventKind::InstanceLost { step, cause, message, given_up });
    }
    let retry = fault.wait.filter(|_| !given_up);
    let attempt = fault.attempts.max(1);
    is_news(before.live_fault(), fault, after.is_desired_on()).then_some(EventKind::AttemptFailed {
        step,
        cause,
        message,
        attempt,
        retry,
    })
}

/// A start fails a few times at most, and each is told. What is undone is tried for ever: it is told when something else fails,
/// and ever more rarely after that.
fn is_news(before: Option<&Fault>, now: &Fault, on: bool) -> bool {
    let Some(before) = before else { return true };
    let is_other =
        (before.step, before.terminal, &before.message) != (now.step, now.terminal, &now.message);
    let is_next = before.attempts != now.attempts && (on || now.attempts.is_power_of_two());
    is_other || is_next
}

fn license_of(instance: &Instance) -> Option<&LicenseId> {
    match instance.journal.held(Step::License) {
        Some(Held::License(Some((license, _)))) => Some(license),
        _ => None,
    }
}

fn license_change(before: &Instance, after: &Instance) -> Option<EventKind> {
    match (license_of(before), license_of(after)) {
        (None, Some(license)) => Some(granted(before, after, license)),
        (Some(license), None) => {
            Some(EventKind::LicenseReturned { license: Named::new(license.clone(), "") })
        }
        (None, None) | (Some(_), Some(_)) => None,
    }
}

/// A license that was waited for comes from the instance that had it.
fn granted(before: &Instance, after: &Instance, license: &LicenseId) -> EventKind {
    let uses = waited_for(before).iter().find(|one| one.license.id == *license);
    let name = uses.map(|one| one.license.name.clone()).unwrap_or_default();
    let license = Named::new(license.clone(), name);
    match uses.and_then(|one| one.holder.clone()).filter(|from| from.id != after.id) {
        Some(from) => EventKind::LicenseHandedOver { license, from, to: after.named() },
        None => EventKind::LicenseGranted { license },
    }
}

fn waited_for(instance: &Instance) -> &[LicenseUse] {
    match instance.journal.get(Step::License) {
        Some(Record::Intended(Attempt { progress: Some(progress), .. })) => {
            match &progress.waiting {
                Some(Waiting::License(wait)) => &wait.licenses,
                Some(_) | None => &[],
            }
        }
        Some(_) | None => &[],
    }
}

/// A world that was opened: by a start, or in Foundry's setup while someone looked.
fn opened_world(before: &Instance, after: &Instance) -> Option<WorldId> {
    let by_start = |row: &Instance| match row.journal.held(Step::World) {
        Some(Held::World(world)) => world.clone(),
        _ => None,
    };
    if before.journal.held(Step::World).is_none()
        && let Some(world) = by_start(after)
    {
        return Some(world);
    }
    let (was, is) = (before.seen.as_ref()?, after.seen.as_ref()?);
    is.world.clone().filter(|_| was.world.is_none() && by_start(after).is_none())
}

#[cfg(test)]
mod tests;
