//! Moving a license politely. Pure: which conversation to have with whom.
//!
//! A holder that has been empty for a while is asked whether anybody plays; joins are blocked; it is asked again; then it
//! is switched off in the ordinary way, and the lease moves when its machine is gone.
use std::time::Duration;

use super::ages::Ages;
use crate::Timestamp;
use crate::model::{Instance, Phase, Power, Preemption};
use crate::ports::{GameStatus, Observed};
use crate::{InstanceId, Result};

/// What to do about a holder that somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// Nothing: somebody plays, or it could not be asked.
    Leave,
    /// Block joins, and ask again later.
    Block,
    /// Joins are blocked, but edges may not know it yet.
    Wait(Duration),
    /// Let people in again: somebody came after all, or nobody waits any more.
    Unblock,
    /// Switch it off.
    Off,
}

/// What to do about `holder`, whose dates have these ages, given what its game answered. Unknown is busy.
pub(crate) fn next(
    holder: &Instance,
    waiting: &InstanceId,
    asked: &Result<Observed<GameStatus>>,
    ages: &Ages,
    edge_lag: Duration,
) -> Move {
    let empty = matches!(asked, Ok(Observed::Ready(status)) if status.players == 0);
    match &holder.preemption {
        None if empty => Move::Block,
        None => Move::Leave,
        Some(preemption) if preemption.to != *waiting => Move::Leave,
        Some(_) if !empty => Move::Unblock,
        Some(preemption) => {
            let left = edge_lag.saturating_sub(ages.since(preemption.since));
            if left.is_zero() { Move::Off } else { Move::Wait(left) }
        }
    }
}

/// For how long `holder` has been empty, as far as it was looked at, where it may be asked to make room at all. Never while
/// it does not run, or is wanted off already; nor while somebody plays there, or nobody has looked yet.
pub(crate) fn empty_for(holder: &Instance, ages: &Ages) -> Option<Duration> {
    if holder.desired.power != Power::On || !matches!(holder.phase(), Phase::On(_)) {
        return None;
    }
    if holder.preemption.is_some() {
        return Some(Duration::MAX);
    }
    let empty = holder.seen.as_ref().filter(|seen| seen.players == 0);
    empty.map(|seen| ages.awake(seen.at))
}

/// Whether `waiting` still waits for a license.
pub(crate) fn still_waits(waiting: Option<&Instance>) -> bool {
    waiting.is_some_and(Instance::waits_for_license)
}

/// Carries the pure part of a move out on the holder's row; whether anything changed.
pub(crate) fn apply(
    holder: &mut Instance,
    waiting: &InstanceId,
    step: Move,
    now: Timestamp,
) -> bool {
    match step {
        Move::Leave | Move::Wait(_) => false,
        Move::Block => {
            holder.preemption = Some(Preemption { to: waiting.clone(), since: now });
            true
        }
        Move::Unblock => {
            holder.preemption = None;
            true
        }
        Move::Off => {
            holder.want(Power::Off, crate::model::Urgency::Gentle, now);
            true
        }
    }
}

#[cfg(test)]
mod tests;
