//! The one thing that changes the world.
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::age_tracker::{AgeTracker, Dated, Moment};
use super::ages::Ages;
use super::duties::DutyReports;
use super::operation::Found;
use super::run::Run;
use super::settle::{Outcome, Terms};
use super::sweep::OrphanObservations;
use super::transition_events::transition_events;
use crate::model::{
    Attempt, Event, EventKind, Held, Hostname, Instance, LicenseChoice, LicenseWait, Phase, Step,
    Waiting,
};
use crate::plan::{Decision, decide};
use crate::ports::{Collection, Commit, Observed, Progress};
use crate::service::Deployment;
use crate::{ErrorKind, InstanceId, Result, WorkerId};

/// Brings the world to what people want. Owns no process, no signals, no subscriber.
///
/// Several workers may work on one store: each takes an instance to itself for a while, by
/// compare-and-swap, before it makes a call for it.
#[derive(Debug, Clone)]
pub struct Worker {
    pub(super) deployment: Arc<Deployment>,
    pub(super) id: WorkerId,
    pub(super) born: Moment,
    pub(super) sole: bool,
    pub(super) observations: Arc<OrphanObservations>,
    pub(super) ages: Arc<AgeTracker>,
    pub(super) duties: Arc<DutyReports>,
    /// The operations that were found lately.
    pub(super) found: Arc<Mutex<Found>>,
    /// Instances that are asked to make room for another, as far as this worker knows.
    pub(super) preempted: Arc<Mutex<BTreeSet<InstanceId>>>,
    /// When a call was last broken off.
    broken_off: Arc<Mutex<Option<Moment>>>,
}

impl Worker {
    pub(crate) fn new(deployment: Arc<Deployment>) -> Self {
        let born = Moment::now(&deployment.clock);
        Self {
            deployment,
            id: WorkerId::fresh(),
            born,
            sole: false,
            observations: Arc::default(),
            ages: Arc::default(),
            duties: Arc::default(),
            found: Arc::default(),
            preempted: Arc::default(),
            broken_off: Arc::default(),
        }
    }

    /// Promises that no other worker lives, as a lock on the data folder can: whatever a dead one had in hand is taken over at once.
    #[must_use]
    pub fn sole(mut self) -> Self {
        self.sole = true;
        self
    }

    /// Works until `stop` completes, then finishes the calls in hand and returns. Where launches cannot outlive this process,
    /// every world is closed before that.
    pub async fn run_until(self, stop: impl Future<Output = ()>) {
        self.run_until_hurried(stop, std::future::pending()).await;
    }

