//! The one thing that changes the world.
use std::sync::Arc;
use std::time::Duration;

use super::handover::{self, Move};
use super::run::Run;
use super::settle::{Outcome, Terms};
use super::sweep::Sightings;
use crate::model::{
    Attempt, Claim, Event, EventKind, Instance, License, LicenseWish, Phase, Power, Step,
    WorkerMark,
};
use crate::plan::{Decision, decide};
use crate::ports::{Observed, Progress, Table};
use crate::service::Deployment;
use crate::{ErrorKind, InstanceId, Result, Timestamp, WorkerId};

/// Brings the world to what people want. Owns no process, no signals, no subscriber.
///
/// Several workers may work on one store: each takes an instance to itself for a while, by
/// compare-and-swap, before it makes a call for it.
#[derive(Debug, Clone)]
pub struct Worker {
    pub(super) deployment: Arc<Deployment>,
    pub(super) id: WorkerId,
    born: Timestamp,
    sole: bool,
    sightings: Arc<Sightings>,
}

impl Worker {
    pub(crate) fn new(deployment: Arc<Deployment>) -> Self {
        let born = deployment.clock.now();
        Self { deployment, id: WorkerId::fresh(), born, sole: false, sightings: Arc::default() }
    }

    /// Promises that no other worker lives, as a lock on the data folder can: whatever a dead one had in hand is taken over at once.
    #[must_use]
    pub fn sole(mut self) -> Self {
        self.sole = true;
        self
    }

