//! Taking a license from a table where no one plays, without waiting for the grace period.
use super::Refractory;
use crate::access::{Verb, can, check};
use crate::model::{EventKind, Instance, Phase, Power, Preemption, Principal};
use crate::{Code, Error, ErrorKind, InstanceId, Result};

impl Refractory {
    /// Takes the license that an instance waits for from the instance that holds it, if no one plays there. The worker asks
    /// that program once more, stops it in the ordinary way, and only then moves the license.
    ///
    /// # Errors
    ///
    /// `Forbidden` for users who may not start the one and stop the other; `NotFound`; `Conflict` when the instance does not
    /// wait for a license, or when there is none to take.
    pub async fn take_license(&self, who: &Principal, id: &InstanceId) -> Result<Instance> {
        let waiting = self.get(who, id).await?;
        check(who, Verb::StartInstance, &waiting, id)?;
        let offer = waiting.progress().and_then(|progress| progress.takeover.clone());
        if !waiting.waits_for_license() {
            return Err(does_not_wait());
        }
        let offer = offer.ok_or_else(nothing_to_take)?;
        let now = self.now();
        let asked =
            self.collection::<Instance>().update_with_events(offer.holder.as_str(), |holder| {
                if !can(who, Verb::SeeInstance, holder) {
                    return Err(nothing_to_take());
                }
                check(who, Verb::StopInstance, holder, &holder.id)?;
                let is_on =
                    holder.desired.power == Power::On && matches!(holder.phase(), Phase::On(_));
                let is_empty = holder.seen.as_ref().is_some_and(|seen| seen.players == 0);
                let is_asked = holder.preemption.as_ref().is_some_and(|it| it.to != waiting.id);
                if !is_on || !is_empty || is_asked {
                    return Err(nothing_to_take());
                }
                let fresh = holder.preemption.is_none();
                if fresh {
                    holder.preemption = Some(Preemption { to: waiting.id.clone(), since: now });
                }
                let kind = EventKind::LicenseTaken { from: holder.named(), to: waiting.named() };
                Ok((fresh, vec![self.event(who, kind).about(&waiting)]))
            });
        asked.await?.ok_or_else(nothing_to_take)?;
        self.deployment.nudge();
        Ok(waiting)
    }
}

fn does_not_wait() -> Error {
    Error::new(ErrorKind::Conflict, "taking a license").permanent().coded(Code::NOT_WAITING)
}

fn nothing_to_take() -> Error {
    Error::new(ErrorKind::Conflict, "taking a license").permanent().coded(Code::NOTHING_TO_TAKE)
}
