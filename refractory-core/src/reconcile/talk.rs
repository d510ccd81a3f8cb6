//! License preemption: asking the instance that holds a license for which another one waits.
use std::cmp::Reverse;
use std::sync::PoisonError;
use std::time::Duration;

use super::Worker;
use super::act::bounded;
use super::age_tracker::Moment;
use super::ages::Ages;
use super::handover::{self, Move};
use crate::model::{Event, EventKind, Instance, License, LicenseChoice, Outlook, Power};
use crate::ports::{Collection, Commit, Takeover};
use crate::service::Deployment;
use crate::{ErrorKind, Result, Timestamp};

/// An instance that holds a license and may be asked for it.
struct Holder {
    row: Instance,
    ages: Ages,
    /// For how long nobody has played there.
    empty: Duration,
}

/// What an instance that waits for a license may hope for.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) outlook: Outlook,
    /// Whose license can be taken before its time.
    pub(super) takeover: Option<Takeover>,
}

impl Worker {
    /// Talks to those who hold a license that would serve `waiting`, within one deadline; what there is to tell about it.
    pub(super) async fn ask_for_room(&self, waiting: &Instance) -> Result<Option<Room>> {
        let deadline = self.deployment.options.deadline;
        bounded(deadline, "asking for a license", self.talk_to_holders(waiting)).await
    }

    async fn talk_to_holders(&self, waiting: &Instance) -> Result<Option<Room>> {
        let (mut holders, licenses) = self.holders(&waiting.desired.spec.license).await?;
        // One conversation at a time, the one that is under way first, then whoever has been empty longest.
        holders.sort_by_key(|Holder { row, empty, .. }| {
            (
                row.preemption.as_ref().is_none_or(|preemption| preemption.to != waiting.id),
                Reverse(*empty),
            )
        });
        if self.deployment.ports.dns.bypasses_proxy() {
            let stays = |holder: &Holder| Room {
                outlook: Outlook::WhenStopped { holder: holder.row.named_for_others() },
                takeover: None,
            };
            return Ok(holders.first().map(stays));
        }
        for holder in &holders {
            let left = self.deployment.options.make_room_after.saturating_sub(holder.empty);
            let is_early = !left.is_zero();
            if is_early || self.talk(holder, waiting).await? {
                let row = &holder.row;
                let (from, only) = (row.named_for_others(), licenses == 1);
                let outlook = Outlook::HandOver { from, within: left, only };
                let takeover =
                    is_early.then(|| Takeover { holder: row.id.clone(), owner: row.owner.clone() });
                return Ok(Some(Room { outlook, takeover }));
            }
        }
        Ok(None)
    }

    /// The running instances that hold a license which would serve `choice` and may be asked for it; and how many licenses would
    /// serve.
    async fn holders(&self, choice: &LicenseChoice) -> Result<(Vec<Holder>, usize)> {
        let store = self.deployment.ports.store.as_ref();
        let mut holders = Vec::new();
        let mut licenses = 0;
        for license in Collection::<License>::of(store).list().await? {
            let serves = match choice {
                LicenseChoice::Only(id) => license.id == *id,
                LicenseChoice::Any => true,
                LicenseChoice::NotNeeded => false,
            };
            licenses += usize::from(serves && license.eula.is_some());
            let Some(lease) = license.lease.filter(|_| serves) else { continue };
            let row =
                Collection::<Instance>::of(store).load_readable(lease.holder.as_str()).await?;
            let Some(row) = row else { continue };
            let Deployment { clock, options, .. } = &*self.deployment;
            let ages = self.ages.peek(&row, Moment::now(clock), clock, options);
            let empty = handover::empty_for(&row, &ages);
            holders.extend(empty.map(|empty| Holder { row, ages, empty }));
        }
        Ok((holders, licenses))
    }

    /// One exchange with one holder; whether the conversation goes on with it.
    async fn talk(&self, holder: &Holder, waiting: &Instance) -> Result<bool> {
        let (Holder { row: holder, ages, .. }, now) = (holder, holder.ages.now);
        let asked = self.deployment.ask_game(holder).await;
        let step =
            handover::next(holder, &waiting.id, &asked, ages, self.deployment.options.edge_lag);
        let mut changed = holder.clone();
        if handover::apply(&mut changed, &waiting.id, step, now) {
            let event = (step == Move::Off).then(|| hand_over_begun(holder, waiting, now));
            let commit = Commit::save(&changed).events(event);
            match Collection::of(self.deployment.ports.store.as_ref()).commit(&commit).await {
                Ok(_) => self.deployment.nudge(),
                Err(error) if error.kind() == ErrorKind::Conflict => return Ok(true),
                Err(error) => return Err(error),
            }
        }
        Ok(matches!(step, Move::Block | Move::Wait(_) | Move::Off))
    }

    /// Lets people in again where no instance waits any more, or where no one can be kept out. Reads no record but those of
    /// instances that are asked to make room.
    pub(super) async fn unblock_abandoned(&self) -> Result<()> {
        let preempted = self.preempted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let instances = Collection::<Instance>::of(self.deployment.ports.store.as_ref());
        let mut holders = Vec::new();
        for id in &preempted {
            holders.extend(instances.load_readable(id.as_str()).await?);
        }
        self.unblock(&holders).await
    }

    async fn unblock(&self, holders: &[Instance]) -> Result<()> {
        let table = Collection::<Instance>::of(self.deployment.ports.store.as_ref());
        let in_vain = self.deployment.ports.dns.bypasses_proxy();
        for holder in holders {
            let Some(preemption) = &holder.preemption else { continue };
            let waiting = table.load_readable(preemption.to.as_str()).await?;
            let goes_on = !in_vain && handover::still_waits(waiting.as_ref());
            if goes_on || holder.desired.power != Power::On {
                continue;
            }
            let stale = |row: &mut Instance| {
                let same = row.preemption.as_ref() == Some(preemption);
                row.preemption = row.preemption.take().filter(|_| !same);
                Ok(same)
            };
            table.update(holder.id.as_str(), stale).await?;
            self.deployment.nudge();
        }
        Ok(())
    }
}

fn hand_over_begun(holder: &Instance, waiting: &Instance, now: Timestamp) -> Event {
    Event::by_system(now, EventKind::LicenseHandOverBegun { to: waiting.named() }).about(holder)
}