    /// Works until `stop` completes, then finishes the calls in hand and returns.
    pub async fn run_until(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut run = Run::new(&self);
        loop {
            run.round().await;
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = run.rest() => {}
            }
        }
        run.finish().await;
        self.bow_out().await;
    }

    /// Takes one step for every instance; says how long until the next is due.
    pub async fn pass(&self) -> Duration {
        let table = Table::<Instance>::of(self.deployment.ports.store.as_ref());
        let Ok(all) = table.list().await else { return self.deployment.patience.backoff };
        let mut next = self.deployment.patience.probe;
        for instance in all {
            let step = self.step(&instance.id).await;
            next = next.min(step.unwrap_or(self.deployment.patience.backoff));
        }
        next
    }

    /// Looks for strays once. [`run_until`](Self::run_until) does it by itself.
    ///
    /// # Errors
    ///
    /// As the ports and the store have them.
    pub async fn sweep(&self) -> Result<()> {
        self.deployment.sweep(&self.sightings).await
    }

    /// Takes exactly one step for one instance; says how long until the next is due.
    ///
    /// # Errors
    ///
    /// As the store has them: what went wrong with a port is written into the row instead.
    pub async fn step(&self, id: &InstanceId) -> Result<Duration> {
        self.stride(id).await.map(|stride| stride.wait)
    }

    pub(super) async fn stride(&self, id: &InstanceId) -> Result<Stride> {
        let table = Table::<Instance>::of(self.deployment.ports.store.as_ref());
        let Some(instance) = table.load(id.as_str()).await? else { return Ok(Stride::over()) };
        let now = self.deployment.clock.now();
        let read = instance.revision;
        if let Some(wait) = self.claimed_by_another(&instance, now) {
            return Ok(Stride { wait, wrote: read });
        }
        let decision = decide(&instance, now);
        match decision {
            Decision::Rest => Ok(Stride { wait: Duration::MAX, wrote: read }),
            Decision::Wait(until) => Ok(Stride { wait: until.since(now), wrote: read }),
            Decision::Forget => self.forget(&instance).await,
            Decision::Intend(step) => self.intend(instance, step, now).await,
            Decision::Ensure(_) | Decision::Remove(_) | Decision::Probe => {
                match self.claim(instance, now).await? {
                    Some(instance) => self.carry_out(instance, decision, now).await,
                    None => Ok(Stride { wait: Duration::ZERO, wrote: read }),
                }
            }
        }
    }

    async fn carry_out(
        &self,
        before: Instance,
        decision: Decision,
        now: Timestamp,
    ) -> Result<Stride> {
        let outcome = self.act(&before, decision, now).await;
        let mut after = before.clone();
        let wait = self.terms(now).settle(&mut after, decision, outcome);
        if let Decision::Ensure(Step::License) = decision
            && after.journal.held(Step::License).is_none()
            && let Err(error) = self.ask_for_room(&after, now).await
        {
            tracing::debug!(instance = %after.id, %error, "asking for a licence");
        }
        Ok(Stride { wait, wrote: self.keep(before, after, now).await? })
    }

    async fn act(&self, instance: &Instance, decision: Decision, now: Timestamp) -> Outcome {
        let deployment = &self.deployment;
        match decision {
            Decision::Ensure(Step::License) if !needs_license(instance) => {
                Outcome::Made(Ok(Observed::Ready(crate::model::Held::License(None))))
            }
            Decision::Ensure(Step::License) if self.sightings.any_launch() => {
                Outcome::Made(Ok(Observed::Pending(Some(Progress::new(
                    "a program runs here that no table explains, and it may use any licence: stop it, or wait until it is swept",
                )))))
            }
            Decision::Ensure(step) => deployment.make(instance, step).await,
            Decision::Remove(Step::World) if self.out_of_patience(instance, now) => {
                Outcome::Undone(Ok(Observed::Absent))
            }
            Decision::Remove(step) => {
                deployment.unmake(instance, step, instance.wish.urgency).await
            }
            Decision::Probe
            | Decision::Intend(_)
            | Decision::Wait(_)
            | Decision::Rest
            | Decision::Forget => deployment.look(instance).await,
        }
    }

    /// Whether closing the world has been tried for long enough: then the program is stopped with it open, and says so.
    fn out_of_patience(&self, instance: &Instance, now: Timestamp) -> bool {
        let patience = &self.deployment.patience;
        let urgent = instance.wish.urgency == crate::model::Urgency::Now && !instance.wish_is_on();
        let bound = if urgent { 1 } else { patience.give_up_after };
        let tired = instance.live_fault().is_some_and(|fault| {
            fault.step == Step::World && !fault.terminal && fault.attempts >= bound
        });
        if tired {
            tracing::warn!(instance = %instance.id, at = %now, "stopping with the world still open");
        }
        tired
    }

    fn terms(&self, now: Timestamp) -> Terms<'_> {
        Terms { now, born: self.born, patience: &self.deployment.patience }
    }

    async fn intend(&self, before: Instance, step: Step, now: Timestamp) -> Result<Stride> {
        let mut after = before.clone();
        let mut wait = Duration::ZERO;
        if step == Step::Runtime {
            match self.deployment.pick_release(&before).await {
                Ok(release) => after.release = release.map(|release| release.id),
                Err(error) if error.kind() == ErrorKind::Invalid => {
                    wait = self.terms(now).refuse(&mut after, step, &error);
                }
                Err(error) => return Err(error),
            }
        }
        if after.fault == before.fault {
            // A launch gets a number of its own: a provider answers a repeated one with the launch that has ended.
            after.epoch += u32::from(step == Step::Runtime);
            after.journal.intend(step, Attempt::begun(now));
        }
        Ok(Stride { wait, wrote: self.keep(before, after, now).await? })
    }

    async fn forget(&self, instance: &Instance) -> Result<Stride> {
        self.deployment.forget_secrets(instance).await?;
        Table::of(self.deployment.ports.store.as_ref()).delete(instance).await?;
        self.deployment.nudge();
        Ok(Stride::over())
    }

    /// Writes the row if anything changed and tells people what did; answers the revision that stands then.
    async fn keep(&self, before: Instance, mut after: Instance, now: Timestamp) -> Result<u64> {
        if after == before {
            return Ok(before.revision);
        }
        after.claim = Some(self.fresh_claim(now));
        if let Phase::On(_) = after.phase()
            && !matches!(before.phase(), Phase::On(_))
        {
            after.last_start = started_within(&before, now);
        }
        if after.phase() == Phase::Off {
            (after.seen, after.yielding, after.claim) = (None, None, None);
        }
        let saved = Table::of(self.deployment.ports.store.as_ref()).save(&after).await?;
        self.deployment.nudge();
        for event in told(&before, &after, now) {
            self.deployment.record(event).await?;
        }
        Ok(saved.revision)
    }

    /// How long somebody else has this instance in hand.
    fn claimed_by_another(&self, instance: &Instance, now: Timestamp) -> Option<Duration> {
        let claim =
            instance.claim.as_ref().filter(|claim| claim.worker != self.id && !self.sole)?;
        let left = claim.until.since(now);
        (!left.is_zero()).then_some(left)
    }

    /// Takes the instance to itself for longer than any call may take; `None` when somebody else was faster.
    async fn claim(&self, mut instance: Instance, now: Timestamp) -> Result<Option<Instance>> {
        let needed = now.after(self.deployment.patience.deadline * 2);
        let mine = instance
            .claim
            .as_ref()
            .is_some_and(|claim| claim.worker == self.id && claim.until > needed);
        if mine {
            return Ok(Some(instance));
        }
        instance.claim = Some(self.fresh_claim(now));
        match Table::of(self.deployment.ports.store.as_ref()).save(&instance).await {
            Ok(saved) => Ok(Some(saved)),
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn fresh_claim(&self, now: Timestamp) -> Claim {
        Claim { worker: self.id.clone(), until: now.after(self.deployment.patience.claim) }
    }

    /// Has the polite conversation with whoever holds the licence that `waiting` waits for.
    async fn ask_for_room(&self, waiting: &Instance, now: Timestamp) -> Result<()> {
        let store = self.deployment.ports.store.as_ref();
        let licenses = Table::<License>::of(store).list().await?;
        let wanted = licenses.iter().filter(|license| match &waiting.wish.spec.license {
            LicenseWish::Only(id) => license.id == *id,
            LicenseWish::Any => true,
            LicenseWish::NotNeeded => false,
        });
        let holders: Vec<_> = wanted
            .filter_map(|license| license.lease.as_ref())
            .map(|lease| lease.holder.clone())
            .collect();
        let mut candidates = Vec::new();
        for holder in holders {
            candidates.extend(
                Table::<Instance>::of(store)
                    .load(holder.as_str())
                    .await?
                    .filter(handover::may_yield),
            );
        }
        // One conversation at a time, and the one that is under way first.
        candidates.sort_by_key(|holder| {
            holder.yielding.as_ref().is_none_or(|yielding| yielding.to != waiting.id)
        });
        for holder in candidates {
            if self.talk(&holder, &waiting.id, now).await? {
                break;
            }
        }
        Ok(())
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
                "{} makes room: nobody plays there, and another table waits for its licence.",
                holder.title()
            );
            self.deployment
                .record(Event::by_system(now, EventKind::License, Some(&holder.id), text))
                .await?;
        }
        Ok(matches!(step, Move::Block | Move::Wait(_) | Move::Off))
    }

    /// Lets people in again where nobody waits any more.
    pub(super) async fn unblock_abandoned(&self) -> Result<()> {
        let table = Table::<Instance>::of(self.deployment.ports.store.as_ref());
        let all = table.list().await?;
        for holder in &all {
            let Some(yielding) = &holder.yielding else { continue };
            let waiting = all.iter().find(|instance| instance.id == yielding.to);
            if handover::still_waits(waiting) || holder.wish.power != Power::On {
                continue;
            }
            let still = |row: &mut Instance| Ok(row.yielding.take().is_some());
            table.update(holder.id.as_str(), still).await?;
            self.deployment.nudge();
        }
        Ok(())
    }

    /// Says that this worker lives.
    pub(super) async fn heartbeat(&self) -> Result<()> {
        let table = Table::<WorkerMark>::of(self.deployment.ports.store.as_ref());
        let now = self.deployment.clock.now();
        let alive = |mark: &mut WorkerMark| {
            mark.seen = now;
            Ok(true)
        };
        if table.update(self.id.as_str(), alive).await?.is_none() {
            let mark = WorkerMark { id: self.id.clone(), born: self.born, seen: now, revision: 0 };
            table.insert(&mark).await?;
        }
        for mark in table.list().await? {
            let dead = self.sole || now.since(mark.seen) > self.deployment.patience.heartbeat * 60;
            if mark.id != self.id && dead {
                ignore_race(table.delete(&mark).await)?;
            }
        }
        Ok(())
    }

    async fn bow_out(&self) {
        let table = Table::<WorkerMark>::of(self.deployment.ports.store.as_ref());
        if let Ok(Some(mark)) = table.load(self.id.as_str()).await
            && let Err(error) = table.delete(&mark).await
        {
            tracing::debug!(%error, "leaving a mark behind");
        }
    }
}

