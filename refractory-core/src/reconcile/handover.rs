//! Moving a licence politely. Pure: which conversation to have with whom.
//!
//! The holder is asked whether anybody plays; joins are blocked; it is asked again; then it is
//! switched off in the ordinary way, and the lease moves when its machine is gone.
use std::time::Duration;

use crate::Timestamp;
use crate::model::{Instance, Phase, Power, Yielding};
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

/// What to do about `holder`, given what its game answered. Unknown is busy.
pub(crate) fn next(
    holder: &Instance,
    waiting: &InstanceId,
    asked: &Result<Observed<GameStatus>>,
    now: Timestamp,
    edge_lag: Duration,
) -> Move {
    let empty = matches!(asked, Ok(Observed::Ready(status)) if status.players == 0);
    match &holder.yielding {
        None if empty => Move::Block,
        None => Move::Leave,
        Some(yielding) if yielding.to != *waiting => Move::Leave,
        Some(_) if !empty => Move::Unblock,
        Some(yielding) => {
            let left = yielding.since.after(edge_lag).since(now);
            if left.is_zero() { Move::Off } else { Move::Wait(left) }
        }
    }
}

/// Whether `holder` can be asked to make room: it runs, and nobody wants it off already.
pub(crate) fn may_yield(holder: &Instance) -> bool {
    holder.wish.power == Power::On && matches!(holder.phase(), Phase::On(_))
}

/// Whether `waiting` still waits for a licence.
pub(crate) fn still_waits(waiting: Option<&Instance>) -> bool {
    waiting.is_some_and(|instance| {
        instance.effective_power() == Power::On
            && instance.phase() == Phase::Starting(crate::model::Step::License)
    })
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
            holder.yielding = Some(Yielding { to: waiting.clone(), since: now });
            true
        }
        Move::Unblock => {
            holder.yielding = None;
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