    /// The same; closing is hurried from when `hurry` completes.
    pub async fn run_until_hurried(
        self,
        stop: impl Future<Output = ()>,
        hurry: impl Future<Output = ()>,
    ) {
        let mut stop = std::pin::pin!(stop);
        let mut run = Run::new(&self);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = run.round() => {}
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = run.rest() => {}
            }
        }
        match self.closes_within() {
            None => run.finish().await,
            Some(grace) => {
                let until = tokio::time::Instant::now() + grace;
                // A call that takes longer goes on where it was sent to, and worlds do not wait for it.
                let _ = tokio::time::timeout(grace / 4, run.finish()).await;
                drop(run);
                self.close_all(grace, until, hurry).await;
            }
        }
        self.bow_out().await;
    }

    /// How long closing everything may take when this process is told to end; `None` where it lives on.
    pub fn closes_within(&self) -> Option<Duration> {
        self.deployment.ports.runtime.closes_within()
    }

    /// Takes one step for every instance and every active operation; says how long until the next is due. Reads every instance, for
    /// those who drive a worker by hand: [`run_until`](Self::run_until) follows changes.
    pub async fn pass(&self) -> Duration {
        let table = Collection::<Instance>::of(self.deployment.ports.store.as_ref());
        let Ok(all) = table.list().await else { return self.deployment.options.backoff };
        let mut next = self.deployment.options.probe;
        for instance in all {
            let step = self.step(&instance.id).await;
            next = next.min(step.unwrap_or(self.deployment.options.backoff));
        }
        next.min(self.pass_operations().await)
    }

    async fn pass_operations(&self) -> Duration {
        let backoff = self.deployment.options.backoff;
        let Ok(active) = self.active_operations().await else { return backoff };
        let mut next = Duration::MAX;
        for (id, _) in active {
            next = next.min(self.step_operation(&id).await.unwrap_or(backoff));
        }
        next
    }

    /// Looks for orphans once, and deletes records that have had their day. [`run_until`](Self::run_until) does so automatically.
    /// What cannot be listed is left for the next time, and is shown beside the worker's sign of life.
    ///
    /// # Errors
    ///
    /// As the store has them, and the ports that were to remove something.
    pub async fn sweep(&self) -> Result<()> {
        let swept = self.deployment.sweep(&self.observations).await;
        let trimmed = self.deployment.trim().await;
        swept.and(trimmed).and(self.trim_operations().await).and(self.retire_backups().await)
    }

    /// How long until the next sweep is due: sooner while a program runs that nobody explains.
    pub(super) fn sweep_after(&self) -> Duration {
        let options = &self.deployment.options;
        if self.observations.any_launch() {
            options.probe.min(options.sweep)
        } else {
            options.sweep
        }
    }

    /// Takes exactly one step for one instance; says how long until the next is due.
    ///
    /// # Errors
    ///
    /// As the store has them: what went wrong with a port is written into the row instead.
    pub async fn step(&self, id: &InstanceId) -> Result<Duration> {
        self.take_step(id).await.map(|outcome| outcome.wait)
    }

    pub(super) async fn take_step(&self, id: &InstanceId) -> Result<StepOutcome> {
        let table = Collection::<Instance>::of(self.deployment.ports.store.as_ref());
        let Some(instance) = table.load(id.as_str()).await? else {
            self.ages.forget(id.as_str());
            return Ok(StepOutcome::over());
        };
        let ages = self.ages_of(&instance);
        let outcome = self.step_on(instance, &ages).await?;
        self.ages.plan(id.as_str(), outcome.wait);
        Ok(outcome)
    }

    async fn step_on(&self, instance: Instance, ages: &Ages) -> Result<StepOutcome> {
        if let Some(wait) = self.claimed_by_another(instance.claim.as_ref(), ages) {
            self.ages.leave(instance.id.as_str());
            return Ok(StepOutcome::of(&instance, wait));
        }
        if self.lift_stale_hold(&instance).await? || self.adopt_rotation(&instance).await? {
            return Ok(StepOutcome::of(&instance, Duration::ZERO));
        }
        let decision = decide(&instance, self.fault_waits(&instance, ages));
        match decision {
            Decision::Rest => Ok(StepOutcome::of(&instance, Duration::MAX)),
            Decision::Wait(left) => Ok(StepOutcome::of(&instance, left)),
            Decision::Forget => self.forget(&instance).await,
            Decision::Intend(step) => self.intend(instance, step, ages).await,
            Decision::Ensure(_) | Decision::Remove(_) | Decision::Probe => {
                let read = StepOutcome::of(&instance, Duration::ZERO);
                match self.take(instance, decision, ages).await? {
                    Some(instance) => self.carry_out(instance, decision, ages).await,
                    None => Ok(read),
                }
            }
        }
    }

    pub(super) fn ages_of(&self, record: &impl Dated) -> Ages {
        let (clock, options) = (&self.deployment.clock, &self.deployment.options);
        self.ages.look(record, (Moment::now(clock), self.born_anew()), clock, options)
    }

    /// When this worker was born, or last broke a call off.
    fn born_anew(&self) -> Moment {
        self.broken_off.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(self.born)
    }

    /// How long the last fault has still to be waited for: never longer than it was to be.
    fn fault_waits(&self, instance: &Instance, ages: &Ages) -> Duration {
        let longest = self.deployment.options.backoff_cap;
        instance.fault.as_ref().map_or(Duration::ZERO, |fault| {
            let wait = fault.wait.unwrap_or(longest).min(longest);
            wait.saturating_sub(ages.since(fault.met(longest)))
        })
    }

    async fn carry_out(
        &self,
        before: Instance,
        decision: Decision,
        ages: &Ages,
    ) -> Result<StepOutcome> {
        let in_flight = self.in_flight();
        let mut outcome = self.act(&before, decision, ages).await;
        in_flight.land();
        if decision == Decision::Ensure(Step::License)
            && let Outcome::Made(Ok(Observed::Pending(progress))) = &mut outcome
            && !self.observations.any_launch()
        {
            self.wait_for_room(&before, progress).await;
        }
        let mut after = before.clone();
        let wait = self.terms(ages).settle(&mut after, decision, outcome);
        Ok(StepOutcome::of(&self.keep(before, after, ages).await?, wait))
    }

    /// Notes that a call is being made.
    pub(super) fn in_flight(&self) -> InFlightGuard<'_> {
        InFlightGuard { worker: self, landed: false }
    }

    /// Asks for the license that `waiting` waits for, and adds to its `progress` when that will help.
    async fn wait_for_room(&self, waiting: &Instance, progress: &mut Option<Progress>) {
        match self.ask_for_room(waiting).await {
            Ok(Some(room)) => {
                let progress = progress.get_or_insert_with(|| Progress::new(""));
                let mut wait = match progress.waiting.take() {
                    Some(Waiting::License(wait)) => wait,
                    Some(_) | None => LicenseWait::default(),
                };
                wait.outlook = Some(room.outlook);
                progress.waiting = Some(Waiting::License(wait));
                progress.takeover = room.takeover;
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(instance = %waiting.id, %error, "asking for a license"),
        }
    }

    pub(super) async fn act(
        &self,
        instance: &Instance,
        decision: Decision,
        ages: &Ages,
    ) -> Outcome {
        let deployment = &self.deployment;
        match decision {
            Decision::Ensure(step @ (Step::License | Step::Runtime)) => {
                match self.in_the_way(instance, step).await {
                    Ok(None) if step == Step::License && !needs_license(instance) => {
                        Outcome::Made(Ok(Observed::Ready(Held::License(None))))
                    }
                    Ok(None) => deployment.make(instance, step).await,
                    Ok(Some(orphan)) => Outcome::Made(Ok(Observed::Pending(Some(orphan)))),
                    Err(error) => Outcome::Made(Err(error)),
                }
            }
            Decision::Ensure(step) => deployment.make(instance, step).await,
            Decision::Remove(Step::World) if self.terms(ages).out_of_patience(instance) => {
                tracing::warn!(instance = %instance.id, "stopping with the world still open");
                Outcome::Undone(Ok(Observed::Absent))
            }
            Decision::Remove(step) => {
                let undone = deployment.unmake(instance, step, instance.desired.urgency).await;
                self.believe_the_operator(instance, step, undone, ages)
            }
            Decision::Probe
            | Decision::Intend(_)
            | Decision::Wait(_)
            | Decision::Rest
            | Decision::Forget => deployment.look(instance).await,
        }
    }

    /// A program that no table explains, and that could share a key or a volume with what is to be made.
    async fn in_the_way(&self, instance: &Instance, step: Step) -> Result<Option<Progress>> {
        let now = self.deployment.clock.monotonic();
        if self.observations.is_stale(now, self.deployment.options.probe) {
            self.deployment.look_for_launches(&self.observations).await?;
        }
        let own = self.observations.launch_of(&instance.id);
        let any =
            step == Step::License && needs_license(instance) && self.observations.any_launch();
        Ok((own || any).then(|| Progress::waiting(Waiting::OrphanedProgram)))
    }

    /// A launch that cannot be asked about is gone once an operator has said so, and enough time has passed.
    fn believe_the_operator(
        &self,
        instance: &Instance,
        step: Step,
        undone: Outcome,
        ages: &Ages,
    ) -> Outcome {
        if step == Step::Runtime
            && let Outcome::Undone(Err(error)) = &undone
            && self.terms(ages).is_given_up(instance)
        {
            tracing::warn!(instance = %instance.id, ?error, "an operator gave this launch up");
            return Outcome::Undone(Ok(Observed::Absent));
        }
        undone
    }

    pub(super) fn terms<'a>(&'a self, ages: &'a Ages) -> Terms<'a> {
        Terms::new(ages, &self.deployment.options)
    }

    async fn intend(&self, before: Instance, step: Step, ages: &Ages) -> Result<StepOutcome> {
        let mut after = before.clone();
        let mut attempt = Attempt::begun(ages.now);
        if step == Step::Name {
            let domain = &self.deployment.addressing.domain;
            attempt.name = Some(Hostname::under(&before.slug, domain));
        }
        if step == Step::Runtime {
            match self.deployment.pick_release(&before).await {
                Ok(release) => after.pin(release.map(|release| release.id)),
                Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Damaged) => {
                    let wait = self.terms(ages).refuse(&mut after, step, &error);
                    return Ok(StepOutcome::of(&self.keep(before, after, ages).await?, wait));
                }
                Err(error) => return Err(error),
            }
            // A launch gets a number of its own: a provider answers a repeated one with the launch that has ended.
            after.epoch = after.epoch.saturating_add(1);
            // Sessions end with the program that knew them.
            after.setup.sessions.clear();
        }
        after.journal.intend(step, attempt);
        Ok(StepOutcome::of(&self.keep(before, after, ages).await?, Duration::ZERO))
    }

    async fn forget(&self, instance: &Instance) -> Result<StepOutcome> {
        if !self.part_with(instance).await? || !self.deployment.forget_the_rest(instance).await? {
            return Ok(StepOutcome::of(instance, self.deployment.options.poll));
        }
        let kind = EventKind::InstanceRemoved { owner: instance.owner.clone() };
        let event = Event::by_system(self.deployment.clock.now(), kind).about(instance);
        let forgetting = self.deployment.forgetting(instance).await?.event(event);
        Collection::of(self.deployment.ports.store.as_ref()).commit(&forgetting).await?;
        self.deployment.nudge();
        Ok(StepOutcome::over())
    }

    /// Writes the row if anything changed and tells people what did; answers what stands then.
    async fn keep(&self, before: Instance, mut after: Instance, ages: &Ages) -> Result<Instance> {
        if after == before {
            return Ok(before);
        }
        after.claim = Some(self.fresh_claim(after.id.as_str()));
        if after.live_fault().is_none() {
            after.fault = None;
        }
        if let Phase::On(_) = after.phase()
            && let Some(since) = after.started.take()
            && !matches!(before.phase(), Phase::On(_))
        {
            after.last_start = u64::try_from(ages.since(since).as_millis()).ok();
        }
        if after.phase() == Phase::Off {
            (after.seen, after.preemption, after.claim, after.suspected_failure) =
                (None, None, None, None);
        }
        let mut events = transition_events(&before, &after, ages.now);
        self.deployment.name_licenses(&mut events).await;
        let commit = Commit::save(&after).events(events);
        let saved = Collection::of(self.deployment.ports.store.as_ref()).commit(&commit).await?;
        self.deployment.nudge();
        Ok(saved)
    }
}

/// What one step came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct StepOutcome {
    /// How long until the next one is due.
    pub(super) wait: Duration,
    /// The revision this worker knows of: another one in the store is somebody else's doing.
    pub(super) wrote: u64,
    /// Whether it is asked to make room for another.
    pub(super) preempted: bool,
}

impl StepOutcome {
    fn of(row: &Instance, wait: Duration) -> Self {
        Self { wait, wrote: row.revision, preempted: row.preemption.is_some() }
    }

    fn over() -> Self {
        Self { wait: Duration::MAX, wrote: 0, preempted: false }
    }
}

/// A call that is being made. Dropped before it lands, it may yet have its effect, and nothing says so but this.
pub(super) struct InFlightGuard<'a> {
    worker: &'a Worker,
    landed: bool,
}

impl InFlightGuard<'_> {
    pub(super) fn land(mut self) {
        self.landed = true;
    }
}

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        if !self.landed {
            let now = Moment::now(&self.worker.deployment.clock);
            let mut last = self.worker.broken_off.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some(now);
        }
    }
}

fn needs_license(instance: &Instance) -> bool {
    instance.desired.spec.license != LicenseChoice::NotNeeded
}