/// What one step came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stride {
    /// How long until the next one is due.
    pub(super) wait: Duration,
    /// The revision this worker knows of: another one in the store is somebody else's doing.
    pub(super) wrote: u64,
}

impl Stride {
    fn over() -> Self {
        Self { wait: Duration::MAX, wrote: 0 }
    }
}

fn ignore_race(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) => Ok(()),
        other => other,
    }
}

fn needs_license(instance: &Instance) -> bool {
    instance.wish.spec.license != LicenseWish::NotNeeded
}

/// How long the start that has just ended took: from the oldest attempt still written down.
fn started_within(before: &Instance, now: Timestamp) -> Option<u64> {
    before.started.map(|since| u64::try_from(now.since(since).as_millis()).unwrap_or(u64::MAX))
}

/// What people are told of a change.
fn told(before: &Instance, after: &Instance, now: Timestamp) -> Vec<Event> {
    let mut events = Vec::new();
    let mut tell =
        |kind, text: String| events.push(Event::by_system(now, kind, Some(&after.id), text));
    let (was_on, is_on) =
        (matches!(before.phase(), Phase::On(_)), matches!(after.phase(), Phase::On(_)));
    if is_on && !was_on {
        tell(EventKind::Up, format!("{} is up.", after.title()));
    }
    if was_on && !is_on && after.wish_is_on() && after.losses != before.losses {
        tell(
            EventKind::Lost,
            after.fault.as_ref().map_or_else(String::new, |fault| fault.message.clone()),
        );
    }
    if after.phase() == Phase::Off && before.phase() != Phase::Off {
        tell(EventKind::Down, format!("{} is down.", after.title()));
    }
    if after.given_up() && !before.given_up() {
        tell(
            EventKind::Fault,
            after.fault.as_ref().map_or_else(String::new, |fault| fault.message.clone()),
        );
    }
    events
}
