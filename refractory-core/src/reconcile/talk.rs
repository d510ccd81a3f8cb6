//! The polite conversation with whoever holds a licence that somebody waits for.
use super::Worker;
use super::act::bounded;
use super::handover::{self, Move};
use crate::model::{Event, EventKind, Instance, License, LicenseWish, Power};
use crate::ports::{Table, Takeover};
use crate::{ErrorKind, InstanceId, Result, Timestamp};

/// What an instance that waits for a license is told about it.
#[derive(Debug)]
pub(super) struct Outlook {
    pub(super) sentence: String,
    /// Whose license can be taken before its time.
    pub(super) takeover: Option<Takeover>,
}

impl Outlook {
    fn told(sentence: String) -> Self {
        Self { sentence, takeover: None }
    }
}

impl Worker {
    /// Talks to those who hold a licence that would serve `waiting`, within one deadline; what there is to tell about it.
    pub(super) async fn ask_for_room(
        &self,
        waiting: &Instance,
        now: Timestamp,
    ) -> Result<Option<Outlook>> {
        let deadline = self.deployment.patience.deadline;
        bounded(deadline, "asking for a license", self.talk_to_holders(waiting, now)).await
    }

    async fn talk_to_holders(&self, waiting: &Instance, now: Timestamp) -> Result<Option<Outlook>> {
        let (mut holders, licenses) = self.holders(&waiting.wish.spec.license).await?;
        // One conversation at a time, the one that is under way first, then whoever has been empty longest.
        holders.sort_by_key(|(holder, from)| {
            (holder.yielding.as_ref().is_none_or(|yielding| yielding.to != waiting.id), *from)
        });
        if self.deployment.ports.dns.leads_past_the_edge() {
            let stays = |(holder, _): &(Instance, _)| Outlook::told(handover::stays(holder));
            return Ok(holders.first().map(stays));
        }
        for (holder, from) in &holders {
            let is_early = *from > now;
            if is_early || self.talk(holder, &waiting.id, now).await? {
                let mut outlook =
                    Outlook::told(handover::outlook(holder, licenses == 1, *from, now));
                outlook.takeover = is_early
                    .then(|| Takeover { holder: holder.id.clone(), owner: holder.owner.clone() });
                return Ok(Some(outlook));
            }
        }
        Ok(None)
    }

    /// The running instances that hold a license which would serve `wish`, with the time from which each may be asked for
    /// it; and how many licenses would serve.
    async fn holders(&self, wish: &LicenseWish) -> Result<(Vec<(Instance, Timestamp)>, usize)> {
        let store = self.deployment.ports.store.as_ref();
        let mut holders = Vec::new();
        let mut licenses = 0;
        for license in Table::<License>::of(store).list().await? {
            let serves = match wish {
                LicenseWish::Only(id) => license.id == *id,
                LicenseWish::Any => true,
                LicenseWish::NotNeeded => false,
            };
            licenses += usize::from(serves && license.eula.is_some());
            let Some(lease) = license.lease.filter(|_| serves) else { continue };
            let holder = Table::<Instance>::of(store).load_readable(lease.holder.as_str()).await?;
            let Some(holder) = holder else { continue };
            let from = handover::asked_from(&holder, self.deployment.patience.make_room_after);
            holders.extend(from.map(|from| (holder, from)));
        }
        Ok((holders, licenses))
    }

    /// One exchange with one holder; whether the conversation goes on with it.
    async fn talk(&self, holder: &Instance, waiting: &InstanceId, now: Timestamp) -> Result<bool> {
        let asked = self.deployment.ask_game(holder).await;
        let step = handover::next(holder, waiting, &asked, now, self.deployment.patience.edge_lag);
        let mut changed = holder.clone();
        if handover::apply(&mut changed, waiting, step, now) {
            match Table::of(self.deployment.ports.store.as_ref()).save(&changed).await {
                Ok(_) => self.deployment.nudge(),
                Err(error) if error.kind() == ErrorKind::Conflict => return Ok(true),
                Err(error) => return Err(error),
            }
        }
        if step == Move::Off {
            let text = format!(
                "{} is stopping: no one is playing there, and another table is waiting for its license.",
                holder.title()
            );
            self.deployment
                .record(Event::by_system(now, EventKind::License, Some(&holder.id), text))
                .await?;
        }
        Ok(matches!(step, Move::Block | Move::Wait(_) | Move::Off))
    }

    /// Lets people in again where nobody waits any more, or where nobody can be kept out.
    pub(super) async fn unblock_abandoned(&self, holders: &[Instance]) -> Result<()> {
        let table = Table::<Instance>::of(self.deployment.ports.store.as_ref());
        let in_vain = self.deployment.ports.dns.leads_past_the_edge();
        for holder in holders {
            let Some(yielding) = &holder.yielding else { continue };
            let waiting = table.load_readable(yielding.to.as_str()).await?;
            let goes_on = !in_vain && handover::still_waits(waiting.as_ref());
            if goes_on || holder.wish.power != Power::On {
                continue;
            }
            let stale = |row: &mut Instance| {
                let same = row.yielding.as_ref() == Some(yielding);
                row.yielding = row.yielding.take().filter(|_| !same);
                Ok(same)
            };
            table.update(holder.id.as_str(), stale).await?;
            self.deployment.nudge();
        }
        Ok(())
    }
}
